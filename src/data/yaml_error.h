/* SPDX-License-Identifier: MIT */
/* Where something stands in a YAML text, and what libyaml's complaints mean. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/slice.h"

/* Turns libyaml's marks, which count characters, into lines and columns, which count bytes. It
 * remembers the last place, because marks nearly always go forward. */
struct yaml_cursor {
    struct slice text; /* behind the byte order mark, if there is one */
    size_t n_mark;     /* bytes of it: columns of the first line count them */
    size_t index;      /* of a character */
    size_t offset;     /* of its first byte */
    size_t line_start; /* offset of the first byte of its line */
    unsigned line;     /* from 1 */
};

void yaml_cursor_seek(struct yaml_cursor *cursor, size_t index, unsigned *ret_line,
                      unsigned *ret_column);

struct yaml_parser_s;

/* What went wrong in a parser that has just failed; returns false. */
bool yaml_error_from_parser(const struct yaml_parser_s *parser, const char *name,
                            struct yaml_cursor *cursor, struct error *err);
