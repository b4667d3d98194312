/* SPDX-License-Identifier: MIT */
/* What operators did by hand: differences that neither the file nor we have made. */
#include "base/memory.h"
#include "haproxy/plan.h"

struct finder {
    const struct haproxy_proxy *proxy;
    const struct haproxy_state *live;
    const struct pending_list *pending;
    struct plan *plan;
};

static void add(struct plan *plan, const struct haproxy_step *step)
{
    GROW(plan->steps, plan->n_steps, plan->cap_steps);
    plan->steps[plan->n_steps++] = *step;
}

static bool is_ours(const struct finder *finder, struct slice server)
{
    const struct pending_list *list = finder->pending;

    for (size_t i = 0; list && i < list->n; i++) {
        if (slice_equal(list->items[i].proxy, finder->proxy->name) &&
            slice_equal(list->items[i].server, server))
            return true;
    }
    return false;
}

/* False if the state is the file's. */
static bool find_state(const struct haproxy_server *server, const struct live_server *live,
                       enum step_kind *ret_kind)
{
    bool is_in_maint = live->admin & LIVE_FORCED_MAINT;
    bool is_drained = live->admin & LIVE_FORCED_DRAIN;

    *ret_kind = is_in_maint ? STEP_MAINT : is_drained ? STEP_DRAIN : STEP_READY;
    return is_in_maint != server->is_disabled || is_drained;
}

static void find_of_server(struct finder *finder, const struct haproxy_server *server)
{
    struct slice proxy = finder->proxy->name;
    const struct live_server *live = haproxy_state_find(finder->live, proxy, server->name);
    struct haproxy_step step;
    enum step_kind kind;

    /* An agent sets states and weights as it likes; of a keyword that we do not know, anything may
     * be the effect. */
    if (!live || server->has_agent_check || server->unknown.len > 0)
        return;

    bool has_state = find_state(server, live, &kind);

    if ((live->weight == server->weight && !has_state) || is_ours(finder, server->name))
        return;
    if (live->weight != server->weight) {
        step =
            step_make_number(STEP_WEIGHT, proxy, server->name, live->weight, &finder->plan->arena);
        add(finder->plan, &step);
    }
    if (has_state) {
        step = step_make(kind, proxy, server->name, &finder->plan->arena);
        add(finder->plan, &step);
    }
}

void plan_overrides(const struct haproxy_config *config, const struct haproxy_state *live,
                    const struct pending_list *pending, struct plan *plan)
{
    for (size_t i = 0; i < config->n_proxies; i++) {
        struct finder finder = { &config->proxies[i], live, pending, plan };

        /* One that is fixed may not be what we read. */
        if (finder.proxy->is_disabled || finder.proxy->fixed.len > 0)
            continue;
        for (size_t j = 0; j < finder.proxy->n_servers; j++)
            find_of_server(&finder, &finder.proxy->servers[j]);
    }
}
