/* SPDX-License-Identifier: MIT */
/* How templates see what Consul knows: the descriptors of the C structs in data/catalog.h. Names
 * and order of the fields are the peer's: templates name them and %v prints them in this order. */
#include "data/catalog.h"

#define FIELDS(array) .fields = (array), .n_fields = ARRAY_SIZE(array)

/* Rows: the C struct, the member, the name that templates use. */
#define FOREIGN(of, member, name)                                              \
    {                                                                          \
        name, &type_string, STORED_FOREIGN_SLICES, offsetof(struct of, member) \
    }
#define OWN(of, member, name)                                          \
    {                                                                  \
        name, &type_string, STORED_SLICES, offsetof(struct of, member) \
    }
#define TAGS(of, member, name)                                               \
    {                                                                        \
        name, &type_tags, STORED_FOREIGN_SLICES, offsetof(struct of, member) \
    }
#define PAIRS(of, member, name)                                                    \
    {                                                                              \
        name, &type_string_map, STORED_FOREIGN_SLICES, offsetof(struct of, member) \
    }
#define NUMBER(of, member, name, type)                          \
    {                                                           \
        name, type, STORED_NUMBERS, offsetof(struct of, member) \
    }
#define VALUE(of, member, name, type)                          \
    {                                                          \
        name, type, STORED_VALUES, offsetof(struct of, member) \
    }
#define LIST(of, member, name, type)                            \
    {                                                           \
        name, type, STORED_OBJECTS, offsetof(struct of, member) \
    }

#define POINTER_TO(struct_name, peer_name)                                           \
    const struct type type_##struct_name##_ptr = { .name = "*dependency." peer_name, \
                                                   .kind = KIND_POINTER,             \
                                                   .elem = &type_##struct_name }
#define LIST_OF(struct_name, peer_name)                                                 \
    const struct type type_##struct_name##_list = { .name = "[]*dependency." peer_name, \
                                                    .kind = KIND_LIST,                  \
                                                    .elem = &type_##struct_name##_ptr }

const char *instance_status_name(enum instance_status status)
{
    switch (status) {
    case INSTANCE_PASSING: return "passing";
    case INSTANCE_WARNING: return "warning";
    case INSTANCE_CRITICAL: return "critical";
    case INSTANCE_MAINTENANCE: return "maintenance";
    case INSTANCE_UNKNOWN: return "";
    }
    return "";
}

/* --- Checks -------------------------------------------------------------------------------- */

static const struct field health_check_fields[] = {
    FOREIGN(health_check, node, "Node"),
    FOREIGN(health_check, check_id, "CheckID"),
    FOREIGN(health_check, name, "Name"),
    FOREIGN(health_check, status, "Status"),
    FOREIGN(health_check, notes, "Notes"),
    FOREIGN(health_check, output, "Output"),
    FOREIGN(health_check, service_id, "ServiceID"),
    FOREIGN(health_check, service_name, "ServiceName"),
    { "ServiceTags", &type_string_list, STORED_FOREIGN_SLICES,
      offsetof(struct health_check, service_tags) },
    FOREIGN(health_check, type, "Type"),
    FOREIGN(health_check, namespace_name, "Namespace"),
    FOREIGN(health_check, partition, "Partition"),
};

const struct type type_health_check = { .name = "api.HealthCheck",
                                        .kind = KIND_STRUCT,
                                        FIELDS(health_check_fields),
                                        .size = sizeof(struct health_check) };
static const struct type type_health_check_ptr = { .name = "*api.HealthCheck",
                                                   .kind = KIND_POINTER,
                                                   .elem = &type_health_check };
const struct type type_health_check_list = { .name = "api.HealthChecks",
                                             .kind = KIND_LIST,
                                             .elem = &type_health_check_ptr };

/* --- Instances of a service ---------------------------------------------------------------- */

static const struct field tagged_address_fields[] = {
    FOREIGN(tagged_address, address, "Address"),
    NUMBER(tagged_address, port, "Port", &type_int),
};

const struct type type_tagged_address = { .name = "api.ServiceAddress",
                                          .kind = KIND_STRUCT,
                                          FIELDS(tagged_address_fields),
                                          .size = sizeof(struct tagged_address) };
