/* SPDX-License-Identifier: MIT */
/* A library to be preloaded: counts the calls that a process makes for files and other processes,
 * and has one of them fail.
 *
 * $FAIL_NTH names a file that holds a struct control, shared with whoever tests: it says which call
 * fails with which error, and what it was. Sockets and standard streams are left alone, and so are
 * children. */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

struct control {
    uint32_t nth;     /* from 1 on, of the calls since that was written; 0: none */
    uint32_t error;   /* errno */
    uint32_t n_calls; /* so far; written by both */
    uint32_t has_failed;
    char call[112]; /* the one that did */
};

static volatile struct control *control;

/* The next definition of a function, the real one. */
#define REAL(name) ((__typeof__(&(name)))find_real(#name))

static void *find_real(const char *name)
{
    void *real = dlsym(RTLD_NEXT, name);

    if (!real)
        abort();
    return real;
}

__attribute__((constructor)) static void find_control(void)
{
    if (strcmp(program_invocation_short_name, "edgewright") != 0)
        return; /* what starts it */

    const char *path = getenv("FAIL_NTH");
    int fd = path ? REAL(open)(path, O_RDWR | O_CLOEXEC) : -1;
    void *shared = MAP_FAILED;

    if (fd >= 0) {
        shared = mmap(NULL, sizeof(*control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        close(fd);
    }
    if (shared == MAP_FAILED)
        abort();
    control = shared;
    unsetenv("LD_PRELOAD"); /* children do not count */
}

static bool must_fail(const char *call, const char *path)
{
    if (!control || control->nth == 0 || control->has_failed)
        return false;
    if (++control->n_calls != control->nth)
        return false;

    char text[sizeof(control->call)];

    snprintf(text, sizeof(text), "%s(%s)", call, path ? path : "");
    for (size_t i = 0; i < sizeof(text); i++)
        control->call[i] = text[i];
    control->has_failed = 1;
    errno = (int)control->error;
    return true;
}

/* A file or a pipe, and none of the standard streams. */
static bool is_ours(int fd)
{
    int before = errno;
    struct stat st;
    bool is = fd > STDERR_FILENO && REAL(fstat)(fd, &st) == 0 &&
              (S_ISREG(st.st_mode) || S_ISFIFO(st.st_mode));

    errno = before;
    return is;
}

#define RETURN_REAL(name, parameters, arguments, path)             \
    int name parameters;                                           \
    int name parameters                                            \
    {                                                              \
        return must_fail(#name, path) ? -1 : REAL(name) arguments; \
    }

RETURN_REAL(fsync, (int fd), (fd), NULL)
RETURN_REAL(rename, (const char *from, const char *to), (from, to), to)
RETURN_REAL(renameat, (int from_fd, const char *from, int to_fd, const char *to),
            (from_fd, from, to_fd, to), to)
RETURN_REAL(unlink, (const char *path), (path), path)
RETURN_REAL(unlinkat, (int fd, const char *path, int flags), (fd, path, flags), path)
RETURN_REAL(mkdir, (const char *path, mode_t mode), (path, mode), path)
RETURN_REAL(mkdirat, (int fd, const char *path, mode_t mode), (fd, path, mode), path)
RETURN_REAL(fchown, (int fd, uid_t uid, gid_t gid), (fd, uid, gid), NULL)
RETURN_REAL(fchmod, (int fd, mode_t mode), (fd, mode), NULL)
RETURN_REAL(fstat, (int fd, struct stat *st), (fd, st), NULL)
RETURN_REAL(fstatat, (int fd, const char *path, struct stat *st, int flags), (fd, path, st, flags),
            path)
RETURN_REAL(lstat, (const char *path, struct stat *st), (path, st), path)
RETURN_REAL(stat, (const char *path, struct stat *st), (path, st), path)
RETURN_REAL(flock, (int fd, int operation), (fd, operation), NULL)
RETURN_REAL(ftruncate, (int fd, off_t length), (fd, length), NULL)
RETURN_REAL(pipe2, (int fds[2], int flags), (fds, flags), NULL)
RETURN_REAL(inotify_add_watch, (int fd, const char *path, uint32_t mask), (fd, path, mask), path)
RETURN_REAL(fsetxattr, (int fd, const char *name, const void *value, size_t size, int flags),
            (fd, name, value, size, flags), name)

DIR *opendir(const char *path)
{
    return must_fail("opendir", path) ? NULL : REAL(opendir)(path);
}

ssize_t fgetxattr(int fd, const char *name, void *value, size_t size)
{
    return must_fail("fgetxattr", name) ? -1 : REAL(fgetxattr)(fd, name, value, size);
}

ssize_t getxattr(const char *path, const char *name, void *value, size_t size)
{
    return must_fail("getxattr", path) ? -1 : REAL(getxattr)(path, name, value, size);
}

ssize_t read(int fd, void *to, size_t size)
{
    return is_ours(fd) && must_fail("read", NULL) ? -1 : REAL(read)(fd, to, size);
}

ssize_t write(int fd, const void *from, size_t size)
{
    return is_ours(fd) && must_fail("write", NULL) ? -1 : REAL(write)(fd, from, size);
}

ssize_t pwrite(int fd, const void *from, size_t size, off_t at)
{
    return is_ours(fd) && must_fail("pwrite", NULL) ? -1 : REAL(pwrite)(fd, from, size, at);
}

int epoll_ctl(int epoll_fd, int operation, int fd, struct epoll_event *event)
{
    struct stat st;
    bool is_counted =
        operation == EPOLL_CTL_ADD && REAL(fstat)(fd, &st) == 0 && !S_ISSOCK(st.st_mode);

    return is_counted && must_fail("epoll_ctl", NULL)
               ? -1
               : REAL(epoll_ctl)(epoll_fd, operation, fd, event);
}

static mode_t take_mode(int flags, va_list list)
{
    return flags & O_CREAT ? va_arg(list, mode_t) : 0;
}

int open(const char *path, int flags, ...)
{
    va_list list;

    va_start(list, flags);

    mode_t mode = take_mode(flags, list);

    va_end(list);
    return must_fail("open", path) ? -1 : REAL(open)(path, flags, mode);
}

int openat(int fd, const char *path, int flags, ...)
{
    va_list list;

    va_start(list, flags);

    mode_t mode = take_mode(flags, list);

    va_end(list);
    return must_fail("openat", path) ? -1 : REAL(openat)(fd, path, flags, mode);
}

/* What open() is where the compiler has checked it. */
int __open_2(const char *path, int flags);
int __open_2(const char *path, int flags)
{
    return open(path, flags);
}

int __openat_2(int fd, const char *path, int flags);
int __openat_2(int fd, const char *path, int flags)
{
    return openat(fd, path, flags);
}

int posix_spawnp(pid_t *restrict pid, const char *restrict file,
                 const posix_spawn_file_actions_t *restrict actions,
                 const posix_spawnattr_t *restrict attributes, char *const argv[restrict],
                 char *const envp[restrict])
{
    return must_fail("posix_spawnp", file)
               ? (int)control->error
               : REAL(posix_spawnp)(pid, file, actions, attributes, argv, envp);
}

/* Only those that libc has no function for, on some system that we run on. */
long syscall(long number, ...)
{
    long words[6];
    va_list list;

    va_start(list, number);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        words[i] = va_arg(list, long);
    va_end(list);
    if ((number == SYS_pidfd_open || number == SYS_openat2) &&
        must_fail(number == SYS_pidfd_open ? "pidfd_open" : "openat2", NULL))
        return -1;
    return REAL(syscall)(number, words[0], words[1], words[2], words[3], words[4], words[5]);
}
