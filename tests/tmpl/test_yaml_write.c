/* SPDX-License-Identifier: MIT */
/* toYAML: styles of scalars, the order of keys, what lies where. */
#include <math.h>

#include "data/catalog.h"
#include "tmpl/support.h"

#define X4(text)  text text text text
#define X16(text) X4(X4(text))
#define X64(text) X4(X16(text))

static const struct support_case cases[] = {
    { "null", "toYAML", { "nil" }, "null", NULL },
    { "booleans", "toYAML", { "j:[true,false]" }, "- true\n- false", NULL },
    { "int", "toYAML", { "i:-42" }, "-42", NULL },
    { "int64", "toYAML", { "l:-9223372036854775808" }, "-9223372036854775808", NULL },
    { "uint64", "toYAML", { "u:18446744073709551615" }, "18446744073709551615", NULL },
    { "floats",
      "toYAML",
      { "j:[0,-0.0,1,1.5,100000,1000000,1234567,1e21,0.0001,0.00001,-2.25,0.1,1e300,"
        "123456789012345678]" },
      "- 0\n- -0\n- 1\n- 1.5\n- 100000\n- 1e+06\n- 1.234567e+06\n- 1e+21\n- 0.0001\n- 1e-05\n- "
      "-2.25\n- 0.1\n- 1e+300\n- 1.2345678901234568e+17",
      NULL },
    { "infinity", "toYAML", { "f:inf" }, ".inf", NULL },
    { "minus infinity", "toYAML", { "f:-inf" }, "-.inf", NULL },
    { "NaN", "toYAML", { "f:nan" }, ".nan", NULL },
    { "empty collections", "toYAML", { "j:[[],{}]" }, "- []\n- {}", NULL },
    { "an empty map", "toYAML", { "j:{}" }, "{}", NULL },
    { "an empty list", "toYAML", { "j:[]" }, "[]", NULL },
    { "a list of strings", "toYAML", { "S:a,b" }, "- a\n- b", NULL },
    { "no strings", "toYAML", { "S:" }, "[]", NULL },
    { "tags", "toYAML", { "T:<a>,<b>" }, "- a\n- b", NULL },
    { "text", "toYAML", { "t:plain" }, "plain", NULL },
    { "no text", "toYAML", { "t:" }, "\"\"", NULL },
    { "words that mean something",
      "toYAML",
      { "j:[\"yes\",\"No\",\"ON\",\"off\",\"true\",\"False\",\"null\",\"~\",\"y\",\"N\",\".inf\","
        "\"-.Inf\",\".NaN\"]" },
      "- \"yes\"\n- \"No\"\n- \"ON\"\n- \"off\"\n- \"true\"\n- \"False\"\n- \"null\"\n- \"~\"\n- "
      "\"y\"\n- \"N\"\n- \".inf\"\n- \"-.Inf\"\n- \".NaN\"",
      NULL },
    { "words that mean nothing",
      "toYAML",
      { "j:[\"yES\",\"nope\",\"Null2\",\"inf\",\"nan\",\"None\",\"t\"]" },
      "- yES\n- nope\n- Null2\n- inf\n- nan\n- None\n- t",
      NULL },
    { "numbers",
      "toYAML",
      { "j:[\"1\",\"-1\",\"+1\",\"1.5\",\"1e3\",\"0x1f\",\"0o7\",\"017\",\"08\",\"0b1\",\"1_000\","
        "\".5\",\"5.\",\"1:30\",\"-190:20:30.5\",\"18446744073709551616\"]" },
      "- \"1\"\n- \"-1\"\n- \"+1\"\n- \"1.5\"\n- \"1e3\"\n- \"0x1f\"\n- \"0o7\"\n- \"017\"\n- "
      "\"08\"\n- \"0b1\"\n- \"1_000\"\n- \".5\"\n- \"5.\"\n- \"1:30\"\n- \"-190:20:30.5\"\n- "
      "\"18446744073709551616\"",
      NULL },
    { "no numbers",
      "toYAML",
      { "j:[\"1.2.3\",\"0x\",\"1a\",\"1e\",\"1,000\",\"1:60\",\"1:\",\"10.0.0.1\",\"10.0.0.1:80\","
        "\".\",\"0b2\",\"1e999\"]" },
      "- 1.2.3\n- 0x\n- 1a\n- 1e\n- 1,000\n- 1:60\n- '1:'\n- 10.0.0.1\n- 10.0.0.1:80\n- .\n- "
      "0b2\n- 1e999",
      NULL },
    { "times",
      "toYAML",
      { "j:[\"2024-03-05\",\"2024-3-5\",\"2001-12-14T21:59:43.10-05:00\",\"2001-12-14t1:2:3Z\","
        "\"2001-12-14 21:59:43.1\",\"2001-12-14  1:2:3,5\",\"2000-02-29\"]" },
      "- \"2024-03-05\"\n- \"2024-3-5\"\n- \"2001-12-14T21:59:43.10-05:00\"\n- "
      "\"2001-12-14t1:2:3Z\"\n- \"2001-12-14 21:59:43.1\"\n- \"2001-12-14  1:2:3,5\"\n- "
      "\"2000-02-29\"",
      NULL },
    { "no times",
      "toYAML",
      { "j:[\"2024-02-30\",\"2024-13-01\",\"1900-02-29\",\"24-03-05\",\"2024-03-05T\",\"2024-03-"
        "05T24:00:00Z\",\"2024-03-05T10:00Z\",\"2001-12-14 21:59:43 "
        "-5\",\"2001-12-14T1:2:3+7:00\",\"2001-12-14T1:2:3+25:00\"]" },
      "- 2024-02-30\n- 2024-13-01\n- 1900-02-29\n- 24-03-05\n- 2024-03-05T\n- "
      "2024-03-05T24:00:00Z\n- 2024-03-05T10:00Z\n- 2001-12-14 21:59:43 -5\n- "
      "2001-12-14T1:2:3+7:00\n- 2001-12-14T1:2:3+25:00",
      NULL },
    { "indicators",
      "toYAML",
      { "j:[\"# c\",\"- x\",\"-\",\"-x\",\"? x\",\"?x\",\": x\",\":x\",\"x: y\",\"x:\",\"x:y\",\"x "
        "#y\",\"x#y\",\"[x\",\"]\",\"{x}\",\",\",\"&a\",\"*a\",\"!x\",\"|\",\"> "
        "x\",\"%x\",\"@x\",\"`x\",\"'x\",\"\\\"x\",\"x'y\",\"---\",\"--- x\",\"...\",\"--\"]" },
      "- '# c'\n- '- x'\n- '-'\n- -x\n- '? x'\n- ?x\n- ': x'\n- :x\n- 'x: y'\n- 'x:'\n- x:y\n- 'x "
      "#y'\n- x#y\n- '[x'\n- ']'\n- '{x}'\n- ','\n- '&a'\n- '*a'\n- '!x'\n- '|'\n- '> x'\n- "
      "'%x'\n- '@x'\n- '`x'\n- '''x'\n- '\"x'\n- x'y\n- '---'\n- '--- x'\n- '...'\n- --",
      NULL },
    { "white space at the ends",
      "toYAML",
      { "j:[\" x\",\"x \",\" \",\"  x\",\"x\\ty\",\"\\t\"]" },
      "- ' x'\n- 'x '\n- ' '\n- '  x'\n- \"x\\ty\"\n- \"\\t\"",
      NULL },
    { "control characters",
      "toYAML",
      { "j:[\"\\u0000\\u0007\\b\\t\\u000b\\f\\r\\u001b\\u007f\\u0085\",\"\\\"\\\\\\u0001\"]" },
      "- \"\\0\\a\\b\\t\\v\\f\\r\\e\\x7F\\N\"\n- \"\\\"\\\\\\x01\"",
      NULL },
    { "beyond ASCII",
      "toYAML",
      { "j:[\"\u00e9\",\"\u4e16\u754c\",\"\\u00a0\",\"\\ufffd\"]" },
      "- \u00e9\n- \u4e16\u754c\n- \u00a0\n- \ufffd",
      NULL },
    { "beyond the basic plane", "toYAML", { "t:\U0001f600 x" }, "\"\\U0001F600 x\"", NULL },
    { "a byte order mark inside", "toYAML", { "t:a\ufeffb" }, "\"a\\uFEFFb\"", NULL },
    { "a byte order mark in front: all is escaped",
      "toYAML",
      { "t:\ufeffa \u00e9" },
      "\"\\uFEFF\\x61\\x20\\xE9\"",
      NULL },
    { "separators of lines", "toYAML", { "t:a\u2028b" }, "'a\u2028  b'", NULL },
    { "lines",
      "toYAML",
      { "j:[\"a\\nb\\n\",\"a\\nb\",\"a\\n\\n\",\"\\n\",\"\\n\\na\\n\",\" a\\nb\\n\",\"a\\n "
        "b\\n\"]" },
      "- |\n  a\n  b\n- |-\n  a\n  b\n- |+\n  a\n\n- |2+\n\n- |2\n\n\n  a\n- |2\n   a\n  b\n- |\n  "
      "a\n   b",
      NULL },
    { "lines that cannot be a block",
      "toYAML",
      { "j:[\"a \\nb\",\"a\\nb \",\"a\\n\\tb\",\"a\\r\\nb\\n\"]" },
      "- \"a \\nb\"\n- \"a\\nb \"\n- \"a\\n\\tb\"\n- \"a\\r\\nb\\n\"",
      NULL },
    { "lines in a map",
      "toYAML",
      { "j:{\"k\":{\"l\":\"a\\n\\nb\\n\"},\"m\":[\"x\\ny\"]}" },
      "k:\n  l: |\n    a\n\n    b\nm:\n- |-\n  x\n  y",
      NULL },
    { "lines as a key",
      "toYAML",
      { "j:{\"a\\nb\":1,\"c\":[{\"d\\ne\":{\"f\":2}}]}" },
      "? |-\n  a\n  b\n: 1\nc:\n- ? |-\n    d\n    e\n  : f: 2",
      NULL },
    { "keys in quotes",
      "toYAML",
      { "j:{\"\":1,\"1\":2,\"yes\":3,\"a b\":4,\"a: b\":5,\"- "
        "a\":6,\"<<\":7,\"null\":8,\"2024-03-05\":9}" },
      "\"\": 1\n'- a': 6\n<<: 7\n\"1\": 2\n\"2024-03-05\": 9\na b: 4\n'a: b': 5\n\"null\": "
      "8\n\"yes\": 3",
      NULL },
    { "order: digits are numbers",
      "toYAML",
      { "j:{\"b10\":1,\"b9\":2,\"b1\":3,\"b\":4,\"b09\":5,\"b009\":6,\"10\":7,\"9\":8}" },
      "\"9\": 8\n\"10\": 7\nb: 4\nb1: 3\nb9: 2\nb09: 5\nb009: 6\nb10: 1",
      NULL },
    { "order: letters last",
      "toYAML",
      { "j:{\"a\":1,\"B\":2,\"_\":3,\"-\":4,\"1\":5,\"a_\":6,\"aa\":7,\"a1\":8,\"\u00e9\":9,"
        "\"\u4e16\":10,\"z\":11}" },
      "'-': 4\n_: 3\n\"1\": 5\nB: 2\na: 1\na_: 6\na1: 8\naa: 7\nz: 11\n\u00e9: 9\n\u4e16: 10",
      NULL },
    { "order: a zero inside a number",
      "toYAML",
      { "j:{\"a10\":1,\"a1\":2,\"a100\":3,\"a20\":4,\"a2\":5,\"a02\":6,\"a0\":7,\"a00\":8}" },
      "a0: 7\na00: 8\na1: 2\na2: 5\na02: 6\na10: 1\na20: 4\na100: 3",
      NULL },
    { "order: digits of other scripts",
      "toYAML",
      { "j:{\"a\u0663\":1,\"a\u0662\":2,\"a1\":3,\"a9\":4}" },
      "a1: 3\na9: 4\na\u0662: 2\na\u0663: 1",
      NULL },
    { "order: a prefix first",
      "toYAML",
      { "j:{\"web-1\":1,\"web\":2,\"web-10\":3,\"web-2\":4,\"web-2-b\":5,\"web-2-a\":6}" },
      "web: 2\nweb-1: 1\nweb-2: 4\nweb-2-a: 6\nweb-2-b: 5\nweb-10: 3",
      NULL },
    { "lists in maps are not indented",
      "toYAML",
      { "j:{\"a\":[\"b\",{\"c\":[\"d\"],\"e\":1}],\"f\":[[\"g\",\"h\"],[]]}" },
      "a:\n- b\n- c:\n  - d\n  e: 1\nf:\n- - g\n  - h\n- []",
      NULL },
    { "maps in lists",
      "toYAML",
      { "j:[{\"a\":1,\"b\":{\"c\":2}},[{\"d\":3}],{}]" },
      "- a: 1\n  b:\n    c: 2\n- - d: 3\n- {}",
      NULL },
    { "not UTF-8",
      "toYAML",
      { "t:a\xff"
        "b" },
      "!!binary Yf9i",
      NULL },
    { "a foreign text", "toYAML", { "s:<a>: b" }, "<'a: b'>", NULL },

    { "keys up to 128 bytes lie in their line",
      "toYAML",
      { "j:{\"" X64("k") X64("k") "\":1,\"" X64("l") X64("l") "l\":[2],\"" X64("m")
            X64("m") "m\":{\"o\":3}}" },
      X64("k") X64("k") ": 1\n? " X64("l") X64("l") "l\n: - 2\n? " X64("m") X64("m") "m\n: o: 3",
      NULL },
    { "not UTF-8, several lines",
      "toYAML",
      { "t:" X16("\xfe\xfe\xfe") X4("\xfe\xfe\xfe") },
      "!!binary |\n  " X16("/v7+") "/v7+/v\n  7+/v7+/v7+",
      NULL },
    { "a line ends behind column 80",
      "toYAML",
      { "t:" X64("a") X16("a") " b c " X64("d") X4("ddd") " e f" },
      X64("a") X16("a") " b\n  c " X64("d") X4("ddd") " e\n  f",
      NULL },
    { "at a single space only",
      "toYAML",
      { "t:" X64("a") X16("a") "a  b c" },
      X64("a") X16("a") "a  b\n  c",
      NULL },
    { "columns count characters",
      "toYAML",
      { "t:" X64("\u00e9") X16("\u00e9") " a " X64("\u00e9") " b c" },
      X64("\u00e9") X16("\u00e9") " a\n  " X64("\u00e9") " b c",
      NULL },
    { "in single quotes",
      "toYAML",
      { "t:# " X16("it's ") "it's z" },
      "'# " X4("it''s it''s it''s ") "it''s it''s\n  it''s it''s it''s z'",
      NULL },
    { "in double quotes a space in front is escaped",
      "toYAML",
      { "t:\t" X16("abcd ") "  x " X64("e") X16("e") " y" },
      "\"\\t" X4("abcd abcd abcd ") "abcd abcd abcd abcd\n  \\  x " X64("e") X16("e") "\n  y\"",
      NULL },
    { "not in a key, and from the indentation of the value",
      "toYAML",
      { "j:{\"k\":[\"" X16("word ") "end it\"],\"" X16("x ") X16("x ") X16("x ") "y\":\"a b c\"}" },
      "k:\n- " X4("word word word ") "word word word word\n  end it\n" X16("x ") X16("x ")
          X16("x ") "y: a\n  b c",
      NULL },
};

