/* SPDX-License-Identifier: MIT */
/* Counts what is seen of HAProxy's servers. */
#include "haproxy/survey.h"

#include "haproxy/plan.h"
#include "server_key.h"

/* --- One proxy ------------------------------------------------------------------------------- */

static void count_in_file(struct survey_proxy *seen, const struct live_server *live)
{
    if (!live)
        seen->n_missing++;
    else if (live->admin & LIVE_MAINT)
        seen->n_in_maint++;
    else if (live->admin & LIVE_DRAIN)
        seen->n_drained++;
    else if (live->operational == 0)
        seen->n_down++;
    else
        seen->n_up++;
}

static void count_in_haproxy(struct survey_proxy *seen, const struct haproxy_proxy *proxy,
                             const struct live_server *live)
{
    if (haproxy_proxy_find(proxy, live->name) || haproxy_proxy_has_slot(proxy, live->name))
        return;
    if (live->admin & LIVE_MAINT)
        seen->n_tombstones++;
    else
        seen->n_leaving++;
}

static uint64_t sessions_before(const struct survey *before, struct slice proxy)
{
    for (size_t i = 0; i < before->n_proxies; i++) {
        if (slice_equal(before->proxies[i].name, proxy))
            return before->proxies[i].n_sessions;
    }
    return 0;
}

static uint64_t count_sessions(const struct survey_input *input, const struct survey *before,
                               struct slice proxy)
{
    const struct haproxy_load *load;

    if (!input->loads)
        return sessions_before(before, proxy);
    load = haproxy_loads_find(input->loads, proxy, SLICE("BACKEND"));
    return load ? load->sessions : 0;
}

static void survey_add_proxy(struct survey *survey, const struct survey *before,
                             const struct survey_input *input, const struct haproxy_proxy *proxy)
{
    struct live_range range = haproxy_state_range(input->live, proxy->name);
    struct survey_proxy *seen = &survey->proxies[survey->n_proxies];

    if (proxy->n_servers == 0 && range.n == 0)
        return;
    *seen = (struct survey_proxy){ .name = arena_copy(&survey->arena, proxy->name) };
    seen->n_servers = proxy->n_servers;
    for (size_t i = 0; i < proxy->n_servers; i++)
        count_in_file(seen, haproxy_state_find(input->live, proxy->name, proxy->servers[i].name));
    for (size_t i = 0; i < range.n; i++)
        count_in_haproxy(seen, proxy, &range.servers[i]);
    seen->n_sessions = count_sessions(input, before, proxy->name);
    survey->n_servers += seen->n_servers;
    survey->n_tombstones += seen->n_tombstones;
    survey->n_proxies++;
}

/* --- Overrides ------------------------------------------------------------------------------- */

static const struct survey_override *find_override(const struct survey *survey,
                                                   const struct survey_override *wanted)
{
    for (size_t i = 0; i < survey->n_overrides; i++) {
        const struct survey_override *override = &survey->overrides[i];

        if (slice_equal(override->proxy, wanted->proxy) &&
            slice_equal(override->server, wanted->server) &&
            slice_equal(override->what, wanted->what))
            return override;
    }
    return NULL;
}

/* "set server web/a state maint": the last two words. */
static struct slice effect_of(const struct haproxy_step *step)
{
    size_t from = step->command.len, n_spaces = 0;

    while (from > 0 && n_spaces < 2)
        n_spaces += step->command.ptr[--from] == ' ';
    return slice_trim(slice_sub(step->command, from, step->command.len));
}

static void survey_add_override(struct survey *survey, const struct survey *before,
                                const struct haproxy_step *step, uint64_t now_ms)
{
    struct survey_override *override = &survey->overrides[survey->n_overrides++];
    const struct survey_override *earlier;

    override->proxy = arena_copy(&survey->arena, step->proxy);
    override->server = arena_copy(&survey->arena, step->server);
    override->what = arena_copy(&survey->arena, effect_of(step));
    earlier = find_override(before, override);
    override->since_ms = earlier ? earlier->since_ms : now_ms;
    for (size_t i = 0; i < survey->n_proxies; i++)
        survey->proxies[i].n_overrides += slice_equal(survey->proxies[i].name, step->proxy);
}

static void survey_add_overrides(struct survey *survey, const struct survey *before,
                                 const struct survey_input *input)
{
    struct plan plan = PLAN_EMPTY;

    plan_overrides(input->config, input->live, input->pending, &plan);
    survey->overrides = ARENA_ARRAY(&survey->arena, plan.n_steps, struct survey_override);
    for (size_t i = 0; i < plan.n_steps; i++)
        survey_add_override(survey, before, &plan.steps[i], input->now_ms);
    plan_fini(&plan);
}

/* --- Face ------------------------------------------------------------------------------------ */

void survey_update(struct survey *survey, const struct survey_input *input)
{
    struct survey next = SURVEY_EMPTY;

    next.is_made = true;
    next.made_ms = input->now_ms;
    next.proxies = ARENA_ARRAY(&next.arena, input->config->n_proxies, struct survey_proxy);
    for (size_t i = 0; i < input->config->n_proxies; i++)
        survey_add_proxy(&next, survey, input, &input->config->proxies[i]);
    survey_add_overrides(&next, survey, input);
    survey_fini(survey);
    *survey = next;
}

void survey_fini(struct survey *survey)
{
    arena_fini(&survey->arena);
    *survey = SURVEY_EMPTY;
}
