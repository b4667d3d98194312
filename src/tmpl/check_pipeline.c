/* SPDX-License-Identifier: MIT */
/* What is known of an expression without running it. The evaluator's own checks judge, so that a
 * finding reads as the error it foretells. */
#include "check_internal.h"

#include <string.h>

#include "function.h"
#include "scratch.h"

/* --- Variables and chains ------------------------------------------------------------------- */

static struct shape report(struct checker *checker)
{
    checker_report(checker);
    return SHAPE_UNKNOWN;
}

/* A variable that is assigned anywhere may hold anything. One that no block around declares is
 * declared in a branch beside, or nowhere. */
static struct shape find_variable(struct checker *checker, const struct variable_name *name)
{
    for (size_t i = checker->n_bindings; i-- > 0;) {
        if (checker->bindings[i].name == name)
            return name->is_assigned ? SHAPE_UNKNOWN : checker->bindings[i].shape;
    }
    eval_fail(&checker->eval, &checker->err, "undefined variable '%.*s'",
              SLICE_ARG(slice_sub(name->name, 0, 64)));
    return report(checker);
}

static struct shape step_struct(struct checker *checker, const struct shape *shape,
                                const struct step *step, bool has_args)
{
    const struct field *field = type_find_field(shape->type, step->name);
    struct value value = { .type = shape->type };

    if (!field) {
        eval_fail_no_field(&checker->eval, &value, step->name, &checker->err);
        return report(checker);
    }
    if (has_args) {
        eval_fail(&checker->eval, &checker->err, "field '%s' takes no argument", field->name);
        return report(checker);
    }
    return shape_of(field->type);
}

static struct shape step_map(struct checker *checker, const struct shape *shape,
                             const struct step *step, bool has_args)
{
    struct shape elem = shape_of(shape->type->elem);
    struct value value = { .type = shape->type };

    if (shape->type->key->kind != KIND_STRING && shape->type->key->kind != KIND_ANY) {
        eval_fail_no_field(&checker->eval, &value, step->name, &checker->err);
        return report(checker);
    }
    if (has_args) {
        eval_fail(&checker->eval, &checker->err, "'%.*s' is the key of a map and takes no argument",
                  SLICE_ARG(slice_sub(step->name, 0, 64)));
        return report(checker);
    }
    elem.inner = shape->inner;
    return elem;
}

static struct shape check_function(struct checker *checker, struct shape dot,
                                   const struct function *function, const struct words *words,
                                   const struct shape *final, uint32_t offset);

static struct shape step_scratch(struct checker *checker, struct shape dot, const struct step *step,
                                 const struct words *words, const struct shape *final,
                                 uint32_t offset)
{
    const struct function *method = scratch_find_method(step->name);
    struct value value = { .type = &type_scratch };

    if (!method) {
        eval_fail_no_field(&checker->eval, &value, step->name, &checker->err);
        return report(checker);
    }
    return check_function(checker, dot, method, words, final, offset);
}

static struct shape check_path(struct checker *checker, struct shape dot, struct shape shape,
                               const struct path *path, const struct words *words,
                               const struct shape *final, uint32_t offset)
{
    for (size_t i = 0; i < path->n && shape.type; i++) {
        const struct step *step = &path->steps[i];
        bool is_last = i + 1 == path->n;
        bool has_args = is_last && (words->n_args || final);
        struct value value = { .type = shape.type };

        switch (shape.type->kind) {
        case KIND_STRUCT:
        case KIND_POINTER: shape = step_struct(checker, &shape, step, has_args); break;
        case KIND_MAP: shape = step_map(checker, &shape, step, has_args); break;
        case KIND_SCRATCH:
            shape = step_scratch(checker, dot, step, is_last ? words : &NO_WORDS,
                                 is_last ? final : NULL, offset);
            break;
        default:
            eval_fail_no_field(&checker->eval, &value, step->name, &checker->err);
            return report(checker);
        }
    }
    if (path->n)
        shape.constant = NULL;
    return shape;
}

/* --- Arguments ------------------------------------------------------------------------------ */

static struct shape check_command(struct checker *checker, struct shape dot,
                                  const struct command *command, const struct shape *final);

/* An operand alone: a command of one word. */
static struct shape check_operand(struct checker *checker, struct shape dot,
                                  struct node *const *word)
{
    struct command command = { .words = word, .n_words = 1, .offset = (*word)->offset };

    return check_command(checker, dot, &command, NULL);
}

static bool is_literal(const struct node *node)
{
    return node->kind == NODE_BOOL || node->kind == NODE_NUMBER || node->kind == NODE_STRING ||
           node->kind == NODE_NIL;
}

