/* SPDX-License-Identifier: MIT */
/* The Consul agent that is asked. */
#include "agent.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/memory.h"
#include "content.h"
#include "duration.h"
#include "homing.h"
#include "token.h"

#define CONNECT_TIMEOUT_MS 2000
#define TLS_TIMEOUT_MS     5000
#define HOMING_TIMEOUT_MS  10000

/* An address that nothing comes of is left after so many requests and so long. */
#define ENOUGH_USELESS   2
#define PATIENCE_MS      10000
#define MOST_PATIENCE_MS 600000

struct address {
    char *name; /* without user and password */
    struct http_client *client;
};

struct agent {
    struct loop *loop;
    const struct agent_handler *handler;
    void *ctx;
    struct token token;
    struct address *addresses;
    size_t n_addresses, present;
    size_t n_refusals; /* in a row, of the present address and those before it */
    size_t n_useless;  /* answers in a row of the present address that were none, or 5xx */
    uint64_t useless_since_ms, patience_ms;
    struct homing homing;
    bool is_away;
    uint64_t away_since_ms;
    char away_reason[256];
    char *node_name;
    struct agent_totals totals;
};

/* --- Addresses ------------------------------------------------------------------------------ */

/* What http_options wants of one address. */
struct endpoint {
    char *base_url, *unix_socket, *name;
};

static void endpoint_fini(struct endpoint *endpoint)
{
    free(endpoint->base_url);
    free(endpoint->unix_socket);
    free(endpoint->name);
}

/* "http://user:secret@host:8500" without what logs must not show. */
static char *make_name(struct slice address)
{
    size_t scheme = slice_find(address, SLICE("://"));
    size_t host = scheme == SLICE_NOT_FOUND ? 0 : scheme + 3;
    struct slice rest = slice_sub(address, host, address.len);
    size_t at = slice_find_last_byte(rest, '@');
    struct buf name = BUF_EMPTY;

    buf_add(&name, slice_sub(address, 0, host));
    buf_add(&name, at == SLICE_NOT_FOUND ? rest : slice_sub(rest, at + 1, rest.len));
    return buf_take(&name);
}

static bool endpoint_parse(const char *text, bool use_tls, struct endpoint *ret_endpoint,
                           struct error *err)
{
    struct slice address = slice_trim(slice_from(text));
    struct buf url = BUF_EMPTY;

    *ret_endpoint = (struct endpoint){ NULL, NULL, NULL };
    if (slice_starts_with(address, SLICE("unix://"))) {
        ret_endpoint->unix_socket = slice_to_string(slice_sub(address, 7, address.len));
        buf_add_string(&url, "http://localhost");
    } else {
        bool has_scheme = slice_find(address, SLICE("://")) != SLICE_NOT_FOUND;

        if (!has_scheme)
            buf_add_string(&url, use_tls ? "https://" : "http://");
        else if (!slice_starts_with(address, SLICE("http://")) &&
                 !slice_starts_with(address, SLICE("https://")))
            return error_set(err, ERROR_INVALID,
                             "consul.address '%s': only http://, https:// and unix:// are known",
                             text);
        while (slice_ends_with(address, SLICE("/")))
            address = slice_sub(address, 0, address.len - 1);
        buf_add(&url, address);
    }
    ret_endpoint->base_url = buf_take(&url);
    ret_endpoint->name = make_name(address);
    return address.len > 0 || error_set(err, ERROR_INVALID, "consul.address is empty");
}

static bool address_init(struct agent *agent, const struct consul_options *options,
                         const char *text, struct address *address, struct error *err)
{
    CLEANUP(endpoint_fini) struct endpoint endpoint;

    if (!endpoint_parse(text, options->use_tls, &endpoint, err))
        return false;

    struct http_options http = {
        .base_url = endpoint.base_url,
        .unix_socket = endpoint.unix_socket,
        .user_password = options->auth,
        .ca_file = options->ca_file,
        .ca_path = options->ca_path,
        .client_cert = options->client_cert,
        .client_key = options->client_key,
        .server_name = options->server_name,
        .verify_peer = options->verify_tls,
        .is_tls_1_3_only = options->tls_min == 13,
        .connect_timeout_ms = CONNECT_TIMEOUT_MS,
        .tls_timeout_ms = TLS_TIMEOUT_MS,
        .max_connections = options->connections,
    };

    if (!http_client_new(agent->loop, &http, &address->client, err))
        return error_wrap(err, "consul.address '%s'", endpoint.name);
    address->name = TAKE(endpoint.name);
    return true;
}

static void forget_node_name(struct agent *agent)
{
    free(agent->node_name);
    agent->node_name = NULL;
}

/* --- Back to an earlier address -------------------------------------------------------------- */

