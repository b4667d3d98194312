/* SPDX-License-Identifier: MIT */
/* A file of state_dir. */
#include "state_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/log.h"
#include "data/json.h"
#include "data/json_document.h"
#include "io/file.h"

char *state_file_path(const struct state_file *file, const char *state_dir)
{
    struct buf path = BUF_EMPTY;

    if (!state_dir)
        return NULL;
    buf_printf(&path, "%s/%s", state_dir, file->name);
    return buf_take(&path);
}

/* --- Reading --------------------------------------------------------------------------------- */

static bool parse(const struct state_file *file, struct slice text, void *ctx, struct error *err)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    struct json_reader reader;
    uint64_t version = 0;
    struct slice key;

    json_init(&reader, text, LIMIT_JSON_DEPTH, &arena, err);
    json_enter_object(&reader);
    while (json_next_member(&reader, &key)) {
        if (slice_is(key, "version"))
            json_read_uint(&reader, &version);
        else
            file->read_member(&reader, key, ctx);
    }
    if (reader.has_failed || !json_expect_end(&reader))
        return false;
    return version == file->version ||
           error_set(err, ERROR_INVALID, "version %" PRIu64 " is not known here", version);
}

static void set_aside(const char *path, const struct error *why, const char *consequence)
{
    CLEANUP(buf_fini) struct buf aside = BUF_EMPTY;

    buf_printf(&aside, "%s.unreadable", path);
    if (rename(path, aside.ptr) < 0)
        log_warn("'%s': %s; %s", path, why->text, consequence);
    else
        log_warn("'%s': %s; it is '%s' now, and %s", path, why->text, aside.ptr, consequence);
}

bool state_file_read(const struct state_file *file, const char *path, void *ctx)
{
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;
    struct error err = ERROR_EMPTY;

    if (!file_read(path, file->max_bytes, &text, &err)) {
        if (err.code == ERROR_SYSTEM && err.sys_errno == ENOENT)
            return true;
    } else if (parse(file, buf_slice(&text), ctx, &err)) {
        return true;
    }
    set_aside(path, &err, file->consequence);
    return false;
}

/* --- Writing --------------------------------------------------------------------------------- */

struct json_node *state_file_begin(const struct state_file *file)
{
    struct json_node *document = json_document_new();

    json_add_integer(document, "version", file->version);
    return document;
}

bool state_file_write(const char *path, const struct json_node *document, struct error *err)
{
    const struct file_attributes attributes = { 0600, FILE_KEEP_OWNER, FILE_KEEP_GROUP };
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;

    json_format(document, true, &text);
    return file_install(path, buf_slice(&text), &attributes, err);
}
