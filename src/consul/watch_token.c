/* SPDX-License-Identifier: MIT */
/* A token that Consul does not know is so to all questions: one of them goes on asking, for all. */
#include <string.h>

#include "watch_steps.h"

/* Consul's words for it. */
#define TOKEN_UNKNOWN "ACL not found"
/* So many times longer wait those that leave it to another, should that one never get to it. */
#define CANARY_PATIENCE 10

void watch_note_refusal(struct watch *watch, const char *reason)
{
    struct watch_env *env = watch->env;
    uint64_t cap = CANARY_PATIENCE * env->tuning.backoff[FAILURE_DENIED].cap_ms;

    if (!strstr(reason, TOKEN_UNKNOWN)) {
        watch_leave_token(watch);
        return;
    }
    watch->is_token_unknown = true;
    if (!env->canary)
        env->canary = watch;
    if (env->canary != watch)
        watch->delay_ms = random_between(cap / 2, cap);
}

void watch_leave_token(struct watch *watch)
{
    struct watch_env *env = watch->env;
    bool may_matter = env->canary == watch || watch->state != WATCH_STOPPED;

    if (!watch->is_token_unknown)
        return;
    watch->is_token_unknown = false;
    if (!may_matter)
        return;
    env->canary = NULL;
    env->on_entitled(env->ctx);
}
