/* SPDX-License-Identifier: MIT */
/* The event loop, over sd-event. */
#include "io/loop.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <time.h>

#include "base/log.h"
#include "base/memory.h"
#include "reaper.h"
#include "source.h"

/* Callbacks after which what is deferred is called although more is due: a busy peer must not hold
 * it up for ever. */
#define LOOP_TURN_CALLBACKS 64

struct loop {
    sd_event *event;
    struct loop_source *first_armed, *last_armed; /* deferred, in the order they were armed */
    uint64_t turn;
    unsigned n_callbacks; /* since something is armed */
    bool is_quitting;
    int status;
};

/* sd-event returns what others leave in errno. */
static bool error_set_event(struct error *err, int result, const char *what)
{
    errno = -result;
    return error_set_errno(err, "%s", what);
}

static NORETURN void loop_die(int result, const char *what)
{
    struct error err;

    error_set_event(&err, result, what);
    log_err("event loop: %s", err.text);
    abort();
}

/* ---- signals of the process ---- */

static bool signal_block(int signo, struct error *err)
{
    sigset_t set;

    sigemptyset(&set);
    if (sigaddset(&set, signo) < 0 || sigprocmask(SIG_BLOCK, &set, NULL) < 0)
        return error_set_errno(err, "block signal %d", signo);
    return true;
}

static bool signal_set_action(int signo, void (*action)(int), struct error *err)
{
    if (sigaction(signo, &(struct sigaction){ .sa_handler = action }, NULL) < 0)
        return error_set_errno(err, "action of signal %d", signo);
    return true;
}

/* ---- the loop ---- */

static int loop_on_nothing(sd_event_source *source, uint64_t usec, void *ctx)
{
    (void)source;
    (void)usec;
    (void)ctx;
    return 0;
}

/* sd-event opens its timer descriptor for the first timer and keeps it. Done here, no timer can
 * fail later for want of descriptors. */
static bool loop_open_timer(struct loop *loop, struct error *err)
{
    sd_event_source *source = NULL;
    int r = sd_event_add_time(loop->event, &source, CLOCK_MONOTONIC, UINT64_MAX, 0, loop_on_nothing,
                              NULL);

    if (r < 0)
        return error_set_event(err, r, "timer");
    sd_event_source_disable_unref(source);
    return true;
}

bool loop_new(struct loop **ret_loop, struct error *err)
{
    CLEANUP(loop_freep) struct loop *loop = NEW(struct loop);
    int r = sd_event_new(&loop->event);

    if (r < 0)
        return error_set_event(err, r, "event loop");
    if (!signal_set_action(SIGPIPE, SIG_IGN, err) || !signal_set_action(SIGCHLD, SIG_DFL, err) ||
        !signal_block(SIGCHLD, err) || !loop_open_timer(loop, err))
        return false;
    *ret_loop = TAKE(loop);
    return true;
}

void loop_free(struct loop *loop)
{
    if (!loop)
        return;
    sd_event_unref(loop->event);
    free(loop);
}

static void loop_disarm(struct loop_source *source)
{
    struct loop *loop = source->loop;

    *(source->prev ? &source->prev->next : &loop->first_armed) = source->next;
    *(source->next ? &source->next->prev : &loop->last_armed) = source->prev;
    source->next = source->prev = NULL;
    source->is_armed = false;
}

/* Those of this turn: what they arm themselves has the next turn's number. */
static void loop_call_deferred(struct loop *loop)
{
    uint64_t turn = loop->turn++;

    loop->n_callbacks = 0;
    while (loop->first_armed && loop->first_armed->turn <= turn) {
        struct loop_source *source = loop->first_armed;

        loop_disarm(source);
        source->fn.plain(source->ctx);
    }
}

bool loop_run(struct loop *loop, int *ret_status, struct error *err)
{
    while (!loop->is_quitting) {
        int r = sd_event_run(loop->event, loop->first_armed ? 0 : UINT64_MAX);

        if (r < 0)
            return error_set_event(err, r, "event loop");
        if (loop->first_armed && (r == 0 || ++loop->n_callbacks >= LOOP_TURN_CALLBACKS))
            loop_call_deferred(loop);
    }
    loop_call_deferred(loop);
    loop->is_quitting = false;
    *ret_status = loop->status;
    return true;
}

void loop_quit(struct loop *loop, int status)
{
    loop->is_quitting = true;
    loop->status = status;
}

