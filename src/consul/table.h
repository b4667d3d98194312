/* SPDX-License-Identifier: MIT */
/* What rings: tables of a datacenter, read as a stream, and which services, nodes and keys an
 * answer shows in another state than the one before.
 *
 *   checks    /v1/health/state/any       services (their own checks), nodes (checks of the node)
 *   services  /v1/catalog/services       services (their tags)
 *   nodes     /v1/catalog/nodes          nodes
 *   failing   the checks that do not pass: a small part of them, made and read ten times sooner
 *   keys      /v1/kv/PREFIX?keys         keys that came or went
 *
 * Only what templates can see counts: the output of a check and indexes change all the time. A
 * service's port, meta, weights or address are in none of them: the table of services has another
 * index then, and shows no change. So has the table of keys when a value has changed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/slice.h"
#include "scanner.h"
#include "tally.h"

enum table_kind {
    TABLE_CHECKS,
    TABLE_SERVICES,
    TABLE_NODES,
    TABLE_FAILING,
    TABLE_KEYS,
};
#define N_TABLES 3 /* that show a catalogue: the first ones */

/* "health.state", "catalog.services", "catalog.nodes", "health.failing", "kv.keys" */
const char *table_kind_name(enum table_kind kind);
const char *table_kind_path(enum table_kind kind);

struct table {
    enum table_kind kind;
    struct tally by_service, by_node; /* keys are among the services */
    struct scanner scanner;
    struct arena scratch; /* of the element at hand */
};

/* By table_key() of their names. */
struct table_changes {
    struct keys services, nodes;
};

#define TABLE_CHANGES_NONE ((struct table_changes){ KEYS_EMPTY, KEYS_EMPTY })

void table_changes_fini(struct table_changes *changes);

uint64_t table_key(struct slice name);

void table_init(struct table *table, enum table_kind kind);
void table_fini(struct table *table);

/* A new answer. One that was not read to its end changes nothing. */
void table_begin(struct table *table);
MUST_CHECK bool table_feed(struct table *table, struct slice piece, struct error *err);
/* There is nothing, and so no answer. Adds to *changes what was there. */
void table_end_empty(struct table *table, struct table_changes *changes);
/* The answer is complete. Adds to *changes what it shows to be different. */
MUST_CHECK bool table_end(struct table *table, struct table_changes *changes, struct error *err);
