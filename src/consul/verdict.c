/* SPDX-License-Identifier: MIT */
/* Whether an answer of Consul's is believed. */
#include "verdict.h"

const char *verdict_name(enum verdict verdict)
{
    switch (verdict) {
    case VERDICT_BELIEVE: return "believe";
    case VERDICT_BELIEVE_AND_VERIFY: return "believe and verify";
    case VERDICT_VERIFY: return "verify";
    case VERDICT_ASK_RIGHTS: return "ask for rights";
    case VERDICT_DENY: return "deny";
    case VERDICT_REFUSE: return "refuse";
    }
    return "?";
}

/* All that was there is not any more. */
static bool has_vanished(const struct reading *reading)
{
    return reading->lost_consul ||
           (reading->has_answer && reading->n_old_items > 0 && reading->n_items == 0);
}

/* What the leader says is the truth, except that everything has vanished although the catalogue
 * did not change: then it is our rights that have changed. */
static enum verdict verdict_of_verification(const struct reading *reading, const char **ret_reason)
{
    if (!has_vanished(reading))
        return VERDICT_BELIEVE;
    if (reading->lost_consul) {
        *ret_reason =
            "the catalogue has lost Consul itself (the token may have lost rights); the last "
            "answer stays in use";
        return VERDICT_DENY;
    }
    if (reading->index > reading->old_index || !reading->needs_index)
        return VERDICT_BELIEVE;
    if (reading->index < reading->old_index && reading->gone_lowers_index)
        return VERDICT_BELIEVE;
    *ret_reason = "everything has vanished without a change of the catalogue (the token may have "
                  "lost rights, or the servers their data); the last answer stays in use";
    return VERDICT_DENY;
}

static enum verdict verdict_of_blocked(const struct reading *reading)
{
    if (reading->index < reading->old_index)
        return VERDICT_VERIFY;
    if (reading->index == reading->old_index) {
        /* Early and without a new index: a snapshot was restored, or the query was abandoned. */
        bool is_plain_timeout = !reading->is_early && reading->is_same;

        return is_plain_timeout ? VERDICT_BELIEVE : VERDICT_VERIFY;
    }
    return reading->lost_consul ? VERDICT_VERIFY : VERDICT_BELIEVE;
}

static enum verdict verdict_of_fetch(const struct reading *reading)
{
    if (!reading->has_answer)
        return VERDICT_BELIEVE;
    if (reading->index < reading->old_index)
        return VERDICT_VERIFY;
    if (has_vanished(reading) && (reading->lost_consul || reading->index == reading->old_index))
        return VERDICT_VERIFY;
    return VERDICT_BELIEVE;
}

static enum verdict verdict_of_index(const struct reading *reading, const char **ret_reason)
{
    if (reading->needs_index && reading->index == 0) {
        *ret_reason = "the answer has no usable X-Consul-Index";
        return VERDICT_REFUSE;
    }
    if (reading->is_filtered && reading->n_items == 0) {
        *ret_reason = "the answer is empty for lack of rights";
        return VERDICT_DENY;
    }
    if (reading->ask == ASK_VERIFY && reading->is_doubtful) {
        *ret_reason = "the leader was asked, but a server answered that knows of none";
        return VERDICT_REFUSE;
    }
    if (reading->ask == ASK_VERIFY)
        return verdict_of_verification(reading, ret_reason);

    enum verdict verdict =
        reading->ask == ASK_FETCH ? verdict_of_fetch(reading) : verdict_of_blocked(reading);

    if (verdict != VERDICT_BELIEVE || !reading->is_doubtful)
        return verdict;
    /* Emptiness is never taken from a server that may have lost touch. */
    return reading->n_items == 0 ? VERDICT_VERIFY : VERDICT_BELIEVE_AND_VERIFY;
}

enum verdict verdict_of(const struct reading *reading, const char **ret_reason)
{
    *ret_reason = "";

    enum verdict verdict = verdict_of_index(reading, ret_reason);
    bool may_be_hidden = reading->may_lack_rights && has_vanished(reading);

    return verdict == VERDICT_BELIEVE && may_be_hidden ? VERDICT_ASK_RIGHTS : verdict;
}
