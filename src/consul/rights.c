/* SPDX-License-Identifier: MIT */
/* Whether our token may still read what has vanished. */
#include "rights.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/memory.h"
#include "data/catalog.h"
#include "data/json.h"
#include "data/json_document.h"
#include "io/http.h"
#include "query.h"

/* Each answer is shorter than 200 bytes and the name that was asked for. */
#define REPLY_BYTES (64u << 10)

struct rights {
    struct agent *agent;
    rights_fn fn;
    void *ctx;
    struct http_request *request;
    size_t address, n_asked;
    struct buf reply;
};

/* --- The question --------------------------------------------------------------------------- */

bool rights_matter(const struct dep *dep)
{
    switch (dep->kind) {
    case DEP_HEALTH_SERVICE:
    case DEP_HEALTH_CONNECT: return dep->peer.len == 0 && dep->sameness_group.len == 0;
    case DEP_CATALOG_NODES:
    case DEP_KV_LIST: return true;
    case DEP_CATALOG_SERVICES: /* Consul itself is always there: see verdict.h */
    case DEP_CATALOG_NODE:
    case DEP_CATALOG_DATACENTERS:
    case DEP_KV_GET: /* says 403 */
    case DEP_CA_ROOTS:
    case DEP_CA_LEAF:
    case DEP_PARTITIONS:
    case DEP_PEERINGS:
    case DEP_EXPORTED_SERVICES:
    case DEP_IMPORTED_SERVICES:
    case DEP_FILE: return false;
    }
    return false;
}

struct slice rights_pick_witness(const struct dep *dep, const struct document *doc)
{
    if (!rights_matter(dep) || !doc || doc->root.list.n == 0)
        return SLICE_EMPTY;

    const void *first = *(const void *const *)doc->root.list.items;

    if (dep->kind == DEP_KV_LIST)
        return ((const struct kv_pair *)first)->path;
    if (dep->kind == DEP_CATALOG_NODES)
        return ((const struct catalog_node *)first)->node;
    return ((const struct service_instance *)first)->node;
}

static void add_resource(struct rights *rights, const struct dep *dep,
                         const struct consul_options *options, const char *resource,
                         struct slice name, struct buf *body)
{
    CLEANUP(json_document_freep) struct json_node *node = json_document_new();
    struct slice ns = dep->namespace_name, partition = dep->partition;

    if (name.len == 0)
        return;
    if (ns.len == 0)
        ns = slice_from(options->namespace_name);
    if (partition.len == 0)
        partition = slice_from(options->partition);
    json_add_string(node, "Resource", slice_from(resource));
    json_add_string(node, "Access", SLICE("read"));
    json_add_string(node, "Segment", name);
    if (ns.len > 0) /* only the enterprise edition knows them */
        json_add_string(node, "Namespace", ns);
    if (partition.len > 0)
        json_add_string(node, "Partition", partition);
    buf_add_byte(body, rights->n_asked++ == 0 ? '[' : ',');
    json_format(node, false, body);
}

static void add_resources(struct rights *rights, const struct dep *dep,
                          const struct consul_options *options, struct slice witness,
                          struct buf *body)
{
    if (dep->kind == DEP_KV_LIST) {
        add_resource(rights, dep, options, "key", witness, body);
    } else {
        if (dep->kind != DEP_CATALOG_NODES)
            add_resource(rights, dep, options, "service", dep->name, body);
        add_resource(rights, dep, options, "node", witness, body);
    }
    buf_add_string(body, rights->n_asked > 0 ? "]" : "[]");
}

/* --- The answer ----------------------------------------------------------------------------- */

static bool read_answer(struct json_reader *json, bool *ret_is_allowed)
{
    struct slice key;

    *ret_is_allowed = false;
    if (!json_enter_object(json))
        return false;
    while (json_next_member(json, &key)) {
        if (slice_is(key, "Allow") ? !json_read_bool(json, ret_is_allowed) : !json_skip(json))
            return false;
    }
    return !json->has_failed;
}

