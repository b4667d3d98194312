/* SPDX-License-Identifier: MIT */
/* The steps of a watch: what watch.c, watch_ask.c and watch_answer.c do for each other. */
#pragma once

#include "query.h"
#include "watch.h"

const char *watch_name(const struct watch *watch);
uint64_t watch_now_ms(const struct watch *watch);
const struct query_kind *watch_kind(const struct watch *watch);

/* Its state is one that a blocking query serves. */
bool watch_is_blocking(const struct watch *watch);
/* The next state. Ends what the present one does. */
void watch_enter(struct watch *watch, enum watch_state next);
/* The next state, but not before its time. */
void watch_enter_after(struct watch *watch, uint64_t delay_ms, enum watch_state next);
/* What brings the next answer: a blocking query, a doorbell, or, when it is time for it or one has
 * rung, a plain query. */
enum watch_state watch_next_ask(const struct watch *watch);
/* On to the next answer: a blocking query where there is one, else a look after a while. */
void watch_go_on(struct watch *watch);
/* Asks the leader: at most once a second for one question, and not for all questions at once. */
void watch_verify(struct watch *watch);
/* In delay_ms: rights are missing. Where that is so of all, one asks for all. */
void watch_note_refusal(struct watch *watch, const char *reason);
/* Consul knows its token, or it does not ask any more. */
void watch_leave_token(struct watch *watch);
void watch_forget_backoff(struct watch *watch);
void watch_fail(struct watch *watch, enum failure failure, uint64_t retry_after_ms,
                const char *reason);

/* The question as the state puts it; false if it cannot be put. */
bool watch_add_path(struct watch *watch, struct buf *path, struct error *err);
/* Asks what the state asks, as soon as there is a connection for it; watch_send() then does. */
void watch_ask(struct watch *watch);
void watch_send(void *ctx);
void watch_on_result(void *ctx, struct exchange_result *result);

/* The answer is good: what failed before is over. */
void watch_succeed(struct watch *watch);
/* Services register again one by one: doubt goes on for a while. */
void watch_calm_down(struct watch *watch);
/* Judges a good answer of the state that asked for it, tells it if it is believed and news, and
 * enters the next state. The result's document is given away. */
void watch_take(struct watch *watch, struct exchange_result *result);
/* Keeps a good answer that is not believed for watch_release(); takes over its document. */
void watch_disbelieve(struct watch *watch, const struct exchange_result *result,
                      struct document *doc);
void watch_forget_disbelieved(struct watch *watch);
/* Asks no more why an answer is empty. */
void watch_forget_vanishing(struct watch *watch);
