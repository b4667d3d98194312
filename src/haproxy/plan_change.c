/* SPDX-License-Identifier: MIT */
/* Servers that are in both files and differ: which commands make one of the other. */
#include "compare.h"
#include "planner.h"

#define VERSION_OF_CHECK_ADDR 204
/* From here on a change of address closes the connections to the old one. Before, those that carry
 * requests at that moment go on to be used for new ones, as long as load lasts. */
#define VERSION_OF_CLEAN_MOVE 300

#define MOVE_MS   10000 /* the longest that a move waits for connections to the old address */
#define MAX_MOVES 16    /* one after the other, in one proxy */

bool is_slow_to_move(const struct planner *planner)
{
    return planner->input->can.version < VERSION_OF_CLEAN_MOVE &&
           planner->proxy->mode != HAPROXY_TCP;
}

#define CHANGEABLE                                                                                \
    (1u << KEYWORD_WEIGHT | 1u << KEYWORD_MAXCONN | 1u << KEYWORD_DISABLED | 1u << KEYWORD_PORT | \
     1u << KEYWORD_ADDR)

static bool check_change(struct planner *planner, const struct subject *subject,
                         const struct haproxy_server *old)
{
    const struct haproxy_server *new = subject->new;
    struct slice unknown = new->unknown.len > 0 ? new->unknown : old->unknown;
    struct keyword_list a, b;
    const char *difference;

    if (server_is_same(old, new))
        return true;
    if (unknown.len > 0)
        return planner_refuse(planner, subject, "'%.*s' is not known to us",
                              SLICE_ARG(slice_sub(unknown, 0, 64)));
    a = keyword_list_merge(&old->defaults, &old->own, &planner->scratch);
    b = keyword_list_merge(&new->defaults, &new->own, &planner->scratch);
    difference = keyword_list_difference(&a, &b, CHANGEABLE);
    return !difference || planner_refuse(planner, subject, "its '%s' differs", difference);
}

/* In which state it is to be at the end: what the file says, or what an operator wants. */
static enum pending_final final_state(const struct subject *subject,
                                      const struct haproxy_server *old)
{
    const struct live_server *live = subject->live;
    const struct pending *pending = subject->pending;

    if (subject->new->is_disabled)
        return old->is_disabled && !(live->admin & LIVE_FORCED_MAINT) ? PENDING_TO_READY
                                                                      : PENDING_TO_MAINT;
    if (pending && pending->kind == PENDING_MOVE && !old->is_disabled)
        return pending->final;
    if (pending)
        return PENDING_TO_READY;
    if (live->admin & LIVE_FORCED_MAINT)
        return old->is_disabled ? PENDING_TO_READY : PENDING_TO_MAINT;
    return live->admin & LIVE_FORCED_DRAIN ? PENDING_TO_DRAIN : PENDING_TO_READY;
}

static void plan_final(struct planner *planner, const struct subject *subject,
                       enum pending_final final)
{
    if (final != PENDING_TO_MAINT)
        planner_do(planner, subject, final == PENDING_TO_READY ? STEP_READY : STEP_DRAIN);
}

static void plan_address_step(struct planner *planner, const struct subject *subject, bool is_late)
{
    struct haproxy_step step = step_make_address(planner->proxy->name, subject->name,
                                                 &subject->new->address, &planner->plan->arena);

    if (is_late)
        planner_add_late(planner, &step);
    else
        planner_add(planner, &step);
}

static void leave_move(struct planner *planner, const struct subject *subject,
                       enum pending_final final)
{
    planner_leave(planner, subject, PENDING_MOVE, subject->new, MOVE_MS);
    planner->plan->pending.items[planner->plan->pending.n - 1].final = final;
}

/* A server that serves gets another address, where connections do not follow: it has to be taken
 * out of service first. */
static bool plan_slow_move(struct planner *planner, const struct subject *subject,
                           enum pending_final final)
{
    if (planner->n_ready <= subject->stays_ready && live_server_is_ready(subject->live))
        return planner_refuse(planner, subject,
                              "it alone is ready, and its connections would keep its old address");
    if (planner->n_ready == 0) {
        plan_address_step(planner, subject, false); /* nobody serves: nothing is lost */
        return true;
    }
    if (!subject->is_gone && ++planner->n_moves > MAX_MOVES)
        return planner_refuse(planner, subject, "too many servers of its proxy change addresses");
    if (subject->is_gone)
        planner_do_late(planner, subject, STEP_MAINT);
    leave_move(planner, subject, final);
    return true;
}

/* It gets no requests, and takes its state after that: before or after the others' steps. */
static void plan_quiet_move(struct planner *planner, const struct subject *subject,
                            enum pending_final final, bool is_late)
{
    if (is_slow_to_move(planner)) {
        leave_move(planner, subject, final);
        return;
    }
    plan_address_step(planner, subject, is_late);
    plan_final(planner, subject, final);
}

static bool plan_move(struct planner *planner, const struct subject *subject,
                      enum pending_final final)
{
    bool is_drained = subject->live->admin & LIVE_FORCED_DRAIN;
    size_t n_others = planner->n_ready - subject->stays_ready;

