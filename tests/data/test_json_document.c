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

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_document) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
