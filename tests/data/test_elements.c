/* SPDX-License-Identifier: MIT */
/* Answers taken apart. */
#include "data/elements.h"

#include "data/catalog.h"
#include "unit.h"

#define TEXT(literal)                \
    {                                \
        literal, sizeof(literal) - 1 \
    }

static const struct slice tags[] = { TEXT("blue"), TEXT("a\nb") };
static const struct pair meta[] = { { TEXT("note"), TEXT("x\ry") } };

static const struct service_instance instances[] = {
    { .node = TEXT("n1"), .id = TEXT("web-1"), .port = 80 },
    { .node = TEXT("n2"), .id = TEXT("web-1"), .port = 80, .tags = { tags, 2 } },
    { .node = TEXT("n1"), .id = TEXT("web-1"), .port = 81, .service_meta = { meta, 1 } },
    { .node = TEXT("n\n3"), .id = TEXT("a\x7f\x01") },
};
static const struct health_check check = { .check_id = TEXT("c"), .output = TEXT("1") };
static const struct health_check check_later = { .check_id = TEXT("c"), .output = TEXT("2") };
static const struct service_name names[] = { { .name = TEXT("web") }, { .name = TEXT("db") } };
static const struct kv_pair pairs[] = { { .path = TEXT("a/b"), .value = TEXT("secret") } };
static const struct catalog_node nodes[] = { { .node = TEXT("n1") } };

static struct document *document(const struct type *type, const void *objects, size_t n)
{
    struct document *doc = document_new();

    doc->root = value_list(type, STORED_OBJECTS, objects, n);
    return doc;
}

static void test_elements(void **state)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    struct document *doc = document(&type_service_instance_list, instances, 4);
    struct elements all = elements_of(doc, &arena), none = elements_of(NULL, &arena);

    (void)state;
    assert_true(elements_are_listed(doc) && elements_are_instances(doc));
    assert_int_equal(all.n, 4);
    assert_ptr_equal(all.items[2].object, &instances[2]);
    assert_true(all.items[0].identity == all.items[2].identity);
    assert_true(all.items[0].identity != all.items[1].identity);
    assert_true(all.items[0].content != all.items[2].content);
    for (size_t i = 0; i < all.n; i++) {
        assert_true(elements_have(&all, &all.items[i]));
        assert_true(elements_find(&all, all.items[i].identity)->identity == all.items[i].identity);
        assert_false(elements_have(&none, &all.items[i]));
        assert_null(elements_find(&none, all.items[i].identity));
    }
    document_unref(doc);
}

static void test_output_of_checks_is_no_change(void **state)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    struct service_instance now = instances[0], later = instances[0];
    struct document *docs[2];

    (void)state;
    now.checks = (struct array){ &check, 1 };
    later.checks = (struct array){ &check_later, 1 };
    docs[0] = document(&type_service_instance_list, &now, 1);
    docs[1] = document(&type_service_instance_list, &later, 1);
    assert_true(elements_of(docs[0], &arena).items[0].content ==
                elements_of(docs[1], &arena).items[0].content);
    document_unref(docs[0]);
    document_unref(docs[1]);
}

static void test_join(void **state)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    struct document *doc = document(&type_service_instance_list, instances, 2);
    struct document *other = document(&type_service_instance_list, instances + 2, 2);
    const void *objects[] = { &instances[1], &instances[3] };
    struct document *joined = elements_join(doc, other, objects, 2);
    struct document *fewer = elements_join(doc, NULL, objects, 1);
    struct elements all = elements_of(joined, &arena);

    (void)state;
    document_unref(doc);
    document_unref(other);
    assert_int_equal(doc->n_refs, 2); /* kept by both */
    assert_int_equal(all.n, 2);
    assert_ptr_equal(all.items[1].object, &instances[3]);
    assert_true(joined->content_hash != fewer->content_hash);
    assert_true(elements_are_instances(joined));
    document_unref(joined);
    document_unref(fewer);
}

static const struct {
    const char *name;
    const struct type *list;
    const void *object;
    struct slice text;
    bool is_held;
    const char *description;
} rows[] = {
    { "a name", &type_service_instance_list, &instances[0], SLICE("n1"), true,
      "instance 'web-1' on node 'n1'" },
    { "a tag", &type_service_instance_list, &instances[1], SLICE("a\nb"), true,
      "instance 'web-1' on node 'n2'" },
    { "a part of a tag", &type_service_instance_list, &instances[1], SLICE("\n"), true,
      "instance 'web-1' on node 'n2'" },
    { "metadata", &type_service_instance_list, &instances[2], SLICE("x\ry"), true,
      "instance 'web-1' on node 'n1'" },
    { "a key of metadata", &type_service_instance_list, &instances[2], SLICE("note"), true,
      "instance 'web-1' on node 'n1'" },
    { "nothing of it", &type_service_instance_list, &instances[0], SLICE("note"), false,
      "instance 'web-1' on node 'n1'" },
    { "no text", &type_service_instance_list, &instances[0], SLICE(""), false,
      "instance 'web-1' on node 'n1'" },
    { "names that are no names", &type_service_instance_list, &instances[3], SLICE("\n"), true,
      "instance 'a..' on node 'n.3'" },
    { "a service", &type_service_name_list, &names[0], SLICE("web"), true, "service 'web'" },
    { "a node", &type_catalog_node_list, &nodes[0], SLICE("n1"), true, "node 'n1'" },
    { "the operator's own value", &type_kv_pair_list, &pairs[0], SLICE("secret"), false,
      "key 'a/b'" },
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CLEANUP(buf_fini) struct buf description = BUF_EMPTY;
        struct document *doc = document(rows[i].list, rows[i].object, 1);

        print_message("%s\n", rows[i].name);
        assert_true(elements_are_listed(doc));
        assert_int_equal(element_holds(doc, rows[i].object, rows[i].text), rows[i].is_held);
        element_describe(doc, rows[i].object, &description);
        assert_string_equal(description.ptr, rows[i].description);
        document_unref(doc);
    }
}

static void test_other_answers(void **state)
{
    static const struct slice texts[] = { TEXT("dc1") };
    struct document *doc = document_new();

    (void)state;
    doc->root = value_list(&type_string_list, STORED_SLICES, texts, 1);
    assert_false(elements_are_listed(doc));
    assert_false(elements_are_listed(NULL));
    assert_false(elements_are_instances(NULL));
    document_unref(doc);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_elements),      cmocka_unit_test(test_output_of_checks_is_no_change),
        cmocka_unit_test(test_join),          cmocka_unit_test(test_rows),
        cmocka_unit_test(test_other_answers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
