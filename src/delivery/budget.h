/* SPDX-License-Identifier: MIT */
/* How often a command may run: some times at once, then evenly. HAProxy's old workers pile up under
 * a storm of reloads, each with all its memory. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/map.h"
#include "base/slice.h"

struct budget {
    uint64_t n_at_once; /* 0: no limit */
    uint64_t period_ms; /* between two runs when these are used up */
    struct map debts;   /* of struct debt, by command */
};

#define BUDGET_NONE ((struct budget){ 0, 0, MAP_EMPTY })

void budget_fini(struct budget *budget);
/* How long this command has to wait; 0: not at all. */
uint64_t budget_wait_ms(const struct budget *budget, struct slice command, uint64_t now_ms);
void budget_spend(struct budget *budget, struct slice command, uint64_t now_ms);