static const struct type type_tagged_address_map = { .name = "map[string]api.ServiceAddress",
                                                     .kind = KIND_MAP,
                                                     .key = &type_string,
                                                     .elem = &type_tagged_address };

static const struct field weights_fields[] = {
    NUMBER(weights, passing, "Passing", &type_int),
    NUMBER(weights, warning, "Warning", &type_int),
};

const struct type type_weights = { .name = "api.AgentWeights",
                                   .kind = KIND_STRUCT,
                                   FIELDS(weights_fields),
                                   .size = sizeof(struct weights) };

static const struct field service_instance_fields[] = {
    FOREIGN(service_instance, node, "Node"),
    FOREIGN(service_instance, node_id, "NodeID"),
    FOREIGN(service_instance, node_address, "NodeAddress"),
    FOREIGN(service_instance, node_datacenter, "NodeDatacenter"),
    PAIRS(service_instance, node_tagged_addresses, "NodeTaggedAddresses"),
    PAIRS(service_instance, node_meta, "NodeMeta"),
    PAIRS(service_instance, service_meta, "ServiceMeta"),
    FOREIGN(service_instance, address, "Address"),
    { "ServiceTaggedAddresses", &type_tagged_address_map, STORED_POINTERS,
      offsetof(struct service_instance, service_tagged_addresses) },
    FOREIGN(service_instance, id, "ID"),
    FOREIGN(service_instance, name, "Name"),
    TAGS(service_instance, tags, "Tags"),
    LIST(service_instance, checks, "Checks", &type_health_check_list),
    FOREIGN(service_instance, status_name, "Status"),
    NUMBER(service_instance, port, "Port", &type_int),
    { "Weights", &type_weights, STORED_OBJECTS, offsetof(struct service_instance, weights) },
    FOREIGN(service_instance, namespace_name, "Namespace"),
    FOREIGN(service_instance, partition, "Partition"),
    FOREIGN(service_instance, peer, "Peer"),
};

const struct type type_service_instance = { .name = "dependency.HealthService",
                                            .kind = KIND_STRUCT,
                                            FIELDS(service_instance_fields),
                                            .size = sizeof(struct service_instance) };
POINTER_TO(service_instance, "HealthService");
LIST_OF(service_instance, "HealthService");

/* --- The catalogue ------------------------------------------------------------------------- */

static const struct field service_name_fields[] = {
    FOREIGN(service_name, name, "Name"),
    TAGS(service_name, tags, "Tags"),
};

const struct type type_service_name = { .name = "dependency.CatalogSnippet",
                                        .kind = KIND_STRUCT,
                                        FIELDS(service_name_fields),
                                        .size = sizeof(struct service_name) };
POINTER_TO(service_name, "CatalogSnippet");
LIST_OF(service_name, "CatalogSnippet");

static const struct field catalog_node_fields[] = {
    FOREIGN(catalog_node, id, "ID"),
    FOREIGN(catalog_node, node, "Node"),
    FOREIGN(catalog_node, address, "Address"),
    FOREIGN(catalog_node, datacenter, "Datacenter"),
    PAIRS(catalog_node, tagged_addresses, "TaggedAddresses"),
    PAIRS(catalog_node, meta, "Meta"),
};

const struct type type_catalog_node = { .name = "dependency.Node",
                                        .kind = KIND_STRUCT,
                                        FIELDS(catalog_node_fields),
                                        .size = sizeof(struct catalog_node) };
POINTER_TO(catalog_node, "Node");
LIST_OF(catalog_node, "Node");

static const struct field node_service_fields[] = {
    FOREIGN(node_service, id, "ID"),
    FOREIGN(node_service, service, "Service"),
    TAGS(node_service, tags, "Tags"),
    PAIRS(node_service, meta, "Meta"),
    NUMBER(node_service, port, "Port", &type_int),
    FOREIGN(node_service, address, "Address"),
    NUMBER(node_service, enable_tag_override, "EnableTagOverride", &type_bool),
};

const struct type type_node_service = { .name = "dependency.CatalogNodeService",
                                        .kind = KIND_STRUCT,
                                        FIELDS(node_service_fields),
                                        .size = sizeof(struct node_service) };
