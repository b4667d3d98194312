/* SPDX-License-Identifier: MIT */
/* Snapshots: what is written is found again, and what people write wrong is named with its place.
 */
#include "consul/snapshot.h"

#include <string.h>

#include "data/catalog.h"
#include "unit.h"

#define KEY_A "[{\"Key\":\"a\",\"Value\":\"eA==\"}]"

static const struct {
    const char *name, *text, *want_error; /* NULL: it is good */
} cases[] = {
    { "no entry", "{\"entries\": []}", NULL },
    { "one entry", "{\"entries\":[{\"question\":\"kv.get(a)\",\"answer\":" KEY_A "}]}", NULL },
    { "everything else",
      "{\"version\":1,\"taken\":\"t\",\"from\":\"f\",\"machine\":\"m\",\"x\":[{}],\"entries\":"
      "[{\"index\":5,\"y\":1,\"question\":\"kv.list(a)\",\"answer\":null}]}",
      NULL },
    { "nothing", "", "s:1:1: expected an object, found the end of the text" },
    { "no object", "\n [1]", "s:2:2: expected an object, found an array" },
    { "no entries", "{}", "s:1:1: expected {\"entries\": [...]}" },
    { "a newer one", "{\n\"version\": 2}", "s:2:12: version 2 is not known here, only 1" },
    { "it ends early", "{\"entries\":[\n", "s:2:1: expected an object, found the end of the text" },
    { "more behind it", "{\"entries\":[]} x",
      "s:1:16: expected the end of the text, found byte 0x78" },
    { "no question", "{\"entries\":[\n {\"answer\": []}]}", "s:2:13: an entry without a question" },
    { "no answer", "{\"entries\":[{\"question\": \"kv.get(a)\"}]}",
      "s:1:13: an entry without an answer" },
    { "no such question", "{\"entries\":[{\"question\": \"web\",\n \"answer\":\n []}]}",
      "s:3:2: 'web' is no question such as health.service(web) or kv.get(a/b)" },
    { "a file", "{\"entries\":[{\"question\": \"file(/x)\", \"answer\": []}]}",
      "s:1:48: 'file(/x)' is no question such as health.service(web) or kv.get(a/b)" },
    { "an answer of another shape",
      "{\"entries\":[{\"question\": \"health.service(web)\",\n\"answer\": {}}]}",
      "s:2:11: answer to health.service(web): offset 0: expected '[', found '{'" },
    { "an instance that nobody can read",
      "{\"entries\":[{\"question\":\"health.service(web)\",\n\"answer\": [{\"Service\":{}}]}]}",
      "s:2:11: answer to health.service(web): none of 1 elements can be read: an instance without "
      "a Node" },
    { "twice",
      "{\"entries\":[{\"question\":\"kv.get(a)\",\"answer\":null},\n"
      "{\"question\":\"kv.get(a)\",\"answer\":null}]}",
      "s:2:34: this question has an answer above" },
};

static void test_reading(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP(snapshot_fini) struct snapshot snapshot = SNAPSHOT_EMPTY;
        struct error err = ERROR_EMPTY;
        bool is_good = snapshot_parse("s", slice_from(cases[i].text), &snapshot, &err);

        print_message("%s\n", cases[i].name);
        assert_string_equal(is_good ? "" : err.text,
                            cases[i].want_error ? cases[i].want_error : "");
        assert_int_equal(is_good, !cases[i].want_error);
    }
}

static struct dep make_dep(enum dep_kind kind, struct slice name, struct arena *arena)
{
    struct dep dep = { .kind = kind, .name = name };

    dep_make_key(&dep, arena);
    return dep;
}

static void test_there_and_back(void **state)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;
    CLEANUP(snapshot_fini) struct snapshot snapshot = SNAPSHOT_EMPTY;
    struct kv_pair pair = { .path = SLICE("a\"b"), .value = SLICE("\xff\n") };
    const struct value root = { .type = &type_kv_pair_ptr, .object = &pair };
    struct dep key = make_dep(DEP_KV_GET, SLICE("a\"b"), &arena);
    struct dep gone = make_dep(DEP_KV_LIST, SLICE("x"), &arena);
    struct dep other = make_dep(DEP_KV_LIST, SLICE("y"), &arena);
    struct document *doc = NULL;
    struct error err = ERROR_EMPTY;

    (void)state;
    snapshot_begin(&text, 0, "http://[::1]:8500", "m");
    snapshot_add(&text, &key, &(struct snapshot_facts){ 7, 3, 1700000000 }, &root);
    snapshot_add(&text, &gone, &(struct snapshot_facts){ .index = 8 }, NULL);
    snapshot_end(&text);
    if (!snapshot_parse("s", buf_slice(&text), &snapshot, &err))
        fail_msg("%s", err.text);
    assert_true(slice_is(snapshot.taken, "1970-01-01T00:00:00Z"));
    assert_true(slice_is(snapshot.from, "http://[::1]:8500") && slice_is(snapshot.machine, "m"));
    assert_int_equal(snapshot_get(&snapshot, &key)->facts.most, 3);
    assert_int_equal(snapshot_get(&snapshot, &key)->facts.index, 7);
    assert_int_equal(snapshot_get(&snapshot, &key)->facts.held_since, 1700000000);
    assert_int_equal(snapshot_get(&snapshot, &gone)->facts.most, 0);
    assert_true(snapshot_find(&snapshot, &key, &doc, &err));
    assert_true(slice_equal(((const struct kv_pair *)doc->root.object)->value, SLICE("\xff\n")));
    document_unref(doc);
    assert_true(snapshot_find(&snapshot, &gone, &doc, &err));
    assert_null(doc);
    assert_false(snapshot_find(&snapshot, &other, &doc, &err));
    assert_int_equal(err.code, ERROR_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reading),
        cmocka_unit_test(test_there_and_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
