/* SPDX-License-Identifier: MIT */
/* Files read, compared and copied; their folders made. */
#include "io/file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fd.h"
#include "temp_file.h"

#define CHUNK_BYTES 16384

static ssize_t read_again(int fd, void *ptr, size_t size)
{
    ssize_t n;

    do
        n = read(fd, ptr, size);
    while (n < 0 && errno == EINTR);
    return n;
}

/* Without O_NONBLOCK the open of a FIFO waits for a writer. */
#define OPEN_TO_READ (O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

static bool check_regular(int fd, struct stat *ret_stat, struct error *err)
{
    if (fstat(fd, ret_stat) < 0)
        return error_set_errno(err, "fstat");
    if (S_ISDIR(ret_stat->st_mode))
        return error_set(err, ERROR_INVALID, "is a folder");
    if (!S_ISREG(ret_stat->st_mode))
        return error_set(err, ERROR_INVALID, "is not a regular file");
    return true;
}

static bool open_regular(const char *path, int *ret_fd, struct stat *ret_stat, struct error *err)
{
    CLEANUP(fd_close) int fd = open(path, OPEN_TO_READ);

    if (fd < 0)
        return error_set_errno(err, "open");
    if (!check_regular(fd, ret_stat, err))
        return false;
    *ret_fd = fd_take(&fd);
    return true;
}

static bool is_absent(const struct error *err)
{
    return err->code == ERROR_SYSTEM && err->sys_errno == ENOENT;
}

/* Up to one byte more than the limit, so that the last read tells whether it is kept. The size is
 * only where to start: files of /proc say 0. */
static bool read_all(int fd, size_t expected, size_t max_bytes, struct buf *out, struct error *err)
{
    size_t start = out->len;
    size_t room = expected < max_bytes ? expected + 1 : max_bytes + 1;

    for (;;) {
        size_t left = max_bytes - (out->len - start) + 1;

        buf_reserve(out, room);

        ssize_t n = read_again(fd, out->ptr + out->len, left < room ? left : room);

        if (n < 0)
            return error_set_errno(err, "read");
        out->len += (size_t)n;
        out->ptr[out->len] = '\0';
        if (n == 0)
            return true;
        if (out->len - start > max_bytes)
            return error_set(err, ERROR_LIMIT, "larger than the limit of %zu bytes", max_bytes);
        room = CHUNK_BYTES;
    }
}

/* Appends the whole of an open file; nothing if that fails. */
static bool read_whole(int fd, const struct stat *st, size_t max_bytes, struct buf *out,
                       struct error *err)
{
    size_t start = out->len;

    assert(max_bytes < SIZE_MAX);
    if ((uintmax_t)st->st_size > max_bytes)
        return error_set(err, ERROR_LIMIT, "larger than the limit of %zu bytes", max_bytes);
    if (read_all(fd, (size_t)st->st_size, max_bytes, out, err))
        return true;
    out->len = start;
    out->ptr[start] = '\0';
    return false;
}

bool file_read(const char *path, size_t max_bytes, struct buf *out, struct error *err)
{
    CLEANUP(fd_close) int fd = -1;
    struct stat st = { 0 };

    return open_regular(path, &fd, &st, err) && read_whole(fd, &st, max_bytes, out, err);
}

/* The next name of a path; "." and empty ones are none. */
static bool next_name(struct slice *path, struct slice *ret_name)
{
    while (slice_next(path, '/', ret_name)) {
        if (ret_name->len && !slice_is(*ret_name, "."))
            return true;
    }
    return false;
}

/* What follows the folder in a path that begins with it. */
static const char *skip_folder(const char *folder, const char *path)
{
    struct slice wanted, name, folder_rest = slice_from(folder), rest = slice_from(path);

    if ((*folder == '/') != (*path == '/'))
        return NULL;
    while (next_name(&folder_rest, &wanted)) {
        if (!next_name(&rest, &name) || !slice_equal(name, wanted))
            return NULL;
    }
    while (rest.ptr && slice_starts_with(rest, SLICE("/")))
        rest = slice_sub(rest, 1, rest.len);
    return rest.ptr; /* to the end of path, which is terminated; NULL: the folder itself */
}

bool file_read_beneath(const char *folder, const char *path, size_t max_bytes, struct buf *out,
                       struct error *err)
{
    CLEANUP(fd_close) int folder_fd = -1, fd = -1;
    const struct open_how how = { .flags = OPEN_TO_READ,
                                  .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };
    const char *rest = skip_folder(folder, path);
    struct stat st = { 0 };

