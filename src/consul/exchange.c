/* SPDX-License-Identifier: MIT */
/* One request to Consul and what comes back. */
#include "exchange.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "duration.h"

/* --- What arrives --------------------------------------------------------------------------- */

/* Consul's header may be 0 where there is no index yet; the least that makes sense to send is 1. */
static void take_index(struct exchange *exchange, struct slice value)
{
    uint64_t index;

    exchange->has_index = slice_parse_u64(value, UINT64_MAX, &index);
    if (exchange->has_index)
        exchange->index = index ? index : 1;
}

static void on_header(void *ctx, struct slice name, struct slice value)
{
    struct exchange *exchange = ctx;
    uint64_t number;

    if (slice_is(name, "x-consul-index"))
        take_index(exchange, value);
    else if (slice_is(name, "x-consul-knownleader"))
        exchange->is_leaderless = slice_is(value, "false");
    else if (slice_is(name, "x-consul-lastcontact") && slice_parse_u64(value, UINT64_MAX, &number))
        exchange->last_contact_ms = number;
    else if (slice_is(name, "x-consul-results-filtered-by-acls"))
        exchange->is_filtered = slice_is(value, "true");
    else if (slice_is(name, "retry-after") && slice_parse_u64(value, UINT32_MAX, &number))
        exchange->retry_after_ms = number * 1000;
}

static void on_status(void *ctx, long status)
{
    struct exchange *exchange = ctx;

    exchange->status = status;
    if (status != 200 || exchange->reader)
        return;
    exchange->decoder = exchange->dep ? decoder_new(exchange->dep) : decoder_new_agent_self();
    if (exchange->drops_output)
        decoder_drop_output(exchange->decoder);
    if (exchange->recall)
        decoder_set_recall(exchange->decoder, exchange->recall);
}

/* The text of an error: its first bytes, without what a log line must not hold. */
static void take_error_text(struct exchange *exchange, struct slice piece)
{
    struct buf *text = &exchange->error_text;

    for (size_t i = 0; i < piece.len && text->len < LIMIT_ERROR_BODY_BYTES; i++) {
        unsigned char byte = (unsigned char)piece.ptr[i];

        buf_add_byte(text, byte < 0x20 || byte == 0x7f ? ' ' : (char)byte);
    }
}

static bool on_body(void *ctx, struct slice piece)
{
    struct exchange *exchange = ctx;
    struct error err = ERROR_EMPTY;
    bool is_read = exchange->status == 200 && exchange->reader;

    if (!is_read && !exchange->decoder) {
        take_error_text(exchange, piece);
        return true;
    }
    if (is_read ? exchange->reader->feed(exchange->ctx, piece, &err)
                : decoder_feed(exchange->decoder, piece, &err))
        return true;
    buf_clear(&exchange->error_text);
    buf_add_string(&exchange->error_text, err.text);
    return false;
}

/* --- What it comes to ----------------------------------------------------------------------- */

static void PRINTF(3, 4)
    fail(struct exchange_result *result, enum failure failure, const char *fmt, ...)
{
    va_list args;

    result->is_good = false;
    result->failure = failure;
    va_start(args, fmt);
    vsnprintf(result->reason, sizeof(result->reason), fmt, args);
    va_end(args);
}

static enum failure failure_of_status(long status)
{
    if (status == 403)
        return FAILURE_DENIED;
    if (status == 429 || status == 503)
        return FAILURE_BUSY;
    /* Others are what proxies say that are between us: they may say something else at once. */
    return status == 400 || status == 404 || status == 405 ? FAILURE_REQUEST : FAILURE_SERVER;
}

static void judge_body(struct exchange *exchange, struct exchange_result *result)
{
    struct error err = ERROR_EMPTY;

    result->is_good = exchange->reader
                          ? exchange->reader->end(exchange->ctx, &err)
                          : decoder_finish(exchange->decoder, &result->summary, &result->doc, &err);
    if (!result->is_good)
        fail(result, FAILURE_TRANSPORT, "the answer cannot be read: %s", err.text);
}

static void judge_status(struct exchange *exchange, struct exchange_result *result)
{
    long status = exchange->status;
    struct slice text = slice_trim(buf_slice(&exchange->error_text));

    if (status == 200 && (exchange->decoder || exchange->reader))
        judge_body(exchange, result);
    else if (status == 404 && exchange->is_kv && exchange->has_index)
        result->is_good = true; /* there is no such key */
    else if (status == 404 && text.len == 0)
        fail(result, FAILURE_REQUEST, "HTTP 404: this Consul cannot answer such a question");
    else if (text.len > 0)
        fail(result, failure_of_status(status), "HTTP %ld: %.*s", status, SLICE_ARG(text));
    else
        fail(result, failure_of_status(status), "HTTP %ld", status);
}

