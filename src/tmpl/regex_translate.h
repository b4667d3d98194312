/* SPDX-License-Identifier: MIT */
/* Go's syntax of regular expressions, checked and written as PCRE2's. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/slice.h"

struct regex_group {
    struct slice name; /* empty: it has none */
};

struct regex_groups {
    struct regex_group *items; /* items[0] is the whole match */
    size_t n;
};

/* Appends the pattern for PCRE2 to *out: to be compiled with REGEX_COMPILE_OPTIONS, and run with
 * a callout function that counts. The callouts stand where a match that takes long must pass again
 * and again; the callout's number is a weight to be added. Names of groups live in the arena.
 *
 * Errors are ERROR_EXECUTE: "regular expression: offset N: …". */
MUST_CHECK bool regex_translate(struct slice pattern, struct arena *arena, struct buf *out,
                                struct regex_groups *ret_groups, struct error *err);

/* What the translation relies on. It writes \A and \z where ^ and $ do not stand for lines, and \N
 * for a dot that matches no newline. */
#define REGEX_COMPILE_OPTIONS \
    (PCRE2_UTF | PCRE2_NO_UTF_CHECK | PCRE2_MULTILINE | PCRE2_ALT_CIRCUMFLEX | PCRE2_DOTALL)
#define REGEX_MAX_DEPTH 1024 /* of its parentheses */
