/* SPDX-License-Identifier: MIT */
/* Evaluates pipelines, operands, chains and variables: sections 3 and 4 of the language. */
#include "eval_internal.h"

#include <assert.h>

#include "base/limits.h"
#include "base/memory.h"
#include "scratch.h"

/* --- Variables ------------------------------------------------------------------------------ */

bool eval_push_variable(struct eval *eval, const struct variable_name *name,
                        const struct value *value, struct error *err)
{
    if (eval->n_variables >= LIMIT_RENDER_VARIABLES)
        return eval_fail_limit(eval, err, "more than %u variables are declared, the limit",
                               LIMIT_RENDER_VARIABLES);
    GROW(eval->variables, eval->n_variables, eval->cap_variables);
    eval->variables[eval->n_variables++] = (struct variable){ name, *value };
    return true;
}

/* The newest one of that name. The parser has seen a declaration, but not whether it was reached:
 * it may stand in a branch that was not taken. */
static struct variable *find_variable(struct eval *eval, const struct variable_name *name,
                                      struct error *err)
{
    for (size_t i = eval->n_variables; i-- > eval->variables_base;) {
        if (eval->variables[i].name == name)
            return &eval->variables[i];
        eval->n_steps += (i & 15) == 0; /* a search costs, too */
    }
    eval_fail(eval, err, "undefined variable '%.*s'", SLICE_ARG(slice_sub(name->name, 0, 64)));
    return NULL;
}

const struct value *eval_find_variable(const struct eval *eval, const struct variable_name *name)
{
    for (size_t i = eval->n_variables; i-- > eval->variables_base;) {
        if (eval->variables[i].name == name)
            return &eval->variables[i].value;
    }
    return NULL;
}

bool eval_set_variable(struct eval *eval, const struct variable_name *name,
                       const struct value *value, struct error *err)
{
    struct variable *variable = find_variable(eval, name, err);

    if (!variable)
        return false;
    variable->value = *value;
    return true;
}

/* --- Chains --------------------------------------------------------------------------------- */

bool eval_fail_no_field(const struct eval *eval, const struct value *value, struct slice name,
                        struct error *err)
{
    const struct type *type = value->type;
    const char *names[64];
    size_t n = 0;

    if (type->kind == KIND_POINTER)
        type = type->elem;
    for (; n < type->n_fields && n < ARRAY_SIZE(names); n++)
        names[n] = type->fields[n].name;

    const char *nearest = slice_nearest(name, names, n);

    return eval_fail(eval, err,
                     nearest ? "a value of type %s has no field '%.*s', did you mean "
                               "'%s'?"
                             : "a value of type %s has no field '%.*s'%s",
                     value->type->name, SLICE_ARG(slice_sub(name, 0, 64)), nearest ? nearest : "");
}

static bool fail_nil(const struct eval *eval, const struct value *value, const struct step *step,
                     struct error *err)
{
    return eval_fail(eval, err, "field '%.*s' of a nil value of type %s",
                     SLICE_ARG(slice_sub(step->name, 0, 64)), value->type->name);
}

/* A field of a struct or of what a pointer points to. */
static bool step_struct(struct eval *eval, struct step *step, bool has_args, struct value *value,
                        struct error *err)
{
    if (step->seen_type != value->type) {
        const struct field *field = type_find_field(value->type, step->name);

        if (!field)
            return eval_fail_no_field(eval, value, step->name, err);
        step->seen_type = value->type;
        step->seen_field = field;
    }
    if (!value->object)
        return fail_nil(eval, value, step, err);
    if (has_args)
        return eval_fail(eval, err, "field '%.*s' takes no argument",
                         SLICE_ARG(slice_sub(step->name, 0, 64)));
    *value = value_field(value->object, step->seen_field);
    return true;
}

static bool step_map(struct eval *eval, const struct step *step, bool has_args, struct value *value,
                     struct error *err)
{
    const struct type *type = value->type;

    if (type->key->kind != KIND_STRING && type->key->kind != KIND_ANY)
        return eval_fail_no_field(eval, value, step->name, err);
    if (has_args)
        return eval_fail(eval, err, "'%.*s' is the key of a map and takes no argument",
                         SLICE_ARG(slice_sub(step->name, 0, 64)));
    if (!value_map_find_string(value, step->name, value)) {
        if (eval->tmpl->options.error_on_missing_key)
            return eval_fail(eval, err, "the map has no entry for key '%.*s'",
                             SLICE_ARG(slice_sub(step->name, 0, 64)));
        *value = value_zero(type->elem);
    }
    value_mark_found(value);
    return true;
}

static bool step_scratch(struct eval *eval, const struct value *dot, const struct step *step,
                         const struct words *words, uint32_t offset, struct value *value,
                         struct error *err)
{
    const struct function *method = scratch_find_method(step->name);

    if (!method)
        return eval_fail_no_field(eval, value, step->name, err);
    return eval_call_method(eval, dot, method, words, offset, value, err);
}

