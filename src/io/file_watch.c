/* SPDX-License-Identifier: MIT */
/* Local files watched for changes.
 *
 * A watch marks every folder on the way to its file, and the file. Any event makes all watches look
 * at their files and mark their way anew: they are few, and a walk costs less than knowing which
 * event concerns which way. */
#include "io/file_watch.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "file_walk.h"
#include "io/timer.h"

#define POLL_MS 2000 /* the peer's interval, for what inotify cannot watch */

/* A file that stays open counts as written when nothing more comes for so long, and after POLL_MS
 * even if it does. */
#define PAUSE_MS 200

#define MAX_WALKS 5 /* until nothing changes under one of them */

/* These say that something is under way: a file that was just created is still empty. */
#define UNFINISHED_EVENTS (IN_CREATE | IN_MODIFY)

struct identity {
    bool exists;
    dev_t dev;
    ino_t ino;
    off_t size;
    struct timespec mtime, ctime;
};

struct file_watch {
    struct file_watch *next;
    struct file_watcher *watcher;
    char *path;
    loop_fn fn;
    void *ctx;
    struct identity identity;
    struct marks marks;
    int file_mark;   /* -1: there is no file */
    bool is_written; /* closed after writing: two writes may look alike to a stat */
    bool is_polled;  /* some of its way could not be marked */
};

struct file_watcher {
    struct loop *loop;
    int fd;
    struct loop_source *source;
    struct timer look; /* when to look next without an event */
    struct file_watch *watches;
    bool is_unfinished; /* something is being written */
    uint64_t unfinished_since_ms;
    struct file_watch *next_to_look; /* during a round: free moves it on */
};

static struct identity identify(const char *path)
{
    struct stat st;

    if (stat(path, &st) < 0)
        return (struct identity){ .exists = false };
    return (struct identity){ true, st.st_dev, st.st_ino, st.st_size, st.st_mtim, st.st_ctim };
}

