/* SPDX-License-Identifier: MIT */
/* Texts of Consul's catalogue as words, as parts of lines, or as they are. */
#include "escape.h"

static bool on_text(void *ctx, struct slice text, struct error *err)
{
    struct escape *escape = ctx;

    (void)err;
    buf_add(escape->out, text);
    return true;
}

static bool on_line_foreign(void *ctx, struct slice text, struct error *err)
{
    return quote_check_line(text, err) && on_text(ctx, text, err);
}

static bool on_haproxy_own(void *ctx, struct slice text, struct error *err)
{
    struct escape *escape = ctx;

    (void)err;
    quote_add_own(&escape->quote, text);
    return true;
}

static bool on_haproxy_foreign(void *ctx, struct slice text, struct error *err)
{
    struct escape *escape = ctx;

    return quote_add_foreign(&escape->quote, text, err);
}

struct text_sink escape_begin(struct escape *escape, enum escape_mode mode, struct buf *out)
{
    *escape = (struct escape){ .mode = mode, .out = out };
    switch (mode) {
    case ESCAPE_LINES: return (struct text_sink){ on_text, on_line_foreign, escape };
    case ESCAPE_HAPROXY:
        quote_init(&escape->quote, out);
        return (struct text_sink){ on_haproxy_own, on_haproxy_foreign, escape };
    case ESCAPE_OFF: break;
    }
    return (struct text_sink){ on_text, on_text, escape };
}

static bool check_foreign(void *ctx, struct slice text, struct error *err)
{
    (void)ctx;
    return quote_check_line(text, err);
}

void escape_add_files(struct escape *escape, struct render_environment *environment)
{
    environment->check_foreign = escape->mode == ESCAPE_OFF ? NULL : check_foreign;
    environment->check_foreign_ctx = escape;
}
