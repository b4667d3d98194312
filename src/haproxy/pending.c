/* SPDX-License-Identifier: MIT */
/* One look at each thing that is left to do. */
#include "haproxy/pending.h"

#include <stdlib.h>

#include "base/memory.h"
#include "haproxy/config.h"
#include "server_line.h"

/* How long after one look the next one follows. */
#define READY_POLL_MS 50
#define MOVE_POLL_MS  20
#define DRAIN_POLL_MS 250
#define DELETE_MIN_MS 1000
#define DELETE_MAX_MS 60000

void pending_list_fini(struct pending_list *list)
{
    free(list->items);
    arena_fini(&list->arena);
    *list = PENDING_LIST_EMPTY;
}

void pending_list_add(struct pending_list *list, const struct pending *pending)
{
    GROW(list->items, list->n, list->cap);

    struct pending *copy = &list->items[list->n++];

    *copy = *pending;
    copy->proxy = arena_copy(&list->arena, pending->proxy);
    copy->server = arena_copy(&list->arena, pending->server);
    copy->line = arena_copy(&list->arena, pending->line);
}

void pending_turn_fini(struct pending_turn *turn)
{
    free(turn->steps);
    arena_fini(&turn->arena);
    *turn = PENDING_TURN_EMPTY;
}

/* --- What a turn knows ----------------------------------------------------------------------- */

/* Of one proxy. */
struct proxy_view {
    struct slice name;
    size_t n_ready;   /* servers that get requests */
    size_t n_waiting; /* PENDING_READY, PENDING_MOVE: others wait for them */
    size_t n_moving;  /* PENDING_MOVE that have begun */
};

struct looker {
    const struct pending_input *input;
    struct pending_turn *turn;
    struct map views;
};

static struct proxy_view *looker_view(struct looker *looker, struct slice proxy)
{
    struct proxy_view *view = map_find(&looker->views, proxy);
    struct live_range range;

    if (view)
        return view;
    view = ARENA_NEW(&looker->turn->arena, struct proxy_view);
    view->name = proxy;
    range = haproxy_state_range(looker->input->live, proxy);
    for (size_t i = 0; i < range.n; i++)
        view->n_ready += live_server_is_ready(&range.servers[i]);
    map_put(&looker->views, proxy, view);
    return view;
}

static void looker_add(struct looker *looker, const struct haproxy_step *step)
{
    struct pending_turn *turn = looker->turn;

    GROW(turn->steps, turn->n_steps, turn->cap_steps);
    turn->steps[turn->n_steps++] = *step;
}

static void looker_do(struct looker *looker, const struct pending *pending, enum step_kind kind)
{
    struct haproxy_step step =
        step_make(kind, pending->proxy, pending->server, &looker->turn->arena);

    looker_add(looker, &step);
}

static void looker_come_back(struct looker *looker, uint64_t at_ms)
{
    if (at_ms < looker->turn->next_ms)
        looker->turn->next_ms = at_ms;
}

static void looker_come_back_in(struct looker *looker, const struct pending *pending,
                                uint64_t delay_ms)
{
    uint64_t now_ms = looker->input->now_ms, at_ms = now_ms + delay_ms;
    bool is_due_first = pending->due_ms > now_ms && pending->due_ms < at_ms;

    looker_come_back(looker, is_due_first ? pending->due_ms : at_ms);
}

static bool is_due(const struct looker *looker, const struct pending *pending)
{
    return looker->input->is_stopping || looker->input->now_ms >= pending->due_ms;
}

static bool has_agent(const struct pending *pending)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    struct haproxy_server server;

    return server_line_parse(pending->line, &arena, &server) && server.has_agent_check;
}

/* --- One entry ------------------------------------------------------------------------------- */
/* Each returns whether the entry stays. */