static bool read_answers(const struct rights *rights, bool *ret_are_allowed, struct error *err)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    struct json_reader json;
    size_t n = 0;

    json_init(&json, buf_slice(&rights->reply), LIMIT_JSON_DEPTH, &arena, err);
    *ret_are_allowed = true;
    if (!json_enter_array(&json))
        return false;
    for (; json_next_element(&json); n++) {
        bool is_allowed;

        if (!read_answer(&json, &is_allowed))
            return false;
        *ret_are_allowed &= is_allowed;
    }
    if (json.has_failed || !json_expect_end(&json))
        return false;
    if (n != rights->n_asked)
        return error_set(err, ERROR_INVALID, "%zu answers to %zu questions", n, rights->n_asked);
    return true;
}

static void tell_failure(struct rights *rights, enum failure failure, const char *reason)
{
    struct error err = ERROR_EMPTY;

    error_set(&err, ERROR_UNAVAILABLE, "everything has vanished, and what the token may do: %s",
              reason);
    rights->fn(rights->ctx, RIGHTS_FAILED, failure, err.text);
}

static void tell_answers(struct rights *rights)
{
    struct error err = ERROR_EMPTY;
    bool are_allowed;

    if (!read_answers(rights, &are_allowed, &err))
        tell_failure(rights, FAILURE_TRANSPORT, err.text);
    else if (are_allowed)
        rights->fn(rights->ctx, RIGHTS_HELD, FAILURE_DENIED, "");
    else
        rights->fn(rights->ctx, RIGHTS_LOST, FAILURE_DENIED,
                   "everything has vanished because the token has lost rights; the last answer "
                   "stays in use");
}

static bool on_body(void *ctx, struct slice piece)
{
    struct rights *rights = ctx;

    if (rights->reply.len + piece.len > REPLY_BYTES)
        return false;
    buf_add(&rights->reply, piece);
    return true;
}

static void on_done(void *ctx, const struct http_reply *reply)
{
    struct rights *rights = ctx;
    struct error err = ERROR_EMPTY;

    agent_report(rights->agent, rights->address, reply);
    if (reply->outcome != HTTP_DONE) {
        tell_failure(rights, FAILURE_TRANSPORT, reply->error);
    } else if (reply->status == 200) {
        tell_answers(rights);
    } else if (reply->status == 403) { /* the token itself has gone */
        rights->fn(rights->ctx, RIGHTS_LOST, FAILURE_DENIED, "HTTP 403: the token is refused");
    } else if (reply->status == 429 || reply->status >= 500) {
        error_set(&err, ERROR_UNAVAILABLE, "HTTP %ld", reply->status);
        tell_failure(rights,
                     reply->status == 429 || reply->status == 503 ? FAILURE_BUSY : FAILURE_SERVER,
                     err.text);
    } else { /* 401: there are no ACLs; 404, 405: this Consul cannot tell */
        rights->fn(rights->ctx, RIGHTS_HELD, FAILURE_DENIED, "");
    }
}

/* --- Life ----------------------------------------------------------------------------------- */

struct rights *rights_ask(struct agent *agent, const struct consul_options *options,
                          const struct dep *dep, struct slice witness, uint64_t timeout_ms,
                          rights_fn fn, void *ctx)
{
    static const struct http_handler handler = { .on_body = on_body, .on_done = on_done };
    CLEANUP(buf_fini) struct buf path = BUF_EMPTY, body = BUF_EMPTY;
    struct rights *rights = NEW(struct rights);

    rights->agent = agent;
    rights->fn = fn;
    rights->ctx = ctx;
    query_add_rights(&path, dep->dc);
    add_resources(rights, dep, options, witness, &body);

    struct http_call call = { .path = path.ptr, .timeout_ms = timeout_ms, .body = body.ptr };

    rights->request = agent_ask(agent, &call, &handler, rights, &rights->address);
    return rights;
}

void rights_free(struct rights *rights)
{
    if (!rights)
        return;
    http_request_free(rights->request);
    buf_fini(&rights->reply);
    free(rights);
}
