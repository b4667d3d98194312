/* SPDX-License-Identifier: MIT */
/* The strict JSON reader. */
#include "base/limits.h"
#include "data/json.h"
#include "unit.h"

static void test_refused(void **state)
{
    static const struct {
        const char *name, *text, *want_error;
    } cases[] = {
        { "nothing", "", "JSON: offset 0: expected a value, found the end of the text" },
        { "two values", "1 2", "JSON: offset 2: expected the end of the text, found a number" },
        { "a leading zero", "01", "JSON: offset 2: a number may not begin with 0" },
        { "no digits after the point", "1.", "JSON: offset 2: expected digits after the point" },
        { "a bare minus", "-", "JSON: offset 1: expected a digit" },
        { "an empty exponent", "1e+", "JSON: offset 3: expected digits in the exponent" },
        { "a raw newline in a string", "\"a\nb\"",
          "JSON: offset 2: control byte 0x0a in a string" },
        { "an open string", "\"ab", "JSON: offset 3: the string is never closed" },
        { "an unknown escape", "\"\\x\"", "JSON: offset 2: no such escape in a string" },
        { "a short \\u", "\"\\u12\"",
          "JSON: offset 5: expected four hexadecimal digits after \\u" },
        { "a comma before ]", "[1,]", "JSON: offset 3: expected a value after ','" },
        { "a comma before }", "{\"a\":1,}", "JSON: offset 7: expected a value after ','" },
        { "two commas", "[1,,2]", "JSON: offset 3: expected a value, found byte 0x2c" },
        { "no comma", "[1 2]", "JSON: offset 3: expected ',' or ']'" },
        { "a number as a name", "{1:2}",
          "JSON: offset 1: expected a member's name, found a number" },
        { "no colon", "{\"a\" 1}", "JSON: offset 5: expected ':'" },
        { "an open array", "[1", "JSON: offset 2: expected ',' or ']'" },
        { "a wrong word", "nul", "JSON: offset 0: expected 'null'" },
        { "a number that overflows", "1e400", "JSON: offset 5: the number is too large" },
        { "a byte of no use", "?", "JSON: offset 0: expected a value, found byte 0x3f" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
        struct error err = ERROR_EMPTY;
        struct value value;

        if (json_parse_value(slice_from(cases[i].text), &arena, &value, &err))
            fail_msg("%s: was accepted", cases[i].name);
        if (strcmp(err.text, cases[i].want_error) != 0)
            fail_msg("%s: want '%s', got '%s'", cases[i].name, cases[i].want_error, err.text);
    }
}

static void test_strings(void **state)
{
    static const struct {
        const char *name;
        struct slice text, want;
    } cases[] = {
        { "plain", SLICE("\"abc\""), SLICE("abc") },
        { "empty", SLICE("\"\""), SLICE("") },
        { "escapes", SLICE("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), SLICE("\"\\/\b\f\n\r\t") },
        { "an escaped NUL is kept", SLICE("\"a\\u0000b\""), SLICE("a\0b") },
        { "a pair of surrogates", SLICE("\"\\ud83d\\ude00\""), SLICE("\xf0\x9f\x98\x80") },
        { "a lone high surrogate", SLICE("\"\\ud83dx\""), SLICE("\xef\xbf\xbdx") },
        { "a lone low surrogate", SLICE("\"\\ude00\""), SLICE("\xef\xbf\xbd") },
        { "two high ones", SLICE("\"\\ud83d\\ud83d\\ude00\""),
          SLICE("\xef\xbf\xbd\xf0\x9f\x98\x80") },
        { "UTF-8", SLICE("\"h\xc3\xa9\""), SLICE("h\xc3\xa9") },
        { "an invalid byte", SLICE("\"a\xff\x62\""), SLICE("a\xef\xbf\xbd\x62") },
        { "an overlong form", SLICE("\"\xc0\x80\""), SLICE("\xef\xbf\xbd\xef\xbf\xbd") },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
        struct error err = ERROR_EMPTY;
        struct value value;

        if (!json_parse_value(cases[i].text, &arena, &value, &err))
            fail_msg("%s: %s", cases[i].name, err.text);
        if (!slice_equal(value_slice(&value), cases[i].want))
            fail_msg("%s: got '%.*s'", cases[i].name, SLICE_ARG(value_slice(&value)));
    }
}

static void test_objects(void **state)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    struct error err = ERROR_EMPTY;
    struct value object, key, value;

    (void)state;
    assert_true(
        json_parse_value(SLICE(" {\"b\":[1,null,{}],\"a\":1,\"a\":2.5} "), &arena, &object, &err));
    assert_ptr_equal(object.type, &type_any_map);
    assert_int_equal(value_map_len(&object), 2);
    value_map_at(&object, 0, &key, &value);
    assert_true(slice_is(value_slice(&key), "a"));
    assert_true(value.real == 2.5);
    value_map_at(&object, 1, &key, &value);
    assert_int_equal(value.list.n, 3);
}

