/* SPDX-License-Identifier: MIT */
/* Snapshots: answers to questions in one JSON document,
 *
 *   {"version": 1, "taken": "2026-01-31T12:00:00Z", "from": "http://127.0.0.1:8500",
 *    "entries": [{"question": "health.service(web)", "index": 17, "answer": [...]}]}
 *
 * with the questions as logs and status call them and the answers in the shape of Consul's HTTP
 * API. The daemon writes them, `record` does, and people may. Everything but `entries` may be
 * missing where people write. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/map.h"
#include "base/slice.h"
#include "data/dep.h"
#include "data/document.h"

/* What is said of an answer besides it. */
struct snapshot_facts {
    uint64_t index;
    uint64_t most;       /* instances that there were lately; 0: not said */
    uint64_t held_since; /* a guard holds some of them, seconds since 1970; 0: none does */
};

struct snapshot_entry {
    struct slice question, answer; /* answer: JSON */
    struct snapshot_facts facts;
    unsigned line, column; /* of the answer */
};

/* All texts but those with escapes are parts of the text that was read. */
struct snapshot {
    struct arena arena;
    struct slice taken, from, machine;
    struct map by_question; /* of struct snapshot_entry */
};

#define SNAPSHOT_EMPTY ((struct snapshot){ .arena = ARENA_EMPTY, .by_question = MAP_EMPTY })

void snapshot_fini(struct snapshot *snapshot);
/* The text is borrowed and must outlive the snapshot. Every answer is tried; `name` is what errors
 * call the text. The snapshot is empty before, and after an error. */
MUST_CHECK bool snapshot_parse(const char *name, struct slice text, struct snapshot *snapshot,
                               struct error *err);
/* The answer to a question; ERROR_NONE and false: it is not in it. */
MUST_CHECK bool snapshot_find(const struct snapshot *snapshot, const struct dep *dep,
                              struct document **ret_doc, struct error *err);

/* NULL: it is not in it. */
const struct snapshot_entry *snapshot_get(const struct snapshot *snapshot, const struct dep *dep);

/* Writing: a head, entries, an end. taken is in seconds since 1970; machine NULL: not said. */
void snapshot_begin(struct buf *out, int64_t taken, const char *from, const char *machine);
/* root NULL: there is no such thing. */
void snapshot_add(struct buf *out, const struct dep *dep, const struct snapshot_facts *facts,
                  const struct value *root);
void snapshot_end(struct buf *out);
