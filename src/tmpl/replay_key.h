/* SPDX-License-Identifier: MIT */
/* Values as bytes: the same bytes for equal values only. For comparison within one process. */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "data/value.h"

/* Appends them. False for a value that is not to be told apart so: one that can change, or that
 * takes more than a thousand bytes; what was appended until then is there. */
bool replay_add_key(struct buf *out, const struct value *value);
