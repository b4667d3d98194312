/* SPDX-License-Identifier: MIT */
/* When a group's checker refuses its texts: finds the input that it refuses them for, has it left
 * out, and tries again later whether it is accepted after all. */
#pragma once

#include "base/cleanup.h"
#include "delivery/gate.h"
#include "group.h"
#include "io/loop.h"

struct hunt;

/* All is borrowed and outlives it. */
struct hunt *hunt_new(struct loop *loop, struct gate *gate, struct group *group);
void hunt_free(struct hunt *hunt);
DEFINE_FREEP(struct hunt, hunt_free)

/* The group's latest texts were refused, or accepted (hunt may be NULL: nobody cares). Each of its
 * templates is rendered again when something is left out, or is not any longer; where nothing is to
 * blame, what they say of servers is taken without the rest. */
void hunt_on_refused(struct hunt *hunt);
void hunt_on_accepted(struct hunt *hunt);
