/* SPDX-License-Identifier: MIT */
/* The elements of the last answer to a question, known again by their bytes.
 *
 * One change among ten thousand instances is one element to decode: the others are in memory
 * already. So the documents of such a question share their elements' memory, the pool: a document
 * without a root, to which each answer adds what is new in it. What is gone stays there until it is
 * too much; then the next answer is decoded as a whole, into a pool of its own, and replaces the
 * document before even if it says the same.
 *
 * Most of an answer is the last one again, in its order: what follows a known element is most
 * likely what followed it then, and is compared before anybody looks where it ends.
 *
 * A short answer is not remembered: it is decoded as fast as it is looked up. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "data/document.h"

#define RECALL_LEAST 64 /* elements of an answer that is remembered */

struct recalled {
    const void *object;
    uint64_t content;
    uint64_t bytes;   /* fingerprint of the JSON */
    uint32_t n_bytes; /* of the JSON */
    uint32_t size;    /* in the pool */
    uint32_t number;  /* its place in the answer */
};

struct recall {
    struct document *pool;  /* NULL: nothing is remembered */
    struct recalled *items; /* by their number */
    size_t n;
    uint32_t *slots; /* a hash table of places in items, plus 1 */
    size_t n_slots;
    size_t n_used; /* bytes of the pool that items take */

    bool is_pooled;   /* the latest document's elements are in a pool */
    bool is_moved;    /* ... that is not the one of the document before it */
    bool is_wasteful; /* the latest document keeps a pool that is mostly waste */
};

void recall_fini(struct recall *recall); /* empty and usable afterwards */

/* The next answer is decoded as a whole if this says so: nothing is remembered, or so little of the
 * pool is of use that it is given up here. */
bool recall_starts_anew(struct recall *recall);
/* NULL: the last answer had no such element. */
const struct recalled *recall_find(const struct recall *recall, uint64_t bytes);
/* The element that had this number in the last answer, if the text begins with it; else NULL. */
const struct recalled *recall_match(const struct recall *recall, size_t number, struct slice text);
/* Whether the document of n elements, decoded into the pool, is to be another one than that. */
bool recall_shares(const struct recall *recall, const struct document *pool, size_t n);
/* The answer is complete, and these are its elements in any order, numbered from 0 on; items is
 * taken over, a reference to the pool is added. */
void recall_replace(struct recall *recall, struct document *pool, struct recalled *items, size_t n);
