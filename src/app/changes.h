/* SPDX-License-Identifier: MIT */
/* The answers of a template that have changed since it was last delivered, for people: what each of
 * them was then. */
#pragma once

#include <stddef.h>

#include "base/buf.h"
#include "data/dep.h"
#include "data/store.h"

#define CHANGES_NAMED 5 /* questions that a reason names */

struct changes {
    const struct store *store; /* what the answers are now; borrowed */
    struct {
        struct dep *dep;
        struct document *before; /* a reference; NULL: there was no such thing */
    } items[CHANGES_NAMED];
    size_t n; /* all of them; only the first few are kept */
};

/* The same question again counts once: what it was at first is what it was. before is borrowed. */
void changes_add(struct changes *changes, const struct store *store, const struct dep *dep,
                 struct document *before);
/* "web: +1 instance (came 10.0.0.1:80 registered), kv.get(a) changed and 3 more"; "" if there are
 * none. They are forgotten then. */
void changes_take(struct changes *changes, struct buf *out);
void changes_fini(struct changes *changes);
