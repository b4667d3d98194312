/* SPDX-License-Identifier: MIT */
/* A HAProxy as tests describe it: what it runs is what a configuration says, but for what a row
 * says otherwise. */
#pragma once

#include <stdlib.h>

#include "base/memory.h"
#include "haproxy/plan.h"

#include "expect.h"

#define WORLD_HEAD                                                                              \
    "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight "     \
    "srv_iweight srv_time_since_last_change srv_check_status srv_check_result "                 \
    "srv_check_health srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn " \
    "srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr srv_agent_addr "              \
    "srv_agent_port\n"

/* One line of it, as it is or as a row changes it. */
struct world_server {
    struct slice proxy, name;
    struct haproxy_address address;
    bool has_address, is_absent;
    unsigned id, op, admin, weight, check, port;
};

struct world {
    struct world_server servers[64];
    size_t n;
};

static inline struct haproxy_config *world_config(const char *text)
{
    struct haproxy_file file = { "h.cfg", slice_from(text) };
    struct haproxy_config *config = NULL;
    struct error err = ERROR_EMPTY;

    if (!haproxy_config_new(&file, 1, &config, &err))
        fail_msg("%s", err.text);
    return config;
}

static inline void world_add_proxy(struct world *world, const struct haproxy_proxy *proxy)
{
    for (size_t i = 0; i < proxy->n_servers && world->n < ARRAY_SIZE(world->servers); i++) {
        const struct haproxy_server *server = &proxy->servers[i];
        uint64_t port = 0;

        if (!slice_parse_u64(server->check_port, UINT16_MAX, &port))
            port = 0;
        world->servers[world->n++] = (struct world_server){
            .proxy = proxy->name,
            .name = server->name,
            .address = server->address,
            .has_address = server->has_address,
            .id = server->id ? (unsigned)server->id : (unsigned)i + 1,
            .op = server->is_disabled ? 0 : 2,
            .admin = server->is_disabled ? 5 : 0,
            .weight = server->weight,
            .port = (unsigned)port,
        };
    }
}

static inline struct world_server *world_find(struct world *world, struct slice target)
{
    size_t slash = slice_find_byte(target, '/');
    struct slice proxy = slice_sub(target, 0, slash);
    struct slice name = slice_sub(target, slash + 1, target.len);

    for (size_t i = 0; i < world->n; i++) {
        if (slice_equal(world->servers[i].proxy, proxy) &&
            slice_equal(world->servers[i].name, name))
            return &world->servers[i];
    }
    assert_true(world->n < ARRAY_SIZE(world->servers));

    struct world_server *server = &world->servers[world->n++];

    *server = (struct world_server){ .proxy = proxy, .name = name, .id = 99, .op = 2, .weight = 1 };
    return server;
}

static inline unsigned world_number(struct slice word)
{
    uint64_t number = 0;

    assert_true(slice_parse_u64(word, UINT32_MAX, &number));
    return (unsigned)number;
}

/* "b/a admin 8 weight 3 op 0 addr 1.1.1.1:5 check 2", "b/a absent" */
static inline void world_change(struct world *world, struct slice words)
{
    struct slice word, value;

    assert_true(slice_next(&words, ' ', &word));

    struct world_server *server = world_find(world, word);

    while (slice_next(&words, ' ', &word)) {
        if (slice_is(word, "absent")) {
            server->is_absent = true;
            continue;
        }
        assert_true(slice_next(&words, ' ', &value));
        if (slice_is(word, "addr")) {
            server->has_address = haproxy_address_parse(value, &server->address);
            continue;
        }
        unsigned *number = slice_is(word, "admin")    ? &server->admin
                           : slice_is(word, "weight") ? &server->weight
                           : slice_is(word, "op")     ? &server->op
                           : slice_is(word, "check")  ? &server->check
                                                      : NULL;
        assert_non_null(number);
        *number = world_number(value);
    }
}

static inline void world_write_server(const struct world_server *server, struct buf *out)
{
    CLEANUP(buf_fini) struct buf ip = BUF_EMPTY;

    haproxy_address_add_ip(&server->address, &ip);
    buf_printf(out, "3 %.*s %u %.*s %s %u %u %u 1 1 1 %u 3 6 0 0 0 - %u - 0 %u - - 0\n",
               SLICE_ARG(server->proxy), server->id, SLICE_ARG(server->name),
               server->has_address ? ip.ptr : "-", server->op, server->admin, server->weight,
               server->check, server->address.port, server->port);
}

static inline struct haproxy_state *world_state(const struct world *world)
{
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;
    struct haproxy_state *live = NULL;
    struct error err = ERROR_EMPTY;
    bool is_written[ARRAY_SIZE(world->servers)] = { false };

    buf_add_string(&text, WORLD_HEAD);
    for (size_t i = 0; i < world->n; i++) {
        for (size_t j = i; j < world->n; j++) {
            if (is_written[j] || !slice_equal(world->servers[i].proxy, world->servers[j].proxy))
                continue;
            is_written[j] = true;
            if (!world->servers[j].is_absent)
                world_write_server(&world->servers[j], &text);
        }
    }
    if (!haproxy_state_parse(buf_slice(&text), &live, &err))
        fail_msg("%s\n%s", err.text, text.ptr);
    return live;
}
