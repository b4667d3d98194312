/* SPDX-License-Identifier: MIT */
/* What has become of a group's deliveries. */
#include "ledger.h"

#include "base/log.h"

void ledger_fini(struct ledger *ledger)
{
    buf_fini(&ledger->change);
}

static void count_haproxy(const struct delivery *delivery, size_t *ret_n_updates,
                          size_t *ret_n_reloads)
{
    struct driver_report report;

    *ret_n_updates = *ret_n_reloads = 0;
    if (!delivery_get_haproxy(delivery, &report))
        return;
    *ret_n_updates = report.n_updates;
    *ret_n_reloads = report.n_reloads;
}

void ledger_open(struct ledger *ledger, const struct delivery *delivery, struct slice reason,
                 uint64_t now_ms)
{
    /* What was under way is delivered together with what comes now. */
    if (ledger->is_open && ledger->change.len) {
        buf_add_string(&ledger->change, "; ");
    } else {
        buf_clear(&ledger->change);
        ledger->opened_ms = now_ms;
        ledger->has_installed = false;
        count_haproxy(delivery, &ledger->n_updates_before, &ledger->n_reloads_before);
    }
    buf_add(&ledger->change, reason);
    ledger->is_open = true;
}

void ledger_on_installed(struct ledger *ledger)
{
    if (!ledger->is_open) { /* of its own accord: a rollback, another attempt */
        ledger->is_open = true;
        buf_clear(&ledger->change);
    }
    ledger->has_installed = true;
}

/* How HAProxy, or a command, has taken it up. */
static const char *manner_of(const struct ledger *ledger, const struct delivery *delivery)
{
    struct driver_report report;
    size_t n_updates, n_reloads;

    if (delivery_get_haproxy(delivery, &report) && report.worker == 0)
        return "HAProxy does not run";
    count_haproxy(delivery, &n_updates, &n_reloads);
    if (n_reloads > ledger->n_reloads_before)
        return "HAProxy was reloaded";
    if (n_updates > ledger->n_updates_before)
        return "HAProxy was updated without a reload";
    return delivery_get_options(delivery)->n_commands > 0 ? "taken up by its command" : "in place";
}

static void ledger_close(struct ledger *ledger, const char *group, const struct delivery *delivery,
                         uint64_t now_ms)
{
    const char *change = ledger->change.len ? ledger->change.ptr : "files";
    const struct log_about about = { LOG_EVENT_DELIVERED, .group = group, .reason = change };

    ledger->is_open = false;
    if (!ledger->has_installed)
        return;
    ledger->n_deliveries++;
    ledger->delivered_at = time(NULL);
    log_about(LOG_LEVEL_INFO, &about, "'%s': delivered: %s; %s (%llums)", group, change,
              manner_of(ledger, delivery), (unsigned long long)(now_ms - ledger->opened_ms));
}

void ledger_on_state(struct ledger *ledger, const char *group, const struct delivery *delivery,
                     uint64_t now_ms)
{
    switch (delivery_get_state(delivery)) {
    case DELIVERY_IDLE:
        ledger->owed_since_ms = 0;
        ledger->succeeded_at = time(NULL);
        if (ledger->is_open)
            ledger_close(ledger, group, delivery, now_ms);
        return;
    case DELIVERY_QUEUED:
    case DELIVERY_OWED:
    case DELIVERY_WRITING:
    case DELIVERY_FAILED:
        if (ledger->owed_since_ms == 0)
            ledger->owed_since_ms = now_ms;
        return;
    case DELIVERY_REFUSED: ledger->is_open = false; return;
    case DELIVERY_CHECKING:
    case DELIVERY_UNCHECKED: return;
    }
}

void ledger_inherit(struct ledger *ledger, const struct ledger *earlier)
{
    ledger->n_deliveries = earlier->n_deliveries;
    ledger->delivered_at = earlier->delivered_at;
    ledger->succeeded_at = earlier->succeeded_at;
    buf_clear(&ledger->change);
    buf_add(&ledger->change, buf_slice(&earlier->change));
}

void ledger_add_status(const struct ledger *ledger, const struct delivery *delivery,
                       uint64_t now_ms, struct json_node *to)
{
    enum delivery_state state = delivery_get_state(delivery);
    uint64_t owed_ms = ledger->owed_since_ms ? now_ms - ledger->owed_since_ms : 0;

    json_add_integer(to, "deliveries", ledger->n_deliveries);
    json_add_integer(to, "last_delivery", (uint64_t)ledger->delivered_at);
    json_add_string(to, "last_change", buf_slice(&ledger->change));
    if (ledger->succeeded_at)
        json_add_integer(to, "last_success", (uint64_t)ledger->succeeded_at);
    json_add_integer(to, "owed_ms", owed_ms);
    json_add_bool(to, "check_refused", state == DELIVERY_REFUSED);
    json_add_bool(to, "check_could_not_run", state == DELIVERY_UNCHECKED);
}