static const struct type type_node_service_ptr = { .name = "*dependency.CatalogNodeService",
                                                   .kind = KIND_POINTER,
                                                   .elem = &type_node_service };
LIST_OF(node_service, "CatalogNodeService");

static const struct field node_answer_fields[] = {
    { "Node", &type_catalog_node_ptr, STORED_POINTERS, offsetof(struct node_answer, node) },
    LIST(node_answer, services, "Services", &type_node_service_list),
};

const struct type type_node_answer = { .name = "dependency.CatalogNode",
                                       .kind = KIND_STRUCT,
                                       FIELDS(node_answer_fields),
                                       .size = sizeof(struct node_answer) };
POINTER_TO(node_answer, "CatalogNode");

/* --- The KV store: the operator's own text -------------------------------------------------- */

static const struct field kv_pair_fields[] = {
    OWN(kv_pair, path, "Path"),
    OWN(kv_pair, key, "Key"),
    OWN(kv_pair, value, "Value"),
    NUMBER(kv_pair, create_index, "CreateIndex", &type_uint64),
    NUMBER(kv_pair, modify_index, "ModifyIndex", &type_uint64),
    NUMBER(kv_pair, lock_index, "LockIndex", &type_uint64),
    NUMBER(kv_pair, flags, "Flags", &type_uint64),
    OWN(kv_pair, session, "Session"),
};

const struct type type_kv_pair = { .name = "dependency.KeyPair",
                                   .kind = KIND_STRUCT,
                                   FIELDS(kv_pair_fields),
                                   .size = sizeof(struct kv_pair) };
POINTER_TO(kv_pair, "KeyPair");
LIST_OF(kv_pair, "KeyPair");

/* --- Connect ------------------------------------------------------------------------------- */

static const struct field ca_root_fields[] = {
    OWN(ca_root, id, "ID"),
    OWN(ca_root, name, "Name"),
    OWN(ca_root, root_cert, "RootCertPEM"),
    NUMBER(ca_root, is_active, "Active", &type_bool),
    NUMBER(ca_root, create_index, "CreateIndex", &type_uint64),
    NUMBER(ca_root, modify_index, "ModifyIndex", &type_uint64),
};

const struct type type_ca_root = { .name = "api.CARoot",
                                   .kind = KIND_STRUCT,
                                   FIELDS(ca_root_fields),
                                   .size = sizeof(struct ca_root) };
static const struct type type_ca_root_ptr = { .name = "*api.CARoot",
                                              .kind = KIND_POINTER,
                                              .elem = &type_ca_root };
const struct type type_ca_root_list = { .name = "[]*api.CARoot",
                                        .kind = KIND_LIST,
                                        .elem = &type_ca_root_ptr };

static const struct field ca_leaf_fields[] = {
    OWN(ca_leaf, serial_number, "SerialNumber"),
    OWN(ca_leaf, cert, "CertPEM"),
    OWN(ca_leaf, private_key, "PrivateKeyPEM"),
    OWN(ca_leaf, service, "Service"),
    OWN(ca_leaf, service_uri, "ServiceURI"),
    VALUE(ca_leaf, valid_after, "ValidAfter", &type_time),
    VALUE(ca_leaf, valid_before, "ValidBefore", &type_time),
    NUMBER(ca_leaf, create_index, "CreateIndex", &type_uint64),
    NUMBER(ca_leaf, modify_index, "ModifyIndex", &type_uint64),
};

const struct type type_ca_leaf = { .name = "api.LeafCert",
                                   .kind = KIND_STRUCT,
                                   FIELDS(ca_leaf_fields),
                                   .size = sizeof(struct ca_leaf) };

/* --- Partitions, peers and what they share --------------------------------------------------- */

#define TEXTS(of, member, name)                                                     \
    {                                                                               \
        name, &type_string_list, STORED_FOREIGN_SLICES, offsetof(struct of, member) \
    }
#define NESTED(of, member, name, type)                          \
    {                                                           \
        name, type, STORED_OBJECTS, offsetof(struct of, member) \
    }

static const struct field admin_partition_fields[] = {
    FOREIGN(admin_partition, name, "Name"),
    FOREIGN(admin_partition, description, "Description"),
};

