/* SPDX-License-Identifier: MIT */
/* The program's log. */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/terminal.h"
#include "base/utf8.h"

static enum log_level log_level = LOG_LEVEL_INFO;
static enum log_format log_format = LOG_FORMAT_TEXT;
static log_sink_fn log_sink;
static void *log_sink_ctx;
static log_journal_fn log_journal;

const char *log_level_name(enum log_level level)
{
    switch (level) {
    case LOG_LEVEL_TRACE: return "trace";
    case LOG_LEVEL_DEBUG: return "debug";
    case LOG_LEVEL_INFO: return "info";
    case LOG_LEVEL_WARN: return "warn";
    case LOG_LEVEL_ERR: return "err";
    }
    return "?";
}

const char *log_event_name(enum log_event event)
{
    switch (event) {
    case LOG_EVENT_NONE: return "";
    case LOG_EVENT_DELIVERED: return "delivered";
    case LOG_EVENT_REFUSED: return "refused";
    case LOG_EVENT_CHECK_FAILED: return "check-failed";
    case LOG_EVENT_WRITE_FAILED: return "write-failed";
    case LOG_EVENT_COMMAND_FAILED: return "command-failed";
    case LOG_EVENT_RECOVERED: return "recovered";
    case LOG_EVENT_ROLLED_BACK: return "rolled-back";
    case LOG_EVENT_HELD: return "held";
    case LOG_EVENT_RELEASED: return "released";
    case LOG_EVENT_QUARANTINED: return "quarantined";
    case LOG_EVENT_CURED: return "cured";
    case LOG_EVENT_FOREIGN: return "foreign";
    case LOG_EVENT_PAUSED: return "paused";
    case LOG_EVENT_RESUMED: return "resumed";
    case LOG_EVENT_CONSUL_LOST: return "consul-lost";
    case LOG_EVENT_CONSUL_BACK: return "consul-back";
    case LOG_EVENT_TEMPLATE_FAILED: return "template-failed";
    case LOG_EVENT_BLOCKED: return "blocked";
    case LOG_EVENT_CONFIG_READ: return "config-read";
    case LOG_EVENT_CONFIG_REFUSED: return "config-refused";
    }
    return "?";
}

bool log_level_parse(struct slice name, enum log_level *ret_level)
{
    for (enum log_level level = LOG_LEVEL_TRACE; level <= LOG_LEVEL_ERR; level++) {
        const char *own = log_level_name(level);

        if (name.len == strlen(own) && strncasecmp(name.ptr, own, name.len) == 0) {
            *ret_level = level;
            return true;
        }
    }
    return false;
}

void log_set_level(enum log_level level)
{
    log_level = level;
}

void log_set_format(enum log_format format)
{
    log_format = format;
}

bool log_is_enabled(enum log_level level)
{
    return level >= log_level;
}

void log_set_sink(log_sink_fn sink, void *ctx)
{
    log_sink = sink;
    log_sink_ctx = ctx;
}

void log_set_journal(log_journal_fn journal)
{
    log_journal = journal;
}

static bool is_printable(uint32_t rune, size_t n)
{
    return (rune == '\t' || !rune_is_control(rune)) && (rune != RUNE_REPLACEMENT || n > 1);
}

/* What came from outside must not move the cursor or start a line of its own, and one byte that is
 * not UTF-8 makes the whole line unreadable in the journal. */
static void add_printable(struct buf *out, struct slice text)
{
    for (size_t at = 0, n; at < text.len; at += n) {
        uint32_t rune;

        n = utf8_decode(slice_sub(text, at, text.len), &rune);
        if (rune == '\n')
            buf_add_string(out, "\\n");
        else if (is_printable(rune, n))
            buf_add(out, slice_sub(text, at, at + n));
        else
            for (size_t i = at; i < at + n; i++)
                buf_printf(out, "\\x%02x", (unsigned char)text.ptr[i]);
    }
}

static void add_json_string(struct buf *out, struct slice text)
{
    buf_add_byte(out, '"');
    for (size_t at = 0, n; at < text.len; at += n) {
        uint32_t rune;

        n = utf8_decode(slice_sub(text, at, text.len), &rune);
        if (rune == '"' || rune == '\\')
            buf_printf(out, "\\%c", (int)rune);
        else if (!is_printable(rune, n) || rune == '\t')
            buf_printf(out, "\\u%04x", rune);
        else
            buf_add(out, slice_sub(text, at, at + n));
    }
    buf_add_byte(out, '"');
}

