/* SPDX-License-Identifier: MIT */
/* How often a command may run. */
#include "budget.h"

#include <stdlib.h>

#include "base/memory.h"

/* A token bucket as one number: each run moves the moment on at which the bucket is full again. */
struct debt {
    char *command;
    uint64_t full_ms;
};

static void debt_free(struct debt *debt)
{
    free(debt->command);
    free(debt);
}

void budget_fini(struct budget *budget)
{
    struct debt *debt;

    for (size_t i = 0; (debt = map_next(&budget->debts, &i)) != NULL;)
        debt_free(debt);
    map_fini(&budget->debts);
}

uint64_t budget_wait_ms(const struct budget *budget, struct slice command, uint64_t now_ms)
{
    const struct debt *debt = map_find(&budget->debts, command);

    if (!debt || budget->n_at_once == 0)
        return 0;

    uint64_t room_ms = (budget->n_at_once - 1) * budget->period_ms;

    return debt->full_ms > now_ms + room_ms ? debt->full_ms - now_ms - room_ms : 0;
}

/* One whose bucket is full again is as good as one that never ran. */
static void budget_forget(struct budget *budget, uint64_t now_ms)
{
    struct map kept = MAP_EMPTY;
    struct debt *debt;

    for (size_t i = 0; (debt = map_next(&budget->debts, &i)) != NULL;) {
        if (debt->full_ms > now_ms)
            map_put(&kept, slice_from(debt->command), debt);
        else
            debt_free(debt);
    }
    map_fini(&budget->debts);
    budget->debts = kept;
}

void budget_spend(struct budget *budget, struct slice command, uint64_t now_ms)
{
    struct debt *debt;

    if (budget->n_at_once == 0)
        return;
    budget_forget(budget, now_ms);
    debt = map_find(&budget->debts, command);
    if (!debt) {
        debt = NEW(struct debt);
        debt->command = slice_to_string(command);
        debt->full_ms = now_ms;
        map_put(&budget->debts, slice_from(debt->command), debt);
    }
    debt->full_ms += budget->period_ms;
}
