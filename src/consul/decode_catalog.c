/* SPDX-License-Identifier: MIT */
/* /v1/catalog: services, nodes, one node, datacenters; and what an agent says of itself. */
#include <stdlib.h>
#include <string.h>

#include "decode.h"
#include "decode_kinds.h"

/* --- Services ------------------------------------------------------------------------------- */

static const struct member service_name_members[] = {
    MEMBER("", MEMBER_TEXT, service_name, name),
    MEMBER("", MEMBER_TAGS, service_name, tags),
};

static bool read_service_name(struct parts *parts, struct slice name, const void **ret_object,
                              struct content *content)
{
    struct service_name service = { .name = name };

    if (!parts_read_texts(parts, true, offsetof(struct service_name, tags), &service.tags))
        return false;
    content_add_members(content, MEMBERS(service_name_members), &service);
    *ret_object = parts_keep_items(parts, &service, 1, sizeof(service)).items;
    return true;
}

static int compare_service_names(const void *a, const void *b)
{
    const struct service_name *left = a, *right = b;

    return slice_compare(left->name, right->name);
}

static void write_service_names(struct buf *out, const struct value *root)
{
    buf_add_byte(out, '{');
    for (size_t i = 0; i < root->list.n; i++) {
        const struct service_name *service = value_list_get(root, i).object;

        buf_add_string(out, i ? ",\n" : "");
        encode_text(out, service->name);
        buf_add_byte(out, ':');
        encode_texts(out, &service->tags);
    }
    buf_add_byte(out, '}');
}

const struct decode_kind decode_services = {
    .shape = SCANNER_MEMBERS,
    .element = read_service_name,
    .compare = compare_service_names,
    .type = &type_service_name_list,
    .write = write_service_names,
};

/* --- Nodes ---------------------------------------------------------------------------------- */

static const struct member node_members[] = {
    MEMBER("ID", MEMBER_TEXT, catalog_node, id),
    MEMBER("Node", MEMBER_TEXT, catalog_node, node),
    MEMBER("Address", MEMBER_TEXT, catalog_node, address),
    MEMBER("Datacenter", MEMBER_TEXT, catalog_node, datacenter),
    MEMBER("TaggedAddresses", MEMBER_PAIRS, catalog_node, tagged_addresses),
    MEMBER("Meta", MEMBER_PAIRS, catalog_node, meta),
};

static bool read_node(struct parts *parts, struct slice name, const void **ret_object,
                      struct content *content)
{
    struct catalog_node node = { .node = SLICE_EMPTY };

    (void)name;
    if (json_peek(&parts->json) == JSON_NULL)
        return parts_refuse(parts, "a node that is null");
    if (!parts_read_members(parts, MEMBERS(node_members), &node))
        return false;
    content_add_members(content, MEMBERS(node_members), &node);
    *ret_object = parts_keep_items(parts, &node, 1, sizeof(node)).items;
    return true;
}

static int compare_nodes(const void *a, const void *b)
{
    const struct catalog_node *left = a, *right = b;
    int order = slice_compare(left->node, right->node);

    return order ? order : slice_compare(left->address, right->address);
}

static void write_nodes(struct buf *out, const struct value *root)
{
    encode_list(out, root, MEMBERS(node_members));
}

const struct decode_kind decode_nodes = {
    .shape = SCANNER_ELEMENTS,
    .element = read_node,
    .compare = compare_nodes,
    .type = &type_catalog_node_list,
    .write = write_nodes,
};

/* --- One node and its services -------------------------------------------------------------- */

static const struct member node_service_members[] = {
    MEMBER("ID", MEMBER_TEXT, node_service, id),
    MEMBER("Service", MEMBER_TEXT, node_service, service),
    MEMBER("Tags", MEMBER_TAGS, node_service, tags),
    MEMBER("Meta", MEMBER_PAIRS, node_service, meta),
    MEMBER("Port", MEMBER_INT, node_service, port),
    MEMBER("Address", MEMBER_TEXT, node_service, address),
    MEMBER("EnableTagOverride", MEMBER_BOOL, node_service, enable_tag_override),
};

static bool read_node_service(struct parts *parts, void *object)
{
    if (json_peek(&parts->json) == JSON_NULL)
        return parts_refuse(parts, "a service that is null");
    return parts_read_members(parts, MEMBERS(node_service_members), object);
}

static int compare_node_services(const void *a, const void *b)
{
    const struct node_service *left = a, *right = b;
    int order = slice_compare(left->service, right->service);

    return order ? order : slice_compare(left->id, right->id);
}

/* The answer while its members come in. */
struct node_draft {
    struct decoded *decoded;
    struct node_answer answer;
};

static bool read_answer_node(struct parts *parts, void *object)
{
    struct node_draft *draft = object;
    const void *node;

    return read_node(parts, SLICE_EMPTY, &node, &draft->decoded->content) &&
           (draft->answer.node = node) != NULL;
}