/* Whether a value of that shape can be given where `wanted` is expected. */
static void check_value_shape(struct checker *checker, const struct type *wanted,
                              const struct shape *shape)
{
    struct value value = { .type = shape->type };

    if ((shape->type || shape->is_none) &&
        !eval_check_value(&checker->eval, wanted, &value, &checker->err))
        checker_report(checker);
}

static struct shape check_arg(struct checker *checker, struct shape dot, const struct type *wanted,
                              struct node *const *word)
{
    const struct node *node = *word;
    struct value value;

    if (!is_literal(node)) {
        struct shape shape = check_operand(checker, dot, word);

        check_value_shape(checker, wanted, &shape);
        return shape;
    }
    checker->eval.at = node->offset;
    if (!eval_check_literal(&checker->eval, wanted, node, &value, &checker->err))
        return report(checker);
    return (struct shape){ .type = value.type,
                           .constant = node->kind == NODE_STRING || node->kind == NODE_BOOL
                                           ? &node->constant
                                           : NULL };
}

/* --- Calls ---------------------------------------------------------------------------------- */

#define MAX_SHAPES 8 /* arguments beyond are checked, and not remembered */

struct arguments {
    struct shape shapes[MAX_SHAPES];
    size_t n; /* all of them */
};

static bool is_named(const struct function *function, const char *name)
{
    return strcmp(function->name, name) == 0;
}

static bool is_in_group(const struct function *function, const struct function_group *group)
{
    return function >= group->items && function < group->items + group->n;
}

/* Functions that read a language of their own: they judge a constant by reading it. */
static size_t n_judged_args(const struct function *function, const struct arguments *args)
{
    if (is_named(function, "regexMatch") || is_named(function, "regexReplaceAll"))
        return 1; /* the pattern */
    if (is_named(function, "guarded") && args->n > 1 && !args->shapes[1].constant)
        return 1; /* the settings */
    if (!is_in_group(function, &functions_consul) || is_named(function, "executeTemplate") ||
        is_named(function, "mustEnv") || is_named(function, "writeToFile"))
        return 0;
    return args->n;
}

static void judge_constants(struct checker *checker, const struct function *function,
                            const struct arguments *args, uint32_t offset)
{
    size_t n_judged = n_judged_args(function, args);
    struct value values[MAX_SHAPES], result;

    if (n_judged == 0 || args->n > MAX_SHAPES)
        return;
    for (size_t i = 0; i < args->n; i++) {
        values[i] = value_string(SLICE_EMPTY);
        if (args->shapes[i].constant)
            values[i] = *args->shapes[i].constant;
        else if (i < n_judged)
            return;
    }
    checker->eval.memo = NULL;
    if (!function->call(&checker->eval, values, args->n, &result, &checker->err)) {
        checker->eval.at = offset;
        eval_locate(&checker->eval, function->name, &checker->err);
        checker_report(checker);
    }
}

/* What comes out of index: an element, as far as its type is known. */
static struct shape index_shape(const struct arguments *args)
{
    struct shape shape = args->shapes[0];

    if (args->n > MAX_SHAPES)
        return SHAPE_UNKNOWN;
    for (size_t i = 1; i < args->n && shape.type; i++) {
        const struct type *elem = shape.type->elem;

        if (shape.type->kind == KIND_STRING)
            return shape_of(&type_uint8);
        if (shape.type->kind != KIND_LIST && shape.type->kind != KIND_MAP)
            return SHAPE_UNKNOWN;
        shape = (struct shape){ .type = elem, .inner = shape.inner };
        if (elem->kind == KIND_ANY)
            shape = shape.inner ? shape_of(shape.inner) : SHAPE_UNKNOWN;
    }
    shape.constant = NULL;
    return shape;
}

/* and, or: one of the arguments. */
static struct shape common_shape(const struct arguments *args)
{
    struct shape shape = args->shapes[0];

    for (size_t i = 1; i < args->n; i++) {
        if (i >= MAX_SHAPES || args->shapes[i].type != shape.type ||
            args->shapes[i].inner != shape.inner)
            return SHAPE_UNKNOWN;
    }
    shape.constant = NULL;
    shape.is_none = false;
    return shape;
}

static struct shape result_shape(const struct function *function, const struct arguments *args)
{
    struct shape shape = shape_of(function->result);

    if (args->n == 0)
        return shape;
    if (is_in_group(function, &functions_builtin)) {
        if (is_named(function, "index"))
            return index_shape(args);
        if (is_named(function, "and") || is_named(function, "or"))
            return common_shape(args);
        if (is_named(function, "slice") && args->shapes[0].type) {
            shape = args->shapes[0];
            shape.constant = NULL;
        }
    }
    /* byTag and byPort keep their elements behind interfaces. */
    if (is_named(function, "byTag") || is_named(function, "byPort")) {
        if (args->shapes[0].type && args->shapes[0].type->kind == KIND_LIST)
            shape.inner = args->shapes[0].type->elem;
    }
    return shape;
}

