/* SPDX-License-Identifier: MIT */
/* /v1/agent/connect/ca, /v1/partitions, /v1/peerings, /v1/exported-services and
 * /v1/imported-services. */
#include <string.h>

#include "decode_kinds.h"

/* --- Certificates --------------------------------------------------------------------------- */

static const struct member ca_root_members[] = {
    MEMBER("ID", MEMBER_TEXT, ca_root, id),
    MEMBER("Name", MEMBER_TEXT, ca_root, name),
    MEMBER("RootCert", MEMBER_TEXT, ca_root, root_cert),
    MEMBER("Active", MEMBER_BOOL, ca_root, is_active),
    MEMBER("CreateIndex", MEMBER_UINT, ca_root, create_index),
    MEMBER("ModifyIndex", MEMBER_UINT, ca_root, modify_index),
};

static bool read_ca_root(struct parts *parts, void *object)
{
    return parts_read_members(parts, MEMBERS(ca_root_members), object);
}

struct ca_roots_draft {
    struct decoded *decoded;
    struct array roots;
};

static bool read_roots(struct parts *parts, void *object)
{
    struct ca_roots_draft *draft = object;

    return decode_objects(parts, draft->decoded, read_ca_root, sizeof(struct ca_root), NULL,
                          &draft->roots);
}

static const struct member ca_roots_members[] = {
    MEMBER_OF_ALL("Roots", read_roots, NULL),
};

/* The root of the document and its content from n structs in a row. */
static bool take_list(struct decoded *decoded, const struct type *type, struct members members,
                      struct array objects, size_t size)
{
    for (size_t i = 0; i < objects.n; i++)
        content_add_members(&decoded->content, members, (const char *)objects.items + i * size);
    decoded->n_items = objects.n;
    decoded->root = value_list(type, STORED_OBJECTS, objects.items, objects.n);
    return true;
}

static bool read_ca_roots(struct parts *parts, struct decoded *decoded)
{
    struct ca_roots_draft draft = { .decoded = decoded };

    return parts_read_members(parts, MEMBERS(ca_roots_members), &draft) &&
           take_list(decoded, &type_ca_root_list, MEMBERS(ca_root_members), draft.roots,
                     sizeof(struct ca_root));
}

static void write_ca_roots(struct buf *out, const struct value *root)
{
    buf_add_string(out, "{\"Roots\":");
    encode_list(out, root, MEMBERS(ca_root_members));
    buf_add_byte(out, '}');
}

const struct decode_kind decode_ca_roots = { .shape = SCANNER_WHOLE,
                                             .whole = read_ca_roots,
                                             .write = write_ca_roots };

static const struct member ca_leaf_members[] = {
    MEMBER("SerialNumber", MEMBER_TEXT, ca_leaf, serial_number),
    MEMBER("CertPEM", MEMBER_TEXT, ca_leaf, cert),
    MEMBER("PrivateKeyPEM", MEMBER_TEXT, ca_leaf, private_key),
    MEMBER("Service", MEMBER_TEXT, ca_leaf, service),
    MEMBER("ServiceURI", MEMBER_TEXT, ca_leaf, service_uri),
    MEMBER("ValidAfter", MEMBER_MOMENT, ca_leaf, valid_after),
    MEMBER("ValidBefore", MEMBER_MOMENT, ca_leaf, valid_before),
    MEMBER("CreateIndex", MEMBER_UINT, ca_leaf, create_index),
    MEMBER("ModifyIndex", MEMBER_UINT, ca_leaf, modify_index),
};

static bool read_ca_leaf(struct parts *parts, struct decoded *decoded)
{
    struct ca_leaf leaf = { .cert = SLICE_EMPTY };

    if (!parts_read_members(parts, MEMBERS(ca_leaf_members), &leaf))
        return false;
    if (leaf.cert.len == 0 || leaf.private_key.len == 0)
        return parts_refuse(parts, "a leaf without certificate or key");
    content_add_members(&decoded->content, MEMBERS(ca_leaf_members), &leaf);
    decoded->n_items = 1;
    decoded->root = (struct value){
        .type = &type_ca_leaf,
        .object = parts_keep_items(parts, &leaf, 1, sizeof(leaf)).items,
    };
    return true;
}

static void write_ca_leaf(struct buf *out, const struct value *root)
{
    encode_members(out, MEMBERS(ca_leaf_members), root->object);
}

