/* SPDX-License-Identifier: MIT */
/* The smallest parts of a TOML document. */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"

/* In double quotes; what comes behind LIMIT_OUTPUT_BYTES is left out. */
void toml_add_quoted(struct buf *out, struct slice text);
/* One part of a key, in quotes if it must be. */
void toml_add_key(struct buf *out, struct slice key);
void toml_add_double(struct buf *out, double number); /* never without a point */
void toml_add_duration(struct buf *out, int64_t nanoseconds);
