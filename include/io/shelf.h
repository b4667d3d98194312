/* SPDX-License-Identifier: MIT */
/* A folder of files that are kept for later, bounded in number and size: 0700, the files 0600, the
 * oldest go first. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/slice.h"

struct shelf_limits {
    size_t n_files;
    uint64_t n_bytes;
};

/* A path in the folder that begins with the time, so that names sort by age: of a file of that
 * name. Two of one microsecond are one. */
void shelf_format_path(const char *folder, const char *name, struct buf *out);
/* Writes a file of a shelf, by such a path, which is made, too; then removes what is beyond the
 * limits, never the new one. */
MUST_CHECK bool shelf_put(const char *path, struct slice text, const struct shelf_limits *limits,
                          struct error *err);
/* Removes all files that are not to be kept. What cannot be removed stays, without a word. */
void shelf_keep_only(const char *folder, bool (*is_kept)(void *ctx, struct slice name), void *ctx);
void shelf_clear(const char *folder);