static void judge(struct exchange *exchange, const struct http_reply *reply,
                  struct exchange_result *result)
{
    switch (reply->outcome) {
    case HTTP_DONE: judge_status(exchange, result); return;
    case HTTP_REJECTED:
        fail(result, FAILURE_TRANSPORT, "the answer cannot be read: %.*s",
             SLICE_ARG(buf_slice(&exchange->error_text)));
        return;
    case HTTP_CLOSED:
        fail(result, FAILURE_TRANSPORT,
             reply->was_reused ? "the connection was closed before an answer"
                               : "the connection was closed before an answer (too many of them? "
                                 "see http_max_conns_per_client of the agent)");
        return;
    case HTTP_TIMED_OUT:
        fail(result, FAILURE_TRANSPORT, "no answer within %s", duration_of(reply->elapsed_ms).text);
        return;
    case HTTP_REFUSED:
    case HTTP_CUT:
    case HTTP_TLS_FAILED:
    case HTTP_TOO_LARGE:
    case HTTP_OTHER: fail(result, FAILURE_TRANSPORT, "%s", reply->error); return;
    }
}

static void count(struct agent_totals *totals, const struct exchange_result *result)
{
    totals->n_bytes += result->n_bytes;
    if (!result->is_good)
        totals->n_failures[result->failure]++;
}

static void reset(struct exchange *exchange)
{
    http_request_free(TAKE(exchange->request));
    decoder_free(TAKE(exchange->decoder));
    buf_fini(&exchange->error_text);
    exchange->status = 0;
    exchange->has_index = exchange->is_filtered = exchange->is_leaderless = false;
    exchange->index = exchange->last_contact_ms = exchange->retry_after_ms = 0;
}

static void on_done(void *ctx, const struct http_reply *reply)
{
    struct exchange *exchange = ctx;
    struct exchange_result result = {
        .outcome = reply->outcome,
        .was_reused = reply->was_reused,
        .n_room = reply->n_room,
        .status = exchange->status,
        .elapsed_ms = reply->elapsed_ms,
        .n_bytes = reply->n_body_bytes,
        .index = exchange->has_index ? exchange->index : 0,
        .is_filtered = exchange->is_filtered,
        .is_leaderless = exchange->is_leaderless,
        .last_contact_ms = exchange->last_contact_ms,
    };

    if (reply->outcome == HTTP_DONE)
        exchange->n_last_bytes = reply->n_body_bytes;
    judge(exchange, reply, &result);
    if (!result.is_good && result.failure == FAILURE_BUSY)
        result.retry_after_ms = exchange->retry_after_ms;
    count(agent_get_totals(exchange->agent), &result);
    agent_report(exchange->agent, exchange->address, reply);
    reset(exchange); /* frees what the reply points to */
    exchange->fn(exchange->ctx, &result);
}

/* --- Life ----------------------------------------------------------------------------------- */

void exchange_init(struct exchange *exchange, exchange_fn fn, void *ctx)
{
    *exchange = (struct exchange){ .fn = fn, .ctx = ctx };
}

void exchange_fini(struct exchange *exchange)
{
    reset(exchange);
}

void exchange_start(struct exchange *exchange, struct agent *agent,
                    const struct exchange_call *call)
{
    static const struct http_handler handler = { on_header, on_status, on_body, on_done };

    assert(!exchange->request);
    exchange->agent = agent;
    exchange->dep = call->dep;
    exchange->is_kv = call->is_kv;
    exchange->reader = call->reader;
    exchange->recall = call->recall;
    exchange->drops_output = call->drops_output;

    struct http_call question = {
        .path = call->path,
        .timeout_ms = call->timeout_ms,
        .expected_bytes = exchange->n_last_bytes,
        .is_fresh = call->is_fresh,
    };

    exchange->request = agent_ask(agent, &question, &handler, exchange, &exchange->address);
}

void exchange_cancel(struct exchange *exchange)
{
    reset(exchange);
}

/* Consul's answer to a connection too many; its text may have been lost on the way. */
static bool is_about_connections(const struct exchange_result *result)
{
    return !result->was_reused || strstr(result->reason, "concurrent connections");
}

bool exchange_was_turned_away(const struct exchange_result *result, uint64_t limit_ms)
{
    if (result->outcome == HTTP_CLOSED)
        return !result->was_reused && result->elapsed_ms < limit_ms;
    return result->status == 429 && is_about_connections(result);
}

bool exchange_was_too_much(const struct exchange_result *result)
{
    return result->status == 503 || (result->status == 429 && !is_about_connections(result));
}
