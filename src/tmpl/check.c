/* SPDX-License-Identifier: MIT */
/* Checks the blocks of a template, each named template once for each type of its dot. */
#include "check_internal.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/memory.h"

#define MAX_TASKS 2000    /* templates times types: beyond, nothing more is claimed */
#define MAX_NODES 5000000 /* of all bodies that are checked, the same */

/* --- Findings ------------------------------------------------------------------------------- */

void check_findings_fini(struct check_findings *findings)
{
    free(findings->items);
    *findings = CHECK_FINDINGS_EMPTY;
}

void checker_report(struct checker *checker)
{
    struct check_findings *findings = checker->findings;
    struct slice text = slice_from(checker->err.text);

    if (map_find(&checker->reported, text))
        return;
    if (findings->n == CHECK_MAX_FINDINGS) {
        findings->n_more++;
        return;
    }
    map_put(&checker->reported, arena_copy(&checker->arena, text), checker);
    GROW(findings->items, findings->n, findings->cap);
    findings->items[findings->n++] = checker->err;
}

static int compare_findings(const void *a, const void *b)
{
    const struct error *left = a, *right = b;

    if (left->line != right->line)
        return left->line < right->line ? -1 : 1;
    return (left->column > right->column) - (left->column < right->column);
}

/* --- Tasks ---------------------------------------------------------------------------------- */

void checker_queue(struct checker *checker, const struct define *define, struct shape dot)
{
    char key[128];
    int n = snprintf(key, sizeof(key), "%p %p %p %d", (const void *)define, (const void *)dot.type,
                     (const void *)dot.inner, dot.is_none);
    struct slice text = slice_of(key, (size_t)n);

    map_put(&checker->used, define->name, checker);
    if (checker->n_tasks == MAX_TASKS || map_find(&checker->seen, text))
        return;

    struct check_task *task = ARENA_NEW(&checker->arena, struct check_task);

    map_put(&checker->seen, arena_copy(&checker->arena, text), task);
    task->define = define;
    task->dot = dot;
    task->dot.constant = NULL; /* one of many */
    *checker->last = task;
    checker->last = &task->next;
    checker->n_tasks++;
}

/* --- Variables ------------------------------------------------------------------------------ */

void checker_bind(struct checker *checker, const struct variable_name *name, struct shape shape)
{
    GROW(checker->bindings, checker->n_bindings, checker->cap_bindings);
    checker->bindings[checker->n_bindings++] = (struct binding){ name, shape };
}

/* --- Blocks --------------------------------------------------------------------------------- */

static void check_body(struct checker *checker, struct shape dot, const struct body *body);

/* A body whose variables end with it. */
static void check_scope(struct checker *checker, struct shape dot, const struct body *body)
{
    size_t n_bindings = checker->n_bindings;

    check_body(checker, dot, body);
    checker->n_bindings = n_bindings;
}

static void check_condition(struct checker *checker, struct shape dot, const struct node *node)
{
    size_t n_bindings = checker->n_bindings;

    for (const struct branch *branch = node->condition.branches; branch; branch = branch->next) {
        struct shape value = check_pipeline(checker, dot, branch->pipeline);

        check_scope(checker, node->kind == NODE_WITH ? value : dot, &branch->body);
    }
    check_scope(checker, dot, &node->condition.otherwise);
    checker->n_bindings = n_bindings;
}

/* The shapes of index and element. */
static void check_subject(struct checker *checker, struct shape subject, size_t n_variables,
                          struct shape *ret_index, struct shape *ret_element)
{
    struct eval *eval = &checker->eval;

    *ret_index = *ret_element = SHAPE_UNKNOWN;
    if (!subject.type)
        return;
    *ret_index = shape_of(&type_int);
    switch (subject.type->kind) {
    case KIND_LIST:
        *ret_element = subject.type->elem->kind == KIND_ANY && subject.inner
                           ? shape_of(subject.inner)
                           : shape_of(subject.type->elem);
        return;
    case KIND_MAP:
        *ret_index = shape_of(subject.type->key);
        *ret_element = shape_of(subject.type->elem);
        ret_element->inner = subject.inner;
        return;
    case KIND_CHANNEL: *ret_element = shape_of(&type_int64); return;
    case KIND_INT:
    case KIND_UINT:
        *ret_element = shape_of(subject.type);
        if (n_variables < 2)
            return;
        eval_fail(eval, &checker->err, "'range' over a number has one variable, not two");
        break;
    default:
        eval_fail(eval, &checker->err, "'range' cannot iterate over a value of type %s",
                  subject.type->name);
        break;
    }
    checker_report(checker);
}

