/* SPDX-License-Identifier: MIT */
/* What the status tells of the HAProxies that are kept up to date while they run. */
#include <time.h>

#include "circle.h"

static const struct {
    const char *name;
    size_t offset;
} counts[] = {
    { "servers", offsetof(struct survey_proxy, n_servers) },
    { "up", offsetof(struct survey_proxy, n_up) },
    { "down", offsetof(struct survey_proxy, n_down) },
    { "drained", offsetof(struct survey_proxy, n_drained) },
    { "maintenance", offsetof(struct survey_proxy, n_in_maint) },
    { "missing", offsetof(struct survey_proxy, n_missing) },
    { "leaving", offsetof(struct survey_proxy, n_leaving) },
    { "tombstones", offsetof(struct survey_proxy, n_tombstones) },
    { "overrides", offsetof(struct survey_proxy, n_overrides) },
};

static void add_proxy(const struct survey_proxy *proxy, struct json_node *list)
{
    struct json_node *node = json_add_object(list, NULL);

    json_add_string(node, "name", proxy->name);
    for (size_t i = 0; i < ARRAY_SIZE(counts); i++)
        json_add_integer(node, counts[i].name,
                         *(const size_t *)((const char *)proxy + counts[i].offset));
    json_add_integer(node, "sessions", proxy->n_sessions);
}

static void add_override(const struct survey_override *override, uint64_t now_ms,
                         struct json_node *list)
{
    struct json_node *node = json_add_object(list, NULL);

    json_add_string(node, "proxy", override->proxy);
    json_add_string(node, "server", override->server);
    json_add_string(node, "what", override->what);
    json_add_integer(node, "age_ms", now_ms - override->since_ms);
}

static void add_survey(const struct survey *survey, uint64_t now_ms, struct json_node *to)
{
    struct json_node *list;

    json_add_integer(to, "servers", survey->n_servers);
    json_add_integer(to, "tombstones", survey->n_tombstones);
    json_add_integer(to, "overrides", survey->n_overrides);
    if (!survey->is_made)
        return;
    json_add_integer(to, "seen_ms", now_ms - survey->made_ms);
    list = json_add_array(to, "proxies");
    for (size_t i = 0; i < survey->n_proxies; i++)
        add_proxy(&survey->proxies[i], list);
    list = json_add_array(to, "by_hand");
    for (size_t i = 0; i < survey->n_overrides; i++)
        add_override(&survey->overrides[i], now_ms, list);
}

/* Of the loop's clock, in seconds since 1970. */
static uint64_t wall_time(uint64_t at_ms, uint64_t now_ms)
{
    return (uint64_t)time(NULL) - (now_ms - at_ms) / 1000;
}

static void add_last(const struct driver_report *report, uint64_t now_ms, struct json_node *to)
{
    CLEANUP(buf_fini) struct buf last = BUF_EMPTY;
    uint64_t at_ms = report->update_ms > report->reload_ms ? report->update_ms : report->reload_ms;

    if (report->n_updates > 0) {
        json_add_integer(to, "last_update", wall_time(report->update_ms, now_ms));
        json_add_integer(to, "last_update_took_ms", report->update_took_ms);
        json_add_integer(to, "last_update_steps", report->n_update_steps);
    }
    if (report->n_reloads > 0) {
        json_add_integer(to, "last_reload", wall_time(report->reload_ms, now_ms));
        json_add_string(to, "last_reload_reason", slice_from(report->reload_reason));
    }
    if (report->update_ms > report->reload_ms)
        buf_printf(&last, "updated by %zu commands in %llums", report->n_update_steps,
                   (unsigned long long)report->update_took_ms);
    else if (report->n_reloads > 0)
        buf_printf(&last, "reloaded, because %s", report->reload_reason);
    if (last.len == 0)
        return;
    json_add_integer(to, "last_at", wall_time(at_ms, now_ms));
    json_add_string(to, "last", buf_slice(&last));
}

static struct slice state_of(const struct driver_report *report)
{
    if (report->worker == 0)
        return SLICE("not running");
    return report->is_answering ? SLICE("running") : SLICE("not answering");
}

static void add_haproxy(const char *group, const struct driver_report *report, uint64_t now_ms,
                        struct json_node *list)
{
    CLEANUP(buf_fini) struct buf trouble = BUF_EMPTY;
    struct json_node *node = json_add_object(list, NULL);

    json_add_string(node, "group", slice_from(group));
    json_add_string(node, "state", state_of(report));
    json_add_integer(node, "worker", report->worker);
    json_add_integer(node, "version", report->version);
    json_add_integer(node, "steps", report->n_steps);
    json_add_integer(node, "updates", report->n_updates);
    json_add_integer(node, "reloads", report->n_reloads);
    json_add_integer(node, "reloads_took_ms", report->reloads_took_ms);
    json_add_integer(node, "failures", report->n_failures);
    json_add_integer(node, "pending", report->n_pending);
    json_add_integer(node, "old_workers", report->n_old_workers);
    json_add_bool(node, "owes_reload", report->owes_reload);
    add_last(report, now_ms, node);
    add_survey(report->seen, now_ms, node);
    if (report->owes_reload)
        buf_printf(&trouble, "HAProxy of '%s' waits for a reload: only its servers are up to date",
                   group);
    json_add_string(node, "trouble", buf_slice(&trouble));
}

void cycle_add_haproxies(const struct cycle *cycle, struct json_node *to)
{
    struct json_node *list = json_add_array(to, "haproxy");
    struct driver_report report;

    for (size_t i = 0; i < cycle->groups.n; i++) {
        const struct group *group = cycle->groups.items[i];

        if (group->delivery && delivery_get_haproxy(group->delivery, &report))
            add_haproxy(group->name, &report, loop_now_ms(cycle->loop), list);
    }
}