static bool read_answer_services(struct parts *parts, void *object)
{
    struct node_draft *draft = object;

    return decode_objects(parts, draft->decoded, read_node_service, sizeof(struct node_service),
                          compare_node_services, &draft->answer.services);
}

static const struct member node_answer_members[] = {
    MEMBER_OF_ALL("Node", read_answer_node, NULL),
    MEMBER_OF_ALL("Services", read_answer_services, NULL),
};

/* A node that is not there is a null. */
static bool read_node_answer(struct parts *parts, struct decoded *decoded)
{
    struct node_draft draft = { .decoded = decoded };
    bool is_null = json_peek(&parts->json) == JSON_NULL;

    if (!parts_read_members(parts, MEMBERS(node_answer_members), &draft))
        return false;
    if (!is_null && !draft.answer.node)
        return parts_refuse(parts, "an answer without a Node");

    const struct node_service *services = draft.answer.services.items;

    for (size_t i = 0; i < draft.answer.services.n; i++)
        content_add_members(&decoded->content, MEMBERS(node_service_members), &services[i]);
    decoded->n_items = draft.answer.node ? 1 : 0;
    decoded->root = (struct value){
        .type = &type_node_answer_ptr,
        .object = parts_keep_items(parts, &draft.answer, 1, sizeof(draft.answer)).items,
    };
    return true;
}

static void write_node_services(struct buf *out, const struct array *services)
{
    const struct node_service *items = services->items;

    buf_add_byte(out, '{');
    for (size_t i = 0; i < services->n; i++) {
        buf_add_string(out, i ? ",\n" : "");
        encode_text(out, items[i].id);
        buf_add_byte(out, ':');
        encode_members(out, MEMBERS(node_service_members), &items[i]);
    }
    buf_add_byte(out, '}');
}

static void write_node_answer(struct buf *out, const struct value *root)
{
    const struct node_answer *answer = root->object;

    if (!answer || !answer->node) {
        buf_add_string(out, "null");
        return;
    }
    buf_add_string(out, "{\"Node\":");
    encode_members(out, MEMBERS(node_members), answer->node);
    buf_add_string(out, ",\n\"Services\":");
    write_node_services(out, &answer->services);
    buf_add_byte(out, '}');
}

const struct decode_kind decode_node = { .shape = SCANNER_WHOLE,
                                         .whole = read_node_answer,
                                         .write = write_node_answer };

/* --- Datacenters ---------------------------------------------------------------------------- */

static bool read_datacenters(struct parts *parts, struct decoded *decoded)
{
    struct array names;

    if (json_peek(&parts->json) == JSON_NULL)
        return parts_refuse(parts, "a list of datacenters that is null");
    if (!parts_read_texts(parts, true, 0, &names))
        return false;

    const struct slice *items = names.items;

    for (size_t i = 0; i < names.n; i++)
        content_add(&decoded->content, items[i]);
    decoded->n_items = names.n;
    decoded->root = value_list(&type_string_list, STORED_SLICES, names.items, names.n);
    return true;
}

static void write_datacenters(struct buf *out, const struct value *root)
{
    encode_texts(out, &(struct array){ root->list.items, root->list.n });
}

const struct decode_kind decode_datacenters = { .shape = SCANNER_WHOLE,
                                                .whole = read_datacenters,
                                                .write = write_datacenters };

/* --- The agent itself ----------------------------------------------------------------------- */

struct self {
    struct slice facts[AGENT_SELF_FACTS];
};

static const struct member self_config_members[] = {
    MEMBER("NodeName", MEMBER_TEXT, self, facts[AGENT_SELF_NAME]),
    MEMBER("Version", MEMBER_TEXT, self, facts[AGENT_SELF_VERSION]),
};

static bool read_self_config(struct parts *parts, void *object)
{
    return parts_read_members(parts, MEMBERS(self_config_members), object);
}

static const struct member self_members[] = {
    MEMBER_OF_ALL("Config", read_self_config, NULL),
};

static bool read_self(struct parts *parts, struct decoded *decoded)
{
    struct self self = { .facts = { SLICE_EMPTY } };
    struct array facts;

    if (!parts_read_members(parts, MEMBERS(self_members), &self))
        return false;
    if (self.facts[AGENT_SELF_NAME].len == 0)
        return parts_refuse(parts, "an agent without a Config.NodeName");
    facts = parts_keep_items(parts, self.facts, AGENT_SELF_FACTS, sizeof(*self.facts));
    decoded->n_items = 1;
    decoded->root = value_list(&type_string_list, STORED_SLICES, facts.items, facts.n);
    return true;
}

const struct decode_kind decode_agent_self = { .shape = SCANNER_WHOLE, .whole = read_self };
