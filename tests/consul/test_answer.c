/* SPDX-License-Identifier: MIT */
/* Answers as snapshots keep them: written and read again they are the same. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "consul/answer.h"
#include "data/catalog.h"
#include "dump.h"
#include "unit.h"

static struct document *decode(const struct dep *dep, struct slice json)
{
    struct document *doc = NULL;
    struct error err = ERROR_EMPTY;

    if (!answer_decode(dep, json, &doc, &err))
        fail_msg("%.*s: %s", SLICE_ARG(json), err.text);
    return doc;
}

static const struct {
    const char *name;
    struct dep dep;
    const char *json; /* as it is written; NULL: as `from` */
    const char *from; /* as it comes; NULL: the same */
} cases[] = {
    { "nothing", { .kind = DEP_HEALTH_SERVICE }, "[]", NULL },
    { "an instance",
      { .kind = DEP_HEALTH_SERVICE },
      "[{\"Node\":{\"ID\":\"i\",\"Node\":\"n\",\"Address\":\"10.0.0.1\",\"Datacenter\":\"dc1\","
      "\"TaggedAddresses\":{\"lan\":\"a\",\"wan\":\"b\"},\"Meta\":{\"x\":\"y\"}},"
      "\"Service\":{\"ID\":\"w\",\"Service\":\"web\",\"Tags\":[\"a\",\"b\"],"
      "\"Address\":\"10.0.0.1\",\"TaggedAddresses\":{\"lan\":{\"Address\":\"8.8.8.8\","
      "\"Port\":88}},\"Meta\":{\"k\":\"v\"},\"Port\":80,\"Weights\":{\"Passing\":3,"
      "\"Warning\":1},\"Namespace\":\"s\"},"
      "\"Checks\":[{\"Node\":\"n\",\"CheckID\":\"c\",\"Status\":\"critical\","
      "\"Output\":\"line\\u000aline\\u0000 \\\"\\\\\",\"ServiceTags\":[\"z\",\"a\"]}]}]",
      NULL },
    { "two of them",
      { .kind = DEP_HEALTH_CONNECT },
      "[{\"Node\":{\"Node\":\"a\"},\"Service\":{\"ID\":\"x\",\"TaggedAddresses\":{},\"Port\":1,"
      "\"Weights\":{\"Passing\":0,"
      "\"Warning\":0}},\"Checks\":[]},\n"
      "{\"Node\":{\"Node\":\"b\"},\"Service\":{\"ID\":\"x\",\"TaggedAddresses\":{},\"Port\":-1,"
      "\"Weights\":{\"Passing\":0,"
      "\"Warning\":0}},\"Checks\":[]}]",
      NULL },
    { "by distance",
      { .kind = DEP_HEALTH_SERVICE, .near = SLICE("_agent") },
      "[{\"Node\":{\"Node\":\"b\"},\"Service\":{\"TaggedAddresses\":{},\"Port\":1,\"Weights\":{"
      "\"Passing\":0,"
      "\"Warning\":0}},\"Checks\":[]},\n"
      "{\"Node\":{\"Node\":\"a\"},\"Service\":{\"TaggedAddresses\":{},\"Port\":1,\"Weights\":{"
      "\"Passing\":0,"
      "\"Warning\":0}},\"Checks\":[]}]",
      NULL },
    { "services", { .kind = DEP_CATALOG_SERVICES }, "{\"a\":[],\n\"b\":[\"x\",\"y\"]}", NULL },
    { "nodes",
      { .kind = DEP_CATALOG_NODES },
      "[{\"Node\":\"a\",\"Address\":\"1\"},\n{\"Node\":\"\xc3\xa4\"}]",
      NULL },
    { "a node",
      { .kind = DEP_CATALOG_NODE },
      "{\"Node\":{\"Node\":\"a\"},\n\"Services\":{\"x\":{\"ID\":\"x\",\"Service\":\"s\","
      "\"Port\":1,\"EnableTagOverride\":true},\n\"y\":{\"ID\":\"y\",\"Service\":\"t\",\"Port\":0,"
      "\"EnableTagOverride\":false}}}",
      NULL },
    { "no such node", { .kind = DEP_CATALOG_NODE }, "null", NULL },
    { "datacenters",
      { .kind = DEP_CATALOG_DATACENTERS },
      "[\"dc1\",\"dc2\"]",
      "[\"dc2\",\"dc1\"]" },
    { "a key",
      { .kind = DEP_KV_GET, .name = SLICE("a") },
      "[{\"Key\":\"a\",\"Value\":\"AP+A\",\"CreateIndex\":1,\"ModifyIndex\":18446744073709551615,"
      "\"LockIndex\":0,\"Flags\":5,\"Session\":\"s\"}]",
      NULL },
    { "no such key", { .kind = DEP_KV_GET, .name = SLICE("a") }, "null", NULL },
    { "keys",
      { .kind = DEP_KV_LIST, .name = SLICE("a/") },
      "[{\"Key\":\"a/\",\"Value\":null,\"CreateIndex\":1,\"ModifyIndex\":2,\"LockIndex\":0,"
      "\"Flags\":0},\n{\"Key\":\"a/b\",\"Value\":\"eA==\",\"CreateIndex\":1,\"ModifyIndex\":2,"
      "\"LockIndex\":0,\"Flags\":0},\n{\"Key\":\"a/c\",\"Value\":\"eHk=\",\"CreateIndex\":1,"
      "\"ModifyIndex\":2,\"LockIndex\":0,\"Flags\":0}]",
      NULL },
    { "no such keys", { .kind = DEP_KV_LIST, .name = SLICE("a/") }, "null", NULL },
    { "roots",
      { .kind = DEP_CA_ROOTS },
      "{\"Roots\":[{\"ID\":\"r\",\"RootCert\":\"pem\",\"Active\":true,\"CreateIndex\":1,"
      "\"ModifyIndex\":2}]}",
      NULL },
    { "a leaf",
      { .kind = DEP_CA_LEAF },
      "{\"CertPEM\":\"c\",\"PrivateKeyPEM\":\"k\",\"ValidAfter\":\"2024-02-29T23:59:59Z\","
      "\"ValidBefore\":\"2024-03-01T00:00:00.000000001Z\",\"CreateIndex\":1,\"ModifyIndex\":2}",
      NULL },
    { "a leaf of another zone",
      { .kind = DEP_CA_LEAF },
      "{\"CertPEM\":\"c\",\"PrivateKeyPEM\":\"k\",\"ValidAfter\":\"2024-02-29T22:59:59Z\","
      "\"CreateIndex\":0,\"ModifyIndex\":0}",
      "{\"CertPEM\":\"c\",\"PrivateKeyPEM\":\"k\",\"ValidAfter\":\"2024-02-29T23:59:59+01:00\"}" },
    { "partitions", { .kind = DEP_PARTITIONS }, "[{\"Name\":\"a\"},\n{\"Name\":\"b\"}]", NULL },
    { "peerings",
      { .kind = DEP_PEERINGS },
      "[{\"ID\":\"p\",\"Meta\":{\"a\":\"b\"},\"State\":\"ACTIVE\",\"PeerServerAddresses\":[\"x\"],"
      "\"StreamStatus\":{\"ImportedServices\":[\"i\"],\"LastSend\":\"2024-02-29T23:59:59.5Z\"},"
      "\"Remote\":{\"Datacenter\":\"dc2\"}}]",
      NULL },
    { "exported services",
      { .kind = DEP_EXPORTED_SERVICES },
      "[{\"Service\":\"s\",\"Consumers\":{\"Peers\":[\"p\"],\"Partitions\":[\"q\",\"r\"]}}]",
      NULL },
    { "imported services",
      { .kind = DEP_IMPORTED_SERVICES },
      "[{\"Service\":\"s\",\"SourcePartition\":\"q\"}]",
      "{\"ImportedServices\":[{\"Service\":\"s\",\"SourcePartition\":\"q\"}]}" },
};

