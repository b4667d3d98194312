/* SPDX-License-Identifier: MIT */
/* A folder as it will be: a hidden folder full of links to what is there, except that some of it
 * leads elsewhere and some is left out. Nothing is copied, and nothing that is there is touched.
 *
 * Temporary files of ours are left out: whoever reads all of a folder would take them for more. */
#pragma once

#include <stddef.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "io/file.h"

/* What is not as it is there. */
struct mirror_change {
    const char *path;   /* absolute, in the folder or a folder of it */
    const char *target; /* what is found there, absolute; NULL: nothing is */
};

struct mirror {
    int parent_fd, fd; /* -1: none */
    char *parent, *name;
};

#define MIRROR_NONE ((struct mirror){ -1, -1, NULL, NULL })

/* In the folder of a temporary file, where we may write; the other one is absolute and need not be
 * there. After an error there is nothing to discard. */
MUST_CHECK bool mirror_make(struct mirror *mirror, const struct temp_file *beside,
                            const char *folder, const struct mirror_change *changes,
                            size_t n_changes, struct error *err);
void mirror_format_path(const struct mirror *mirror, struct buf *out);
void mirror_discard(struct mirror *mirror); /* what cannot be removed stays, without a word */
