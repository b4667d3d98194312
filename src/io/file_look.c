/* SPDX-License-Identifier: MIT */
/* Files where others could have put a link in the way: looked at and removed without following it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "fd.h"
#include "io/file.h"

/* The folder of a path, held by a descriptor; -1: there is none. */
static bool open_folder(const char *path, int *ret_fd, const char **ret_name, struct error *err)
{
    CLEANUP(buf_fini) struct buf folder = BUF_EMPTY;
    CLEANUP(fd_close) int fd = -1;
    const char *slash = strrchr(path, '/');
    struct stat st;

    *ret_name = slash ? slash + 1 : path;
    buf_add(&folder, !slash          ? SLICE(".")
                     : slash == path ? SLICE("/")
                                     : slice_of(path, (size_t)(slash - path)));
    fd = open(folder.ptr, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) {
        *ret_fd = -1;
        return true;
    }
    if (fd < 0 || fstat(fd, &st) < 0)
        return error_set_errno(err, "folder '%s'", folder.ptr);
    if (S_ISLNK(st.st_mode))
        return error_set(err, ERROR_INVALID, "folder '%s' is a symbolic link", folder.ptr);
    if (!S_ISDIR(st.st_mode))
        return error_set(err, ERROR_INVALID, "'%s' is not a folder", folder.ptr);
    *ret_fd = fd_take(&fd);
    return true;
}

static bool look(int dir_fd, const char *name, bool *ret_exists, struct stat *ret_stat,
                 struct error *err)
{
    *ret_exists = false;
    if (dir_fd < 0)
        return true;
    if (fstatat(dir_fd, name, ret_stat, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? true : error_set_errno(err, "stat");
    if (S_ISLNK(ret_stat->st_mode))
        return error_set(err, ERROR_INVALID, "is a symbolic link");
    *ret_exists = true;
    return true;
}

bool file_look_unlinked(const char *path, bool *ret_exists, struct stat *ret_stat,
                        struct error *err)
{
    CLEANUP(fd_close) int dir_fd = -1;
    const char *name;

    return open_folder(path, &dir_fd, &name, err) && look(dir_fd, name, ret_exists, ret_stat, err);
}

/* A removal that a power failure undoes is made again by nobody, but harms little: not an error. */
static void sync_folder(int dir_fd)
{
    CLEANUP(fd_close) int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0)
        (void)fsync(fd);
}

bool file_remove(const char *path, struct file_id id, bool *ret_is_removed, struct error *err)
{
    CLEANUP(fd_close) int dir_fd = -1;
    struct stat st = { 0 };
    const char *name;
    bool exists;

    *ret_is_removed = false;
    if (!open_folder(path, &dir_fd, &name, err) || !look(dir_fd, name, &exists, &st, err))
        return err->code == ERROR_INVALID; /* a link is not that file */
    if (!exists || st.st_dev != id.device || st.st_ino != id.inode)
        return true;
    if (unlinkat(dir_fd, name, 0) < 0)
        return error_set_errno(err, "unlink");
    sync_folder(dir_fd);
    *ret_is_removed = true;
    return true;
}
