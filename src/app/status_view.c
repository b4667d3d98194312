/* SPDX-License-Identifier: MIT */
/* The status document for people: one screen. */
#include "status_view.h"

#include <inttypes.h>
#include <string.h>

#define WATCHES_SHOWN 8  /* that do not work */
#define ENTRIES_SHOWN 20 /* of any other list */
#define NAME_WIDTH    28
#define STALE_S       90

struct view {
    const struct json_node *status;
    uint64_t now_s;
    bool has_colours;
    struct buf *out;
};

enum colour { COLOUR_GOOD, COLOUR_BAD, COLOUR_DIM, COLOUR_BOLD };

static void view_add_coloured(const struct view *view, enum colour colour, const char *text)
{
    static const char *const codes[] = { "\033[32m", "\033[33m", "\033[2m", "\033[1m" };

    if (view->has_colours)
        buf_printf(view->out, "%s%s\033[0m", codes[colour], text);
    else
        buf_add_string(view->out, text);
}

/* The two largest units: people compare, they do not calculate. */
static void add_seconds(struct buf *out, uint64_t s)
{
    if (s >= 86400)
        buf_printf(out, "%" PRIu64 "d%" PRIu64 "h", s / 86400, s / 3600 % 24);
    else if (s >= 3600)
        buf_printf(out, "%" PRIu64 "h%" PRIu64 "m", s / 3600, s / 60 % 60);
    else if (s >= 60)
        buf_printf(out, "%" PRIu64 "m%" PRIu64 "s", s / 60, s % 60);
    else
        buf_printf(out, "%" PRIu64 "s", s);
}

static void add_bytes(struct buf *out, uint64_t n)
{
    static const char *const units[] = { "B", "kB", "MB", "GB", "TB" };
    double amount = (double)n;
    size_t unit = 0;

    while (amount >= 1000 && unit + 1 < ARRAY_SIZE(units)) {
        amount /= 1000;
        unit++;
    }
    buf_printf(out, unit && amount < 10 ? "%.1f %s" : "%.0f %s", amount, units[unit]);
}

/* --- What is wrong ------------------------------------------------------------------------- */

bool status_view_is_bad_watch(const struct json_node *watch)
{
    static const char *const bad[] = { "backoff", "parked", "denied" };
    const char *state = json_get_string(watch, "state");

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        if (strcmp(state, bad[i]) == 0)
            return true;
    }
    return false;
}

static size_t add_trouble(struct buf *out, const char *text)
{
    if (!*text)
        return 0;
    buf_printf(out, "%s\n", text);
    return 1;
}

/* Entries of a list that say of themselves what is wrong. */
static size_t add_troubles_of(const struct json_node *list, const char *field, struct buf *out)
{
    size_t n = 0;

    for (const struct json_node *node = json_first(list); node; node = json_next(node))
        n += add_trouble(out, json_get_string(node, field));
    return n;
}

static size_t add_bad_watches(const struct json_node *watches, struct buf *out)
{
    const char *example = "", *reason = "";
    size_t n = 0;

    for (const struct json_node *node = json_first(watches); node; node = json_next(node)) {
        if (!status_view_is_bad_watch(node))
            continue;
        if (n++ == 0) {
            example = json_get_string(node, "question");
            reason = json_get_string(node, "last_error");
        }
    }
    if (n == 0)
        return 0;
    buf_printf(out, "consul: %zu of %zu questions are not answered (%s: %s)\n", n,
               json_count(watches), example, reason);
    return 1;
}

static size_t add_pauses(const struct json_node *groups, struct buf *out)
{
    size_t n = 0;

    for (const struct json_node *node = json_first(groups); node; node = json_next(node)) {
        if (!json_get_bool(node, "is_paused"))
            continue;
        buf_printf(out, "group '%s' is paused\n", json_get_string(node, "name"));
        n++;
    }
    return n;
}

