/* SPDX-License-Identifier: MIT */
/* parseJSON, toJSON and its kin: Go's bytes. */
#include "data/catalog.h"
#include "tmpl/support.h"

#define TO(name, argument, want)                 \
    {                                            \
        name, "toJSON", { argument }, want, NULL \
    }

static const struct support_case cases[] = {
    /* parseJSON */
    { "parse nothing", "parseJSON", { "t:" }, "map[string]interface {}{}", NULL },
    { "parse",
      "parseJSON",
      { "t: {\"b\":[1,null,true],\"a\":\"x\"} \n" },
      "map[string]interface {}{a: x, b: []interface {}{float64(1), nil, bool(true)}}",
      NULL },
    { "parse null", "parseJSON", { "t:null" }, "nil", NULL },
    { "the last of equal names wins",
      "parseJSON",
      { "t:{\"a\":1,\"a\":2}" },
      "map[string]interface {}{a: float64(2)}",
      NULL },
    { "lone surrogates and invalid bytes",
      "parseJSON",
      { "t:[\"\\ud800x\",\"a\xff\"]" },
      "[]interface {}{\ufffdx, a\ufffd}",
      NULL },
    { "what is foreign makes foreign texts",
      "parseJSON",
      { "s:{\"a\":[<\"b\">,1]}" },
      "map[string]interface {}{<a>: []interface {}{<b>, float64(1)}}",
      NULL },
    { "parse white space",
      "parseJSON",
      { "t: " },
      NULL,
      "JSON: offset 1: expected a value, found the end of the text" },
    { "parse two values",
      "parseJSON",
      { "t:1 2" },
      NULL,
      "JSON: offset 2: expected the end of the text, found a number" },
    { "parse a leading zero",
      "parseJSON",
      { "t:[01]" },
      NULL,
      "JSON: offset 3: a number may not begin with 0" },

    /* toJSON */
    TO("nil", "nil", "null"),
    TO("a bool", "b:true", "true"),
    TO("an int", "i:-5", "-5"),
    TO("a uint64", "u:18446744073709551615", "18446744073709551615"),
    TO("a float", "f:1.5", "1.5"),
    TO("a whole float", "f:3", "3"),
    TO("minus zero", "f:-0.0", "-0"),
    TO("below 1e21", "f:123456789012345680000", "123456789012345680000"),
    TO("from 1e21 on", "f:1e21", "1e+21"),
    TO("from 1e-6 on", "f:0.000001", "0.000001"),
    TO("below 1e-6", "f:-0.0000001", "-1e-7"),
    TO("two digits of an exponent", "f:1.25e-10", "1.25e-10"),
    TO("the smallest", "f:5e-324", "5e-324"),
    TO("the largest", "f:1.7976931348623157e308", "1.7976931348623157e+308"),
    TO("a string", "t:a \u00e9\u4e16/", "\"a \u00e9\u4e16/\""),
    TO("quotes", "t:\"\\", "\"\\\"\\\\\""),
    TO("short escapes", "t:\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\""),
    TO("long escapes", "t:\x01\v\x1f\x7f", "\"\\u0001\\u000b\\u001f\x7f\""),
    TO("for HTML", "t:<&>", "\"\\u003c\\u0026\\u003e\""),
    TO("for JavaScript", "t:\u2028\u2029", "\"\\u2028\\u2029\""),
    TO("invalid bytes", "t:a\xff\xe4\xb8", "\"a\\ufffd\\ufffd\\ufffd\""),
    TO("a real U+FFFD", "t:\ufffd", "\"\ufffd\""),
    TO("a list", "S:a,b", "[\"a\",\"b\"]"),
    TO("an empty list", "S:", "[]"),
    TO("tags", "T:a", "[\"a\"]"),
    TO("a map", "j:{\"b\":{},\"a\":[]}", "{\"a\":[],\"b\":{}}"),
    TO("names are sorted by bytes", "j:{\"\u00e9\":1,\"a\":1,\"B\":1,\"a10\":1,\"a2\":1,\"\":1}",
       "{\"\":1,\"B\":1,\"a\":1,\"a10\":1,\"a2\":1,\"\u00e9\":1}"),
    TO("names are escaped", "j:{\"\\u003ck\":1}", "{\"\\u003ck\":1}"),
    TO("foreign is the whole", "S:a,<b>", "<[\"a\",\"b\"]>"),
    { "infinity", "toJSON", { "f:inf" }, NULL, "JSON has no form for infinity" },
    { "NaN", "toJSON", { "f:nan" }, NULL, "JSON has no form for NaN" },

    { "pretty",
      "toJSONPretty",
      { "j:{\"a\":[1,{\"b\":null}],\"c\":{},\"d\":[],\"e\":\"<\"}" },
      "{\n  \"a\": [\n    1,\n    {\n      \"b\": null\n    }\n  ],\n  \"c\": {},\n  \"d\": [],\n  "
      "\"e\": \"\\u003c\"\n}",
      NULL },
    { "pretty scalar", "toJSONPretty", { "i:1" }, "1", NULL },
    { "unescaped", "toUnescapedJSON", { "t:<a>&\u2028\x01" }, "\"<a>&\\u2028\\u0001\"", NULL },
    { "unescaped and pretty", "toUnescapedJSONPretty", { "j:[\"<\"]" }, "[\n  \"<\"\n]", NULL },
};

