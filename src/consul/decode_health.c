/* SPDX-License-Identifier: MIT */
/* /v1/health/service and /v1/health/connect: the instances of a service. */
#include <stdlib.h>
#include <string.h>

#include "decode_kinds.h"

static const struct member check_members[] = {
    MEMBER("Node", MEMBER_TEXT, health_check, node),
    MEMBER("CheckID", MEMBER_TEXT, health_check, check_id),
    MEMBER("Name", MEMBER_TEXT, health_check, name),
    MEMBER("Status", MEMBER_TEXT, health_check, status),
    MEMBER("Notes", MEMBER_TEXT, health_check, notes),
    MEMBER("Output", MEMBER_OUTPUT, health_check, output),
    MEMBER("ServiceID", MEMBER_TEXT, health_check, service_id),
    MEMBER("ServiceName", MEMBER_TEXT, health_check, service_name),
    MEMBER("ServiceTags", MEMBER_TEXTS, health_check, service_tags),
    MEMBER("Type", MEMBER_TEXT, health_check, type),
    MEMBER("Namespace", MEMBER_TEXT, health_check, namespace_name),
    MEMBER("Partition", MEMBER_TEXT, health_check, partition),
};

static const struct member address_members[] = {
    MEMBER("Address", MEMBER_TEXT, tagged_address, address),
    MEMBER("Port", MEMBER_INT, tagged_address, port),
};

static const struct member weights_members[] = {
    MEMBER("Passing", MEMBER_INT, weights, passing),
    MEMBER("Warning", MEMBER_INT, weights, warning),
};

/* --- Parts of an instance ------------------------------------------------------------------- */

static bool read_weights(struct parts *parts, void *place)
{
    return parts_read_members(parts, MEMBERS(weights_members), place);
}

static void hash_weights(const void *place, struct content *content)
{
    content_add_members(content, MEMBERS(weights_members), place);
}

static int compare_named_objects(const void *a, const void *b)
{
    const struct named_object *left = a, *right = b;

    return slice_compare(left->key, right->key);
}

static void write_weights(struct buf *out, const void *place)
{
    encode_members(out, MEMBERS(weights_members), place);
}

static bool read_tagged_addresses(struct parts *parts, void *place)
{
    struct named_object *named = NULL;
    size_t n = 0, cap = 0;
    struct slice key;

    if (!json_enter_object(&parts->json))
        return false;
    while (json_next_member(&parts->json, &key)) {
        struct tagged_address address = { .address = SLICE_EMPTY };

        if (!parts_read_members(parts, MEMBERS(address_members), &address))
            return false;
        ARENA_GROW(&parts->scratch, named, n, cap);
        named[n].key = parts_keep_text(parts, key);
        named[n++].object = parts_keep_items(parts, &address, 1, sizeof(address)).items;
    }
    if (parts->json.has_failed)
        return false;
    if (n > 1)
        qsort(named, n, sizeof(*named), compare_named_objects);
    *(struct array *)place = parts_keep_items(parts, named, n, sizeof(*named));
    return true;
}

static void hash_tagged_addresses(const void *place, struct content *content)
{
    const struct array *addresses = place;
    const struct named_object *named = addresses->items;

    content_add_u64(content, addresses->n);
    for (size_t i = 0; i < addresses->n; i++) {
        content_add(content, named[i].key);
        content_add_members(content, MEMBERS(address_members), named[i].object);
    }
}

static void write_tagged_addresses(struct buf *out, const void *place)
{
    const struct array *addresses = place;
    const struct named_object *named = addresses->items;

    buf_add_byte(out, '{');
    for (size_t i = 0; i < addresses->n; i++) {
        if (i)
            buf_add_byte(out, ',');
        encode_text(out, named[i].key);
        buf_add_byte(out, ':');
        encode_members(out, MEMBERS(address_members), named[i].object);
    }
    buf_add_byte(out, '}');
}

static bool read_checks(struct parts *parts, void *place)
{
    struct health_check *checks = NULL;
    size_t n = 0, cap = 0;

    if (!json_enter_array(&parts->json))
        return false;
    while (json_next_element(&parts->json)) {
        ARENA_GROW(&parts->scratch, checks, n, cap);
        memset(&checks[n], 0, sizeof(checks[n]));
        if (!parts_read_members(parts, MEMBERS(check_members), &checks[n++]))
            return false;
    }
    if (parts->json.has_failed)
        return false;
    *(struct array *)place = parts_keep_items(parts, checks, n, sizeof(*checks));
    return true;
}

static void hash_checks(const void *place, struct content *content)
{
    const struct array *checks = place;
    const struct health_check *items = checks->items;

    content_add_u64(content, checks->n);
    for (size_t i = 0; i < checks->n; i++)
        content_add_members(content, MEMBERS(check_members), &items[i]);
}

static void write_checks(struct buf *out, const void *place)
{
    encode_objects(out, place, sizeof(struct health_check), MEMBERS(check_members));
}

/* --- An instance ---------------------------------------------------------------------------- */

/* An instance while its members come in, in any order. */
struct draft {
    struct service_instance instance; /* first: the tables' offsets are into it */
    bool has_node, has_service;
};

