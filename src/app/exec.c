/* SPDX-License-Identifier: MIT */
/* Exec mode. */
#include "exec.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "delivery/environment.h"
#include "io/child.h"
#include "io/timer.h"

/* A program that starts, or reloads by executing itself anew as HAProxy's master does, ignores for
 * a moment the signal to reload: one that comes then is lost, and with it the change. */
#define RELOAD_REST_MS 1000

#define STATUS_NOT_FOUND  127 /* as a shell has them */
#define STATUS_CANNOT_RUN 126
#define STATUS_OF_SIGNAL  128

/*            take_up          take_up           time: a signal
 *      IDLE --------> RUNNING --------> SPLAYING -------------> RUNNING
 *                        |                 |  time: no signal to reload by
 *                        |                 '-------------> RESTARTING --ended--> RUNNING
 *                        |  stop, from any state where it runs
 *                        '---------------> STOPPING --ended--> ENDED
 *
 * Its own end leads to ENDED from RUNNING and SPLAYING.
 */
enum exec_state {
    EXEC_IDLE,
    EXEC_RUNNING,
    EXEC_SPLAYING, /* the timer is what is left of the splay, and of the rest it needs */
    EXEC_RESTARTING,
    EXEC_STOPPING,
    EXEC_ENDED,
};

static const char *const exec_state_names[] = {
    [EXEC_IDLE] = "waiting",          [EXEC_RUNNING] = "running",   [EXEC_SPLAYING] = "reload due",
    [EXEC_RESTARTING] = "restarting", [EXEC_STOPPING] = "stopping", [EXEC_ENDED] = "ended",
};

struct exec {
    struct loop *loop;
    const struct exec_options *options;
    char *consul_address;
    struct exec_handler handler;
    void *ctx;
    enum exec_state state;
    struct timer timer;
    struct child *child;
    uint64_t told_ms; /* when it was started, or got its last signal to reload */
    /* What it was started with, to find out whether that has changed. */
    struct command command;
    struct environment env;
    time_t since; /* when it was started last; 0: never */
    unsigned n_starts;
    struct buf last_exit; /* in words; "" */
};

/* --- What is run ----------------------------------------------------------------------------- */

/* Whether there is a program of that name; `exit` and `exec` are for a shell. */
static bool is_program(struct slice name)
{
    const char *search = getenv("PATH");
    struct slice rest = slice_from(search ? search : "/usr/bin:/bin"), folder;
    bool is_found = slice_find_byte(name, '/') != SLICE_NOT_FOUND;

    while (!is_found && slice_next(&rest, ':', &folder)) {
        CLEANUP(buf_fini) struct buf path = BUF_EMPTY;

        buf_printf(&path, "%.*s/%.*s", SLICE_ARG(folder), SLICE_ARG(name));
        is_found = access(path.ptr, X_OK) == 0;
    }
    return is_found;
}

/* Words and blanks alone: there is nothing for a shell to do, which would only stand between us and
 * the program when signals are to reach it. */
