/* SPDX-License-Identifier: MIT */
/* Which of several changes a text is refused for. */
#include "delivery/suspects.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static void suspects_end(struct suspects *suspects, enum suspects_outcome outcome)
{
    suspects->state = SUSPECTS_DONE;
    suspects->outcome = outcome;
}

static void suspects_push(struct suspects *suspects, struct suspects_range range)
{
    assert(suspects->n_ranges < SUSPECTS_MAX_RANGES);
    suspects->ranges[suspects->n_ranges++] = range;
}

/* Where a range is cut: between two questions if it has several, as near to the middle as can be.
 */
static size_t find_cut(const struct suspects *suspects, size_t from, size_t to)
{
    size_t middle = from + (to - from) / 2, best = middle, best_distance = SIZE_MAX;

    for (size_t i = from + 1; i < to; i++) {
        size_t distance = i > middle ? i - middle : middle - i;

        if (suspects->questions[i] != suspects->questions[i - 1] && distance < best_distance) {
            best = i;
            best_distance = distance;
        }
    }
    return best;
}

/* Of what is left nothing is known, but that one culprit is out: it is tried as a whole. The ranges
 * stand one behind the other, up to the last change. */
static void suspects_merge(struct suspects *suspects, size_t from)
{
    suspects->n_ranges = 0;
    if (from < suspects->n)
        suspects_push(suspects, (struct suspects_range){ from, suspects->n, false, false });
}

/* Breaks up what is known to be guilty until something is to be tried. A single change that is
 * guilty is done with: it stays out. */
static void suspects_break_up(struct suspects *suspects)
{
    while (suspects->n_ranges > 0 && suspects->ranges[suspects->n_ranges - 1].is_guilty) {
        struct suspects_range range = suspects->ranges[--suspects->n_ranges];

        if (range.to - range.from == 1) {
            suspects_merge(suspects, range.to);
            continue;
        }

        size_t cut = find_cut(suspects, range.from, range.to);

        suspects_push(suspects, (struct suspects_range){ cut, range.to, false, false });
        suspects_push(suspects, (struct suspects_range){ range.from, cut, false, true });
    }
    if (suspects->n_ranges == 0)
        suspects_end(suspects, SUSPECTS_FOUND);
}

/* What the trial of the present state takes. */
static void suspects_prepare(struct suspects *suspects)
{
    if (suspects->state != SUSPECTS_DONE && suspects->n_trials == suspects->max_trials)
        suspects_stop(suspects);
    switch (suspects->state) {
    case SUSPECTS_REPEAT: memset(suspects->is_tried, true, suspects->n); return;
    case SUSPECTS_BASE: memset(suspects->is_tried, false, suspects->n); return;
    case SUSPECTS_SPLIT: {
        const struct suspects_range *range = &suspects->ranges[suspects->n_ranges - 1];

        memcpy(suspects->is_tried, suspects->is_cleared, suspects->n);
        memset(suspects->is_tried + range->from, true, range->to - range->from);
        return;
    }
    case SUSPECTS_DONE: return;
    }
}

void suspects_init(struct suspects *suspects, const size_t *questions, size_t n, size_t max_trials)
{
    *suspects = (struct suspects){ .questions = questions, .n = n, .max_trials = max_trials };
    suspects->is_cleared = memory_resize_array(NULL, n + 1, sizeof(bool));
    suspects->is_tried = memory_resize_array(NULL, n + 1, sizeof(bool));
    memset(suspects->is_cleared, false, n + 1);
    if (n == 0)
        suspects_end(suspects, SUSPECTS_NOT_AMONG);
    suspects_prepare(suspects);
}

void suspects_fini(struct suspects *suspects)
{
    free(suspects->is_cleared);
    free(suspects->is_tried);
    *suspects = (struct suspects){ .state = SUSPECTS_DONE };
}

const bool *suspects_next(const struct suspects *suspects)
{
    return suspects->state == SUSPECTS_DONE ? NULL : suspects->is_tried;
}

static void suspects_judge_range(struct suspects *suspects, bool is_accepted)
{
    struct suspects_range *range = &suspects->ranges[suspects->n_ranges - 1];

    if (!is_accepted) {
        range->is_guilty = true;
        suspects_break_up(suspects);
        return;
    }
    memset(suspects->is_cleared + range->from, true, range->to - range->from);
    suspects->n_ranges--;
    if (range->is_left) /* the culprit of both is in the other half */
        suspects->ranges[suspects->n_ranges - 1].is_guilty = true;
    suspects_break_up(suspects);
}

void suspects_judge(struct suspects *suspects, bool is_accepted)
{
    suspects->n_trials++;
    switch (suspects->state) {
    case SUSPECTS_REPEAT:
        if (is_accepted) {
            memset(suspects->is_cleared, true, suspects->n);
            suspects_end(suspects, SUSPECTS_NOT_REPEATED);
        } else {
            suspects->state = SUSPECTS_BASE;
        }
        break;
    case SUSPECTS_BASE:
        if (!is_accepted) {
            suspects_end(suspects, SUSPECTS_NOT_AMONG);
            break;
        }
        suspects->state = SUSPECTS_SPLIT;
        suspects_push(suspects, (struct suspects_range){ 0, suspects->n, true, false });
        suspects_break_up(suspects);
        break;
    case SUSPECTS_SPLIT: suspects_judge_range(suspects, is_accepted); break;
    case SUSPECTS_DONE: break;
    }
    suspects_prepare(suspects);
}

void suspects_stop(struct suspects *suspects)
{
    if (suspects->state == SUSPECTS_SPLIT)
        suspects_end(suspects, SUSPECTS_FOUND);
    else if (suspects->state != SUSPECTS_DONE)
        suspects_end(suspects, SUSPECTS_NOT_AMONG);
}
