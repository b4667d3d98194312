/* SPDX-License-Identifier: MIT */
/* One answer, counted as a whole. */
#include "data/document.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

struct document *document_new(void)
{
    struct document *doc = NEW(struct document);

    doc->n_refs = 1;
    doc->arena.is_tight = true;
    return doc;
}

struct document *document_ref(struct document *doc)
{
    assert(doc->n_refs > 0);
    doc->n_refs++;
    return doc;
}

void document_unref(struct document *doc)
{
    if (!doc)
        return;
    assert(doc->n_refs > 0);
    if (--doc->n_refs > 0)
        return;
    document_unref(doc->sources[0]);
    document_unref(doc->sources[1]);
    arena_fini(&doc->arena);
    free(doc);
}
