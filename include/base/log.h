/* SPDX-License-Identifier: MIT */
/* The program's log: lines of "subject: what happened (numbers)" on standard error.
 *
 * base/, data/ and tmpl/ never log. Activities log changes of state, not retries. Tokens and
 * headers appear in no line. */
#pragma once

#include <stdbool.h>

#include "base/cleanup.h"
#include "base/slice.h"

enum log_level { LOG_LEVEL_TRACE, LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERR };

enum log_format {
    LOG_FORMAT_TEXT,    /* time, level, message; colours on a terminal */
    LOG_FORMAT_JSON,    /* one object a line */
    LOG_FORMAT_JOURNAL, /* "<priority>message", for systemd's standard error */
};

const char *log_level_name(enum log_level level);
MUST_CHECK bool log_level_parse(struct slice name, enum log_level *ret_level);

void log_set_level(enum log_level level);
void log_set_format(enum log_format format);
bool log_is_enabled(enum log_level level);

/* Where the lines go instead of standard error (tests; NULL: back). The text has no newline. */
typedef void (*log_sink_fn)(void *ctx, enum log_level level, struct slice line);
void log_set_sink(log_sink_fn sink, void *ctx);

void log_write(enum log_level level, const char *fmt, ...) PRINTF(2, 3);

/* Each line of a text as a line of the log; empty ones are left out. */
void log_lines(enum log_level level, struct slice text);

#define log_trace(...) \
    (log_is_enabled(LOG_LEVEL_TRACE) ? log_write(LOG_LEVEL_TRACE, __VA_ARGS__) : (void)0)
#define log_debug(...) \
    (log_is_enabled(LOG_LEVEL_DEBUG) ? log_write(LOG_LEVEL_DEBUG, __VA_ARGS__) : (void)0)
#define log_info(...) log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_warn(...) log_write(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_err(...)  log_write(LOG_LEVEL_ERR, __VA_ARGS__)
