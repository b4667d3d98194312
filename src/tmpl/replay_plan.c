/* SPDX-License-Identifier: MIT */
/* Which ranges of a template can be repeated element by element. */
#include "replay_plan.h"

#include <stdlib.h>

#include "ast.h"
#include "base/memory.h"
#include "function.h"

#define MAX_VARIABLES 8  /* that a body sees from outside; with more it has no plan */
#define MAX_NESTING   10 /* templates that call each other deeper have none */

/* What is known of a body that is being read. */
struct region {
    struct region *around;
    size_t floor; /* names declared below it come from outside */
    bool asks, is_unrepeatable, has_plan;
    bool is_bound; /* to what is around it, which need not be true of that: it breaks, assigns */
    const struct variable_name *variables[MAX_VARIABLES];
    size_t n_variables;
};

struct planner {
    struct template *tmpl;
    struct region *region; /* innermost */
    const struct variable_name **names;
    size_t n_names, cap_names; /* declared, innermost last */
    bool catches_break;        /* an else of a range does */
    struct arena arena;
    struct map regions; /* of the named templates that were read, by name */
    unsigned n_nested;
};

static void plan_body(struct planner *planner, const struct body *body);
static void plan_pipeline(struct planner *planner, const struct pipeline *pipeline);

/* --- Names ---------------------------------------------------------------------------------- */

static void declare(struct planner *planner, const struct pipeline *pipeline)
{
    for (size_t i = 0; !pipeline->is_assignment && i < pipeline->n_variables; i++) {
        GROW(planner->names, planner->n_names, planner->cap_names);
        planner->names[planner->n_names++] = pipeline->variables[i];
    }
}

/* Where it was declared, plus one; 0 for what is declared by no statement around: the dollar, or in
 * parentheses, which may not be reached. */
static size_t find_declaration(const struct planner *planner, const struct variable_name *name)
{
    size_t i = planner->n_names;

    while (i > 0 && planner->names[i - 1] != name)
        i--;
    return i;
}

static void region_add_variable(struct region *region, const struct variable_name *name)
{
    for (size_t i = 0; i < region->n_variables; i++) {
        if (region->variables[i] == name)
            return;
    }
    if (region->n_variables == MAX_VARIABLES)
        region->is_bound = true;
    else
        region->variables[region->n_variables++] = name;
}

static void use_name(struct planner *planner, const struct variable_name *name)
{
    size_t place = find_declaration(planner, name);

    for (struct region *region = planner->region; region && place <= region->floor;
         region = region->around)
        region_add_variable(region, name);
}

/* What is assigned to a variable from outside is there for the next element. */
static void assign_names(struct planner *planner, const struct pipeline *pipeline)
{
    for (size_t i = 0; pipeline->is_assignment && i < pipeline->n_variables; i++) {
        size_t place = find_declaration(planner, pipeline->variables[i]);

        for (struct region *region = planner->region; region && place <= region->floor;
             region = region->around)
            region->is_bound = true;
    }
}

/* --- Operands ------------------------------------------------------------------------------- */

static void plan_operand(struct planner *planner, const struct node *node)
{
    struct region *region = planner->region;

    switch (node->kind) {
    case NODE_VARIABLE: use_name(planner, node->variable.name); return;
    case NODE_FUNCTION:
        region->asks |= (node->function.function->flags & FUNCTION_ASKS) != 0;
        region->is_unrepeatable |= (node->function.function->flags & FUNCTION_UNREPEATABLE) != 0;
        return;
    case NODE_PIPELINE: plan_pipeline(planner, node->pipeline); return;
    case NODE_CHAIN: plan_operand(planner, node->chain.head); return;
    default: return;
    }
}

static void plan_pipeline(struct planner *planner, const struct pipeline *pipeline)
{
    for (size_t i = 0; i < pipeline->n_commands; i++) {
        const struct command *command = &pipeline->commands[i];

        for (size_t k = 0; k < command->n_words; k++)
            plan_operand(planner, command->words[k]);
    }
    assign_names(planner, pipeline);
}

/* --- Blocks --------------------------------------------------------------------------------- */

static void plan_condition(struct planner *planner, const struct node *node)
{
    size_t n_names = planner->n_names;

    for (const struct branch *branch = node->condition.branches; branch; branch = branch->next) {
        plan_pipeline(planner, branch->pipeline);
        declare(planner, branch->pipeline);
        plan_body(planner, &branch->body);
    }
    plan_body(planner, &node->condition.otherwise);
    planner->n_names = n_names;
}

