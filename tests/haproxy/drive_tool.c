/* SPDX-License-Identifier: MIT */
/* A driver by hand, for tests with a real HAProxy.
 *
 * drive_tool STATE SOCKET MASTER|- DRAIN_MS GRACE_MS FILE...
 *     takes lines: apply | others | command ok|TEXT | registered IP:PORT... | report | stop
 *     says lines:  start; saved; result OUTCOME STEPS [evidence] TEXT; command REASON; stopped
 * What is to be kept is in the file STATE. "die N" ends the process before the Nth save from now.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "haproxy/driver.h"
#include "io/file.h"
#include "io/loop.h"

struct tool {
    struct loop *loop;
    struct driver *driver;
    const char *state_path;
    struct buf input;
    char *registered;      /* addresses with a space around each */
    unsigned n_saves_left; /* 0: any number */
};

static void say(const char *text)
{
    printf("%s\n", text);
    fflush(stdout);
}

static void on_result(void *ctx, const struct driver_result *result)
{
    (void)ctx;
    printf("result %s %zu%s %s\n", driver_outcome_name(result->outcome), result->n_steps,
           result->is_evidence ? " evidence" : "", result->text);
    fflush(stdout);
}

static void on_save(void *ctx, struct slice text)
{
    struct tool *tool = ctx;
    struct error err;

    if (tool->n_saves_left > 0 && --tool->n_saves_left == 0)
        _exit(3);
    if (!file_install(tool->state_path, text, &FILE_ATTRIBUTES_KEEP, &err)) {
        fprintf(stderr, "drive_tool: %s\n", err.text);
        exit(1);
    }
}

static bool run_command(void *ctx, const char *reason)
{
    (void)ctx;
    printf("command %s\n", reason);
    fflush(stdout);
    return true;
}

static bool is_registered(void *ctx, const struct haproxy_address *address)
{
    struct tool *tool = ctx;
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;

    buf_add_byte(&text, ' ');
    haproxy_address_format(address, &text);
    buf_add_byte(&text, ' ');
    return tool->registered && strstr(tool->registered, text.ptr);
}

static void on_stopped(void *ctx)
{
    struct tool *tool = ctx;

    say("stopped");
    loop_quit(tool->loop, 0);
}

static unsigned long long n_sessions(const struct survey *seen)
{
    unsigned long long n = 0;

    for (size_t i = 0; i < seen->n_proxies; i++)
        n += seen->proxies[i].n_sessions;
    return n;
}

static void report(struct tool *tool)
{
    struct driver_report report;

    driver_get_report(tool->driver, &report);
    printf("report worker=%llu old=%zu owes=%d pending=%zu updates=%zu reloads=%zu busy=%d "
           "answering=%d sessions=%llu overrides=%zu\n",
           (unsigned long long)report.worker, report.n_old_workers, report.owes_reload,
           report.n_pending, report.n_updates, report.n_reloads, driver_is_busy(tool->driver),
           report.is_answering, n_sessions(report.seen), report.seen->n_overrides);
    fflush(stdout);
}

static void obey(struct tool *tool, struct slice line)
{
    struct driver_update update = { .has_other_changes = slice_is(line, "others") };
    struct slice word;

    if (!slice_next(&line, ' ', &word))
        return;
    if (slice_is(word, "apply") || slice_is(word, "others"))
        driver_apply(tool->driver, &update);
    else if (slice_is(word, "command"))
        driver_on_command(tool->driver, slice_is(line, "ok"), "exit status 1");
    else if (slice_is(word, "report"))
        report(tool);
    else if (slice_is(word, "stop"))
        driver_stop(tool->driver);
    else if (slice_is(word, "die"))
        tool->n_saves_left = (unsigned)(line.ptr[0] - '0');
    else if (slice_is(word, "registered")) {
        CLEANUP(buf_fini) struct buf list = BUF_EMPTY;

        buf_printf(&list, " %.*s ", SLICE_ARG(line));
        free(tool->registered);
        tool->registered = buf_take(&list);
    }
}

static void on_input(void *ctx, int fd, uint32_t events)
{
    struct tool *tool = ctx;
    char chunk[4096];
    ssize_t n = read(fd, chunk, sizeof(chunk));
    size_t end;

    (void)events;
    if (n <= 0) {
        loop_quit(tool->loop, 0);
        return;
    }
    buf_add(&tool->input, slice_of(chunk, (size_t)n));
    while ((end = slice_find_byte(buf_slice(&tool->input), '\n')) != SLICE_NOT_FOUND) {
        CLEANUP(buf_fini) struct buf line = BUF_EMPTY;
        struct slice rest = slice_sub(buf_slice(&tool->input), end + 1, tool->input.len);

        buf_add(&line, slice_sub(buf_slice(&tool->input), 0, end));
        memmove(tool->input.ptr, rest.ptr, rest.len);
        tool->input.len = rest.len;
        obey(tool, buf_slice(&line));
    }
}

static bool run(struct tool *tool, const struct haproxy_options *options, struct error *err)
{
    static const struct driver_handler handler = { on_result,     on_save,    run_command,
                                                   is_registered, on_stopped, NULL };
    CLEANUP(loop_source_freep) struct loop_source *input = NULL;
    CLEANUP(buf_fini) struct buf saved = BUF_EMPTY;
    int status;

    if (!loop_new(&tool->loop, err) ||
        !loop_add_io(tool->loop, STDIN_FILENO, EPOLLIN, on_input, tool, &input, err))
        return false;
    if (!file_read(tool->state_path, 1u << 26, &saved, err) && err->sys_errno != ENOENT)
        return false;
    tool->driver = driver_new(tool->loop, "test", options, &handler, tool);
    driver_start(tool->driver, buf_slice(&saved));
    say("start");
    return loop_run(tool->loop, &status, err);
}

int main(int argc, char **argv)
{
    struct tool tool = { .state_path = argc > 1 ? argv[1] : "" };
    struct error err = ERROR_EMPTY;
    bool ok;

    if (argc < 7) {
        fprintf(stderr, "usage: drive_tool STATE SOCKET MASTER|- DRAIN_MS GRACE_MS FILE...\n");
        return 2;
    }

    struct haproxy_options options = {
        .socket = argv[2],
        .master_socket = strcmp(argv[3], "-") == 0 ? NULL : argv[3],
        .files = argv + 6,
        .n_files = (size_t)argc - 6,
        .drain_ms = strtoull(argv[4], NULL, 10),
        .grace_ms = strtoull(argv[5], NULL, 10),
    };

    log_set_level(LOG_LEVEL_DEBUG);
    ok = run(&tool, &options, &err);
    if (!ok)
        fprintf(stderr, "drive_tool: %s\n", err.text);
    driver_free(tool.driver);
    loop_free(tool.loop);
    buf_fini(&tool.input);
    free(tool.registered);
    return !ok;
}
