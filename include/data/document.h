/* SPDX-License-Identifier: MIT */
/* One answer: immutable once built, counted as a whole. Its values live in its own arena, or in
 * those of its sources: others' answers, or a document without a root that several answers share
 * and that grows with each. */
#pragma once

#include <stdint.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "data/value.h"

struct document {
    unsigned n_refs;
    struct arena arena; /* to build into; not touched after the document was handed over */
    struct value root;
    uint64_t content_hash;       /* over what a template can see: equal hashes, equal answers */
    struct document *sources[2]; /* references to what the root points into besides; or NULL */
};

struct document *document_new(void); /* one reference, root nil */
struct document *document_ref(struct document *doc);
void document_unref(struct document *doc); /* NULL is fine */
DEFINE_FREEP(struct document, document_unref)
