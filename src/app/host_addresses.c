/* SPDX-License-Identifier: MIT */
/* This machine's network addresses, as they are during one pass of a template. */
#include "host_addresses.h"

#include <ifaddrs.h>
#include <stdio.h>
#include <string.h>

/* The interface of the IPv4 default route with the lowest metric. The kernel's table is one line of
 * heads, then one a route: interface, destination, gateway, flags, two counters, metric, mask …;
 * addresses are hexadecimal. */
static void read_default_interface(char *ret_name)
{
    FILE *table = fopen("/proc/net/route", "re");
    char line[256], name[IF_NAMESIZE];
    unsigned destination, metric, mask, best = 0;

    ret_name[0] = '\0';
    if (!table)
        return;
    while (fgets(line, sizeof(line), table)) {
        if (sscanf(line, "%15s %x %*x %*x %*u %*u %u %x", name, &destination, &metric, &mask) != 4)
            continue;
        if (destination || mask || (ret_name[0] && metric >= best))
            continue;
        best = metric;
        memcpy(ret_name, name, sizeof(name));
    }
    fclose(table);
}

void host_addresses_fini(struct host_addresses *addresses)
{
    if (addresses->list)
        freeifaddrs(addresses->list);
}

const struct ifaddrs *host_addresses_get(void *ctx, const char **ret_default)
{
    struct host_addresses *addresses = ctx;

    if (!addresses->is_read) {
        addresses->is_read = true;
        if (getifaddrs(&addresses->list) < 0)
            addresses->list = NULL;
        read_default_interface(addresses->default_interface);
    }
    *ret_default = addresses->default_interface[0] ? addresses->default_interface : NULL;
    return addresses->list;
}
