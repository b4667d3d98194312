/* SPDX-License-Identifier: MIT */
/* runtime_dir/status.json, and the metrics beside it. */
#include "status.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/memory.h"
#include "data/json_document.h"
#include "io/file.h"
#include "io/timer.h"
#include "metrics.h"

#define STATUS_INTERVAL_MS  1000  /* between two writes, at least */
#define STATUS_SHARE        50    /* and this many times what a write takes: thousands of watches */
#define STATUS_HEARTBEAT_MS 30000 /* at most */

/* A file that is written again and again. */
struct told_file {
    struct buf path; /* empty: there is none */
    bool has_failed; /* to write: said once */
};

struct status_file {
    const struct cycle *cycle;
    struct status_facts facts;
    struct told_file json, metrics;
    struct timer interval;  /* runs after a write: the next one waits for it */
    struct timer heartbeat; /* nothing has changed, but we live */
    bool is_marked;
};

static void told_file_write(struct told_file *file, struct slice text)
{
    const struct file_attributes attributes = { 0644, FILE_KEEP_OWNER, FILE_KEEP_GROUP };
    struct error err = ERROR_EMPTY;

    if (!file->path.len)
        return;

    bool is_ok = file_install(file->path.ptr, text, &attributes, &err);

    if (!is_ok && !file->has_failed)
        log_warn("status file '%s': %s", file->path.ptr, err.text);
    file->has_failed = !is_ok;
}

static void told_file_fini(struct told_file *file)
{
    if (file->path.len)
        unlink(file->path.ptr);
    buf_fini(&file->path);
}

static void status_file_add_facts(const struct status_file *file, struct json_node *document)
{
    char hash[20];

    json_add_integer(document, "version", STATUS_VERSION);
    json_add_string(document, "program", SLICE("edgewright " EDGEWRIGHT_VERSION));
    json_add_integer(document, "pid", (uint64_t)getpid());
    json_add_integer(document, "since", (uint64_t)file->facts.since);
    json_add_integer(document, "time", (uint64_t)time(NULL));
    snprintf(hash, sizeof(hash), "%016llx", (unsigned long long)*file->facts.config_hash);
    json_add_string(document, "config_hash", slice_from(hash));
    json_add_string(document, "config_refusal", buf_slice(file->facts.config_refusal));
    if (*file->facts.exec)
        exec_add_status(*file->facts.exec, json_add_object(document, "exec"));
}

static void status_file_write(struct status_file *file)
{
    CLEANUP(json_document_freep) struct json_node *document = json_document_new();
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;

    status_file_add_facts(file, document);
    cycle_add_status(file->cycle, document);
    json_format(document, true, &text);
    told_file_write(&file->json, buf_slice(&text));
    if (!file->metrics.path.len)
        return;
    buf_clear(&text);
    metrics_format(document, &text);
    told_file_write(&file->metrics, buf_slice(&text));
}

/* Writes, and sees to it that this takes no more than its share of the processor. */
static void status_file_on_interval(void *ctx)
{
    struct status_file *file = ctx;
    struct timespec before, after;

    if (!file->is_marked)
        return;
    file->is_marked = false;
    clock_gettime(CLOCK_MONOTONIC, &before);
    status_file_write(file);
    clock_gettime(CLOCK_MONOTONIC, &after);

    int64_t took_us =
        (after.tv_sec - before.tv_sec) * 1000000 + (after.tv_nsec - before.tv_nsec) / 1000;
    uint64_t pause_ms = took_us > 0 ? (uint64_t)took_us * STATUS_SHARE / 1000 : 0;

    timer_start_ms(&file->interval, pause_ms > STATUS_INTERVAL_MS ? pause_ms : STATUS_INTERVAL_MS);
    timer_start_ms(&file->heartbeat, STATUS_HEARTBEAT_MS);
}

static void status_file_on_heartbeat(void *ctx)
{
    status_file_mark(ctx);
}

struct status_file *status_file_new(struct loop *loop, const char *runtime_dir,
                                    const char *metrics_file, const struct status_facts *facts,
                                    const struct cycle *cycle)
{
    struct status_file *file = NEW(struct status_file);

    file->cycle = cycle;
    file->facts = *facts;
    timer_init(&file->interval, loop, status_file_on_interval, file);
    timer_init(&file->heartbeat, loop, status_file_on_heartbeat, file);
    if (runtime_dir)
        buf_printf(&file->json.path, "%s/" STATUS_FILE, runtime_dir);
    if (metrics_file)
        buf_printf(&file->metrics.path, "%s", metrics_file);
    return file;
}

void status_file_free(struct status_file *file)
{
    if (!file)
        return;
    timer_fini(&file->interval);
    timer_fini(&file->heartbeat);
    told_file_fini(&file->json);
    told_file_fini(&file->metrics);
    free(file);
}

void status_file_mark(struct status_file *file)
{
    if (!file->json.path.len && !file->metrics.path.len)
        return;
    file->is_marked = true;
    if (!file->interval.is_running)
        timer_start_ms(&file->interval, 0);
}
