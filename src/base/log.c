/* SPDX-License-Identifier: MIT */
/* The program's log. */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/utf8.h"

static enum log_level log_level = LOG_LEVEL_INFO;
static enum log_format log_format = LOG_FORMAT_TEXT;
static log_sink_fn log_sink;
static void *log_sink_ctx;

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

static bool is_printable(uint32_t rune, size_t n)
{
    bool is_control = (rune < 0x20 && rune != '\t') || (rune >= 0x7f && rune < 0xa0);

    return !is_control && (rune != RUNE_REPLACEMENT || n > 1);
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
    const char *colour = isatty(STDERR_FILENO) ? colours[level] : "";

    add_time(out);
    buf_printf(out, " %s%-5s ", colour, log_level_name(level));
    add_printable(out, message);
    buf_add_string(out, *colour ? "\033[0m\n" : "\n");
}

static void add_json_line(struct buf *out, enum log_level level, struct slice message)
{
    buf_add_string(out, "{\"time\":\"");
    add_time(out);
    buf_printf(out, "\",\"level\":\"%s\",\"message\":", log_level_name(level));
    add_json_string(out, message);
    buf_add_string(out, "}\n");
}

static void add_journal_line(struct buf *out, enum log_level level, struct slice message)
{
    static const int priorities[] = { 7, 7, 6, 4, 3 }; /* syslog's, as sd-daemon(3) wants them */

    buf_printf(out, "<%d>", priorities[level]);
    add_printable(out, message);
    buf_add_byte(out, '\n');
}

void log_write(enum log_level level, const char *fmt, ...)
{
    CLEANUP(buf_fini) struct buf message = BUF_EMPTY, line = BUF_EMPTY;
    char text[4096];
    va_list args;

    if (!log_is_enabled(level))
        return;
    va_start(args, fmt);

    int n = vsnprintf(text, sizeof(text), fmt, args);

    va_end(args);
    if (n < 0)
        return;
    buf_add(&message, slice_of(text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1));
    if (log_sink) {
        log_sink(log_sink_ctx, level, buf_slice(&message));
        return;
    }
    switch (log_format) {
    case LOG_FORMAT_TEXT: add_text_line(&line, level, buf_slice(&message)); break;
    case LOG_FORMAT_JSON: add_json_line(&line, level, buf_slice(&message)); break;
    case LOG_FORMAT_JOURNAL: add_journal_line(&line, level, buf_slice(&message)); break;
    }

    /* One write: lines of several processes on one terminal or pipe do not mix. */
    ssize_t written = write(STDERR_FILENO, line.ptr, line.len);

    (void)written; /* nowhere left to say it */
}

void log_lines(enum log_level level, struct slice text)
{
    struct slice line;

    while (slice_next(&text, '\n', &line)) {
        if (line.len)
            log_write(level, "%.*s", SLICE_ARG(line));
    }
}
