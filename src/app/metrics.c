/* SPDX-License-Identifier: MIT */
/* The status document as metrics, in Prometheus' text form.
 *
 * A metric is a row of a table: where in the document its value stands, and what becomes its label.
 * So the document is the one place where the daemon says what it knows. */
#include "metrics.h"

#include <inttypes.h>
#include <string.h>

#include "status_view.h"

#define MOST_TEXTS 32 /* different ones that FROM_COUNT tells apart */

enum metric_source {
    FROM_FIELD,    /* document[field] */
    FROM_LIST,     /* a line for each entry of document[list], labelled entry[label_from] */
    FROM_WATCHES,  /* FROM_LIST of the watches that do not work */
    FROM_MEMBERS,  /* a line for each member of document[field], labelled with its name */
    FROM_COUNT,    /* how many entries of document[list] there are with each entry[field] */
    FROM_TROUBLES, /* whether the document names anything that is wrong */
};

enum metric_unit { AS_IT_IS, MS_AS_SECONDS, PRESENT }; /* PRESENT: 1 for a text that is not empty */

struct metric {
    const char *name, *help; /* a counter's name ends with _total */
    const char *list, *field;
    const char *label, *label_from;
    enum metric_source source : 8;
    enum metric_unit unit : 8;
};

static const struct metric metrics[] = {
    { "edgewright_info", "The program's version.", NULL, "program", "version", "program",
      FROM_FIELD, PRESENT },
    { "edgewright_start_time_seconds", "When the daemon was started.", NULL, "since", NULL, NULL,
      FROM_FIELD, AS_IT_IS },
    { "edgewright_status_timestamp_seconds",
      "When the event loop last wrote its status: every 30 s at least.", NULL, "time", NULL, NULL,
      FROM_FIELD, AS_IT_IS },
    { "edgewright_ready", "All files are in place.", NULL, "is_ready", NULL, NULL, FROM_FIELD,
      AS_IT_IS },
    { "edgewright_degraded", "Something needs to be looked at: edgewright status says what.", NULL,
      NULL, NULL, NULL, FROM_TROUBLES, AS_IT_IS },
    { "edgewright_config_info", "The configuration that is in effect.", NULL, "config_hash", "hash",
      "config_hash", FROM_FIELD, PRESENT },
    { "edgewright_config_refused", "The configuration was refused when it was last read.", NULL,
      "config_refusal", NULL, NULL, FROM_FIELD, PRESENT },
    { "edgewright_paused", "Deliveries are stopped by an operator.", "groups", "is_paused", "group",
      "name", FROM_LIST, AS_IT_IS },
    { "edgewright_template_blocked_seconds",
      "How long a template has been waiting for answers, or failing.", "templates", "blocked_ms",
      "template", "name", FROM_LIST, MS_AS_SECONDS },
    { "edgewright_last_success_timestamp_seconds",
      "When a group was last known to be installed and taken up.", "groups", "last_success",
      "group", "name", FROM_LIST, AS_IT_IS },
    { "edgewright_deliveries_total", "Deliveries that changed a file.", "groups", "deliveries",
      "group", "name", FROM_LIST, AS_IT_IS },
    { "edgewright_reload_owed_seconds",
      "How long a command or reload has been owed to files that are installed.", "groups",
      "owed_ms", "group", "name", FROM_LIST, MS_AS_SECONDS },
    { "edgewright_check_could_not_run", "The checker itself does not work.", "groups",
      "check_could_not_run", "group", "name", FROM_LIST, AS_IT_IS },
    { "edgewright_check_refused", "The checker refuses the present text.", "groups",
      "check_refused", "group", "name", FROM_LIST, AS_IT_IS },
    { "edgewright_reloads_succeeded_total", "Commands that succeeded.", NULL, "commands_succeeded",
      NULL, NULL, FROM_FIELD, AS_IT_IS },
    { "edgewright_reloads_failed_total", "Commands that failed.", NULL, "commands_failed", NULL,
      NULL, FROM_FIELD, AS_IT_IS },
    { "edgewright_reload_seconds_total", "What commands have taken.", NULL, "commands_ms", NULL,
      NULL, FROM_FIELD, MS_AS_SECONDS },
    { "edgewright_held_instances", "Instances that vanished, and are kept for a while.", "held",
      "n_held", "question", "question", FROM_LIST, AS_IT_IS },
    { "edgewright_quarantined", "An input that is left out.", "quarantined", "input", "question",
      "input", FROM_LIST, PRESENT },
    { "edgewright_snapshot_stale", "Files were rendered from kept answers, without Consul.", NULL,
      "is_stale", NULL, NULL, FROM_FIELD, AS_IT_IS },
    { "edgewright_watches", "Questions by the state of their watch.", "watches", "state", "state",
      NULL, FROM_COUNT, AS_IT_IS },
    { "edgewright_watch_age_seconds", "Since the last good answer to a question that fails.",
      "watches", "since_ok_ms", "question", "question", FROM_WATCHES, MS_AS_SECONDS },
    { "edgewright_watch_errors_total", "Failed requests to Consul by kind.", NULL, "consul_errors",
      "kind", NULL, FROM_MEMBERS, AS_IT_IS },
    { "edgewright_consul_bytes_total", "Bytes of Consul's answers.", NULL, "consul_bytes", NULL,
      NULL, FROM_FIELD, AS_IT_IS },
    { "edgewright_runtime_steps_total", "Commands to a running HAProxy.", "haproxy", "steps",
      "group", "group", FROM_LIST, AS_IT_IS },
    { "edgewright_runtime_updates_total", "Updates of a running HAProxy without a reload.",
      "haproxy", "updates", "group", "group", FROM_LIST, AS_IT_IS },
    { "edgewright_runtime_fallbacks_total", "Reloads in place of updates.", "haproxy", "reloads",
      "group", "group", FROM_LIST, AS_IT_IS },
    { "edgewright_haproxy_reload_seconds_total", "What these reloads have taken.", "haproxy",
      "reloads_took_ms", "group", "group", FROM_LIST, MS_AS_SECONDS },
    { "edgewright_haproxy_failures_total",
      "Attempts to bring HAProxy to its files that came to nothing.", "haproxy", "failures",
      "group", "group", FROM_LIST, AS_IT_IS },
    { "edgewright_tombstones", "Servers that are gone, and still exist in HAProxy.", "haproxy",
      "tombstones", "group", "group", FROM_LIST, AS_IT_IS },
    { "edgewright_overrides", "Servers whose state an operator has changed by hand.", "haproxy",
      "overrides", "group", "group", FROM_LIST, AS_IT_IS },
    { "edgewright_old_workers", "HAProxy's workers of earlier reloads that still run.", "haproxy",
      "old_workers", "group", "group", FROM_LIST, AS_IT_IS },
};

