/* SPDX-License-Identifier: MIT */
/* toTOML: keys and strings, which tables get a header, what cannot be written. */
#include "data/catalog.h"
#include "tmpl/support.h"

static const struct support_case cases[] = {
    { "a map",
      "toTOML",
      { "j:{\"b\":1,\"a\":\"x\",\"c\":true}" },
      "a = \"x\"\nb = 1.0\nc = true",
      NULL },
    { "an empty map", "toTOML", { "j:{}" }, "", NULL },
    { "floats",
      "toTOML",
      { "j:{\"a\":1,\"b\":1.5,\"c\":1000000,\"d\":1e21,\"e\":1e-7,\"f\":-0.0,\"g\":123456789."
        "125}" },
      "a = 1.0\nb = 1.5\nc = 1000000.0\nd = 1000000000000000000000.0\ne = 0.0000001\nf = -0.0\ng = "
      "123456789.125",
      NULL },
    { "keys",
      "toTOML",
      { "j:{\"a "
        "b\":1,\"a.b\":2,\"\":3,\"1\":4,\"a-b_C\":5,\"\u00e9\":6,\"a\\\"b\":7,\"a\\nb\":8}" },
      "\"\" = 3.0\n1 = 4.0\n\"a\\nb\" = 8.0\n\"a b\" = 1.0\n\"a\\\"b\" = 7.0\na-b_C = 5.0\n\"a.b\" "
      "= 2.0\n\"\u00e9\" = 6.0",
      NULL },
    { "strings",
      "toTOML",
      { "j:{\"a\":\"\\\"\\\\\",\"b\":\"\\b\\t\\n\\f\\r\\u000b\",\"c\":\"\\u0000\\u001f\\u007f\","
        "\"d\":\"\u00e9\U0001f600\",\"e\":\"\"}" },
      "a = \"\\\"\\\\\"\nb = \"\\b\\t\\n\\f\\r\\u000b\"\nc = \"\\u0000\\u001f\\u007f\"\nd = "
      "\"\u00e9\U0001f600\"\ne = \"\"",
      NULL },
    { "nil is left out",
      "toTOML",
      { "j:{\"a\":null,\"b\":{\"c\":null},\"d\":1}" },
      "d = 1.0\n\n[b]",
      NULL },
    { "lists",
      "toTOML",
      { "j:{\"a\":[1,2.5],\"b\":[\"x\",true],\"c\":[],\"d\":[[1],[],[[2]]]}" },
      "a = [1.0, 2.5]\nb = [\"x\", true]\nc = []\nd = [[1.0], [], [[2.0]]]",
      NULL },
    { "tables come last",
      "toTOML",
      { "j:{\"t\":{\"x\":1},\"z\":1,\"a\":{\"y\":2}}" },
      "z = 1.0\n\n[a]\n  y = 2.0\n\n[t]\n  x = 1.0",
      NULL },
    { "nested tables",
      "toTOML",
      { "j:{\"a\":{\"b\":{\"c\":{\"x\":1},\"y\":2},\"e\":{}},\"f\":{}}" },
      "[a]\n  [a.b]\n    y = 2.0\n    [a.b.c]\n      x = 1.0\n  [a.e]\n\n[f]",
      NULL },
    { "quoted names of tables",
      "toTOML",
      { "j:{\"a b\":{\"c.d\":{\"e\":1}}}" },
      "[\"a b\"]\n  [\"a b\".\"c.d\"]\n    e = 1.0",
      NULL },
    { "lists of tables",
      "toTOML",
      { "j:{\"s\":[{\"a\":1},{\"b\":{\"c\":2}}],\"x\":1}" },
      "x = 1.0\n\n[[s]]\n  a = 1.0\n\n[[s]]\n  [s.b]\n    c = 2.0",
      NULL },
    { "lists of tables in tables",
      "toTOML",
      { "j:{\"a\":{\"s\":[{\"n\":1,\"t\":[{\"m\":2}]},{}]}}" },
      "[a]\n\n  [[a.s]]\n    n = 1.0\n\n    [[a.s.t]]\n      m = 2.0\n\n  [[a.s]]",
      NULL },
    { "a list of an empty table", "toTOML", { "j:{\"a\":[{}]}" }, "[[a]]", NULL },
    { "inline tables",
      "toTOML",
      { "j:{\"a\":[1,{\"z\":{\"y\":[{\"x\":2}]},\"b\":[3],\"c\":{}}]}" },
      "a = [1.0, {b = [3.0], c = {}, z = {y = [{x = 2.0}]}}]",
      NULL },
    { "inline tables: the comma before nil stays",
      "toTOML",
      { "j:{\"a\":[1,{\"b\":2,\"c\":null}],\"d\":[1,{\"e\":null,\"f\":2}],\"g\":[1,{\"h\":null,"
        "\"i\":{}}]}" },
      "a = [1.0, {b = 2.0, }]\nd = [1.0, {f = 2.0}]\ng = [1.0, {i = {}}]",
      NULL },
    { "nested lists of tables are inline",
      "toTOML",
      { "j:{\"a\":[[{\"b\":1}]]}" },
      "a = [[{b = 1.0}]]",
      NULL },
    { "a list with nil",
      "toTOML",
      { "j:{\"a\":[1,null]}" },
      NULL,
      "a list with nil in it cannot be written as TOML" },
    { "a list with nil deep inside",
      "toTOML",
      { "j:{\"a\":[[[null]]]}" },
      NULL,
      "a list with nil in it cannot be written as TOML" },
    { "nil in an inline table's list",
      "toTOML",
      { "j:{\"a\":[1,{\"b\":[null]}]}" },
      NULL,
      "a list with nil in it cannot be written as TOML" },
    { "nil", "toTOML", { "nil" }, NULL, "nil cannot be written as TOML" },
    { "a list of tables without a name",
      "toTOML",
      { "j:[{\"a\":1}]" },
      NULL,
      "a list of tables needs a name to be written as TOML" },
    { "a value without a name", "toTOML", { "t:a\"b" }, "\"a\\\"b\"", NULL },
    { "a list without a name", "toTOML", { "S:a,b" }, "[\"a\", \"b\"]", NULL },
    { "a list of tables in a list without a name",
      "toTOML",
      { "j:[1,{\"a\":[{\"b\":1}]}]" },
      "[1.0, {a = [{b = 1.0}]}]",
      NULL },
    { "infinity", "toTOML", { "f:inf" }, "inf", NULL },
    { "minus infinity", "toTOML", { "f:-inf" }, "-inf", NULL },
    { "NaN", "toTOML", { "f:nan" }, "nan", NULL },
    { "integers", "toTOML", { "u:18446744073709551615" }, "18446744073709551615", NULL },
    { "foreign", "toTOML", { "s:<a>" }, "<\"a\">", NULL },
};

