/* SPDX-License-Identifier: MIT */
/* runtime_dir/status.json: what the daemon is doing, for people's tools; world-readable, no secret
 * in it. Written after changes, at most once a second, and every 30 s; removed at the end. So is
 * metrics_file, for node_exporter. */
#pragma once

#include <time.h>

#include "app/cycle.h"
#include "base/cleanup.h"
#include "exec.h"
#include "io/loop.h"

#define STATUS_FILE    "status.json"
#define STATUS_VERSION 1

struct status_file;

/* What the cycle does not know; borrowed. */
struct status_facts {
    time_t since; /* the start of the daemon */
    const uint64_t *config_hash;
    const struct buf *config_refusal; /* why the configuration was refused when last read, or "" */
    struct exec *const *exec;         /* of exec mode; points to NULL: there is none */
};

/* Of both paths, NULL: not that file. The cycle is borrowed. */
struct status_file *status_file_new(struct loop *loop, const char *runtime_dir,
                                    const char *metrics_file, const struct status_facts *facts,
                                    const struct cycle *cycle);
void status_file_free(struct status_file *file);
DEFINE_FREEP(struct status_file, status_file_free)

/* Something that the status tells has changed. */
void status_file_mark(struct status_file *file);
