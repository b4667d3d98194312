/* SPDX-License-Identifier: MIT */
/* Files of others that groups depend on (`watch_files`: certificates that somebody renews): told
 * when one holds something else. */
#pragma once

#include "base/cleanup.h"
#include "group.h"

struct watched_files;

/* Watches the files of all groups; NULL if there are none. on_change is called from the loop. The
 * groups are borrowed and must outlive it. */
struct watched_files *watched_files_new(struct loop *loop, const struct groups *groups,
                                        void (*on_change)(struct group *group, const char *path));
void watched_files_free(struct watched_files *watched);
