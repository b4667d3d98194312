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

static bool is_serving(const struct service_instance *instance)
{
    return instance->status == INSTANCE_PASSING || instance->status == INSTANCE_WARNING;
}

static bool is_at(const struct service_instance *instance, const struct haproxy_address *address)
{
    struct haproxy_address own = HAPROXY_ADDRESS_NONE;

    if (instance->port != address->port || !haproxy_address_parse_ip(instance->address, &own))
        return false;
    own.port = address->port;
    return haproxy_address_equal(&own, address);
}

static bool is_any(const struct service_instance *instance)
{
    (void)instance;
    return true;
}

static const struct service_instance *find_in(
    const struct document *doc, const struct haproxy_address *address,
    bool (*is_wanted)(const struct service_instance *instance))
{
    const struct service_instance *const *instances;

    if (!instances_are_listed(doc))
        return NULL;
    instances = doc->root.list.items;
    for (size_t i = 0; i < doc->root.list.n; i++) {
        if (is_at(instances[i], address) && is_wanted(instances[i]))
            return instances[i];
    }
    return NULL;
}

/* Of the answers to all questions. */
static const struct service_instance *cycle_find_instance(
    const struct cycle *cycle, const struct haproxy_address *address,
    bool (*is_wanted)(const struct service_instance *instance))
{
    const struct service_instance *found = NULL;
    struct watch_status status;

    for (size_t i = 0; !found && watch_set_next_status(cycle->watches, &i, &status);)
        found = find_in(store_find(cycle->store, status.dep), address, is_wanted);
    return found;
}

bool cycle_is_registered(void *ctx, const struct haproxy_address *address)
{
    return cycle_find_instance(ctx, address, is_alive);
}

bool cycle_is_serving(void *ctx, const struct haproxy_address *address)
{
    return cycle_find_instance(ctx, address, is_serving);
}

const char *cycle_fate_of(void *ctx, const struct haproxy_address *address)
{
    const struct service_instance *instance = cycle_find_instance(ctx, address, is_alive);

    if (!instance)
        instance = cycle_find_instance(ctx, address, is_any);
    if (!instance)
        return "deregistered";
    switch (instance->status) {
    case INSTANCE_PASSING:
    case INSTANCE_WARNING: return "still registered";
    case INSTANCE_MAINTENANCE: return "in maintenance";
    case INSTANCE_CRITICAL: return "critical";
    case INSTANCE_UNKNOWN: return "of unknown health";
    }
    return "?";
}
