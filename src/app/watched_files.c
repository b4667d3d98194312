/* SPDX-License-Identifier: MIT */
/* Files of others that groups depend on. */
#include "watched_files.h"

#include <errno.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/memory.h"
#include "data/digest.h"
#include "io/file.h"
#include "io/file_watch.h"

struct watched_file {
    struct watched_files *all;
    struct group *group;
    const char *path;     /* the config's */
    struct digest digest; /* of what it held when it was last read; none: it could not be */
    struct file_watch *watch;
};

struct watched_files {
    struct file_watcher *watcher;
    void (*on_change)(struct group *group, const char *path);
    struct watched_file *items;
    size_t n;
};

/* False: it is not there, or holds what it held. What cannot be read may hold anything. */
static bool is_news(struct watched_file *file)
{
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;
    struct digest before = file->digest;
    struct error err = ERROR_EMPTY;

    if (file_read(file->path, LIMIT_TLS_FILE_BYTES, &text, &err)) {
        file->digest = digest_of(buf_slice(&text));
        return !digest_equal(&before, &file->digest);
    }
    return err.code != ERROR_SYSTEM || (err.sys_errno != ENOENT && err.sys_errno != ENOTDIR);
}

/* One that is gone is missed by the next check: renewals may take it away for a moment. */
static void watched_file_on_change(void *ctx)
{
    struct watched_file *file = ctx;

    if (is_news(file))
        file->all->on_change(file->group, file->path);
}

static size_t count(const struct groups *groups)
{
    size_t n = 0;

    for (size_t i = 0; i < groups->n; i++)
        n += groups->items[i]->options.n_watch_files;
    return n;
}

static void watched_files_add(struct watched_files *watched, struct group *group, const char *path)
{
    struct watched_file *file = &watched->items[watched->n++];

    *file = (struct watched_file){ .all = watched, .group = group, .path = path };
    file->watch = file_watch_start(watched->watcher, path, watched_file_on_change, file);
    (void)is_news(file); /* what there is now is none */
}

struct watched_files *watched_files_new(struct loop *loop, const struct groups *groups,
                                        void (*on_change)(struct group *group, const char *path))
{
    size_t n = count(groups);
    struct watched_files *watched;
    struct error err;

    if (n == 0)
        return NULL;
    watched = NEW(struct watched_files);
    watched->on_change = on_change;
    if (!file_watcher_new(loop, &watched->watcher, &err)) {
        log_err("watch_files: %s; changes of these files will not be noticed", err.text);
        return watched;
    }
    watched->items = memory_resize_array(NULL, n, sizeof(*watched->items));
    for (size_t i = 0; i < groups->n; i++) {
        struct group *group = groups->items[i];

        for (size_t k = 0; k < group->options.n_watch_files; k++)
            watched_files_add(watched, group, group->options.watch_files[k]);
    }
    return watched;
}

void watched_files_free(struct watched_files *watched)
{
    if (!watched)
        return;
    for (size_t i = 0; i < watched->n; i++)
        file_watch_free(watched->items[i].watch);
    free(watched->items);
    file_watcher_free(watched->watcher);
    free(watched);
}
