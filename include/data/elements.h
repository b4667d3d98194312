/* SPDX-License-Identifier: MIT */
/* Answers that list things with a name (instances, services, nodes, keys), taken apart: which
 * elements are new or changed, which of them holds a text, and the same answer with fewer of them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/slice.h"
#include "data/document.h"

struct element {
    const void *object;         /* the C struct, in the document */
    uint64_t identity, content; /* hashes: of its name; of all that a template can see */
};

struct elements {
    const struct element *items;         /* in the answer's order */
    const struct element *const *sorted; /* by identity and content, to search */
    size_t n;
};

/* Whether the answer is such a list; doc may be NULL: no. */
bool elements_are_listed(const struct document *doc);
/* The elements, in the arena; none of an answer that is no such list. */
struct elements elements_of(const struct document *doc, struct arena *arena);
/* An element of that name; NULL if there is none. */
const struct element *elements_find(const struct elements *elements, uint64_t identity);
bool elements_have(const struct elements *elements, const struct element *like);

/* A list of these elements, of either document, of the same type; `other` may be NULL. The result
 * keeps what it needs of both. */
struct document *elements_join(struct document *doc, struct document *other,
                               const void *const *objects, size_t n);

/* Whether one of its foreign texts (at least as long as one byte) is `text` or contains it. */
bool element_holds(const struct document *doc, const void *object, struct slice text);
/* "instance 'web-1' on node 'a'", on one line whatever the names are. */
void element_describe(const struct document *doc, const void *object, struct buf *out);
/* An instance that is not wanted is left out; of anything else an older version is better than
 * nothing. */
bool elements_are_instances(const struct document *doc);