static void test_cases(void **state)
{
    (void)state;
    support_run(&functions_yaml, cases, ARRAY_SIZE(cases));
}

static bool write(struct support *support, const struct value *arg, struct value *ret)
{
    return support_call(support, support_find(&functions_yaml, "toYAML"), arg, 1, ret);
}

static void expect(struct support *support, struct value arg, const char *want)
{
    struct value ret;

    if (!write(support, &arg, &ret))
        fail_msg("%s", support->err.text);
    assert_true(value_is_string(&ret));
    assert_string_equal(arena_copy(&support->arena, value_slice(&ret)).ptr, want);
}

/* Keys that only YAML can have: numbers by value whatever their type, nil before strings. */
static void test_keys_of_every_kind(void **state)
{
    struct support support;
    struct value map;

    (void)state;
    support_init(&support);
    map = value_map_new(&support.arena, &type_any_key_map);

    const struct value keys[] = {
        value_string(SLICE("a")), VALUE_NIL,       value_int(2),      value_float(1.5),
        value_bool(true),         value_int(1),    value_uint64(1),   value_int64(1),
        value_float(1),           value_float(-1), value_bool(false), value_string(SLICE("1")),
    };

    for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
        value_map_put(&map, &support.arena, keys[i], value_int((int64_t)i));
    expect(&support, map,
           "-1: 9\nfalse: 10\ntrue: 4\n1: 7\n1: 6\n1: 8\n1.5: 3\n2: 2\nnull: 1\n\"1\": 11\n"
           "a: 0");
    support_fini(&support);
}

