/* SPDX-License-Identifier: MIT */
/* The plan as a whole: which proxies are touched, and what becomes of each of their servers. */
#include "haproxy/plan.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "compare.h"
#include "planner.h"
#include "server_key.h"
#include "server_line.h"

#define VERSION_OF_ADD 206

/* From so many additions to a proxy of that size on, a reload stops traffic for a shorter time:
 * each one walks through all servers of the proxy with all threads halted. */
#define MANY_ADDS    200
#define MANY_SERVERS 1000

struct haproxy_capabilities haproxy_capabilities_from(unsigned version, struct slice help)
{
    struct haproxy_capabilities can = { .version = version };

    /* 2.4 and 2.5 have the commands in their experimental mode. */
    can.can_add = version >= VERSION_OF_ADD &&
                  (help.len == 0 || slice_find(help, SLICE("add server")) != SLICE_NOT_FOUND);
    can.can_delete = version >= VERSION_OF_ADD &&
                     (help.len == 0 || slice_find(help, SLICE("del server")) != SLICE_NOT_FOUND);
    return can;
}

/* --- What parts of the planner do with the plan ---------------------------------------------- */

bool planner_refuse(struct planner *planner, const struct subject *subject, const char *fmt, ...)
{
    char text[256];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    planner->is_refused = true;
    buf_clear(&planner->reason);
    if (planner->proxy)
        buf_printf(&planner->reason, "%.*s", SLICE_ARG(planner->proxy->name));
    if (subject)
        buf_printf(&planner->reason, "/%.*s", SLICE_ARG(slice_sub(subject->name, 0, 128)));
    buf_printf(&planner->reason, "%s%s", planner->proxy ? ": " : "", text);
    return false;
}

void planner_add(struct planner *planner, const struct haproxy_step *step)
{
    struct plan *plan = planner->plan;

    GROW(plan->steps, plan->n_steps, plan->cap_steps);
    plan->steps[plan->n_steps++] = *step;
}

void planner_add_late(struct planner *planner, const struct haproxy_step *step)
{
    GROW(planner->late, planner->n_late, planner->cap_late);
    planner->late[planner->n_late++] = *step;
}

static struct haproxy_step make_step(struct planner *planner, const struct subject *subject,
                                     enum step_kind kind)
{
    struct haproxy_step step =
        step_make(kind, planner->proxy->name, subject->name, &planner->plan->arena);

    step.has_agent = (subject->new && subject->new->has_agent_check) ||
                     (subject->old && subject->old->has_agent_check);
    return step;
}

void planner_do(struct planner *planner, const struct subject *subject, enum step_kind kind)
{
    struct haproxy_step step = make_step(planner, subject, kind);

    planner_add(planner, &step);
}

void planner_do_late(struct planner *planner, const struct subject *subject, enum step_kind kind)
{
    struct haproxy_step step = make_step(planner, subject, kind);

    planner_add_late(planner, &step);
}

static void planner_add_pending(struct planner *planner, const struct pending *pending)
{
    if (pending->kind == PENDING_READY || pending->kind == PENDING_MOVE)
        planner->has_waiting = true;
    pending_list_add(&planner->plan->pending, pending);
}

void planner_leave(struct planner *planner, const struct subject *subject, enum pending_kind kind,
                   const struct haproxy_server *server, uint64_t delay_ms)
{
    CLEANUP(buf_fini) struct buf line = BUF_EMPTY;

    server_line_write(server, &line);

    const struct pending pending = {
        .kind = kind,
        .proxy = planner->proxy->name,
        .server = subject->name,
        .line = buf_slice(&line),
        .due_ms = planner->input->now_ms + delay_ms,
    };

    planner_add_pending(planner, &pending);
}

void planner_keep_pending(struct planner *planner, const struct pending *pending,
                          const struct haproxy_server *server)
{
    CLEANUP(buf_fini) struct buf line = BUF_EMPTY;
    struct pending kept = *pending;

    if (server) {
        server_line_write(server, &line);
        kept.line = buf_slice(&line);
    }
    planner_add_pending(planner, &kept);
}

/* --- One proxy ------------------------------------------------------------------------------- */

static bool is_registered(const struct planner *planner, const struct live_server *live)
{
    const struct plan_input *input = planner->input;

    return live->has_address && input->is_registered &&
           input->is_registered(input->ctx, &live->address);
}

