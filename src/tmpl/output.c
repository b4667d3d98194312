/* SPDX-License-Identifier: MIT */
/* Files that a template writes: recorded, not written. They are outputs of the template's group,
 * staged, checked and installed with it. Their format is unknown (a map, a list of certificates),
 * so foreign texts in them are not written as words of anything: they are as they are, or refused.
 */
#include "output.h"

#include <string.h>

#include "base/limits.h"
#include "base/memory.h"
#include "eval.h"
#include "function.h"

#define MODE_MAX 07777

static bool parse_mode(struct slice text, unsigned *ret_mode, struct error *err)
{
    unsigned mode = 0;

    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '7' || mode > MODE_MAX)
            mode = MODE_MAX + 1;
        else
            mode = mode * 8 + (unsigned)(text.ptr[i] - '0');
    }
    if (text.len == 0 || mode > MODE_MAX)
        return function_error(err, "expected permissions as an octal number, found '%.*s'",
                              SLICE_ARG(slice_sub(text, 0, 32)));
    *ret_mode = mode;
    return true;
}

/* The file of that path, a new one if this render has not written it yet; NULL: too many. */
static struct render_output *find_output(struct render *render, struct slice path)
{
    for (size_t i = 0; i < render->n_outputs; i++) {
        if (slice_equal(render->outputs[i].path, path))
            return &render->outputs[i];
    }
    if (render->n_outputs == LIMIT_RENDER_OUTPUTS)
        return NULL;
    GROW(render->outputs, render->n_outputs, render->cap_outputs);

    struct render_output *output = &render->outputs[render->n_outputs++];

    *output =
        (struct render_output){ .path = arena_copy(&render->arena, path), .content = SLICE_EMPTY };
    return output;
}

/* Foreign bytes of a text that goes to a file by another way than the sink. */
static bool check_foreign(const struct eval *eval, const struct text *text, bool is_path,
                          struct error *err)
{
    const struct render_environment *environment = eval->environment;
    struct span span;

    if (!environment->check_foreign)
        return true;
    for (size_t i = 0; text_next_span(text, &i, &span);) {
        struct slice foreign = slice_of(text->ptr + span.from, span.to - span.from);

        if (!environment->check_foreign(environment->check_foreign_ctx, foreign, err) ||
            (is_path && slice_find_byte(foreign, '/') != SLICE_NOT_FOUND &&
             !function_error(err, "a '/' in a value from Consul, in a path"))) {
            eval->render->culprit = foreign;
            return false;
        }
    }
    return true;
}

/* Adds to what the file has; room grows by half at least, so that many small appends are cheap. */
static bool append(struct eval *eval, struct render_output *output, struct slice text,
                   struct error *err)
{
    size_t len = output->content.len + text.len;

    if (len > output->content_room) {
        size_t room = len + len / 2;

        if (!eval_check_size(eval, room, err))
            return false;

        char *ptr = arena_alloc(eval->arena, room);

        if (output->content.len)
            memcpy(ptr, output->content.ptr, output->content.len);
        output->content.ptr = output->content_space = ptr;
        output->content_room = room;
    }
    if (text.len)
        memcpy(output->content_space + output->content.len, text.ptr, text.len);
    output->content.len = len;
    return true;
}

bool output_write_to_file(struct eval *eval, const struct value *args, size_t n_args,
                          struct value *ret, struct error *err)
{
    struct slice path = value_slice(&args[0]);
    struct slice flags = n_args == 6 ? value_slice(&args[4]) : SLICE_EMPTY;
    unsigned mode = 0;

    if (path.len == 0 || memchr(path.ptr, '\0', path.len))
        return function_error(err, "expected a path, found %s",
                              path.len ? "a NUL byte in it" : "nothing");
    if (!parse_mode(value_slice(&args[3]), &mode, err) ||
        !check_foreign(eval, &args[0].text, true, err) ||
        !check_foreign(eval, &args[n_args - 1].text, false, err))
        return false;

    struct render_output *output = find_output(eval->render, path);

    if (!output)
        return error_set(err, ERROR_LIMIT, "more than %u files", LIMIT_RENDER_OUTPUTS);
    output->user = arena_copy(eval->arena, value_slice(&args[1]));
    output->group = arena_copy(eval->arena, value_slice(&args[2]));
    output->mode = mode;
    if (slice_find(flags, SLICE("append")) == SLICE_NOT_FOUND)
        output->content.len = 0;
    if (!append(eval, output, value_slice(&args[n_args - 1]), err) ||
        (slice_find(flags, SLICE("newline")) != SLICE_NOT_FOUND &&
         !append(eval, output, SLICE("\n"), err)))
        return false;
    *ret = value_string(SLICE_EMPTY);
    return true;
}
