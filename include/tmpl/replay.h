/* SPDX-License-Identifier: MIT */
/* What the last render of a template wrote for the elements of its ranges, and what each of these
 * pieces was made of. The next render repeats a piece if nothing of that has changed, so that its
 * work follows the change and not the catalogue. What it writes, asks and counts is the same.
 *
 * Only whole runs through a range's body are repeated, where the body asks questions and has no
 * effect but its output; a template that shows what health checks print is not repeated at all,
 * since an answer is the same to everybody else when only that has changed. */
#pragma once

#include <stddef.h>

#include "base/cleanup.h"

struct replay;

/* max_bytes: of what it keeps of one render. A text that is longer is forgotten, and of pieces
 * those that come last. */
struct replay *replay_new(size_t max_bytes);
void replay_free(struct replay *replay);
DEFINE_FREEP(struct replay, replay_free)

/* Of the last render: how many pieces it has repeated, and how many it has remembered in all. */
size_t replay_count_repeated(const struct replay *replay);
size_t replay_count_pieces(const struct replay *replay);
