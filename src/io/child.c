/* SPDX-License-Identifier: MIT */
/* Commands: started, listened to, ended. */
#include "io/child.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include "base/limits.h"
#include "base/memory.h"
#include "fd.h"
#include "io/timer.h"

#define CHUNK_BYTES 4096

/*            timeout, child_stop()          kill_after_ms
 *   RUNNING ----------------------> ENDING --------------> KILLED
 *      '-------------------------------'----------------------'---> ENDED  (the leader has ended)
 *   FAILED ---> ENDED  (on the next turn)
 */
enum child_state {
    CHILD_STATE_FAILED,  /* it never ran */
    CHILD_STATE_RUNNING, /* the timer is the timeout, if there is one */
    CHILD_STATE_ENDING,  /* its group got TERM; the timer is the patience left */
    CHILD_STATE_KILLED,  /* its group got KILL */
    CHILD_STATE_ENDED,
};

struct child {
    struct loop *loop;
    struct child_handler handler;
    void *ctx;
    enum child_state state;
    pid_t pid; /* also of its process group */
    uint64_t timeout_ms, kill_after_ms, start_ms;
    int stop_signal;
    bool is_leader_alone;
    bool is_rest_killed;
    bool is_timed_out;
    int sys_errno;
    struct timer timer;
    struct loop_source *end_source, *pipe_source;
    int pipe_fd;
    size_t line_len;
    char line[LIMIT_COMMAND_OUTPUT_LINE_BYTES]; /* what came of the present one */
};

/* ---- output ---- */

static void child_add_to_line(struct child *child, struct slice text)
{
    struct slice kept = slice_sub(text, 0, sizeof(child->line) - child->line_len);

    memcpy(child->line + child->line_len, kept.ptr, kept.len);
    child->line_len += kept.len;
}

static void child_end_line(struct child *child)
{
    size_t len = child->line_len;

    child->line_len = 0;
    if (child->handler.on_line)
        child->handler.on_line(child->ctx, slice_of(child->line, len));
}

static void child_take_output(struct child *child, struct slice text)
{
    for (;;) {
        size_t end = slice_find_byte(text, '\n');

        if (end == SLICE_NOT_FOUND)
            break;
        child_add_to_line(child, slice_sub(text, 0, end));
        child_end_line(child);
        text = slice_sub(text, end + 1, text.len);
    }
    child_add_to_line(child, text);
}

static void child_close_pipe(struct child *child)
{
    loop_source_free(TAKE(child->pipe_source));
    fd_close(&child->pipe_fd);
}

/* At most max_bytes. Returns how many there were; 0 when there are none now, or no more. */
static size_t child_read(struct child *child, size_t max_bytes)
{
    char chunk[CHUNK_BYTES];
    ssize_t n = read(child->pipe_fd, chunk, max_bytes < sizeof(chunk) ? max_bytes : sizeof(chunk));

    if (n > 0) {
        child_take_output(child, slice_of(chunk, (size_t)n));
        return (size_t)n;
    }
    if (n == 0 || (errno != EAGAIN && errno != EINTR))
        child_close_pipe(child);
    return 0;
}

static void child_on_output(void *ctx, int fd, uint32_t events)
{
    (void)fd;
    (void)events;
    child_read(ctx, CHUNK_BYTES);
}

/* What is in the pipe at this moment and no more: whoever still holds its other end may go on
 * writing for ever. */
static void child_read_rest(struct child *child)
{
    int left = 0;

    if (child->pipe_fd >= 0 && ioctl(child->pipe_fd, FIONREAD, &left) < 0)
        left = 0;
    while (left > 0 && child->pipe_fd >= 0) {
        size_t n = child_read(child, (size_t)left);

        if (n == 0)
            break;
        left -= (int)n;
    }
    if (child->line_len > 0)
        child_end_line(child);
    child_close_pipe(child);
}

/* ---- life ---- */

static bool child_is_running(const struct child *child)
{
    return child->state == CHILD_STATE_RUNNING || child->state == CHILD_STATE_ENDING ||
           child->state == CHILD_STATE_KILLED;
}

void child_signal(struct child *child, int signo)
{
    if (child_is_running(child))
        kill(child->is_leader_alone ? child->pid : -child->pid, signo);
}

