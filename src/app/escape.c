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

static bool on_get_state(void *ctx, unsigned *ret_state)
{
    const struct escape *escape = ctx;

    return quote_get_state(&escape->quote, ret_state);
}

static void on_resume(void *ctx, unsigned state)
{
    struct escape *escape = ctx;

    quote_resume(&escape->quote, state);
}

struct text_sink escape_begin(struct escape *escape, enum escape_mode mode, struct buf *out)
{
    *escape = (struct escape){ .mode = mode, .out = out };
    switch (mode) {
    case ESCAPE_LINES:
        return (struct text_sink){
            .own = on_text, .foreign = on_line_foreign, .ctx = escape, .out = out
        };
    case ESCAPE_HAPROXY:
        quote_init(&escape->quote, out);
        return (struct text_sink){ .own = on_haproxy_own,
                                   .foreign = on_haproxy_foreign,
                                   .ctx = escape,
                                   .out = out,
                                   .get_state = on_get_state,
                                   .resume = on_resume };
    case ESCAPE_OFF: break;
    }
    return (struct text_sink){ .own = on_text, .foreign = on_text, .ctx = escape, .out = out };
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
