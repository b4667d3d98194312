/* SPDX-License-Identifier: MIT */
/* Reloads: asked of the master, of systemd, or done by a command, and waited for. */
#include "reloader.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "base/memory.h"
#include "base/redact.h"
#include "io/bus.h"
#include "io/timer.h"
#include "runtime.h"

#define POLL_MIN_MS 10
#define POLL_MAX_MS 250
/* Ten thousand servers with TLS take 1.3 s. */
#define DEADLINE_MS 30000
#define UNIT_MS     60000
/* A master that has just started or reloaded refuses connections for a moment; so does the socket
 * of one that is gone for good. */
#define MASTER_PATIENCE_MS   3000
#define STRANGER_PATIENCE_MS 1000

/*   LOOKING -> ASKING --.       by the master socket
 *   COMMAND ------------+--> POLLING <-> WAITING -> COUNTING -> IDLE
 *   UNIT ---------------'       '-> CHECKING -^   (has it failed? only the master knows) */
enum reloader_state {
    RELOADER_IDLE,
    RELOADER_LOOKING,
    RELOADER_ASKING,
    RELOADER_COMMAND,
    RELOADER_UNIT,
    RELOADER_POLLING,
    RELOADER_CHECKING,
    RELOADER_WAITING,
    RELOADER_COUNTING,
};

struct reloader {
    struct loop *loop;
    const struct haproxy_options *options;
    struct reloader_handler handler;
    void *ctx;
    enum reloader_state state;
    struct runtime *stats, *master; /* master: NULL without its socket */
    struct bus_reload *unit;
    struct timer timer;
    char *reason;
    struct worker before, after;
    enum reloader_state next; /* behind WAITING */
    bool knows_master;        /* it has answered before */
    bool has_master;          /* and in this reload */
    bool says_done;           /* and said that the reload is done */
    uint64_t n_failed;
    uint64_t deadline_ms, delay_ms;
    uint64_t patience_ms; /* until then a master that does not answer is asked again */
};

/* --- What the master says -------------------------------------------------------------------- */

struct haproxy_processes haproxy_processes_parse(struct slice text)
{
    struct haproxy_processes found = { .n_old_workers = 0 };
    bool is_old = false;
    struct slice line, failed = SLICE("[failed: ");
    size_t at = slice_find(text, failed);

    if (at != SLICE_NOT_FOUND) {
        struct slice number = slice_sub(text, at + failed.len, text.len);

        if (!slice_parse_u64(slice_sub(number, 0, slice_find_byte(number, ']')), UINT64_MAX,
                             &found.n_failed))
            found.n_failed = 0;
    }
    while (slice_next(&text, '\n', &line)) {
        if (slice_starts_with(line, SLICE("#")))
            is_old = slice_starts_with(line, SLICE("# old workers"));
        else
            found.n_old_workers += is_old && slice_trim(line).len > 0;
    }
    return found;
}

bool haproxy_reload_parse(struct slice answer, bool *ret_says_so, struct buf *text)
{
    CLEANUP(buf_fini) struct buf shown = BUF_EMPTY; /* it may quote a key's value */
    struct slice line;
    bool is_good = true, is_alert = false;

    *ret_says_so = false;
    while (slice_next(&answer, '\n', &line)) {
        if (slice_starts_with(line, SLICE("Success="))) {
            is_good = !slice_is(line, "Success=0");
            *ret_says_so = true;
        }
        if (slice_find(line, SLICE("[ALERT]")) == SLICE_NOT_FOUND || is_alert)
            continue;
        is_alert = true; /* the first one says most */
        redact_text(slice_trim(line), &shown);
    }
    buf_add(text, slice_sub(buf_slice(&shown), 0, 300));
    return is_good;
}

/* --- States ---------------------------------------------------------------------------------- */

static void reloader_on_unit(void *ctx, const struct error *err);

static void reloader_enter(struct reloader *reloader, enum reloader_state next)
{
    reloader->state = next;

    switch (next) {
    case RELOADER_IDLE:
        timer_stop(&reloader->timer);
        runtime_hang_up(reloader->stats);
        if (reloader->master)
            runtime_hang_up(reloader->master);
        bus_reload_free(TAKE(reloader->unit));
        return;
    case RELOADER_LOOKING:
    case RELOADER_CHECKING:
    case RELOADER_COUNTING: runtime_ask(reloader->master, SLICE("show proc"), false); return;
    case RELOADER_ASKING: runtime_ask(reloader->master, SLICE("reload"), true); return;
    case RELOADER_COMMAND: return;
    case RELOADER_UNIT:
        reloader->unit = bus_reload_start(reloader->loop, reloader->options->reload_unit, UNIT_MS,
                                          reloader_on_unit, reloader);
        return;
    case RELOADER_POLLING: runtime_ask(reloader->stats, SLICE("show info"), false); return;
    case RELOADER_WAITING:
        runtime_hang_up(reloader->stats); /* the old worker's */
        timer_start_ms(&reloader->timer, reloader->delay_ms);
        return;
    }
}