const char *metrics_name(unsigned i)
{
    return i < ARRAY_SIZE(metrics) ? metrics[i].name : NULL;
}

static void add_label(const struct metric *metric, const char *text, struct buf *out)
{
    buf_add_string(out, metric->name);
    if (metric->label) {
        buf_printf(out, "{%s=\"", metric->label);
        for (; *text; text++) {
            if (*text == '\n')
                buf_add_string(out, "\\n");
            else if (*text == '"' || *text == '\\')
                buf_printf(out, "\\%c", *text);
            else
                buf_add_byte(out, *text);
        }
        buf_add_string(out, "\"}");
    }
    buf_add_byte(out, ' ');
}

static void add_line(const struct metric *metric, const char *label, const struct json_node *value,
                     struct buf *out)
{
    uint64_t number = json_integer(value);

    add_label(metric, label, out);
    switch (metric->unit) {
    case AS_IT_IS: buf_printf(out, "%" PRIu64 "\n", json_is_true(value) ? 1 : number); return;
    case MS_AS_SECONDS:
        buf_printf(out, "%" PRIu64 ".%03u\n", number / 1000, (unsigned)(number % 1000));
        return;
    case PRESENT: buf_printf(out, "%d\n", *json_string(value) != '\0'); return;
    }
}

/* A line for each different text, of which there are few, in the order of their first appearance.
 */
static void add_counts(const struct metric *metric, const struct json_node *list, struct buf *out)
{
    const char *texts[MOST_TEXTS];
    unsigned counts[MOST_TEXTS] = { 0 };
    size_t n = 0;

    for (const struct json_node *node = json_first(list); node; node = json_next(node)) {
        const char *text = json_get_string(node, metric->field);
        size_t i = 0;

        while (i < n && strcmp(texts[i], text) != 0)
            i++;
        if (i == MOST_TEXTS)
            continue;
        if (i == n)
            texts[n++] = text;
        counts[i]++;
    }
    for (size_t i = 0; i < n; i++) {
        add_label(metric, texts[i], out);
        buf_printf(out, "%u\n", counts[i]);
    }
}

static void add_list(const struct metric *metric, const struct json_node *list, struct buf *out)
{
    for (const struct json_node *node = json_first(list); node; node = json_next(node)) {
        const struct json_node *value = json_get(node, metric->field);

        if (value && (metric->source != FROM_WATCHES || status_view_is_bad_watch(node)))
            add_line(metric, json_get_string(node, metric->label_from), value, out);
    }
}

static void add_metric(const struct metric *metric, const struct json_node *status, struct buf *out)
{
    const struct json_node *list = metric->list ? json_get(status, metric->list) : NULL;
    const struct json_node *value = metric->field ? json_get(status, metric->field) : NULL;

    switch (metric->source) {
    case FROM_FIELD:
        if (value)
            add_line(metric, metric->label_from ? json_get_string(status, metric->label_from) : "",
                     value, out);
        return;
    case FROM_LIST:
    case FROM_WATCHES: add_list(metric, list, out); return;
    case FROM_MEMBERS:
        for (const struct json_node *node = json_first(value); node; node = json_next(node))
            add_line(metric, json_name(node), node, out);
        return;
    case FROM_COUNT: add_counts(metric, list, out); return;
    case FROM_TROUBLES: {
        CLEANUP(buf_fini) struct buf troubles = BUF_EMPTY;

        add_label(metric, "", out);
        buf_printf(out, "%d\n", status_view_troubles(status, &troubles) > 0);
        return;
    }
    }
}

void metrics_format(const struct json_node *status, struct buf *out)
{
    for (size_t i = 0; i < ARRAY_SIZE(metrics); i++) {
        bool is_counter = slice_ends_with(slice_from(metrics[i].name), SLICE("_total"));

        buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", metrics[i].name, metrics[i].help,
                   metrics[i].name, is_counter ? "counter" : "gauge");
        add_metric(&metrics[i], status, out);
    }
}
