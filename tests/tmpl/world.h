/* SPDX-License-Identifier: MIT */
/* A small, fixed world that the templates of tests ask: no network, no clock. */
#pragma once

#include <string.h>

#include "data/catalog.h"
#include "data/dep.h"
#include "tmpl/template.h"

#define WORLD_TEXT(literal)          \
    {                                \
        literal, sizeof(literal) - 1 \
    }
#define WORLD_ARRAY(items)       \
    {                            \
        items, ARRAY_SIZE(items) \
    }

/* --- Services: "web" with one instance in each status, "empty" without any ---------------- */

static const struct slice world_blue[] = { WORLD_TEXT("blue"), WORLD_TEXT("v1.4") };
static const struct slice world_green[] = { WORLD_TEXT("green") };
static const struct pair world_meta[] = {
    { WORLD_TEXT("version"), WORLD_TEXT("1.4") },
    { WORLD_TEXT("weight"), WORLD_TEXT("30") },
};
static const struct health_check world_checks[] = {
    { .check_id = WORLD_TEXT("alive"), .status = WORLD_TEXT("passing") },
};

#define WORLD_INSTANCE(node_name, host, number, status_text, status_code, tag_list)   \
    {                                                                                 \
        .node = WORLD_TEXT(node_name), .node_address = WORLD_TEXT(host),              \
        .address = WORLD_TEXT(host), .id = WORLD_TEXT("web-" node_name),              \
        .name = WORLD_TEXT("web"), .port = (number), .tags = WORLD_ARRAY(tag_list),   \
        .service_meta = WORLD_ARRAY(world_meta), .checks = WORLD_ARRAY(world_checks), \
        .status_name = WORLD_TEXT(status_text), .status = (status_code)               \
    }

static const struct service_instance world_instances[] = {
    WORLD_INSTANCE("a1", "10.0.0.1", 8001, "passing", INSTANCE_PASSING, world_blue),
    WORLD_INSTANCE("a2", "10.0.0.2", 8002, "warning", INSTANCE_WARNING, world_blue),
    WORLD_INSTANCE("b1", "10.0.0.3", 8003, "critical", INSTANCE_CRITICAL, world_green),
    WORLD_INSTANCE("b2", "10.0.0.4", 8004, "maintenance", INSTANCE_MAINTENANCE, world_green),
    WORLD_INSTANCE("c1", "10.0.0.5", 8005, "", INSTANCE_UNKNOWN, world_green),
    WORLD_INSTANCE("d1", "10.0.0.6", 8006, "passing", INSTANCE_PASSING, world_green),
};

static const struct service_name world_names[] = {
    { .name = WORLD_TEXT("empty") },
    { .name = WORLD_TEXT("web"), .tags = WORLD_ARRAY(world_blue) },
};

/* --- Nodes, datacenters ---------------------------------------------------------------------- */

static const struct catalog_node world_nodes[] = {
    { .id = WORLD_TEXT("id-a1"),
      .node = WORLD_TEXT("a1"),
      .address = WORLD_TEXT("10.0.0.1"),
      .datacenter = WORLD_TEXT("dc1"),
      .meta = WORLD_ARRAY(world_meta) },
    { .id = WORLD_TEXT("id-a2"), .node = WORLD_TEXT("a2"), .address = WORLD_TEXT("10.0.0.2") },
};
static const struct node_service world_node_services[] = {
    { .id = WORLD_TEXT("web-a1"), .service = WORLD_TEXT("web"), .port = 8001 },
};
static const struct node_answer world_node = { &world_nodes[0], WORLD_ARRAY(world_node_services) };
static const struct node_answer world_no_node = { NULL, { NULL, 0 } };
static const struct slice world_datacenters[] = { WORLD_TEXT("dc1"), WORLD_TEXT("dc2") };

/* --- Keys ------------------------------------------------------------------------------------ */

static const struct kv_pair world_name = { .path = WORLD_TEXT("app/name"),
                                           .value = WORLD_TEXT("storefront") };