static struct http_request *ask_address(void *ctx, size_t address, const char *path,
                                        const struct http_handler *handler, void *handler_ctx)
{
    struct agent *agent = ctx;
    const char *headers[] = { agent->token.header, NULL };
    struct http_call call = {
        .path = path,
        .headers = headers,
        .timeout_ms = HOMING_TIMEOUT_MS,
        .max_bytes = LIMIT_BODY_BYTES,
    };

    return http_start(agent->addresses[address].client, &call, handler, handler_ctx);
}

/* What is in flight at the other address goes on there until it is answered. */
static void on_home(void *ctx, size_t address, uint64_t good_ms)
{
    struct agent *agent = ctx;

    agent->present = address;
    agent->n_refusals = 0;
    forget_node_name(agent);
    log_info("consul %s: has been answering again for %s; it is asked from now on",
             agent_name(agent), duration_of(good_ms).text);
}

static void agent_init_homing(struct agent *agent)
{
    agent->homing = (struct homing){ .ask = ask_address, .on_home = on_home, .ctx = agent };
    homing_init(&agent->homing, agent->loop);
    agent->patience_ms = PATIENCE_MS;
}

/* --- Life ----------------------------------------------------------------------------------- */

bool agent_new(struct loop *loop, const struct consul_options *options,
               const struct agent_handler *handler, void *ctx, struct agent **ret_agent,
               struct error *err)
{
    CLEANUP(agent_freep) struct agent *agent = NEW(struct agent);

    agent->loop = loop;
    agent->handler = handler;
    agent->ctx = ctx;
    if (options->n_addresses == 0)
        return error_set(err, ERROR_INVALID, "consul.address is empty");
    agent->addresses = memory_alloc(options->n_addresses * sizeof(*agent->addresses));
    agent->n_addresses = options->n_addresses;
    for (size_t i = 0; i < options->n_addresses; i++) {
        if (!address_init(agent, options, options->addresses[i], &agent->addresses[i], err))
            return false;
    }
    if (!token_init(&agent->token, options->token, options->token_file, err))
        return false;
    agent_init_homing(agent);
    *ret_agent = TAKE(agent);
    return true;
}

void agent_free(struct agent *agent)
{
    if (!agent)
        return;
    if (agent->homing.loop)
        homing_fini(&agent->homing);
    for (size_t i = 0; i < agent->n_addresses; i++) {
        http_client_free(agent->addresses[i].client);
        free(agent->addresses[i].name);
    }
    free(agent->addresses);
    token_fini(&agent->token);
    free(agent->node_name);
    free(agent);
}

bool agent_set_options(struct agent *agent, const struct consul_options *options, struct error *err)
{
    struct token token;

    if (!token_init(&token, options->token, options->token_file, err))
        return false;

    const char *old = agent->token.header ? agent->token.header : "";
    bool is_new = strcmp(old, token.header ? token.header : "") != 0;

    token_fini(&agent->token);
    agent->token = token;
    for (size_t i = 0; i < agent->n_addresses; i++)
        http_client_set_max_connections(agent->addresses[i].client, options->connections);
    if (is_new)
        agent->handler->on_token(agent->ctx);
    return true;
}

uint64_t agent_fingerprint(const struct consul_options *options)
{
    const char *texts[] = { options->auth,        options->ca_file,    options->ca_path,
                            options->client_cert, options->client_key, options->server_name };
    struct content content = CONTENT_START;

    for (size_t i = 0; i < options->n_addresses; i++)
        content_add(&content, slice_from(options->addresses[i]));
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        content_add(&content, slice_from(texts[i]));
    content_add_u64(&content, options->use_tls);
    content_add_u64(&content, options->verify_tls);
    content_add_u64(&content, options->tls_min);
    return content.state;
}

/* --- Requests ------------------------------------------------------------------------------- */

struct http_request *agent_ask(struct agent *agent, const struct http_call *call,
                               const struct http_handler *handler, void *ctx, size_t *ret_address)
{
    agent_refresh_token(agent);

    const char *headers[] = { agent->token.header, NULL };
    struct http_call sent = *call;

    sent.headers = headers;
    sent.max_bytes = LIMIT_BODY_BYTES;
    *ret_address = agent->present;
    return http_start(agent->addresses[agent->present].client, &sent, handler, ctx);
}

static void agent_is_back(struct agent *agent)
{
    struct duration_text away = duration_of(loop_now_ms(agent->loop) - agent->away_since_ms);

    agent->is_away = false;
    log_about(LOG_LEVEL_INFO, &(struct log_about){ .event = LOG_EVENT_CONSUL_BACK },
              "consul %s: reachable again after %s", agent_name(agent), away.text);
    agent->handler->on_away(agent->ctx, false);
}

