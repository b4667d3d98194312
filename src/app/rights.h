/* SPDX-License-Identifier: MIT */
/* What our user may do with files and folders, and the exact fix for what it may not.
 *
 * Nothing is touched. What is missing is appended to `out`, one finding a line; nothing if all is
 * well. `user` is for the text: see rights_add_user(). */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/slice.h"

/* The name of the user that we act as, or its number. May ask the name service. */
void rights_add_user(struct buf *out);

enum rights_missing {
    RIGHTS_MISSING_COUNTS,  /* a folder that is missing is a finding */
    RIGHTS_MISSING_IS_MADE, /* it will be made: the nearest one that is there counts */
    RIGHTS_MISSING_IS_FINE, /* nothing can be said of it */
};

/* Files can be replaced there. */
void rights_check_folder(const char *user, const char *folder, enum rights_missing missing,
                         struct buf *out);
/* The same of the folder that holds the path. */
void rights_check_folder_of(const char *user, const char *path, enum rights_missing missing,
                            struct buf *out);
/* A file that is there can be read. */
void rights_check_file(const char *user, const char *path, struct buf *out);
/* The path can be got at: each folder on the way may be searched. True if so. */
bool rights_check_way(const char *user, const char *path, struct buf *out);
/* A line of HAProxy's about a file that it cannot use: what is there and cannot be read. Other
 * lines are passed over. */
void rights_check_words(const char *user, struct slice line, struct buf *out);
