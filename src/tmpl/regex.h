/* SPDX-License-Identifier: MIT */
/* Regular expressions in Go's syntax, over PCRE2.
 *
 * Results are Go's (leftmost, first branch first). What deviates from its engine of linear time:
 *
 * - PCRE2 backtracks. What a match takes is counted, and too much of it is an error (ERROR_LIMIT),
 *   never a stall: nested repetitions ("(a|aa)*c"), a group repeated some 100,000 times in one
 *   match, ".*x" over a million bytes that hold no x.
 * - A repeated group that can match nothing, "(a|b*)+", may end after an empty round where Go tries
 *   another branch: the match may be shorter, and the group hold something else.
 * - An expression whose compiled form exceeds 64 KiB is refused. Groups nest 250 deep, not 1000.
 *
 * PCRE2's just-in-time compiler stays off: it wants memory that is writable and executable, which
 * hardened services are denied. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/slice.h"
#include "data/value.h"

struct eval;
struct regex;

/* Compiles; everything lives in the arena and nothing else needs to be released. Errors are
 * ERROR_EXECUTE ("regular expression: offset N: …", from 0) or ERROR_LIMIT. */
MUST_CHECK bool regex_new(struct arena *arena, struct slice pattern, struct regex **ret_regex,
                          struct error *err);

/* Both count what they take as steps of the rendering and fail beyond its limit. A byte of the text
 * that is not UTF-8 is one character of its own, U+FFFD. */
MUST_CHECK bool regex_match(const struct regex *regex, struct eval *eval, struct slice text,
                            bool *ret_is_match, struct error *err);
/* The text with every match replaced: $1, ${1}, $name and ${name} stand for groups, $$ for a
 * dollar. Spans of the text and of the replacement are kept. The result lives in the rendering's
 * arena, or is the text itself. */
MUST_CHECK bool regex_replace_all(const struct regex *regex, struct eval *eval,
                                  const struct text *replacement, const struct text *text,
                                  struct text *ret_text, struct error *err);
