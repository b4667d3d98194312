/* SPDX-License-Identifier: MIT */
/* Local files watched for changes.
 *
 * An event on any watched folder makes all watches look at their files: there are few of them, and
 * a stat costs less than knowing which folder belongs to which links. */
#include "io/file_watch.h"

#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "io/timer.h"

#define POLL_MS  2000 /* the peer's interval, for what inotify cannot watch */
#define PAUSE_MS 200  /* without further writes: a file that stays open counts as written */

/* IN_CREATE is no end: a file that was just created is still empty. */
#define EVENTS_DONE                                                                          \
    (IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB | IN_DELETE_SELF | \
     IN_MOVE_SELF)
#define EVENTS (EVENTS_DONE | IN_CREATE | IN_MODIFY | IN_ONLYDIR)

struct identity {
    bool exists;
    dev_t dev;
    ino_t ino;
    off_t size;
    struct timespec mtime;
};

struct file_watch {
    struct file_watch *next;
    struct file_watcher *watcher;
    char *path;
    loop_fn fn;
    void *ctx;
    struct identity identity;
    int folders[2]; /* inotify's numbers: of the path's folder, and of the one its links lead to */
    bool is_unwatched; /* one of them could not be watched */
};

struct file_watcher {
    struct loop *loop;
    int fd;
    struct loop_source *source;
    struct timer look; /* when to look next without an event */
    struct file_watch *watches;
    struct file_watch *next_to_look; /* during a round: free moves it on */
};

static struct identity identify(const char *path)
{
    struct stat st;

    if (stat(path, &st) < 0)
        return (struct identity){ .exists = false };
    return (struct identity){ true, st.st_dev, st.st_ino, st.st_size, st.st_mtim };
}

static bool identity_equal(const struct identity *a, const struct identity *b)
{
    return a->exists == b->exists && a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
           a->mtime.tv_sec == b->mtime.tv_sec && a->mtime.tv_nsec == b->mtime.tv_nsec;
}

/* Watches the folder of a path; -1 if that cannot be. Watching it again gives the same number. */
static int watch_folder(const struct file_watcher *watcher, const char *path)
{
    char *copy = memory_copy_string(path);
    int number = inotify_add_watch(watcher->fd, dirname(copy), EVENTS);

    free(copy);
    return number;
}

static void file_watch_arm(struct file_watch *watch)
{
    char resolved[PATH_MAX];

    watch->folders[0] = watch_folder(watch->watcher, watch->path);
    watch->folders[1] = realpath(watch->path, resolved) ? watch_folder(watch->watcher, resolved)
                                                        : watch->folders[0];
    watch->is_unwatched = watch->folders[0] < 0 || watch->folders[1] < 0;
}

/* Arms it anew each time: its links may lead elsewhere now. */
static void file_watch_look(struct file_watch *watch)
{
    struct identity identity = identify(watch->path);

    file_watch_arm(watch);
    if (identity_equal(&identity, &watch->identity))
        return;
    watch->identity = identity;
    watch->fn(watch->ctx);
}

/* Folders that nothing needs any more. */
static void file_watcher_drop(struct file_watcher *watcher, int folder)
{
    if (folder < 0)
        return;
    for (const struct file_watch *watch = watcher->watches; watch; watch = watch->next) {
        if (watch->folders[0] == folder || watch->folders[1] == folder)
            return;
    }
    inotify_rm_watch(watcher->fd, folder);
}

static void file_watcher_plan(struct file_watcher *watcher)
{
    bool is_polling = false;

    for (const struct file_watch *watch = watcher->watches; watch; watch = watch->next)
        is_polling |= watch->is_unwatched;
    if (is_polling && !watcher->look.is_running)
        timer_start_ms(&watcher->look, POLL_MS);
}

static void file_watcher_look(void *ctx)
{
    struct file_watcher *watcher = ctx;

    watcher->next_to_look = watcher->watches;
    while (watcher->next_to_look) {
        struct file_watch *watch = watcher->next_to_look;

        watcher->next_to_look = watch->next;
        file_watch_look(watch);
    }
    file_watcher_plan(watcher);
}

/* Reads what is there; true if something was completed, false if files are just being written. */
static bool read_events(int fd)
{
    _Alignas(struct inotify_event) char events[4096];
    bool is_done = false;
    ssize_t n;

    while ((n = read(fd, events, sizeof(events))) > 0) {
        for (char *at = events; at < events + n;) {
            const struct inotify_event *event = (const void *)at;

            is_done |= (event->mask & (EVENTS_DONE | IN_Q_OVERFLOW)) != 0;
            at += sizeof(*event) + event->len;
        }
    }
    return is_done;
}

static void file_watcher_on_events(void *ctx, int fd, uint32_t events)
{
    struct file_watcher *watcher = ctx;

    (void)events;
    if (read_events(fd)) {
        timer_stop(&watcher->look);
        file_watcher_look(watcher);
    } else {
        timer_start_ms(&watcher->look, PAUSE_MS);
    }
}

bool file_watcher_new(struct loop *loop, struct file_watcher **ret_watcher, struct error *err)
{
    CLEANUP(file_watcher_freep) struct file_watcher *watcher = NEW(struct file_watcher);

    watcher->loop = loop;
    timer_init(&watcher->look, loop, file_watcher_look, watcher);
    watcher->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (watcher->fd < 0)
        return error_set_errno(err, "inotify");
    if (!loop_add_io(loop, watcher->fd, EPOLLIN, file_watcher_on_events, watcher, &watcher->source,
                     err))
        return false;
    *ret_watcher = TAKE(watcher);
    return true;
}

void file_watcher_free(struct file_watcher *watcher)
{
    if (!watcher)
        return;
    timer_fini(&watcher->look);
    loop_source_free(watcher->source);
    if (watcher->fd >= 0)
        close(watcher->fd);
    free(watcher);
}

struct file_watch *file_watch_start(struct file_watcher *watcher, const char *path, loop_fn fn,
                                    void *ctx)
{
    struct file_watch *watch = NEW(struct file_watch);

    watch->watcher = watcher;
    watch->path = memory_copy_string(path);
    watch->fn = fn;
    watch->ctx = ctx;
    file_watch_arm(watch); /* before the stat: a change between the two is an event */
    watch->identity = identify(path);
    watch->next = watcher->watches;
    watcher->watches = watch;
    file_watcher_plan(watcher);
    return watch;
}

void file_watch_free(struct file_watch *watch)
{
    if (!watch)
        return;

    struct file_watcher *watcher = watch->watcher;
    struct file_watch **link = &watcher->watches;

    while (*link != watch)
        link = &(*link)->next;
    *link = watch->next;
    if (watcher->next_to_look == watch)
        watcher->next_to_look = watch->next;
    file_watcher_drop(watcher, watch->folders[0]);
    if (watch->folders[1] != watch->folders[0])
        file_watcher_drop(watcher, watch->folders[1]);
    free(watch->path);
    free(watch);
}
