/* SPDX-License-Identifier: MIT */
/* Any bytes as a template, rendered against a fixed world: parsing and rendering end, with a text
 * or with an error that has a place in the template, and do the same when done again. What the
 * checker finds has a place, too, and where nothing can be left out, a render finds it as well. */
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "fuzz/fuzz.h"
#include "tmpl/check.h"
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

    FUZZ_CHECK(text.len > 0);
    if (out->len + text.len > MAX_OUTPUT)
        return error_set(err, ERROR_LIMIT, "enough");
    buf_add(out, text);
    return true;
}

static void check_position(struct slice source, const struct error *err)
{
    size_t n_lines = 1;

    for (size_t i = 0; i < source.len; i++)
        n_lines += source.ptr[i] == '\n';
    FUZZ_CHECK(err->line >= 1 && err->line <= n_lines);
    FUZZ_CHECK(err->column >= 1 && err->column <= source.len + 1);
}

static void render(const struct template *tmpl, struct outcome *outcome)
{
    struct render_environment environment = world_environment;
    struct text_sink sink = { on_text, on_text, &outcome->text };

    environment.max_steps = MAX_STEPS;
    *outcome = (struct outcome){ .render = RENDER_EMPTY, .err = ERROR_EMPTY };
    outcome->is_good = template_render(tmpl, &environment, &sink, &outcome->render, &outcome->err);
}

static void outcome_fini(struct outcome *outcome)
{
    buf_fini(&outcome->text);
    render_fini(&outcome->render);
}

/* Ends true if the template was rendered with nothing missing. */
static bool render_twice(const struct template *tmpl, struct slice source)
{
    CLEANUP(outcome_fini) struct outcome first, second;

    render(tmpl, &first);
    render(tmpl, &second);
    FUZZ_CHECK(first.is_good == second.is_good);
    FUZZ_CHECK(slice_equal(buf_slice(&first.text), buf_slice(&second.text)));
    FUZZ_CHECK(strcmp(first.err.text, second.err.text) == 0);
    FUZZ_CHECK(dep_set_count(&first.render.questions) == dep_set_count(&second.render.questions));
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
    check(tmpl, source, render_twice(tmpl, source));
    return 0;
}
