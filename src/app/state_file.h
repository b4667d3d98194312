/* SPDX-License-Identifier: MIT */
/* A file of state_dir: one JSON object that says its version, whole at any moment, and ours alone.
 *
 * One that is not understood never keeps us from working: it gets another name, for people, and the
 * log says why and what follows from it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/slice.h"

struct json_node;
struct json_reader;

/* What kind of file it is. */
struct state_file {
    const char *name; /* in the folder */
    uint64_t version;
    size_t max_bytes;
    const char *consequence; /* of one that cannot be read: "nothing is paused" */
    /* Reads the value of a member, or skips it; "version" is not among them. */
    void (*read_member)(struct json_reader *reader, struct slice key, void *ctx);
};

/* Where it is, on the heap; NULL without a folder. */
char *state_file_path(const struct state_file *file, const char *state_dir);
/* False: it was set aside, and what was read of it is worth nothing. One that is not there is fine.
 */
bool state_file_read(const struct state_file *file, const char *path, void *ctx);
/* A document to be filled and written; it is json_document_free()'s. */
struct json_node *state_file_begin(const struct state_file *file);
MUST_CHECK bool state_file_write(const char *path, const struct json_node *document,
                                 struct error *err);
