/* SPDX-License-Identifier: MIT */
/* What surrounds the program: files and the environment, section 12.9 of the language. */
#include <string.h>

#include "eval.h"
#include "function.h"
#include "questions.h"

/* Reads the next name of a path; false at its end. "." and empty names are skipped. */
static bool next_name(struct slice *path, struct slice *ret_name)
{
    while (slice_next(path, '/', ret_name)) {
        if (ret_name->len && !slice_is(*ret_name, "."))
            return true;
    }
    return false;
}

static bool is_absolute(struct slice path)
{
    return path.len && path.ptr[0] == '/';
}

/* Whether the path, as text, leads into the sandbox and never out of it again. What symbolic links
 * make of it is the reader's to enforce. */
static bool is_inside(struct slice sandbox, struct slice path)
{
    struct slice wanted, name;
    size_t depth = 0;

    if (is_absolute(sandbox) != is_absolute(path))
        return false;
    while (next_name(&sandbox, &wanted)) {
        if (!next_name(&path, &name) || !slice_equal(name, wanted))
            return false;
    }
    while (next_name(&path, &name)) {
        if (!slice_is(name, ".."))
            depth++;
        else if (depth-- == 0)
            return false;
    }
    return true;
}

bool call_file(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
               struct error *err)
{
    const char *sandbox = template_sandbox_path(eval->tmpl);
    struct dep dep = { .kind = DEP_FILE, .name = slice_trim(value_slice(&args[0])) };

    (void)n_args;
    *ret = value_string(SLICE_EMPTY);
    if (args[0].text.len == 0)
        return true;
    if (dep.name.len == 0)
        return function_error(err, "invalid format: expected a path, found white space");
    if (memchr(dep.name.ptr, '\0', dep.name.len))
        return function_error(err, "the path has a NUL byte in it");
    if (sandbox && !is_inside(slice_from(sandbox), dep.name))
        return function_error(err, "'%.*s' is outside of sandbox_path '%s'",
                              SLICE_ARG(slice_sub(dep.name, 0, 256)), sandbox);
    dep.sandbox = slice_from(sandbox);
    dep_make_key(&dep, eval->arena);

    const struct value *answer;
    enum answer status = eval_ask(eval, &dep, &answer);

    if (status == ANSWER_READY)
        *ret = *answer;
    else if (status == ANSWER_ABSENT)
        eval_set_pending(eval, &dep); /* until somebody writes it */
    return true;
}

/* NULL: not set. A name with a NUL byte is never set. */
static const char *get_env(const struct eval *eval, const struct value *name)
{
    struct slice text = arena_copy(eval->arena, value_slice(name)); /* terminated */
    const struct render_environment *environment = eval->environment;

    if (memchr(text.ptr, '\0', text.len))
        return NULL;
    return environment->get_env(environment->env_ctx, text.ptr);
}

bool call_env(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
              struct error *err)
{
    (void)n_args, (void)err;
    *ret = value_string(slice_from(get_env(eval, &args[0])));
    return true;
}

bool call_must_env(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                   struct error *err)
{
    const char *text = get_env(eval, &args[0]);

    (void)n_args;
    if (!text || !*text)
        return function_error(err, "the environment variable '%.*s' is %s",
                              SLICE_ARG(slice_sub(value_slice(&args[0]), 0, 128)),
                              text ? "empty" : "not set");
    *ret = value_string(slice_from(text));
    return true;
}

bool call_env_or_default(struct eval *eval, const struct value *args, size_t n_args,
                         struct value *ret, struct error *err)
{
    const char *text = get_env(eval, &args[0]);

    (void)n_args, (void)err;
    *ret = text ? value_string(slice_from(text)) : args[1];
    return true;
}
