/* SPDX-License-Identifier: MIT */
/* Calls functions: the checks of section 3.2 of the language. */
#include "eval_internal.h"

#include <assert.h>

#include "base/limits.h"
#include "foreign.h"
#include "function.h"

/* --- Types ---------------------------------------------------------------------------------- */

static bool can_be_nil(const struct type *type)
{
    switch (type->kind) {
    case KIND_ANY:
    case KIND_LIST:
    case KIND_MAP:
    case KIND_POINTER:
    case KIND_CHANNEL:
    case KIND_SCRATCH: return true;
    default: return false;
    }
}

static bool is_assignable(const struct type *type, const struct type *wanted)
{
    return type == wanted || wanted->kind == KIND_ANY ||
           (wanted == &type_string_list && type == &type_tags);
}

/* The last type that the row names serves all further arguments. */
const struct type *eval_param_type(const struct function *function, size_t i)
{
    const struct type *type = &type_any;

    for (size_t j = 0; j <= i && j < FUNCTION_MAX_PARAMS && function->params[j]; j++)
        type = function->params[j];
    return type;
}

bool eval_check_value(const struct eval *eval, const struct type *wanted, struct value *value,
                      struct error *err)
{
    if (!value->type) {
        if (!can_be_nil(wanted))
            return eval_fail(eval, err, "expected %s, found no value", wanted->name);
        *value = value_zero(wanted);
        return true;
    }
    if (is_assignable(value->type, wanted)) {
        value_forget_found(value);
        return true;
    }
    if (value->type == &type_any)
        return eval_fail(eval, err, "expected %s, found nil", wanted->name);
    return eval_fail(eval, err, "expected %s, found a value of type %s", wanted->name,
                     value->type->name);
}

/* --- Arguments ------------------------------------------------------------------------------ */

static bool check_number(const struct eval *eval, const struct type *wanted,
                         const struct number *number, struct value *ret, struct error *err)
{
    switch (wanted->kind) {
    case KIND_ANY:
        if (number_to_value(number, ret))
            return true;
        return eval_fail(eval, err, "the number overflows int");
    case KIND_INT:
        *ret = (struct value){ .type = wanted, .integer = number->integer };
        if (number->is_int)
            return true;
        break;
    case KIND_UINT:
        *ret = (struct value){ .type = wanted, .natural = number->natural };
        if (number->is_uint)
            return true;
        break;
    case KIND_FLOAT:
        *ret = (struct value){ .type = wanted, .real = number->real };
        if (number->is_float)
            return true;
        break;
    default: break;
    }
    return eval_fail(eval, err, "expected %s, found another number", wanted->name);
}

bool eval_check_literal(const struct eval *eval, const struct type *wanted, const struct node *node,
                        struct value *ret, struct error *err)
{
    switch (node->kind) {
    case NODE_NIL:
        *ret = value_zero(wanted);
        if (can_be_nil(wanted))
            return true;
        return eval_fail(eval, err, "expected %s, found nil", wanted->name);
    case NODE_NUMBER:
        if (wanted->kind == KIND_STRING || wanted->kind == KIND_BOOL || wanted->elem)
            return eval_fail(eval, err, "expected %s, found a number", wanted->name);
        return check_number(eval, wanted, &node->number, ret, err);
    default:
        *ret = node->constant;
        if (is_assignable(node->constant.type, wanted))
            return true;
        return eval_fail(eval, err, "expected %s, found a constant of type %s", wanted->name,
                         node->constant.type->name);
    }
}

static bool eval_arg(struct eval *eval, const struct value *dot, const struct type *wanted,
                     struct node *node, struct value *ret, struct error *err)
{
    eval->at = node->offset;
    switch (node->kind) {
    case NODE_NIL:
    case NODE_NUMBER:
    case NODE_BOOL:
    case NODE_STRING: return eval_check_literal(eval, wanted, node, ret, err);
    default:
        return eval_operand(eval, dot, node, ret, err) && eval_check_value(eval, wanted, ret, err);
    }
}

bool eval_check_count(const struct eval *eval, const struct function *function, size_t n,
                      struct error *err)
{
    bool is_open = function->max_args == FUNCTION_VARIADIC;