    if (!rest)
        return error_set(err, ERROR_INVALID, "is not a path below '%s'", folder);
    folder_fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (folder_fd < 0)
        return error_set_errno(err, "open '%s'", folder);
    fd = (int)syscall(SYS_openat2, folder_fd, rest, &how, sizeof(how));
    if (fd < 0 && errno == EXDEV)
        return error_set(err, ERROR_INVALID, "leads out of '%s'", folder);
    if (fd < 0)
        return error_set_errno(err, "open");
    return check_regular(fd, &st, err) && read_whole(fd, &st, max_bytes, out, err);
}

static bool compare_all(int fd, struct slice text, enum file_match *ret_match, struct error *err)
{
    char chunk[CHUNK_BYTES];

    for (;;) {
        ssize_t n = read_again(fd, chunk, sizeof(chunk));

        if (n < 0)
            return error_set_errno(err, "read");
        if (n == 0) {
            *ret_match = text.len == 0 ? FILE_SAME : FILE_DIFFERENT;
            return true;
        }
        if ((size_t)n > text.len || memcmp(chunk, text.ptr, (size_t)n) != 0) {
            *ret_match = FILE_DIFFERENT;
            return true;
        }
        text = slice_sub(text, (size_t)n, text.len);
    }
}

bool file_compare(const char *path, struct slice text, enum file_match *ret_match,
                  struct error *err)
{
    CLEANUP(fd_close) int fd = -1;
    struct stat st = { 0 };

    if (!open_regular(path, &fd, &st, err)) {
        if (!is_absent(err))
            return false;
        *ret_match = FILE_ABSENT;
        return true;
    }
    if ((uintmax_t)st.st_size != text.len) {
        *ret_match = FILE_DIFFERENT;
        return true;
    }
    return compare_all(fd, text, ret_match, err);
}

/* ---- folders ---- */

/* The umask is the whole process's, so this is not for threads that make files; there are none.
 * A chmod afterwards would be a second step, which others can get between. */
static int mkdir_exactly(int dir_fd, const char *name, mode_t mode)
{
    mode_t old_umask = umask(0);
    int r = mkdirat(dir_fd, name, mode);
    int reason = errno;

    umask(old_umask);
    errno = reason;
    return r;
}

/* One step down from *dir_fd, into a folder that is made if there is none. */
static bool enter_folder(int *dir_fd, struct slice name, mode_t mode, struct error *err)
{
    char terminated[NAME_MAX + 1];
    int flags = O_PATH | O_DIRECTORY | O_CLOEXEC;

    if (name.len > NAME_MAX) {
        errno = ENAMETOOLONG;
        return error_set_errno(err, "folder");
    }
    memcpy(terminated, name.ptr, name.len);
    terminated[name.len] = '\0';

    int next = openat(*dir_fd, terminated, flags);

    if (next < 0 && errno == ENOENT) {
        if (mkdir_exactly(*dir_fd, terminated, mode) < 0 && errno != EEXIST)
            return error_set_errno(err, "make folder");
        next = openat(*dir_fd, terminated, flags);
    }
    if (next < 0)
        return error_set_errno(err, "folder");
    close(*dir_fd);
    *dir_fd = next;
    return true;
}

bool file_make_parents(const char *path, mode_t mode, struct error *err)
{
    CLEANUP(fd_close)
    int dir_fd = open(path[0] == '/' ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    const char *last_slash = strrchr(path, '/');
    struct slice rest = slice_of(path, last_slash ? (size_t)(last_slash - path) : 0);
    struct slice name;

    if (dir_fd < 0)
        return error_set_errno(err, "open '%s'", path[0] == '/' ? "/" : ".");
    while (slice_next(&rest, '/', &name)) {
        if (name.len > 0 && !enter_folder(&dir_fd, name, mode, err))
            return error_wrap(err, "'%.*s'", (int)(name.ptr + name.len - path), path);
    }
    return true;
}

/* ---- copies ---- */

static bool copy_all(int fd, struct temp_file *temp, struct error *err)
{
    char chunk[CHUNK_BYTES];

    for (;;) {
        ssize_t n = read_again(fd, chunk, sizeof(chunk));

        if (n < 0)
            return error_set_errno(err, "read");
        if (n == 0)
            return true;
        if (!temp_file_write(temp, slice_of(chunk, (size_t)n), err))
            return false;
    }
}

bool file_backup(const char *path, const char *backup_path, struct error *err)
{
    CLEANUP(temp_file_discard) struct temp_file temp = TEMP_FILE_NONE;
    CLEANUP(fd_close) int fd = -1;
    struct stat st = { 0 };

    if (!open_regular(path, &fd, &st, err))
        return is_absent(err);
    return temp_file_create_like(&temp, backup_path, &st, &FILE_ATTRIBUTES_KEEP, err) &&
           copy_all(fd, &temp, err) && temp_file_sync(&temp, err) && temp_file_rename(&temp, err);
}