static bool look_at_ready(struct looker *looker, const struct pending *pending,
                          const struct live_server *live)
{
    struct proxy_view *view = looker_view(looker, pending->proxy);

    if (!(live->admin & LIVE_FORCED_DRAIN) || live->admin & LIVE_FORCED_MAINT)
        return false; /* it is ready, or somebody has other plans with it */
    /* A check that has failed is known, too: HAProxy keeps the server down. */
    if (live->check_result < LIVE_CHECK_FAILED && view->n_ready > 0 && !is_due(looker, pending)) {
        looker_come_back_in(looker, pending, READY_POLL_MS);
        return true;
    }
    looker_do(looker, pending, STEP_READY);
    view->n_waiting--;
    view->n_ready++;
    looker_come_back_in(looker, pending, READY_POLL_MS);
    return true; /* until it is to be seen */
}

static void begin_maint(struct looker *looker, struct pending *pending)
{
    if (has_agent(pending))
        looker_do(looker, pending, STEP_DISABLE_AGENT);
    looker_do(looker, pending, STEP_MAINT);
    pending->kind = PENDING_DELETE;
    pending->due_ms = looker->input->now_ms + looker->input->grace_ms;
    pending->wait_ms = 0;
    looker_come_back(looker, pending->due_ms);
}

static bool look_at_retire(struct looker *looker, struct pending *pending)
{
    const struct pending_input *input = looker->input;

    if (looker_view(looker, pending->proxy)->n_waiting > 0 && !input->is_stopping) {
        looker_come_back(looker, input->now_ms + READY_POLL_MS);
        return true;
    }
    if (input->drain_ms == 0 || input->is_stopping) {
        begin_maint(looker, pending);
        return true;
    }
    looker_do(looker, pending, STEP_DRAIN);
    pending->kind = PENDING_DRAIN;
    pending->due_ms = input->now_ms + input->drain_ms;
    looker_come_back_in(looker, pending, DRAIN_POLL_MS);
    return true;
}

static bool look_at_drain(struct looker *looker, struct pending *pending)
{
    const struct haproxy_load *load =
        haproxy_loads_find(looker->input->loads, pending->proxy, pending->server);

    if (is_due(looker, pending) || (load && load->sessions == 0 && load->queued == 0))
        begin_maint(looker, pending);
    else
        looker_come_back_in(looker, pending, DRAIN_POLL_MS);
    return true;
}

static void finish_move(struct looker *looker, const struct pending *pending,
                        const struct haproxy_server *target)
{
    struct haproxy_step step =
        step_make_address(pending->proxy, pending->server, &target->address, &looker->turn->arena);

    looker_add(looker, &step);
    if (pending->final != PENDING_TO_MAINT)
        looker_do(looker, pending, pending->final == PENDING_TO_READY ? STEP_READY : STEP_DRAIN);
}

static void fail_move(struct looker *looker, const struct pending *pending)
{
    CLEANUP(buf_fini) struct buf reason = BUF_EMPTY;

    buf_printf(&reason, "%.*s/%.*s: connections to its old address do not end",
               SLICE_ARG(pending->proxy), SLICE_ARG(pending->server));
    if (looker->turn->failed.len == 0)
        looker->turn->failed = arena_copy(&looker->turn->arena, buf_slice(&reason));
}

/* It can go out of service: another one is ready, and no other one is on its way. */
static bool can_move(const struct proxy_view *view, const struct live_server *live)
{
    return view->n_moving == 0 && view->n_ready > live_server_is_ready(live);
}

static bool is_unused(const struct looker *looker, const struct pending *pending)
{
    const struct haproxy_load *load =
        haproxy_loads_find(looker->input->loads, pending->proxy, pending->server);

    return load && load->connections == 0;
}

static bool look_at_move(struct looker *looker, const struct pending *pending,
                         const struct live_server *live)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    struct proxy_view *view = looker_view(looker, pending->proxy);
    bool is_in_maint = live->admin & LIVE_FORCED_MAINT;
    bool is_stopping = looker->input->is_stopping;
    struct haproxy_server target;

    if (!server_line_parse(pending->line, &arena, &target) || !target.has_address ||
        haproxy_address_equal(&live->address, &target.address))
        return false;
    looker_come_back_in(looker, pending, MOVE_POLL_MS);
    if (!is_in_maint && (is_stopping || can_move(view, live))) {
        looker_do(looker, pending, STEP_MAINT);
        view->n_moving++;
        view->n_ready -= live_server_is_ready(live);
    }
    if (is_stopping || (is_in_maint && is_unused(looker, pending)))
        finish_move(looker, pending, &target);
    else if (is_due(looker, pending))
        fail_move(looker, pending);
    return true;
}

