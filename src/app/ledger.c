/* SPDX-License-Identifier: MIT */
/* What has become of a group's deliveries. */
#include "ledger.h"

#include "base/limits.h"
#include "base/log.h"

void ledger_fini(struct ledger *ledger)
{
    buf_fini(&ledger->change);
}

/* delivery: NULL while it is being made. */
static void count_haproxy(const struct delivery *delivery, size_t *ret_n_updates,
                          size_t *ret_n_reloads)
{
    struct driver_report report;

    *ret_n_updates = *ret_n_reloads = 0;
    if (!delivery || !delivery_get_haproxy(delivery, &report))
        return;
    *ret_n_updates = report.n_updates;
    *ret_n_reloads = report.n_reloads;
}

static void ledger_begin(struct ledger *ledger, const struct delivery *delivery, uint64_t now_ms)
{
    ledger->is_open = true;
    ledger->opened_ms = now_ms;
    ledger->has_installed = ledger->has_owed = false;
    count_haproxy(delivery, &ledger->n_updates_before, &ledger->n_reloads_before);
}

/* What is under way is delivered together with what comes now: of many the first are named. */
static void ledger_add(struct ledger *ledger, struct slice reason)
{
    struct buf *change = &ledger->change;

    struct slice last = slice_sub(buf_slice(change), ledger->last_at, ledger->named_len);

    if (reason.len == 0 || slice_equal(last, reason))
        return;
    if (ledger->n_more == 0 && change->len + reason.len < LIMIT_COMMAND_REASON_BYTES) {
        buf_printf(change, "; %.*s", SLICE_ARG(reason));
        ledger->last_at = change->len - reason.len;
        ledger->named_len = change->len;
    } else {
        change->len = ledger->named_len;
        buf_printf(change, "; and %zu more", ++ledger->n_more);
    }
}

void ledger_open(struct ledger *ledger, const struct delivery *delivery, struct slice reason,
                 uint64_t now_ms)
{
    if (ledger->is_open && ledger->change.len) {
        ledger_add(ledger, reason);
        return;
    }
    buf_clear(&ledger->change);
    buf_add(&ledger->change, reason);
    ledger->named_len = reason.len;
    ledger->last_at = ledger->n_more = 0;
    ledger_begin(ledger, delivery, now_ms);
}

void ledger_on_installed(struct ledger *ledger, const struct delivery *delivery, bool is_salvage,
                         uint64_t now_ms)
{
    if (!ledger->is_open) { /* of its own accord: a rollback, another attempt */
        if (!is_salvage)
            buf_clear(&ledger->change);
        ledger_begin(ledger, delivery, now_ms);
    }
    ledger->has_installed = true;
    ledger->has_salvaged = is_salvage;
}

static const char *change_of(const struct ledger *ledger)
{
    if (ledger->change.len)
        return ledger->change.ptr;
    return ledger->has_installed ? "files" : "what was owed";
}

/* How HAProxy, or a command, has taken it up. */
static void add_manner(const struct ledger *ledger, const struct delivery *delivery,
                       struct buf *out)
{
    struct driver_report report;
    size_t n_updates, n_reloads;
    bool has_haproxy = delivery_get_haproxy(delivery, &report);

    count_haproxy(delivery, &n_updates, &n_reloads);
    if (n_reloads > ledger->n_reloads_before)
        buf_printf(out, "HAProxy was reloaded, because %s%s", report.reload_reason,
                   report.worker == 0 ? ", and its socket does not answer" : "");
    else if (has_haproxy && report.worker == 0)
        buf_add_string(out, "HAProxy does not run");
    else if (n_updates > ledger->n_updates_before)
        buf_add_string(out, "HAProxy was updated without a reload");
    else
        buf_add_string(out, delivery_get_options(delivery)->n_commands > 0
                                ? "taken up by its command"
                                : "in place");
}

static void ledger_close(struct ledger *ledger, const char *group, const struct delivery *delivery,
                         uint64_t now_ms)
{
    const char *change = change_of(ledger);
    const struct log_about about = { LOG_EVENT_DELIVERED, .group = group, .reason = change };
    CLEANUP(buf_fini) struct buf manner = BUF_EMPTY;

    ledger->is_open = false;
    if (!ledger->has_installed && !ledger->has_owed)
        return;
    if (ledger->has_installed) {
        ledger->n_deliveries++;
        ledger->delivered_at = time(NULL);
    }
    add_manner(ledger, delivery, &manner);
    log_about(LOG_LEVEL_INFO, &about, "'%s': delivered: %s%s; %s (%llums)", group,
              ledger->has_salvaged ? "the servers of what was refused: " : "", change, manner.ptr,
              (unsigned long long)(now_ms - ledger->opened_ms));
    ledger->has_salvaged = false;
}

static void ledger_owe(struct ledger *ledger, uint64_t now_ms)
{
    if (ledger->owed_since_ms == 0)
        ledger->owed_since_ms = now_ms;
}

/* Its servers may be in place all the same. */
static void ledger_refuse(struct ledger *ledger, const char *group, const struct delivery *delivery,
                          uint64_t now_ms)
{
    if (ledger->has_salvaged && delivery_is_taken_up(delivery))
        ledger_close(ledger, group, delivery, now_ms);
    ledger->is_open = false;
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
        if (!ledger
                 ->is_open) /* by an earlier process, or before the configuration was read again */
            ledger_begin(ledger, delivery, now_ms);
        ledger->has_owed = true;
        ledger_owe(ledger, now_ms);
        return;
    case DELIVERY_WRITING:
    case DELIVERY_FAILED: ledger_owe(ledger, now_ms); return;
    case DELIVERY_REFUSED: ledger_refuse(ledger, group, delivery, now_ms); return;
    case DELIVERY_CHECKING:
    case DELIVERY_UNCHECKED: return;
    }
}

void ledger_inherit(struct ledger *ledger, const struct ledger *earlier)
{
    ledger->n_deliveries = earlier->n_deliveries;
    ledger->delivered_at = earlier->delivered_at;
    ledger->succeeded_at = earlier->succeeded_at;
    if (ledger->is_open && earlier->is_open) { /* it is the same one */
        ledger->has_installed = earlier->has_installed;
        ledger->opened_ms = earlier->opened_ms;
        ledger->owed_since_ms = earlier->owed_since_ms;
    }
    buf_clear(&ledger->change);
    buf_add(&ledger->change, buf_slice(&earlier->change));
    ledger->named_len = earlier->named_len;
    ledger->last_at = earlier->last_at;
    ledger->n_more = earlier->n_more;
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
