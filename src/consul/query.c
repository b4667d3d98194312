/* SPDX-License-Identifier: MIT */
/* A question as Consul's HTTP API asks it. */
#include "query.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A deregistered node does not wake the query that waits for it (Consul 1.8.7), so it is asked for
 * anew after this time at the latest. */
#define NODE_MAX_WAIT_MS 15000

static const struct query_kind kinds[] = {
    [DEP_HEALTH_SERVICE] = { .path = "/v1/health/service/",
                             .has_name = true,
                             .can_be_stale = true,
                             .can_be_cached = true,
                             .has_tenancy = true },
    [DEP_HEALTH_CONNECT] = { .path = "/v1/health/connect/",
                             .has_name = true,
                             .can_be_stale = true,
                             .can_be_cached = true,
                             .has_tenancy = true },
    [DEP_CATALOG_SERVICES] = { .path = "/v1/catalog/services",
                               .can_be_stale = true,
                               .can_be_cached = true,
                               .has_tenancy = true },
    [DEP_CATALOG_NODES] = { .path = "/v1/catalog/nodes",
                            .can_be_stale = true,
                            .has_tenancy = true },
    [DEP_CATALOG_NODE] = { .path = "/v1/catalog/node/",
                           .has_name = true,
                           .can_be_stale = true,
                           .has_tenancy = true,
                           .gone_lowers_index = true,
                           .max_wait_ms = NODE_MAX_WAIT_MS },
    [DEP_CATALOG_DATACENTERS] = { .path = "/v1/catalog/datacenters", .is_polled = true },
    [DEP_KV_GET] = { .path = "/v1/kv/",
                     .has_name = true,
                     .is_kv = true,
                     .can_be_stale = true,
                     .has_tenancy = true },
    [DEP_KV_LIST] = { .path = "/v1/kv/",
                      .fixed_query = "recurse=",
                      .has_name = true,
                      .is_kv = true,
                      .can_be_stale = true,
                      .has_tenancy = true },
    [DEP_CA_ROOTS] = { .path = "/v1/agent/connect/ca/roots" },
    [DEP_CA_LEAF] = { .path = "/v1/agent/connect/ca/leaf/", .has_name = true, .has_tenancy = true },
    [DEP_PARTITIONS] = { .path = "/v1/partitions", .is_polled = true },
    [DEP_PEERINGS] = { .path = "/v1/peerings", .index_is_optional = true, .has_tenancy = true },
    [DEP_EXPORTED_SERVICES] = { .path = "/v1/exported-services",
                                .index_is_optional = true,
                                .has_tenancy = true },
    [DEP_IMPORTED_SERVICES] = { .path = "/v1/imported-services",
                                .index_is_optional = true,
                                .has_tenancy = true },
};
static_assert(ARRAY_SIZE(kinds) == DEP_FILE, "one row for each kind that Consul answers");

const struct query_kind *query_kind_get(enum dep_kind kind)
{
    assert((size_t)kind < ARRAY_SIZE(kinds));
    return &kinds[kind];
}

static bool is_unreserved(unsigned char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || (byte != '\0' && strchr("-._~", byte));
}

static void add_escaped(struct buf *path, struct slice text, bool keep_slashes)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.ptr[i];

        if (is_unreserved(byte) || (byte == '/' && keep_slashes))
            buf_add_byte(path, (char)byte);
        else
            buf_printf(path, "%%%02X", byte);
    }
}

static void add_separator(struct buf *path)
{
    bool has_query = slice_find_byte(buf_slice(path), '?') != SLICE_NOT_FOUND;

    buf_add_byte(path, has_query ? '&' : '?');
}

static void add_parameter(struct buf *path, const char *name, struct slice value)
{
    if (value.len == 0)
        return;
    add_separator(path);
    buf_printf(path, "%s=", name);
    add_escaped(path, value, false);
}

static bool add_filter(const struct dep *dep, const struct consul_options *options,
                       struct buf *path, struct error *err)
{
    if (dep->filter.len == 0)
        return true;
    for (size_t i = 0; i < options->n_filters; i++) {
        if (slice_is(dep->filter, options->filters[i].name)) {
            add_parameter(path, "filter", slice_from(options->filters[i].expression));
            return true;
        }
    }
    return error_set(err, ERROR_INVALID, "consul.filters has no '%.*s'", SLICE_ARG(dep->filter));
}

bool query_add_path(const struct dep *dep, const struct consul_options *options,
                    struct slice agent_node, struct buf *path, struct error *err)
{
    const struct query_kind *kind = query_kind_get(dep->kind);
    struct slice name = dep->name;
    struct slice ns = dep->namespace_name, partition = dep->partition;

    if (dep->kind == DEP_CATALOG_NODE && name.len == 0)
        name = agent_node;
    if (ns.len == 0 && kind->has_tenancy)
        ns = slice_from(options->namespace_name);
    if (partition.len == 0 && kind->has_tenancy)
        partition = slice_from(options->partition);
    buf_add_string(path, kind->path);
    if (kind->has_name)
        add_escaped(path, name, kind->is_kv);
    if (kind->fixed_query) {
        add_separator(path);
        buf_add_string(path, kind->fixed_query);
    }
    add_parameter(path, "dc", dep->dc);
    add_parameter(path, "near", dep->near);
    add_parameter(path, "ns", ns);
    add_parameter(path, "partition", partition);
    add_parameter(path, "peer", dep->peer);
    add_parameter(path, "sameness-group", dep->sameness_group);
    return add_filter(dep, options, path, err);
}

static void add_tenancy(struct buf *path, const struct dep *tenancy,
                        const struct consul_options *options)
{
    struct slice ns = tenancy->namespace_name, partition = tenancy->partition;

    add_parameter(path, "dc", tenancy->dc);
    add_parameter(path, "ns", ns.len ? ns : slice_from(options->namespace_name));
    add_parameter(path, "partition", partition.len ? partition : slice_from(options->partition));
    add_parameter(path, "peer", tenancy->peer);
}

void query_add_table(struct buf *path, const char *table, const struct dep *tenancy,
                     const struct consul_options *options)
{
    buf_add_string(path, table);
    add_tenancy(path, tenancy, options);
}

void query_add_keys(struct buf *path, const char *table, const struct dep *below,
                    const struct consul_options *options)
{
    buf_add_string(path, table);
    add_escaped(path, below->name, true);
    buf_add_string(path, "?keys=");
    add_tenancy(path, below, options);
}

void query_add_wait(struct buf *path, uint64_t index, uint64_t wait_ms)
{
    add_separator(path);
    buf_printf(path, "index=%" PRIu64 "&wait=%" PRIu64 "ms", index, wait_ms);
}

void query_add_stale(struct buf *path)
{
    add_separator(path);
    buf_add_string(path, "stale");
}

void query_add_cached(struct buf *path)
{
    add_separator(path);
    buf_add_string(path, "cached");
}

void query_add_probe(struct buf *path)
{
    add_parameter(path, "filter", SLICE("Service.ID == \"\""));
}

void query_add_datacenter_probe(struct buf *path, struct slice dc)
{
    buf_add_string(path, "/v1/catalog/services?consistent");
    add_parameter(path, "dc", dc);
}

void query_add_leader(struct buf *path, struct slice dc)
{
    buf_add_string(path, "/v1/status/leader");
    add_parameter(path, "dc", dc);
}

void query_add_rights(struct buf *path, struct slice dc)
{
    buf_add_string(path, "/v1/internal/acl/authorize");
    add_parameter(path, "dc", dc);
}