static void reloader_end(struct reloader *reloader, bool is_done, bool is_evidence,
                         size_t n_old_workers, const char *text)
{
    char *copy = memory_copy_string(text);
    struct reloader_result result = {
        .is_done = is_done,
        .worker = reloader->after,
        .n_old_workers = n_old_workers,
        .text = copy,
        .is_evidence = is_evidence,
    };

    reloader_enter(reloader, RELOADER_IDLE);
    reloader->handler.on_result(reloader->ctx, &result);
    free(copy);
}

static void reloader_fail(struct reloader *reloader, bool is_evidence, const char *text)
{
    reloader_end(reloader, false, is_evidence, 0, text);
}

/* It was told to reload: from now on a new worker is looked for. */
static void reloader_wait_for_worker(struct reloader *reloader)
{
    reloader->deadline_ms = loop_now_ms(reloader->loop) + DEADLINE_MS;
    reloader->delay_ms = POLL_MIN_MS;
    reloader_enter(reloader, RELOADER_POLLING);
}

static void reloader_run_command(struct reloader *reloader)
{
    reloader_enter(reloader, RELOADER_COMMAND);
    if (!reloader->handler.run_command ||
        !reloader->handler.run_command(reloader->ctx, reloader->reason))
        reloader_fail(reloader, false,
                      reloader->master
                          ? "the master socket does not answer, and there is no command"
                          : "there is no master socket, no unit and no command to reload it");
}

static void reloader_wait(struct reloader *reloader)
{
    if (loop_now_ms(reloader->loop) >= reloader->deadline_ms) {
        reloader_fail(reloader, false, "the reload was accepted, and no new worker answers");
        return;
    }
    reloader->next = RELOADER_POLLING;
    reloader_enter(reloader, RELOADER_WAITING);
    reloader->delay_ms =
        reloader->delay_ms * 2 < POLL_MAX_MS ? reloader->delay_ms * 2 : POLL_MAX_MS;
}

/* --- Answers --------------------------------------------------------------------------------- */

static void reloader_on_asked(struct reloader *reloader, struct slice answer)
{
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;

    buf_add_string(&text, "HAProxy refused to reload: ");

    size_t head = text.len;

    if (haproxy_reload_parse(answer, &reloader->says_done, &text))
        reloader_wait_for_worker(reloader);
    else
        reloader_fail(reloader, true,
                      text.len > head ? text.ptr : "HAProxy refused to reload, and says not why");
}

static void reloader_on_master_answer(void *ctx, struct slice answer)
{
    struct reloader *reloader = ctx;
    struct haproxy_processes found = haproxy_processes_parse(answer);

    switch (reloader->state) {
    case RELOADER_LOOKING:
        reloader->has_master = reloader->knows_master = true;
        reloader->n_failed = found.n_failed;
        reloader_enter(reloader, RELOADER_ASKING);
        return;
    case RELOADER_ASKING: reloader_on_asked(reloader, answer); return;
    case RELOADER_CHECKING:
        if (found.n_failed > reloader->n_failed)
            reloader_fail(reloader, true, "HAProxy refused to reload; its own log says why");
        else
            reloader_wait(reloader);
        return;
    case RELOADER_COUNTING: reloader_end(reloader, true, false, found.n_old_workers, ""); return;
    case RELOADER_IDLE:
    case RELOADER_COMMAND:
    case RELOADER_UNIT:
    case RELOADER_POLLING:
    case RELOADER_WAITING: return;
    }
}

static bool reloader_ask_again(struct reloader *reloader, const struct error *err)
{
    bool has_patience = loop_now_ms(reloader->loop) < reloader->patience_ms;

    if (!(reloader->knows_master || err->sys_errno == ECONNREFUSED) || !has_patience ||
        (reloader->state != RELOADER_LOOKING && reloader->state != RELOADER_COUNTING))
        return false;
    reloader->next = reloader->state;
    reloader->delay_ms = POLL_MIN_MS;
    reloader_enter(reloader, RELOADER_WAITING);
    return true;
}

static void reloader_on_master_failure(void *ctx, const struct error *err, bool is_sent)
{
    struct reloader *reloader = ctx;

    (void)is_sent;
    if (reloader_ask_again(reloader, err))
        return;
    switch (reloader->state) {
    case RELOADER_LOOKING: reloader_run_command(reloader); return;
    /* A master that begins anew takes its connections with it. */
    case RELOADER_ASKING: reloader_wait_for_worker(reloader); return;
    case RELOADER_CHECKING: reloader_wait(reloader); return;
    case RELOADER_COUNTING: reloader_end(reloader, true, false, 0, ""); return;
    case RELOADER_IDLE:
    case RELOADER_COMMAND:
    case RELOADER_UNIT:
    case RELOADER_POLLING:
    case RELOADER_WAITING: return;
    }
}

