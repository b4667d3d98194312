/* SPDX-License-Identifier: MIT */
/* Reads the installed configurations. */
#include "reading.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "base/memory.h"
#include "io/file.h"

#define MAX_FILES 1000

struct reader {
    struct haproxy_file *files;
    size_t n, cap;
    struct arena arena;
    size_t n_bytes;
    struct reading *reading;
};

static bool reader_add(struct reader *reader, const char *path, struct error *err)
{
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;
    struct stat status;

    if (reader->n >= MAX_FILES)
        return error_set(err, ERROR_LIMIT, "more than %d files", MAX_FILES);
    if (!file_read(path, LIMIT_HAPROXY_BYTES - reader->n_bytes, &text, err))
        return error_wrap(err, "read '%s'", path);
    if (stat(path, &status) < 0)
        return error_set_errno(err, "stat '%s'", path);
    reader->n_bytes += text.len;
    if ((uint64_t)status.st_ctim.tv_sec > reader->reading->changed)
        reader->reading->changed = (uint64_t)status.st_ctim.tv_sec;
    reader->reading->hash = reader->reading->hash * 31 + slice_hash(buf_slice(&text));
    GROW(reader->files, reader->n, reader->cap);
    reader->files[reader->n++] =
        (struct haproxy_file){ arena_copy(&reader->arena, slice_from(path)).ptr,
                               arena_copy(&reader->arena, buf_slice(&text)) };
    return true;
}

/* As HAProxy does it: no hidden ones, and in the order of bytes. */
static int is_config(const struct dirent *entry)
{
    struct slice name = slice_from(entry->d_name);

    return name.len > 4 && name.ptr[0] != '.' && slice_ends_with(name, SLICE(".cfg"));
}

static int compare_names(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static bool reader_add_folder(struct reader *reader, const char *path, struct error *err)
{
    struct dirent **entries;
    int n = scandir(path, &entries, is_config, compare_names);
    bool ok = true;

    if (n < 0)
        return error_set_errno(err, "read folder '%s'", path);
    for (int i = 0; i < n; i++) {
        CLEANUP(buf_fini) struct buf file = BUF_EMPTY;

        buf_printf(&file, "%s/%s", path, entries[i]->d_name);
        ok = ok && reader_add(reader, file.ptr, err);
        free(entries[i]);
    }
    free(entries);
    return ok;
}

static bool reader_run(struct reader *reader, char *const *paths, size_t n, struct error *err)
{
    for (size_t i = 0; i < n; i++) {
        struct stat status;
        bool is_folder = stat(paths[i], &status) == 0 && S_ISDIR(status.st_mode);

        if (is_folder ? !reader_add_folder(reader, paths[i], err)
                      : !reader_add(reader, paths[i], err))
            return false;
    }
    return haproxy_config_new(reader->files, reader->n, &reader->reading->config, err);
}

bool reading_take(char *const *paths, size_t n_paths, struct reading *ret_reading,
                  struct error *err)
{
    struct reading reading = READING_NONE;
    struct reader reader = { .arena = ARENA_EMPTY, .reading = &reading };
    bool ok = reader_run(&reader, paths, n_paths, err);

    free(reader.files);
    arena_fini(&reader.arena);
    if (ok)
        *ret_reading = reading;
    return ok;
}

void reading_fini(struct reading *reading)
{
    haproxy_config_free(reading->config);
    *reading = READING_NONE;
}
