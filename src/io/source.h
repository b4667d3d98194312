/* SPDX-License-Identifier: MIT */
/* What is behind a loop_source, for the files of io/ that make their own kinds. */
#pragma once

#include <stdint.h>
#include <systemd/sd-event.h>

#include "io/loop.h"

struct loop_source {
    struct loop *loop;
    sd_event_source *event_source; /* NULL: deferred */
    union {
        loop_io_fn io;
        loop_signal_fn signal;
        loop_child_fn child;
        loop_fn plain;
    } fn;
    void *ctx;
    bool is_child;

    /* Deferred only: its place among those that are armed, and the turn after which it is due. */
    struct loop_source *next, *prev;
    uint64_t turn;
    bool is_armed;
};

/* A source that is off until source_start_at(). Aborts where sd-event has no memory for it. */
struct loop_source *source_new_time(struct loop *loop, loop_fn fn, void *ctx);
void source_start_at(struct loop_source *source, uint64_t time_us, uint64_t accuracy_us);
void source_stop(struct loop_source *source);

/* For what brings its own sources, as sd-bus does. */
sd_event *loop_get_event(struct loop *loop);