const struct type type_admin_partition = { .name = "dependency.Partition",
                                           .kind = KIND_STRUCT,
                                           FIELDS(admin_partition_fields),
                                           .size = sizeof(struct admin_partition) };
static const struct type type_admin_partition_ptr = { .name = "*dependency.Partition",
                                                      .kind = KIND_POINTER,
                                                      .elem = &type_admin_partition };
LIST_OF(admin_partition, "Partition");

static const struct field peering_stream_status_fields[] = {
    TEXTS(peering_stream_status, imported_services, "ImportedServices"),
    TEXTS(peering_stream_status, exported_services, "ExportedServices"),
    VALUE(peering_stream_status, last_heartbeat, "LastHeartbeat", &type_time),
    VALUE(peering_stream_status, last_receive, "LastReceive", &type_time),
    VALUE(peering_stream_status, last_send, "LastSend", &type_time),
};

static const struct type type_peering_stream_status = { .name = "dependency.PeeringStreamStatus",
                                                        .kind = KIND_STRUCT,
                                                        FIELDS(peering_stream_status_fields),
                                                        .size =
                                                            sizeof(struct peering_stream_status) };

static const struct field peering_remote_fields[] = {
    FOREIGN(peering_remote, partition, "Partition"),
    FOREIGN(peering_remote, datacenter, "Datacenter"),
};

static const struct type type_peering_remote = { .name = "dependency.PeeringRemoteInfo",
                                                 .kind = KIND_STRUCT,
                                                 FIELDS(peering_remote_fields),
                                                 .size = sizeof(struct peering_remote) };

static const struct field peering_fields[] = {
    FOREIGN(peering, id, "ID"),
    FOREIGN(peering, name, "Name"),
    FOREIGN(peering, partition, "Partition"),
    PAIRS(peering, meta, "Meta"),
    FOREIGN(peering, state, "PeeringState"),
    FOREIGN(peering, peer_id, "PeerID"),
    FOREIGN(peering, peer_server_name, "PeerServerName"),
    TEXTS(peering, peer_server_addresses, "PeerServerAddresses"),
    NESTED(peering, stream_status, "StreamStatus", &type_peering_stream_status),
    NESTED(peering, remote, "Remote", &type_peering_remote),
};

const struct type type_peering = { .name = "dependency.Peering",
                                   .kind = KIND_STRUCT,
                                   FIELDS(peering_fields),
                                   .size = sizeof(struct peering) };
static const struct type type_peering_ptr = { .name = "*dependency.Peering",
                                              .kind = KIND_POINTER,
                                              .elem = &type_peering };
LIST_OF(peering, "Peering");

static const struct field service_consumers_fields[] = {
    TEXTS(service_consumers, peers, "Peers"),
    TEXTS(service_consumers, partitions, "Partitions"),
};

static const struct type type_service_consumers = { .name = "dependency.ResolvedConsumers",
                                                    .kind = KIND_STRUCT,
                                                    FIELDS(service_consumers_fields),
                                                    .size = sizeof(struct service_consumers) };

static const struct field exported_service_fields[] = {
    FOREIGN(exported_service, service, "Service"),
    FOREIGN(exported_service, partition, "Partition"),
    FOREIGN(exported_service, namespace_name, "Namespace"),
    NESTED(exported_service, consumers, "Consumers", &type_service_consumers),
};

const struct type type_exported_service = { .name = "dependency.ExportedService",
                                            .kind = KIND_STRUCT,
                                            FIELDS(exported_service_fields),
                                            .size = sizeof(struct exported_service) };
const struct type type_exported_service_list = { .name = "[]dependency.ExportedService",
                                                 .kind = KIND_LIST,
                                                 .elem = &type_exported_service };

static const struct field imported_service_fields[] = {
    FOREIGN(imported_service, service, "Service"),
    FOREIGN(imported_service, namespace_name, "Namespace"),
    FOREIGN(imported_service, source_partition, "SourcePartition"),
};

const struct type type_imported_service = { .name = "dependency.ImportedService",
                                            .kind = KIND_STRUCT,
                                            FIELDS(imported_service_fields),
                                            .size = sizeof(struct imported_service) };
const struct type type_imported_service_list = { .name = "[]dependency.ImportedService",
                                                 .kind = KIND_LIST,
                                                 .elem = &type_imported_service };
