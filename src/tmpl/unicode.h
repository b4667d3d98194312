/* SPDX-License-Identifier: MIT */
/* What Unicode says of characters: white space and letter case. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "data/value.h"

bool rune_is_space(uint32_t rune);
/* Without the white space at both ends; spans are kept. */
struct text text_trim_space(struct arena *arena, const struct text *text);

enum letter_case {
    CASE_UPPER, /* one to one, without regard to language or neighbours */
    CASE_LOWER, /* the same */
    CASE_TITLE, /* the first cased letter of each word; the others stay as they are */
};

/* Writes the mapped text and returns its length; out NULL: only the length. CASE_UPPER and
 * CASE_LOWER turn invalid bytes into U+FFFD, CASE_TITLE keeps them. */
size_t case_map(enum letter_case letter_case, struct slice text, char *out);