static void test_cases(void **state)
{
    (void)state;
    support_run(&functions_encoding, cases, ARRAY_SIZE(cases));
}

/* Fails the test unless toJSON of the value is `want`, or fails so. */
static void check_json(struct support *support, const char *name, const struct value *value,
                       const char *want)
{
    struct value ret;
    bool is_good =
        support_call(support, support_find(&functions_encoding, "toJSON"), value, 1, &ret);
    struct slice got = is_good ? value_slice(&ret) : slice_from(support->err.text);

    if (!slice_is(got, want))
        fail_msg("%s: %.*s", name, SLICE_ARG(got));
    support->err = ERROR_EMPTY;
}

static void test_values_that_no_text_makes(void **state)
{
    static const struct type byte_map = {
        .name = "map[int]uint8", .kind = KIND_MAP, .key = &type_int, .elem = &type_uint8
    };
    struct support support;
    struct value map, time = { .type = &type_time, .time = { 1709618828, 120000000 } };
    struct value duration = { .type = &type_duration, .integer = 1500000000 };
    struct value null = { .type = &type_service_name_ptr, .object = NULL };
    struct value loop = { .type = &type_loop },
                 bytes = value_list(&type_bytes, STORED_BYTES, "hi", 2);

    (void)state;
    support_init(&support);
    map = value_map_new(&support.arena, &byte_map);
    for (int i = 8; i < 12; i++)
        value_map_put(&map, &support.arena, value_int(i), value_uint64((uint64_t)i));
    check_json(&support, "names that are numbers sort as texts", &map,
               "{\"10\":10,\"11\":11,\"8\":8,\"9\":9}");
    map = value_map_new(&support.arena, &type_any_key_map);
    check_json(&support, "a map of YAML's", &map,
               "JSON has no form for map[interface {}]interface {}");
    check_json(&support, "a time", &time, "\"2024-03-05T06:07:08.12Z\"");
    check_json(&support, "a duration", &duration, "1500000000");
    check_json(&support, "a null pointer", &null, "null");
    check_json(&support, "a channel", &loop, "JSON has no form for <-chan int64");
    check_json(&support, "bytes", &bytes, "\"aGk=\"");
    support_fini(&support);
}

static void test_struct(void **state)
{
    static const struct slice tags[] = { { "a", 1 }, { "<b>", 3 } };
    static const struct service_name web = { { "web", 3 }, { tags, 2 } },
                                     none = { { "x", 1 }, { NULL, 0 } };
    const struct service_name *items[] = { &web, &none };
    struct value list = value_list(&type_service_name_list, STORED_POINTERS, items, 2);
    struct support support;

    (void)state;
    support_init(&support);
    check_json(
        &support, "structs", &list,
        "[{\"Name\":\"web\",\"Tags\":[\"a\",\"\\u003cb\\u003e\"]},{\"Name\":\"x\",\"Tags\":[]}"
        "]");
    support_fini(&support);
}

/* --- Limits -------------------------------------------------------------------------------- */

static void test_depth(void **state)
{
    struct support support;
    struct value value, ret;
    char text[2 * (LIMIT_VALUE_DEPTH + 1)];

    (void)state;
    support_init(&support);
    value = value_map_new(&support.arena, &type_any_map);
    value_map_put(&value, &support.arena, value_string(SLICE("self")), value);
    check_json(&support, "a map in itself", &value, "the value nests deeper than 200");

    memset(text, '[', LIMIT_VALUE_DEPTH + 1);
    memset(text + LIMIT_VALUE_DEPTH + 1, ']', LIMIT_VALUE_DEPTH + 1);
    value = value_string(slice_of(text + 1, sizeof(text) - 2));
    assert_true(
        support_call(&support, support_find(&functions_encoding, "parseJSON"), &value, 1, &ret));
    value = value_string(slice_of(text, sizeof(text)));
    assert_false(
        support_call(&support, support_find(&functions_encoding, "parseJSON"), &value, 1, &ret));
    support_fini(&support);
}

/* A few megabytes of "[[],[],…" would need a gigabyte. */
static void test_memory_is_checked_first(void **state)
{
    struct support support;
    struct value text, ret;
    size_t n = 8u << 20;
    char *bytes = malloc(n);

    (void)state;
    support_init(&support);
    memset(bytes, ',', n);
    bytes[0] = '[';
    text = value_string(slice_of(bytes, n));
    assert_false(
        support_call(&support, support_find(&functions_encoding, "parseJSON"), &text, 1, &ret));
    assert_int_equal(support.err.code, ERROR_LIMIT);
    assert_string_equal(support.err.text, "the values of this JSON text need more than 256 MB");
    assert_int_equal(support.arena.used, 0);
    free(bytes);
    support_fini(&support);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_values_that_no_text_makes),
        cmocka_unit_test(test_struct),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_memory_is_checked_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
