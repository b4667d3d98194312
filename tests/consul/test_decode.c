/* SPDX-License-Identifier: MIT */
/* Answers of Consul's to documents. */
#include <inttypes.h>
#include <string.h>

#include "base/limits.h"
#include "consul/decode.h"
#include "data/catalog.h"
#include "dump.h"
#include "unit.h"

struct answer_text {
    struct decode_summary summary;
    struct document *doc;
    struct error err;
};

static bool decode(const struct dep *dep, struct slice body, size_t piece, struct answer_text *ret)
{
    CLEANUP(decoder_freep) struct decoder *decoder = decoder_new(dep);

    *ret = (struct answer_text){ .err = ERROR_EMPTY };
    for (size_t i = 0; i < body.len; i += piece) {
        if (!decoder_feed(decoder, slice_sub(body, i, i + piece), &ret->err))
            return false;
    }
    return decoder_finish(decoder, &ret->summary, &ret->doc, &ret->err);
}

static struct document *decode_good(const struct dep *dep, struct slice body)
{
    struct answer_text answer;

    if (!decode(dep, body, 4096, &answer))
        fail_msg("%.*s: %s", SLICE_ARG(body), answer.err.text);
    return answer.doc;
}

#define NODE(name, address)                                                                     \
    "{\"ID\":\"i-" name "\",\"Node\":\"" name "\",\"Address\":\"" address                       \
    "\",\"Datacenter\":\"dc1\",\"TaggedAddresses\":{\"wan\":\"1.1.1.1\",\"lan\":\"10.0.0.1\"}," \
    "\"Meta\":null,\"CreateIndex\":5,\"ModifyIndex\":6}"
#define SERVICE(id, tags, address, port)                                                          \
    "{\"ID\":\"" id "\",\"Service\":\"web\",\"Tags\":" tags ",\"Address\":\"" address             \
    "\",\"Meta\":{\"v\":\"2\",\"a\":\"1\"},\"Port\":" port                                        \
    ",\"Weights\":{\"Passing\":3,\"Warning\":1},\"EnableTagOverride\":false,\"Proxy\":{\"Mode\":" \
    "\"\",\"MeshGateway\":{},\"Expose\":{}},\"Connect\":{},\"CreateIndex\":9}"
#define CHECK(id, status)                                                                         \
    "{\"Node\":\"n1\",\"CheckID\":\"" id "\",\"Name\":\"N\",\"Status\":\"" status                 \
    "\",\"Notes\":\"\",\"Output\":\"o\",\"ServiceID\":\"\",\"ServiceName\":\"\",\"ServiceTags\":" \
    "[],\"Type\":\"ttl\",\"Definition\":{},\"CreateIndex\":5}"
#define INSTANCE(node, service, checks) \
    "{\"Node\":" node ",\"Service\":" service ",\"Checks\":" checks "}"

#define WEB1 INSTANCE(NODE("n1", "10.0.0.1"), SERVICE("w1", "[\"b\",\"a\"]", "", "80"), "[]")
#define WEB1_DUMP                                                                                 \
    "{Node:'n1' NodeID:'i-n1' NodeAddress:'10.0.0.1' NodeDatacenter:'dc1' "                       \
    "NodeTaggedAddresses:['lan'='10.0.0.1' 'wan'='1.1.1.1'] NodeMeta:[] ServiceMeta:['a'='1' "    \
    "'v'='2'] Address:'10.0.0.1' ServiceTaggedAddresses:[] ID:'w1' Name:'web' Tags:['a' 'b'] "    \
    "Checks:[] Status:'passing' Port:80 Weights:{Passing:3 Warning:1} Namespace:'' Partition:'' " \
    "Peer:''}"

