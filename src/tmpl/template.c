/* SPDX-License-Identifier: MIT */
/* Templates and what a render leaves: making and releasing them. eval.c runs templates. */
#include "tmpl/template.h"

#include <stdlib.h>

#include "ast.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/memory.h"
#include "parser.h"

/* --- Templates -------------------------------------------------------------------------------- */

static const char *copy_string(struct arena *arena, const char *text)
{
    return text ? arena_copy(arena, slice_from(text)).ptr : NULL;
}

static void copy_options(struct template *tmpl, const struct template_options *options)
{
    struct template_options *own = &tmpl->options;
    const char **denylist = ARENA_ARRAY(&tmpl->arena, options->n_denylist, const char *);

    for (size_t i = 0; i < options->n_denylist; i++)
        denylist[i] = copy_string(&tmpl->arena, options->denylist[i]);
    *own = *options;
    own->left_delimiter = copy_string(&tmpl->arena, options->left_delimiter);
    own->right_delimiter = copy_string(&tmpl->arena, options->right_delimiter);
    own->sandbox_path = copy_string(&tmpl->arena, options->sandbox_path);
    own->denylist = denylist;
}

bool template_new(const char *name, struct slice text, const struct template_options *options,
                  struct template **ret_template, struct error *err)
{
    CLEANUP(template_freep) struct template *tmpl = NULL;

    if (text.len > LIMIT_TEMPLATE_BYTES)
        return error_set(err, ERROR_LIMIT, "%s: the template has %zu bytes, the limit is %u MB",
                         name, text.len, LIMIT_TEMPLATE_BYTES >> 20);
    tmpl = NEW(struct template);
    tmpl->name = copy_string(&tmpl->arena, name);
    tmpl->text = arena_copy(&tmpl->arena, text);
    copy_options(tmpl, options);
    if (!parse_template(tmpl, err))
        return false;
    *ret_template = TAKE(tmpl);
    return true;
}

void template_free(struct template *tmpl)
{
    if (!tmpl)
        return;
    map_fini(&tmpl->defines);
    arena_fini(&tmpl->arena);
    free(tmpl);
}

struct slice template_source(const struct template *tmpl)
{
    return tmpl->text;
}

const char *template_sandbox_path(const struct template *tmpl)
{
    return tmpl->options.sandbox_path;
}

bool template_reads_output(const struct template *tmpl)
{
    return tmpl->reads_output;
}

/* --- Renders ---------------------------------------------------------------------------------- */

void render_reset(struct render *render)
{
    arena_reset(&render->arena);
    dep_set_fini(&render->questions);
    dep_set_fini(&render->pending);
    places_fini(&render->places);
    render->n_pending = 0;
    render->n_outputs = 0;
    render->culprit = SLICE_EMPTY;
}

void render_fini(struct render *render)
{
    render_reset(render);
    arena_fini(&render->arena);
    free(render->outputs);
    *render = RENDER_EMPTY;
}

/* --- Sinks ------------------------------------------------------------------------------------ */

/* Called for each run of bytes, a few at a time: what fits is added without a further call. */
static bool on_text(void *ctx, struct slice text, struct error *err)
{
    struct buf *buf = ctx;

    (void)err;
    if (text.len >= buf->cap - buf->len) {
        buf_add(buf, text);
        return true;
    }
    memcpy(buf->ptr + buf->len, text.ptr, text.len);
    buf->len += text.len;
    buf->ptr[buf->len] = '\0';
    return true;
}

struct text_sink text_sink_to_buf(struct buf *buf)
{
    return (struct text_sink){ .own = on_text, .foreign = on_text, .ctx = buf, .out = buf };
}