size_t status_view_troubles(const struct json_node *status, struct buf *out)
{
    const char *refusal = json_get_string(status, "config_refusal");
    size_t n = 0;

    if (*refusal) {
        buf_printf(out, "new configuration refused: %s\n", refusal);
        n++;
    }
    n += add_troubles_of(json_get(status, "templates"), "trouble", out);
    n += add_troubles_of(json_get(status, "held"), "text", out);
    n += add_troubles_of(json_get(status, "quarantined"), "text", out);
    n += add_troubles_of(json_get(status, "haproxy"), "trouble", out);
    n += add_pauses(json_get(status, "groups"), out);
    n += add_bad_watches(json_get(status, "watches"), out);
    if (json_get_bool(status, "is_stale")) {
        buf_add_string(out, "files were rendered from kept answers: Consul has not answered yet\n");
        n++;
    }
    return n;
}

bool status_view_is_old(const struct json_node *status, uint64_t now_s)
{
    return now_s > json_get_integer(status, "time") + STALE_S;
}

bool status_view_is_healthy(const struct json_node *status, uint64_t now_s)
{
    CLEANUP(buf_fini) struct buf troubles = BUF_EMPTY;

    return json_get_bool(status, "is_ready") && !status_view_is_old(status, now_s) &&
           status_view_troubles(status, &troubles) == 0;
}

/* --- One screen ---------------------------------------------------------------------------- */

static void view_add_head(const struct view *view)
{
    const struct json_node *status = view->status;
    uint64_t since = json_get_integer(status, "since");

    view_add_coloured(view, COLOUR_BOLD, json_get_string(status, "program"));
    buf_printf(view->out, "  pid %" PRIu64, json_get_integer(status, "pid"));
    if (since > 0 && since <= view->now_s) {
        buf_add_string(view->out, "  up ");
        add_seconds(view->out, view->now_s - since);
    }
    buf_add_string(view->out, "  ");
    if (status_view_is_healthy(status, view->now_s))
        view_add_coloured(view, COLOUR_GOOD, "healthy");
    else
        view_add_coloured(view, COLOUR_BAD, "degraded");
    buf_printf(view->out, "\n%s\n", json_get_string(status, "status"));
}

static void view_add_title(const struct view *view, const char *title)
{
    buf_add_byte(view->out, '\n');
    view_add_coloured(view, COLOUR_BOLD, title);
    buf_add_byte(view->out, '\n');
}

/* A name in its column; a longer one is whole, and the column moves. */
static void view_add_name(const struct view *view, const char *name)
{
    buf_printf(view->out, "  %-*s ", NAME_WIDTH, name);
}

static void view_add_delivery(const struct view *view, const struct json_node *group)
{
    uint64_t at = json_get_integer(group, "last_delivery");

    if (at == 0)
        return;
    buf_add_string(view->out, "  ");
    add_seconds(view->out, view->now_s > at ? view->now_s - at : 0);
    buf_add_string(view->out, " ago");
    if (*json_get_string(group, "last_change"))
        buf_printf(view->out, ": %s", json_get_string(group, "last_change"));
}

static void view_add_group(const struct view *view, const struct json_node *group)
{
    const char *state = json_get_string(group, "state");
    const char *trouble = json_get_string(group, "trouble");

    view_add_name(view, json_get_string(group, "name"));
    if (json_get_bool(group, "is_paused"))
        view_add_coloured(view, COLOUR_BAD, "paused");
    else
        view_add_coloured(view, *trouble ? COLOUR_BAD : COLOUR_GOOD, state);
    view_add_delivery(view, group);
    buf_add_byte(view->out, '\n');
}

static void view_add_template(const struct view *view, const struct json_node *template)
{
    const char *state = json_get_string(template, "state");

    view_add_name(view, json_get_string(template, "name"));
    view_add_coloured(view, *json_get_string(template, "trouble") ? COLOUR_BAD : COLOUR_GOOD,
                      state);
    if (*json_get_string(template, "delivery"))
        buf_printf(view->out, ", %s", json_get_string(template, "delivery"));
    buf_add_byte(view->out, '\n');
}

