/* SPDX-License-Identifier: MIT */
/* Whether we may have systemd reload a unit, without reloading it. */
#pragma once

#include <stdint.h>

#include "base/cleanup.h"
#include "io/loop.h"

struct bus_right;

enum bus_right_answer {
    BUS_RIGHT_YES,
    BUS_RIGHT_NO,
    BUS_RIGHT_UNKNOWN, /* no bus, no systemd, no answer in time */
};

/* Called once, from the loop; it may free the question. */
typedef void (*bus_right_fn)(void *ctx, enum bus_right_answer answer);

/* Never fails here. A unit that does not exist can be asked about, too. */
struct bus_right *bus_right_ask(struct loop *loop, const char *unit, uint64_t timeout_ms,
                                bus_right_fn fn, void *ctx);
void bus_right_free(struct bus_right *right); /* no callback; NULL is fine */
DEFINE_FREEP(struct bus_right, bus_right_free)
