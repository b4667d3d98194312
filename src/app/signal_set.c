/* SPDX-License-Identifier: MIT */
/* Heeded signals. */
#include "signal_set.h"

#include <assert.h>

static bool signal_set_has(const struct signal_set *set, int signo)
{
    for (size_t i = 0; i < set->n; i++) {
        if (set->signals[i].signo == signo)
            return true;
    }
    return false;
}

static void signal_set_keep_only(struct signal_set *set, const int *kept, size_t n_kept)
{
    size_t n = 0;

    for (size_t i = 0; i < set->n; i++) {
        bool is_kept = false;

        for (size_t k = 0; k < n_kept; k++)
            is_kept |= set->signals[i].signo == kept[k];
        if (is_kept)
            set->signals[n++] = set->signals[i];
        else
            loop_source_free(set->signals[i].source);
    }
    set->n = n;
}

bool signal_set_update(struct signal_set *set, struct loop *loop, const int *wanted,
                       size_t n_wanted, loop_signal_fn fn, void *ctx, struct error *err)
{
    assert(n_wanted <= SIGNAL_SET_MOST);
    signal_set_keep_only(set, wanted, n_wanted);
    for (size_t i = 0; i < n_wanted; i++) {
        struct loop_source *source;

        if (wanted[i] == 0 || signal_set_has(set, wanted[i]))
            continue;
        if (!loop_add_signal(loop, wanted[i], fn, ctx, &source, err))
            return false;
        set->signals[set->n++] = (struct heeded_signal){ wanted[i], source };
    }
    return true;
}

void signal_set_fini(struct signal_set *set)
{
    signal_set_keep_only(set, NULL, 0);
}