static void view_add_entries(const struct view *view, const char *indent,
                             const struct json_node *list,
                             void (*add)(const struct view *view, const struct json_node *node))
{
    size_t n = 0;

    for (const struct json_node *node = json_first(list); node; node = json_next(node)) {
        if (n++ < ENTRIES_SHOWN)
            add(view, node);
    }
    if (n > ENTRIES_SHOWN)
        buf_printf(view->out, "%sand %zu more\n", indent, n - ENTRIES_SHOWN);
}

static void view_add_list(const struct view *view, const char *title, const struct json_node *list,
                          void (*add)(const struct view *view, const struct json_node *node))
{
    if (!json_first(list))
        return;
    view_add_title(view, title);
    view_add_entries(view, "  ", list, add);
}

struct count {
    const char *field, *text;
};

/* ", 3 updates, 1 reloads": of what there is any. */
static void view_add_counts(const struct view *view, const struct json_node *node,
                            const struct count *counts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (json_get_integer(node, counts[i].field) > 0)
            buf_printf(view->out, ", %" PRIu64 " %s", json_get_integer(node, counts[i].field),
                       counts[i].text);
    }
}

static void view_add_proxy(const struct view *view, const struct json_node *proxy)
{
    static const struct count counts[] = {
        { "up", "up" },
        { "down", "down" },
        { "drained", "drained" },
        { "maintenance", "in maintenance" },
        { "missing", "missing" },
        { "leaving", "leaving" },
        { "sessions", "sessions" },
    };

    buf_printf(view->out, "    %-*s %" PRIu64 " servers", NAME_WIDTH - 2,
               json_get_string(proxy, "name"), json_get_integer(proxy, "servers"));
    view_add_counts(view, proxy, counts, ARRAY_SIZE(counts));
    buf_add_byte(view->out, '\n');
}

static void view_add_override(const struct view *view, const struct json_node *override)
{
    buf_printf(view->out, "    by hand: %s/%s %s, for ", json_get_string(override, "proxy"),
               json_get_string(override, "server"), json_get_string(override, "what"));
    add_seconds(view->out, json_get_integer(override, "age_ms") / 1000);
    buf_add_byte(view->out, '\n');
}

static void view_add_haproxy(const struct view *view, const struct json_node *node)
{
    static const struct count counts[] = {
        { "updates", "updates" },         { "reloads", "reloads" },
        { "tombstones", "tombstones" },   { "overrides", "overrides" },
        { "old_workers", "old workers" },
    };
    uint64_t at = json_get_integer(node, "last_at");

    view_add_name(view, json_get_string(node, "group"));
    buf_printf(view->out, "%s  %" PRIu64 " servers", json_get_string(node, "state"),
               json_get_integer(node, "servers"));
    view_add_counts(view, node, counts, ARRAY_SIZE(counts));
    if (at > 0) {
        buf_printf(view->out, "\n  %-*s ", NAME_WIDTH, "");
        add_seconds(view->out, view->now_s > at ? view->now_s - at : 0);
        buf_printf(view->out, " ago: %s", json_get_string(node, "last"));
    }
    buf_add_byte(view->out, '\n');
    view_add_entries(view, "    ", json_get(node, "proxies"), view_add_proxy);
    view_add_entries(view, "    ", json_get(node, "by_hand"), view_add_override);
}