static const struct {
    const char *name;
    struct dep dep;
    const char *body, *want, *want_error;
    size_t want_skipped;
} cases[] = {
    { "no instance", { .kind = DEP_HEALTH_SERVICE }, "[]", "[]", NULL, 0 },
    { "an instance", { .kind = DEP_HEALTH_SERVICE }, "[" WEB1 "]", "[" WEB1_DUMP "]", NULL, 0 },
    { "an instance with everything",
      { .kind = DEP_HEALTH_CONNECT },
      "[{\"Checks\":[{\"Node\":\"n1\",\"CheckID\":\"c\",\"Name\":\"N\",\"Status\":\"warning\","
      "\"Notes\":\"x\",\"Output\":\"o\",\"ServiceID\":\"w1\",\"ServiceName\":\"web\","
      "\"ServiceTags\":[\"z\",\"a\"],\"Type\":\"http\",\"Namespace\":\"n\",\"Partition\":\"p\","
      "\"Interval\":[1,{\"x\":null}]}],"
      "\"Service\":{\"Kind\":\"connect-proxy\",\"ID\":\"w1\",\"Service\":\"web\",\"Tags\":null,"
      "\"Address\":\"1.2.3.4\",\"TaggedAddresses\":{\"wan\":{\"Address\":\"9.9.9.9\",\"Port\":99},"
      "\"lan\":{\"Address\":\"8.8.8.8\",\"Port\":88}},\"Meta\":null,\"Port\":70000,"
      "\"Namespace\":\"n\",\"Partition\":\"p\",\"PeerName\":\"q\"},"
      "\"Node\":{\"ID\":\"\",\"Node\":\"n1\",\"Address\":\"10.0.0.1\",\"Datacenter\":\"dc1\","
      "\"TaggedAddresses\":null,\"Meta\":{\"k\":\"\\u003c\\u00e4\\ud800\"}}}]",
      "[{Node:'n1' NodeID:'' NodeAddress:'10.0.0.1' NodeDatacenter:'dc1' NodeTaggedAddresses:[] "
      "NodeMeta:['k'='<\xc3\xa4\xef\xbf\xbd'] ServiceMeta:[] Address:'1.2.3.4' "
      "ServiceTaggedAddresses:['lan'={Address:'8.8.8.8' Port:88} 'wan'={Address:'9.9.9.9' "
      "Port:99}] ID:'w1' Name:'web' Tags:[] Checks:[{Node:'n1' CheckID:'c' Name:'N' "
      "Status:'warning' Notes:'x' Output:'o' ServiceID:'w1' ServiceName:'web' "
      "ServiceTags:['z' 'a'] Type:'http' Namespace:'n' Partition:'p'}] Status:'warning' "
      "Port:70000 Weights:{Passing:0 Warning:0} Namespace:'n' Partition:'p' Peer:'q'}]",
      NULL,
      0 },
    { "services",
      { .kind = DEP_CATALOG_SERVICES },
      "{\"web\":[\"b\",\"a\"],\"consul\":[],\"a b\":null}",
      "[{Name:'a b' Tags:[]} {Name:'consul' Tags:[]} {Name:'web' Tags:['a' 'b']}]",
      NULL,
      0 },
    { "no services", { .kind = DEP_CATALOG_SERVICES }, "{}", "[]", NULL, 0 },
    { "nodes",
      { .kind = DEP_CATALOG_NODES },
      "[" NODE("n2", "10.0.0.2") "," NODE("n1", "10.0.0.9") "," NODE("n1", "10.0.0.1") "]",
      "[{ID:'i-n1' Node:'n1' Address:'10.0.0.1' Datacenter:'dc1' "
      "TaggedAddresses:['lan'='10.0.0.1' 'wan'='1.1.1.1'] Meta:[]} {ID:'i-n1' Node:'n1' "
      "Address:'10.0.0.9' Datacenter:'dc1' TaggedAddresses:['lan'='10.0.0.1' 'wan'='1.1.1.1'] "
      "Meta:[]} {ID:'i-n2' Node:'n2' Address:'10.0.0.2' Datacenter:'dc1' "
      "TaggedAddresses:['lan'='10.0.0.1' 'wan'='1.1.1.1'] Meta:[]}]",
      NULL,
      0 },
    { "a node",
      { .kind = DEP_CATALOG_NODE },
      "{\"Node\":{\"Node\":\"n1\",\"Address\":\"10.0.0.1\"},\"Services\":{"
      "\"w2\":{\"ID\":\"w2\",\"Service\":\"web\",\"Tags\":[\"b\",\"a\"],\"Meta\":{},\"Port\":1},"
      "\"x\":{\"ID\":\"x\",\"Service\":\"api\",\"Address\":\"1.1.1.1\",\"EnableTagOverride\":true},"
      "\"bad\":{\"ID\":\"bad\",\"Port\":\"80\"},\"worse\":null,"
      "\"w1\":{\"ID\":\"w1\",\"Service\":\"web\"}}}",
      "{Node:{ID:'' Node:'n1' Address:'10.0.0.1' Datacenter:'' TaggedAddresses:[] Meta:[]} "
      "Services:[{ID:'x' Service:'api' Tags:[] Meta:[] Port:0 Address:'1.1.1.1' "
      "EnableTagOverride:true} {ID:'w1' Service:'web' Tags:[] Meta:[] Port:0 Address:'' "
      "EnableTagOverride:false} {ID:'w2' Service:'web' Tags:['a' 'b'] Meta:[] Port:1 Address:'' "
      "EnableTagOverride:false}]}",
      NULL,
      2 },
    { "a node that is not there",
      { .kind = DEP_CATALOG_NODE },
      "null",
      "{Node:nil Services:[]}",
      NULL,
      0 },
    { "datacenters",
      { .kind = DEP_CATALOG_DATACENTERS },
      "[\"dc2\",\"dc1\"]\n",
      "['dc1' 'dc2']",
      NULL,
      0 },
    { "a key",
      { .kind = DEP_KV_GET, .name = { "a/b", sizeof("a/b") - 1 } },
      "[{\"LockIndex\":0,\"Key\":\"a/b\",\"Flags\":18446744073709551615,\"Value\":\"eMO/AGE=\","
      "\"CreateIndex\":3,\"ModifyIndex\":4,\"Session\":\"s\"}]",
      "{Path:'a/b' Key:'a/b' Value:'x\xc3\xbf' CreateIndex:3 ModifyIndex:4 LockIndex:0 "
      "Flags:18446744073709551615 Session:'s'}",
      NULL,
      0 },
    { "keys below a prefix, in Consul's order",
      { .kind = DEP_KV_LIST, .name = { "tre", sizeof("tre") - 1 } },
      "[{\"Key\":\"tree/\",\"Value\":null},{\"Key\":\"tree/a/b\",\"Value\":\"YWI=\"},"
      "{\"Key\":\"tree//x\",\"Value\":\"YWJj\"},{\"Key\":\"bad\",\"Value\":\"YW\"}]",
      "[{Path:'tree/' Key:'e/' Value:'' CreateIndex:0 ModifyIndex:0 LockIndex:0 Flags:0 "
      "Session:''} {Path:'tree/a/b' Key:'e/a/b' Value:'ab' CreateIndex:0 ModifyIndex:0 "
      "LockIndex:0 Flags:0 Session:''} {Path:'tree//x' Key:'e//x' Value:'abc' CreateIndex:0 "
      "ModifyIndex:0 LockIndex:0 Flags:0 Session:''}]",
      NULL,
      1 },
    { "CA roots",
      { .kind = DEP_CA_ROOTS },
      "{\"ActiveRootID\":\"x\",\"TrustDomain\":\"t\",\"Roots\":[{\"ID\":\"x\",\"Name\":\"N\","
      "\"RootCert\":\"-----\\n\",\"IntermediateCerts\":null,\"Active\":true,\"CreateIndex\":7,"
      "\"ModifyIndex\":8,\"SerialNumber\":9}]}",
      "[{ID:'x' Name:'N' RootCertPEM:'-----\n' Active:true CreateIndex:7 ModifyIndex:8}]",
      NULL,
      0 },
    { "a CA leaf",
      { .kind = DEP_CA_LEAF },
      "{\"SerialNumber\":\"0a\",\"CertPEM\":\"C\",\"PrivateKeyPEM\":\"K\",\"Service\":\"web\","
      "\"ServiceURI\":\"u\",\"ValidAfter\":\"2024-02-29T23:59:59Z\","
      "\"ValidBefore\":\"2024-03-03T02:00:00.5+01:30\",\"CreateIndex\":1,\"ModifyIndex\":2}",
      "{SerialNumber:'0a' CertPEM:'C' PrivateKeyPEM:'K' Service:'web' ServiceURI:'u' "
      "ValidAfter:1709251199.000000000 ValidBefore:1709425800.500000000 CreateIndex:1 "
      "ModifyIndex:2}",
      NULL,
      0 },
    { "partitions",
      { .kind = DEP_PARTITIONS },
      "[{\"Name\":\"b\",\"Description\":\"d\"},{\"Name\":\"a\"}]",
      "[{Name:'a' Description:''} {Name:'b' Description:'d'}]",
      NULL,
      0 },
    { "peerings",
      { .kind = DEP_PEERINGS },
      "[{\"ID\":\"1\",\"Name\":\"c1\",\"State\":\"PENDING\",\"Meta\":{\"k\":\"v\"},"
      "\"PeerServerAddresses\":[\"b\",\"a\"],\"StreamStatus\":{\"ImportedServices\":null,"
      "\"ExportedServices\":[\"x\"],\"LastHeartbeat\":\"2024-01-01T00:00:00Z\",\"LastSend\":null},"
      "\"Remote\":{\"Partition\":\"p\",\"Datacenter\":\"d\"}},"
      "{\"ID\":\"2\",\"Name\":\"c0\",\"State\":\"ACTIVE\"}]",
      "[{ID:'2' Name:'c0' Partition:'' Meta:[] PeeringState:'ACTIVE' PeerID:'' PeerServerName:'' "
      "PeerServerAddresses:[] StreamStatus:{ImportedServices:[] ExportedServices:[] "
      "LastHeartbeat:nil LastReceive:nil LastSend:nil} Remote:{Partition:'' Datacenter:''}} "
      "{ID:'1' Name:'c1' Partition:'' Meta:['k'='v'] PeeringState:'PENDING' PeerID:'' "
      "PeerServerName:'' PeerServerAddresses:['b' 'a'] StreamStatus:{ImportedServices:[] "
      "ExportedServices:['x'] LastHeartbeat:1704067200.000000000 LastReceive:nil LastSend:nil} "
      "Remote:{Partition:'p' Datacenter:'d'}}]",
      NULL,
      0 },
    { "exported services",
      { .kind = DEP_EXPORTED_SERVICES },
      "[{\"Service\":\"b\",\"Consumers\":{\"Peers\":[\"y\",\"x\"]}},{\"Service\":\"a\"}]",
      "[{Service:'a' Partition:'' Namespace:'' Consumers:{Peers:[] Partitions:[]}} {Service:'b' "
      "Partition:'' Namespace:'' Consumers:{Peers:['y' 'x'] Partitions:[]}}]",
      NULL,
      0 },
    { "imported services",
      { .kind = DEP_IMPORTED_SERVICES },
      "[{\"Service\":\"a\",\"SourcePartition\":\"p\"}]",
      "[{Service:'a' Namespace:'' SourcePartition:'p'}]",
      NULL,
      0 },
    { "imported services of the enterprise edition",
      { .kind = DEP_IMPORTED_SERVICES },
      "{\"Partition\":\"x\",\"ImportedServices\":[{\"Service\":\"a\",\"Namespace\":\"n\"}]}",
      "[{Service:'a' Namespace:'n' SourcePartition:''}]",
      NULL,
      0 },
    { "no list at all", { .kind = DEP_EXPORTED_SERVICES }, "null", "[]", NULL, 0 },

    /* The answer as a whole is refused. */
    { "an empty body", { .kind = DEP_HEALTH_SERVICE }, "", NULL, "the text is empty", 0 },
    { "null for instances",
      { .kind = DEP_HEALTH_SERVICE },
      "null",
      NULL,
      "offset 0: expected '[', found 'n'",
      0 },
    { "a page in HTML",
      { .kind = DEP_CATALOG_NODE },
      "<html></html>",
      NULL,
      "JSON: offset 0: expected an object, found byte 0x3c",
      0 },
    { "a body that is cut",
      { .kind = DEP_HEALTH_SERVICE },
      "[" WEB1 ",",
      NULL,
      "the text ends too early, after 428 bytes",
      0 },
    { "bad JSON in an instance",
      { .kind = DEP_HEALTH_SERVICE },
      "[" WEB1 ",{\"Node\":{\"Node\":tru}}]",
      NULL,
      "JSON: offset 16: expected 'true'",
      0 },
    { "a value of another type and bad JSON behind it",
      { .kind = DEP_HEALTH_SERVICE },
      "[" WEB1 ",{\"Node\":5,\"x\":01}]",
      NULL,
      "JSON: offset 16: a number may not begin with 0",
      0 },
    { "a raw newline in a text",
      { .kind = DEP_CATALOG_SERVICES },
      "{\"a\nb\":[]}",
      NULL,
      "JSON: offset 2: control byte 0x0a in a string",
      0 },
    { "brackets that do not match",
      { .kind = DEP_HEALTH_SERVICE },
      "[{]]",
      NULL,
      "JSON: offset 1: expected a member's name, found byte 0x5d",
      0 },
    { "nothing that can be read",
      { .kind = DEP_HEALTH_SERVICE },
      "[{\"Node\":null,\"Service\":{}},5]",
      NULL,
      "none of 2 elements can be read: an instance without a Node",
      0 },
    { "a leaf without a key",
      { .kind = DEP_CA_LEAF },
      "{\"CertPEM\":\"C\"}",
      NULL,
      "a leaf without certificate or key",
      0 },
    { "a time that is none",
      { .kind = DEP_CA_LEAF },
      "{\"ValidAfter\":\"2024-13-01T00:00:00Z\"}",
      NULL,
      "a time that is not as RFC 3339 has it",
      0 },
    { "two keys for one",
      { .kind = DEP_KV_GET },
      "[{\"Key\":\"a\"},{\"Key\":\"b\"}]",
      NULL,
      "expected one element, found 2",
      0 },
    { "no key for one", { .kind = DEP_KV_GET }, "[]", NULL, "expected one element, found 0", 0 },
};

