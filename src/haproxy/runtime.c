/* SPDX-License-Identifier: MIT */
/* Commands and answers over HAProxy's sockets. */
#include "runtime.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/memory.h"
#include "io/stream.h"
#include "io/timer.h"

#define PROMPT      SLICE("\n> ")
#define GREETING_MS 2000  /* a socket whose connections are all in use accepts, and says nothing */
#define ANSWER_MS   5000  /* of a worker: it answers in milliseconds */
#define MASTER_MS   60000 /* `reload` answers when the new worker runs, or does not */
#define PATIENCE_MS 10000
#define BETWEEN_MS  100

/*            ask                  prompt               answer
 *   SILENT -------> OPENING ----------------> ASKED ----------> READY
 *                    '  ^                      ^                  '
 *              cut   v  ' a moment later       '------- ask ------'
 *                   RESTING
 */
enum runtime_state {
    RUNTIME_SILENT,
    RUNTIME_OPENING, /* the command has not left */
    RUNTIME_ASKED,
    RUNTIME_READY,
    RUNTIME_RESTING,
};

struct runtime {
    struct loop *loop;
    enum runtime_kind kind;
    char *socket;
    struct runtime_handler handler;
    void *ctx;
    enum runtime_state state;
    struct stream *stream;
    struct timer timer;  /* RESTING */
    struct buf command;  /* with its newline */
    struct buf received; /* of the answer */
    bool changes_something;
    uint64_t asked_ms;
};

static const struct stream_handler runtime_stream_handler;

static void runtime_send(struct runtime *runtime, struct slice text, uint64_t deadline_ms)
{
    buf_clear(&runtime->received);
    stream_send(runtime->stream, text);
    stream_set_deadline_ms(runtime->stream, deadline_ms);
}

static void runtime_enter(struct runtime *runtime, enum runtime_state next)
{
    runtime->state = next;

    switch (next) {
    case RUNTIME_SILENT:
        stream_free(TAKE(runtime->stream));
        timer_stop(&runtime->timer);
        buf_fini(&runtime->received);
        return;
    case RUNTIME_OPENING:
        runtime->stream =
            stream_open(runtime->loop, runtime->socket, &runtime_stream_handler, runtime);
        if (runtime->kind == RUNTIME_WORKER)
            runtime_send(runtime, SLICE("prompt\n"), GREETING_MS);
        return;
    case RUNTIME_ASKED:
        runtime_send(runtime, buf_slice(&runtime->command),
                     runtime->kind == RUNTIME_WORKER ? ANSWER_MS : MASTER_MS);
        if (runtime->kind == RUNTIME_MASTER)
            stream_finish(runtime->stream); /* it closes when it has answered */
        return;
    case RUNTIME_READY: stream_set_deadline_ms(runtime->stream, 0); return;
    case RUNTIME_RESTING:
        stream_free(TAKE(runtime->stream));
        timer_start_ms(&runtime->timer, BETWEEN_MS);
        return;
    }
}

/* --- Ends ------------------------------------------------------------------------------------ */

/* The last thing that happens in a callback: the handler may free the runtime. */
static void runtime_fail(struct runtime *runtime, const struct error *err)
{
    struct error copy = *err;
    bool is_sent = runtime->state == RUNTIME_ASKED;

    error_wrap(&copy, "'%s'", runtime->socket);
    runtime_enter(runtime, RUNTIME_SILENT);
    runtime->handler.on_failure(runtime->ctx, &copy, is_sent);
}

static void runtime_answer(struct runtime *runtime, size_t len)
{
    struct buf answer = runtime->received;

    runtime->received = BUF_EMPTY;
    runtime_enter(runtime, runtime->kind == RUNTIME_WORKER ? RUNTIME_READY : RUNTIME_SILENT);
    runtime->handler.on_answer(runtime->ctx, slice_sub(buf_slice(&answer), 0, len));
    buf_fini(&answer);
}

/* Nobody listens, or we may not: no other attempt changes that. */
static bool is_refusal(const struct error *err)
{
    return err->code == ERROR_INVALID || err->code == ERROR_LIMIT ||
           (err->code == ERROR_SYSTEM && err->sys_errno != EPIPE && err->sys_errno != ECONNRESET &&
            err->sys_errno != EAGAIN);
}

