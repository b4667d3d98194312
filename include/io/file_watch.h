/* SPDX-License-Identifier: MIT */
/* Local files watched for changes: templates' `file`, tokens, certificates.
 *
 * What is watched is a path, not an inode: a file that is replaced by a rename, that a symbolic
 * link anywhere on its way begins to lead to (Kubernetes' ..data, a release's "current"), that goes
 * and comes back, or whose folders do not exist yet, is noticed. inotify says when to look; a stat
 * says whether something has changed. Where inotify cannot be had (no watch left, a folder we may
 * not read, a file system that others change over the network), the file is looked at every two
 * seconds instead, as the peer does with every file. */
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

/* fn is called, from the loop, when the path names another file, or the file was written or has
 * other attributes, or begins or ends to exist. A file that is being written is reported when it is
 * closed, or when writing has paused. What it holds may be as before. fn may free the watch and
 * others, and start new ones. */
struct file_watch *file_watch_start(struct file_watcher *watcher, const char *path, loop_fn fn,
                                    void *ctx);
void file_watch_free(struct file_watch *watch);
DEFINE_FREEP(struct file_watch, file_watch_free)
