/* SPDX-License-Identifier: MIT */
/* The local files that templates read. */
#include "file_set.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/map.h"
#include "base/memory.h"
#include "io/file.h"
#include "io/file_watch.h"

struct source_file {
    struct file_set *set;
    struct dep *dep;
    struct file_watch *watch;
    char reason[ERROR_TEXT_BYTES]; /* why it could not be read the last time; "" if it could */
};

struct file_set {
    struct file_watcher *watcher;
    struct map files;                /* of struct source_file, by the dep's key */
    struct loop_source *first_reads; /* deferred: answers come from the loop, never from add() */
    void (*on_answer)(void *ctx, const struct dep *dep, struct document *doc);
    void *ctx;
};

static void source_file_read(struct source_file *file)
{
    const struct dep *dep = file->dep;
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;
    struct error err = ERROR_EMPTY;
    bool is_read = dep->sandbox.len ? file_read_beneath(dep->sandbox.ptr, dep->name.ptr,
                                                        LIMIT_TEMPLATE_BYTES, &text, &err)
                                    : file_read(dep->name.ptr, LIMIT_TEMPLATE_BYTES, &text, &err);

    if (!is_read) {
        if (strcmp(file->reason, err.text) != 0)
            log_warn("file '%s': %s", file->dep->name.ptr, err.text);
        memcpy(file->reason, err.text, sizeof(file->reason));
        return;
    }
    if (*file->reason)
        log_info("file '%s': can be read", file->dep->name.ptr);
    *file->reason = '\0';

    struct document *doc = document_new();

    doc->root = value_string(arena_copy(&doc->arena, buf_slice(&text)));
    doc->content_hash = slice_hash(buf_slice(&text));
    file->set->on_answer(file->set->ctx, file->dep, doc);
}

static void source_file_on_change(void *ctx)
{
    source_file_read(ctx);
}

/* Reads what has no watch yet. The watch comes first: a change after the read is noticed. */
static void file_set_on_first_reads(void *ctx)
{
    struct file_set *set = ctx;
    struct source_file *file;

    for (size_t i = 0; (file = map_next(&set->files, &i)) != NULL;) {
        if (file->watch)
            continue;
        file->watch =
            file_watch_start(set->watcher, file->dep->name.ptr, source_file_on_change, file);
        source_file_read(file);
    }
}

bool file_set_new(struct loop *loop,
                  void (*on_answer)(void *ctx, const struct dep *dep, struct document *doc),
                  void *ctx, struct file_set **ret_set, struct error *err)
{
    CLEANUP(file_set_freep) struct file_set *set = NEW(struct file_set);

    set->on_answer = on_answer;
    set->ctx = ctx;
    if (!file_watcher_new(loop, &set->watcher, err) ||
        !loop_add_deferred(loop, file_set_on_first_reads, set, &set->first_reads, err))
        return false;
    *ret_set = TAKE(set);
    return true;
}

static void source_file_free(struct source_file *file)
{
    file_watch_free(file->watch);
    dep_free(file->dep);
    free(file);
}

void file_set_free(struct file_set *set)
{
    struct source_file *file;

    if (!set)
        return;
    for (size_t i = 0; (file = map_next(&set->files, &i)) != NULL;)
        source_file_free(file);
    map_fini(&set->files);
    loop_source_free(set->first_reads);
    file_watcher_free(set->watcher);
    free(set);
}

void file_set_add(struct file_set *set, const struct dep_set *wanted)
{
    const struct dep *dep;

    for (size_t i = 0; (dep = dep_set_next(wanted, &i)) != NULL;) {
        if (dep->kind != DEP_FILE || map_find(&set->files, dep->key))
            continue;

        struct source_file *file = NEW(struct source_file);

        file->set = set;
        file->dep = dep_copy(dep);
        map_put(&set->files, file->dep->key, file);
        loop_defer(set->first_reads);
    }
}

void file_set_keep_only(struct file_set *set, const struct dep_set *wanted)
{
    struct map kept = MAP_EMPTY;
    struct source_file *file;

    for (size_t i = 0; (file = map_next(&set->files, &i)) != NULL;) {
        if (dep_set_has(wanted, file->dep->key))
            map_put(&kept, file->dep->key, file);
        else
            source_file_free(file);
    }
    map_fini(&set->files);
    set->files = kept;
}

const char *file_set_reason(const struct file_set *set, const struct dep *dep)
{
    const struct source_file *file = map_find(&set->files, dep->key);

    return file ? file->reason : "";
}
