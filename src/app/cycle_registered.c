/* SPDX-License-Identifier: MIT */
/* Whose an address is: what leaves a file may be gone, or only on its way out; and why it came, or
 * what has become of it, for the log. */
#include <stdlib.h>

#include "base/memory.h"
#include "circle.h"
#include "data/catalog.h"
#include "data/instances.h"
#include "haproxy/address.h"

#define OF(status) (1u << (status))

#define SERVING (OF(INSTANCE_PASSING) | OF(INSTANCE_WARNING))
/* One that is critical counts as gone; one in maintenance still answers. */
#define ALIVE (SERVING | OF(INSTANCE_MAINTENANCE))
#define ANY   (~0u)

static bool is_serving(const struct service_instance *instance)
{
    return OF(instance->status) & SERVING;
}

static bool is_at(const struct service_instance *instance, const struct haproxy_address *address)
{
    struct haproxy_address own = HAPROXY_ADDRESS_NONE;

    if (instance->port != address->port || !haproxy_address_parse_ip(instance->address, &own))
        return false;
    own.port = address->port;
    return haproxy_address_equal(&own, address);
}

static const struct service_instance *find_in(const struct document *doc,
                                              const struct haproxy_address *address,
                                              unsigned statuses)
{
    const struct service_instance *const *instances;

    if (!instances_are_listed(doc))
        return NULL;
    instances = doc->root.list.items;
    for (size_t i = 0; i < doc->root.list.n; i++) {
        if (OF(instances[i]->status) & statuses && is_at(instances[i], address))
            return instances[i];
    }
    return NULL;
}

/* Of the answers to all questions. */
static const struct service_instance *cycle_find_instance(const struct cycle *cycle,
                                                          const struct haproxy_address *address,
                                                          unsigned statuses)
{
    const struct service_instance *found = NULL;
    struct watch_status status;

    for (size_t i = 0; !found && watch_set_next_status(cycle->watches, &i, &status);)
        found = find_in(store_find(cycle->store, status.dep), address, statuses);
    return found;
}

bool cycle_is_registered(void *ctx, const struct haproxy_address *address)
{
    return cycle_find_instance(ctx, address, ALIVE);
}

bool cycle_is_serving(void *ctx, const struct haproxy_address *address)
{
    return cycle_find_instance(ctx, address, SERVING);
}

/* --- For the log ----------------------------------------------------------------------------- */

/* An instance that was registered all the time, and serves again. */
struct comeback {
    char *address;
    const char *cause;
};

static char *address_of(const struct service_instance *instance)
{
    struct haproxy_address address = HAPROXY_ADDRESS_NONE;
    struct buf text = BUF_EMPTY;

    if (!haproxy_address_parse_ip(instance->address, &address))
        return NULL;
    address.port = (uint16_t)instance->port;
    haproxy_address_format(&address, &text);
    return buf_take(&text);
}

static void comeback_free(struct comeback *comeback)
{
    if (comeback)
        free(comeback->address);
    free(comeback);
}

static void on_instance(void *ctx, const struct service_instance *before,
                        const struct service_instance *after)
{
    struct cycle *cycle = ctx;
    bool serves = after && is_serving(after);
    char *address;

    if (!before || is_serving(before) == serves || !(address = address_of(before)))
        return;
    comeback_free(map_remove(&cycle->returns, slice_from(address)));
    if (serves) {
        struct comeback *comeback = NEW(struct comeback);

        comeback->address = TAKE(address);
        comeback->cause =
            before->status == INSTANCE_MAINTENANCE ? "out of maintenance" : "healthy again";
        map_put(&cycle->returns, slice_from(comeback->address), comeback);
    }
    free(address);
}

void cycle_note_returns(struct cycle *cycle, const struct document *before,
                        const struct document *after)
{
    if (instances_are_listed(before))
        instances_compare(before, instances_are_listed(after) ? after : NULL, on_instance, cycle);
}

void cycle_forget_returns(struct cycle *cycle)
{
    struct comeback *comeback;

    for (size_t i = 0; (comeback = map_next(&cycle->returns, &i)) != NULL;)
        comeback_free(comeback);
    map_fini(&cycle->returns);
}

static const char *cause_of_coming(const struct cycle *cycle, const struct haproxy_address *address)
{
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;
    const struct comeback *comeback;

    if (!cycle_find_instance(cycle, address, ANY))
        return NULL;
    haproxy_address_format(address, &text);
    comeback = map_find(&cycle->returns, buf_slice(&text));
    return comeback ? comeback->cause : "registered";
}

const char *cycle_cause_of(void *ctx, const struct haproxy_address *address, bool has_come)
{
    const struct service_instance *instance;

    if (has_come)
        return cause_of_coming(ctx, address);
    instance = cycle_find_instance(ctx, address, ALIVE);
    if (!instance)
        instance = cycle_find_instance(ctx, address, ANY);
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
