/* SPDX-License-Identifier: MIT */
/* What rings: tables of a datacenter, read as a stream. */
#include "table.h"

#include "base/limits.h"
#include "content.h"
#include "data/json.h"

const char *table_kind_name(enum table_kind kind)
{
    switch (kind) {
    case TABLE_CHECKS: return "health.state";
    case TABLE_SERVICES: return "catalog.services";
    case TABLE_NODES: return "catalog.nodes";
    case TABLE_FAILING: return "health.failing";
    case TABLE_KEYS: return "kv.keys";
    }
    return "?";
}

const char *table_kind_path(enum table_kind kind)
{
    switch (kind) {
    case TABLE_CHECKS: return "/v1/health/state/any";
    case TABLE_SERVICES: return "/v1/catalog/services";
    case TABLE_NODES: return "/v1/catalog/nodes";
    case TABLE_FAILING: return "/v1/health/state/any?filter=Status%20%21%3D%20%22passing%22";
    case TABLE_KEYS: return "/v1/kv/";
    }
    return "?";
}

uint64_t table_key(struct slice name)
{
    return slice_hash(name);
}

void table_changes_fini(struct table_changes *changes)
{
    keys_fini(&changes->services);
    keys_fini(&changes->nodes);
}

/* --- Elements ------------------------------------------------------------------------------- */

#define NAME(text)               \
    {                            \
        (text), sizeof(text) - 1 \
    }

/* The members of an element that matter, by which of them they are: what templates can see. */
static const struct slice check_members[] = {
    NAME("Node"),      NAME("CheckID"), NAME("Name"),        NAME("Status"),      NAME("Notes"),
    NAME("ServiceID"), NAME("Type"),    NAME("ServiceTags"), NAME("ServiceName"),
};
static const struct slice node_members[] = {
    NAME("Node"),       NAME("ID"),   NAME("Address"),
    NAME("Datacenter"), NAME("Meta"), NAME("TaggedAddresses"),
};

struct element {
    struct slice node, service;
    struct content content;
};

static size_t find_member(const struct slice *members, size_t n, struct slice name)
{
    size_t i = 0;

    while (i < n && !slice_equal(members[i], name))
        i++;
    return i;
}

/* One object of a list: its names, and a hash over the members that matter. */
static bool read_element(struct table *table, struct slice json, const struct slice *members,
                         size_t n, struct element *ret_element, struct error *err)
{
    struct json_reader reader;
    struct slice name;

    arena_reset(&table->scratch);
    json_init(&reader, json, LIMIT_JSON_DEPTH, &table->scratch, err);
    *ret_element = (struct element){ .content = CONTENT_START };
    if (!json_enter_object(&reader))
        return false;
    while (json_next_member(&reader, &name)) {
        size_t which = find_member(members, n, name);
        struct slice raw, text;

        if (!json_read_raw(&reader, &raw))
            return false;
        if (which == n)
            continue;
        content_add_u64(&ret_element->content, which);
        content_add(&ret_element->content, raw);

        bool is_service = slice_is(name, "ServiceName");

        if (!is_service && !slice_is(name, "Node"))
            continue;

        struct json_reader value;

        json_init(&value, raw, LIMIT_JSON_DEPTH, &table->scratch, err);
        if (!json_read_string(&value, &text))
            return false;
        if (is_service)
            ret_element->service = text;
        else
            ret_element->node = text;
    }
    return json_expect_end(&reader);
}

static bool tally_or_fail(struct tally *tally, struct slice name, uint64_t hash, struct error *err)
{
    return tally_add(tally, table_key(name), hash) ||
           error_set(err, ERROR_LIMIT, "there are more than %u names", LIMIT_TALLY_KEYS);
}

static bool add_check(struct table *table, struct slice json, struct error *err)
{
    struct element element;

    if (!read_element(table, json, check_members, ARRAY_SIZE(check_members), &element, err))
        return false;
    if (element.service.len > 0)
        return tally_or_fail(&table->by_service, element.service, element.content.state, err);
    return tally_or_fail(&table->by_node, element.node, element.content.state, err);
}