static void agent_has_gone(struct agent *agent, const struct http_reply *reply)
{
    agent->is_away = true;
    agent->away_since_ms = loop_now_ms(agent->loop);
    snprintf(agent->away_reason, sizeof(agent->away_reason), "%s", reply->error);
    log_about(LOG_LEVEL_WARN, &(struct log_about){ .event = LOG_EVENT_CONSUL_LOST },
              "consul %s: cannot be reached: %s; what it answered before stays in use",
              agent_name(agent), reply->error);
    agent->handler->on_away(agent->ctx, true);
}

static void agent_move_on(struct agent *agent, const char *why)
{
    const char *before = agent_name(agent);

    agent->present = (agent->present + 1) % agent->n_addresses;
    agent->n_useless = 0;
    forget_node_name(agent);
    homing_leave(&agent->homing, agent->present);
    if (!agent->is_away)
        log_warn("consul %s: %s; asking %s from now on", before, why, agent_name(agent));
}

/* The present address had no connection for us: on to the next one. */
static void agent_was_refused(struct agent *agent, const struct http_reply *reply)
{
    agent->n_refusals++;
    forget_node_name(agent);
    if (agent->n_refusals >= agent->n_addresses && !agent->is_away)
        agent_has_gone(agent, reply);
    if (agent->n_addresses == 1)
        return;

    agent_move_on(agent, reply->error);
}

/* The present address takes our requests, and nothing comes of them. A cluster without a leader is
 * no reason to ask another agent of it: agents that work say so, to who asks for the leader. */
static void agent_was_useless(struct agent *agent, const struct http_reply *reply)
{
    uint64_t now_ms = loop_now_ms(agent->loop);
    char why[64];

    if (agent->n_useless++ == 0)
        agent->useless_since_ms = now_ms - reply->elapsed_ms;
    if (agent->n_addresses == 1 || agent->n_useless < ENOUGH_USELESS ||
        now_ms - agent->useless_since_ms < agent->patience_ms)
        return;
    if (reply->outcome == HTTP_DONE)
        snprintf(why, sizeof(why), "nothing but errors, at last %ld", reply->status);
    else
        snprintf(why, sizeof(why), "no answers");
    agent_move_on(agent, why);
    if (agent->patience_ms < MOST_PATIENCE_MS)
        agent->patience_ms *= 2; /* until one is of use: all of them may be like that */
}

struct agent_totals *agent_get_totals(struct agent *agent)
{
    return &agent->totals;
}

void agent_report(struct agent *agent, size_t address, const struct http_reply *reply)
{
    /* Refused by an address that was given up meanwhile: no news. */
    bool is_present = address == agent->present;

    switch (reply->outcome) {
    case HTTP_REFUSED:
    case HTTP_TLS_FAILED:
        if (is_present)
            agent_was_refused(agent, reply);
        return;
    case HTTP_DONE:
    case HTTP_REJECTED:
    case HTTP_TOO_LARGE:
    case HTTP_CUT:
        if (!is_present)
            return;
        agent->n_refusals = 0;
        if (agent->is_away)
            agent_is_back(agent);
        if (reply->outcome == HTTP_DONE && reply->status >= 500) {
            agent_was_useless(agent, reply);
        } else if (reply->outcome == HTTP_DONE) {
            agent->n_useless = 0;
            agent->patience_ms = PATIENCE_MS;
        }
        return;
    case HTTP_TIMED_OUT:
        if (is_present)
            agent_was_useless(agent, reply);
        return;
    case HTTP_CLOSED:
    case HTTP_OTHER: return;
    }
}

/* --- Token and facts ------------------------------------------------------------------------ */

bool agent_refresh_token(struct agent *agent)
{
    if (!token_refresh(&agent->token))
        return false;
    agent->handler->on_token(agent->ctx);
    return true;
}

bool agent_has_token_file(const struct agent *agent)
{
    return agent->token.path != NULL;
}

bool agent_is_away(const struct agent *agent)
{
    return agent->is_away;
}

size_t agent_address(const struct agent *agent)
{
    return agent->present;
}

void agent_set_homing(struct agent *agent, uint64_t interval_ms)
{
    agent->homing.interval_ms = interval_ms;
}

const char *agent_away_reason(const struct agent *agent)
{
    return agent->away_reason;
}

const char *agent_name(const struct agent *agent)
{
    return agent->addresses[agent->present].name;
}

struct slice agent_node_name(const struct agent *agent)
{
    return slice_from(agent->node_name);
}

void agent_set_node_name(struct agent *agent, struct slice name)
{
    forget_node_name(agent);
    agent->node_name = slice_to_string(name);
}
