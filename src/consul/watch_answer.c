/* SPDX-License-Identifier: MIT */
/* What a watch makes of an answer: believed or not, told or not, and what is asked next. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"
#include "query.h"
#include "verdict.h"
#include "watch_steps.h"

static bool is_same_content(const struct watch *watch, const struct document *doc)
{
    if (!watch->has_answer || watch->is_absent != !doc)
        return false;
    return !doc || doc->content_hash == watch->content_hash;
}

static void warn_skipped(struct watch *watch, const struct decode_summary *summary)
{
    if (summary->n_skipped > 0 && summary->n_skipped != watch->n_skipped)
        log_warn("%s: %zu of %zu entries cannot be read and are left out, the first: %s",
                 watch_name(watch), summary->n_skipped, summary->n_skipped + summary->n_items,
                 summary->skip_err.text);
    watch->n_skipped = summary->n_skipped;
}

void watch_forget_disbelieved(struct watch *watch)
{
    if (watch->disbelieved)
        document_unref(watch->disbelieved->doc);
    free(TAKE(watch->disbelieved));
}

void watch_disbelieve(struct watch *watch, const struct exchange_result *result,
                      struct document *doc)
{
    watch_forget_disbelieved(watch);
    watch->disbelieved = NEW(struct exchange_result);
    *watch->disbelieved = *result;
    watch->disbelieved->doc = doc;
}

/* Remembers an answer and tells it if it is news. The document is given away. */
static void watch_believe(struct watch *watch, const struct exchange_result *result,
                          struct document *doc)
{
    struct watch_env *env = watch->env;
    bool is_news = !is_same_content(watch, doc);

    watch_forget_disbelieved(watch);
    warn_skipped(watch, &result->summary);
    watch->has_answer = true;
    watch->is_absent = !doc;
    watch->content_hash = doc ? doc->content_hash : 0;
    watch->n_items = result->summary.n_items;
    watch->has_consul = result->summary.has_consul;
    watch->index = result->index;
    watch->n_changes += is_news;
    if (is_news) {
        free(watch->witness);
        watch->witness = slice_to_string(rights_pick_witness(watch->dep, doc));
    }
    listener_note(&watch->listener, doc);
    if (is_news || watch->recall.is_moved) {
        watch->recall.is_moved = false;
        env->on_answer(env->ctx, watch, doc);
    } else {
        document_unref(doc);
    }
}

/* Blocking queries can be wrong for ever: after a restore, Consul 1.15 to 1.18 may serve them from
 * a stream that has died. So now and then the question is asked as if for the first time, by each
 * watch at a time of its own. */
static void watch_plan_refresh(struct watch *watch)
{
    uint64_t refresh = watch->env->tuning.refresh_ms;

    watch->refresh_due_ms =
        watch_now_ms(watch) + random_between(refresh - refresh / 10, refresh + refresh / 10);
}

bool watch_is_in_doubt(const struct watch *watch)
{
    return watch->is_shaken || watch_now_ms(watch) < watch->doubt_until_ms;
}

void watch_calm_down(struct watch *watch)
{
    if (watch->is_shaken)
        watch->doubt_until_ms = watch_now_ms(watch) + watch->env->options->settle_ms;
    watch->is_shaken = false;
}

void watch_succeed(struct watch *watch)
{
    watch_calm_down(watch);
    watch_leave_token(watch);
    watch->ok_ms = watch_now_ms(watch);
    watch->n_failures = 0;
    if (watch->wait_ms > 0) {
        watch_forget_backoff(watch);
    } else {
        watch_plan_refresh(watch);
        /* A blocking query that returns says little: it may do so without a quorum. */
        breaker_succeed(watch->breaker);
    }
    free(TAKE(watch->last_error));
    reporter_recover(&watch->env->reporter, &watch->trouble);
}

/* Whether the question has no index to block on. */
static bool watch_is_polled(const struct watch *watch)
{
    const struct query_kind *kind = watch_kind(watch);

    return kind->is_polled || (kind->index_is_optional && watch->index == 0);
}