static bool add_node(struct table *table, struct slice json, struct error *err)
{
    struct element element;

    return read_element(table, json, node_members, ARRAY_SIZE(node_members), &element, err) &&
           tally_or_fail(&table->by_node, element.node, element.content.state, err);
}

/* A service's name and its tags, which come in another order each time. */
static bool add_service(struct table *table, const struct scanner_part *part, struct error *err)
{
    struct json_reader reader;
    struct slice name, tag;
    uint64_t sum = 1;

    arena_reset(&table->scratch);
    json_init(&reader, part->key, LIMIT_JSON_DEPTH, &table->scratch, err);
    if (!json_read_string(&reader, &name))
        return false;
    json_init(&reader, part->value, LIMIT_JSON_DEPTH, &table->scratch, err);
    if (!json_enter_array(&reader))
        return false;
    while (json_next_element(&reader)) {
        struct content content = CONTENT_START;

        if (!json_read_string(&reader, &tag))
            return false;
        content_add(&content, tag);
        sum += content.state;
    }
    return json_expect_end(&reader) && tally_or_fail(&table->by_service, name, sum, err);
}

/* Of a list of names. */
static bool add_key(struct table *table, struct slice json, struct error *err)
{
    struct json_reader reader;
    struct slice name;

    arena_reset(&table->scratch);
    json_init(&reader, json, LIMIT_JSON_DEPTH, &table->scratch, err);
    return json_read_string(&reader, &name) && json_expect_end(&reader) &&
           tally_or_fail(&table->by_service, name, 1, err);
}

static bool on_part(void *ctx, const struct scanner_part *part, struct error *err)
{
    struct table *table = ctx;

    if (part->is_too_large)
        return error_set(err, ERROR_LIMIT, "an element has more than %u bytes",
                         LIMIT_ELEMENT_BYTES);
    switch (table->kind) {
    case TABLE_CHECKS:
    case TABLE_FAILING: return add_check(table, part->value, err);
    case TABLE_SERVICES: return add_service(table, part, err);
    case TABLE_NODES: return add_node(table, part->value, err);
    case TABLE_KEYS: return add_key(table, part->value, err);
    }
    return false;
}

/* --- Answers -------------------------------------------------------------------------------- */

static void scanner_reset(struct table *table)
{
    enum scanner_shape shape = table->kind == TABLE_SERVICES ? SCANNER_MEMBERS : SCANNER_ELEMENTS;

    scanner_fini(&table->scanner);
    scanner_init(&table->scanner, shape, LIMIT_ELEMENT_BYTES, on_part, table);
}

void table_init(struct table *table, enum table_kind kind)
{
    *table = (struct table){ .kind = kind, .by_service = TALLY_EMPTY, .by_node = TALLY_EMPTY };
    scanner_reset(table);
}

void table_fini(struct table *table)
{
    scanner_fini(&table->scanner);
    tally_fini(&table->by_service);
    tally_fini(&table->by_node);
    arena_fini(&table->scratch);
}

void table_begin(struct table *table)
{
    scanner_reset(table);
    tally_begin(&table->by_service);
    tally_begin(&table->by_node);
}

bool table_feed(struct table *table, struct slice piece, struct error *err)
{
    return scanner_feed(&table->scanner, piece, err);
}

void table_end_empty(struct table *table, struct table_changes *changes)
{
    table_begin(table);
    tally_end(&table->by_service, &changes->services);
    tally_end(&table->by_node, &changes->nodes);
}

bool table_end(struct table *table, struct table_changes *changes, struct error *err)
{
    if (!scanner_finish(&table->scanner, err))
        return false;
    tally_end(&table->by_service, &changes->services);
    tally_end(&table->by_node, &changes->nodes);
    return true;
}
