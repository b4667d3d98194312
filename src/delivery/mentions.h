/* SPDX-License-Identifier: MIT */
/* Which files of a group, and which folders of these, texts and checks name.
 *
 * Names are found as whole words of letters, digits and "_.-/", a folder's also with slashes at its
 * end. Where a folder is, or is in, a symbolic link, the path behind it is another name of the
 * same. The root is no folder that counts: a slash alone means too many other things. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/map.h"
#include "base/slice.h"
#include "installed.h"
#include "parcel.h"

/* A place is a file of the parcel, by its number, or behind these a folder of one. */
struct mentions {
    struct map places; /* path -> its number, plus one */
    size_t n_files;
    char **folders; /* that hold a file, or another folder of these */
    size_t n_folders, cap_folders;
    char **aliases; /* paths behind links */
    size_t n_aliases, cap_aliases;
    bool *grid; /* a row for each file, then one for all checks; a column for each place */
};

#define MENTIONS_NONE ((struct mentions){ .places = MAP_EMPTY })

/* removed: files that will be gone, whose folders count, too; NULL: none. */
void mentions_init(struct mentions *mentions, const struct parcel *parcel,
                   const struct installed *removed);
void mentions_fini(struct mentions *mentions);

/* The place with exactly this path. */
bool mentions_find(const struct mentions *mentions, struct slice path, size_t *ret_place);
size_t mentions_count_places(const struct mentions *mentions);
/* Row n_files is that of the checks. */
bool mentions_name(const struct mentions *mentions, size_t row, size_t place);
/* Whether the file is in the folder or in one of its folders. */
bool mentions_is_in(const struct mentions *mentions, const char *path, size_t folder);

/* The next word of a text that names a place: what is before it, and what of the word is slashes
 * behind a folder's name. False at the end, where only ret_before has something. */
bool mentions_next(const struct mentions *mentions, struct slice *rest, struct slice *ret_before,
                   size_t *ret_place, struct slice *ret_slashes);
/* The next word that may be a path. */
bool mentions_next_word(struct slice *rest, struct slice *ret_before, struct slice *ret_word);
