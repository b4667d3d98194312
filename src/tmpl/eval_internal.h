/* SPDX-License-Identifier: MIT */
/* Shared by the parts of the evaluator: eval.c runs blocks, eval_pipeline.c evaluates what stands
 * in an action, eval_call.c calls functions. */
#pragma once

#include "ast.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/limits.h"
#include "eval.h"

/* Inside the evaluator there are two kinds of nil, as in the peer's language: no value at all
 * (VALUE_NIL: the dot of the main text, what a pipeline yields) and a nil that was found in a list
 * or map. Only a chain can tell: .A of no value is no value, .A of a found nil is an error. */
#define VALUE_FOUND_NIL ((struct value){ .type = &type_any })

static inline void value_forget_found(struct value *value)
{
    if (value->type == &type_any)
        *value = VALUE_NIL;
}

static inline void value_mark_found(struct value *value)
{
    if (!value->type)
        *value = VALUE_FOUND_NIL;
}

/* A word of the command that is evaluated: what it may see. */
struct words {
    struct node *const *args; /* without the function itself */
    size_t n_args;
    const struct value *final; /* what came through the pipe; NULL: nothing did */
};

#define NO_WORDS ((struct words){ NULL, 0, NULL })

static inline bool words_are_given(const struct words *words)
{
    return words->n_args > 0 || words->final;
}

/* --- Errors: with the position eval->at ---------------------------------------------------- */

bool eval_fail(const struct eval *eval, struct error *err, const char *fmt, ...) PRINTF(3, 4);
bool eval_fail_limit(const struct eval *eval, struct error *err, const char *fmt, ...) PRINTF(3, 4);
/* Puts the position and, if name is not NULL, a function's name in front of an error that has
 * none. */
bool eval_locate(const struct eval *eval, const char *name, struct error *err);

bool eval_fail_step(const struct eval *eval, struct error *err);

/* What counts against LIMIT_RENDER_BYTES. */
static inline size_t eval_memory(const struct eval *eval)
{
    return eval->arena->used + eval->n_repeated_bytes;
}

/* One more step: false when a limit of the render is reached. */
MUST_CHECK static inline bool eval_step(struct eval *eval, struct error *err)
{
    if (++eval->n_steps <= eval->max_steps && eval_memory(eval) <= LIMIT_RENDER_BYTES)
        return true;
    return eval_fail_step(eval, err);
}

/* --- eval_output.c ------------------------------------------------------------------------- */

bool eval_fail_output(const struct eval *eval, struct error *err);
/* The sink has refused a text: adds where. */
bool eval_fail_write(const struct eval *eval, bool is_foreign, struct slice text,
                     struct error *err);

/* A run of bytes of one origin. */
MUST_CHECK static inline bool eval_write(struct eval *eval, bool is_foreign, struct slice text,
                                         struct error *err)
{
    const struct text_sink *sink = eval->sink;

    if (text.len == 0 && !is_foreign)
        return true;
    eval->n_output_bytes += text.len;
    if (eval->n_output_bytes > LIMIT_OUTPUT_BYTES)
        return eval_fail_output(eval, err);
    if (is_foreign ? sink->foreign(sink->ctx, text, err) : sink->own(sink->ctx, text, err))
        return true;
    return eval_fail_write(eval, is_foreign, text, err);
}

/* What {{ value }} does. The usual kinds allocate nothing. */
MUST_CHECK bool eval_write_value(struct eval *eval, const struct value *value, struct error *err);
enum written { WRITTEN, NOT_WRITTEN, WRITE_FAILED };

/* {{ .Field }} where it was found before, straight from the C struct: half of what the templates of
 * a proxy consist of. NOT_WRITTEN: it is not that simple. */
enum written eval_write_known_field(struct eval *eval, const struct node *node,
                                    const struct value *dot, struct error *err);

/* --- eval_pipeline.c ----------------------------------------------------------------------- */

MUST_CHECK bool eval_pipeline(struct eval *eval, const struct value *dot,
                              const struct pipeline *pipeline, struct value *ret,
                              struct error *err);
/* Any operand that is no literal, without arguments. */
MUST_CHECK bool eval_operand(struct eval *eval, const struct value *dot, struct node *node,
                             struct value *ret, struct error *err);

MUST_CHECK bool eval_push_variable(struct eval *eval, const struct variable_name *name,
                                   const struct value *value, struct error *err);
const struct value *eval_find_variable(const struct eval *eval,
                                       const struct variable_name *name); /* or NULL */
MUST_CHECK bool eval_set_variable(struct eval *eval, const struct variable_name *name,
                                  const struct value *value, struct error *err);

struct variable {
    const struct variable_name *name;
    struct value value;
};

bool eval_fail_no_field(const struct eval *eval, const struct value *value, struct slice name,
                        struct error *err);

/* --- eval_call.c --------------------------------------------------------------------------- */

/* Calls a function of the language. offset: what an error that the function reports is about. */
MUST_CHECK bool eval_call(struct eval *eval, const struct value *dot, const struct node *node,
                          const struct words *words, uint32_t offset, struct value *ret,
                          struct error *err);
/* The same for a method of the scratch. */
MUST_CHECK bool eval_call_method(struct eval *eval, const struct value *dot,
                                 const struct function *method, const struct words *words,
                                 uint32_t offset, struct value *ret, struct error *err);

/* The rules of arguments, which need no data (check.c). Errors have the position eval->at. */
const struct type *eval_param_type(const struct function *function, size_t i);
MUST_CHECK bool eval_check_count(const struct eval *eval, const struct function *function, size_t n,
                                 struct error *err);
MUST_CHECK bool eval_check_literal(const struct eval *eval, const struct type *wanted,
                                   const struct node *node, struct value *ret, struct error *err);
/* Makes a value fit a parameter, as far as the language allows. */
MUST_CHECK bool eval_check_value(const struct eval *eval, const struct type *wanted,
                                 struct value *value, struct error *err);
