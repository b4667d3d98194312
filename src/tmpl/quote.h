/* SPDX-License-Identifier: MIT */
/* Texts and characters in Go's syntax, and which characters can be seen. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"

/* Letters, marks, numbers, punctuation, symbols and the ASCII space. */
bool rune_is_printable(uint32_t rune);
/* Whether a text can stand between back quotes as it is. */
bool quote_can_be_raw(struct slice text);
/* A character in single quotes; what is no code point becomes U+FFFD. */
void quote_add_rune(struct buf *out, uint32_t rune, bool is_ascii);