static void look_at_subject(struct planner *planner, struct subject *subject)
{
    const struct live_server *live = subject->live;
    const struct haproxy_server *new = subject->new;
    bool moves = new &&live &&new->has_address && live->has_address &&
                 !haproxy_address_equal(&new->address, &live->address);

    if (!live) {
        planner->n_ready += new && !subject->old && !new->has_check && !new->is_disabled;
        return;
    }
    subject->is_gone = (!new || moves) && !is_registered(planner, live);
    subject->stays_ready =
        live_server_is_ready(live) && !(new ? new->is_disabled : subject->is_gone);
    if (moves && subject->is_gone && is_slow_to_move(planner))
        subject->stays_ready = false;
    planner->n_ready += subject->stays_ready;
}

static struct subject *add_subject(struct planner *planner, struct slice name)
{
    const struct plan_input *input = planner->input;
    struct subject *subject = &planner->subjects[planner->n_subjects++];

    *subject = (struct subject){
        .name = name,
        .old = haproxy_proxy_find(planner->proxy, name),
        .new = haproxy_proxy_find(planner->after, name),
        .live = haproxy_state_find(input->live, planner->proxy->name, name),
        .pending = server_map_find(&planner->pendings, planner->proxy->name, name),
    };
    return subject;
}

/* Those of the new file first, in its order; then those that run and are not in it. */
static void collect_subjects(struct planner *planner)
{
    struct live_range range = haproxy_state_range(planner->input->live, planner->proxy->name);

    planner->n_subjects = 0;
    planner->n_ready = planner->n_moves = 0;
    planner->has_waiting = false;
    planner->subjects =
        ARENA_ARRAY(&planner->scratch, planner->after->n_servers + range.n, struct subject);
    for (size_t i = 0; i < planner->after->n_servers; i++)
        look_at_subject(planner, add_subject(planner, planner->after->servers[i].name));
    for (size_t i = 0; i < range.n; i++) {
        if (!haproxy_proxy_find(planner->after, range.servers[i].name))
            look_at_subject(planner, add_subject(planner, range.servers[i].name));
    }
}

static bool plan_subject(struct planner *planner, const struct subject *subject)
{
    if (!subject->new)
        return server_plan_remove(planner, subject);
    if (!subject->live)
        return subject->old ? planner_refuse(planner, subject, "it does not run")
                            : server_plan_add(planner, subject);
    return subject->old ? server_plan_change(planner, subject, subject->old)
                        : server_plan_return(planner, subject);
}

static bool plan_subjects(struct planner *planner)
{
    size_t n_adds = 0;

    for (size_t i = 0; i < planner->n_subjects; i++)
        n_adds += !planner->subjects[i].live;
    if (n_adds > MANY_ADDS && planner->proxy->n_servers > MANY_SERVERS)
        return planner_refuse(planner, NULL, "a reload is faster than %zu additions", n_adds);
    for (size_t i = 0; i < planner->n_subjects; i++) {
        if (!plan_subject(planner, &planner->subjects[i]))
            return false;
    }
    return true;
}

static bool has_pending(const struct planner *planner)
{
    const struct pending_list *list = planner->input->pending;

    for (size_t i = 0; list && i < list->n; i++) {
        if (slice_equal(list->items[i].proxy, planner->proxy->name))
            return true;
    }
    return false;
}

static bool plan_proxy(struct planner *planner)
{
    const struct haproxy_proxy *proxy = planner->proxy, *after = planner->after;
    bool is_same = servers_are_same(proxy, after);
    bool counts_order = proxy->balance == HAPROXY_BALANCE_STATIC ||
                        (proxy_needs_ids(planner) && !proxy_has_ids(after));

    if (proxy->is_disabled || (is_same && !planner->input->is_complete && !has_pending(planner)))
        return true;
    if (!is_same && (proxy->fixed.len > 0 || after->fixed.len > 0))
        return planner_refuse(planner, NULL, "%.*s",
                              SLICE_ARG(after->fixed.len > 0 ? after->fixed : proxy->fixed));
    if (counts_order && !servers_have_same_order(proxy, after))
        return planner_refuse(planner, NULL, "its servers count by their order");
    collect_subjects(planner);
    return plan_subjects(planner);
}

/* --- Without a reload ------------------------------------------------------------------------ */

/* Of a proxy that needs a reload, which cannot be had now: what is gone gets no requests, and what
 * is pending goes on. */
static void plan_gone(struct planner *planner)
{
    const struct pending_list *list = planner->input->pending;

    collect_subjects(planner);
    for (size_t i = 0; list && i < list->n; i++) {
        if (slice_equal(list->items[i].proxy, planner->proxy->name))
            planner_keep_pending(planner, &list->items[i], NULL);
    }
    for (size_t i = 0; i < planner->n_subjects; i++) {
        const struct subject *subject = &planner->subjects[i];

        if (subject->new || !subject->old || !subject->live || subject->pending ||
            !subject->is_gone || subject->live->admin & LIVE_FORCED_MAINT)
            continue;
        planner_do_late(planner, subject, STEP_MAINT);
        planner_leave(planner, subject, PENDING_DELETE, subject->old, planner->input->grace_ms);
    }
}