static void add_time(struct buf *out)
{
    struct timespec now;
    struct tm tm;
    char text[32];

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &tm);
    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
    buf_printf(out, "%s.%03ldZ", text, now.tv_nsec / 1000000);
}

static void add_text_line(struct buf *out, enum log_level level, struct slice message)
{
    static const char *const colours[] = { "\033[2m", "\033[2m", "", "\033[33m", "\033[31m" };
    const char *colour = terminal_has_colours(STDERR_FILENO) ? colours[level] : "";

    add_time(out);
    buf_printf(out, " %s%-5s ", colour, log_level_name(level));
    add_printable(out, message);
    buf_add_string(out, *colour ? "\033[0m\n" : "\n");
}

static void add_json_member(struct buf *out, const char *name, const char *text)
{
    if (!text || !*text)
        return;
    buf_printf(out, ",\"%s\":", name);
    add_json_string(out, slice_from(text));
}

static void add_json_line(struct buf *out, enum log_level level, const struct log_about *about,
                          struct slice message)
{
    buf_add_string(out, "{\"time\":\"");
    add_time(out);
    buf_printf(out, "\",\"level\":\"%s\"", log_level_name(level));
    add_json_member(out, "event", log_event_name(about->event));
    add_json_member(out, "group", about->group);
    add_json_member(out, "service", about->service);
    add_json_member(out, "reason", about->reason);
    buf_add_string(out, ",\"message\":");
    add_json_string(out, message);
    buf_add_string(out, "}\n");
}

/* False: somebody else has taken it. */
static bool add_journal_line(struct buf *out, enum log_level level, const struct log_about *about,
                             struct slice message)
{
    static const int priorities[] = { 7, 7, 6, 4, 3 }; /* syslog's, as sd-daemon(3) wants them */
    CLEANUP(buf_fini) struct buf line = BUF_EMPTY;

    add_printable(&line, message);
    if (log_journal && log_journal(priorities[level], buf_slice(&line), about))
        return false;
    buf_printf(out, "<%d>", priorities[level]);
    buf_add(out, buf_slice(&line));
    buf_add_byte(out, '\n');
    return true;
}

static void log_message(enum log_level level, const struct log_about *about, struct slice message)
{
    CLEANUP(buf_fini) struct buf line = BUF_EMPTY;

    if (log_sink) {
        log_sink(log_sink_ctx, level, message);
        return;
    }
    switch (log_format) {
    case LOG_FORMAT_TEXT: add_text_line(&line, level, message); break;
    case LOG_FORMAT_JSON: add_json_line(&line, level, about, message); break;
    case LOG_FORMAT_JOURNAL:
        if (!add_journal_line(&line, level, about, message))
            return;
        break;
    }

    /* One write: lines of several processes on one terminal or pipe do not mix. */
    ssize_t written = write(STDERR_FILENO, line.ptr, line.len);

    (void)written; /* nowhere left to say it */
}

__attribute__((format(printf, 3, 0))) static void log_formatted(enum log_level level,
                                                                const struct log_about *about,
                                                                const char *fmt, va_list args)
{
    CLEANUP(buf_fini) struct buf message = BUF_EMPTY;
    char text[4096];
    int n = vsnprintf(text, sizeof(text), fmt, args);

    if (n < 0)
        return;
    buf_add(&message, slice_of(text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1));
    log_message(level, about, buf_slice(&message));
}

void log_write(enum log_level level, const char *fmt, ...)
{
    static const struct log_about nothing = { .event = LOG_EVENT_NONE };
    va_list args;

    if (!log_is_enabled(level))
        return;
    va_start(args, fmt);
    log_formatted(level, &nothing, fmt, args);
    va_end(args);
}

void log_about(enum log_level level, const struct log_about *about, const char *fmt, ...)
{
    va_list args;

    if (!log_is_enabled(level))
        return;
    va_start(args, fmt);
    log_formatted(level, about, fmt, args);
    va_end(args);
}

void log_lines(enum log_level level, struct slice text)
{
    struct slice line;

    while (slice_next(&text, '\n', &line)) {
        if (line.len)
            log_write(level, "%.*s", SLICE_ARG(line));
    }
}
