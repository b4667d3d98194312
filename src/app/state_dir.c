/* SPDX-License-Identifier: MIT */
/* The folder for what outlives the process. */
#include "state_dir.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"

#define STATE_DIR_MODE 0700

bool state_dir_open(struct state_dir *dir, const char *path, struct error *err)
{
    enum folder_lock_outcome outcome;
    struct error own = ERROR_EMPTY;
    pid_t holder = 0;

    if (!path) {
        log_info("no state_dir is configured: nothing of what is owed outlives this process");
        return true;
    }
    if (!folder_make(path, STATE_DIR_MODE, &own) ||
        !folder_lock_take(&dir->lock, path, &outcome, &holder, &own)) {
        log_warn("state_dir '%s': %s; going on without it", path, own.text);
        return true;
    }
    switch (outcome) {
    case FOLDER_LOCK_TAKEN: dir->path = memory_copy_string(path); return true;
    case FOLDER_LOCK_HELD:
        return error_set(err, ERROR_INVALID, "state_dir '%s': process %ld uses it", path,
                         (long)holder);
    }
    return true;
}

void state_dir_close(struct state_dir *dir)
{
    folder_lock_release(&dir->lock);
    free(TAKE(dir->path));
}
