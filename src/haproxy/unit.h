/* SPDX-License-Identifier: MIT */
/* What HAProxy's parser takes of a line at a time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

enum unit_kind {
    UNIT_BYTE,     /* of a word: unit.byte */
    UNIT_QUOTE,    /* opens or closes quotes */
    UNIT_SPACE,    /* between words */
    UNIT_VARIABLE, /* $X, ${X}, ${X-default}, ${X[*]} in double quotes */
    UNIT_COMMENT,  /* the start of one */
    UNIT_END,      /* newline, CR or NUL: the line is over, also inside of quotes */
    UNIT_PARTIAL,  /* depends on what follows */
    UNIT_BAD_HEX,
    UNIT_BAD_NAME,
    UNIT_BAD_BRACE,
    UNIT_BAD_EXPANSION,
};

struct unit {
    enum unit_kind kind;
    size_t len; /* 0: the rest of the text */
    char byte;
};

/* The unit at the start of a text that is not empty, outside of quotes, or in double or in single
 * ones. is_final: nothing follows the text; else a unit that may go on is UNIT_PARTIAL. */
struct unit unit_take(struct slice text, bool is_double, bool is_single, bool is_final);

/* How many bytes at the start of the text are a unit each, whatever quotes there are. */
size_t unit_plain_len(struct slice text);

static inline bool unit_is_space(char byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static inline bool unit_is_alphanumeric(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9');
}
