/* SPDX-License-Identifier: MIT */
/* Local files watched for changes: templates' `file`, tokens, certificates.
 *
 * What is watched is a path, not an inode: a file that is replaced by a rename, that a symbolic
 * link somewhere else begins to name (Kubernetes' ..data), that goes and comes back, or whose
 * folder does not exist yet, is noticed. inotify says when to look; a stat says whether something
 * has changed. Folders that cannot be watched (not there yet, no inotify watch to be had) are
 * looked at every two seconds instead, as the peer does with every file. */
#pragma once

#include "base/cleanup.h"
#include "base/error.h"
#include "io/loop.h"

struct file_watcher; /* one inotify descriptor for all watches */
struct file_watch;

MUST_CHECK bool file_watcher_new(struct loop *loop, struct file_watcher **ret_watcher,
                                 struct error *err);
void file_watcher_free(struct file_watcher *watcher); /* after its watches */
DEFINE_FREEP(struct file_watcher, file_watcher_free)

/* fn is called, from the loop, each time the path names another file, or the file has another size
 * or time of change, or begins or ends to exist. A file that is being written is reported when it
 * is closed, or when writing has paused. fn may free the watch. */
struct file_watch *file_watch_start(struct file_watcher *watcher, const char *path, loop_fn fn,
                                    void *ctx);
void file_watch_free(struct file_watch *watch);
DEFINE_FREEP(struct file_watch, file_watch_free)
