/* SPDX-License-Identifier: MIT */
/* Where `escape: haproxy` would change what is rendered: each value from Consul is written by
 * HAProxy's rules and compared with itself. */
#include "escape_check.h"

#include <stdlib.h>
#include <time.h>

#include "base/limits.h"
#include "data/store.h"
#include "haproxy/quote.h"
#include "io/file.h"

#define MAX_PASSES  100 /* each answer may lead to further questions */
#define MAX_CHANGES 200 /* looked at; in loops many are of one place */
#define MAX_PLACES  20
#define VALUE_SHOWN 48

/* A sink that stops at the first change behind those that are known. */
struct comparison {
    struct buf out;
    struct quote quote;
    size_t n_known, n_seen;
};

static bool on_own(void *ctx, struct slice text, struct error *err)
{
    struct comparison *comparison = ctx;

    (void)err;
    quote_add_own(&comparison->quote, text);
    return true;
}

/* On one line, and not all of a long one. */
static void add_shown(struct buf *out, struct slice text)
{
    struct slice shown = slice_sub(text, 0, VALUE_SHOWN);

    buf_add_byte(out, '\'');
    for (size_t i = 0; i < shown.len; i++)
        buf_add_byte(out, (unsigned char)shown.ptr[i] < ' ' ? '.' : shown.ptr[i]);
    buf_add_string(out, shown.len < text.len ? "...'" : "'");
}

static bool report_change(struct slice before, struct slice after, struct error *err)
{
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;

    add_shown(&text, before);
    buf_add_string(&text, " as ");
    add_shown(&text, after);
    return error_set(err, ERROR_INVALID, "'escape: haproxy' would write %s", text.ptr);
}

static bool on_foreign(void *ctx, struct slice text, struct error *err)
{
    struct comparison *comparison = ctx;
    struct error refusal = ERROR_EMPTY;
    size_t from = comparison->out.len;
    bool is_taken = quote_add_foreign(&comparison->quote, text, &refusal);
    struct slice written = slice_sub(buf_slice(&comparison->out), from, comparison->out.len);

    if ((is_taken && slice_equal(text, written)) || comparison->n_seen++ < comparison->n_known)
        return true;
    comparison->n_known++;
    if (is_taken)
        return report_change(text, written, err);
    return error_set(err, ERROR_INVALID, "'escape: haproxy' would refuse %s", refusal.text);
}

static const char *get_env(void *ctx, const char *name)
{
    (void)ctx;
    return getenv(name);
}

static bool render(const struct template *tmpl, struct store *store, const struct text_sink *sink,
                   struct render *result, struct error *err)
{
    struct render_environment environment = { .answers = store_answers(store), .get_env = get_env };

    clock_gettime(CLOCK_REALTIME, &environment.now);
    return template_render(tmpl, &environment, sink, result, err);
}

/* Local files are no part of the data. */
static bool read_file(const struct dep *dep, struct document **ret_doc, struct error *err)
{
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;

    if (!(dep->sandbox.len
              ? file_read_beneath(dep->sandbox.ptr, dep->name.ptr, LIMIT_TEMPLATE_BYTES, &text, err)
              : file_read(dep->name.ptr, LIMIT_TEMPLATE_BYTES, &text, err)))
        return false;
    *ret_doc = document_new();
    (*ret_doc)->root = value_string(arena_copy(&(*ret_doc)->arena, buf_slice(&text)));
    return true;
}

static bool answer(struct store *store, const struct data_file *data, const struct dep_set *pending,
                   struct error *err)
{
    const struct dep *dep;

    for (size_t i = 0; (dep = dep_set_next(pending, &i)) != NULL;) {
        struct document *doc;

        if (!(dep->kind == DEP_FILE ? read_file(dep, &doc, err)
                                    : data_file_find(data, dep, &doc, err)))
            return false;
        store_put(store, dep, doc);
    }
    return true;
}

/* Answers all that the template asks. */
static bool gather(const struct template *tmpl, struct store *store, const struct data_file *data,
                   struct error *err)
{
    for (unsigned i = 0; i < MAX_PASSES; i++) {
        CLEANUP(render_fini) struct render result = RENDER_EMPTY;
        CLEANUP(buf_fini) struct buf text = BUF_EMPTY;
        struct text_sink sink = text_sink_to_buf(&text);
        bool is_good = render(tmpl, store, &sink, &result, err);

        if (result.n_pending == 0)
            return is_good;
        if (!answer(store, data, &result.pending, err))
            return false;
    }
    return error_set(err, ERROR_LIMIT, "answers led to further questions %d times, the limit",
                     MAX_PASSES);
}

/* The next change; false: there is none. */
static bool find_change(const struct template *tmpl, struct store *store, size_t *n_known,
                        struct error *err)
{
    CLEANUP(render_fini) struct render result = RENDER_EMPTY;
    struct comparison comparison = { .out = BUF_EMPTY, .n_known = *n_known };
    struct text_sink sink = { .own = on_own, .foreign = on_foreign, .ctx = &comparison };
    bool is_good;

    quote_init(&comparison.quote, &comparison.out);
    is_good = render(tmpl, store, &sink, &result, err);
    is_good = is_good || comparison.n_known == *n_known;
    *n_known = comparison.n_known;
    buf_fini(&comparison.out);
    return !is_good;
}

/* In a loop one place changes again and again: it is named once. */
static bool is_new_place(const struct error *places, size_t n, const struct error *err)
{
    for (size_t i = 0; i < n; i++) {
        if (places[i].line == err->line && places[i].column == err->column)
            return false;
    }
    return true;
}

void escape_check(const struct template *tmpl, const struct data_file *data, struct buf *report)
{
    CLEANUP(store_freep) struct store *store = store_new();
    struct error err = ERROR_EMPTY, places[MAX_PLACES];
    size_t n_known = 0, n_places = 0;

    if (!gather(tmpl, store, data, &err)) {
        buf_printf(report, "not compared with 'escape: haproxy': %s\n", err.text);
        return;
    }
    while (n_known < MAX_CHANGES && n_places < MAX_PLACES &&
           find_change(tmpl, store, &n_known, &err)) {
        if (!is_new_place(places, n_places, &err))
            continue;
        places[n_places++] = err;
        buf_printf(report, "%s\n", err.text);
        error_add_excerpt(&err, template_source(tmpl), report);
    }
}
