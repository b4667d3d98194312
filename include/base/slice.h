/* SPDX-License-Identifier: MIT */
/* The text type: a borrowed run of bytes, not terminated, any byte allowed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/cleanup.h"

struct slice {
    const char *ptr;
    size_t len;
};

#define SLICE(literal) ((struct slice){ "" literal, sizeof(literal) - 1 })
#define SLICE_EMPTY    ((struct slice){ "", 0 })
/* For printf: "%.*s", SLICE_ARG(s). Cuts at INT_MAX, which no message reaches. */
#define SLICE_ARG(s) (int)((s).len > 0x7fffffff ? 0x7fffffff : (s).len), (s).ptr

static inline struct slice slice_from(const char *text)
{
    return (struct slice){ text ? text : "", text ? strlen(text) : 0 };
}

static inline struct slice slice_of(const char *ptr, size_t len)
{
    return (struct slice){ ptr, len };
}

static inline bool slice_equal(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool slice_is(struct slice a, const char *text)
{
    return slice_equal(a, slice_from(text));
}

/* Bytes [from, to) of a; both are cut to its length. */
struct slice slice_sub(struct slice a, size_t from, size_t to);
int slice_compare(struct slice a, struct slice b); /* by bytes, a prefix sorts first */
bool slice_starts_with(struct slice a, struct slice prefix);
bool slice_ends_with(struct slice a, struct slice suffix);

#define SLICE_NOT_FOUND SIZE_MAX
size_t slice_find(struct slice a, struct slice needle); /* first offset, or SLICE_NOT_FOUND */
size_t slice_find_byte(struct slice a, char byte);
size_t slice_find_last_byte(struct slice a, char byte);

/* Without the ASCII white space (space, tab, CR, LF) at both ends. */
struct slice slice_trim(struct slice a);

/* Splits at the first byte: ret_head gets what is before it, *rest what is after. At the end of
 * the text it returns false for a rest that was used up: `while (slice_next(&rest, ',', &item))`.
 */
bool slice_next(struct slice *rest, char byte, struct slice *ret_head);

uint64_t slice_hash(struct slice a); /* the same on every machine; not against malice */

/* The whole slice as a number: digits only, no sign, no space; false when it is none or too large.
 */
MUST_CHECK bool slice_parse_u64(struct slice a, uint64_t max, uint64_t *ret_number);

/* A duration as Go writes it ("250ms", "1m30s", "0"); the result is in milliseconds, rounded up. */
MUST_CHECK bool slice_parse_duration_ms(struct slice a, uint64_t *ret_ms);

/* A terminated copy on the heap, released with free(); bytes after a NUL are beyond its end. */
char *slice_to_string(struct slice a);

/* How far apart two words are: insertions, deletions, replacements, and swaps of neighbours. */
size_t slice_edit_distance(struct slice a, struct slice b);
/* The entry of a list of words that is near enough to be what was meant, or NULL. */
const char *slice_nearest(struct slice word, const char *const *candidates, size_t n_candidates);
