/* SPDX-License-Identifier: MIT */
/* A point in time as Consul writes it: RFC 3339, "2024-05-01T12:00:00.5Z". */
#pragma once

#include <stdbool.h>
#include <time.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/slice.h"

MUST_CHECK bool moment_parse(struct slice text, struct timespec *ret_time);
/* In UTC; reads as the same again. */
void moment_format(const struct timespec *time, struct buf *out);
