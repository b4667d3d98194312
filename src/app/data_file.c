/* SPDX-License-Identifier: MIT */
/* --data: a snapshot in a file answers instead of Consul. */
#include "data_file.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/memory.h"
#include "consul/snapshot.h"
#include "io/file.h"

struct data_file {
    char *path;
    struct buf text; /* the snapshot's */
    struct snapshot snapshot;
};

bool data_file_new(const char *path, struct data_file **ret_file, struct error *err)
{
    CLEANUP(data_file_freep) struct data_file *file = NULL;

    *ret_file = NULL;
    if (!path)
        return true;
    file = NEW(struct data_file);
    file->snapshot = SNAPSHOT_EMPTY;
    file->path = memory_copy_string(path);
    if (!file_read(path, LIMIT_SNAPSHOT_BYTES, &file->text, err))
        return error_wrap(err, "--data '%s'", path);
    if (!snapshot_parse(file->path, buf_slice(&file->text), &file->snapshot, err))
        return false;
    *ret_file = TAKE(file);
    return true;
}

void data_file_free(struct data_file *file)
{
    if (!file)
        return;
    snapshot_fini(&file->snapshot);
    buf_fini(&file->text);
    free(file->path);
    free(file);
}

bool data_file_find(const struct data_file *file, const struct dep *dep, struct document **ret_doc,
                    struct error *err)
{
    if (snapshot_find(&file->snapshot, dep, ret_doc, err))
        return true;
    if (err->code == ERROR_NONE)
        return error_set(err, ERROR_INVALID, "%.*s: it is not in '%s'", SLICE_ARG(dep->key),
                         file->path);
    return error_wrap(err, "%.*s", SLICE_ARG(dep->key));
}