static void plan_proxy_without_reload(struct planner *planner)
{
    size_t n_steps = planner->plan->n_steps, n_late = planner->n_late;
    size_t n_pending = planner->plan->pending.n;

    if (plan_proxy(planner))
        return;
    planner->plan->n_steps = n_steps;
    planner->n_late = n_late;
    planner->plan->pending.n = n_pending;
    planner->is_refused = false;
    plan_gone(planner);
}

/* --- All of them ----------------------------------------------------------------------------- */

/* The i-th proxy of the new file in the old one: where the structure is the same, its i-th, too. */
static const struct haproxy_proxy *find_before(const struct plan_input *input, size_t i)
{
    struct slice name = input->after->proxies[i].name;

    if (i < input->before->n_proxies && slice_equal(input->before->proxies[i].name, name))
        return &input->before->proxies[i];
    return haproxy_config_find(input->before, name);
}

static void plan_proxies(struct planner *planner)
{
    const struct plan_input *input = planner->input;

    for (size_t i = 0; i < input->after->n_proxies && !planner->is_refused; i++) {
        planner->after = &input->after->proxies[i];
        planner->proxy = find_before(input, i);
        if (!planner->proxy)
            continue; /* only without a reload: else the structure differs */
        if (input->is_without_reload)
            plan_proxy_without_reload(planner);
        else if (!plan_proxy(planner))
            return;
    }
}

/* Work that belongs to a proxy without differences is kept by plan_proxy(); that of proxies that
 * are not in the file any more has nothing to act on. */
static void index_pending(struct planner *planner)
{
    const struct pending_list *list = planner->input->pending;

    for (size_t i = 0; list && i < list->n; i++) {
        struct pending *pending = &list->items[i];

        map_put(&planner->pendings, server_key(&planner->scratch, pending->proxy, pending->server),
                pending);
    }
}

static bool check_structure(struct planner *planner)
{
    const struct plan_input *input = planner->input;
    CLEANUP(buf_fini) struct buf difference = BUF_EMPTY;

    if (input->is_without_reload)
        return true;
    if (!haproxy_config_same_structure(input->before, input->after, &difference))
        return planner_refuse(planner, NULL, "%s", buf_slice(&difference).ptr);
    return true;
}

static bool any_server_differs(const struct plan_input *input)
{
    for (size_t i = 0; i < input->after->n_proxies; i++) {
        const struct haproxy_proxy *after = &input->after->proxies[i];
        const struct haproxy_proxy *before = find_before(input, i);

        if (before && !servers_are_same(before, after))
            return true;
    }
    return false;
}

/* True if there is something that steps can do. Otherwise it is a reload, or there is nothing to do
 * at all. */
static bool check_fixed(struct planner *planner)
{
    const struct plan_input *input = planner->input;
    struct slice fixed = input->after->fixed.len > 0 ? input->after->fixed : input->before->fixed;

    if (fixed.len == 0)
        return true;
    if (!input->is_without_reload && any_server_differs(input))
        return planner_refuse(planner, NULL, "%.*s", SLICE_ARG(fixed));
    return false;
}

static void finish(struct planner *planner)
{
    struct plan *plan = planner->plan;

    if (planner->is_refused) {
        plan->outcome = PLAN_RELOAD;
        plan->reason = arena_copy(&plan->arena, buf_slice(&planner->reason));
        plan->n_steps = 0;
        plan->pending.n = 0; /* the next worker knows nothing of it */
        return;
    }
    for (size_t i = 0; i < planner->n_late; i++)
        planner_add(planner, &planner->late[i]);
    plan->outcome = plan->n_steps > 0 ? PLAN_STEPS : PLAN_NOTHING;
}

void plan_make(const struct plan_input *input, struct plan *plan)
{
    struct planner planner = { .input = input, .plan = plan };

    index_pending(&planner);
    if (check_structure(&planner) && check_fixed(&planner))
        plan_proxies(&planner);
    finish(&planner);
    map_fini(&planner.pendings);
    free(planner.late);
    buf_fini(&planner.reason);
    arena_fini(&planner.scratch);
}

void plan_fini(struct plan *plan)
{
    free(plan->steps);
    pending_list_fini(&plan->pending);
    arena_fini(&plan->arena);
    *plan = PLAN_EMPTY;
}