    if (subject->live->admin & LIVE_FORCED_MAINT) {
        plan_quiet_move(planner, subject, final, false);
        return true;
    }
    if (final == PENDING_TO_MAINT) {
        planner_do_late(planner, subject, STEP_MAINT);
        plan_quiet_move(planner, subject, final, true);
        return true;
    }
    if (is_slow_to_move(planner) && !is_drained)
        return plan_slow_move(planner, subject, final);
    if (subject->new->has_check && n_others > 0 && !is_drained) {
        planner_do(planner, subject, STEP_MAINT);
        plan_address_step(planner, subject, false);
        plan_final(planner, subject, final);
        return true;
    }
    plan_address_step(planner, subject, false);
    return true;
}

static bool refuse_address(struct planner *planner, const struct subject *subject)
{
    CLEANUP(buf_fini) struct buf address = BUF_EMPTY;

    haproxy_address_format(&subject->live->address, &address);
    return planner_refuse(planner, subject, "it runs with the address %s",
                          subject->live->has_address ? address.ptr : "of a name");
}

/* Address and state, which depend on each other. */
static bool plan_place(struct planner *planner, const struct subject *subject,
                       const struct haproxy_server *old)
{
    const struct haproxy_server *new = subject->new;
    const struct live_server *live = subject->live;
    enum pending_final final = final_state(subject, old);
    bool is_waiting = subject->pending && subject->pending->kind == PENDING_READY;

    if (!new->has_address || !old->has_address) {
        if (!slice_equal(new->address_word, old->address_word))
            return planner_refuse(planner, subject, "its address is no IP with a port");
    } else if (!haproxy_address_equal(&live->address, &new->address)) {
        bool is_moving = subject->pending && subject->pending->kind == PENDING_MOVE;

        if (!is_moving && !haproxy_address_equal(&live->address, &old->address))
            return refuse_address(planner, subject);
        if (is_waiting)
            planner_keep_pending(planner, subject->pending, new);
        return plan_move(planner, subject, is_waiting ? PENDING_TO_DRAIN : final);
    }
    if (is_waiting && !new->is_disabled) {
        planner_keep_pending(planner, subject->pending, new);
        return true;
    }
    if (final == PENDING_TO_MAINT && !(live->admin & LIVE_FORCED_MAINT))
        planner_do_late(planner, subject, STEP_MAINT);
    if (final == PENDING_TO_READY && live->admin & (LIVE_FORCED_MAINT | LIVE_FORCED_DRAIN))
        planner_do(planner, subject, STEP_READY);
    return true;
}

static bool plan_check_target(struct planner *planner, const struct subject *subject,
                              const struct haproxy_server *old)
{
    const struct haproxy_server *new = subject->new;
    struct haproxy_address address = HAPROXY_ADDRESS_NONE;
    struct haproxy_step step;
    uint64_t port;

    if (!slice_equal(old->check_port, new->check_port)) {
        if (!new->has_check || !slice_parse_u64(new->check_port, UINT16_MAX, &port) || port == 0)
            return planner_refuse(planner, subject, "its 'port' differs");
        step = step_make_number(STEP_CHECK_PORT, planner->proxy->name, subject->name,
                                (unsigned)port, &planner->plan->arena);
        planner_add(planner, &step);
    }
    if (!slice_equal(old->check_address, new->check_address)) {
        if (!new->has_check || planner->input->can.version < VERSION_OF_CHECK_ADDR ||
            !haproxy_address_parse_ip(new->check_address, &address))
            return planner_refuse(planner, subject, "its 'addr' differs");
        step = step_make_check_address(planner->proxy->name, subject->name, new->check_address,
                                       &planner->plan->arena);
        planner_add(planner, &step);
    }
    return true;
}

static bool plan_weight(struct planner *planner, const struct subject *subject,
                        const struct haproxy_server *old)
{
    const struct haproxy_server *new = subject->new;
    struct haproxy_step step;

    if (old->weight == new->weight)
        return true;
    if (new->has_agent_check || !proxy_is_dynamic(planner->proxy))
        return planner_refuse(planner, subject, "its 'weight' differs");
    if (subject->live->weight != old->weight)
        return true; /* it is so already, or somebody wants another one */
    step = step_make_number(STEP_WEIGHT, planner->proxy->name, subject->name, new->weight,
                            &planner->plan->arena);
    planner_add(planner, &step);
    return true;
}

static bool plan_maxconn(struct planner *planner, const struct subject *subject,
                         const struct haproxy_server *old)
{
    const struct haproxy_server *new = subject->new;
    struct haproxy_step step;

    if (old->maxconn == new->maxconn)
        return true;
    if (new->has_minconn || planner->proxy->has_fullconn)
        return planner_refuse(planner, subject, "its 'maxconn' differs");
    step = step_make_number(STEP_MAXCONN, planner->proxy->name, subject->name, new->maxconn,
                            &planner->plan->arena);
    planner_add(planner, &step);
    return true;
}

bool subject_is_half_added(const struct subject *subject)
{
    return subject->pending && subject->pending->kind == PENDING_READY &&
           subject->live->admin & LIVE_FORCED_MAINT;
}

bool server_plan_change(struct planner *planner, const struct subject *subject,
                        const struct haproxy_server *old)
{
    if (subject_is_half_added(subject)) {
        if (!check_change(planner, subject, old))
            return false;
        if (!haproxy_address_equal(&subject->live->address, &subject->new->address))
            return refuse_address(planner, subject);
        server_plan_start(planner, subject);
        return true;
    }
    return check_change(planner, subject, old) && plan_weight(planner, subject, old) &&
           plan_maxconn(planner, subject, old) && plan_check_target(planner, subject, old) &&
           plan_place(planner, subject, old);
}
