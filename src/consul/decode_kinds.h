/* SPDX-License-Identifier: MIT */
/* How the answers to each kind of question are decoded; one file for each family of them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "data/catalog.h"
#include "data/dep.h"
#include "encode.h"
#include "parts.h"
#include "scanner.h"

/* What a whole answer comes to. */
struct decoded {
    struct value root;
    struct content content;
    size_t n_items;
    size_t n_skipped;
    struct error *skip_err; /* where the first skipped element's error goes */
};

struct decode_kind {
    enum scanner_shape shape;

    /* Answers of many elements: one of them, from parts->json. name is the member's, or the name
     * that was asked for. */
    bool (*element)(struct parts *parts, struct slice name, const void **ret_object,
                    struct content *content);
    int (*compare)(const void *a, const void *b); /* NULL: as they come */
    bool is_single;          /* one element is wanted, and it is the document's root */
    const struct type *type; /* a list of pointers to what element() makes, or such a pointer */

    /* Answers that are read whole. */
    bool (*whole)(struct parts *parts, struct decoded *decoded);

    /* The way back, for snapshots: the whole answer as Consul would send it. NULL: nobody asks. */
    void (*write)(struct buf *out, const struct value *root);
};

extern const struct decode_kind decode_health, decode_services, decode_nodes, decode_node,
    decode_datacenters, decode_agent_self, decode_kv_get, decode_kv_list, decode_ca_roots,
    decode_ca_leaf, decode_partitions, decode_peerings, decode_exported_services,
    decode_imported_services;

const struct decode_kind *decode_kind_of(const struct dep *dep); /* of one that Consul answers */

/* For whole(): the elements of the array or the values of the object at hand. One that does not
 * have the expected shape is left out and counted. ret_objects are of `size` bytes each; element()
 * gets them zeroed. They are sorted with compare. */
bool decode_objects(struct parts *parts, struct decoded *decoded,
                    bool (*element)(struct parts *parts, void *object), size_t size,
                    int (*compare)(const void *a, const void *b), struct array *ret_objects);

/* Whether an element that could not be decoded may be left out: it is JSON, but not of the shape
 * that was expected. Its error stays in err. Otherwise err says what is wrong with the JSON. */
bool decode_may_skip(struct slice json, struct arena *scratch, struct error *err);
