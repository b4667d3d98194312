/* SPDX-License-Identifier: MIT */
/* Which ranges of a template can be repeated element by element (replay.h). */
#pragma once

#include <stddef.h>

struct template;
struct variable_name;

/* What the body of such a range sees besides its dot. */
struct replay_plan {
    const struct variable_name *const *variables;
    size_t n_variables;
};

/* Gives a plan to each range whose body asks questions, has no effect but its output, and holds no
 * such range itself: the innermost are the finest grains. */
void replay_plan_template(struct template *tmpl);
