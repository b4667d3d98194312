/* SPDX-License-Identifier: MIT */
/* This machine's network addresses, as they are during one pass of a template. */
#pragma once

#include <net/if.h>
#include <stdbool.h>

struct ifaddrs;

/* Nothing is read before it is asked for: hardly any template does. */
struct host_addresses {
    bool is_read;
    struct ifaddrs *list;                /* NULL: none, or they cannot be read */
    char default_interface[IF_NAMESIZE]; /* "": no default route */
};

void host_addresses_fini(struct host_addresses *addresses);

/* For struct render_environment; ctx is the struct host_addresses. */
const struct ifaddrs *host_addresses_get(void *ctx, const char **ret_default);