static void test_cases(void **state)
{
    (void)state;
    support_run(&functions_yaml, cases, ARRAY_SIZE(cases));
}

static bool write(struct support *support, const struct value *arg, struct value *ret)
{
    return support_call(support, support_find(&functions_yaml, "toTOML"), arg, 1, ret);
}

static void expect(struct support *support, struct value arg, const char *want)
{
    struct value ret;

    if (!write(support, &arg, &ret))
        fail_msg("%s", support->err.text);
    assert_string_equal(arena_copy(&support->arena, value_slice(&ret)).ptr, want);
}

static void expect_error(struct support *support, struct value arg, enum error_code code,
                         const char *want)
{
    struct value ret;

    assert_false(write(support, &arg, &ret));
    assert_string_equal(support->err.text, want);
    assert_int_equal(support->err.code, code);
}

static void test_structs(void **state)
{
    static const struct kv_pair pair = {
        .path = { "web/port", 8 }, .key = { "port", 4 }, .value = { "80", 2 }, .flags = 3
    };
    static const struct kv_pair *const pairs[] = { &pair };
    struct support support;
    struct value map;

    (void)state;
    support_init(&support);
    expect(&support, (struct value){ .type = &type_kv_pair_ptr, .object = &pair },
           "Path = \"web/port\"\nKey = \"port\"\nValue = \"80\"\nCreateIndex = 0\n"
           "ModifyIndex = 0\nLockIndex = 0\nFlags = 3\nSession = \"\"");

    map = value_map_new(&support.arena, &type_any_map);
    value_map_put(&map, &support.arena, value_string(SLICE("pairs")),
                  value_list(&type_kv_pair_list, STORED_POINTERS, pairs, 1));
    value_map_put(&map, &support.arena, value_string(SLICE("none")),
                  (struct value){ .type = &type_kv_pair_ptr, .object = NULL });
    expect(&support, map,
           "[[pairs]]\n  Path = \"web/port\"\n  Key = \"port\"\n  Value = \"80\"\n"
           "  CreateIndex = 0\n  ModifyIndex = 0\n  LockIndex = 0\n  Flags = 3\n"
           "  Session = \"\"");
    support_fini(&support);
}