static void check_case(size_t i, size_t piece)
{
    CLEANUP(buf_fini) struct buf dump = BUF_EMPTY;
    CLEANUP(document_unrefp) struct document *doc = NULL;
    struct answer_text answer;
    bool is_good = decode(&cases[i].dep, slice_from(cases[i].body), piece, &answer);

    doc = answer.doc;
    if (is_good != (cases[i].want != NULL))
        fail_msg("%s: %s", cases[i].name, is_good ? "was accepted" : answer.err.text);
    if (!is_good) {
        if (strcmp(answer.err.text, cases[i].want_error) != 0)
            fail_msg("%s: want '%s', got '%s'", cases[i].name, cases[i].want_error,
                     answer.err.text);
        return;
    }
    dump_value(&doc->root, &dump);
    if (strcmp(dump.ptr, cases[i].want) != 0)
        fail_msg("%s: want\n%s\ngot\n%s", cases[i].name, cases[i].want, dump.ptr);
    if (answer.summary.n_skipped != cases[i].want_skipped)
        fail_msg("%s: %zu skipped (%s)", cases[i].name, answer.summary.n_skipped,
                 answer.summary.skip_err.text);
}

static void test_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        check_case(i, 1);
        check_case(i, 7);
        check_case(i, 100000);
    }
}

