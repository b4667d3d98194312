/* SPDX-License-Identifier: MIT */
/* Folders of our own, and their lock. */
#include "io/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/slice.h"
#include "fd.h"
#include "io/file.h"

#define PARENTS_MODE 0755
#define LOCK_MODE    0600
#define PID_BYTES    32

static bool set_mode(const char *path, mode_t mode, struct error *err)
{
    CLEANUP(fd_close) int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0)
        return error_set_errno(err, "open");
    return fchmod(fd, mode) == 0 || error_set_errno(err, "fchmod");
}

static bool check_folder(const char *path, struct error *err)
{
    struct stat st;

    if (stat(path, &st) < 0)
        return error_set_errno(err, "stat");
    return S_ISDIR(st.st_mode) || error_set(err, ERROR_INVALID, "is not a folder");
}

bool folder_make(const char *path, mode_t mode, struct error *err)
{
    if (!file_make_parents(path, PARENTS_MODE, err))
        return false;
    if (mkdir(path, mode) == 0)
        return set_mode(path, mode, err);
    return errno == EEXIST ? check_folder(path, err) : error_set_errno(err, "mkdir");
}

/* Who holds it has written this; a moment after the lock was taken perhaps not yet. */
static pid_t read_holder(int fd)
{
    char text[PID_BYTES];
    ssize_t n = pread(fd, text, sizeof(text), 0);
    uint64_t pid;

    if (n <= 0)
        return 0;

    struct slice line = slice_trim(slice_of(text, (size_t)n));

    return slice_parse_u64(line, INT32_MAX, &pid) ? (pid_t)pid : 0;
}

static bool write_holder(int fd, struct error *err)
{
    char text[PID_BYTES];
    int n = snprintf(text, sizeof(text), "%ld\n", (long)getpid());

    if (ftruncate(fd, 0) < 0)
        return error_set_errno(err, "ftruncate");
    return pwrite(fd, text, (size_t)n, 0) == n || error_set_errno(err, "write");
}

bool folder_lock_take(struct folder_lock *lock, const char *path,
                      enum folder_lock_outcome *ret_outcome, pid_t *ret_holder, struct error *err)
{
    CLEANUP(buf_fini) struct buf name = BUF_EMPTY;

    buf_printf(&name, "%s/lock", path);

    CLEANUP(fd_close)
    int fd = open(name.ptr, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
                  LOCK_MODE);

    if (fd < 0)
        return error_set_errno(err, "open 'lock'");
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        if (errno != EWOULDBLOCK)
            return error_set_errno(err, "flock");
        *ret_holder = read_holder(fd);
        *ret_outcome = FOLDER_LOCK_HELD;
        return true;
    }
    if (!write_holder(fd, err))
        return false;
    lock->fd = fd_take(&fd);
    *ret_outcome = FOLDER_LOCK_TAKEN;
    return true;
}

void folder_lock_release(struct folder_lock *lock)
{
    fd_close(&lock->fd);
}