enum watch_state watch_next_ask(const struct watch *watch)
{
    /* An index means nothing to another agent: it may belong to other servers. */
    if (watch->exchange.address != agent_address(watch->env->agent))
        return WATCH_FETCHING;
    if (watch_now_ms(watch) >= watch->refresh_due_ms || watch->recall.is_wasteful)
        return WATCH_FETCHING;
    if (!listener_is_covered(&watch->listener))
        return WATCH_ARMED;
    return watch->listener.is_dirty ? WATCH_FETCHING : WATCH_COVERED;
}

void watch_go_on(struct watch *watch)
{
    if (watch_is_polled(watch))
        watch_enter_after(watch, watch->env->tuning.poll_ms, WATCH_FETCHING);
    else
        watch_enter_after(watch, 0, watch_next_ask(watch));
}

/* After an answer that is fully believed. */
static void watch_settle(struct watch *watch, bool was_wake, bool was_news)
{
    if (watch->env->is_resting) {
        watch_enter_after(watch, 0, WATCH_RESTING);
    } else if (was_wake && !watch_is_polled(watch)) {
        uint64_t delay =
            pace_wake(&watch->pace, &watch->env->tuning, watch_now_ms(watch), was_news);

        watch_enter_after(watch, delay, watch_next_ask(watch));
    } else {
        watch_go_on(watch);
    }
}

static struct reading watch_read(const struct watch *watch, const struct exchange_result *result,
                                 bool may_lack_rights)
{
    const struct query_kind *kind = watch_kind(watch);
    const struct consul_options *options = watch->env->options;

    return (struct reading){
        .ask = watch->state == WATCH_ARMED       ? ASK_BLOCKED
               : watch->state == WATCH_VERIFYING ? ASK_VERIFY
                                                 : ASK_FETCH,
        .needs_index = !kind->is_polled && !kind->index_is_optional,
        .gone_lowers_index = kind->gone_lowers_index,
        .index = result->index,
        .is_early = result->elapsed_ms * 10 < watch->wait_ms * 9,
        .is_doubtful = result->is_leaderless ||
                       (watch->is_stale && result->last_contact_ms > options->max_stale_ms),
        .is_filtered = result->is_filtered,
        .is_same = is_same_content(watch, result->doc),
        .may_lack_rights = may_lack_rights,
        .lost_consul = watch->has_consul && !result->summary.has_consul,
        .n_items = result->summary.n_items,
        .has_answer = watch->has_answer,
        .old_index = watch->index,
        .n_old_items = watch->n_items,
    };
}

static void watch_judge(struct watch *watch, struct exchange_result *result, bool may_lack_rights);

/* --- Rights --------------------------------------------------------------------------------- */

void watch_forget_vanishing(struct watch *watch)
{
    rights_free(TAKE(watch->vanishing.rights));
    document_unref(TAKE(watch->vanishing.doc));
}

static void on_rights(void *ctx, enum rights_outcome outcome, enum failure failure,
                      const char *reason)
{
    struct watch *watch = ctx;
    struct document *doc = TAKE(watch->vanishing.doc);
    struct exchange_result result = {
        .is_good = true,
        .doc = doc,
        .index = watch->vanishing.index,
    };

    if (outcome == RIGHTS_HELD) {
        watch_judge(watch, &result, false);
    } else {
        document_unref(result.doc);
        watch_fail(watch, failure, 0, reason);
    }
}

static void watch_ask_rights(struct watch *watch, struct document *doc, uint64_t index)
{
    const struct watch_env *env = watch->env;

    watch->vanishing = (struct vanishing){ .doc = doc, .index = index };
    watch->vanishing.rights =
        rights_ask(env->agent, env->options, watch->dep, slice_from(watch->witness),
                   env->tuning.fetch_timeout_ms, on_rights, watch);
}

/* --- Verdicts ------------------------------------------------------------------------------- */

