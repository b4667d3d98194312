/* SPDX-License-Identifier: MIT */
/* A group's files as its checkers see them: what is staged in the place of what is installed, also
 * where the files name each other.
 *
 * A configuration that names a map of its own group would otherwise be checked against the old map,
 * or, at the first delivery, against none. So where a text names a destination whose file is new,
 * the checker gets a copy of that text that names the staged file; and where a text names one of
 * which there is such a copy, likewise. Names are found as whole words of letters, digits and
 * "_.-/"; a folder that is named does not count. */
#pragma once

#include <stddef.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "io/file.h"
#include "stage.h"

struct view {
    const struct parcel *parcel; /* borrowed */
    char **paths;                /* of each file, for the checker */
    struct temp_file *copies;    /* fd -1: there is none */
    size_t n;
};

#define VIEW_NONE ((struct view){ NULL, NULL, NULL, 0 })

/* Of what stage_write() has written. After an error view_fini() is still due. */
MUST_CHECK bool view_make(struct view *view, const struct stage *stage, struct error *err);
void view_fini(struct view *view); /* the copies are removed */

/* The path for the checker of the file with this destination; NULL: it is not in the group. */
const char *view_find(const struct view *view, struct slice destination);
/* Appends a line of a checker with the destinations in the place of what it was given. */
void view_translate(const struct view *view, struct slice line, struct buf *out);