static void child_enter(struct child *child, enum child_state next)
{
    child->state = next;

    switch (next) {
    case CHILD_STATE_FAILED:
        timer_start_ms(&child->timer, 0); /* told from the loop, not from child_start() */
        return;
    case CHILD_STATE_RUNNING:
        if (child->timeout_ms > 0)
            timer_start_ms(&child->timer, child->timeout_ms);
        return;
    case CHILD_STATE_ENDING:
        child_signal(child, child->stop_signal);
        timer_start_ms(&child->timer, child->kill_after_ms);
        return;
    case CHILD_STATE_KILLED: kill(-child->pid, SIGKILL); return;
    case CHILD_STATE_ENDED: timer_stop(&child->timer); return;
    }
}

/* The last thing that happens to a child: the handler may free it. */
static void child_tell_end(struct child *child, enum child_outcome outcome, int status)
{
    struct child_result result = {
        .outcome = outcome,
        .status = status,
        .sys_errno = outcome == CHILD_NOT_RUN ? child->sys_errno : 0,
        .elapsed_ms = loop_now_ms(child->loop) - child->start_ms,
        .timeout_ms = outcome == CHILD_TIMED_OUT ? child->timeout_ms : 0,
    };

    child_enter(child, CHILD_STATE_ENDED);
    child->handler.on_done(child->ctx, &result);
}

/* It is not reaped before this returns, so its number still means its group. */
static void child_on_end(void *ctx, const siginfo_t *info)
{
    struct child *child = ctx;

    loop_source_free(TAKE(child->end_source));
    if (child->state != CHILD_STATE_RUNNING || child->is_rest_killed)
        kill(-child->pid, SIGKILL);
    child_read_rest(child);
    child_tell_end(child,
                   child->is_timed_out           ? CHILD_TIMED_OUT
                   : info->si_code == CLD_EXITED ? CHILD_EXITED
                                                 : CHILD_SIGNALLED,
                   info->si_status);
}

/* When the loop was held up, the end and the timeout are due together: the end counts. */
static bool child_has_ended(const struct child *child)
{
    siginfo_t info = { .si_pid = 0 };

    return waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == child->pid;
}

static void child_on_time(void *ctx)
{
    struct child *child = ctx;

    switch (child->state) {
    case CHILD_STATE_FAILED: child_tell_end(child, CHILD_NOT_RUN, 0); return;
    case CHILD_STATE_RUNNING:
        if (child_has_ended(child))
            return;
        child->is_timed_out = true;
        child_enter(child, CHILD_STATE_ENDING);
        return;
    case CHILD_STATE_ENDING: child_enter(child, CHILD_STATE_KILLED); return;
    case CHILD_STATE_KILLED:
    case CHILD_STATE_ENDED: return;
    }
}

/* ---- start ---- */

/* A group of its own, and no trace of what the loop does to signals. */
static int set_attributes(posix_spawnattr_t *attributes)
{
    sigset_t none, all;

    sigemptyset(&none);
    sigfillset(&all);

    int r = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                                     POSIX_SPAWN_SETSIGDEF);

    if (r == 0)
        r = posix_spawnattr_setpgroup(attributes, 0);
    if (r == 0)
        r = posix_spawnattr_setsigmask(attributes, &none);
    if (r == 0)
        r = posix_spawnattr_setsigdefault(attributes, &all);
    return r;
}

/* Output first (-1: it stays ours): should our own standard streams be closed, the pipe may be any
 * of 0 to 2, and this order never overwrites it before its last use. */
static int set_actions(posix_spawn_file_actions_t *actions, int output_fd)
{
    int r = 0;

    if (output_fd >= 0)
        r = posix_spawn_file_actions_adddup2(actions, output_fd, STDOUT_FILENO);
    if (r == 0 && output_fd >= 0)
        r = posix_spawn_file_actions_adddup2(actions, output_fd, STDERR_FILENO);
    if (r == 0)
        r = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (r == 0)
        r = posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
    return r;
}

/* POSIX takes words that it promises not to change. */
static char *const *as_words(const char *const *words)
{
    union {
        const char *const *from;
        char *const *to;
    } cast = { .from = words };

    return cast.to;
}

