/* SPDX-License-Identifier: MIT */
/* Base64 with the standard alphabet (RFC 4648, section 4). */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/slice.h"

void base64_encode(struct slice bytes, struct buf *out);
/* Line ends may stand anywhere, padding is required. On failure `out` holds part of the result. */
MUST_CHECK bool base64_decode(struct slice text, struct buf *out);
