/* SPDX-License-Identifier: MIT */
/* Sets of characters for a PCRE2 class. Named ASCII sets are written out as ranges: nothing of what
 * \w or [:alpha:] means is left to PCRE2, whose ideas differ from Go's.
 *
 * Where letter case is ignored, a named set also holds its partners: the characters that equal one
 * of its members but for case (K, the Kelvin sign, for \w). Ranges need no help: PCRE2_CASELESS
 * does the same for them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"

/* All class_add_*() append items for between '[' and ']', possibly none. */
void class_add_range(struct buf *out, uint32_t from, uint32_t to);

struct class_set; /* a named set of ASCII characters */

/* "[:alpha:]" by its name without brackets, colons and '^'; NULL: no such class. */
const struct class_set *class_find_posix(struct slice name);
/* \d, \s, \w by the letter; NULL: another letter. */
const struct class_set *class_find_perl(char letter);
void class_add_set(struct buf *out, const struct class_set *set, bool is_negated, bool is_folding);

/* \p{…}: a general category, a script, or one of Any, ASCII, Assigned. */
struct class_property {
    enum class_property_kind { CLASS_ANY, CLASS_CATEGORY, CLASS_SCRIPT } kind;
    bool is_inverted;
    uint32_t category;  /* libunistring's bits */
    const void *script; /* libunistring's */
    char name[64];      /* PCRE2's */
};

/* By name, without regard to case, spaces, '_' and '-'; false: no such property. */
bool class_find_property(struct slice name, struct class_property *ret_property);
void class_add_property(struct buf *out, const struct class_property *property, bool is_negated);
/* The property's partners. Looks at every character that has a case: takes milliseconds. */
void class_add_partners(struct buf *out, const struct class_property *property);