/* Returns an errno; a failed exec is one, too. */
static int spawn(const struct child_options *options, int output_fd, pid_t *ret_pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int r = posix_spawn_file_actions_init(&actions);

    if (r != 0)
        return r;
    r = posix_spawnattr_init(&attributes);
    if (r == 0) {
        r = set_attributes(&attributes);
        if (r == 0)
            r = set_actions(&actions, output_fd);
        if (r == 0)
            r = posix_spawnp(ret_pid, options->argv[0], &actions, &attributes,
                             as_words(options->argv), as_words(options->envp));
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return r;
}

/* Both ends, of which only ours does not wait: the command expects an ordinary one. */
static bool open_pipe(int *ret_read_fd, int *ret_write_fd, struct error *err)
{
    int fds[2];

    if (pipe2(fds, O_CLOEXEC) < 0)
        return error_set_errno(err, "pipe");
    *ret_read_fd = fds[0];
    *ret_write_fd = fds[1];
    if (fcntl(fds[0], F_SETFL, O_NONBLOCK) < 0)
        return error_set_errno(err, "pipe");
    return true;
}

static bool child_listen(struct child *child, int *ret_output_fd, struct error *err)
{
    return open_pipe(&child->pipe_fd, ret_output_fd, err) &&
           loop_add_io(child->loop, child->pipe_fd, EPOLLIN, child_on_output, child,
                       &child->pipe_source, err);
}

static bool child_run(struct child *child, const struct child_options *options, struct error *err)
{
    CLEANUP(fd_close) int output_fd = -1;

    if (!options->is_attached && !child_listen(child, &output_fd, err))
        return false;
    errno = spawn(options, output_fd, &child->pid);
    if (errno != 0) {
        child->pid = 0;
        return error_set_errno(err, "exec");
    }
    if (!loop_add_child(child->loop, child->pid, child_on_end, child, &child->end_source, err)) {
        kill(-child->pid, SIGKILL);
        waitpid(child->pid, NULL, 0);
        child->pid = 0;
        return false;
    }
    return true;
}

struct child *child_start(struct loop *loop, const struct child_options *options,
                          const struct child_handler *handler, void *ctx)
{
    struct child *child = NEW(struct child);
    struct error err;

    child->loop = loop;
    child->handler = *handler;
    child->ctx = ctx;
    child->timeout_ms = options->timeout_ms;
    child->kill_after_ms = options->kill_after_ms;
    child->is_rest_killed = options->is_rest_killed;
    child->stop_signal = options->stop_signal ? options->stop_signal : SIGTERM;
    child->is_leader_alone = options->is_leader_alone;
    child->start_ms = loop_now_ms(loop);
    child->pipe_fd = -1;
    timer_init(&child->timer, loop, child_on_time, child);
    if (child_run(child, options, &err)) {
        child_enter(child, CHILD_STATE_RUNNING);
    } else {
        child->sys_errno = err.sys_errno;
        child_close_pipe(child);
        child_enter(child, CHILD_STATE_FAILED);
    }
    return child;
}

pid_t child_pid(const struct child *child)
{
    return child_is_running(child) ? child->pid : 0;
}

void child_stop(struct child *child)
{
    if (child->state == CHILD_STATE_RUNNING)
        child_enter(child, CHILD_STATE_ENDING);
}

void child_free(struct child *child)
{
    if (!child)
        return;
    if (child_is_running(child))
        kill(-child->pid, SIGKILL);
    child_close_pipe(child);
    loop_source_free(child->end_source); /* the loop still reaps it */
    timer_fini(&child->timer);
    free(child);
}

/* ---- words ---- */

/* As Go writes durations: "1h0m5s", "1.5s", "20ms". */
static void format_duration(uint64_t ms, struct buf *out)
{
    uint64_t seconds = ms / 1000, rest_ms = ms % 1000;

    if (ms < 1000) {
        buf_printf(out, "%ums", (unsigned)ms);
        return;
    }
    if (seconds >= 3600)
        buf_printf(out, "%lluh", (unsigned long long)(seconds / 3600));
    if (seconds >= 60)
        buf_printf(out, "%um", (unsigned)(seconds / 60 % 60));
    buf_printf(out, "%u", (unsigned)(seconds % 60));
    if (rest_ms > 0) {
        buf_printf(out, ".%03u", (unsigned)rest_ms);
        while (out->ptr[out->len - 1] == '0')
            out->ptr[--out->len] = '\0';
    }
    buf_add_byte(out, 's');
}

void child_result_format(const struct child_result *result, struct buf *out)
{
    switch (result->outcome) {
    case CHILD_EXITED: buf_printf(out, "exit status %d", result->status); return;
    case CHILD_SIGNALLED: {
        const char *name = sigabbrev_np(result->status);

        if (name)
            buf_printf(out, "killed by SIG%s", name);
        else
            buf_printf(out, "killed by signal %d", result->status);
        return;
    }
    case CHILD_TIMED_OUT:
        buf_add_string(out, "timed out after ");
        format_duration(result->timeout_ms, out);
        return;
    case CHILD_NOT_RUN: buf_printf(out, "cannot run: %s", strerror(result->sys_errno)); return;
    }
}