/* From *value on along the path; its last name may be a method and have arguments. */
static bool walk_path(struct eval *eval, const struct value *dot, const struct path *path,
                      const struct words *words, uint32_t offset, struct value *value,
                      struct error *err)
{
    for (size_t i = 0; i < path->n; i++) {
        struct step *step = &path->steps[i];
        bool is_last = i + 1 == path->n;
        bool has_args = is_last && words_are_given(words);
        bool is_good;

        if (!value->type) {
            if (eval->tmpl->options.error_on_missing_key)
                return eval_fail(eval, err, "there is no data: no entry for key '%.*s'",
                                 SLICE_ARG(slice_sub(step->name, 0, 64)));
            return true;
        }
        switch (value->type->kind) {
        case KIND_STRUCT:
        case KIND_POINTER: is_good = step_struct(eval, step, has_args, value, err); break;
        case KIND_MAP: is_good = step_map(eval, step, has_args, value, err); break;
        case KIND_SCRATCH:
            is_good =
                step_scratch(eval, dot, step, is_last ? words : &NO_WORDS, offset, value, err);
            break;
        case KIND_ANY: is_good = fail_nil(eval, value, step, err); break;
        default: is_good = eval_fail_no_field(eval, value, step->name, err); break;
        }
        if (!is_good)
            return false;
    }
    return true;
}

/* --- Operands ------------------------------------------------------------------------------- */

static bool eval_variable(struct eval *eval, const struct value *dot, const struct node *node,
                          const struct words *words, struct value *ret, struct error *err)
{
    const struct variable *variable;

    eval->at = node->offset;
    variable = find_variable(eval, node->variable.name, err);
    if (!variable)
        return false;
    if (node->variable.path.n == 0 && words_are_given(words))
        return eval_fail(eval, err, "a variable is no function and takes no argument");
    *ret = variable->value;
    return walk_path(eval, dot, &node->variable.path, words, node->offset, ret, err);
}

static bool eval_chain(struct eval *eval, const struct value *dot, const struct node *node,
                       const struct words *words, struct value *ret, struct error *err)
{
    eval->at = node->chain.head->offset;
    return eval_operand(eval, dot, node->chain.head, ret, err) &&
           walk_path(eval, dot, &node->chain.path, words, node->offset, ret, err);
}

bool eval_operand(struct eval *eval, const struct value *dot, struct node *node, struct value *ret,
                  struct error *err)
{
    switch (node->kind) {
    case NODE_DOT: *ret = *dot; return true;
    case NODE_FIELD:
        eval->at = node->offset;
        *ret = *dot;
        return walk_path(eval, dot, &node->path, &NO_WORDS, node->offset, ret, err);
    case NODE_VARIABLE: return eval_variable(eval, dot, node, &NO_WORDS, ret, err);
    case NODE_FUNCTION:
        eval->at = node->offset;
        return eval_call(eval, dot, node, &NO_WORDS, node->offset, ret, err);
    case NODE_PIPELINE: return eval_pipeline(eval, dot, node->pipeline, ret, err);
    case NODE_CHAIN:
        eval->at = node->offset;
        return eval_chain(eval, dot, node, &NO_WORDS, ret, err);
    default: break;
    }
    assert(node->kind >= NODE_DOT); /* a literal is read as the type that is wanted */
    return false;
}

/* --- Commands and pipelines ----------------------------------------------------------------- */

/* A command that is one constant or dot. */
static bool eval_constant(struct eval *eval, const struct value *dot, const struct node *node,
                          struct value *ret, struct error *err)
{
    switch (node->kind) {
    case NODE_DOT: *ret = *dot; return true;
    case NODE_BOOL:
    case NODE_STRING: *ret = node->constant; return true;
    case NODE_NUMBER:
        if (number_to_value(&node->number, ret))
            return true;
        return eval_fail(eval, err, "the number overflows int");
    default: return eval_fail(eval, err, "nil is not a command");
    }
}

static bool fail_not_callable(const struct eval *eval, struct error *err)
{
    return eval_fail(eval, err, "only a function or method takes arguments");
}

static bool eval_command(struct eval *eval, const struct value *dot, const struct command *command,
                         const struct value *final, struct value *ret, struct error *err)
{
    struct node *node = command->words[0];
    struct words words = { command->words + 1, command->n_words - 1, final };

    switch (node->kind) {
    case NODE_FIELD:
        eval->at = node->offset;
        *ret = *dot;
        return walk_path(eval, dot, &node->path, &words, node->offset, ret, err);
    case NODE_VARIABLE: return eval_variable(eval, dot, node, &words, ret, err);
    case NODE_CHAIN: eval->at = node->offset; return eval_chain(eval, dot, node, &words, ret, err);
    case NODE_FUNCTION:
        eval->at = node->offset;
        return eval_call(eval, dot, node, &words, command->offset, ret, err);
    case NODE_PIPELINE:
        if (words_are_given(&words))
            return fail_not_callable(eval, err);
        return eval_pipeline(eval, dot, node->pipeline, ret, err);
    default:
        eval->at = node->offset;
        if (words_are_given(&words))
            return fail_not_callable(eval, err);
        return eval_constant(eval, dot, node, ret, err);
    }
}

bool eval_pipeline(struct eval *eval, const struct value *dot, const struct pipeline *pipeline,
                   struct value *ret, struct error *err)
{
    struct value value;

    if (pipeline->plain) {
        eval->at = pipeline->plain->offset;
        if (!eval_operand(eval, dot, pipeline->plain, ret, err))
            return false;
        value_forget_found(ret);
        return true;
    }
    eval->at = pipeline->offset;
    for (size_t i = 0; i < pipeline->n_commands; i++) {
        const struct command *command = &pipeline->commands[i];
        struct value final = i ? value : VALUE_NIL;

        if (!eval_command(eval, dot, command, i ? &final : NULL, &value, err))
            return false;
        value_forget_found(&value);
    }
    for (size_t i = 0; i < pipeline->n_variables; i++) {
        const struct variable_name *name = pipeline->variables[i];

        if (!(pipeline->is_assignment ? eval_set_variable(eval, name, &value, err)
                                      : eval_push_variable(eval, name, &value, err)))
            return false;
    }
    *ret = value;
    return true;
}
