/* SPDX-License-Identifier: MIT */
/* Base64 (RFC 4648), always padded. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/slice.h"

struct base64_alphabet;

extern const struct base64_alphabet base64_standard; /* + / */
extern const struct base64_alphabet base64_url;      /* - _ */

size_t base64_encoded_len(size_t n_bytes);
void base64_encode_with(const struct base64_alphabet *alphabet, struct slice bytes,
                        struct buf *out);
/* Line ends may stand anywhere, padding is required. On failure `out` holds part of the result, and
 * *ret_bad_at is the offset of what does not belong there, or of the group that the end cuts. */
MUST_CHECK bool base64_decode_with(const struct base64_alphabet *alphabet, struct slice text,
                                   struct buf *out, size_t *ret_bad_at);

/* The same with the standard alphabet. */
void base64_encode(struct slice bytes, struct buf *out);
MUST_CHECK bool base64_decode(struct slice text, struct buf *out);
