/* SPDX-License-Identifier: MIT */
/* The way to a file, followed as the kernel follows it, and marked for inotify on the way. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One inode on the way. */
struct mark {
    int number; /* inotify's */
    uint32_t events;
    char *path; /* by which it was met */
};

struct marks {
    struct mark *items; /* each inode once */
    size_t n, cap;
};

#define MARKS_NONE ((struct marks){ NULL, 0, 0 })

void marks_fini(struct marks *marks); /* inotify keeps its own */
bool marks_equal(const struct marks *a, const struct marks *b);
/* The events of the mark with that number; 0 if there is none. */
uint32_t marks_find(const struct marks *marks, int number);

struct file_walk {
    struct marks marks;
    int file_mark;  /* number of the file's own; -1: there is no file, or we may not read it */
    bool is_polled; /* inotify will not tell of all changes */
};

/* Marks what concerns a path: folders for their being moved, folders where a name is looked up that
 * is a link, the file or missing for changes of their entries, the file for being written. Only
 * adds to what inotify already has of an inode. */
void file_walk(int inotify_fd, const char *path, struct file_walk *ret_walk);
