/* SPDX-License-Identifier: MIT */
/* Folders of our own, and the lock by which one process has one for itself. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "base/error.h"

/* Makes the folder with that mode, its parents with 0755, whatever the umask is. One that is there
 * already stays as it is. */
MUST_CHECK bool folder_make(const char *path, mode_t mode, struct error *err);

/* Held until it is released, or the process ends, however that happens. */
struct folder_lock {
    int fd; /* -1: not held */
};

#define FOLDER_LOCK_NONE ((struct folder_lock){ -1 })

enum folder_lock_outcome {
    FOLDER_LOCK_TAKEN,
    FOLDER_LOCK_HELD, /* by another process */
};

/* Locks PATH/lock, which holds the process id of whoever has it. ret_holder: with FOLDER_LOCK_HELD
 * that process's id; 0 if it cannot be known. */
MUST_CHECK bool folder_lock_take(struct folder_lock *lock, const char *path,
                                 enum folder_lock_outcome *ret_outcome, pid_t *ret_holder,
                                 struct error *err);
void folder_lock_release(struct folder_lock *lock); /* nothing to do if it is not held */
