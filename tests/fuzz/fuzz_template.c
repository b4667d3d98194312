/* SPDX-License-Identifier: MIT */
/* Any bytes as a template, rendered against a fixed world: parsing and rendering end, with a text
 * or with an error that has a place in the template, and do the same when done again, be it by
 * repeating what has not changed. What the checker finds has a place, too, and where nothing can be
 * left out, a render finds it as well. */
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "fuzz/fuzz.h"
#include "tmpl/check.h"
#include "tmpl/replay.h"
#include "tmpl/template.h"
#include "tmpl/world.h"

#define MAX_STEPS  20000
#define MAX_OUTPUT (1u << 20)

struct outcome {
    struct buf text;
    struct render render;
    struct error err;
    bool is_good;
};

static bool on_text(void *ctx, struct slice text, struct error *err)
{
    struct buf *out = ctx;

    if (out->len + text.len > MAX_OUTPUT)
        return error_set(err, ERROR_LIMIT, "enough");
    buf_add(out, text);
    return true;
}

/* A foreign one may be empty: that, too, is a word. */
static bool on_own(void *ctx, struct slice text, struct error *err)
{
    FUZZ_CHECK(text.len > 0);
    return on_text(ctx, text, err);
}

static void check_position(struct slice source, const struct error *err)
{
    size_t n_lines = 1;

    for (size_t i = 0; i < source.len; i++)
        n_lines += source.ptr[i] == '\n';
    FUZZ_CHECK(err->line >= 1 && err->line <= n_lines);
    FUZZ_CHECK(err->column >= 1 && err->column <= source.len + 1);
}

/* What becomes of the world: fewer instances of web, and no name. */
static bool is_changed(const struct dep *dep)
{
    return slice_is(dep->key, "health.service(web)") || slice_is(dep->key, "kv.get(app/name)");
}

static enum answer get_after(void *ctx, const struct dep *dep, const struct value **ret_value)
{
    static struct value fewer;
    enum answer answer = world_get(ctx, dep, ret_value);

    if (answer != ANSWER_READY || !is_changed(dep))
        return answer;
    if (dep->kind == DEP_KV_GET)
        return ANSWER_ABSENT;
    fewer = value_list_slice(*ret_value, 0, 1);
    *ret_value = &fewer;
    return ANSWER_READY;
}

static uint64_t clock_before(void *ctx)
{
    (void)ctx;
    return 1;
}

static uint64_t clock_after(void *ctx)
{
    (void)ctx;
    return 2;
}

static bool may_have_changed(void *ctx, const struct dep *dep, uint64_t since)
{
    (void)ctx;
    return since == 1 && is_changed(dep);
}

static bool is_as_before(void *ctx, const struct dep *dep, uint64_t since)
{
    (void)ctx;
    (void)dep;
    (void)since;
    return false;
}

static const struct answer_source before = { world_get, NULL, clock_before, is_as_before };
static const struct answer_source after = { get_after, NULL, clock_after, may_have_changed };

static void render(const struct template *tmpl, struct answer_source answers, struct replay *replay,
                   struct outcome *outcome)
{
    struct render_environment environment = world_environment;
    struct text_sink sink = {
        .own = on_own, .foreign = on_text, .ctx = &outcome->text, .out = &outcome->text
    };

    environment.answers = answers;
    environment.replay = replay;
    environment.max_steps = MAX_STEPS;
    *outcome = (struct outcome){ .render = RENDER_EMPTY, .err = ERROR_EMPTY };
    outcome->is_good = template_render(tmpl, &environment, &sink, &outcome->render, &outcome->err);
}

static void outcome_fini(struct outcome *outcome)
{
    buf_fini(&outcome->text);
    render_fini(&outcome->render);
}

static void check_same(const struct outcome *a, const struct outcome *b)
{
    FUZZ_CHECK(a->is_good == b->is_good);
    FUZZ_CHECK(slice_equal(buf_slice(&a->text), buf_slice(&b->text)));
    FUZZ_CHECK(strcmp(a->err.text, b->err.text) == 0);
    FUZZ_CHECK(dep_set_equal(&a->render.questions, &b->render.questions));
    FUZZ_CHECK(a->render.n_pending == b->render.n_pending);
}

static void render_changes(const struct template *tmpl)
{
    CLEANUP(outcome_fini) struct outcome first, repeated, anew;
    CLEANUP(replay_freep) struct replay *replay = replay_new(MAX_OUTPUT);

    render(tmpl, before, replay, &first);
    render(tmpl, after, replay, &repeated);
    render(tmpl, after, NULL, &anew);
    if (repeated.text.len < MAX_OUTPUT / 2) /* what is repeated does not meet our own limit */
        check_same(&repeated, &anew);
}

/* Ends true if the template was rendered with nothing missing. */
static bool render_twice(const struct template *tmpl, struct slice source)
{
    CLEANUP(outcome_fini) struct outcome first, second;

    render(tmpl, before, NULL, &first);
    render(tmpl, before, NULL, &second);
    check_same(&first, &second);
    FUZZ_CHECK(first.render.n_pending == dep_set_count(&first.render.pending));
    if (!first.is_good && strcmp(first.err.text, "enough") != 0)
        check_position(source, &first.err);
    return first.is_good && first.render.n_pending == 0;
}

/* Whether a render may end well without having been everywhere. */
static bool has_branches(struct slice source)
{
    static const char *const words[] = { "if",     "with",  "range",    "and",
                                         "define", "block", "template", "or" };

    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        if (slice_find(source, slice_from(words[i])) != SLICE_NOT_FOUND)
            return true;
    }
    return false;
}

static void check(const struct template *tmpl, struct slice source, bool is_rendered)
{
    CLEANUP(check_findings_fini) struct check_findings findings = CHECK_FINDINGS_EMPTY;

    template_check(tmpl, &findings);
    FUZZ_CHECK(findings.n <= CHECK_MAX_FINDINGS);
    for (size_t i = 0; i < findings.n; i++)
        check_position(source, &findings.items[i]);
    FUZZ_CHECK(!findings.n || !is_rendered || has_branches(source));
}

/* All of the input is the template, and its last byte, mostly the end of a line, chooses options.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(template_freep) struct template *tmpl = NULL;
    struct template_options options = { 0 };
    struct error err = ERROR_EMPTY;
    struct slice source = fuzz_text(data, size);
    uint8_t last = size ? data[size - 1] : 0;

    options.error_on_missing_key = last & 0x04;
    options.left_delimiter = last & 0x10 ? "<" : NULL;
    options.right_delimiter = last & 0x20 ? "->" : NULL;
    if (!template_new("t", source, &options, &tmpl, &err)) {
        check_position(source, &err);
        return 0;
    }
    render_changes(tmpl);
    check(tmpl, source, render_twice(tmpl, source));
    return 0;
}
