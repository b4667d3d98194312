/* SPDX-License-Identifier: MIT */
/* Which of some datacenters answer: `datacenters true` leaves out those that do not. */
#pragma once

#include <stdint.h>

#include "agent.h"
#include "base/cleanup.h"
#include "data/document.h"

struct probe;

/* doc: those of the list that answered, in its order; the callback's reference. The callback may
 * free the probe. */
typedef void (*probe_fn)(void *ctx, struct document *doc);

/* The list is the document of DEP_CATALOG_DATACENTERS; the caller keeps its reference. */
struct probe *probe_start(struct agent *agent, const struct document *datacenters,
                          uint64_t timeout_ms, probe_fn fn, void *ctx);
void probe_free(struct probe *probe); /* no callback any more; NULL is fine */
DEFINE_FREEP(struct probe, probe_free)
