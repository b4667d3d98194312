/* SPDX-License-Identifier: MIT */
/* systemd over D-Bus: the reload of a unit, and its end. */
#pragma once

#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "io/loop.h"

struct bus_reload;

/* ERROR_NONE: the job is done. Else what has failed, in words, ERROR_UNAVAILABLE. Called once, from
 * the loop; it may free the reload. */
typedef void (*bus_reload_fn)(void *ctx, const struct error *err);

/* Asks the system's manager to reload the unit and waits for the job's end, at most timeout_ms.
 * Never fails here. Needs the right to (polkit: org.freedesktop.systemd1.manage-units). */
struct bus_reload *bus_reload_start(struct loop *loop, const char *unit, uint64_t timeout_ms,
                                    bus_reload_fn fn, void *ctx);
void bus_reload_free(struct bus_reload *reload); /* a job that has begun goes on */
DEFINE_FREEP(struct bus_reload, bus_reload_free)
