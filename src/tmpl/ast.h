/* SPDX-License-Identifier: MIT */
/* The syntax tree of a template, with all names resolved. It lives in the template's arena.
 *
 * What the evaluator does per element is decided here, once: functions are pointers, constants are
 * values, and a field remembers where it was found last. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/map.h"
#include "base/slice.h"
#include "data/value.h"
#include "eval.h"
#include "number.h"
#include "tmpl/template.h"

struct function;
struct pipeline;
struct replay_plan;

enum node_kind {
    /* what stands in a body */
    NODE_TEXT,
    NODE_ACTION,
    NODE_IF,
    NODE_WITH,
    NODE_RANGE,
    NODE_TEMPLATE,
    NODE_BREAK,
    NODE_CONTINUE,
    /* operands */
    NODE_BOOL,
    NODE_NUMBER,
    NODE_STRING,
    NODE_NIL,
    NODE_DOT,
    NODE_FIELD,    /* .A.B */
    NODE_VARIABLE, /* $x.A.B */
    NODE_FUNCTION,
    NODE_PIPELINE, /* in parentheses */
    NODE_CHAIN,    /* (…).A, f.A */
};

struct body {
    struct node *const *nodes;
    size_t n;
};

/* One name of a chain, and where a struct of that type has it: the elements of a list have one
 * type, so the search happens once. */
struct step {
    struct slice name;
    const struct type *seen_type;
    const struct field *seen_field;
};

struct path {
    struct step *steps;
    size_t n;
};

/* Variables of one name: declarations are told apart when the template runs. */
struct variable_name {
    struct slice name; /* with the dollar */
    size_t n_visible;  /* while parsing: declarations in scope */
    bool is_assigned;  /* somewhere: its type is not that of its declaration */
};

struct branch { /* of if and with: "else if" makes another one */
    struct pipeline *pipeline;
    struct body body;
    struct branch *next;
};

struct define { /* a named template; the text itself is the one without a name */
    struct slice name;
    struct body body;
    const struct variable_name *dollar; /* the variable "$" of this body */
    bool is_empty;                      /* nothing but white space: may be defined again */
};

struct node {
    enum node_kind kind;
    uint32_t offset; /* in the text: what an error points to */
    union {
        struct slice text;         /* NODE_TEXT */
        struct pipeline *pipeline; /* NODE_ACTION, NODE_PIPELINE */
        struct {                   /* NODE_IF, NODE_WITH */
            struct branch *branches;
            struct body otherwise; /* the else */
        } condition;
        struct { /* NODE_RANGE */
            struct pipeline *pipeline;
            struct body body, otherwise;
            const struct replay_plan *plan; /* NULL: it runs anew each time */
        } range;
        struct { /* NODE_TEMPLATE */
            struct slice name;
            struct pipeline *argument;   /* NULL: none */
            const struct define *define; /* NULL: no such template */
        } call;
        struct value constant; /* NODE_BOOL, NODE_STRING */
        struct number number;  /* NODE_NUMBER */
        struct path path;      /* NODE_FIELD */
        struct {               /* NODE_VARIABLE */
            struct variable_name *name;
            struct path path;
        } variable;
        struct { /* NODE_FUNCTION */
            const struct function *function;
            bool is_denied; /* by the denylist */
            struct call_memo *memo;
        } function;
        struct { /* NODE_CHAIN */
            struct node *head;
            struct path path;
        } chain;
    };
};

struct command {
    struct node *const *words; /* a function, method or operand, then arguments; at least one */
    size_t n_words;
    uint32_t offset;
};

struct pipeline {
    const struct command *commands; /* at least one */
    size_t n_commands;
    struct variable_name *const *variables; /* declared or assigned */
    size_t n_variables;
    bool is_assignment;
    struct node *plain; /* all there is: dot, a field or a variable, which runs nothing; or NULL */
    uint32_t offset;
};

struct template
{
    struct arena arena;
    const char *name;
    struct slice text;
    struct template_options options;
    struct map defines; /* of struct define */
    const struct define *main;
    bool reads_output; /* template_reads_output() */
};

/* A place in the template, for error_set_at(). */
struct source_pos template_position(const struct template *tmpl, size_t offset);
/* True for a body that prints nothing but white space. */
bool body_is_empty(const struct body *body);