/* The fields of structs have their names in small letters. */
static void test_structs(void **state)
{
    static const struct kv_pair pair = {
        .path = { "web/port", 8 }, .key = { "port", 4 }, .value = { "80", 2 }, .flags = 3
    };
    static const struct kv_pair *const pairs[] = { &pair };
    struct support support;
    struct value list = value_list(&type_kv_pair_list, STORED_POINTERS, pairs, 1);

    (void)state;
    support_init(&support);
    expect(&support, list,
           "- path: web/port\n  key: port\n  value: \"80\"\n  createindex: 0\n  modifyindex: 0\n"
           "  lockindex: 0\n  flags: 3\n  session: \"\"");
    expect(&support, (struct value){ .type = &type_node_answer_ptr, .object = NULL }, "null");
    support_fini(&support);
}

static void test_times(void **state)
{
    struct support support;
    const struct timespec moment = { .tv_sec = 1709618828, .tv_nsec = 120000000 };

    (void)state;
    support_init(&support);
    expect(&support, (struct value){ .type = &type_time, .time = moment },
           "2024-03-05T06:07:08.12Z");
    expect(&support, (struct value){ .type = &type_duration, .integer = 90000000000 }, "1m30s");
    support_fini(&support);
}

static void expect_error(struct support *support, struct value arg, enum error_code code,
                         const char *want)
{
    struct value ret;

    assert_false(write(support, &arg, &ret));
    assert_string_equal(support->err.text, want);
    assert_int_equal(support->err.code, code);
}