static void test_depth(void **state)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;
    struct error err = ERROR_EMPTY;
    struct value value;

    (void)state;
    buf_add_repeated(&text, '[', LIMIT_VALUE_DEPTH);
    buf_add_repeated(&text, ']', LIMIT_VALUE_DEPTH);
    assert_true(json_parse_value(buf_slice(&text), &arena, &value, &err));
    buf_clear(&text);
    buf_add_repeated(&text, '[', 1000000);
    assert_false(json_parse_value(buf_slice(&text), &arena, &value, &err));
    assert_string_equal(err.text, "JSON: offset 200: nested deeper than 200");
}

static void test_pulling(void **state)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    struct error err = ERROR_EMPTY;
    struct json_reader reader;
    struct slice key, text = SLICE_EMPTY, raw = SLICE_EMPTY;
    uint64_t flags = 0;
    int64_t port = 0;

    (void)state;
    json_init(&reader,
              SLICE("{\"Flags\":18446744073709551615,\"Value\":null,\"Other\":[{\"x\":[]}],"
                    "\"Port\":-12,\"Meta\":null,\"List\":[null,null]}"),
              64, &arena, &err);
    assert_true(json_enter_object(&reader));
    while (json_next_member(&reader, &key)) {
        if (slice_is(key, "Flags"))
            json_read_uint(&reader, &flags);
        else if (slice_is(key, "Value"))
            json_read_string(&reader, &text);
        else if (slice_is(key, "Port"))
            json_read_int(&reader, &port);
        else if (slice_is(key, "Other"))
            json_read_raw(&reader, &raw);
        else if (slice_is(key, "Meta")) {
            json_enter_object(&reader);
            assert_false(json_next_member(&reader, &key));
        } else {
            size_t n = 0;

            json_enter_array(&reader);
            while (json_next_element(&reader)) {
                json_enter_array(&reader);
                assert_false(json_next_element(&reader));
                n++;
            }
            assert_int_equal(n, 2);
        }
    }
    assert_true(json_at_end(&reader));
    assert_true(flags == UINT64_MAX && port == -12 && text.len == 0);
    assert_true(slice_is(raw, "[{\"x\":[]}]"));
}

static void test_integers_are_exact(void **state)
{
    static const char *const refused[] = {
        "1.0", "1e3", "80.5", "\"80\"", "9223372036854775808", "-9223372036854775809", "[]"
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
        CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
        struct error err = ERROR_EMPTY;
        struct json_reader reader;
        int64_t integer;

        json_init(&reader, slice_from(refused[i]), 64, &arena, &err);
        if (json_read_int(&reader, &integer))
            fail_msg("%s was accepted", refused[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused), cmocka_unit_test(test_strings),
        cmocka_unit_test(test_objects), cmocka_unit_test(test_depth),
        cmocka_unit_test(test_pulling), cmocka_unit_test(test_integers_are_exact),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