const struct decode_kind decode_ca_leaf = { .shape = SCANNER_WHOLE,
                                            .whole = read_ca_leaf,
                                            .write = write_ca_leaf };

/* --- Partitions ----------------------------------------------------------------------------- */

static const struct member partition_members[] = {
    MEMBER("Name", MEMBER_TEXT, admin_partition, name),
    MEMBER("Description", MEMBER_TEXT, admin_partition, description),
};

static bool read_partition(struct parts *parts, void *object)
{
    return parts_read_members(parts, MEMBERS(partition_members), object);
}

static int compare_partitions(const void *a, const void *b)
{
    const struct admin_partition *left = a, *right = b;

    return slice_compare(left->name, right->name);
}

static bool read_partitions(struct parts *parts, struct decoded *decoded)
{
    struct array partitions;

    return decode_objects(parts, decoded, read_partition, sizeof(struct admin_partition),
                          compare_partitions, &partitions) &&
           take_list(decoded, &type_admin_partition_list, MEMBERS(partition_members), partitions,
                     sizeof(struct admin_partition));
}

static void write_partitions(struct buf *out, const struct value *root)
{
    encode_list(out, root, MEMBERS(partition_members));
}

const struct decode_kind decode_partitions = { .shape = SCANNER_WHOLE,
                                               .whole = read_partitions,
                                               .write = write_partitions };

/* --- Peerings ------------------------------------------------------------------------------- */

static const struct member stream_status_members[] = {
    MEMBER("ImportedServices", MEMBER_TEXTS, peering_stream_status, imported_services),
    MEMBER("ExportedServices", MEMBER_TEXTS, peering_stream_status, exported_services),
    MEMBER("LastHeartbeat", MEMBER_MOMENT, peering_stream_status, last_heartbeat),
    MEMBER("LastReceive", MEMBER_MOMENT, peering_stream_status, last_receive),
    MEMBER("LastSend", MEMBER_MOMENT, peering_stream_status, last_send),
};

static bool read_stream_status(struct parts *parts, void *place)
{
    return parts_read_members(parts, MEMBERS(stream_status_members), place);
}

static void hash_stream_status(const void *place, struct content *content)
{
    content_add_members(content, MEMBERS(stream_status_members), place);
}

static void write_stream_status(struct buf *out, const void *place)
{
    encode_members(out, MEMBERS(stream_status_members), place);
}

static const struct member remote_members[] = {
    MEMBER("Partition", MEMBER_TEXT, peering_remote, partition),
    MEMBER("Datacenter", MEMBER_TEXT, peering_remote, datacenter),
};

static bool read_remote(struct parts *parts, void *place)
{
    return parts_read_members(parts, MEMBERS(remote_members), place);
}

static void hash_remote(const void *place, struct content *content)
{
    content_add_members(content, MEMBERS(remote_members), place);
}

static void write_remote(struct buf *out, const void *place)
{
    encode_members(out, MEMBERS(remote_members), place);
}

static const struct member peering_members[] = {
    MEMBER("ID", MEMBER_TEXT, peering, id),
    MEMBER("Name", MEMBER_TEXT, peering, name),
    MEMBER("Partition", MEMBER_TEXT, peering, partition),
    MEMBER("Meta", MEMBER_PAIRS, peering, meta),
    MEMBER("State", MEMBER_TEXT, peering, state),
    MEMBER("PeerID", MEMBER_TEXT, peering, peer_id),
    MEMBER("PeerServerName", MEMBER_TEXT, peering, peer_server_name),
    MEMBER("PeerServerAddresses", MEMBER_TEXTS, peering, peer_server_addresses),
    MEMBER_BY("StreamStatus", peering, stream_status, read_stream_status, hash_stream_status,
              write_stream_status),
    MEMBER_BY("Remote", peering, remote, read_remote, hash_remote, write_remote),
};

static bool read_peering(struct parts *parts, void *object)
{
    struct peering *peering = object;

    peering->remote = (struct peering_remote){ SLICE_EMPTY, SLICE_EMPTY };
    return parts_read_members(parts, MEMBERS(peering_members), object);
}

static int compare_peerings(const void *a, const void *b)
{
    const struct peering *left = a, *right = b;
    int order = slice_compare(left->state, right->state);

    if (order == 0)
        order = slice_compare(left->partition, right->partition);
    return order ? order : slice_compare(left->name, right->name);
}

