/* SPDX-License-Identifier: MIT */
/* Times and durations as text, as Go's time package writes them. All times are UTC. */
#pragma once

#include <stdint.h>
#include <time.h>

#include "base/buf.h"
#include "base/slice.h"

#define MOMENT_UNIX_EPOCH   62135596800 /* seconds from the year 1 to 1970 */
#define MOMENT_RFC3339      SLICE("2006-01-02T15:04:05Z07:00")
#define MOMENT_RFC3339_NANO SLICE("2006-01-02T15:04:05.999999999Z07:00")

/* By a layout, which shows how Monday, January 2, 15:04:05 of 2006 would be written. Everything
 * that is no part of that moment stands for itself; so every text is a layout. */
void moment_add_layout(struct buf *out, struct slice layout, struct timespec time);
void moment_add_default(struct buf *out, struct timespec time);   /* what print writes */
void moment_add_go_syntax(struct buf *out, struct timespec time); /* time.Date(…) */
void moment_add_duration(struct buf *out, int64_t nanoseconds);   /* 1h2m3.5s */