/* executeTemplate with a constant name runs that template with its argument. */
static void queue_executed(struct checker *checker, const struct arguments *args, uint32_t offset)
{
    const struct value *name = args->shapes[0].constant;

    if (!name || args->n > 2)
        return;

    const struct define *define = map_find(&checker->eval.tmpl->defines, value_slice(name));

    if (define) {
        checker_queue(checker, define, args->n == 2 ? args->shapes[1] : SHAPE_NONE);
        return;
    }
    checker->eval.at = offset;
    eval_fail(&checker->eval, &checker->err, "executeTemplate: no template is called '%.*s'",
              SLICE_ARG(slice_sub(value_slice(name), 0, 64)));
    checker_report(checker);
}

static struct shape check_function(struct checker *checker, struct shape dot,
                                   const struct function *function, const struct words *words,
                                   const struct shape *final, uint32_t offset)
{
    struct arguments args = { .n = words->n_args + (final != NULL) };

    if (!eval_check_count(&checker->eval, function, args.n, &checker->err)) {
        checker_report(checker);
        return shape_of(function->result);
    }
    for (size_t i = 0; i < words->n_args; i++) {
        struct shape shape = check_arg(checker, dot, eval_param_type(function, i), &words->args[i]);

        if (i < MAX_SHAPES)
            args.shapes[i] = shape;
    }
    if (final) {
        check_value_shape(checker, eval_param_type(function, args.n - 1), final);
        if (args.n <= MAX_SHAPES)
            args.shapes[args.n - 1] = *final;
    }
    judge_constants(checker, function, &args, offset);
    if (is_named(function, "executeTemplate"))
        queue_executed(checker, &args, offset);
    return result_shape(function, &args);
}

/* --- Commands and pipelines ----------------------------------------------------------------- */

static struct shape check_call(struct checker *checker, struct shape dot, const struct node *node,
                               const struct words *words, const struct shape *final,
                               uint32_t offset)
{
    if (node->function.is_denied) {
        eval_fail(&checker->eval, &checker->err,
                  "the function '%s' is disabled by function_denylist",
                  node->function.function->name);
        return report(checker);
    }
    return check_function(checker, dot, node->function.function, words, final, offset);
}

static struct shape check_constant(struct checker *checker, const struct node *node)
{
    struct value value = VALUE_NIL;

    switch (node->kind) {
    case NODE_BOOL:
    case NODE_STRING:
        return (struct shape){ .type = node->constant.type, .constant = &node->constant };
    case NODE_NUMBER:
        return number_to_value(&node->number, &value) ? shape_of(value.type) : SHAPE_UNKNOWN;
    default:
        eval_fail(&checker->eval, &checker->err, "nil is not a command");
        return report(checker);
    }
}

static struct shape check_command(struct checker *checker, struct shape dot,
                                  const struct command *command, const struct shape *final)
{
    struct node *node = command->words[0];
    struct words words = { command->words + 1, command->n_words - 1, NULL };
    struct shape shape;

    checker->eval.at = node->offset;
    switch (node->kind) {
    case NODE_FUNCTION: return check_call(checker, dot, node, &words, final, command->offset);
    case NODE_FIELD: return check_path(checker, dot, dot, &node->path, &words, final, node->offset);
    case NODE_VARIABLE:
        shape = find_variable(checker, node->variable.name);
        if (node->variable.path.n)
            return check_path(checker, dot, shape, &node->variable.path, &words, final,
                              node->offset);
        break;
    case NODE_CHAIN:
        shape = check_operand(checker, dot, &node->chain.head);
        checker->eval.at = node->offset;
        return check_path(checker, dot, shape, &node->chain.path, &words, final, node->offset);
    case NODE_PIPELINE: shape = check_pipeline(checker, dot, node->pipeline); break;
    case NODE_DOT: shape = dot; break;
    default: shape = check_constant(checker, node); break;
    }
    if (words.n_args || final) {
        checker->eval.at = node->offset;
        eval_fail(&checker->eval, &checker->err, "only a function or method takes arguments");
        return report(checker);
    }
    return shape;
}

struct shape check_pipeline(struct checker *checker, struct shape dot,
                            const struct pipeline *pipeline)
{
    struct shape shape = SHAPE_UNKNOWN;

    for (size_t i = 0; i < pipeline->n_commands; i++) {
        struct shape final = shape;

        shape = check_command(checker, dot, &pipeline->commands[i], i ? &final : NULL);
    }
    for (size_t i = 0; i < pipeline->n_variables; i++) {
        if (pipeline->is_assignment)
            find_variable(checker, pipeline->variables[i]);
        else
            checker_bind(checker, pipeline->variables[i], shape);
    }
    return shape;
}