static bool time_equal(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool identity_equal(const struct identity *a, const struct identity *b)
{
    return a->exists == b->exists && a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
           time_equal(a->mtime, b->mtime) && time_equal(a->ctime, b->ctime);
}

/* ---- marks ---- */

/* What all watches together want to know of an inode. */
static uint32_t file_watcher_wants(const struct file_watcher *watcher, int number)
{
    uint32_t events = 0;

    for (const struct file_watch *watch = watcher->watches; watch; watch = watch->next)
        events |= marks_find(&watch->marks, number);
    return events;
}

/* Takes away from inotify what no watch needs any more, and releases the marks. A number that is
 * gone already, because its inode is, makes inotify_rm_watch() fail: just as well. */
static void file_watcher_drop(struct file_watcher *watcher, struct marks *old)
{
    for (size_t i = 0; i < old->n; i++) {
        if (file_watcher_wants(watcher, old->items[i].number) == 0)
            inotify_rm_watch(watcher->fd, old->items[i].number);
    }
    marks_fini(old);
}

/* A walk only adds events. What an earlier one wanted to know of a busy folder, while something was
 * missing there, would go on waking us. */
static void file_watch_narrow(struct file_watch *watch)
{
    struct file_watcher *watcher = watch->watcher;

    for (size_t i = 0; i < watch->marks.n; i++) {
        const struct mark *mark = &watch->marks.items[i];
        int number =
            inotify_add_watch(watcher->fd, mark->path, file_watcher_wants(watcher, mark->number));

        /* Replaced just now, of which an event tells. */
        if (number >= 0 && file_watcher_wants(watcher, number) == 0)
            inotify_rm_watch(watcher->fd, number);
    }
}

/* What changes between the look at a name and its mark makes no event. A second walk that comes by
 * the same things has seen them after they were marked. */
static void file_watch_mark(struct file_watch *watch)
{
    struct file_watcher *watcher = watch->watcher;
    bool is_stable = false;

    for (int i = 0; i < MAX_WALKS && !is_stable; i++) {
        struct marks before = watch->marks;
        struct file_walk walk;

        file_walk(watcher->fd, watch->path, &walk);
        is_stable = marks_equal(&before, &walk.marks);
        watch->marks = walk.marks;
        watch->file_mark = walk.file_mark;
        watch->is_polled = walk.is_polled;
        file_watcher_drop(watcher, &before);
    }
    if (is_stable)
        file_watch_narrow(watch);
    else
        watch->is_polled = true;
}

/* ---- looking ---- */

/* Nothing after fn, which may free the watch. */
static void file_watch_look(struct file_watch *watch)
{
    struct identity identity;
    bool is_news;

    file_watch_mark(watch); /* before the stat: a change between the two is an event */
    identity = identify(watch->path);
    is_news = watch->is_written || !identity_equal(&identity, &watch->identity);
    watch->identity = identity;
    watch->is_written = false;
    if (is_news)
        watch->fn(watch->ctx);
}

static void file_watcher_plan(struct file_watcher *watcher)
{
    bool is_polling = false;

    for (const struct file_watch *watch = watcher->watches; watch; watch = watch->next)
        is_polling |= watch->is_polled;
    if (is_polling && !watcher->look.is_running)
        timer_start_ms(&watcher->look, POLL_MS);
}

static void file_watcher_look(void *ctx)
{
    struct file_watcher *watcher = ctx;

    watcher->is_unfinished = false;
    watcher->next_to_look = watcher->watches;
    while (watcher->next_to_look) {
        struct file_watch *watch = watcher->next_to_look;

        watcher->next_to_look = watch->next;
        file_watch_look(watch);
    }
    file_watcher_plan(watcher);
}

/* True for an event that completes something. */
static bool file_watcher_take_event(struct file_watcher *watcher, const struct inotify_event *event)
{
    bool is_lost = (event->mask & IN_Q_OVERFLOW) != 0; /* anything may have happened */

    if (is_lost || (event->mask & IN_CLOSE_WRITE)) {
        for (struct file_watch *watch = watcher->watches; watch; watch = watch->next)
            watch->is_written |= is_lost || watch->file_mark == event->wd;
    }
    return (event->mask & ~(uint32_t)(UNFINISHED_EVENTS | IN_IGNORED | IN_ISDIR)) != 0;
}

static bool file_watcher_read_events(struct file_watcher *watcher)
{
    _Alignas(struct inotify_event) char events[4096];
    bool is_complete = false;
    ssize_t n;

    while ((n = read(watcher->fd, events, sizeof(events))) > 0) {
        for (char *at = events; at < events + n;) {
            const struct inotify_event *event = (const void *)at;

            is_complete |= file_watcher_take_event(watcher, event);
            at += sizeof(*event) + event->len;
        }
    }
    return is_complete;
}

/* A file that was just created is marked at once, so that its end is seen. */
static void file_watcher_on_events(void *ctx, int fd, uint32_t events)
{
    struct file_watcher *watcher = ctx;

    (void)fd;
    (void)events;
    if (file_watcher_read_events(watcher)) {
        timer_stop(&watcher->look);
        file_watcher_look(watcher);
        return;
    }
    for (struct file_watch *watch = watcher->watches; watch; watch = watch->next)
        file_watch_mark(watch);
    if (!watcher->is_unfinished)
        watcher->unfinished_since_ms = loop_now_ms(watcher->loop);
    watcher->is_unfinished = true;
    if (loop_now_ms(watcher->loop) - watcher->unfinished_since_ms < POLL_MS)
        timer_start_ms(&watcher->look, PAUSE_MS);
}

/* ---- the face ---- */

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
    watch->next = watcher->watches;
    watcher->watches = watch;
    file_watch_mark(watch);
    watch->identity = identify(path);
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
    file_watcher_drop(watcher, &watch->marks);
    free(watch->path);
    free(watch);
}
