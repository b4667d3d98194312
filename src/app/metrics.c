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
    const char *name, *type, *help;
    enum metric_source source;
    const char *list, *field;
    const char *label, *label_from;
    enum metric_unit unit;
};

static const struct metric metrics[] = {
    { "edgewright_info", "gauge", "The program's version.", FROM_FIELD, NULL, "program", "version",
      "program", PRESENT },
    { "edgewright_start_time_seconds", "gauge", "When the daemon was started.", FROM_FIELD, NULL,
      "since", NULL, NULL, AS_IT_IS },
    { "edgewright_status_timestamp_seconds", "gauge",
      "When the event loop last wrote its status: every 30 s at least.", FROM_FIELD, NULL, "time",
      NULL, NULL, AS_IT_IS },
    { "edgewright_ready", "gauge", "All files are in place.", FROM_FIELD, NULL, "is_ready", NULL,
      NULL, AS_IT_IS },
    { "edgewright_degraded", "gauge",
      "Something needs to be looked at: edgewright status says what.", FROM_TROUBLES, NULL, NULL,
      NULL, NULL, AS_IT_IS },
    { "edgewright_config_info", "gauge", "The configuration that is in effect.", FROM_FIELD, NULL,
      "config_hash", "hash", "config_hash", PRESENT },
    { "edgewright_config_refused", "gauge", "The configuration was refused when it was last read.",
      FROM_FIELD, NULL, "config_refusal", NULL, NULL, PRESENT },
    { "edgewright_paused", "gauge", "Deliveries are stopped by an operator.", FROM_LIST, "groups",
      "is_paused", "group", "name", AS_IT_IS },
    { "edgewright_template_blocked_seconds", "gauge",
      "How long a template has been waiting for answers, or failing.", FROM_LIST, "templates",
      "blocked_ms", "template", "name", MS_AS_SECONDS },
    { "edgewright_last_success_timestamp_seconds", "gauge",
      "When a group was last known to be installed and taken up.", FROM_LIST, "groups",
      "last_success", "group", "name", AS_IT_IS },
    { "edgewright_deliveries_total", "counter", "Deliveries that changed a file.", FROM_LIST,
      "groups", "deliveries", "group", "name", AS_IT_IS },
    { "edgewright_reload_owed_seconds", "gauge",
      "How long a command or reload has been owed to files that are installed.", FROM_LIST,
      "groups", "owed_ms", "group", "name", MS_AS_SECONDS },
    { "edgewright_check_could_not_run", "gauge", "The checker itself does not work.", FROM_LIST,
      "groups", "check_could_not_run", "group", "name", AS_IT_IS },
    { "edgewright_check_refused", "gauge", "The checker refuses the present text.", FROM_LIST,
      "groups", "check_refused", "group", "name", AS_IT_IS },
    { "edgewright_reloads_succeeded_total", "counter", "Commands that succeeded.", FROM_FIELD, NULL,
      "commands_succeeded", NULL, NULL, AS_IT_IS },
    { "edgewright_reloads_failed_total", "counter", "Commands that failed.", FROM_FIELD, NULL,
      "commands_failed", NULL, NULL, AS_IT_IS },
    { "edgewright_reload_seconds_total", "counter", "What commands have taken.", FROM_FIELD, NULL,
      "commands_ms", NULL, NULL, MS_AS_SECONDS },
    { "edgewright_held_instances", "gauge", "Instances that vanished, and are kept for a while.",
      FROM_LIST, "held", "n_held", "question", "question", AS_IT_IS },
    { "edgewright_quarantined", "gauge", "An input that is left out.", FROM_LIST, "quarantined",
      "input", "question", "input", PRESENT },
    { "edgewright_snapshot_stale", "gauge",
      "Files were rendered from kept answers, without Consul.", FROM_FIELD, NULL, "is_stale", NULL,
      NULL, AS_IT_IS },
    { "edgewright_watches", "gauge", "Questions by the state of their watch.", FROM_COUNT,
      "watches", "state", "state", NULL, AS_IT_IS },
    { "edgewright_watch_age_seconds", "gauge",
      "Since the last good answer to a question that fails.", FROM_WATCHES, "watches",
      "since_ok_ms", "question", "question", MS_AS_SECONDS },
    { "edgewright_watch_errors_total", "counter", "Failed requests to Consul by kind.",
      FROM_MEMBERS, NULL, "consul_errors", "kind", NULL, AS_IT_IS },
    { "edgewright_consul_bytes_total", "counter", "Bytes of Consul's answers.", FROM_FIELD, NULL,
      "consul_bytes", NULL, NULL, AS_IT_IS },
    { "edgewright_runtime_steps_total", "counter", "Commands to a running HAProxy.", FROM_LIST,
      "haproxy", "steps", "group", "group", AS_IT_IS },
    { "edgewright_runtime_updates_total", "counter",
      "Updates of a running HAProxy without a reload.", FROM_LIST, "haproxy", "updates", "group",
      "group", AS_IT_IS },
    { "edgewright_runtime_fallbacks_total", "counter", "Reloads in place of updates.", FROM_LIST,
      "haproxy", "reloads", "group", "group", AS_IT_IS },
    { "edgewright_haproxy_reload_seconds_total", "counter", "What these reloads have taken.",
      FROM_LIST, "haproxy", "reloads_took_ms", "group", "group", MS_AS_SECONDS },
    { "edgewright_haproxy_failures_total", "counter",
      "Attempts to bring HAProxy to its files that came to nothing.", FROM_LIST, "haproxy",
      "failures", "group", "group", AS_IT_IS },
    { "edgewright_tombstones", "gauge", "Servers that are gone, and still exist in HAProxy.",
      FROM_LIST, "haproxy", "tombstones", "group", "group", AS_IT_IS },
    { "edgewright_overrides", "gauge", "Servers whose state an operator has changed by hand.",
      FROM_LIST, "haproxy", "overrides", "group", "group", AS_IT_IS },
    { "edgewright_old_workers", "gauge", "HAProxy's workers of earlier reloads that still run.",
      FROM_LIST, "haproxy", "old_workers", "group", "group", AS_IT_IS },
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
        buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", metrics[i].name, metrics[i].help,
                   metrics[i].name, metrics[i].type);
        add_metric(&metrics[i], status, out);
    }
}
