/* SPDX-License-Identifier: MIT */
/* Questions as paths of Consul's HTTP API. */
#include <string.h>

#include "consul/query.h"
#include "unit.h"

#define S(text)                \
    {                          \
        text, sizeof(text) - 1 \
    }

static struct consul_filter filters[] = { { (char *)(uintptr_t) "canary",
                                            (char *)(uintptr_t) "Service.Meta.v == \"2\"" } };

static const struct {
    const char *name;
    struct dep dep;
    const char *ns, *partition; /* of the configuration */
    const char *want, *want_error;
} cases[] = {
    { "a service",
      { .kind = DEP_HEALTH_SERVICE, .name = S("web") },
      NULL,
      NULL,
      "/v1/health/service/web",
      NULL },
    { "odd names are escaped",
      { .kind = DEP_HEALTH_SERVICE, .name = S("a b/c%?#\"\xc3\xa4~.-_") },
      NULL,
      NULL,
      "/v1/health/service/a%20b%2Fc%25%3F%23%22%C3%A4~.-_",
      NULL },
    { "all options of a service",
      { .kind = DEP_HEALTH_SERVICE,
        .name = S("web"),
        .dc = S("dc2"),
        .near = S("_agent"),
        .namespace_name = S("n"),
        .partition = S("p"),
        .peer = S("q"),
        .sameness_group = S("g") },
      NULL,
      NULL,
      "/v1/health/service/web?dc=dc2&near=_agent&ns=n&partition=p&peer=q&sameness-group=g",
      NULL },
    { "the proxies of a service",
      { .kind = DEP_HEALTH_CONNECT, .name = S("web") },
      NULL,
      NULL,
      "/v1/health/connect/web",
      NULL },
    { "namespace and partition of the configuration",
      { .kind = DEP_CATALOG_SERVICES, .dc = S("dc2") },
      "team",
      "edge",
      "/v1/catalog/services?dc=dc2&ns=team&partition=edge",
      NULL },
    { "the question's own win",
      { .kind = DEP_CATALOG_NODES, .namespace_name = S("mine") },
      "team",
      NULL,
      "/v1/catalog/nodes?ns=mine",
      NULL },
    { "datacenters have no namespace",
      { .kind = DEP_CATALOG_DATACENTERS },
      "team",
      "edge",
      "/v1/catalog/datacenters",
      NULL },
    { "a node",
      { .kind = DEP_CATALOG_NODE, .name = S("n1.x") },
      NULL,
      NULL,
      "/v1/catalog/node/n1.x",
      NULL },
    { "the agent's node", { .kind = DEP_CATALOG_NODE }, NULL, NULL, "/v1/catalog/node/self", NULL },
    { "a key keeps its slashes",
      { .kind = DEP_KV_GET, .name = S("a/b c/d") },
      NULL,
      NULL,
      "/v1/kv/a/b%20c/d",
      NULL },
    { "a prefix",
      { .kind = DEP_KV_LIST, .name = S("a/b"), .dc = S("dc2") },
      NULL,
      NULL,
      "/v1/kv/a/b?recurse=&dc=dc2",
      NULL },
    { "CA roots", { .kind = DEP_CA_ROOTS }, "team", NULL, "/v1/agent/connect/ca/roots", NULL },
    { "a CA leaf",
      { .kind = DEP_CA_LEAF, .name = S("web") },
      "team",
      NULL,
      "/v1/agent/connect/ca/leaf/web?ns=team",
      NULL },
    { "partitions", { .kind = DEP_PARTITIONS }, "team", NULL, "/v1/partitions", NULL },
    { "peerings",
      { .kind = DEP_PEERINGS, .partition = S("p") },
      NULL,
      NULL,
      "/v1/peerings?partition=p",
      NULL },
    { "exported services",
      { .kind = DEP_EXPORTED_SERVICES },
      NULL,
      NULL,
      "/v1/exported-services",
      NULL },
    { "imported services",
      { .kind = DEP_IMPORTED_SERVICES, .partition = S("p") },
      NULL,
      NULL,
      "/v1/imported-services?partition=p",
      NULL },
    { "a named filter",
      { .kind = DEP_HEALTH_SERVICE, .name = S("web"), .filter = S("canary") },
      NULL,
      NULL,
      "/v1/health/service/web?filter=Service.Meta.v%20%3D%3D%20%222%22",
      NULL },
    { "a filter that is not there",
      { .kind = DEP_HEALTH_SERVICE, .name = S("web"), .filter = S("canari") },
      NULL,
      NULL,
      NULL,
      "consul.filters has no 'canari'" },
};

static void test_paths(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP(buf_fini) struct buf path = BUF_EMPTY;
        struct consul_options options = {
            .namespace_name = (char *)(uintptr_t)cases[i].ns,
            .partition = (char *)(uintptr_t)cases[i].partition,
            .filters = filters,
            .n_filters = ARRAY_SIZE(filters),
        };
        struct error err = ERROR_EMPTY;

        if (query_add_path(&cases[i].dep, &options, SLICE("self"), &path, &err) !=
            (cases[i].want != NULL))
            fail_msg("%s: %s", cases[i].name, err.text);
        if (cases[i].want && strcmp(path.ptr, cases[i].want) != 0)
            fail_msg("%s: want '%s', got '%s'", cases[i].name, cases[i].want, path.ptr);
        if (cases[i].want_error && strcmp(err.text, cases[i].want_error) != 0)
            fail_msg("%s: want '%s', got '%s'", cases[i].name, cases[i].want_error, err.text);
    }
}

static void test_what_varies_from_request_to_request(void **state)
{
    CLEANUP(buf_fini) struct buf path = BUF_EMPTY;

    (void)state;
    buf_add_string(&path, "/v1/x");
    query_add_wait(&path, UINT64_MAX, 55000);
    query_add_stale(&path);
    assert_string_equal(path.ptr, "/v1/x?index=18446744073709551615&wait=55000ms&stale");
    buf_clear(&path);
    query_add_datacenter_probe(&path, SLICE("a&b"));
    assert_string_equal(path.ptr, "/v1/catalog/services?consistent&dc=a%26b");
}

static void test_the_keys_below_a_prefix(void **state)
{
    CLEANUP(buf_fini) struct buf path = BUF_EMPTY;
    const struct consul_options options = { .namespace_name = (char[]){ "team" } };
    const struct dep below = { .kind = DEP_KV_GET, .name = SLICE("a/b c?"), .dc = SLICE("dc2") };

    (void)state;
    query_add_keys(&path, "/v1/kv/", &below, &options);
    assert_string_equal(path.ptr, "/v1/kv/a/b%20c%3F?keys=&dc=dc2&ns=team");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_what_varies_from_request_to_request),
        cmocka_unit_test(test_the_keys_below_a_prefix),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
