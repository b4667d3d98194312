/* SPDX-License-Identifier: MIT */
/* One group's new files: written beside the old ones where nobody sees them, then put in place
 * together.
 *
 * All that usually fails (space, rights, a missing folder) fails while nothing is replaced yet. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "io/file.h"
#include "parcel.h"

struct staged_file {
    struct temp_file temp; /* fd -1: nothing to do, or done */
    struct file_id id;     /* of the new file */
    bool is_changed, is_synced, is_installed;
};

struct stage {
    const struct parcel *parcel; /* borrowed until it is installed or has failed */
    struct staged_file *files;   /* for each of the parcel's */
    size_t n_files;              /* 0: stage_write() was not called */
    size_t n_changed;
    size_t n_installed; /* of these, so far */
};

#define STAGE_NONE ((struct stage){ NULL, NULL, 0, 0, 0 })

/* Writes a temporary file for each text that is not what its destination holds. */
MUST_CHECK bool stage_write(struct stage *stage, const struct parcel *parcel, struct error *err);
/* Has them on the disk, which takes a while and can be done while a checker runs. What the disk did
 * not take once is lost: after an error nothing of this stage may be installed. */
MUST_CHECK bool stage_sync(struct stage *stage, struct error *err);
/* An empty temporary file with the attributes that this one's new file gets. */
MUST_CHECK bool stage_make_temp(const struct parcel_file *file, struct temp_file *ret_temp,
                                struct error *err);
/* Syncs what is not, makes the backups, then renames in order. After a failure the installed files
 * are the new ones, the others still the old ones. */
MUST_CHECK bool stage_install(struct stage *stage, struct error *err);
void stage_fini(struct stage *stage); /* what was not installed is removed */