static bool look_at_delete(struct looker *looker, struct pending *pending,
                           const struct live_server *live)
{
    const struct pending_input *input = looker->input;
    const struct haproxy_load *load;

    if (!input->can_delete || input->is_stopping)
        return true;
    if (input->now_ms < pending->due_ms) {
        looker_come_back(looker, pending->due_ms);
        return true;
    }
    load = haproxy_loads_find(input->loads, pending->proxy, pending->server);
    if (live->admin & LIVE_FORCED_MAINT && load && load->sessions == 0 && load->queued == 0 &&
        load->connections == 0)
        looker_do(looker, pending, STEP_DELETE);
    pending->wait_ms = pending->wait_ms * 2 < DELETE_MIN_MS   ? DELETE_MIN_MS
                       : pending->wait_ms * 2 > DELETE_MAX_MS ? DELETE_MAX_MS
                                                              : pending->wait_ms * 2;
    pending->due_ms = input->now_ms + pending->wait_ms;
    looker_come_back(looker, pending->due_ms);
    return true;
}

static bool look_at(struct looker *looker, struct pending *pending)
{
    const struct live_server *live =
        haproxy_state_find(looker->input->live, pending->proxy, pending->server);

    if (!live)
        return false;
    switch (pending->kind) {
    case PENDING_READY: return look_at_ready(looker, pending, live);
    case PENDING_RETIRE: return look_at_retire(looker, pending);
    case PENDING_DRAIN: return look_at_drain(looker, pending);
    case PENDING_MOVE: return look_at_move(looker, pending, live);
    case PENDING_DELETE: return look_at_delete(looker, pending, live);
    }
    return false;
}

/* --- The list -------------------------------------------------------------------------------- */

static void count_pendings(struct looker *looker, const struct pending_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        const struct pending *pending = &list->items[i];
        const struct live_server *live =
            haproxy_state_find(looker->input->live, pending->proxy, pending->server);
        struct proxy_view *view = looker_view(looker, pending->proxy);

        if (!live)
            continue;
        view->n_waiting += (pending->kind == PENDING_READY && live->admin & LIVE_FORCED_DRAIN) ||
                           pending->kind == PENDING_MOVE;
        view->n_moving += pending->kind == PENDING_MOVE && live->admin & LIVE_FORCED_MAINT;
    }
}

bool pending_list_wants(const struct pending_list *list, struct slice proxy, uint64_t now_ms)
{
    for (size_t i = 0; i < list->n; i++) {
        const struct pending *pending = &list->items[i];

        if (!slice_equal(pending->proxy, proxy))
            continue;
        if (pending->kind == PENDING_DRAIN || pending->kind == PENDING_MOVE ||
            (pending->kind == PENDING_DELETE && now_ms >= pending->due_ms))
            return true;
    }
    return false;
}

void pending_list_turn(struct pending_list *list, const struct pending_input *input,
                       struct pending_turn *turn)
{
    struct looker looker = { .input = input, .turn = turn, .views = MAP_EMPTY };
    size_t n_kept = 0;

    turn->next_ms = UINT64_MAX;
    count_pendings(&looker, list);
    /* Those that become ready first: others wait for them. */
    for (int is_ready = 1; is_ready >= 0; is_ready--) {
        for (size_t i = 0; i < list->n; i++) {
            struct pending *pending = &list->items[i];

            if ((pending->kind == PENDING_READY) == is_ready)
                pending->is_done = !look_at(&looker, pending);
        }
    }
    for (size_t i = 0; i < list->n; i++) {
        if (!list->items[i].is_done)
            list->items[n_kept++] = list->items[i];
    }
    list->n = n_kept;
    map_fini(&looker.views);
}
