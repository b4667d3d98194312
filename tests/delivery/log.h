/* SPDX-License-Identifier: MIT */
/* The log as a text that tests compare: a line is "level message", durations are "T". */
#pragma once

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"

static struct buf logged;
/* Sees each line as it comes; optional. */
static void (*log_hook)(const char *line);

/* The length of "12 ms", "1.5 s", "2 min 10 s", or 0. */
static inline size_t duration_length(const char *text)
{
    static const char *const units[] = { " ms", " s", " min " };
    size_t n = strspn(text, "0123456789."), n_rest;

    for (size_t i = 0; n > 0 && isdigit((unsigned char)*text) && i < ARRAY_SIZE(units); i++) {
        if (strncmp(text + n, units[i], strlen(units[i])) != 0)
            continue;
        n += strlen(units[i]);
        n_rest = i == 2 ? duration_length(text + n) : 0;
        return n + n_rest;
    }
    return 0;
}

static inline void log_keep(void *ctx, enum log_level level, struct slice line)
{
    char *text = slice_to_string(line);
    (void)ctx;

    buf_printf(&logged, "%s ", log_level_name(level));
    for (const char *p = text; *p;) {
        size_t n = duration_length(p);

        buf_add_byte(&logged, n > 0 ? 'T' : *p);
        p += n > 0 ? n : 1;
    }
    buf_add_byte(&logged, '\n');
    if (log_hook)
        log_hook(text);
    free(text);
}

static inline void log_begin(enum log_level level)
{
    buf_clear(&logged);
    log_hook = NULL;
    log_set_level(level);
    log_set_sink(log_keep, NULL);
}

static inline void log_end(void)
{
    buf_fini(&logged);
    log_hook = NULL;
    log_set_sink(NULL, NULL);
    log_set_level(LOG_LEVEL_INFO);
}
