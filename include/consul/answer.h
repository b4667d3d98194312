/* SPDX-License-Identifier: MIT */
/* Answers as text, in the shape of Consul's HTTP API: what snapshots keep. */
#pragma once

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/slice.h"
#include "data/dep.h"
#include "data/document.h"

/* Appends JSON that answer_decode() reads as the same; root NULL: there is no such thing. Not for
 * DEP_FILE, which is not Consul's. */
void answer_encode(const struct dep *dep, const struct value *root, struct buf *out);
/* *ret_doc is NULL for what does not exist. An element that cannot be read is an error here: nobody
 * but us or the operator wrote it. */
MUST_CHECK bool answer_decode(const struct dep *dep, struct slice json, struct document **ret_doc,
                              struct error *err);
