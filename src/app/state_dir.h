/* SPDX-License-Identifier: MIT */
/* The folder for what outlives the process, and the lock by which one daemon has it for itself. */
#pragma once

#include "base/cleanup.h"
#include "base/error.h"
#include "io/folder.h"

struct state_dir {
    struct folder_lock lock;
    char *path; /* NULL: there is none that can be written to */
};

#define STATE_DIR_NONE ((struct state_dir){ FOLDER_LOCK_NONE, NULL })

/* Makes and locks it; path NULL: none is configured. An error only if another process has it: a
 * folder that cannot be written to is said once, in the log, and done without. */
MUST_CHECK bool state_dir_open(struct state_dir *dir, const char *path, struct error *err);
void state_dir_close(struct state_dir *dir);
