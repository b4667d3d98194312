/* SPDX-License-Identifier: MIT */
/* Orphans: who is process 1, as in a container, inherits what others leave behind, and has to take
 * the ended ones away. */
#pragma once

#include "base/cleanup.h"
#include "base/error.h"
#include "io/loop.h"

struct reaper;

/* From now on, each ended child that nobody waits for by loop_add_child() is reaped. */
MUST_CHECK bool reaper_new(struct loop *loop, struct reaper **ret_reaper, struct error *err);
void reaper_free(struct reaper *reaper);
DEFINE_FREEP(struct reaper, reaper_free)
