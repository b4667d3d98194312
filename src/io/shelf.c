/* SPDX-License-Identifier: MIT */
/* A folder of files that are kept for later. */
#include "io/shelf.h"

#include <assert.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "io/file.h"
#include "io/folder.h"

#define FOLDER_MODE 0700
#define FILE_MODE   0600

/* What a name of a file on the shelf has room for, behind the time and before ".why" and the
 * temporary file's suffix. */
#define NAME_BYTES 128

struct shelf_file {
    char *name;
    uint64_t n_bytes;
};

struct shelf_listing {
    struct shelf_file *files;
    size_t n, cap;
    uint64_t n_bytes;
};

static void listing_fini(struct shelf_listing *listing)
{
    for (size_t i = 0; i < listing->n; i++)
        free(listing->files[i].name);
    free(listing->files);
}

static void listing_add(struct shelf_listing *listing, int dir_fd, const char *name)
{
    struct stat st;

    if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
        return;
    GROW(listing->files, listing->n, listing->cap);
    listing->files[listing->n++] =
        (struct shelf_file){ memory_copy_string(name), (uint64_t)st.st_size };
    listing->n_bytes += (uint64_t)st.st_size;
}

static int compare_names(const void *a, const void *b)
{
    const struct shelf_file *x = a, *y = b;

    return strcmp(x->name, y->name);
}

static void listing_read(struct shelf_listing *listing, DIR *dir)
{
    const struct dirent *entry;

    while ((entry = readdir(dir)) != NULL)
        listing_add(listing, dirfd(dir), entry->d_name);
    if (listing->n > 0)
        qsort(listing->files, listing->n, sizeof(*listing->files), compare_names);
}

static void remove_oldest(const char *folder, const char *newest, const struct shelf_limits *limits)
{
    CLEANUP(listing_fini) struct shelf_listing listing = { NULL, 0, 0, 0 };
    DIR *dir = opendir(folder);

    if (!dir)
        return;
    listing_read(&listing, dir);

    size_t n = listing.n;
    uint64_t n_bytes = listing.n_bytes;

    for (size_t i = 0; i < listing.n && (n > limits->n_files || n_bytes > limits->n_bytes); i++) {
        if (strcmp(listing.files[i].name, newest) == 0)
            continue;
        unlinkat(dirfd(dir), listing.files[i].name, 0);
        n--;
        n_bytes -= listing.files[i].n_bytes;
    }
    closedir(dir);
}

void shelf_format_path(const char *folder, const char *name, struct buf *out)
{
    struct timespec now;
    struct tm parts;

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &parts);
    buf_printf(out, "%s/%04d%02d%02dT%02d%02d%02d.%06ld-%.*s", folder, parts.tm_year + 1900,
               parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
               now.tv_nsec / 1000, SLICE_ARG(slice_sub(slice_from(name), 0, NAME_BYTES)));
}

bool shelf_put(const char *path, struct slice text, const struct shelf_limits *limits,
               struct error *err)
{
    const struct file_attributes attributes = { FILE_MODE, FILE_KEEP_OWNER, FILE_KEEP_GROUP };
    const char *slash = strrchr(path, '/');

    assert(slash);

    char *folder = slice_to_string(slice_of(path, (size_t)(slash - path)));
    bool is_ok =
        folder_make(folder, FOLDER_MODE, err) && file_install(path, text, &attributes, err);

    if (is_ok)
        remove_oldest(folder, slash + 1, limits);
    free(folder);
    return is_ok;
}

void shelf_keep_only(const char *folder, bool (*is_kept)(void *ctx, struct slice name), void *ctx)
{
    CLEANUP(listing_fini) struct shelf_listing listing = { NULL, 0, 0, 0 };
    DIR *dir = opendir(folder);

    if (!dir)
        return;
    listing_read(&listing, dir);
    for (size_t i = 0; i < listing.n; i++)
        if (!is_kept(ctx, slice_from(listing.files[i].name)))
            unlinkat(dirfd(dir), listing.files[i].name, 0);
    closedir(dir);
}

static bool keep_nothing(void *ctx, struct slice name)
{
    (void)ctx;
    (void)name;
    return false;
}

void shelf_clear(const char *folder)
{
    shelf_keep_only(folder, keep_nothing, NULL);
}
