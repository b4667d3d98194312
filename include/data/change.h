/* SPDX-License-Identifier: MIT */
/* What has changed between two answers to a question, in words: "web: +2 -1 instances (…)". */
#pragma once

#include "base/buf.h"
#include "data/dep.h"

struct document;

/* NULL: there was, or is, no such thing. Of a service's instances those are counted that pass their
 * checks; the first few are named by their addresses, with what has become of them. What comes from
 * the catalogue is made of printable ASCII here. */
void change_describe(const struct dep *dep, const struct document *before,
                     const struct document *after, struct buf *out);
