/* SPDX-License-Identifier: MIT */
/* The error convention: fixed text, no allocation. */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void error_begin(struct error *err, enum error_code code)
{
    err->code = code;
    err->sys_errno = 0;
    err->line = err->column = 0;
    err->source[0] = err->text[0] = '\0';
}

/* Appends to err->text; a text that does not fit is cut. */
PRINTF(2, 0) static void error_append(struct error *err, const char *fmt, va_list args)
{
    size_t len = strlen(err->text);

    vsnprintf(err->text + len, sizeof(err->text) - len, fmt, args);
}

bool error_set(struct error *err, enum error_code code, const char *fmt, ...)
{
    va_list args;

    error_begin(err, code);
    va_start(args, fmt);
    error_append(err, fmt, args);
    va_end(args);
    return false;
}

bool error_set_at(struct error *err, enum error_code code, struct source_pos pos, const char *fmt,
                  ...)
{
    va_list args;

    error_begin(err, code);
    err->line = pos.line;
    err->column = pos.column;
    snprintf(err->source, sizeof(err->source), "%s", pos.source ? pos.source : "");
    snprintf(err->text, sizeof(err->text), "%s:%u:%u: ", err->source, pos.line, pos.column);
    va_start(args, fmt);
    error_append(err, fmt, args);
    va_end(args);
    return false;
}

bool error_set_errno(struct error *err, const char *fmt, ...)
{
    int saved = errno;
    va_list args;

    error_begin(err, ERROR_SYSTEM);
    err->sys_errno = saved;
    va_start(args, fmt);
    error_append(err, fmt, args);
    va_end(args);

    size_t len = strlen(err->text);

    snprintf(err->text + len, sizeof(err->text) - len, ": %s", strerror(saved));
    return false;
}

bool error_wrap(struct error *err, const char *fmt, ...)
{
    char inner[ERROR_TEXT_BYTES];
    va_list args;

    memcpy(inner, err->text, sizeof(inner));
    err->text[0] = '\0';
    va_start(args, fmt);
    error_append(err, fmt, args);
    va_end(args);

    size_t len = strlen(err->text);

    snprintf(err->text + len, sizeof(err->text) - len, ": %s", inner);
    return false;
}

const char *error_code_name(enum error_code code)
{
    switch (code) {
    case ERROR_NONE: return "none";
    case ERROR_SYSTEM: return "system";
    case ERROR_SYNTAX: return "syntax";
    case ERROR_EXECUTE: return "execute";
    case ERROR_LIMIT: return "limit";
    case ERROR_INVALID: return "invalid";
    case ERROR_UNAVAILABLE: return "unavailable";
    }
    return "?";
}

/* The n-th line of a text, from 1, without its line end. */
static struct slice find_line(struct slice text, unsigned number)
{
    struct slice line = SLICE_EMPTY;

    while (number-- > 0) {
        if (!slice_next(&text, '\n', &line))
            return SLICE_EMPTY;
    }
    return slice_ends_with(line, SLICE("\r")) ? slice_sub(line, 0, line.len - 1) : line;
}

#define EXCERPT_BYTES 160 /* of one line that are shown, around the column */

void error_add_excerpt(const struct error *err, struct slice text, struct buf *out)
{
    if (err->line == 0 || err->column == 0)
        return;

    struct slice line = find_line(text, err->line);
    size_t at = err->column - 1 < line.len ? err->column - 1 : line.len;
    size_t from = at > EXCERPT_BYTES * 3 / 4 ? at - EXCERPT_BYTES * 3 / 4 : 0;
    struct slice shown = slice_sub(line, from, from + EXCERPT_BYTES);

    buf_printf(out, "%6u | ", err->line);
    for (size_t i = 0; i < shown.len; i++) {
        unsigned char byte = (unsigned char)shown.ptr[i];

        buf_add_byte(out, byte == '\t' ? '\t' : byte < 0x20 || byte == 0x7f ? '?' : (char)byte);
    }
    buf_add_string(out, "\n       | ");
    for (size_t i = 0; i < at - from; i++) {
        unsigned char byte = (unsigned char)shown.ptr[i];

        if ((byte & 0xc0) != 0x80) /* one column for each character, not for each of its bytes */
            buf_add_byte(out, byte == '\t' ? '\t' : ' ');
    }
    buf_add_string(out, "^\n");
}
