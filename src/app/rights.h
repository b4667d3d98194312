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

/* Files can be replaced there. A folder that is missing is made later if we may do that: then its
 * parent counts; else, and in a parent that is missing, too, it is a finding. */
void rights_check_folder(const char *user, const char *folder, bool is_made, struct buf *out);
/* The same of the folder that holds the path. */
void rights_check_folder_of(const char *user, const char *path, bool is_made, struct buf *out);
/* A file that is there can be read. */
void rights_check_file(const char *user, const char *path, struct buf *out);
/* The path can be got at: each folder on the way may be searched. True if so. */
bool rights_check_way(const char *user, const char *path, struct buf *out);
/* A line of a checker: absolute paths in it that are there and cannot be read. */
void rights_check_words(const char *user, struct slice line, struct buf *out);
