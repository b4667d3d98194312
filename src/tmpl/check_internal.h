/* SPDX-License-Identifier: MIT */
/* Shared by the two halves of the checker: check.c walks blocks, check_pipeline.c expressions. */
#pragma once

#include "base/arena.h"
#include "base/map.h"
#include "eval_internal.h"
#include "tmpl/check.h"

/* What is known of a value before there is one. */
struct shape {
    const struct type *type;  /* NULL: not known */
    const struct type *inner; /* what is inside a []interface {}, however deep; NULL: not known */
    const struct value *constant; /* its value if it is always the same; borrowed from the tree */
    bool is_none;                 /* no value at all: the dot of the main text; type is NULL */
};

#define SHAPE_UNKNOWN ((struct shape){ NULL, NULL, NULL, false })
#define SHAPE_NONE    ((struct shape){ NULL, NULL, NULL, true })

static inline struct shape shape_of(const struct type *type)
{
    return (struct shape){ .type = type->kind == KIND_ANY ? NULL : type };
}

struct binding { /* a variable */
    const struct variable_name *name;
    struct shape shape;
};

struct check_task { /* a body that is run with a dot of that shape */
    const struct define *define;
    struct shape dot;
    struct check_task *next;
};

struct checker {
    struct eval eval; /* for positions, and for functions that judge constants */
    struct render render;
    struct render_environment environment;
    struct check_findings *findings;
    struct arena arena;
    struct map seen;     /* tasks that were queued, by define and shape */
    struct map reported; /* findings, by their text: a body may be checked several times */
    struct check_task *first, **last;
    size_t n_tasks, n_nodes;
    struct map used; /* defines that were queued, by name */
    struct binding *bindings;
    size_t n_bindings, cap_bindings;
    struct error err; /* of the finding that is being made */
};

/* Reports checker->err, which has a position. */
void checker_report(struct checker *checker);
/* Queues a body, once for each shape of its dot. */
void checker_queue(struct checker *checker, const struct define *define, struct shape dot);

void checker_bind(struct checker *checker, const struct variable_name *name, struct shape shape);

/* --- check_pipeline.c ---------------------------------------------------------------------- */

struct shape check_pipeline(struct checker *checker, struct shape dot,
                            const struct pipeline *pipeline);
