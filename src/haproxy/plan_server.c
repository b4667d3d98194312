/* SPDX-License-Identifier: MIT */
/* Servers that come, come back, and leave. */
#include "planner.h"
#include "server_line.h"

/* Dynamic cookies of servers that were added. */
#define VERSION_OF_DYNAMIC_COOKIE 300

#define FIRST_CHECK_MS 5000 /* the longest that a new server waits for it */
#define MAX_NAME_BYTES 128  /* longer ones corrupt HAProxy's state file */

/* --- Rules of the proxy ---------------------------------------------------------------------- */

bool proxy_has_ids(const struct haproxy_proxy *proxy)
{
    for (size_t i = 0; i < proxy->n_servers; i++) {
        if (proxy->servers[i].id == 0)
            return false;
    }
    return true;
}

bool proxy_needs_ids(const struct planner *planner)
{
    const struct haproxy_proxy *proxy = planner->proxy;

    return proxy->balance == HAPROXY_BALANCE_FIRST || proxy->balance == HAPROXY_BALANCE_HASH ||
           (proxy->has_stick && planner->input->before->has_peers);
}

bool proxy_is_dynamic(const struct haproxy_proxy *proxy)
{
    switch (proxy->balance) {
    case HAPROXY_BALANCE_DYNAMIC:
    case HAPROXY_BALANCE_FIRST: return true;
    case HAPROXY_BALANCE_HASH: return proxy->is_consistent;
    case HAPROXY_BALANCE_STATIC:
    case HAPROXY_BALANCE_OTHER: return false;
    }
    return false;
}

/* Servers can come and go. */
static bool check_members(struct planner *planner, const struct subject *subject)
{
    const struct haproxy_proxy *proxy = planner->proxy;
    const struct haproxy_reference *reference =
        haproxy_config_find_reference(planner->input->after, proxy->name, subject->name);

    if (reference)
        return planner_refuse(planner, subject, "%s refers to it (%s:%u)", reference->by,
                              haproxy_config_path(planner->input->after, reference->place),
                              reference->place.line);
    if (proxy_needs_ids(planner) && !(proxy_has_ids(proxy) && proxy_has_ids(planner->after)))
        return planner_refuse(planner, subject,
                              "servers of its proxy count by number, and not all have an 'id'");
    return true;
}

/* --- Coming ---------------------------------------------------------------------------------- */

static bool check_proxy_takes(struct planner *planner, const struct subject *subject)
{
    const struct haproxy_proxy *proxy = planner->proxy;
    unsigned version = planner->input->can.version;

    if (!planner->input->can.can_add)
        return planner_refuse(planner, subject, "HAProxy %u.%u cannot add servers", version / 100,
                              version % 100);
    if (proxy->mode == HAPROXY_OTHER_MODE || proxy->has_dispatch || !proxy_is_dynamic(proxy))
        return planner_refuse(planner, subject, "its proxy takes servers only at start");
    if (proxy->is_cookie_dynamic && version < VERSION_OF_DYNAMIC_COOKIE)
        return planner_refuse(planner, subject, "its proxy makes cookies of addresses");
    return check_members(planner, subject);
}

static bool check_keywords(struct planner *planner, const struct subject *subject)
{
    const struct haproxy_server *server = subject->new;
    struct keyword_list list =
        keyword_list_merge(&server->defaults, &server->own, &planner->scratch);

    if (server->unknown.len > 0)
        return planner_refuse(planner, subject, "'%.*s' is not known to us",
                              SLICE_ARG(slice_sub(server->unknown, 0, 64)));
    if (server->track.len > 0)
        return planner_refuse(planner, subject, "it tracks another server");
    for (size_t i = 0; i < list.n; i++) {
        const struct keyword_info *info = list.items[i].info;

        if (info->dynamic_since == 0 || info->dynamic_since > planner->input->can.version)
            return planner_refuse(planner, subject, "'%s' can only be given at start", info->name);
    }
    return true;
}

/* One that is about to leave may have it still. */
static bool check_id(struct planner *planner, const struct subject *subject)
{
    struct live_range range = haproxy_state_range(planner->input->live, planner->proxy->name);

    for (size_t i = 0; i < range.n && subject->new->id > 0; i++) {
        if (range.servers[i].id == subject->new->id)
            return planner_refuse(planner, subject, "its 'id' is still that of '%.*s'",
                                  SLICE_ARG(slice_sub(range.servers[i].name, 0, 128)));
    }
    return true;
}

void server_plan_start(struct planner *planner, const struct subject *subject)
{
    const struct haproxy_server *server = subject->new;
    uint64_t wait_ms = server->inter_ms < FIRST_CHECK_MS ? server->inter_ms : FIRST_CHECK_MS;

    if (server->has_check)
        planner_do(planner, subject, STEP_ENABLE_HEALTH);
    if (server->has_agent_check)
        planner_do(planner, subject, STEP_ENABLE_AGENT);
    if (server->is_disabled)
        return;
    if (server->has_check && planner->n_ready > 0) {
        planner_do(planner, subject, STEP_DRAIN);
        planner_leave(planner, subject, PENDING_READY, server, wait_ms);
    } else {
        planner_do(planner, subject, STEP_READY);
    }
}