static void test_there_and_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const struct dep *dep = &cases[i].dep;
        const char *from = cases[i].from ? cases[i].from : cases[i].json;
        CLEANUP(document_unrefp) struct document *first = decode(dep, slice_from(from));
        CLEANUP(document_unrefp) struct document *second = NULL;
        CLEANUP(buf_fini) struct buf text = BUF_EMPTY, seen = BUF_EMPTY, again = BUF_EMPTY;

        print_message("%s\n", cases[i].name);
        answer_encode(dep, first ? &first->root : NULL, &text);
        if (!strstr(cases[i].json, "59.5Z"))
            assert_string_equal(text.ptr, cases[i].json);
        second = decode(dep, buf_slice(&text));
        assert_int_equal(first != NULL, second != NULL);
        if (!first)
            continue;
        assert_true(first->content_hash == second->content_hash);
        dump_value(&first->root, &seen);
        dump_value(&second->root, &again);
        assert_string_equal(seen.ptr, again.ptr);
    }
}

/* Every byte, and every code point of interest, in a key's value and in a text. */
static void test_all_bytes(void **state)
{
    const struct dep dep = { .kind = DEP_KV_GET, .name = SLICE("a") };
    char bytes[256];

    (void)state;
    for (size_t len = 0; len <= sizeof(bytes); len++) {
        struct kv_pair pair = { .path = SLICE("k\"\\/\x7f\xe2\x80\xa8\xf0\x9f\x98\x80"),
                                .value = slice_of(bytes, len) };
        struct document *doc = document_new(), *again;
        CLEANUP(buf_fini) struct buf text = BUF_EMPTY;

        for (size_t i = 0; i < len; i++)
            bytes[i] = (char)(i * 7 + len);
        doc->root = (struct value){ .type = &type_kv_pair_ptr, .object = &pair };
        answer_encode(&dep, &doc->root, &text);
        again = decode(&dep, buf_slice(&text));

        const struct kv_pair *read = again->root.object;

        assert_true(slice_equal(read->value, pair.value) && slice_equal(read->path, pair.path));
        document_unref(doc);
        document_unref(again);
    }
}

static void test_refused(void **state)
{
    static const struct {
        struct dep dep;
        const char *json, *want;
    } rows[] = {
        { { .kind = DEP_HEALTH_SERVICE }, "[", "the text ends too early, after 1 bytes" },
        { { .kind = DEP_HEALTH_SERVICE }, "[{\"Service\":{}}]", "an instance without a Node" },
        { { .kind = DEP_KV_GET }, "[]", "expected one element, found 0" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct error err = ERROR_EMPTY;
        struct document *doc;

        assert_false(answer_decode(&rows[i].dep, slice_from(rows[i].json), &doc, &err));
        assert_non_null(strstr(err.text, rows[i].want));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_all_bytes),
        cmocka_unit_test(test_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