static void test_what_cannot_be_written(void **state)
{
    struct support support;

    (void)state;
    support_init(&support);
    expect_error(&support, (struct value){ .type = &type_loop }, ERROR_EXECUTE,
                 "a value of type <-chan int64 cannot be written as YAML");
    expect_error(&support, (struct value){ .type = &type_complex128 }, ERROR_EXECUTE,
                 "a value of type complex128 cannot be written as YAML");
    expect_error(&support, (struct value){ .type = &type_scratch }, ERROR_EXECUTE,
                 "a value of type *template.Scratch cannot be written as YAML");
    support_fini(&support);
}

static void test_depth(void **state)
{
    struct support support;
    struct value map, ret, lists[LIMIT_VALUE_DEPTH + 1];

    (void)state;
    support_init(&support);
    lists[0] = value_list(&type_any_list, STORED_VALUES, NULL, 0);
    for (size_t i = 1; i < ARRAY_SIZE(lists); i++)
        lists[i] = value_list(&type_any_list, STORED_VALUES, &lists[i - 1], 1);
    assert_true(write(&support, &lists[LIMIT_VALUE_DEPTH - 1], &ret));
    expect_error(&support, lists[LIMIT_VALUE_DEPTH], ERROR_LIMIT,
                 "the value nests deeper than 200");

    map = value_map_new(&support.arena, &type_any_map);
    value_map_put(&map, &support.arena, value_string(SLICE("self")), map);
    expect_error(&support, map, ERROR_LIMIT, "the value nests deeper than 200");
    support_fini(&support);
}