/* --- Instances ------------------------------------------------------------------------------ */

static const struct dep web = { .kind = DEP_HEALTH_SERVICE, .name = { "web", sizeof("web") - 1 } };

static void test_odd_instances_are_left_out(void **state)
{
    static const struct {
        const char *name, *instance, *want_error;
    } odd[] = {
        { "a port in quotes",
          INSTANCE(NODE("n2", "10.0.0.2"), SERVICE("w2", "[]", "", "\"80\""), "[]"),
          "JSON: offset 263: expected a number, found a string" },
        { "a port with a fraction",
          INSTANCE(NODE("n2", "10.0.0.2"), SERVICE("w2", "[]", "", "80.5"), "[]"),
          "JSON: offset 267: expected an integer of at most 64 bits, found 80.5" },
        { "a port in scientific notation",
          INSTANCE(NODE("n2", "10.0.0.2"), SERVICE("w2", "[]", "", "1e3"), "[]"),
          "JSON: offset 266: expected an integer of at most 64 bits, found 1e3" },
        { "no service", INSTANCE(NODE("n2", "10.0.0.2"), "null", "[]"),
          "an instance without a Service" },
        { "no node", INSTANCE("null", SERVICE("w2", "[]", "", "80"), "[]"),
          "an instance without a Node" },
        { "a number for the tags",
          INSTANCE(NODE("n2", "10.0.0.2"), SERVICE("w2", "5", "", "80"), "[]"),
          "JSON: offset 215: expected an array, found a number" },
        { "a number among the tags",
          INSTANCE(NODE("n2", "10.0.0.2"), SERVICE("w2", "[1]", "", "80"), "[]"),
          "JSON: offset 216: expected a string, found a number" },
        { "a list for the checks",
          INSTANCE(NODE("n2", "10.0.0.2"), SERVICE("w2", "[]", "", "80"), "{\"a\":1}"),
          "JSON: offset 416: expected an array, found an object" },
        { "a word for the instance", "true",
          "JSON: offset 0: expected an object, found a boolean" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(odd); i++) {
        CLEANUP(buf_fini) struct buf body = BUF_EMPTY;
        CLEANUP(buf_fini) struct buf dump = BUF_EMPTY;
        struct answer_text answer;

        buf_printf(&body, "[%s,%s]", odd[i].instance, WEB1);
        if (!decode(&web, buf_slice(&body), 100, &answer))
            fail_msg("%s: %s", odd[i].name, answer.err.text);
        dump_value(&answer.doc->root, &dump);
        document_unref(answer.doc);
        assert_string_equal(dump.ptr, "[" WEB1_DUMP "]");
        assert_int_equal(answer.summary.n_skipped, 1);
        assert_int_equal(answer.summary.n_items, 1);
        if (strcmp(answer.summary.skip_err.text, odd[i].want_error) != 0)
            fail_msg("%s: want '%s', got '%s'", odd[i].name, odd[i].want_error,
                     answer.summary.skip_err.text);
    }
}

static void test_unbounded_nesting_costs_one_instance(void **state)
{
    CLEANUP(buf_fini) struct buf body = BUF_EMPTY;
    struct answer_text answer;

    (void)state;
    buf_add_string(&body, "[{\"Node\":{},\"Service\":{\"Proxy\":");
    buf_add_repeated(&body, '[', 100000);
    buf_add_repeated(&body, ']', 100000);
    buf_add_string(&body, "}}," WEB1 "]");
    assert_true(decode(&web, buf_slice(&body), 4096, &answer));
    assert_int_equal(answer.summary.n_skipped, 1);
    assert_int_equal(answer.summary.n_items, 1);
    document_unref(answer.doc);
}

static void test_huge_texts(void **state)
{
    CLEANUP(buf_fini) struct buf body = BUF_EMPTY;
    struct answer_text answer;

    (void)state;
    /* One of 10 MB is held, one above the limit costs its instance. */
    buf_add_string(&body, "[{\"Node\":{\"Node\":\"");
    buf_add_repeated(&body, 'n', 10u << 20);
    buf_add_string(&body, "\"},\"Service\":{}},{\"Node\":{\"Node\":\"");
    buf_add_repeated(&body, 'n', LIMIT_ELEMENT_BYTES);
    buf_add_string(&body, "\"},\"Service\":{}}]");
    assert_true(decode(&web, buf_slice(&body), 16384, &answer));
    assert_int_equal(answer.summary.n_items, 1);
    assert_int_equal(answer.summary.n_skipped, 1);
    assert_string_equal(answer.summary.skip_err.text, "an element has more than 16777216 bytes");
    document_unref(answer.doc);
}

static void test_the_output_of_a_check_is_cut(void **state)
{
    CLEANUP(buf_fini) struct buf body = BUF_EMPTY;

    (void)state;
    buf_add_string(&body, "[{\"Node\":{},\"Service\":{},\"Checks\":[{\"Output\":\"");
    buf_add_repeated(&body, 'o', LIMIT_CHECK_OUTPUT - 1);
    buf_add_string(&body, "\xc3\xa4more\"}]}]");

    CLEANUP(document_unrefp) struct document *doc = decode_good(&web, buf_slice(&body));
    const struct service_instance *instance = *(void *const *)doc->root.list.items;
    const struct health_check *check = instance->checks.items;

    assert_int_equal(check->output.len, LIMIT_CHECK_OUTPUT - 1); /* not half a character */
}

static void test_the_output_of_a_check_is_dropped(void **state)
{
    static const char body[] = "[{\"Node\":{},\"Service\":{},\"Checks\":[{\"Output\":\"said\","
                               "\"Name\":\"alive\"}]}]";
    CLEANUP(decoder_freep) struct decoder *decoder = decoder_new(&web);
    CLEANUP(document_unrefp) struct document *doc = NULL;
    CLEANUP(document_unrefp) struct document *whole = decode_good(&web, slice_from(body));
    struct decode_summary summary;
    struct error err = ERROR_EMPTY;

    (void)state;
    decoder_drop_output(decoder);
    assert_true(decoder_feed(decoder, slice_from(body), &err));
    assert_true(decoder_finish(decoder, &summary, &doc, &err));

    const struct service_instance *instance = *(void *const *)doc->root.list.items;
    const struct health_check *check = instance->checks.items;

    assert_int_equal(check->output.len, 0);
    assert_true(slice_is(check->name, "alive"));
    assert_true(doc->content_hash == whole->content_hash);
}

static void test_status_of_an_instance(void **state)
{
    static const struct {
        const char *name, *checks, *want;
    } statuses[] = {
        { "no checks", "[]", "passing" },
        { "null for them", "null", "passing" },
        { "all pass", "[" CHECK("a", "passing") "," CHECK("b", "passing") "]", "passing" },
        { "one warns", "[" CHECK("a", "passing") "," CHECK("b", "warning") "]", "warning" },
        { "one is critical", "[" CHECK("a", "critical") "," CHECK("b", "warning") "]", "critical" },
        { "the node is in maintenance",
          "[" CHECK("_node_maintenance", "critical") "," CHECK("b", "critical") "]",
          "maintenance" },
        { "the service is in maintenance", "[" CHECK("_service_maintenance:w1", "critical") "]",
          "maintenance" },
        { "a status of another kind", "[" CHECK("a", "critical") "," CHECK("b", "odd") "]", "" },
        { "in maintenance, and a status of another kind",
          "[" CHECK("_node_maintenance", "critical") "," CHECK("b", "odd") "]", "" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(statuses); i++) {
        CLEANUP(buf_fini) struct buf body = BUF_EMPTY;

        buf_printf(&body, "[{\"Node\":{},\"Service\":{},\"Checks\":%s}]", statuses[i].checks);

        CLEANUP(document_unrefp) struct document *doc = decode_good(&web, buf_slice(&body));
        const struct service_instance *instance = *(void *const *)doc->root.list.items;

        if (!slice_is(instance->status_name, statuses[i].want))
            fail_msg("%s: '%.*s'", statuses[i].name, SLICE_ARG(instance->status_name));
    }
}

/* --- Order ---------------------------------------------------------------------------------- */

static void check_order(const struct dep *dep, const char *body, const char *want)
{
    CLEANUP(document_unrefp) struct document *doc = decode_good(dep, slice_from(body));
    CLEANUP(buf_fini) struct buf got = BUF_EMPTY;
    const struct service_instance *const *instances = doc->root.list.items;

    for (size_t i = 0; i < doc->root.list.n; i++)
        buf_printf(&got, "%.*s/%.*s ", SLICE_ARG(instances[i]->node), SLICE_ARG(instances[i]->id));
    assert_string_equal(got.ptr, want);
}

static void test_order(void **state)
{
    static const char body[] = "[{\"Node\":{\"Node\":\"b\"},\"Service\":{\"ID\":\"1\"}},"
                               "{\"Node\":{\"Node\":\"a\"},\"Service\":{\"ID\":\"2\"}},"
                               "{\"Node\":{\"Node\":\"a\"},\"Service\":{\"ID\":\"10\"}},"
                               "{\"Node\":{\"Node\":\"B\"},\"Service\":{\"ID\":\"1\"}}]";
    struct dep near = web;

    (void)state;
    near.near = SLICE("_agent");
    check_order(&web, body, "B/1 a/10 a/2 b/1 ");
    check_order(&near, body, "b/1 a/2 a/10 B/1 "); /* Consul has sorted by distance */
}

/* --- Content -------------------------------------------------------------------------------- */

static uint64_t hash_of(const struct dep *dep, const char *body)
{
    CLEANUP(document_unrefp) struct document *doc = decode_good(dep, slice_from(body));

    return doc->content_hash;
}

#define ONE_CHECK(output, tags)                                                                 \
    "[{\"Node\":{},\"Service\":{},\"Checks\":[{\"Output\":\"" output "\",\"ServiceTags\":" tags \
    "}]}]"

static void test_content(void **state)
{
    static const struct {
        const char *name;
        enum dep_kind kind;
        bool want_same;
        const char *a, *b;
    } contents[] = {
        { "an address", DEP_HEALTH_SERVICE, false,
          "[{\"Node\":{},\"Service\":{\"Address\":\"a\"}}]",
          "[{\"Node\":{},\"Service\":{\"Address\":\"b\"}}]" },
        { "a text that moves to the next member", DEP_HEALTH_SERVICE, false,
          "[{\"Node\":{\"ID\":\"ab\",\"Node\":\"c\"},\"Service\":{}}]",
          "[{\"Node\":{\"ID\":\"a\",\"Node\":\"bc\"},\"Service\":{}}]" },
        { "a weight", DEP_HEALTH_SERVICE, false,
          "[{\"Node\":{},\"Service\":{\"Weights\":{\"Passing\":1}}}]",
          "[{\"Node\":{},\"Service\":{\"Weights\":{\"Passing\":2}}}]" },
        { "a tagged address", DEP_HEALTH_SERVICE, false,
          "[{\"Node\":{},\"Service\":{\"TaggedAddresses\":{\"lan\":{\"Port\":1}}}}]",
          "[{\"Node\":{},\"Service\":{\"TaggedAddresses\":{\"lan\":{\"Port\":2}}}}]" },
        { "one instance more", DEP_HEALTH_SERVICE, false, "[{\"Node\":{},\"Service\":{}}]",
          "[{\"Node\":{},\"Service\":{}},{\"Node\":{},\"Service\":{}}]" },
        { "the status of a check", DEP_HEALTH_SERVICE, false,
          "[{\"Node\":{},\"Service\":{},\"Checks\":[{\"Status\":\"passing\"}]}]",
          "[{\"Node\":{},\"Service\":{},\"Checks\":[{\"Status\":\"warning\"}]}]" },
        { "the output of a check", DEP_HEALTH_SERVICE, true, ONE_CHECK("a", "[]"),
          ONE_CHECK("b", "[]") },
        { "the order of a check's tags", DEP_HEALTH_SERVICE, true, ONE_CHECK("", "[\"a\",\"b\"]"),
          ONE_CHECK("", "[\"b\",\"a\"]") },
        { "a check's tags", DEP_HEALTH_SERVICE, false, ONE_CHECK("", "[\"a\",\"b\"]"),
          ONE_CHECK("", "[\"a\",\"c\"]") },
        { "the order of tags", DEP_HEALTH_SERVICE, true,
          "[{\"Node\":{},\"Service\":{\"Tags\":[\"a\",\"b\"]}}]",
          "[{\"Node\":{},\"Service\":{\"Tags\":[\"b\",\"a\"]}}]" },
        { "the order of meta", DEP_HEALTH_SERVICE, true,
          "[{\"Node\":{},\"Service\":{\"Meta\":{\"a\":\"1\",\"b\":\"2\"}}}]",
          "[{\"Node\":{},\"Service\":{\"Meta\":{\"b\":\"2\",\"a\":\"1\"}}}]" },
        { "the indexes of an instance", DEP_HEALTH_SERVICE, true,
          "[{\"Node\":{\"ModifyIndex\":1},\"Service\":{\"ModifyIndex\":1}}]",
          "[{\"Node\":{\"ModifyIndex\":2},\"Service\":{\"ModifyIndex\":2}}]" },
        { "the order of services and their tags", DEP_CATALOG_SERVICES, true,
          "{\"a\":[\"x\",\"y\"],\"b\":[]}", "{\"b\":[],\"a\":[\"y\",\"x\"]}" },
        { "the lock of a key", DEP_KV_GET, true, "[{\"Key\":\"a\",\"Value\":\"YQ==\"}]",
          "[{\"Key\":\"a\",\"Value\":\"YQ==\",\"LockIndex\":1,\"Session\":\"s\"}]" },
        { "the value of a key", DEP_KV_GET, false, "[{\"Key\":\"a\",\"Value\":\"YQ==\"}]",
          "[{\"Key\":\"a\",\"Value\":\"Yg==\"}]" },
        { "the index of one of many keys", DEP_KV_LIST, false,
          "[{\"Key\":\"a\",\"ModifyIndex\":1}]", "[{\"Key\":\"a\",\"ModifyIndex\":2}]" },
        { "the heartbeat of a peering", DEP_PEERINGS, true,
          "[{\"StreamStatus\":{\"LastHeartbeat\":\"2024-01-01T00:00:00Z\"}}]",
          "[{\"StreamStatus\":{\"LastHeartbeat\":\"2024-01-01T00:00:01Z\"}}]" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(contents); i++) {
        struct dep dep = { .kind = contents[i].kind };
        bool is_same = hash_of(&dep, contents[i].a) == hash_of(&dep, contents[i].b);

        if (is_same != contents[i].want_same)
            fail_msg("%s: %s", contents[i].name, is_same ? "unseen" : "seen");
    }
}

/* --- Size ----------------------------------------------------------------------------------- */

#define MANY 10000

static void make_many(struct buf *body)
{
    for (int i = 0; i < MANY; i++)
        buf_printf(
            body,
            "%s{\"Node\":{\"ID\":\"\",\"Node\":\"node-%d\",\"Address\":\"10.%d.%d.%d\","
            "\"Datacenter\":\"dc1\",\"TaggedAddresses\":null,\"Meta\":{\"rack\":\"r%d\"}},"
            "\"Service\":" SERVICE("w", "[\"http\",\"v2\"]", "", "8080") ",\"Checks\":[" CHECK(
                "serfHealth", "passing") "," CHECK("service:w", "passing") "]}",
            i ? "," : "[", MANY - i, i >> 16 & 255, i >> 8 & 255, i & 255, i % 20);
    buf_add_byte(body, ']');
}

static void test_fault_22_ten_thousand_instances(void **state)
{
    CLEANUP(buf_fini) struct buf body = BUF_EMPTY;
    struct answer_text whole, bytes;

    (void)state;
    make_many(&body);
    assert_true(decode(&web, buf_slice(&body), body.len, &whole));
    assert_true(decode(&web, buf_slice(&body), 1, &bytes));
    assert_int_equal(whole.summary.n_items, MANY);
    assert_true(whole.doc->content_hash == bytes.doc->content_hash);
    /* The texts that all share are there once: about 870 bytes each with two checks. */
    assert_in_range(whole.doc->arena.used, 0, MANY * 900);
    document_unref(whole.doc);
    document_unref(bytes.doc);
}

static void test_what_an_agent_says_of_itself(void **state)
{
    CLEANUP(decoder_freep) struct decoder *decoder = decoder_new_agent_self();
    struct decode_summary summary;
    struct document *doc;
    struct value fact;
    struct error err;

    (void)state;
    assert_true(decoder_feed(decoder,
                             SLICE("{\"Config\":{\"Datacenter\":\"dc1\",\"NodeName\":\"edge-1\","
                                   "\"Version\":\"1.8.7\"},\"Stats\":{}}"),
                             &err));
    assert_true(decoder_finish(decoder, &summary, &doc, &err));
    fact = value_list_get(&doc->root, AGENT_SELF_NAME);
    assert_true(slice_is(value_slice(&fact), "edge-1"));
    fact = value_list_get(&doc->root, AGENT_SELF_VERSION);
    assert_true(slice_is(value_slice(&fact), "1.8.7"));
    document_unref(doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_odd_instances_are_left_out),
        cmocka_unit_test(test_unbounded_nesting_costs_one_instance),
        cmocka_unit_test(test_huge_texts),
        cmocka_unit_test(test_the_output_of_a_check_is_cut),
        cmocka_unit_test(test_the_output_of_a_check_is_dropped),
        cmocka_unit_test(test_status_of_an_instance),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_content),
        cmocka_unit_test(test_fault_22_ten_thousand_instances),
        cmocka_unit_test(test_what_an_agent_says_of_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