static void region_open(struct planner *planner, struct region *region)
{
    *region = (struct region){ .around = planner->region, .floor = planner->n_names };
    planner->region = region;
}

static void region_close(struct planner *planner)
{
    struct region *region = planner->region, *around = region->around;

    planner->region = around;
    if (!around)
        return;
    around->asks |= region->asks;
    around->is_unrepeatable |= region->is_unrepeatable;
    around->has_plan |= region->has_plan;
}

static const struct replay_plan *make_plan(struct planner *planner, const struct region *region)
{
    struct arena *arena = &planner->tmpl->arena;
    const struct variable_name **variables =
        ARENA_ARRAY(arena, region->n_variables, const struct variable_name *);
    struct replay_plan *plan = ARENA_NEW(arena, struct replay_plan);

    for (size_t i = 0; i < region->n_variables; i++)
        variables[i] = region->variables[i];
    *plan = (struct replay_plan){ variables, region->n_variables };
    return plan;
}

static void plan_range(struct planner *planner, struct node *node)
{
    size_t n_names = planner->n_names;
    bool catches_break = planner->catches_break;
    struct region region;

    plan_pipeline(planner, node->range.pipeline);
    declare(planner, node->range.pipeline);
    region_open(planner, &region); /* the names of the head are outside of the body */
    planner->catches_break = false;
    plan_body(planner, &node->range.body);
    if (region.asks && !region.is_unrepeatable && !region.is_bound && !region.has_plan) {
        node->range.plan = make_plan(planner, &region);
        region.has_plan = true;
    }
    region_close(planner);
    planner->catches_break = true;
    plan_body(planner, &node->range.otherwise);
    planner->catches_break = catches_break;
    planner->n_names = n_names;
}

/* Reads a named template once, with the names that it sees: none but its own. */
static const struct region *plan_define(struct planner *planner, const struct define *define)
{
    struct region *region = map_find(&planner->regions, define->name);
    struct region *around = planner->region;
    const struct variable_name **names = planner->names;
    size_t n_names = planner->n_names, cap_names = planner->cap_names;

    if (region)
        return region;
    region = ARENA_NEW(&planner->arena, struct region);
    region->is_unrepeatable = true; /* as long as it is read: it may call itself */
    map_put(&planner->regions, define->name, region);

    struct region own;

    planner->region = NULL;
    planner->names = NULL;
    planner->n_names = planner->cap_names = 0;
    planner->n_nested++;
    region_open(planner, &own);
    plan_body(planner, &define->body);
    *region = own;
    planner->n_nested--;
    free(planner->names);
    planner->names = names;
    planner->n_names = n_names;
    planner->cap_names = cap_names;
    planner->region = around;
    return region;
}

static void plan_call(struct planner *planner, const struct node *node)
{
    struct region *region = planner->region;
    const struct region *called;

    if (node->call.argument)
        plan_pipeline(planner, node->call.argument);
    if (!node->call.define || planner->n_nested >= MAX_NESTING) {
        region->is_unrepeatable = true;
        return;
    }
    called = plan_define(planner, node->call.define);
    region->asks |= called->asks;
    region->is_unrepeatable |= called->is_unrepeatable;
    region->has_plan |= called->has_plan;
}

static void plan_node(struct planner *planner, struct node *node)
{
    switch (node->kind) {
    case NODE_ACTION:
        plan_pipeline(planner, node->pipeline);
        declare(planner, node->pipeline);
        return;
    case NODE_IF:
    case NODE_WITH: plan_condition(planner, node); return;
    case NODE_RANGE: plan_range(planner, node); return;
    case NODE_TEMPLATE: plan_call(planner, node); return;
    case NODE_BREAK: planner->region->is_bound |= !planner->catches_break; return;
    default: return;
    }
}

static void plan_body(struct planner *planner, const struct body *body)
{
    size_t n_names = planner->n_names;

    for (size_t i = 0; i < body->n; i++)
        plan_node(planner, body->nodes[i]);
    planner->n_names = n_names;
}

void replay_plan_template(struct template *tmpl)
{
    struct planner planner = { .tmpl = tmpl };
    const struct define *define;

    for (size_t i = 0; (define = map_next(&tmpl->defines, &i)) != NULL;)
        plan_define(&planner, define);
    map_fini(&planner.regions);
    arena_fini(&planner.arena);
}
