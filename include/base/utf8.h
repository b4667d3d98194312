/* SPDX-License-Identifier: MIT */
/* UTF-8 as Go reads it: a byte that belongs to no valid sequence is one U+FFFD of its own. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

#define RUNE_REPLACEMENT 0xfffdu
#define RUNE_MAX         0x10ffffu
#define UTF8_MAX_BYTES   4

/* A Unicode code point that is no surrogate. */
static inline bool rune_is_valid(uint32_t rune)
{
    return rune < 0xd800 || (rune > 0xdfff && rune <= RUNE_MAX);
}

/* What moves a terminal's cursor, ends a line, or turns around the text behind it: no name has it
 * with good intent. */
bool rune_is_control(uint32_t rune);

/* The first code point of a text and how many bytes it takes: 0 for an empty text, 1 with
 * RUNE_REPLACEMENT for an invalid byte (a well-formed U+FFFD takes 3). */
size_t utf8_decode(struct slice text, uint32_t *ret_rune);
/* The last code point of a text; otherwise as utf8_decode(). */
size_t utf8_decode_last(struct slice text, uint32_t *ret_rune);
/* Writes the sequence and returns its length; what is no code point becomes U+FFFD. */
size_t utf8_encode(uint32_t rune, char bytes[static UTF8_MAX_BYTES]);
size_t utf8_count(struct slice text); /* code points and invalid bytes */
/* How many bytes the first n of them take; the whole length if there are fewer. */
size_t utf8_prefix(struct slice text, size_t n);
/* How many bytes at the start of the text are well-formed; its length if all are. */
size_t utf8_valid_len(struct slice text);