static void view_add_exec(const struct view *view)
{
    const struct json_node *exec = json_get(view->status, "exec");
    uint64_t since = json_get_integer(exec, "since"),
             n_restarts = json_get_integer(exec, "restarts");

    if (!exec)
        return;
    view_add_title(view, "Program");
    view_add_name(view, json_get_string(exec, "command"));
    buf_add_string(view->out, json_get_string(exec, "state"));
    if (json_get_integer(exec, "pid") > 0) {
        buf_printf(view->out, " (pid %" PRIu64 "), up ", json_get_integer(exec, "pid"));
        add_seconds(view->out, view->now_s > since ? view->now_s - since : 0);
    }
    if (n_restarts > 0)
        buf_printf(view->out, ", %" PRIu64 " restarts, the last one ended: %s", n_restarts,
                   json_get_string(exec, "last_exit"));
    buf_add_byte(view->out, '\n');
}

/* "12 armed, 1 denied" */
static void view_add_watch_states(const struct view *view, const struct json_node *watches)
{
    static const char *const states[] = { "armed",  "covered", "resting", "fetching", "verifying",
                                          "paused", "backoff", "parked",  "denied",   "stopped" };
    const char *separator = "";

    for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
        size_t n = 0;

        for (const struct json_node *node = json_first(watches); node; node = json_next(node))
            n += strcmp(json_get_string(node, "state"), states[i]) == 0;
        if (n > 0)
            buf_printf(view->out, "%s%zu %s", separator, n, states[i]);
        separator = n > 0 ? ", " : separator;
    }
}

static void view_add_bad_watch(const struct view *view, const struct json_node *watch)
{
    uint64_t next_ms = json_get_integer(watch, "next_try_ms");

    view_add_name(view, json_get_string(watch, "question"));
    view_add_coloured(view, COLOUR_BAD, json_get_string(watch, "state"));
    buf_add_string(view->out, " for ");
    add_seconds(view->out, json_get_integer(watch, "since_ok_ms") / 1000);
    if (next_ms > 0) {
        buf_add_string(view->out, ", next try in ");
        add_seconds(view->out, (next_ms + 999) / 1000);
    }
    buf_printf(view->out, ": %s\n", json_get_string(watch, "last_error"));
}

static void view_add_consul(const struct view *view)
{
    const struct json_node *watches = json_get(view->status, "watches");
    size_t n_bad = 0;

    if (!json_first(watches))
        return;
    view_add_title(view, "Consul");
    buf_printf(view->out, "  %zu questions: ", json_count(watches));
    view_add_watch_states(view, watches);
    if (json_get(view->status, "consul_bytes")) {
        buf_add_string(view->out, "; ");
        add_bytes(view->out, json_get_integer(view->status, "consul_bytes"));
        buf_add_string(view->out, " read");
    }
    buf_add_byte(view->out, '\n');
    for (const struct json_node *node = json_first(watches); node; node = json_next(node)) {
        if (status_view_is_bad_watch(node) && n_bad++ < WATCHES_SHOWN)
            view_add_bad_watch(view, node);
    }
    if (n_bad > WATCHES_SHOWN)
        buf_printf(view->out, "  and %zu more\n", n_bad - WATCHES_SHOWN);
}

static void view_add_troubles(const struct view *view)
{
    CLEANUP(buf_fini) struct buf troubles = BUF_EMPTY;
    struct slice rest, line;
    size_t n = 0;

    if (status_view_troubles(view->status, &troubles) == 0)
        return;
    view_add_title(view, "To look at");
    rest = buf_slice(&troubles);
    while (slice_next(&rest, '\n', &line)) {
        if (line.len && n++ < ENTRIES_SHOWN)
            buf_printf(view->out, "  %.*s\n", SLICE_ARG(line));
    }
}

void status_view_format(const struct json_node *status, uint64_t now_s, bool has_colours,
                        struct buf *out)
{
    const struct view view = { status, now_s, has_colours, out };

    view_add_head(&view);
    view_add_troubles(&view);
    view_add_list(&view, "Groups", json_get(status, "groups"), view_add_group);
    view_add_list(&view, "Templates", json_get(status, "templates"), view_add_template);
    view_add_list(&view, "HAProxy", json_get(status, "haproxy"), view_add_haproxy);
    view_add_exec(&view);
    view_add_consul(&view);
}
