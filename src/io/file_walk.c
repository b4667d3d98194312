/* SPDX-License-Identifier: MIT */
/* The way to a file. */
#include "file_walk.h"

#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/memory.h"

#define MAX_LINKS  40 /* as the kernel's own */
#define SMB2_MAGIC 0xfe534d42
#define FUSE_MAGIC 0x65735546

#define FOLDER_EVENTS (IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)
#define ENTRY_EVENTS  (IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB | IN_ONLYDIR)
#define FILE_EVENTS   (IN_CLOSE_WRITE | IN_MODIFY | IN_ATTRIB)

/* ---- marks ---- */

static struct mark *marks_get(const struct marks *marks, int number)
{
    for (size_t i = 0; i < marks->n; i++) {
        if (marks->items[i].number == number)
            return &marks->items[i];
    }
    return NULL;
}

static void marks_add(struct marks *marks, int number, uint32_t events, const char *path)
{
    struct mark *mark = marks_get(marks, number);

    if (mark) {
        mark->events |= events;
        return;
    }
    GROW(marks->items, marks->n, marks->cap);
    marks->items[marks->n++] = (struct mark){ number, events, memory_copy_string(path) };
}

void marks_fini(struct marks *marks)
{
    for (size_t i = 0; i < marks->n; i++)
        free(marks->items[i].path);
    free(marks->items);
    *marks = MARKS_NONE;
}

bool marks_equal(const struct marks *a, const struct marks *b)
{
    if (a->n != b->n)
        return false;
    for (size_t i = 0; i < a->n; i++) {
        if (a->items[i].number != b->items[i].number || a->items[i].events != b->items[i].events)
            return false;
    }
    return true;
}

uint32_t marks_find(const struct marks *marks, int number)
{
    const struct mark *mark = marks_get(marks, number);

    return mark ? mark->events : 0;
}

/* ---- the way ---- */

/* From the root, or the working directory, along the names of the path and of the links on it. */
struct walk {
    int fd;
    struct file_walk result;
    unsigned n_links;
    struct buf at;   /* where it is: no link in it */
    struct buf rest; /* the names still to go */
};

static int walk_mark(struct walk *walk, const char *path, uint32_t events)
{
    int number = inotify_add_watch(walk->fd, path, events | IN_MASK_ADD);

    if (number >= 0)
        marks_add(&walk->result.marks, number, events, path);
    return number;
}

static void walk_mark_folder(struct walk *walk, const char *path, uint32_t events)
{
    if (walk_mark(walk, path, events) < 0)
        walk->result.is_polled = true;
}

/* Others change such files without inotify's knowledge. */
static bool is_on_network(const char *path)
{
    struct statfs fs;

    if (statfs(path, &fs) < 0)
        return false;
    switch ((unsigned long)fs.f_type) {
    case NFS_SUPER_MAGIC:
    case SMB_SUPER_MAGIC:
    case CIFS_SUPER_MAGIC:
    case SMB2_MAGIC:
    case V9FS_MAGIC:
    case AFS_SUPER_MAGIC:
    case CODA_SUPER_MAGIC:
    case CEPH_SUPER_MAGIC:
    case FUSE_MAGIC: return true;
    default: return false;
    }
}

/* A file that we may not read cannot be marked; when that changes its folder tells. */
static void walk_mark_file(struct walk *walk, const char *path)
{
    walk->result.file_mark = walk_mark(walk, path, FILE_EVENTS);
    if ((walk->result.file_mark < 0 && errno != EACCES) || is_on_network(path))
        walk->result.is_polled = true;
}

/* Puts what a link says in front of what is still to go. */
static bool walk_follow(struct walk *walk, const char *link)
{
    char target[PATH_MAX];
    ssize_t n = readlink(link, target, sizeof(target));
    struct buf rest = BUF_EMPTY;

    if (n <= 0 || (size_t)n == sizeof(target) || ++walk->n_links > MAX_LINKS)
        return false;
    if (target[0] == '/') {
        buf_clear(&walk->at);
        buf_add_byte(&walk->at, '/');
    }
    buf_add(&rest, slice_of(target, (size_t)n));
    buf_add_byte(&rest, '/');
    buf_add(&rest, buf_slice(&walk->rest));
    buf_fini(&walk->rest);
    walk->rest = rest;
    return true;
}

static bool walk_next_name(struct walk *walk, struct buf *name)
{
    struct slice rest = buf_slice(&walk->rest), head;

    while (slice_next(&rest, '/', &head)) {
        if (head.len == 0 || slice_is(head, "."))
            continue;
        buf_clear(name);
        buf_add(name, head);

        struct buf left = BUF_EMPTY;

        buf_add(&left, rest);
        buf_fini(&walk->rest);
        walk->rest = left;
        return true;
    }
    return false;
}

/* Where a name leads from here: true if the walk goes on there. */
static bool walk_step(struct walk *walk, const struct buf *name)
{
    CLEANUP(buf_fini) struct buf there = BUF_EMPTY;
    struct stat st;

    buf_printf(&there, "%s/%s", walk->at.ptr, name->ptr);
    if (there.len >= PATH_MAX) { /* the kernel may still find it by the shorter path it was given */
        walk->result.is_polled = true;
        return false;
    }
    if (lstat(there.ptr, &st) < 0) {
        walk_mark_folder(walk, walk->at.ptr, ENTRY_EVENTS);
        return false;
    }
    if (S_ISLNK(st.st_mode)) {
        walk_mark_folder(walk, walk->at.ptr, ENTRY_EVENTS);
        return walk_follow(walk, there.ptr);
    }
    if (S_ISDIR(st.st_mode)) {
        walk_mark_folder(walk, there.ptr, FOLDER_EVENTS);
        buf_clear(&walk->at);
        buf_add(&walk->at, buf_slice(&there));
        return true;
    }
    walk_mark_folder(walk, walk->at.ptr, ENTRY_EVENTS);
    walk_mark_file(walk, there.ptr);
    return false;
}

void file_walk(int inotify_fd, const char *path, struct file_walk *ret_walk)
{
    CLEANUP(buf_fini) struct buf name = BUF_EMPTY;
    struct walk walk = { .fd = inotify_fd, .result = { .file_mark = -1 } };

    buf_add_string(&walk.at, path[0] == '/' ? "/" : ".");
    buf_add_string(&walk.rest, path);
    while (walk_next_name(&walk, &name) && walk_step(&walk, &name))
        ;
    buf_fini(&walk.at);
    buf_fini(&walk.rest);
    *ret_walk = walk.result;
}