static const struct member node_members[] = {
    MEMBER("ID", MEMBER_TEXT, service_instance, node_id),
    MEMBER("Node", MEMBER_TEXT, service_instance, node),
    MEMBER("Address", MEMBER_TEXT, service_instance, node_address),
    MEMBER("Datacenter", MEMBER_TEXT, service_instance, node_datacenter),
    MEMBER("TaggedAddresses", MEMBER_PAIRS, service_instance, node_tagged_addresses),
    MEMBER("Meta", MEMBER_PAIRS, service_instance, node_meta),
};

static const struct member service_members[] = {
    MEMBER("ID", MEMBER_TEXT, service_instance, id),
    MEMBER("Service", MEMBER_TEXT, service_instance, name),
    MEMBER("Tags", MEMBER_TAGS, service_instance, tags),
    MEMBER("Address", MEMBER_TEXT, service_instance, address),
    MEMBER_BY("TaggedAddresses", service_instance, service_tagged_addresses, read_tagged_addresses,
              hash_tagged_addresses, write_tagged_addresses),
    MEMBER("Meta", MEMBER_PAIRS, service_instance, service_meta),
    MEMBER("Port", MEMBER_INT, service_instance, port),
    MEMBER_BY("Weights", service_instance, weights, read_weights, hash_weights, write_weights),
    MEMBER("Namespace", MEMBER_TEXT, service_instance, namespace_name),
    MEMBER("Partition", MEMBER_TEXT, service_instance, partition),
    MEMBER("PeerName", MEMBER_TEXT, service_instance, peer),
};

static bool read_node(struct parts *parts, void *object)
{
    struct draft *draft = object;

    draft->has_node = json_peek(&parts->json) == JSON_OBJECT;
    return parts_read_members(parts, MEMBERS(node_members), &draft->instance);
}

static bool read_service(struct parts *parts, void *object)
{
    struct draft *draft = object;

    draft->has_service = json_peek(&parts->json) == JSON_OBJECT;
    return parts_read_members(parts, MEMBERS(service_members), &draft->instance);
}

static void write_node(struct buf *out, const void *object)
{
    encode_members(out, MEMBERS(node_members), object);
}

static void write_service(struct buf *out, const void *object)
{
    encode_members(out, MEMBERS(service_members), object);
}

static const struct member instance_members[] = {
    MEMBER_OF_ALL("Node", read_node, write_node),
    MEMBER_OF_ALL("Service", read_service, write_service),
    MEMBER_BY("Checks", service_instance, checks, read_checks, hash_checks, write_checks),
};

/* The status of an instance as the peer has it: maintenance counts before the worst check, and a
 * status that is none of Consul's before everything. */
static enum instance_status aggregate_status(const struct array *checks)
{
    const struct health_check *items = checks->items;
    bool is_warning = false, is_critical = false, is_maintenance = false;

    for (size_t i = 0; i < checks->n; i++) {
        const struct health_check *check = &items[i];

        if (slice_is(check->check_id, "_node_maintenance") ||
            slice_starts_with(check->check_id, SLICE("_service_maintenance:")))
            is_maintenance = true;
        else if (slice_is(check->status, "warning"))
            is_warning = true;
        else if (slice_is(check->status, "critical"))
            is_critical = true;
        else if (!slice_is(check->status, "passing"))
            return INSTANCE_UNKNOWN;
    }
    return is_maintenance ? INSTANCE_MAINTENANCE
           : is_critical  ? INSTANCE_CRITICAL
           : is_warning   ? INSTANCE_WARNING
                          : INSTANCE_PASSING;
}

static bool read_instance(struct parts *parts, struct slice name, const void **ret_object,
                          struct content *content)
{
    struct draft draft = { .instance = { .id = SLICE_EMPTY } };
    struct service_instance *instance = &draft.instance;

    (void)name;
    if (!parts_read_members(parts, MEMBERS(instance_members), &draft))
        return false;
    if (!draft.has_node)
        return parts_refuse(parts, "an instance without a Node");
    if (!draft.has_service)
        return parts_refuse(parts, "an instance without a Service");
    if (instance->address.len == 0)
        instance->address = instance->node_address;
    instance->status = aggregate_status(&instance->checks);
    instance->status_name = slice_from(instance_status_name(instance->status));
    content_add_members(content, MEMBERS(node_members), instance);
    content_add_members(content, MEMBERS(service_members), instance);
    hash_checks(&instance->checks, content);
    *ret_object = parts_keep_items(parts, instance, 1, sizeof(*instance)).items;
    return true;
}

static int compare_instances(const void *a, const void *b)
{
    const struct service_instance *left = a, *right = b;
    int order = slice_compare(left->node, right->node);

    return order ? order : slice_compare(left->id, right->id);
}

static void write_instances(struct buf *out, const struct value *root)
{
    encode_list(out, root, MEMBERS(instance_members));
}

const struct decode_kind decode_health = {
    .shape = SCANNER_ELEMENTS,
    .element = read_instance,
    .compare = compare_instances,
    .type = &type_service_instance_list,
    .write = write_instances,
};