/* may_lack_rights: if nothing is left of the answer, that may be why. */
static void watch_judge(struct watch *watch, struct exchange_result *result, bool may_lack_rights)
{
    struct reading reading = watch_read(watch, result, may_lack_rights);
    const char *reason;
    enum verdict verdict = verdict_of(&reading, &reason);
    struct document *doc = TAKE(result->doc);
    bool was_wake = (reading.ask == ASK_BLOCKED && reading.index > reading.old_index) ||
                    (watch->is_rung && !watch->is_swept && reading.has_answer);

    watch->is_shaken |=
        reading.is_doubtful || (reading.has_answer && reading.index < reading.old_index);
    if (verdict != VERDICT_BELIEVE)
        log_debug("%s: index %" PRIu64 " after %" PRIu64 ", %zu entries after %zu: %s",
                  watch_name(watch), reading.index, reading.old_index, reading.n_items,
                  reading.n_old_items, verdict_name(verdict));
    switch (verdict) {
    case VERDICT_BELIEVE:
    case VERDICT_BELIEVE_AND_VERIFY:
        if (verdict == VERDICT_BELIEVE)
            watch_succeed(watch);
        watch_believe(watch, result, doc);
        if (watch->state == WATCH_STOPPED) /* told to, by the handler of the answer */
            return;
        if (verdict == VERDICT_BELIEVE)
            watch_settle(watch, was_wake, !reading.is_same);
        else
            watch_verify(watch);
        return;
    case VERDICT_VERIFY:
        document_unref(doc);
        watch_verify(watch);
        return;
    case VERDICT_ASK_RIGHTS: watch_ask_rights(watch, doc, result->index); return;
    case VERDICT_DENY:
        /* One that lacks rights says so itself: only rights mend that. */
        if (reading.is_filtered)
            document_unref(doc);
        else
            watch_disbelieve(watch, result, doc);
        if (reading.index < reading.old_index && !reading.is_filtered && !reading.lost_consul)
            watch->denied_index = reading.index;
        watch_fail(watch, FAILURE_DENIED, 0, reason);
        return;
    case VERDICT_REFUSE:
        document_unref(doc);
        watch_fail(watch, FAILURE_SERVER, 0, reason);
        return;
    }
}

/* A blocking query of a watch that is denied was woken, as those of what does not exist are by
 * every other change, and nothing is there yet. */
static bool watch_is_still_denied(const struct watch *watch, const struct exchange_result *result)
{
    return watch->state == WATCH_DENIED && result->summary.n_items == 0 &&
           result->index > watch->denied_index && result->index <= watch->index;
}

static void watch_stay_denied(struct watch *watch, struct exchange_result *result)
{
    uint64_t delay = pace_wake(&watch->pace, &watch->env->tuning, watch_now_ms(watch), false);

    watch->n_wakes++;
    watch->denied_index = result->index;
    document_unref(TAKE(result->doc));
    watch_enter_after(watch, delay, WATCH_DENIED);
}

void watch_take(struct watch *watch, struct exchange_result *result)
{
    if (watch_is_still_denied(watch, result)) {
        watch_stay_denied(watch, result);
        return;
    }
    watch->n_wakes += (watch->state == WATCH_ARMED && result->index > watch->index) ||
                      (watch->is_rung && !watch->is_swept && watch->has_answer);
    doorbells_go_on(&watch->env->doorbells);
    watch_judge(watch, result, rights_matter(watch->dep));
}

/* --- Release -------------------------------------------------------------------------------- */

/* It may be old by now: the question is asked again, and its answer compared with this one. */
bool watch_release(struct watch *watch)
{
    struct exchange_result *result = TAKE(watch->disbelieved);

    if (!result)
        return false;
    watch_succeed(watch);
    watch->doubt_until_ms = 0; /* whoever releases it has none */
    watch_believe(watch, result, result->doc);
    free(result);
    if (watch->state != WATCH_STOPPED)
        watch_enter(watch, WATCH_FETCHING);
    return true;
}
