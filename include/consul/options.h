/* SPDX-License-Identifier: MIT */
/* How to reach and ask Consul: what consul/ obeys and config/ fills in. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct consul_filter {
    char *name, *expression;
};

struct consul_options {
    char **addresses; /* host:port, http(s)://…, unix://…; tried in order */
    size_t n_addresses;
    char *token;      /* NULL: none; never written anywhere but into the request's header */
    char *token_file; /* read again when it changes; wins over token */
    char *auth;       /* "user:password" */
    bool use_tls;     /* for addresses without a scheme */
    bool verify_tls;
    char *ca_file, *ca_path, *client_cert, *client_key, *server_name;
    char *namespace_name, *partition; /* where a question names none */
    unsigned tls_min;                 /* 12 or 13 */
    size_t connections;               /* budget towards one agent */
    uint64_t max_stale_ms;            /* 0: never read stale */
    bool is_cached;                   /* blocking queries may be answered from the agent's cache */
    uint64_t settle_ms, recovery_ramp_ms;
    uint64_t wait_ms;                                /* of a blocking query */
    uint64_t retry_backoff_ms, retry_max_backoff_ms; /* 0: the watcher's own */
    unsigned retry_attempts;                         /* counts only with --once; 0: no end */
    char **optional_datacenters;
    size_t n_optional_datacenters;
    struct consul_filter *filters;
    size_t n_filters;
};
