/* SPDX-License-Identifier: MIT */
/* Datacenters that may be missing (consul.optional_datacenters): a question to one of them that
 * gets no first answer for a while counts as answered, with nothing. Once there was an answer it is
 * kept, as every other. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/map.h"
#include "consul/options.h"
#include "io/loop.h"
#include "io/timer.h"

struct document;
struct watch;

struct optional {
    struct loop *loop;
    const struct map *watches; /* the set's */
    /* Nothing is the answer. Takes over the document, as of an answer of Consul's. */
    void (*on_assumed)(void *ctx, struct watch *watch, struct document *doc);
    void *ctx;
    const struct consul_options *options;
    uint64_t patience_ms;
    struct timer timer; /* runs while there is a question to look after */
};

/* The other members are set by the caller. */
void optional_init(struct optional *optional, struct loop *loop);
void optional_fini(struct optional *optional);
/* Questions were added, or the options are others. */
void optional_look(struct optional *optional);