static bool is_plain_command(const struct command *command)
{
    static const char plain[] = "_-./:,=@%+ \t";

    if (!command->is_shell)
        return false;
    for (const char *at = command->words[0]; *at; at++) {
        bool is_word =
            (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || (*at >= '0' && *at <= '9');

        if (!is_word && !strchr(plain, *at))
            return false;
    }

    struct slice rest = slice_trim(slice_from(command->words[0]));
    struct slice name = slice_sub(rest, 0, strcspn(rest.ptr, " \t"));

    /* "NAME=value program" is for the shell, too. */
    return is_program(name) && slice_find_byte(name, '=') == SLICE_NOT_FOUND;
}

/* The command without its shell, if it needs none. */
static struct command exec_make_command(const struct exec_options *options)
{
    struct slice rest = slice_from(options->command.n_words ? options->command.words[0] : NULL);
    struct command command = COMMAND_NONE;
    size_t cap = 0;

    if (!is_plain_command(&options->command))
        return command_copy(&options->command);
    while ((rest = slice_trim(rest)).len > 0) {
        size_t end = 0;

        while (end < rest.len && rest.ptr[end] != ' ' && rest.ptr[end] != '\t')
            end++;
        GROW(command.words, command.n_words, cap);
        command.words[command.n_words++] = slice_to_string(slice_sub(rest, 0, end));
        rest = slice_sub(rest, end, rest.len);
    }
    return command;
}

static void exec_make_environment(const struct exec *exec, struct environment *env)
{
    environment_inherit(env, environ, false);
    environment_set(env, "CONSUL_HTTP_ADDR", exec->consul_address);
    environment_restrict(env, &exec->options->environment);
}

static bool environments_equal(const struct environment *a, const struct environment *b)
{
    if (a->n != b->n)
        return false;
    for (size_t i = 0; i < a->n; i++) {
        if (strcmp(a->lines[i], b->lines[i]) != 0)
            return false;
    }
    return true;
}

bool exec_is_outdated(const struct exec *exec)
{
    CLEANUP(environment_fini) struct environment env = ENVIRONMENT_EMPTY;
    CLEANUP(command_fini) struct command command = exec_make_command(exec->options);

    if (!exec->child)
        return false;
    exec_make_environment(exec, &env);
    return !command_equal(&command, &exec->command) || !environments_equal(&env, &exec->env);
}

/* --- Its life -------------------------------------------------------------------------------- */

static void exec_enter(struct exec *exec, enum exec_state next);

static int status_of(const struct child_result *result)
{
    switch (result->outcome) {
    case CHILD_EXITED: return result->status;
    case CHILD_SIGNALLED:
    case CHILD_TIMED_OUT: return STATUS_OF_SIGNAL + result->status;
    case CHILD_NOT_RUN: break;
    }
    return result->sys_errno == ENOENT ? STATUS_NOT_FOUND : STATUS_CANNOT_RUN;
}

static void exec_on_done(void *ctx, const struct child_result *result)
{
    CLEANUP(buf_fini) struct buf how = BUF_EMPTY;
    struct exec *exec = ctx;
    bool is_ours = exec->state == EXEC_RESTARTING || exec->state == EXEC_STOPPING;

    child_result_format(result, &how);
    if (is_ours)
        log_info("exec '%s': ended: %s", exec->command.words[0], how.ptr);
    else
        log_err("exec '%s': ended by itself: %s", exec->command.words[0], how.ptr);
    child_free(TAKE(exec->child));
    buf_fini(&exec->last_exit);
    exec->last_exit = how;
    how = BUF_EMPTY;
    if (exec->state == EXEC_RESTARTING) {
        exec_enter(exec, EXEC_RUNNING);
        return;
    }
    exec_enter(exec, EXEC_ENDED);
    exec->handler.on_end(exec->ctx, status_of(result));
}

static void exec_start(struct exec *exec)
{
    static const struct child_handler handler = { .on_done = exec_on_done };
    const struct exec_options *options = exec->options;
    const char **argv;

    command_fini(&exec->command);
    environment_fini(&exec->env);
    exec->command = exec_make_command(options);
    exec_make_environment(exec, &exec->env);
    argv = command_argv(&exec->command);

    struct child_options child_options = {
        .argv = argv,
        .envp = environment_lines(&exec->env),
        .kill_after_ms = options->kill_timeout_ms,
        .stop_signal = options->kill_signal ? options->kill_signal : SIGKILL,
        .is_attached = true,
        /* A shell waits for what it runs and passes nothing on. */
        .is_leader_alone = !exec->command.is_shell,
    };

    exec->child = child_start(exec->loop, &child_options, &handler, exec);
    exec->told_ms = loop_now_ms(exec->loop);
    free(argv);
    exec->since = time(NULL);
    exec->n_starts++;
    if (child_pid(exec->child))
        log_info("exec '%s': started (pid %ld)", exec->command.words[0],
                 (long)child_pid(exec->child));
}

static void exec_splay(struct exec *exec)
{
    uint64_t delay_ms = exec->options->splay_ms ? random_between(0, exec->options->splay_ms) : 0;
    uint64_t since_ms = loop_now_ms(exec->loop) - exec->told_ms;

    if (exec->options->reload_signal && since_ms + delay_ms < RELOAD_REST_MS)
        delay_ms = RELOAD_REST_MS - since_ms;
    timer_start_ms(&exec->timer, delay_ms);
}

static void exec_enter(struct exec *exec, enum exec_state next)
{
    timer_stop(&exec->timer);
    exec->state = next;
    exec->handler.on_state(exec->ctx); /* read later */
    switch (next) {
    case EXEC_IDLE:
    case EXEC_ENDED: return;
    case EXEC_RUNNING:
        if (!exec->child)
            exec_start(exec);
        return;
    case EXEC_SPLAYING: exec_splay(exec); return;
    case EXEC_RESTARTING:
    case EXEC_STOPPING: child_stop(exec->child); return;
    }
}

static void exec_on_time(void *ctx)
{
    struct exec *exec = ctx;
    int signo = exec->options->reload_signal;

    if (signo == 0 || exec_is_outdated(exec)) {
        log_info("exec '%s': is started anew", exec->command.words[0]);
        exec_enter(exec, EXEC_RESTARTING);
        return;
    }
    log_info("exec '%s': gets SIG%s to reload", exec->command.words[0], sigabbrev_np(signo));
    child_signal(exec->child, signo);
    exec->told_ms = loop_now_ms(exec->loop);
    exec_enter(exec, EXEC_RUNNING);
}

/* --- Its owner ------------------------------------------------------------------------------- */

struct exec *exec_new(struct loop *loop, const struct exec_options *options,
                      const char *consul_address, const struct exec_handler *handler, void *ctx)
{
    struct exec *exec = NEW(struct exec);

    exec->loop = loop;
    exec->handler = *handler;
    exec->ctx = ctx;
    exec->state = EXEC_IDLE;
    exec->command = COMMAND_NONE;
    exec->env = ENVIRONMENT_EMPTY;
    timer_init(&exec->timer, loop, exec_on_time, exec);
    exec_configure(exec, options, consul_address);
    return exec;
}

void exec_free(struct exec *exec)
{
    if (!exec)
        return;
    child_free(exec->child);
    timer_fini(&exec->timer);
    command_fini(&exec->command);
    environment_fini(&exec->env);
    buf_fini(&exec->last_exit);
    free(exec->consul_address);
    free(exec);
}

void exec_configure(struct exec *exec, const struct exec_options *options,
                    const char *consul_address)
{
    exec->options = options;
    free(exec->consul_address);
    exec->consul_address = memory_copy_string(consul_address);
}

void exec_take_up(struct exec *exec)
{
    switch (exec->state) {
    case EXEC_IDLE: exec_enter(exec, EXEC_RUNNING); return;
    case EXEC_RUNNING: exec_enter(exec, EXEC_SPLAYING); return;
    case EXEC_SPLAYING:   /* it has not been told yet, and will see everything */
    case EXEC_RESTARTING: /* the same */
    case EXEC_STOPPING:
    case EXEC_ENDED: return;
    }
}

void exec_signal(struct exec *exec, int signo)
{
    if (exec->child)
        child_signal(exec->child, signo);
}

bool exec_stop(struct exec *exec)
{
    if (!exec_is_running(exec))
        return false;
    if (exec->state == EXEC_RESTARTING) /* it has been told to end already */
        exec->state = EXEC_STOPPING;
    else if (exec->state != EXEC_STOPPING)
        exec_enter(exec, EXEC_STOPPING);
    return true;
}

bool exec_is_running(const struct exec *exec)
{
    return exec->child != NULL;
}

void exec_add_status(const struct exec *exec, struct json_node *to)
{
    CLEANUP(command_fini)
    struct command command =
        exec->n_starts ? command_copy(&exec->command) : exec_make_command(exec->options);

    json_add_string(to, "command", slice_from(command.words[0]));
    json_add_string(to, "state", slice_from(exec_state_names[exec->state]));
    json_add_integer(to, "pid", exec->child ? (uint64_t)child_pid(exec->child) : 0);
    json_add_integer(to, "since", (uint64_t)exec->since);
    json_add_integer(to, "restarts", exec->n_starts > 1 ? exec->n_starts - 1 : 0);
    json_add_string(to, "last_exit", buf_slice(&exec->last_exit));
}
