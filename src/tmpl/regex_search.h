/* SPDX-License-Identifier: MIT */
/* One text searched for matches of a regular expression, within the budget of the rendering. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/slice.h"

#include "regex_translate.h"

struct eval;

struct regex {
    struct pcre2_real_code_8 *code;
    struct regex_groups groups;
};

/* A text as PCRE2 wants it: valid UTF-8. Each byte that is none becomes U+FFFD, as which Go matches
 * it; where that was done is kept to find the way back. */
struct subject {
    struct slice text;
    char *copy;      /* NULL: the text is the original */
    uint32_t *fixes; /* offsets of the replacements in text, ascending */
    size_t n_fixes;
};

struct search {
    const struct regex *regex;
    struct eval *eval;
    struct subject subject; /* all offsets below are in subject.text */
    size_t start, passed;   /* of the attempt that runs: where it began, where it last was */
    struct pcre2_real_general_context_8 *memory;
    struct pcre2_real_match_context_8 *context;
    struct pcre2_real_match_data_8 *match;
};

/* The text must outlive the search. search_fini() also takes one that is zeroed or failed to start.
 */
MUST_CHECK bool search_init(struct search *search, const struct regex *regex, struct eval *eval,
                            struct slice text, struct error *err);
void search_fini(struct search *search);

/* The first match at `from` or behind it. */
MUST_CHECK bool search_next(struct search *search, size_t from, bool *ret_is_match,
                            struct error *err);
/* Where a group of that match is; false: it took no part. Group 0 is the whole match. */
bool search_group(const struct search *search, size_t i, size_t *ret_from, size_t *ret_to);
/* The offset in the original text. */
size_t search_original(const struct search *search, size_t offset);
