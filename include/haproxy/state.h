/* SPDX-License-Identifier: MIT */
/* What a running HAProxy says of itself and its servers: the answers to `show servers state`, `show
 * stat PROXY 4 -1` and `show info`. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/map.h"
#include "base/slice.h"
#include "haproxy/address.h"

/* Bits of live_server.admin, HAProxy's SRV_ADMF_*. */
#define LIVE_FORCED_MAINT     0x01u
#define LIVE_INHERITED_MAINT  0x02u
#define LIVE_CONFIGURED_MAINT 0x04u /* it was `disabled` at start, and may be enabled now */
#define LIVE_FORCED_DRAIN     0x08u
#define LIVE_INHERITED_DRAIN  0x10u
#define LIVE_RESOLUTION_MAINT 0x20u
#define LIVE_HOSTNAME_MAINT   0x40u

#define LIVE_MAINT \
    (LIVE_FORCED_MAINT | LIVE_INHERITED_MAINT | LIVE_RESOLUTION_MAINT | LIVE_HOSTNAME_MAINT)
#define LIVE_DRAIN (LIVE_FORCED_DRAIN | LIVE_INHERITED_DRAIN)

/* Of live_server.check_result, HAProxy's CHK_RES_*. */
#define LIVE_CHECK_UNKNOWN 0u
#define LIVE_CHECK_FAILED  2u /* and all above: passed */

struct live_server {
    struct slice proxy, name;
    bool has_address;
    struct haproxy_address address;
    uint64_t id;
    unsigned operational; /* 0: stopped, 1: starting, 2: running, 3: stopping */
    unsigned admin;
    unsigned weight; /* the one in force, 0..256 */
    unsigned check_result;
    bool has_check_port; /* this HAProxy tells it */
    unsigned check_port; /* 0: that of the server */
};

struct haproxy_state {
    struct arena arena;
    struct live_server *servers; /* as HAProxy lists them: proxy by proxy */
    size_t n_servers;
    struct map by_name;  /* "PROXY/SERVER" */
    struct map by_proxy; /* of struct live_range */
};

/* The servers of one proxy. */
struct live_range {
    const struct live_server *servers;
    size_t n;
};

/* The text is copied. ERROR_SYNTAX for an answer of another form. */
MUST_CHECK bool haproxy_state_parse(struct slice text, struct haproxy_state **ret_state,
                                    struct error *err);
void haproxy_state_free(struct haproxy_state *state);
DEFINE_FREEP(struct haproxy_state, haproxy_state_free)
/* NULL if there is none. */
const struct live_server *haproxy_state_find(const struct haproxy_state *state, struct slice proxy,
                                             struct slice server);
/* Empty if there are none. */
struct live_range haproxy_state_range(const struct haproxy_state *state, struct slice proxy);
/* It gets new requests: running, in no maintenance, not drained, its weight not 0. */
bool live_server_is_ready(const struct live_server *server);

/* How busy a server is. */
struct haproxy_load {
    uint64_t sessions, queued, connections;
    uint64_t limit; /* of sessions: maxconn; 0: none */
};

struct haproxy_loads {
    struct arena arena;
    struct map by_name; /* "PROXY/SERVER" */
};

#define HAPROXY_LOADS_EMPTY ((struct haproxy_loads){ ARENA_EMPTY, MAP_EMPTY })

/* Adds all servers of an answer; nothing is kept of the text. */
MUST_CHECK bool haproxy_loads_add(struct haproxy_loads *loads, struct slice csv, struct error *err);
void haproxy_loads_fini(struct haproxy_loads *loads);
const struct haproxy_load *haproxy_loads_find(const struct haproxy_loads *loads, struct slice proxy,
                                              struct slice server); /* or NULL */

struct haproxy_info {
    unsigned version; /* 206: 2.6 */
    uint64_t pid;
    uint64_t started; /* seconds since 1970, 0 if HAProxy does not tell */
    uint64_t uptime;  /* seconds */
};

MUST_CHECK bool haproxy_info_parse(struct slice text, struct haproxy_info *ret_info,
                                   struct error *err);
