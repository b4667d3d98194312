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
#include "base/slice.h"
#include "delivery/options.h"
#include "io/file.h"

struct stage {
    const struct delivery_options *options; /* borrowed */
    struct temp_file *temps;                /* for each file; with fd -1: its text is the same */
    bool *is_changed;
    size_t n_changed;
    size_t n_installed; /* of these, so far */
};

#define STAGE_NONE ((struct stage){ NULL, NULL, NULL, 0, 0 })

/* Writes and syncs a temporary file for each text that is not what its destination holds. */
MUST_CHECK bool stage_write(struct stage *stage, const struct delivery_options *options,
                            const struct slice *texts, struct error *err);
/* Makes the backups, then renames in order; is_installed[i] becomes true for each that was. After a
 * failure these are the new ones, the others still the old ones. */
MUST_CHECK bool stage_install(struct stage *stage, bool *is_installed, struct error *err);
void stage_fini(struct stage *stage); /* what was not installed is removed */
