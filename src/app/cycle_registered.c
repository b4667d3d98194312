/* SPDX-License-Identifier: MIT */
/* Whether an address is still somebody's: what leaves a file may be gone, or only on its way out.
 */
#include "circle.h"
#include "data/catalog.h"
#include "data/instances.h"
#include "haproxy/address.h"

/* One that is critical counts as gone; one in maintenance still answers. */
static bool is_alive(const struct service_instance *instance)
{
    switch (instance->status) {
    case INSTANCE_PASSING:
    case INSTANCE_WARNING:
    case INSTANCE_MAINTENANCE: return true;
    case INSTANCE_CRITICAL:
    case INSTANCE_UNKNOWN: return false;
    }
    return false;
}

static bool is_at(const struct service_instance *instance, const struct haproxy_address *address)
{
    struct haproxy_address own = HAPROXY_ADDRESS_NONE;

    if (instance->port != address->port || !haproxy_address_parse_ip(instance->address, &own))
        return false;
    own.port = address->port;
    return haproxy_address_equal(&own, address);
}

static bool is_in(const struct document *doc, const struct haproxy_address *address)
{
    const struct service_instance *const *instances;

    if (!instances_are_listed(doc))
        return false;
    instances = doc->root.list.items;
    for (size_t i = 0; i < doc->root.list.n; i++) {
        if (is_at(instances[i], address) && is_alive(instances[i]))
            return true;
    }
    return false;
}

bool cycle_is_registered(void *ctx, const struct haproxy_address *address)
{
    const struct cycle *cycle = ctx;
    struct watch_status status;

    for (size_t i = 0; watch_set_next_status(cycle->watches, &i, &status);) {
        if (is_in(store_find(cycle->store, status.dep), address))
            return true;
    }
    return false;
}
