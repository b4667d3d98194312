/* SPDX-License-Identifier: MIT */
/* A running render, as the functions of the language see it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "data/dep.h"
#include "data/value.h"
#include "tmpl/template.h"

struct eval {
    const struct template *tmpl;
    const struct render_environment *environment;
    struct render *render;
    struct arena *arena;  /* the render's: results of functions live here */
    struct value scratch; /* nil until first used */
    uint64_t n_steps;
    unsigned template_depth;
    size_t n_output_bytes;
};

/* Asks the outside, and remembers the question and whether it is still pending. */
enum answer eval_ask(struct eval *eval, const struct dep *dep, const struct value **ret_value);

/* The output of a named template with the given dot, as a text in the arena. */
bool eval_template_to_text(struct eval *eval, struct slice name, struct value dot,
                           struct text *ret_text, struct error *err);

/* Before a function allocates something whose size an argument decides: false, with the limit in
 * the error, when it is more than a string or a render may have. */
bool eval_check_size(const struct eval *eval, size_t n_bytes, struct error *err);