    if (n >= function->min_args && (is_open || n <= function->max_args))
        return true;
    if (is_open)
        return eval_fail(eval, err, "%s: expected at least %d argument%s, found %zu",
                         function->name, function->min_args, function->min_args == 1 ? "" : "s", n);
    if (function->min_args == function->max_args)
        return eval_fail(eval, err, "%s: expected %d argument%s, found %zu", function->name,
                         function->min_args, function->min_args == 1 ? "" : "s", n);
    return eval_fail(eval, err, "%s: expected %d to %d arguments, found %zu", function->name,
                     function->min_args, function->max_args, n);
}

static bool eval_args(struct eval *eval, const struct value *dot, const struct function *function,
                      const struct words *words, struct value *args, struct error *err)
{
    size_t i = 0;

    for (; i < words->n_args; i++) {
        if (!eval_arg(eval, dot, eval_param_type(function, i), words->args[i], &args[i], err))
            return false;
    }
    if (!words->final)
        return true;
    args[i] = *words->final;
    return eval_check_value(eval, eval_param_type(function, i), &args[i], err);
}

/* --- Calls ---------------------------------------------------------------------------------- */

/* and, or: arguments are evaluated until one decides; that one is the result. */
static bool call_lazily(struct eval *eval, const struct value *dot, const struct function *function,
                        const struct words *words, struct value *ret, struct error *err)
{
    for (size_t i = 0; i < words->n_args; i++) {
        struct value decides;

        if (!eval_arg(eval, dot, &type_any, words->args[i], ret, err) ||
            !function->call(eval, ret, 1, &decides, err))
            return false;
        if (decides.boolean)
            return true;
    }
    if (words->final)
        *ret = *words->final;
    return true;
}

/* Nearly every function looks at each byte of its texts: a step is worth that many of them, or
 * calls with a text of many megabytes would hold up the loop for hours within the limit. */
#define BYTES_A_STEP 64

static bool charge_texts(struct eval *eval, const struct value *args, size_t n_args,
                         struct error *err)
{
    uint64_t n_bytes = 0;

    for (size_t i = 0; i < n_args; i++) {
        if (value_is_string(&args[i]))
            n_bytes += args[i].text.len;
    }
    return n_bytes < BYTES_A_STEP || eval_charge(eval, n_bytes / BYTES_A_STEP, err);
}

#define USUAL_ARGS 6 /* more of them come from the arena */

static bool call_function(struct eval *eval, const struct value *dot,
                          const struct function *function, const struct words *words,
                          struct call_memo *memo, uint32_t offset, struct value *ret,
                          struct error *err)
{
    struct value usual[USUAL_ARGS], *args = usual;
    size_t n_args = words->n_args + (words->final != NULL);

    if (!eval_step(eval, err) || !eval_check_count(eval, function, n_args, err))
        return false;
    if (function->flags & FUNCTION_LAZY)
        return call_lazily(eval, dot, function, words, ret, err);
    if (n_args > USUAL_ARGS)
        args = ARENA_ARRAY(eval->arena, n_args, struct value);
    if (!eval_args(eval, dot, function, words, args, err))
        return false;
    eval->memo = memo;
    eval->call = offset;
    if (!charge_texts(eval, args, n_args, err) || !function->call(eval, args, n_args, ret, err)) {
        eval->at = offset;
        foreign_note_culprit(eval->render, args, n_args);
        return eval_locate(eval, function->name, err);
    }
    if (eval->has_too_many_questions)
        return eval_fail_limit(eval, err, "the template asks more than %u questions, the limit",
                               LIMIT_RENDER_QUESTIONS);
    foreign_mark(function, args, n_args, ret);
    if (function->result == &type_any)
        value_mark_found(ret);
    return true;
}

bool eval_call(struct eval *eval, const struct value *dot, const struct node *node,
               const struct words *words, uint32_t offset, struct value *ret, struct error *err)
{
    const struct function *function = node->function.function;

    if (node->function.is_denied)
        return eval_fail(eval, err, "the function '%s' is disabled by function_denylist",
                         function->name);
    return call_function(eval, dot, function, words, node->function.memo, offset, ret, err);
}

bool eval_call_method(struct eval *eval, const struct value *dot, const struct function *method,
                      const struct words *words, uint32_t offset, struct value *ret,
                      struct error *err)
{
    return call_function(eval, dot, method, words, NULL, offset, ret, err);
}
