/* SPDX-License-Identifier: MIT */
/* JSON documents of our own. */
#include "data/json_document.h"
#include "unit.h"

static void test_document(void **state)
{
    CLEANUP(json_document_freep) struct json_node *document = json_document_new();
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;
    struct json_node *list, *inner;

    (void)state;
    json_add_string(document, "text", SLICE("a\"b\n\xff\xc3\xa9"));
    json_add_integer(document, "index", UINT64_MAX);
    json_add_bool(document, "ok", true);
    json_add_null(document, "error");
    list = json_add_array(document, "list");
    json_add_string(list, NULL, SLICE(""));
    inner = json_add_object(list, NULL);
    json_add_integer(inner, "n", 0);
    json_format(document, false, &text);
    assert_string_equal(text.ptr, "{\"text\":\"a\\\"b\\n\xef\xbf\xbd\xc3\xa9\","
                                  "\"index\":18446744073709551615,\"ok\":true,\"error\":null,"
                                  "\"list\":[\"\",{\"n\":0}]}\n");
}

static void test_reading(void **state)
{
    CLEANUP(json_document_freep) struct json_node *document = NULL;
    const struct json_node *node;
    struct error err;

    (void)state;
    assert_true(json_document_parse(SLICE("{\"n\": 7, \"t\": \"x\", \"b\": true, \"minus\": -1,"
                                          " \"list\": [1, \"two\", {\"n\": 3}], \"T\": 1}"),
                                    &document, &err));
    assert_int_equal(json_get_integer(document, "n"), 7);
    assert_int_equal(json_get_integer(document, "minus"), 0);
    assert_int_equal(json_get_integer(document, "t"), 0);
    assert_int_equal(json_get_integer(document, "none"), 0);
    assert_string_equal(json_get_string(document, "t"), "x");
    assert_string_equal(json_get_string(document, "n"), "");
    assert_string_equal(json_get_string(NULL, "n"), "");
    assert_true(json_get_bool(document, "b"));
    assert_false(json_get_bool(document, "n"));
    assert_int_equal(json_count(json_get(document, "list")), 3);
    assert_int_equal(json_count(json_get(document, "none")), 0);
    node = json_first(json_get(document, "list"));
    assert_int_equal(json_integer(node), 1);
    node = json_next(node);
    assert_string_equal(json_string(node), "two");
    assert_int_equal(json_get_integer(json_next(node), "n"), 3);
    assert_null(json_next(json_next(node)));
    assert_string_equal(json_name(json_first(document)), "n");
}

static void test_what_was_just_written(void **state)
{
    CLEANUP(json_document_freep) struct json_node *document = json_document_new();

    (void)state;
    json_add_integer(document, "n", UINT64_MAX);
    assert_true(json_get_integer(document, "n") == UINT64_MAX);
}

static void test_no_document(void **state)
{
    static const char *const texts[] = { "", "{", "[]", "7", "{\"a\":", "{\"a\": 1", "no" };
    struct json_node *document = NULL;
    struct error err;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        assert_false(json_document_parse(slice_from(texts[i]), &document, &err));
        assert_string_equal(err.text, "it is no JSON document");
        assert_null(document);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_document),
        cmocka_unit_test(test_reading),
        cmocka_unit_test(test_what_was_just_written),
        cmocka_unit_test(test_no_document),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