uint64_t loop_now_ms(const struct loop *loop)
{
    struct timespec now;

    /* Not sd_event_now(), which stands still while a callback works. */
    (void)loop;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

bool loop_enable_watchdog(struct loop *loop)
{
    return sd_event_set_watchdog(loop->event, true) > 0;
}

/* ---- sources ----
 *
 * The callbacks below do nothing after the user's, which may have freed the source. sd-event itself
 * holds on to the one that it dispatches. */

static int source_on_io(sd_event_source *event_source, int fd, uint32_t events, void *ctx)
{
    struct loop_source *source = ctx;

    (void)event_source;
    source->fn.io(source->ctx, fd, events);
    return 0;
}

static int source_on_signal(sd_event_source *event_source, const struct signalfd_siginfo *info,
                            void *ctx)
{
    struct loop_source *source = ctx;

    (void)event_source;
    source->fn.signal(source->ctx, (int)info->ssi_signo);
    return 0;
}

static int source_on_child(sd_event_source *event_source, const siginfo_t *info, void *ctx)
{
    struct loop_source *source = ctx;

    reaper_forget(info->si_pid);
    if (source) {
        source->fn.child(source->ctx, info);
        return 0;
    }
    /* Its owner is gone and the event loop held it alone, until the end of this child. */
    sd_event_source_set_floating(event_source, false);
    return 0;
}

static int source_on_time(sd_event_source *event_source, uint64_t usec, void *ctx)
{
    struct loop_source *source = ctx;

    (void)event_source;
    (void)usec;
    source->fn.plain(source->ctx);
    return 0;
}

static struct loop_source *source_new(struct loop *loop, void *ctx)
{
    struct loop_source *source = NEW(struct loop_source);

    source->loop = loop;
    source->ctx = ctx;
    return source;
}

bool loop_add_io(struct loop *loop, int fd, uint32_t events, loop_io_fn fn, void *ctx,
                 struct loop_source **ret_source, struct error *err)
{
    CLEANUP(loop_source_freep) struct loop_source *source = source_new(loop, ctx);
    int r = sd_event_add_io(loop->event, &source->event_source, fd, events, source_on_io, source);

    if (r < 0)
        return error_set_event(err, r, "wait for a descriptor");
    source->fn.io = fn;
    *ret_source = TAKE(source);
    return true;
}

bool loop_set_io_events(struct loop_source *source, uint32_t events, struct error *err)
{
    int r = sd_event_source_set_io_events(source->event_source, events);

    return r < 0 ? error_set_event(err, r, "wait for a descriptor") : true;
}

bool loop_add_signal(struct loop *loop, int signo, loop_signal_fn fn, void *ctx,
                     struct loop_source **ret_source, struct error *err)
{
    CLEANUP(loop_source_freep) struct loop_source *source = source_new(loop, ctx);

    if (!signal_block(signo, err))
        return false;

    int r =
        sd_event_add_signal(loop->event, &source->event_source, signo, source_on_signal, source);

    if (r < 0)
        return error_set_event(err, r, "wait for a signal");
    source->fn.signal = fn;
    *ret_source = TAKE(source);
    return true;
}

bool loop_add_child(struct loop *loop, pid_t pid, loop_child_fn fn, void *ctx,
                    struct loop_source **ret_source, struct error *err)
{
    CLEANUP(loop_source_freep) struct loop_source *source = source_new(loop, ctx);
    int r = sd_event_add_child(loop->event, &source->event_source, pid, WEXITED, source_on_child,
                               source);

    if (r < 0)
        return error_set_event(err, r, "wait for a child");
    reaper_note(pid);
    source->fn.child = fn;
    source->is_child = true;
    *ret_source = TAKE(source);
    return true;
}

bool loop_add_deferred(struct loop *loop, loop_fn fn, void *ctx, struct loop_source **ret_source,
                       struct error *err)
{
    struct loop_source *source = source_new(loop, ctx);

    (void)err; /* nothing of the kernel's is behind it */
    source->fn.plain = fn;
    *ret_source = source;
    return true;
}

void loop_defer(struct loop_source *deferred)
{
    struct loop *loop = deferred->loop;

    assert(!deferred->event_source);
    if (deferred->is_armed)
        return;
    deferred->is_armed = true;
    deferred->turn = loop->turn;
    deferred->prev = loop->last_armed;
    *(loop->last_armed ? &loop->last_armed->next : &loop->first_armed) = deferred;
    loop->last_armed = deferred;
}

void loop_defer_last(struct loop_source *deferred)
{
    if (deferred->is_armed)
        loop_disarm(deferred);
    loop_defer(deferred);
}

/* A child that has not ended yet is left to the event loop, which reaps it. */
static bool source_leave_child(struct loop_source *source)
{
    int enabled;

    return source->is_child && sd_event_source_get_enabled(source->event_source, &enabled) > 0 &&
           sd_event_source_set_floating(source->event_source, true) >= 0;
}

void loop_source_free(struct loop_source *source)
{
    if (!source)
        return;
    if (source->is_armed)
        loop_disarm(source);
    if (source_leave_child(source)) {
        sd_event_source_set_userdata(source->event_source, NULL);
        sd_event_source_unref(source->event_source);
    } else {
        sd_event_source_disable_unref(source->event_source);
    }
    free(source);
}

/* ---- for other files of io/ ---- */

sd_event *loop_get_event(struct loop *loop)
{
    return loop->event;
}

/* ---- time, for timer.c ---- */

struct loop_source *source_new_time(struct loop *loop, loop_fn fn, void *ctx)
{
    struct loop_source *source = source_new(loop, ctx);
    int r = sd_event_add_time(loop->event, &source->event_source, CLOCK_MONOTONIC, UINT64_MAX, 0,
                              source_on_time, source);

    source->fn.plain = fn;
    if (r >= 0)
        r = sd_event_source_set_enabled(source->event_source, SD_EVENT_OFF);
    if (r < 0)
        loop_die(r, "new timer");
    return source;
}

void source_start_at(struct loop_source *source, uint64_t time_us, uint64_t accuracy_us)
{
    int r = sd_event_source_set_time_accuracy(source->event_source, accuracy_us);

    if (r >= 0)
        r = sd_event_source_set_time(source->event_source, time_us);
    if (r >= 0)
        r = sd_event_source_set_enabled(source->event_source, SD_EVENT_ONESHOT);
    if (r < 0)
        loop_die(r, "start a timer");
}

void source_stop(struct loop_source *source)
{
    int r = sd_event_source_set_enabled(source->event_source, SD_EVENT_OFF);

    if (r < 0)
        loop_die(r, "stop a timer");
}