/* Lists that share their items are small, and their text is not. */
static void test_output(void **state)
{
    struct support support;
    struct value pairs[40][2];

    (void)state;
    support_init(&support);
    pairs[0][0] = pairs[0][1] = value_string(SLICE("x"));
    for (size_t i = 1; i < ARRAY_SIZE(pairs); i++)
        pairs[i][0] = pairs[i][1] = value_list(&type_any_list, STORED_VALUES, pairs[i - 1], 2);
    expect_error(&support, pairs[ARRAY_SIZE(pairs) - 1][0], ERROR_LIMIT,
                 "the YAML is longer than 64 MB, the limit");
    support_fini(&support);
}

/* One text that grows beyond the limit by its escapes, and one by its indentation. */
static void test_long_text(void **state)
{
    struct support support;
    struct value lists[LIMIT_VALUE_DEPTH], texts[20];
    const size_t n = 1u << 20;
    char *text;

    (void)state;
    support_init(&support);
    text = arena_alloc(&support.arena, n);
    memset(text, 1, n);
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        texts[i] = value_string(slice_of(text, n));
    expect_error(&support, value_list(&type_any_list, STORED_VALUES, texts, ARRAY_SIZE(texts)),
                 ERROR_LIMIT, "the YAML is longer than 64 MB, the limit");

    for (size_t i = 0; i < n; i++)
        text[i] = i % 2 ? '\n' : 'a';
    lists[0] = value_list(&type_any_list, STORED_VALUES, texts, 1);
    for (size_t i = 1; i < ARRAY_SIZE(lists); i++)
        lists[i] = value_list(&type_any_list, STORED_VALUES, &lists[i - 1], 1);
    expect_error(&support, lists[ARRAY_SIZE(lists) - 1], ERROR_LIMIT, "too large");
    support_fini(&support);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_keys_of_every_kind),
        cmocka_unit_test(test_structs),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_what_cannot_be_written),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_output),
        cmocka_unit_test(test_long_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
