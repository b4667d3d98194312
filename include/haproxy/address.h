/* SPDX-License-Identifier: MIT */
/* Addresses that HAProxy's runtime takes: an IP in figures and a port. Names, sockets and ports
 * that depend on the client's are others, and need its parser at start. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/slice.h"

struct haproxy_address {
    int family; /* AF_INET, AF_INET6; 0: none */
    uint16_t port;
    uint8_t ip[16]; /* the first 4 for AF_INET */
};

#define HAPROXY_ADDRESS_NONE ((struct haproxy_address){ .family = 0 })

/* The address word of a server line: "10.0.0.1:80", "[::1]:80", "::1:80", "ipv4@10.0.0.1:80". */
MUST_CHECK bool haproxy_address_parse(struct slice word, struct haproxy_address *ret_address);
/* The IP alone. The port stays as it is. */
MUST_CHECK bool haproxy_address_parse_ip(struct slice word, struct haproxy_address *address);
bool haproxy_address_equal(const struct haproxy_address *a, const struct haproxy_address *b);
void haproxy_address_add_ip(const struct haproxy_address *address, struct buf *out);
void haproxy_address_format(const struct haproxy_address *address, struct buf *out); /* IP:PORT */
