/* SPDX-License-Identifier: MIT */
/* Temporary files, and mirrors of folders, whose makers were killed. */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "fd.h"
#include "mirror.h"
#include "temp_file.h"

/* A writer locks its file right after it has made it; that moment must have passed. */
#define LEAST_AGE_SECONDS 10

/* Nobody writes to it: whoever does has locked it. A file system without locks keeps what it has.
 */
static bool is_abandoned(int dir_fd, const char *name, bool *ret_is_mirror)
{
    CLEANUP(fd_close)
    int fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0)
        return false;
    *ret_is_mirror = S_ISDIR(st.st_mode);
    return (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)) &&
           st.st_mtime + LEAST_AGE_SECONDS < time(NULL) && flock(fd, LOCK_EX | LOCK_NB) == 0;
}

static void remove_leftover(int dir_fd, const char *name)
{
    bool is_mirror;

    if (!is_abandoned(dir_fd, name, &is_mirror))
        return;
    if (is_mirror)
        mirror_remove(dir_fd, name);
    else
        unlinkat(dir_fd, name, 0);
}

void temp_file_remove_leftovers(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash ? slice_to_string(slice_of(path, (size_t)(slash - path) + 1)) : NULL;
    DIR *dir = opendir(folder ? folder : ".");
    const struct dirent *entry;

    free(folder);
    if (!dir)
        return;
    while ((entry = readdir(dir)) != NULL) {
        if (temp_file_is_name_of(entry->d_name, slash ? slash + 1 : path))
            remove_leftover(dirfd(dir), entry->d_name);
    }
    closedir(dir);
}