bool server_plan_add(struct planner *planner, const struct subject *subject)
{
    const struct haproxy_server *server = subject->new;
    struct haproxy_step step;

    if (!check_proxy_takes(planner, subject) || !check_keywords(planner, subject) ||
        !check_id(planner, subject))
        return false;
    if (!server->has_address)
        return planner_refuse(planner, subject, "its address is no IP with a port");
    if (server->name.len > MAX_NAME_BYTES)
        return planner_refuse(planner, subject, "its name has more than %d bytes", MAX_NAME_BYTES);
    if (!step_make_add(planner->proxy->name, server, planner->input->can.version,
                       &planner->plan->arena, &step))
        return planner_refuse(planner, subject, "it does not fit into one command");
    planner_add(planner, &step);
    server_plan_start(planner, subject);
    return true;
}

/* --- Coming back ----------------------------------------------------------------------------- */

/* It runs, is in the new file and was not in the old one: it was about to leave, or to come. */
bool server_plan_return(struct planner *planner, const struct subject *subject)
{
    const struct pending *pending = subject->pending;
    struct haproxy_server old;

    if (!pending || !server_line_parse(pending->line, &planner->scratch, &old))
        return planner_refuse(planner, subject, "it runs, and was in no file");
    old.weight = subject->live->weight; /* whatever it is, it is ours to change */
    if (old.has_agent_check && !subject_is_half_added(subject))
        planner_do(planner, subject, STEP_ENABLE_AGENT);
    return server_plan_change(planner, subject, &old);
}

/* --- Leaving --------------------------------------------------------------------------------- */

static void plan_maint(struct planner *planner, const struct subject *subject,
                       const struct haproxy_server *old)
{
    if (!(subject->live->admin & LIVE_FORCED_MAINT)) {
        if (old->has_agent_check)
            planner_do_late(planner, subject, STEP_DISABLE_AGENT);
        planner_do_late(planner, subject, STEP_MAINT);
    }
    planner_leave(planner, subject, PENDING_DELETE, old, planner->input->grace_ms);
}

/* It was about to leave before. */
static bool plan_still_leaving(struct planner *planner, const struct subject *subject)
{
    const struct pending *pending = subject->pending;
    struct haproxy_server old;

    if (pending->kind == PENDING_DELETE ||
        (!subject->is_gone && pending->kind != PENDING_READY && pending->kind != PENDING_MOVE)) {
        planner_keep_pending(planner, pending, NULL);
        return true;
    }
    if (!server_line_parse(pending->line, &planner->scratch, &old))
        return planner_refuse(planner, subject, "it runs, and is in no file");
    plan_maint(planner, subject, &old);
    return true;
}

/* One that nobody knows. In maintenance it is one of ours, from before we lost our memory. */
static bool plan_stranger(struct planner *planner, const struct subject *subject)
{
    CLEANUP(buf_fini) struct buf line = BUF_EMPTY;
    struct haproxy_server unknown;

    if (haproxy_proxy_has_slot(planner->after, subject->name))
        return true;
    if (!(subject->live->admin & LIVE_FORCED_MAINT))
        return planner_refuse(planner, subject, "it runs, and is in no file");
    /* Should its name come back, what it is cannot be compared. */
    buf_printf(&line, "server %.*s ? ?", SLICE_ARG(subject->name));
    if (planner->input->can.can_delete &&
        server_line_parse(buf_slice(&line), &planner->scratch, &unknown))
        planner_leave(planner, subject, PENDING_DELETE, &unknown, planner->input->grace_ms);
    return true;
}

bool server_plan_remove(struct planner *planner, const struct subject *subject)
{
    const struct plan_input *input = planner->input;
    const struct haproxy_server *old = subject->old;

    if (!old)
        return subject->pending ? plan_still_leaving(planner, subject)
                                : plan_stranger(planner, subject);
    if (!input->can.can_delete)
        return planner_refuse(planner, subject, "HAProxy %u.%u cannot delete servers",
                              input->can.version / 100, input->can.version % 100);
    if (!check_members(planner, subject))
        return false;

    bool is_waiting = subject->pending && subject->pending->kind == PENDING_READY;
    bool serves = !(subject->live->admin & LIVE_FORCED_MAINT) && !is_waiting;

    if (serves && !subject->is_gone && planner->has_waiting) {
        planner_leave(planner, subject, PENDING_RETIRE, old, 0);
    } else if (serves && input->drain_ms > 0 && (!subject->is_gone || old->cuts_sessions)) {
        planner_do_late(planner, subject, STEP_DRAIN);
        planner_leave(planner, subject, PENDING_DRAIN, old, input->drain_ms);
    } else {
        plan_maint(planner, subject, old);
    }
    return true;
}
