/* SPDX-License-Identifier: MIT */
/* Files read whole, and files replaced so that every reader sees the old or the new one, never a
 * part.
 *
 * Paths are resolved to a directory descriptor once; all steps after that are relative to it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/slice.h"

/* Error texts do not name the path: the caller knows what the file is to it. */

/* Appends the whole file to a buf. A file larger than max_bytes is an error that states the limit.
 * ERROR_SYSTEM with sys_errno ENOENT when there is none. Refuses what is not a regular file (a FIFO
 * would block the loop). After an error the buf holds what it held before. */
MUST_CHECK bool file_read(const char *path, size_t max_bytes, struct buf *out, struct error *err);

/* The same for a path that begins with the folder's and must not lead out of it: neither by "..",
 * nor by a symbolic link on the way, also one that is swapped in meanwhile (openat2,
 * RESOLVE_BENEATH). */
MUST_CHECK bool file_read_beneath(const char *folder, const char *path, size_t max_bytes,
                                  struct buf *out, struct error *err);

#define FILE_KEEP_MODE  ((mode_t)-1)
#define FILE_KEEP_OWNER ((uid_t)-1)
#define FILE_KEEP_GROUP ((gid_t)-1)

/* The umask plays no part. */
struct file_attributes {
    mode_t mode; /* FILE_KEEP_MODE: the permission bits of the old file, 0644 for a new one */
    uid_t owner; /* FILE_KEEP_OWNER: that of the old file where we may, else ours */
    gid_t group;
};

#define FILE_ATTRIBUTES_KEEP \
    ((struct file_attributes){ FILE_KEEP_MODE, FILE_KEEP_OWNER, FILE_KEEP_GROUP })

/* A new version of a file, beside it under a hidden name, not visible to anyone yet. */
struct temp_file {
    int dir_fd, fd; /* -1: none */
    char *dir_path;
    char *name; /* hidden: ".NAME.edgewright-XXXXXX" */
    char *final_name;
};

#define TEMP_FILE_NONE ((struct temp_file){ -1, -1, NULL, NULL, NULL })

/* Creates it in the folder of `path` with mode and owner already set. A destination that is neither
 * absent, a regular file nor a symbolic link is an error, and so is a link to a folder. A link is
 * replaced itself and what it points to tells mode and owner, as with consul-template. After an
 * error there is nothing to discard. */
MUST_CHECK bool temp_file_create(struct temp_file *temp, const char *path,
                                 const struct file_attributes *attributes, struct error *err);
/* The same, but for a file that others could put a link in the way of: the path and the folder it
 * is in must not be symbolic links, also not ones that are swapped in meanwhile. */
MUST_CHECK bool temp_file_create_unlinked(struct temp_file *temp, const char *path,
                                          const struct file_attributes *attributes,
                                          struct error *err);
/* Where it is for the time being. */
void temp_file_format_path(const struct temp_file *temp, struct buf *out);
MUST_CHECK bool temp_file_write(struct temp_file *temp, struct slice text, struct error *err);
MUST_CHECK bool temp_file_sync(struct temp_file *temp, struct error *err);
/* Puts it in the place of the old file and syncs the folder. A sync that fails is only logged: the
 * new file is what everybody reads from then on, and a caller told otherwise would not act on it.
 */
MUST_CHECK bool temp_file_rename(struct temp_file *temp, struct error *err);
/* For a file that cannot be replaced, as one that is mounted by itself: writes the same text into
 * the old file, and removes the new one. Readers may see a part of it, and after an error or a
 * crash the file may hold one: whoever asks for this must be able to do it again. A file that is
 * not there yet is put in place by a rename. */
MUST_CHECK bool temp_file_overwrite(struct temp_file *temp, struct slice text, struct error *err);
/* Removes what was not renamed, and closes. Nothing to do after a rename. */
void temp_file_discard(struct temp_file *temp);

/* Removes what processes that were killed have left behind for this destination: temporary files
 * and mirrors (io/mirror.h) that nobody uses any more. What cannot be removed stays, without a
 * word.
 */
void temp_file_remove_leftovers(const char *path);

/* All of the above. After an error the old file is untouched and no new one is left behind. */
MUST_CHECK bool file_install(const char *path, struct slice text,
                             const struct file_attributes *attributes, struct error *err);

enum file_match { FILE_ABSENT, FILE_SAME, FILE_DIFFERENT };
/* Compares a file with a text, without reading more than it needs. A link that leads nowhere is
 * absent; what cannot be read or is not a regular file is an error. */
MUST_CHECK bool file_compare(const char *path, struct slice text, enum file_match *ret_match,
                             struct error *err);

/* Which file it is, whatever it is called. */
struct file_id {
    dev_t device;
    ino_t inode;
};

MUST_CHECK bool temp_file_get_id(const struct temp_file *temp, struct file_id *ret_id,
                                 struct error *err); /* before the rename; the same after it */

/* What is at `path`, *ret_exists false: nothing, also no folder. An error if it, or the folder it
 * is in, is a symbolic link. */
MUST_CHECK bool file_look_unlinked(const char *path, bool *ret_exists, struct stat *ret_stat,
                                   struct error *err);
/* Removes the file if it still is that one and no link leads there; otherwise nothing happens and
 * *ret_is_removed is false. */
MUST_CHECK bool file_remove(const char *path, struct file_id id, bool *ret_is_removed,
                            struct error *err);

/* mkdir -p for the folder that holds `path`; new ones get `mode`, whatever the umask is. */
MUST_CHECK bool file_make_parents(const char *path, mode_t mode, struct error *err);
/* Copies a file's present content to `backup_path`, with its mode, and its owner where we may. The
 * copy appears whole or not at all. Fine if there is no file. */
MUST_CHECK bool file_backup(const char *path, const char *backup_path, struct error *err);

/* Owner or group by name or number. May ask the name service: for the start, not for the loop. */
MUST_CHECK bool file_find_user(const char *name, uid_t *ret_uid, struct error *err);
MUST_CHECK bool file_find_group(const char *name, gid_t *ret_gid, struct error *err);
