/* SPDX-License-Identifier: MIT */
/* What the driver has to know after a crash: which worker runs which files, which steps were being
 * sent, what is left to do. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/slice.h"
#include "haproxy/pending.h"
#include "haproxy/state.h"
#include "haproxy/step.h"

/* One life of HAProxy's process. */
struct worker {
    uint64_t pid;     /* 0: none is known */
    uint64_t started; /* seconds since 1970 */
};

/* `now_s`: the time of the answer, for a HAProxy that tells only how long it runs. */
struct worker worker_from(const struct haproxy_info *info, uint64_t now_s);
bool worker_equal(struct worker a, struct worker b);

struct memory {
    struct worker worker;
    uint64_t files;     /* the hash of what it was brought to, or is being brought to */
    bool is_applying;   /* the steps were about to be sent, some of them were, or all */
    bool owes_reload;   /* its structure is that of earlier files */
    struct arena arena; /* of the steps */
    struct haproxy_step *steps;
    size_t n_steps;
    struct pending_list pending;
};

#define MEMORY_EMPTY ((struct memory){ .arena = ARENA_EMPTY, .pending = PENDING_LIST_EMPTY })

void memory_fini(struct memory *memory); /* it is MEMORY_EMPTY afterwards */
/* Copies steps; forgets the earlier ones. */
void memory_set_steps(struct memory *memory, const struct haproxy_step *steps, size_t n);

void memory_format(const struct memory *memory, uint64_t now_ms, struct buf *out);
/* The memory has to be empty. After an error it is. */
MUST_CHECK bool memory_parse(struct slice text, uint64_t now_ms, struct memory *memory,
                             struct error *err);