static void test_times(void **state)
{
    struct support support;
    const struct timespec moment = { .tv_sec = 1709618828, .tv_nsec = 120000000 };
    struct value map;

    (void)state;
    support_init(&support);
    map = value_map_new(&support.arena, &type_any_map);
    value_map_put(&map, &support.arena, value_string(SLICE("at")),
                  (struct value){ .type = &type_time, .time = moment });
    value_map_put(&map, &support.arena, value_string(SLICE("for")),
                  (struct value){ .type = &type_duration, .integer = 90000000000 });
    expect(&support, map, "at = 2024-03-05T06:07:08.12Z\nfor = \"1m30s\"");
    support_fini(&support);
}

static void test_what_cannot_be_written(void **state)
{
    struct support support;
    struct value map;

    (void)state;
    support_init(&support);
    expect_error(&support, (struct value){ .type = &type_loop }, ERROR_EXECUTE,
                 "a value of type <-chan int64 cannot be written as TOML");
    map = value_map_new(&support.arena, &type_any_map);
    value_map_put(&map, &support.arena, value_string(SLICE("c")),
                  (struct value){ .type = &type_complex128 });
    expect_error(&support, map, ERROR_EXECUTE,
                 "a value of type complex128 cannot be written as TOML");
    expect_error(&support, value_map_new(&support.arena, &type_any_key_map), ERROR_EXECUTE,
                 "a map[interface {}]interface {} cannot be written as TOML: its keys must be "
                 "strings");
    support_fini(&support);
}

static void test_depth(void **state)
{
    struct support support;
    struct value map, ret, lists[LIMIT_VALUE_DEPTH + 1];

    (void)state;
    support_init(&support);
    map = value_map_new(&support.arena, &type_any_map);
    value_map_put(&map, &support.arena, value_string(SLICE("self")), map);
    expect_error(&support, map, ERROR_LIMIT, "the value nests deeper than 200");

    lists[0] = value_list(&type_any_list, STORED_VALUES, NULL, 0);
    for (size_t i = 1; i < ARRAY_SIZE(lists); i++)
        lists[i] = value_list(&type_any_list, STORED_VALUES, &lists[i - 1], 1);
    assert_true(write(&support, &lists[LIMIT_VALUE_DEPTH - 1], &ret));
    expect_error(&support, lists[LIMIT_VALUE_DEPTH], ERROR_LIMIT,
                 "the value nests deeper than 200");
    support_fini(&support);
}

/* A map whose every entry is the next map, 40 times. */
static void test_output(void **state)
{
    struct support support;
    struct value map;

    (void)state;
    support_init(&support);
    map = value_map_new(&support.arena, &type_any_map);
    for (size_t i = 0; i < 40; i++) {
        struct value outer = value_map_new(&support.arena, &type_any_map);

        value_map_put(&outer, &support.arena, value_string(SLICE("a")), map);
        value_map_put(&outer, &support.arena, value_string(SLICE("b")), map);
        map = outer;
    }
    expect_error(&support, map, ERROR_LIMIT, "the TOML is longer than 64 MB, the limit");
    support_fini(&support);
}

/* What is left out is not free either. */
static void test_writing_takes_steps(void **state)
{
    struct support support;
    struct value map, ret;

    (void)state;
    support_init(&support);
    map = support_value(&support.arena, SLICE("j:{\"a\":null,\"b\":null,\"c\":[null]}"));
    support.eval.max_steps = 2;
    assert_false(write(&support, &map, &ret));
    assert_string_equal(support.err.text, "the template runs for more than 2 steps, the limit");
    support_fini(&support);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_structs),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_what_cannot_be_written),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_output),
        cmocka_unit_test(test_writing_takes_steps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
