/* SPDX-License-Identifier: MIT */
/* What is certainly wrong with a template, found without running it and without any data.
 *
 * Parsing finds what the peer's parser finds. This goes on: wrong numbers of arguments, constants
 * of the wrong type, malformed queries and patterns, and fields that nothing has. Types flow
 * through variables, blocks, named templates and functions; where one is not known, nothing is
 * claimed. A finding may stand in a branch that is never taken, so a template with findings is
 * still rendered.
 */
#pragma once

#include <stddef.h>

#include "base/error.h"

struct template;

#define CHECK_MAX_FINDINGS 50

struct check_findings {
    struct error *items; /* with their positions, in the order of the text */
    size_t n, cap;
    size_t n_more; /* what was found beyond CHECK_MAX_FINDINGS */
};

#define CHECK_FINDINGS_EMPTY ((struct check_findings){ NULL, 0, 0, 0 })

void check_findings_fini(struct check_findings *findings);

/* Adds what it finds in the template. */
void template_check(const struct template *tmpl, struct check_findings *findings);
