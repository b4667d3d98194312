/* SPDX-License-Identifier: MIT */
/* A running render, as the functions of the language see it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "data/dep.h"
#include "data/value.h"
#include "tmpl/template.h"

/* What a function made of the constants in its call (a parsed query, a compiled pattern): kept with
 * the call, for all renders of the template. data is NULL until the function sets it to something
 * it allocated from `arena`, which lives as long as the template and is nobody else's. */
struct call_memo {
    struct arena *arena;
    void *data;
};

struct frame;
struct variable;
struct define;

struct eval {
    const struct template *tmpl;
    const struct render_environment *environment;
    struct render *render;
    struct arena *arena;    /* the render's: results of functions live here */
    struct arena asking;    /* the question at hand */
    struct value scratch;   /* nil until first used */
    struct call_memo *memo; /* of the call that runs; NULL: its first argument is no constant */
    uint32_t call;          /* of the same: where it is in the template */
    uint64_t n_steps, max_steps;
    unsigned template_depth;
    size_t n_output_bytes;
    size_t n_repeated_bytes; /* of memory, that what was repeated would have needed (replay.h) */

    /* What follows is the evaluator's alone. */
    const struct text_sink *sink;
    const struct define *define; /* that runs */
    uint32_t at;                 /* the byte of the template that an error is about */
    struct frame *frames;        /* the blocks that are open, innermost last */
    size_t n_frames, cap_frames;
    struct variable
        *variables; /* all that are declared; those of the running define from base on */
    size_t n_variables, cap_variables, variables_base;
    const char *stack_base; /* where the C stack was when the render began */
    bool has_too_many_questions;
};

/* Asks the outside, and remembers the question and whether it is still pending. */
enum answer eval_ask(struct eval *eval, const struct dep *dep, const struct value **ret_value);
/* Keeps the template from being delivered although the answer is there: a key that must exist. */
void eval_set_pending(struct eval *eval, const struct dep *dep);

/* The output of a named template with the given dot, as a text in the arena. */
bool eval_template_to_text(struct eval *eval, struct slice name, struct value dot,
                           struct text *ret_text, struct error *err);

/* Before a function allocates something whose size an argument decides: false, with the limit in
 * the error, when it is more than a string or a render may have. */
bool eval_check_size(const struct eval *eval, size_t n_bytes, struct error *err);

/* For a function whose time an argument decides, while it allocates little: so many steps of the
 * render have passed. False beyond its limit. */
MUST_CHECK static inline bool eval_charge(struct eval *eval, uint64_t n_steps, struct error *err)
{
    eval->n_steps += n_steps;
    return eval->n_steps <= eval->max_steps ||
           error_set(err, ERROR_LIMIT, "the template runs for more than %llu steps, the limit",
                     (unsigned long long)eval->max_steps);
}