static const struct kv_pair world_empty = { .path = WORLD_TEXT("app/empty") };
static const struct kv_pair world_json = {
    .path = WORLD_TEXT("app/json"),
    .value = WORLD_TEXT("{\"a\":1,\"n\":null,\"deep\":{\"list\":[1,null,\"x\"]}}")
};
static const struct kv_pair world_pairs[] = {
    { .path = WORLD_TEXT("app"), .key = WORLD_TEXT("") },
    { .path = WORLD_TEXT("app/dir/"), .key = WORLD_TEXT("dir/") },
    { .path = WORLD_TEXT("app/dir/x"), .key = WORLD_TEXT("dir/x"), .value = WORLD_TEXT("deep") },
    { .path = WORLD_TEXT("app/name"),
      .key = WORLD_TEXT("name"),
      .value = WORLD_TEXT("storefront") },
};

/* --- Answers --------------------------------------------------------------------------------- */

#define WORLD_LIST(list_type, storage_kind, items_)                                   \
    {                                                                                 \
        .type = &(list_type), .list = {(items_), ARRAY_SIZE(items_), (storage_kind) } \
    }
#define WORLD_NOTHING(list_type)                                  \
    {                                                             \
        .type = &(list_type), .list = { NULL, 0, STORED_OBJECTS } \
    }
#define WORLD_OBJECT(pointer_type, object_)           \
    {                                                 \
        .type = &(pointer_type), .object = &(object_) \
    }

static const struct {
    const char *key;
    struct value value; /* of type NULL: there is no such thing */
} world[] = {
    { "health.service(web)",
      WORLD_LIST(type_service_instance_list, STORED_OBJECTS, world_instances) },
    { "health.service(empty)", WORLD_NOTHING(type_service_instance_list) },
    { "health.connect(web)",
      WORLD_LIST(type_service_instance_list, STORED_OBJECTS, world_instances) },
    { "catalog.services()", WORLD_LIST(type_service_name_list, STORED_OBJECTS, world_names) },
    { "catalog.nodes()", WORLD_LIST(type_catalog_node_list, STORED_OBJECTS, world_nodes) },
    { "catalog.node(a1)", WORLD_OBJECT(type_node_answer_ptr, world_node) },
    { "catalog.node()", WORLD_OBJECT(type_node_answer_ptr, world_node) },
    { "catalog.node(none)", WORLD_OBJECT(type_node_answer_ptr, world_no_node) },
    { "catalog.datacenters()", WORLD_LIST(type_string_list, STORED_SLICES, world_datacenters) },
    { "kv.get(app/name)", WORLD_OBJECT(type_kv_pair_ptr, world_name) },
    { "kv.get(app/empty)", WORLD_OBJECT(type_kv_pair_ptr, world_empty) },
    { "kv.get(app/json)", WORLD_OBJECT(type_kv_pair_ptr, world_json) },
    { "kv.get(app/absent)", { .type = NULL } },
    { "kv.list(app)", WORLD_LIST(type_kv_pair_list, STORED_OBJECTS, world_pairs) },
    { "kv.list(none)", { .type = NULL } },
    { "file(motd)", { .type = &type_string, .text = { "Hello\n", 6, NULL } } },
    { "file(absent)", { .type = NULL } },
};

/* What is not in the table is never answered. */
static enum answer world_get(void *ctx, const struct dep *dep, const struct value **ret_value)
{
    (void)ctx;
    for (size_t i = 0; i < ARRAY_SIZE(world); i++) {
        if (!slice_is(dep->key, world[i].key))
            continue;
        *ret_value = &world[i].value;
        return world[i].value.type ? ANSWER_READY : ANSWER_ABSENT;
    }
    return ANSWER_PENDING;
}

static const char *world_get_env(void *ctx, const char *name)
{
    (void)ctx;
    if (strcmp(name, "NAME") == 0)
        return "edge";
    return strcmp(name, "EMPTY") == 0 ? "" : NULL;
}

static const struct render_environment world_environment = {
    .answers = { .get = world_get },
    .get_env = world_get_env,
    .now = { 1700000000, 0 },
};
