/* SPDX-License-Identifier: MIT */
/* What quoted constants of a template stand for. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/slice.h"

/* A string or raw string with its quotes. Bytes that are not UTF-8 stay in a raw string and become
 * U+FFFD in a quoted one, as the peer reads them. False: an escape sequence is wrong; it starts at
 * *ret_bad_at. */
MUST_CHECK bool literal_unquote(struct slice quoted, struct arena *arena, struct slice *ret_text,
                                size_t *ret_bad_at);
/* A character constant with its quotes: exactly one character or escape sequence. */
MUST_CHECK bool literal_parse_rune(struct slice quoted, uint32_t *ret_rune);
