/* SPDX-License-Identifier: MIT */
/* The small language inside the argument of `service "tag.web@dc2|passing"` and the like: section
 * 12.1 of the language. Knows syntax only; questions.c makes dependencies of it. */
#pragma once

#include <stdbool.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/slice.h"

/* Which statuses a service query keeps. */
enum query_status {
    QUERY_PASSING = 1 << 0,
    QUERY_WARNING = 1 << 1,
    QUERY_CRITICAL = 1 << 2,
    QUERY_MAINTENANCE = 1 << 3,
    QUERY_ANY = 1 << 4,
};

/* All texts are parts of the text that was parsed; empty: not given. */
struct query {
    struct slice tag, name; /* name: of the service or node, the key, the prefix */
    struct slice namespace_name, partition, peer, sameness_group, filter;
    struct slice dc, near;
    unsigned statuses; /* of query_status */
};

/* What a query may consist of; its parts come in this order. */
enum query_part {
    QUERY_HAS_TAG = 1 << 0,      /* "tag." in front of a service's name */
    QUERY_HAS_NAME = 1 << 1,     /* a service's name */
    QUERY_HAS_NODE = 1 << 2,     /* a node's name */
    QUERY_HAS_KEY = 1 << 3,      /* a key or prefix */
    QUERY_HAS_OPTIONS = 1 << 4,  /* "?ns=a&peer=b" */
    QUERY_HAS_DC = 1 << 5,       /* "@dc" */
    QUERY_HAS_NEAR = 1 << 6,     /* "~node" */
    QUERY_HAS_STATUSES = 1 << 7, /* "|passing,warning" */
};

#define QUERY_SERVICE                                                                     \
    (QUERY_HAS_TAG | QUERY_HAS_NAME | QUERY_HAS_OPTIONS | QUERY_HAS_DC | QUERY_HAS_NEAR | \
     QUERY_HAS_STATUSES)
#define QUERY_SERVICES (QUERY_HAS_OPTIONS | QUERY_HAS_DC)
#define QUERY_NODES    (QUERY_HAS_OPTIONS | QUERY_HAS_DC | QUERY_HAS_NEAR)
#define QUERY_NODE     (QUERY_HAS_NODE | QUERY_HAS_OPTIONS | QUERY_HAS_DC)
#define QUERY_KV       (QUERY_HAS_KEY | QUERY_HAS_OPTIONS | QUERY_HAS_DC)
#define QUERY_PEERINGS (QUERY_HAS_OPTIONS)

/* The whole text; parts is a set of query_part. Errors have neither position nor function. */
MUST_CHECK bool query_parse(struct slice text, unsigned parts, struct query *ret_query,
                            struct error *err);
