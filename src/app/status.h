/* SPDX-License-Identifier: MIT */
/* runtime_dir/status.json: what the daemon is doing, for people's tools; world-readable, no secret
 * in it. Written after changes, at most once a second; removed at the end. */
#pragma once

#include "app/cycle.h"
#include "base/cleanup.h"
#include "io/loop.h"

struct status_file;

/* runtime_dir NULL: no file, and all of this does nothing. The cycle is borrowed. */
struct status_file *status_file_new(struct loop *loop, const char *runtime_dir,
                                    const struct cycle *cycle);
void status_file_free(struct status_file *file);
DEFINE_FREEP(struct status_file, status_file_free)

/* Something that the status tells has changed. */
void status_file_mark(struct status_file *file);