static void reloader_look_again(struct reloader *reloader)
{
    if (reloader->has_master && !reloader->says_done)
        reloader_enter(reloader, RELOADER_CHECKING);
    else
        reloader_wait(reloader);
}

static void reloader_on_worker(struct reloader *reloader, struct worker worker)
{
    reloader->after = worker;
    runtime_hang_up(reloader->stats);
    reloader->patience_ms = loop_now_ms(reloader->loop) + MASTER_PATIENCE_MS;
    if (reloader->has_master)
        reloader_enter(reloader, RELOADER_COUNTING);
    else
        reloader_end(reloader, true, false, 0, "");
}

static void reloader_on_stats_answer(void *ctx, struct slice answer)
{
    struct reloader *reloader = ctx;
    struct haproxy_info info;
    struct error err = ERROR_EMPTY;
    struct worker worker;

    if (!haproxy_info_parse(answer, &info, &err)) {
        reloader_fail(reloader, false, err.text);
        return;
    }
    worker = worker_from(&info, (uint64_t)time(NULL));
    if (worker_equal(worker, reloader->before))
        reloader_look_again(reloader);
    else
        reloader_on_worker(reloader, worker);
}

static void reloader_on_stats_failure(void *ctx, const struct error *err, bool is_sent)
{
    struct reloader *reloader = ctx;

    (void)is_sent;
    /* We could not see the old one, and cannot see the new one. */
    if (reloader->before.pid == 0 && err->code == ERROR_SYSTEM) {
        reloader_on_worker(reloader, (struct worker){ 0, 0 });
        return;
    }
    reloader_look_again(reloader);
}

static void reloader_on_timer(void *ctx)
{
    struct reloader *reloader = ctx;

    reloader_enter(reloader, reloader->next);
}

static void reloader_on_unit(void *ctx, const struct error *err)
{
    struct reloader *reloader = ctx;

    if (err->code == ERROR_NONE) {
        bus_reload_free(TAKE(reloader->unit));
        reloader_wait_for_worker(reloader);
    } else {
        reloader_fail(reloader, false, err->text);
    }
}

/* --- Face ------------------------------------------------------------------------------------ */

void reloader_start(struct reloader *reloader, struct worker before, const char *reason)
{
    free(reloader->reason);
    reloader->reason = memory_copy_string(reason);
    reloader->before = before;
    reloader->after = (struct worker){ 0, 0 };
    reloader->has_master = reloader->says_done = false;
    reloader->patience_ms = loop_now_ms(reloader->loop) +
                            (reloader->knows_master ? MASTER_PATIENCE_MS : STRANGER_PATIENCE_MS);
    if (reloader->options->reload_unit)
        reloader_enter(reloader, RELOADER_UNIT);
    else if (reloader->master)
        reloader_enter(reloader, RELOADER_LOOKING);
    else
        reloader_run_command(reloader);
}

void reloader_on_command(struct reloader *reloader, bool is_ok, const char *text)
{
    if (reloader->state != RELOADER_COMMAND)
        return;
    if (is_ok)
        reloader_wait_for_worker(reloader);
    else
        reloader_fail(reloader, false, text);
}

void reloader_stop(struct reloader *reloader)
{
    reloader_enter(reloader, RELOADER_IDLE);
}

struct reloader *reloader_new(struct loop *loop, const struct haproxy_options *options,
                              const struct reloader_handler *handler, void *ctx)
{
    static const struct runtime_handler of_stats = { reloader_on_stats_answer,
                                                     reloader_on_stats_failure };
    static const struct runtime_handler of_master = { reloader_on_master_answer,
                                                      reloader_on_master_failure };
    struct reloader *reloader = NEW(struct reloader);

    reloader->loop = loop;
    reloader->options = options;
    reloader->handler = *handler;
    reloader->ctx = ctx;
    reloader->stats = runtime_new(loop, RUNTIME_WORKER, options->socket, &of_stats, reloader);
    if (options->master_socket)
        reloader->master =
            runtime_new(loop, RUNTIME_MASTER, options->master_socket, &of_master, reloader);
    timer_init(&reloader->timer, loop, reloader_on_timer, reloader);
    return reloader;
}

void reloader_free(struct reloader *reloader)
{
    if (!reloader)
        return;
    bus_reload_free(reloader->unit);
    runtime_free(reloader->stats);
    runtime_free(reloader->master);
    timer_fini(&reloader->timer);
    free(reloader->reason);
    free(reloader);
}
