/* SPDX-License-Identifier: MIT */
/* A group's files as its checkers see them: what is staged in the place of what is installed, also
 * where the files name each other, or folders of these.
 *
 * A configuration that names a map of its own group would otherwise be checked against the old map,
 * or, at the first delivery, against none. So where a text names a destination whose file is new,
 * the checker gets a copy of that text that names the staged file; and where a text names one of
 * which there is such a copy, likewise. Where a text or a check names a folder in which something
 * is new or will be gone, it gets a mirror of that folder (io/mirror.h); one of which none can be
 * made is seen as it is there, and the log says so. What counts as a name, mentions.h says. */
#pragma once

#include <stddef.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "io/file.h"
#include "io/mirror.h"
#include "mentions.h"
#include "stage.h"

struct view {
    const struct parcel *parcel;       /* borrowed */
    const struct installed *installed; /* the same; what the parcel lacks will be gone; or NULL */
    struct mentions mentions;
    char **paths;             /* of each place, for the checker */
    struct temp_file *copies; /* of each file; fd -1: there is none */
    struct mirror *mirrors;   /* of each folder; fd -1: the same */
    size_t n;                 /* files */
};

#define VIEW_NONE ((struct view){ .mentions = MENTIONS_NONE })

/* Of what stage_write() has written. After an error view_fini() is still due. */
MUST_CHECK bool view_make(struct view *view, const struct stage *stage,
                          const struct installed *installed, struct error *err);
void view_fini(struct view *view); /* copies and mirrors are removed */

/* The path for the checker of the file with this destination, or of this folder; NULL: it is not of
 * the group. */
const char *view_find(const struct view *view, struct slice path);
/* Appends a part of a check with folders as the checker is to see them. Files stay: a check says
 * itself which it means. */
void view_show_folders(const struct view *view, struct slice text,
                       void (*add_path)(void *ctx, const char *path, struct buf *out), void *ctx,
                       struct buf *out);
/* Appends a line of a checker with the destinations in the place of what it was given. */
void view_translate(const struct view *view, struct slice line, struct buf *out);
