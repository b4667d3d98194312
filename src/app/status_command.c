/* SPDX-License-Identifier: MIT */
/* `edgewright status`: what the running daemon is doing, from the file that it keeps. */
#include "app/status_command.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "app/ask.h"
#include "app/daemon.h"
#include "base/limits.h"
#include "base/terminal.h"
#include "data/json_document.h"
#include "io/file.h"
#include "metrics.h"
#include "status.h"
#include "status_view.h"

#define REFRESH_S 1

/* A daemon that was killed leaves its file. */
static bool is_alive(uint64_t pid)
{
    return pid > 0 && pid < INT32_MAX && (kill((pid_t)pid, 0) == 0 || errno == EPERM);
}

static uint64_t greatest(const struct json_node *list, const char *field)
{
    uint64_t most = 0;

    for (const struct json_node *node = json_first(list); node; node = json_next(node)) {
        if (json_get_integer(node, field) > most)
            most = json_get_integer(node, field);
    }
    return most;
}

/* The oldest answer that is in use, also if it was kept of an earlier process, and how long the
 * status has not been written. */
static uint64_t age_ms(const struct json_node *status, uint64_t now_s)
{
    uint64_t written_s = json_get_integer(status, "time");
    uint64_t asked_ms = greatest(json_get(status, "watches"), "since_ok_ms");
    uint64_t kept_ms = greatest(json_get(status, "stale"), "age_s") * 1000;
    uint64_t oldest_ms = asked_ms > kept_ms ? asked_ms : kept_ms;

    return oldest_ms + (now_s > written_s ? (now_s - written_s) * 1000 : 0);
}

static enum exit_status judge(const struct json_node *status, const struct status_options *options,
                              uint64_t now_s)
{
    bool is_good = options->max_age_ms > 0 ? age_ms(status, now_s) <= options->max_age_ms
                                           : status_view_is_healthy(status, now_s);

    return is_good ? EXIT_STATUS_OK : EXIT_STATUS_FAILED;
}

static void format(const struct json_node *status, struct slice text,
                   const struct status_options *options, uint64_t now_s, struct buf *out)
{
    uint64_t written_s = json_get_integer(status, "time");

    if (options->is_json) {
        buf_add(out, text);
        return;
    }
    if (options->is_prometheus) {
        metrics_format(status, out);
        return;
    }
    status_view_format(status, now_s, terminal_has_colours(STDOUT_FILENO), out);
    if (status_view_is_old(status, now_s))
        buf_printf(out, "\nThis was written %llu s ago: the daemon seems to stand still.\n",
                   (unsigned long long)(now_s - written_s));
}

static int fail_not_running(const char *folder)
{
    fprintf(stderr,
            "edgewright: no daemon runs with the runtime_dir '%s' (--config or --runtime-dir say "
            "which one is meant)\n",
            folder);
    return EXIT_STATUS_NOT_RUNNING;
}

static int show(const char *folder, const struct status_options *options)
{
    CLEANUP(json_document_freep) struct json_node *status = NULL;
    CLEANUP(buf_fini) struct buf path = BUF_EMPTY, text = BUF_EMPTY, out = BUF_EMPTY;
    struct error err = ERROR_EMPTY;
    uint64_t now_s = (uint64_t)time(NULL);

    buf_printf(&path, "%s/" STATUS_FILE, folder);
    if (!file_read(path.ptr, LIMIT_STATUS_BYTES, &text, &err)) {
        if (err.sys_errno == ENOENT)
            return fail_not_running(folder);
        fprintf(stderr, "edgewright: %s\n", err.text);
        return EXIT_STATUS_FAILED;
    }
    if (!json_document_parse(buf_slice(&text), &status, &err)) {
        fprintf(stderr, "edgewright: '%s': %s\n", path.ptr, err.text);
        return EXIT_STATUS_FAILED;
    }
    if (json_get_integer(status, "version") > STATUS_VERSION && !options->is_json) {
        fprintf(stderr, "edgewright: '%s': version %llu is not known here, only %d\n", path.ptr,
                (unsigned long long)json_get_integer(status, "version"), STATUS_VERSION);
        return EXIT_STATUS_FAILED;
    }
    if (!is_alive(json_get_integer(status, "pid")))
        return fail_not_running(folder);
    json_make_printable(status);
    format(status, buf_slice(&text), options, now_s, &out);
    if (options->is_watching && terminal_has_cursor(STDOUT_FILENO))
        fputs("\033[H\033[2J", stdout);
    fwrite(out.ptr, 1, out.len, stdout);
    return fflush(stdout) == 0 ? (int)judge(status, options, now_s) : EXIT_STATUS_FAILED;
}

int status_run(const struct config_flags *flags, const struct status_options *options)
{
    CLEANUP(buf_fini) struct buf report = BUF_EMPTY;
    struct error err = ERROR_EMPTY;
    char *folder;
    int status;

    if (!ask_find_runtime_dir(flags, &folder, &report, &err)) {
        fprintf(stderr, "edgewright: %s\n", report.len ? report.ptr : err.text);
        return EXIT_STATUS_USAGE;
    }
    do {
        status = show(folder, options);
    } while (options->is_watching && !ferror(stdout) && sleep(REFRESH_S) == 0);
    free(folder);
    return status;
}
