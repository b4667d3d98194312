/* SPDX-License-Identifier: MIT */
/* The answers of a template that have changed since it was last delivered. */
#include "changes.h"

#include "data/change.h"
#include "data/document.h"

static size_t n_kept(const struct changes *changes)
{
    return changes->n < CHANGES_NAMED ? changes->n : CHANGES_NAMED;
}

void changes_add(struct changes *changes, const struct store *store, const struct dep *dep,
                 struct document *before)
{
    changes->store = store;
    for (size_t i = 0; i < n_kept(changes); i++) {
        if (slice_equal(changes->items[i].dep->key, dep->key))
            return;
    }
    if (changes->n < CHANGES_NAMED) {
        changes->items[changes->n].dep = dep_copy(dep);
        changes->items[changes->n].before = before ? document_ref(before) : NULL;
    }
    changes->n++;
}

void changes_take(struct changes *changes, struct buf *out)
{
    for (size_t i = 0; i < n_kept(changes); i++) {
        if (i > 0)
            buf_add_string(out, ", ");
        change_describe(changes->items[i].dep, changes->items[i].before,
                        store_find(changes->store, changes->items[i].dep), out);
    }
    if (changes->n > CHANGES_NAMED)
        buf_printf(out, " and %zu more", changes->n - CHANGES_NAMED);
    changes_fini(changes);
}

void changes_fini(struct changes *changes)
{
    for (size_t i = 0; i < n_kept(changes); i++) {
        dep_free(changes->items[i].dep);
        document_unref(changes->items[i].before);
    }
    changes->n = 0;
}
