/* SPDX-License-Identifier: MIT */
/* A file that cannot be replaced, because it is mounted by itself: its content is. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fd.h"
#include "io/file.h"

static bool write_at_start(int fd, struct slice text, struct error *err)
{
    off_t at = 0;

    while (text.len > 0) {
        ssize_t n = pwrite(fd, text.ptr, text.len, at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_set_errno(err, "write");
        at += n;
        text = slice_sub(text, (size_t)n, text.len);
    }
    return ftruncate(fd, at) < 0 ? error_set_errno(err, "truncate") : true;
}

/* All that is known to be impossible is found out while the old text is still whole. */
static bool reserve(int fd, struct slice text, struct error *err)
{
    if (text.len > 0 && fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)text.len) < 0 &&
        errno != EOPNOTSUPP && errno != ENOSYS)
        return error_set_errno(err, "reserve room");
    return true;
}

/* Mode and owner of the temporary file, which has what was asked for; it is the old ones if that
 * was nothing. */
static bool copy_attributes(int fd, const struct stat *old, const struct stat *wanted,
                            struct error *err)
{
    if ((old->st_uid != wanted->st_uid || old->st_gid != wanted->st_gid) &&
        fchown(fd, wanted->st_uid, wanted->st_gid) < 0 && errno != EPERM && errno != EINVAL)
        return error_set_errno(err, "set the owner");
    if ((old->st_mode & 0777) != (wanted->st_mode & 0777) && fchmod(fd, wanted->st_mode & 0777) < 0)
        return error_set_errno(err, "set the mode");
    return true;
}

bool temp_file_overwrite(struct temp_file *temp, struct slice text, struct error *err)
{
    CLEANUP(fd_close)
    int fd = openat(temp->dir_fd, temp->final_name, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    struct stat old, wanted;

    if (fd < 0 && errno == ENOENT)
        return temp_file_rename(temp, err);
    if (fd < 0)
        return error_set_errno(err, "open");
    if (fstat(fd, &old) < 0 || fstat(temp->fd, &wanted) < 0)
        return error_set_errno(err, "fstat");
    if (!S_ISREG(old.st_mode))
        return error_set(err, ERROR_INVALID, "is not a regular file");
    if (!copy_attributes(fd, &old, &wanted, err) || !reserve(fd, text, err) ||
        !write_at_start(fd, text, err))
        return false;
    if (fsync(fd) < 0)
        return error_set_errno(err, "fsync");
    temp_file_discard(temp);
    return true;
}