static bool may_try_again(const struct runtime *runtime, const struct error *err)
{
    bool has_patience = loop_now_ms(runtime->loop) < runtime->asked_ms + PATIENCE_MS;

    if (runtime->state == RUNTIME_OPENING)
        return has_patience && !is_refusal(err);
    return has_patience && runtime->state == RUNTIME_ASKED && !runtime->changes_something &&
           err->code != ERROR_LIMIT;
}

static void runtime_break(struct runtime *runtime, const struct error *err)
{
    if (runtime->state == RUNTIME_READY)
        runtime_enter(runtime, RUNTIME_SILENT);
    else if (may_try_again(runtime, err))
        runtime_enter(runtime, RUNTIME_RESTING);
    else
        runtime_fail(runtime, err);
}

/* --- What the stream tells ------------------------------------------------------------------- */

static void runtime_on_open(void *ctx)
{
    struct runtime *runtime = ctx;

    if (runtime->kind == RUNTIME_MASTER)
        runtime_enter(runtime, RUNTIME_ASKED);
}

static void runtime_on_data(void *ctx, struct slice piece)
{
    struct runtime *runtime = ctx;
    struct error err = ERROR_EMPTY;

    if (piece.len > LIMIT_HAPROXY_ANSWER_BYTES - runtime->received.len) {
        error_set(&err, ERROR_LIMIT, "an answer of more than %u bytes", LIMIT_HAPROXY_ANSWER_BYTES);
        runtime_break(runtime, &err);
        return;
    }
    buf_add(&runtime->received, piece);
    if (runtime->kind == RUNTIME_MASTER || !slice_ends_with(buf_slice(&runtime->received), PROMPT))
        return;
    if (runtime->state == RUNTIME_OPENING)
        runtime_enter(runtime, RUNTIME_ASKED);
    else if (runtime->state == RUNTIME_ASKED)
        runtime_answer(runtime, runtime->received.len - PROMPT.len);
}

static void runtime_on_end(void *ctx, const struct error *err)
{
    struct runtime *runtime = ctx;
    struct error cut = ERROR_EMPTY;

    if (err->code != ERROR_NONE) {
        runtime_break(runtime, err);
    } else if (runtime->kind == RUNTIME_MASTER && runtime->state == RUNTIME_ASKED) {
        runtime_answer(runtime, runtime->received.len);
    } else {
        error_set(&cut, ERROR_UNAVAILABLE, "closed before the answer");
        runtime_break(runtime, &cut);
    }
}

static const struct stream_handler runtime_stream_handler = {
    .on_open = runtime_on_open,
    .on_data = runtime_on_data,
    .on_end = runtime_on_end,
};

static void runtime_on_timer(void *ctx)
{
    runtime_enter(ctx, RUNTIME_OPENING);
}

/* --- Face ------------------------------------------------------------------------------------ */

struct runtime *runtime_new(struct loop *loop, enum runtime_kind kind, const char *socket,
                            const struct runtime_handler *handler, void *ctx)
{
    struct runtime *runtime = NEW(struct runtime);

    runtime->loop = loop;
    runtime->kind = kind;
    runtime->socket = memory_copy_string(socket);
    runtime->handler = *handler;
    runtime->ctx = ctx;
    runtime->state = RUNTIME_SILENT;
    timer_init(&runtime->timer, loop, runtime_on_timer, runtime);
    return runtime;
}

void runtime_free(struct runtime *runtime)
{
    if (!runtime)
        return;
    runtime_enter(runtime, RUNTIME_SILENT);
    timer_fini(&runtime->timer);
    buf_fini(&runtime->command);
    free(runtime->socket);
    free(runtime);
}

void runtime_ask(struct runtime *runtime, struct slice command, bool changes_something)
{
    assert(runtime->state == RUNTIME_SILENT || runtime->state == RUNTIME_READY);

    buf_clear(&runtime->command);
    buf_add(&runtime->command, command);
    buf_add_byte(&runtime->command, '\n');
    runtime->changes_something = changes_something;
    runtime->asked_ms = loop_now_ms(runtime->loop);
    runtime_enter(runtime, runtime->state == RUNTIME_READY ? RUNTIME_ASKED : RUNTIME_OPENING);
}

void runtime_hang_up(struct runtime *runtime)
{
    runtime_enter(runtime, RUNTIME_SILENT);
}
