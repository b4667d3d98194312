/* SPDX-License-Identifier: MIT */
/* What /v1/status/leader says. */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/slice.h"

/* A piece of the answer's body; false: it is too long to be one. */
bool leader_take(struct buf *answer, struct slice piece);
/* A JSON string that is not empty: "10.0.0.1:8300". */
bool leader_is_named(struct slice answer);
