/* SPDX-License-Identifier: MIT */
/* runtime_dir/status.json. */
#include "status.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/memory.h"
#include "data/json_document.h"
#include "io/file.h"
#include "io/timer.h"

#define STATUS_VERSION     1
#define STATUS_INTERVAL_MS 1000 /* between two writes */

struct status_file {
    const struct cycle *cycle;
    struct buf path;
    struct timer interval; /* runs after a write: the next one waits for it */
    bool is_marked;
    bool has_failed; /* to write: said once */
};

static void status_file_write(struct status_file *file)
{
    CLEANUP(json_document_freep) struct json_node *document = json_document_new();
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;
    const struct file_attributes attributes = { 0644, FILE_KEEP_OWNER, FILE_KEEP_GROUP };
    struct error err = ERROR_EMPTY;

    json_add_integer(document, "version", STATUS_VERSION);
    json_add_string(document, "program", SLICE("edgewright " EDGEWRIGHT_VERSION));
    json_add_integer(document, "pid", (uint64_t)getpid());
    json_add_integer(document, "time", (uint64_t)time(NULL));
    cycle_add_status(file->cycle, document);
    json_format(document, true, &text);

    bool is_ok = file_install(file->path.ptr, buf_slice(&text), &attributes, &err);

    if (!is_ok && !file->has_failed)
        log_warn("status file '%s': %s", file->path.ptr, err.text);
    file->has_failed = !is_ok;
}

static void status_file_on_interval(void *ctx)
{
    struct status_file *file = ctx;

    if (!file->is_marked)
        return;
    file->is_marked = false;
    status_file_write(file);
    timer_start_ms(&file->interval, STATUS_INTERVAL_MS);
}

struct status_file *status_file_new(struct loop *loop, const char *runtime_dir,
                                    const struct cycle *cycle)
{
    struct status_file *file = NEW(struct status_file);

    file->cycle = cycle;
    timer_init(&file->interval, loop, status_file_on_interval, file);
    if (runtime_dir)
        buf_printf(&file->path, "%s/status.json", runtime_dir);
    return file;
}

void status_file_free(struct status_file *file)
{
    if (!file)
        return;
    timer_fini(&file->interval);
    if (file->path.len)
        unlink(file->path.ptr);
    buf_fini(&file->path);
    free(file);
}

void status_file_mark(struct status_file *file)
{
    if (!file->path.len)
        return;
    file->is_marked = true;
    if (!file->interval.is_running)
        timer_start_ms(&file->interval, 0);
}
