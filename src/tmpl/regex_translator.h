/* SPDX-License-Identifier: MIT */
/* A translation of a regular expression in progress: what the files that take part share.
 *
 * The text written so far ends with one item, the last that a repetition can apply to. It is
 * settled once it is known that none does. Letter case is switched by (?i) and (?-i) in front of an
 * item that needs it the other way; PCRE2 and this code agree that such a switch lasts until its
 * group ends. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/slice.h"

#include "regex_translate.h"

#define MAX_DEPTH 250 /* of groups: what PCRE2 takes by default */

enum flag {
    FLAG_FOLD = 1 << 0,     /* (?i) */
    FLAG_LINES = 1 << 1,    /* (?m) */
    FLAG_DOT_ALL = 1 << 2,  /* (?s) */
    FLAG_UNGREEDY = 1 << 3, /* (?U) */
};

/* What a group, or the whole pattern, holds. */
struct group {
    size_t opened_at; /* in the pattern */
    size_t out_at;    /* in the translation */
    unsigned flags;   /* to return to */
    bool is_folding;  /* what PCRE2 returns to */
    bool has_branches;
    unsigned repeat; /* the largest product of nested repetitions inside, at least 1 */
    unsigned cost;   /* how many items one way through has, about */
};

struct item {
    bool exists;
    size_t out_at;
    bool needs_group;   /* before it can be repeated */
    bool needs_callout; /* it can match in several ways */
    unsigned repeat, cost;
};

struct translator {
    struct slice pattern;
    size_t at;
    unsigned flags;
    bool is_folding; /* what the translation so far has switched PCRE2 to */
    struct buf *out;
    struct item item;
    bool is_repeat, is_after_repeat; /* the element of now, the one before */
    size_t repeat_at;                /* of the last repetition */
    struct group groups[MAX_DEPTH + 1];
    unsigned depth;
    struct arena *arena;
    struct regex_groups captures;
    size_t cap_captures;
    struct error *err;
};

/* --- Reading the pattern (regex_translate.c) ----------------------------------------------- */

/* Sets ERROR_EXECUTE with the offset in the pattern; returns false. */
bool translator_fail(struct translator *tr, size_t at, const char *fmt, ...) PRINTF(3, 4);
struct slice translator_rest(const struct translator *tr);
bool translator_is_next(const struct translator *tr, const char *text);
/* Steps over the text if it is next. */
bool translator_take(struct translator *tr, const char *text);
/* The next character; 0 at the end. */
uint32_t translator_peek(const struct translator *tr);
uint32_t translator_next(struct translator *tr);
bool translator_is_at_end(const struct translator *tr);

/* A new item begins where the translation ends. has_case: (?i) makes a difference to it. */
void translator_begin_item(struct translator *tr, bool has_case);

void translator_add_literal(struct translator *tr, uint32_t rune);

/* --- Repetitions (regex_repeat.c) ---------------------------------------------------------- */

#define TRANSLATOR_MAX_COST (1u << 20) /* costs stop growing here */

/* * + ? and {n,m}, with what makes them lazy; a brace that begins none is a literal. */
MUST_CHECK bool translator_add_repeat(struct translator *tr);

/* --- Sets of characters (regex_brackets.c) ------------------------------------------------- */

#define REGEX_NO_CHARACTER  "[^\\x{0}-\\x{10ffff}]"
#define REGEX_ANY_CHARACTER "." /* PCRE2_DOTALL */

/* An escape that stands for one character; it begins at tr->at. */
MUST_CHECK bool translator_take_escape(struct translator *tr, uint32_t *ret_rune);
/* If \pL, \d and the like are next: translates them. *ret_is_set false: something else is. */
MUST_CHECK bool translator_try_set(struct translator *tr, bool *ret_is_set);
/* A class in brackets, which begins at tr->at. */
MUST_CHECK bool translator_add_class(struct translator *tr);