static void check_range(struct checker *checker, struct shape dot, const struct node *node)
{
    const struct pipeline *pipeline = node->range.pipeline;
    size_t n_bindings = checker->n_bindings, n = pipeline->n_variables;
    struct shape subject = check_pipeline(checker, dot, pipeline), index, element;

    check_subject(checker, subject, n, &index, &element);
    if (!pipeline->is_assignment) {
        for (size_t i = 0; i < n; i++)
            checker_bind(checker, pipeline->variables[i], n == 2 && i == 0 ? index : element);
    }
    check_scope(checker, element, &node->range.body);
    checker->n_bindings = n_bindings;
    /* The else branch sees the variables, but not what they hold. */
    for (size_t i = 0; i < n && !pipeline->is_assignment; i++)
        checker_bind(checker, pipeline->variables[i], SHAPE_UNKNOWN);
    check_scope(checker, dot, &node->range.otherwise);
    checker->n_bindings = n_bindings;
}

static void check_call(struct checker *checker, struct shape dot, const struct node *node)
{
    struct shape argument = SHAPE_NONE;

    if (node->call.argument)
        argument = check_pipeline(checker, dot, node->call.argument);
    if (node->call.define) {
        checker_queue(checker, node->call.define, argument);
        return;
    }
    checker->eval.at = node->offset;
    eval_fail(&checker->eval, &checker->err, "no template is called '%.*s'",
              SLICE_ARG(slice_sub(node->call.name, 0, 64)));
    checker_report(checker);
}

static void check_body(struct checker *checker, struct shape dot, const struct body *body)
{
    for (size_t i = 0; i < body->n && checker->n_nodes < MAX_NODES; i++, checker->n_nodes++) {
        const struct node *node = body->nodes[i];

        switch (node->kind) {
        case NODE_ACTION: check_pipeline(checker, dot, node->pipeline); break;
        case NODE_IF:
        case NODE_WITH: check_condition(checker, dot, node); break;
        case NODE_RANGE: check_range(checker, dot, node); break;
        case NODE_TEMPLATE: check_call(checker, dot, node); break;
        default: break; /* text, break, continue */
        }
    }
}

/* --- The whole ------------------------------------------------------------------------------ */

static void run_tasks(struct checker *checker)
{
    for (; checker->first; checker->first = checker->first->next) {
        const struct check_task *task = checker->first;

        checker->eval.define = task->define;
        checker->n_bindings = 0;
        checker_bind(checker, task->define->dollar, task->dot);
        check_body(checker, task->dot, &task->define->body);
    }
    checker->last = &checker->first;
}

/* Templates that nothing seems to use: perhaps executeTemplate does, with a name it computes. */
static void queue_unused(struct checker *checker)
{
    const struct define *define;

    for (size_t i = 0; (define = map_next(&checker->eval.tmpl->defines, &i)) != NULL;) {
        if (!map_find(&checker->used, define->name))
            checker_queue(checker, define, SHAPE_UNKNOWN);
    }
}

static enum answer answer_nothing(void *ctx, const struct dep *dep, const struct value **ret_value)
{
    (void)ctx, (void)dep, (void)ret_value;
    return ANSWER_PENDING;
}

static const char *get_no_env(void *ctx, const char *name)
{
    (void)ctx, (void)name;
    return NULL;
}

static void checker_fini(struct checker *checker)
{
    map_fini(&checker->seen);
    map_fini(&checker->reported);
    map_fini(&checker->used);
    free(checker->bindings);
    arena_fini(&checker->arena);
    arena_fini(&checker->eval.asking);
    render_fini(&checker->render);
}

void template_check(const struct template *tmpl, struct check_findings *findings)
{
    CLEANUP(checker_fini)
    struct checker checker = {
        .findings = findings,
        .render = RENDER_EMPTY,
        .environment = { .answers = { .get = answer_nothing }, .get_env = get_no_env },
    };

    checker.eval = (struct eval){
        .tmpl = tmpl,
        .environment = &checker.environment,
        .render = &checker.render,
        .arena = &checker.render.arena,
        .max_steps = LIMIT_RENDER_STEPS,
        .define = tmpl->main,
        .stack_base = __builtin_frame_address(0),
    };
    checker.last = &checker.first;
    checker_queue(&checker, tmpl->main, SHAPE_NONE);
    run_tasks(&checker);
    queue_unused(&checker);
    run_tasks(&checker);
    if (findings->n)
        qsort(findings->items, findings->n, sizeof(*findings->items), compare_findings);
}
