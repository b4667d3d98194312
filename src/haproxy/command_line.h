/* SPDX-License-Identifier: MIT */
/* Which files a running HAProxy was told to read, by its command line. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/slice.h"

struct command_line {
    struct slice program; /* without its folder */
    const char **files;   /* files and folders, as they are written there */
    size_t n_files;
    bool changes_folder; /* -C: what is relative is so to another folder */
};

/* Arguments end with a NUL byte each, as in /proc/PID/cmdline. Everything lives in the arena. */
void command_line_parse(struct slice arguments, struct arena *arena, struct command_line *ret_line);

/* True if that process is a HAProxy that reads other files than these, or in another order; what
 * it reads is appended. False also where that cannot be known: it is in a container, say. */
bool command_line_differs(uint64_t pid, char *const *files, size_t n_files, struct buf *ret_files);