static bool read_peerings(struct parts *parts, struct decoded *decoded)
{
    struct array peerings;

    return decode_objects(parts, decoded, read_peering, sizeof(struct peering), compare_peerings,
                          &peerings) &&
           take_list(decoded, &type_peering_list, MEMBERS(peering_members), peerings,
                     sizeof(struct peering));
}

static void write_peerings(struct buf *out, const struct value *root)
{
    encode_list(out, root, MEMBERS(peering_members));
}

const struct decode_kind decode_peerings = { .shape = SCANNER_WHOLE,
                                             .whole = read_peerings,
                                             .write = write_peerings };

/* --- Exported and imported services --------------------------------------------------------- */

static const struct member consumers_members[] = {
    MEMBER("Peers", MEMBER_TEXTS, service_consumers, peers),
    MEMBER("Partitions", MEMBER_TEXTS, service_consumers, partitions),
};

static bool read_consumers(struct parts *parts, void *place)
{
    return parts_read_members(parts, MEMBERS(consumers_members), place);
}

static void hash_consumers(const void *place, struct content *content)
{
    content_add_members(content, MEMBERS(consumers_members), place);
}

static void write_consumers(struct buf *out, const void *place)
{
    encode_members(out, MEMBERS(consumers_members), place);
}

static const struct member exported_members[] = {
    MEMBER("Service", MEMBER_TEXT, exported_service, service),
    MEMBER("Partition", MEMBER_TEXT, exported_service, partition),
    MEMBER("Namespace", MEMBER_TEXT, exported_service, namespace_name),
    MEMBER_BY("Consumers", exported_service, consumers, read_consumers, hash_consumers,
              write_consumers),
};

static bool read_exported(struct parts *parts, void *object)
{
    return parts_read_members(parts, MEMBERS(exported_members), object);
}

static int compare_exported(const void *a, const void *b)
{
    const struct exported_service *left = a, *right = b;

    return slice_compare(left->service, right->service);
}

static bool read_exported_services(struct parts *parts, struct decoded *decoded)
{
    struct array services;

    return decode_objects(parts, decoded, read_exported, sizeof(struct exported_service),
                          compare_exported, &services) &&
           take_list(decoded, &type_exported_service_list, MEMBERS(exported_members), services,
                     sizeof(struct exported_service));
}

static void write_exported_services(struct buf *out, const struct value *root)
{
    encode_list(out, root, MEMBERS(exported_members));
}

const struct decode_kind decode_exported_services = { .shape = SCANNER_WHOLE,
                                                      .whole = read_exported_services,
                                                      .write = write_exported_services };

static const struct member imported_members[] = {
    MEMBER("Service", MEMBER_TEXT, imported_service, service),
    MEMBER("Namespace", MEMBER_TEXT, imported_service, namespace_name),
    MEMBER("SourcePartition", MEMBER_TEXT, imported_service, source_partition),
};

static bool read_imported(struct parts *parts, void *object)
{
    return parts_read_members(parts, MEMBERS(imported_members), object);
}

static int compare_imported(const void *a, const void *b)
{
    const struct imported_service *left = a, *right = b;

    return slice_compare(left->service, right->service);
}

struct imported_draft {
    struct decoded *decoded;
    struct array services;
};

static bool read_imported_list(struct parts *parts, void *object)
{
    struct imported_draft *draft = object;

    return decode_objects(parts, draft->decoded, read_imported, sizeof(struct imported_service),
                          compare_imported, &draft->services);
}

static const struct member imported_answer_members[] = {
    MEMBER_OF_ALL("ImportedServices", read_imported_list, NULL),
};

/* Consul's enterprise edition wraps the list into an object, the community's does not. */
static bool read_imported_services(struct parts *parts, struct decoded *decoded)
{
    struct imported_draft draft = { .decoded = decoded };
    bool is_wrapped = json_peek(&parts->json) == JSON_OBJECT;

    if (is_wrapped ? !parts_read_members(parts, MEMBERS(imported_answer_members), &draft)
                   : !read_imported_list(parts, &draft))
        return false;
    return take_list(decoded, &type_imported_service_list, MEMBERS(imported_members),
                     draft.services, sizeof(struct imported_service));
}

static void write_imported_services(struct buf *out, const struct value *root)
{
    encode_list(out, root, MEMBERS(imported_members));
}

const struct decode_kind decode_imported_services = { .shape = SCANNER_WHOLE,
                                                      .whole = read_imported_services,
                                                      .write = write_imported_services };
