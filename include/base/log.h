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

/* Kinds of lines that people and programs look for; each has a name, and a MESSAGE_ID of its own in
 * the journal (app/journal.c). */
enum log_event {
    LOG_EVENT_NONE,
    LOG_EVENT_DELIVERED,      /* files were installed and taken up */
    LOG_EVENT_REFUSED,        /* a checker refused a text; the old one stays */
    LOG_EVENT_CHECK_FAILED,   /* a checker could not run */
    LOG_EVENT_WRITE_FAILED,   /* a file could not be written */
    LOG_EVENT_COMMAND_FAILED, /* a command, or a reload */
    LOG_EVENT_RECOVERED,      /* one of the above is over */
    LOG_EVENT_ROLLED_BACK,    /* the last good generation is back */
    LOG_EVENT_HELD,           /* instances vanished, and are kept for a while */
    LOG_EVENT_RELEASED,       /* and no longer */
    LOG_EVENT_QUARANTINED,    /* one input is left out */
    LOG_EVENT_CURED,          /* and no longer */
    LOG_EVENT_FOREIGN,        /* somebody else has changed a file */
    LOG_EVENT_PAUSED,
    LOG_EVENT_RESUMED,
    LOG_EVENT_CONSUL_LOST,
    LOG_EVENT_CONSUL_BACK,
    LOG_EVENT_TEMPLATE_FAILED, /* a template cannot be rendered */
    LOG_EVENT_BLOCKED,         /* a template waits for answers */
    LOG_EVENT_CONFIG_READ,
    LOG_EVENT_CONFIG_REFUSED,
};

const char *log_event_name(enum log_event event); /* "delivered", … */

/* What a line is about; NULL: it is about none. */
struct log_about {
    enum log_event event;
    const char *group, *service, *reason;
};

const char *log_level_name(enum log_level level);
MUST_CHECK bool log_level_parse(struct slice name, enum log_level *ret_level);

void log_set_level(enum log_level level);
void log_set_format(enum log_format format);
bool log_is_enabled(enum log_level level);

/* Where the lines go instead of standard error (tests; NULL: back). The text has no newline. */
typedef void (*log_sink_fn)(void *ctx, enum log_level level, struct slice line);
void log_set_sink(log_sink_fn sink, void *ctx);

/* Takes a line over with all that it is about, in place of LOG_FORMAT_JOURNAL's; false: it cannot,
 * and the line goes to standard error. priority is syslog's. NULL: nobody does. */
typedef bool (*log_journal_fn)(int priority, struct slice line, const struct log_about *about);
void log_set_journal(log_journal_fn journal);

void log_write(enum log_level level, const char *fmt, ...) PRINTF(2, 3);
void log_about(enum log_level level, const struct log_about *about, const char *fmt, ...)
    PRINTF(3, 4);

/* Each line of a text as a line of the log; empty ones are left out. */
void log_lines(enum log_level level, struct slice text);

#define log_trace(...) \
    (log_is_enabled(LOG_LEVEL_TRACE) ? log_write(LOG_LEVEL_TRACE, __VA_ARGS__) : (void)0)
#define log_debug(...) \
    (log_is_enabled(LOG_LEVEL_DEBUG) ? log_write(LOG_LEVEL_DEBUG, __VA_ARGS__) : (void)0)
#define log_info(...) log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_warn(...) log_write(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_err(...)  log_write(LOG_LEVEL_ERR, __VA_ARGS__)
