/* SPDX-License-Identifier: MIT */
/* The Consul agent that is asked: its addresses, the clients to them, the token, and whether it is
 * there.
 *
 * Several addresses are tried in order: when one has no connection for us, or nothing has come of
 * its requests for a while but silence and errors, the next one is asked from then on, until an
 * earlier one works again for a while. The agent is away when a whole round of them had none. That
 * is said once, and once when it is back; who fails meanwhile need not say so. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backoff.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/slice.h"
#include "consul/options.h"
#include "io/http.h"
#include "io/loop.h"

struct agent;

struct agent_handler {
    void (*on_away)(void *ctx, bool is_away);
    void (*on_token)(void *ctx); /* it is another one now */
};

/* The options are borrowed. */
MUST_CHECK bool agent_new(struct loop *loop, const struct consul_options *options,
                          const struct agent_handler *handler, void *ctx, struct agent **ret_agent,
                          struct error *err);
/* Its requests must have been freed. */
void agent_free(struct agent *agent);
DEFINE_FREEP(struct agent, agent_free)

/* Options that reach the agent the same way: they replace the old ones. False, with nothing
 * changed, if the token cannot be had. */
MUST_CHECK bool agent_set_options(struct agent *agent, const struct consul_options *options,
                                  struct error *err);
/* Over all options that say how the agent is reached, the token excepted. */
uint64_t agent_fingerprint(const struct consul_options *options);

/* How often an address before the present one is asked whether it works again. To be set before it
 * is left. */
void agent_set_homing(struct agent *agent, uint64_t interval_ms);

/* A request to the present address, with the token of this moment and our limit of a body: the
 * call's headers and max_bytes are set here. ret_address is what agent_report() wants to know. */
struct http_request *agent_ask(struct agent *agent, const struct http_call *call,
                               const struct http_handler *handler, void *ctx, size_t *ret_address);
/* What all requests have come to, counted by those who judge the answers. */
struct agent_totals {
    uint64_t n_bytes;
    uint64_t n_failures[N_FAILURES];
};

struct agent_totals *agent_get_totals(struct agent *agent);

/* How a request ended. */
void agent_report(struct agent *agent, size_t address, const struct http_reply *reply);

/* Looks at the token file; true, after on_token, if there is another token now. */
bool agent_refresh_token(struct agent *agent);
bool agent_has_token_file(const struct agent *agent);

bool agent_is_away(const struct agent *agent);
const char *agent_away_reason(const struct agent *agent);
size_t agent_address(const struct agent *agent);   /* the present one, as agent_ask() tells it */
const char *agent_name(const struct agent *agent); /* of the present address, for the log */

/* The name of the node it runs on; empty until it is known. It is forgotten when another address is
 * asked or the agent was away. */
struct slice agent_node_name(const struct agent *agent);
void agent_set_node_name(struct agent *agent, struct slice name);
