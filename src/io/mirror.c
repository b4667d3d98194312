/* SPDX-License-Identifier: MIT */
/* A folder as it will be. */
#include "mirror.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/map.h"
#include "base/memory.h"
#include "fd.h"
#include "temp_file.h"

#define FOLDER_MODE 0755 /* checkers may run as somebody else; what is linked to has modes, too */

/* --- Filling --------------------------------------------------------------------------------- */

struct filling {
    const struct mirror_change *changes;
    size_t n_changes;
    size_t n_entries; /* made so far */
};

/* What is below the folder; the path in it. */
static bool find_below(const struct mirror_change *change, struct slice folder,
                       struct slice *ret_rest)
{
    struct slice path = slice_from(change->path);

    if (!slice_starts_with(path, folder) || path.len <= folder.len + 1 ||
        path.ptr[folder.len] != '/')
        return false;
    *ret_rest = slice_sub(path, folder.len + 1, path.len);
    return true;
}

static bool count_entry(struct filling *filling, struct error *err)
{
    return ++filling->n_entries <= LIMIT_MIRROR_ENTRIES ||
           error_set(err, ERROR_LIMIT, "more than %u entries, the limit", LIMIT_MIRROR_ENTRIES);
}

static bool add_link(struct filling *filling, int fd, struct slice name, const char *target,
                     struct error *err)
{
    char *copy = slice_to_string(name);
    bool is_ok = count_entry(filling, err) && (symlinkat(target, fd, copy) == 0 ||
                                               error_set_errno(err, "make the link '%s'", copy));

    free(copy);
    return is_ok;
}

/* All that is there but what is changed, or holds something that is. */
static bool link_entries(struct filling *filling, DIR *dir, struct slice folder,
                         const struct map *changed, int fd, struct error *err)
{
    const struct dirent *entry;

    while ((entry = readdir(dir)) != NULL) {
        struct slice name = slice_from(entry->d_name);
        CLEANUP(buf_fini) struct buf target = BUF_EMPTY;

        if (slice_is(name, ".") || slice_is(name, "..") || map_find(changed, name) ||
            temp_file_is_name(entry->d_name))
            continue;
        buf_printf(&target, "%.*s/%s", SLICE_ARG(folder), entry->d_name);
        if (!add_link(filling, fd, name, target.ptr, err))
            return false;
    }
    return true;
}

static bool link_folder(struct filling *filling, struct slice folder, const struct map *changed,
                        int fd, struct error *err)
{
    char *path = slice_to_string(folder);
    DIR *dir = opendir(path);
    bool is_ok = dir || errno == ENOENT || error_set_errno(err, "open");

    if (dir) {
        is_ok = link_entries(filling, dir, folder, changed, fd, err);
        closedir(dir);
    }
    free(path);
    return is_ok;
}

static bool fill(struct filling *filling, struct slice folder, int fd, struct error *err);

/* A folder in which something is changed. */
static bool fill_inner(struct filling *filling, struct slice folder, struct slice name, int fd,
                       struct error *err)
{
    CLEANUP(buf_fini) struct buf path = BUF_EMPTY;
    CLEANUP(fd_close) int inner = -1;
    const char *inner_name;

    buf_printf(&path, "%.*s/%.*s", SLICE_ARG(folder), SLICE_ARG(name));
    inner_name = path.ptr + folder.len + 1;
    if (mkdirat(fd, inner_name, FOLDER_MODE) < 0)
        return error_set_errno(err, "make a folder");
    inner = openat(fd, inner_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (inner < 0)
        return error_set_errno(err, "open a folder");
    return count_entry(filling, err) && fill(filling, buf_slice(&path), inner, err);
}

/* What is changed, each folder of it once. */
static bool fill_changes(struct filling *filling, struct slice folder, struct map *changed, int fd,
                         struct error *err)
{
    for (size_t i = 0; i < filling->n_changes; i++) {
        const struct mirror_change *change = &filling->changes[i];
        struct slice rest, name;

        if (!find_below(change, folder, &rest))
            continue;
        slice_next(&rest, '/', &name);
        if (map_put(changed, name, filling))
            continue;
        if (rest.ptr ? !fill_inner(filling, folder, name, fd, err)
                     : change->target && !add_link(filling, fd, name, change->target, err))
            return false;
    }
    return true;
}

static bool fill(struct filling *filling, struct slice folder, int fd, struct error *err)
{
    struct map changed = MAP_EMPTY;
    bool is_ok = fill_changes(filling, folder, &changed, fd, err) &&
                 link_folder(filling, folder, &changed, fd, err);

    map_fini(&changed);
    return is_ok;
}

/* --- Removing -------------------------------------------------------------------------------- */

/* Checkers may have put something there. Links are not followed. */
static void empty(int fd)
{
    DIR *dir = fdopendir(fd); /* has the descriptor from now on */
    const struct dirent *entry;

    if (!dir) {
        close(fd);
        return;
    }
    while ((entry = readdir(dir)) != NULL) {
        int inner;

        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
            unlinkat(fd, entry->d_name, 0) == 0)
            continue;
        inner = openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (inner >= 0)
            empty(inner);
        unlinkat(fd, entry->d_name, AT_REMOVEDIR);
    }
    closedir(dir);
}

void mirror_remove(int parent_fd, const char *name)
{
    int fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (fd >= 0)
        empty(fd);
    unlinkat(parent_fd, name, AT_REMOVEDIR);
}

/* --- All of it ------------------------------------------------------------------------------- */

static bool make_folder(struct mirror *mirror, const struct temp_file *beside, struct error *err)
{
    /* The name of the file that it stands beside: with that one's leftovers it is looked for. */
    mirror->name = temp_file_new_name(beside->final_name);
    mirror->parent = memory_copy_string(beside->dir_path);
    mirror->parent_fd = fcntl(beside->dir_fd, F_DUPFD_CLOEXEC, 0);
    if (mirror->parent_fd < 0)
        return error_set_errno(err, "folder '%s'", mirror->parent);
    if (mkdirat(mirror->parent_fd, mirror->name, FOLDER_MODE) < 0) {
        error_set_errno(err, "make a folder in '%s'", mirror->parent);
        free(TAKE(mirror->name));
        return false;
    }
    mirror->fd =
        openat(mirror->parent_fd, mirror->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (mirror->fd < 0)
        return error_set_errno(err, "open a folder in '%s'", mirror->parent);
    (void)flock(mirror->fd, LOCK_EX | LOCK_NB); /* in use: see temp_leftover.c */
    return fchmod(mirror->fd, FOLDER_MODE) == 0 || error_set_errno(err, "fchmod");
}

bool mirror_make(struct mirror *mirror, const struct temp_file *beside, const char *folder,
                 const struct mirror_change *changes, size_t n_changes, struct error *err)
{
    CLEANUP(mirror_discard) struct mirror made = MIRROR_NONE;
    struct filling filling = { changes, n_changes, 0 };

    if (!make_folder(&made, beside, err) || !fill(&filling, slice_from(folder), made.fd, err))
        return false;
    *mirror = made;
    made = MIRROR_NONE;
    return true;
}

void mirror_format_path(const struct mirror *mirror, struct buf *out)
{
    buf_printf(out, "%s/%s", strcmp(mirror->parent, "/") == 0 ? "" : mirror->parent, mirror->name);
}

void mirror_discard(struct mirror *mirror)
{
    if (mirror->name)
        mirror_remove(mirror->parent_fd, mirror->name);
    fd_close(&mirror->fd);
    fd_close(&mirror->parent_fd);
    free(mirror->parent);
    free(mirror->name);
    *mirror = MIRROR_NONE;
}
