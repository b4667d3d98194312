/* SPDX-License-Identifier: MIT */
/* The shortest edit script, by Myers' greedy algorithm ("An O(ND) Difference Algorithm and Its
 * Variations", 1986). */
#include "diff_script.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/memory.h"

/* What is left to compare, and how far each diagonal k = x - y has come: x, the lines of the old
 * text that are used up, after d changes. All are kept, to walk back. */
struct search {
    const struct diff_line *old, *now;
    size_t n_old, n_now;
    int32_t **reached; /* [d][k + d], for |k| <= d */
    size_t n_reached, cap_reached;
    size_t n_steps;
};

static bool lines_equal(const struct diff_line *a, const struct diff_line *b)
{
    return a->hash == b->hash && slice_equal(a->text, b->text);
}

/* Where diagonal k begins with d changes: one line deleted or inserted after d - 1 of them. */
static int32_t first_x(const struct search *search, int32_t d, int32_t k, bool *ret_is_insert)
{
    const int32_t *before = search->reached[d - 1];
    bool has_left = k > -d, has_right = k < d;
    int32_t by_delete = has_left ? before[k - 1 + d - 1] + 1 : -1;
    int32_t by_insert = has_right ? before[k + 1 + d - 1] : -1;

    *ret_is_insert = by_insert >= by_delete;
    return *ret_is_insert ? by_insert : by_delete;
}

/* As far as lines are equal from here on. */
static int32_t follow(struct search *search, int32_t x, int32_t k)
{
    while (x < (int32_t)search->n_old && x - k < (int32_t)search->n_now && x >= 0 && x - k >= 0 &&
           lines_equal(&search->old[x], &search->now[x - k])) {
        x++;
        search->n_steps++;
    }
    return x;
}

/* One round: all diagonals with d changes. True when one has come to both ends. */
static bool search_round(struct search *search, int32_t d)
{
    size_t n = 2 * (size_t)d + 1;
    int32_t *reached = memory_resize_array(NULL, n, sizeof(*reached));

    memset(reached, 0xff, n * sizeof(*reached)); /* -1: not reached */
    GROW(search->reached, search->n_reached, search->cap_reached);
    search->reached[search->n_reached++] = reached;
    for (int32_t k = -d; k <= d; k += 2) {
        bool is_insert;
        int32_t x = follow(search, d == 0 ? 0 : first_x(search, d, k, &is_insert), k);

        reached[k + d] = x;
        search->n_steps++;
        if (x >= (int32_t)search->n_old && x - k >= (int32_t)search->n_now)
            return true;
    }
    return false;
}

/* The number of changes, or -1 if it takes too long to find out. */
static int32_t search_run(struct search *search)
{
    for (int32_t d = 0; d <= LIMIT_DIFF_CHANGES && search->n_steps <= LIMIT_DIFF_STEPS; d++) {
        if (search_round(search, d))
            return d;
    }
    return -1;
}

/* From the end back: which change each round has added. */
static void mark_changes(const struct search *search, int32_t d, struct diff_line *old,
                         struct diff_line *now)
{
    int32_t k = (int32_t)search->n_old - (int32_t)search->n_now;

    for (; d > 0; d--) {
        bool is_insert;
        int32_t x = first_x(search, d, k, &is_insert);

        if (is_insert)
            now[x - k - 1].is_changed = true;
        else
            old[x - 1].is_changed = true;
        k += is_insert ? 1 : -1;
    }
}

static void mark_all(struct diff_line *lines, size_t n)
{
    for (size_t i = 0; i < n; i++)
        lines[i].is_changed = true;
}

void diff_compare(struct diff_lines *old, struct diff_lines *now)
{
    size_t n_least = old->n < now->n ? old->n : now->n, n_before = 0, n_behind = 0;

    while (n_before < n_least && lines_equal(&old->items[n_before], &now->items[n_before]))
        n_before++;
    while (n_behind < n_least - n_before &&
           lines_equal(&old->items[old->n - 1 - n_behind], &now->items[now->n - 1 - n_behind]))
        n_behind++;

    struct diff_line *old_rest = old->items + n_before, *now_rest = now->items + n_before;
    struct search search = { .old = old_rest,
                             .now = now_rest,
                             .n_old = old->n - n_before - n_behind,
                             .n_now = now->n - n_before - n_behind };
    int32_t n_changes = search_run(&search);

    if (n_changes >= 0) {
        mark_changes(&search, n_changes, old_rest, now_rest);
    } else {
        mark_all(old_rest, search.n_old);
        mark_all(now_rest, search.n_now);
    }
    for (size_t i = 0; i < search.n_reached; i++)
        free(search.reached[i]);
    free(search.reached);
}
