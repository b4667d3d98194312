/* SPDX-License-Identifier: MIT */
/* What Consul knows, as C structs: one for each kind of thing that an answer lists, with the type
 * through which templates read it (names and order of the fields are the peer's).
 *
 * All texts are foreign (Consul's catalogue), except the values of the KV store and certificates,
 * which the operator writes. They live in the arena of their document. Empty texts have length 0.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "data/value.h"

enum check_status { /* of one check */
                    CHECK_PASSING,
                    CHECK_WARNING,
                    CHECK_CRITICAL,
                    CHECK_UNKNOWN, /* any other text: the catalogue accepts everything */
};

/* An instance's status, aggregated over its checks (node checks and its own). */
enum instance_status {
    INSTANCE_PASSING,
    INSTANCE_WARNING,
    INSTANCE_CRITICAL,
    INSTANCE_MAINTENANCE,
    INSTANCE_UNKNOWN, /* a check has a status that is none of Consul's; prints as "" */
};

const char *instance_status_name(enum instance_status status);

struct health_check {
    struct slice node, check_id, name, status, notes, output, service_id, service_name, type;
    struct array service_tags; /* of slices */
    struct slice namespace_name, partition;
};

struct tagged_address {
    struct slice address;
    int64_t port;
};

struct weights {
    int64_t passing, warning;
};

/* One instance of a service, with its node and checks: an element of /v1/health/service/NAME. */
struct service_instance {
    /* What most templates print of thousands of them, side by side in one line of the cache. */
    struct slice node;
    struct slice address; /* the service's, or the node's if that is empty */
    struct slice id;
    int64_t port;
    enum instance_status status;

    struct array tags; /* of slices, sorted */
    struct slice name, node_id, node_address, node_datacenter;
    struct array node_tagged_addresses, node_meta; /* of pairs */
    struct array service_meta;                     /* of pairs */
    struct array service_tagged_addresses;         /* of named_object to tagged_address */
    struct array checks;                           /* of health_check */
    struct slice status_name;
    struct weights weights;
    struct slice namespace_name, partition, peer;
};

struct service_name { /* an entry of /v1/catalog/services */
    struct slice name;
    struct array tags; /* of slices, sorted */
};

struct catalog_node {
    struct slice id, node, address, datacenter;
    struct array tagged_addresses, meta; /* of pairs */
};

struct node_service { /* a service of /v1/catalog/node/NAME */
    struct slice id, service;
    struct array tags; /* of slices, sorted */
    struct array meta; /* of pairs */
    int64_t port;
    struct slice address;
    bool enable_tag_override;
};

struct node_answer {                 /* what `node` returns */
    const struct catalog_node *node; /* NULL: there is no such node */
    struct array services;           /* of node_service */
};

struct kv_pair {
    struct slice path, key, value; /* key: the path without the prefix that was asked for */
    uint64_t create_index, modify_index, lock_index, flags;
    struct slice session;
};

struct ca_root {
    struct slice id, name, root_cert;
    bool is_active;
    uint64_t create_index, modify_index;
};

struct ca_leaf {
    struct slice serial_number, cert, private_key, service, service_uri;
    struct value valid_after, valid_before; /* times */
    uint64_t create_index, modify_index;
};

struct admin_partition { /* an entry of /v1/partitions */
    struct slice name, description;
};

struct peering_stream_status {
    struct array imported_services, exported_services;    /* of slices */
    struct value last_heartbeat, last_receive, last_send; /* times; nil: never */
};

struct peering_remote {
    struct slice partition, datacenter;
};

struct peering { /* an entry of /v1/peerings */
    struct slice id, name, partition;
    struct array meta; /* of pairs */
    struct slice state, peer_id, peer_server_name;
    struct array peer_server_addresses; /* of slices */
    struct peering_stream_status stream_status;
    struct peering_remote remote;
};

struct service_consumers {
    struct array peers, partitions; /* of slices */
};

struct exported_service { /* an entry of /v1/exported-services */
    struct slice service, partition, namespace_name;
    struct service_consumers consumers;
};

struct imported_service { /* an entry of /v1/imported-services */
    struct slice service, namespace_name, source_partition;
};

/* Static types; each list below is of pointers to its struct (exported and imported services: of
 * the structs themselves). */
extern const struct type type_service_instance, type_health_check, type_tagged_address,
    type_weights, type_service_name, type_catalog_node, type_node_service, type_node_answer,
    type_kv_pair, type_ca_root, type_ca_leaf, type_admin_partition, type_peering,
    type_exported_service, type_imported_service;
extern const struct type type_service_instance_ptr, type_service_name_ptr, type_catalog_node_ptr,
    type_node_answer_ptr, type_kv_pair_ptr;
extern const struct type type_service_instance_list, type_service_name_list, type_catalog_node_list,
    type_node_service_list, type_health_check_list, type_kv_pair_list, type_ca_root_list,
    type_admin_partition_list, type_peering_list, type_exported_service_list,
    type_imported_service_list;
