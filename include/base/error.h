/* SPDX-License-Identifier: MIT */
/* One error convention: a function that can fail returns bool, takes `struct error *err` last
 * (never NULL) and is MUST_CHECK. Each layer puts in front what only it knows; whoever decides what
 * happens next logs the text, once. Failing allocates nothing. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/slice.h"

enum error_code {
    ERROR_NONE,
    ERROR_SYSTEM,      /* a system call failed: sys_errno says how */
    ERROR_SYNTAX,      /* text that does not parse: a template, the configuration, JSON */
    ERROR_EXECUTE,     /* a template that parses and cannot be rendered */
    ERROR_LIMIT,       /* something is larger, deeper or longer than limits.h allows */
    ERROR_INVALID,     /* a value that makes no sense where it stands */
    ERROR_UNAVAILABLE, /* a peer that does not answer, or answers with an error */
};

#define ERROR_TEXT_BYTES   1024
#define ERROR_SOURCE_BYTES 256

struct error {
    enum error_code code;
    int sys_errno;                   /* 0 unless ERROR_SYSTEM */
    unsigned line, column;           /* from 1; 0: no position. Columns count bytes. */
    char source[ERROR_SOURCE_BYTES]; /* what line and column refer to; "" without a position */
    char text[ERROR_TEXT_BYTES];     /* "source:line:column: " is part of it */
};

#define ERROR_EMPTY ((struct error){ .code = ERROR_NONE })

/* A place in a text that people edit. */
struct source_pos {
    const char *source; /* a file's path, or "(contents)" and the like; borrowed */
    unsigned line, column;
};

/* All return false, so that `return error_set(...)` reads well. A text that does not fit is cut. */
bool error_set(struct error *err, enum error_code code, const char *fmt, ...) PRINTF(3, 4);
bool error_set_at(struct error *err, enum error_code code, struct source_pos pos, const char *fmt,
                  ...) PRINTF(4, 5);
/* Appends ": " and the text of errno. */
bool error_set_errno(struct error *err, const char *fmt, ...) PRINTF(2, 3);
bool error_wrap(struct error *err, const char *fmt, ...) PRINTF(2, 3);

const char *error_code_name(enum error_code code);

/* Appends the line that the error points to, and a caret under its column; nothing without a
 * position. Control bytes are shown as '?', tabs are kept so that the caret stays in place. */
void error_add_excerpt(const struct error *err, struct slice text, struct buf *out);
