/* SPDX-License-Identifier: MIT */
/* `edgewright release|pause|resume [NAME]`: told to the running daemon. */
#include "app/ask.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/daemon.h"
#include "base/limits.h"
#include "base/memory.h"
#include "control.h"
#include "io/line_server.h"

#define ASK_PATIENCE_MS 10000
#define USUAL_FOLDER    "/run/edgewright" /* of the unit that comes with this program */

static const char *get_env(const char *name)
{
    return getenv(name);
}

static const char *setting_of(const struct config_flags *flags, const char *key)
{
    const char *value = NULL;

    for (size_t i = 0; i < flags->n_settings; i++) {
        if (strcmp(flags->settings[i].key, key) == 0)
            value = flags->settings[i].value;
    }
    return value;
}

/* Of $RUNTIME_DIRECTORY, the first of several. */
static void use_environment(char **ret_folder)
{
    struct slice list = slice_from(getenv("RUNTIME_DIRECTORY")), first = SLICE_EMPTY;

    slice_next(&list, ':', &first);
    if (first.len > 0)
        *ret_folder = slice_to_string(first);
}

/* As the daemon finds it, but the configuration need not be complete where an option says it. */
bool ask_find_runtime_dir(const struct config_flags *flags, char **ret_folder, struct buf *report,
                          struct error *err)
{
    CLEANUP(config_freep) struct config *config = NULL;
    const char *option = setting_of(flags, "runtime_dir");

    *ret_folder = NULL;
    if (option && *option) {
        *ret_folder = memory_copy_string(option);
        return true;
    }
    if (flags->n_paths > 0) {
        if (!config_load(flags, get_env, &config, report, err))
            return false;
        if (config->runtime_dir)
            *ret_folder = memory_copy_string(config->runtime_dir);
    } else {
        use_environment(ret_folder);
    }
    if (!*ret_folder)
        *ret_folder = memory_copy_string(USUAL_FOLDER);
    return true;
}

/* Splits off the line with the status, and prints the rest where it belongs. */
static int print_reply(struct slice reply)
{
    struct slice status_text;
    uint64_t status;

    if (!slice_next(&reply, '\n', &status_text) ||
        !slice_parse_u64(status_text, EXIT_STATUS_TIMEOUT, &status)) {
        fputs("edgewright: an answer that makes no sense\n", stderr);
        return EXIT_STATUS_FAILED;
    }
    if (reply.len > 0)
        fwrite(reply.ptr, 1, reply.len, status == EXIT_STATUS_OK ? stdout : stderr);
    return fflush(stdout) == 0 ? (int)status : EXIT_STATUS_FAILED;
}

static int fail(const char *folder, const struct error *err)
{
    if (err->sys_errno == ENOENT || err->sys_errno == ECONNREFUSED) {
        fprintf(stderr,
                "edgewright: no daemon runs with the runtime_dir '%s' (--config or --runtime-dir "
                "say which one is meant)\n",
                folder);
        return EXIT_STATUS_NOT_RUNNING;
    }
    fprintf(stderr, "edgewright: '%s/%s': %s\n", folder, CONTROL_SOCKET, err->text);
    return EXIT_STATUS_FAILED;
}

int ask_run(const struct config_flags *flags, const char *verb, const char *name)
{
    CLEANUP(buf_fini) struct buf report = BUF_EMPTY;
    CLEANUP(buf_fini) struct buf line = BUF_EMPTY;
    CLEANUP(buf_fini) struct buf reply = BUF_EMPTY;
    struct error err = ERROR_EMPTY;
    char *folder;
    int status;

    if (!ask_find_runtime_dir(flags, &folder, &report, &err)) {
        fputs(report.len ? report.ptr : err.text, stderr);
        return EXIT_STATUS_USAGE;
    }
    buf_printf(&line, "%s%s%s", verb, name ? " " : "", name ? name : "");
    status = line_ask(folder, CONTROL_SOCKET, buf_slice(&line), ASK_PATIENCE_MS,
                      LIMIT_CONTROL_REPLY_BYTES, &reply, &err)
                 ? print_reply(buf_slice(&reply))
                 : fail(folder, &err);
    free(folder);
    return status;
}
