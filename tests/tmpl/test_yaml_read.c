/* SPDX-License-Identifier: MIT */
/* parseYAML: what a text reads as. */
#include "tmpl/support.h"

/* In the order of the rules: words, numbers, other scalars, tags, collections, merging, whole
 * texts. */
static const struct support_case cases[] = {
    { "nothing", "parseYAML", { "t:" }, "map[string]interface {}{}", NULL },
    { "a comment", "parseYAML", { "t:# nothing\n" }, "nil", NULL },
    { "white space", "parseYAML", { "t: \n" }, "nil", NULL },
    { "an absent item", "parseYAML", { "t:[~, , 1]" }, NULL, "YAML:1:5: expected a value" },
    { "null",
      "parseYAML",
      { "t:[~, null, Null, NULL, nULL]" },
      "[]interface {}{nil, nil, nil, nil, nULL}",
      NULL },
    { "an absent value", "parseYAML", { "t:a:" }, "map[interface {}]interface {}{a: nil}", NULL },
    { "true",
      "parseYAML",
      { "t:[true, True, TRUE, yes, Yes, YES, on, On, ON]" },
      "[]interface {}{bool(true), bool(true), bool(true), bool(true), bool(true), bool(true), "
      "bool(true), bool(true), bool(true)}",
      NULL },
    { "false",
      "parseYAML",
      { "t:[false, False, FALSE, no, No, NO, off, Off, OFF]" },
      "[]interface {}{bool(false), bool(false), bool(false), bool(false), bool(false), "
      "bool(false), bool(false), bool(false), bool(false)}",
      NULL },
    { "one letter",
      "parseYAML",
      { "t:[y, Y, n, N]" },
      "[]interface {}{bool(true), bool(true), bool(false), bool(false)}",
      NULL },
    { "no booleans",
      "parseYAML",
      { "t:[tRUE, yEs, oN, nope, yes sir]" },
      "[]interface {}{tRUE, yEs, oN, nope, yes sir}",
      NULL },
    { "in quotes",
      "parseYAML",
      { "t:['yes', \"1\", '~', '']" },
      "[]interface {}{yes, 1, ~, }",
      NULL },
    { "integers",
      "parseYAML",
      { "t:[42, -7, +5, 0, -0]" },
      "[]interface {}{int(42), int(-7), int(5), int(0), int(0)}",
      NULL },
    { "bases",
      "parseYAML",
      { "t:[0x1f, 0X1F, -0x1F, 0o17, 017, 0b11, -0b11]" },
      "[]interface {}{int(31), int(31), int(-31), int(15), int(15), int(3), int(-3)}",
      NULL },
    { "underscores anywhere",
      "parseYAML",
      { "t:[1_000, 1_, 1__0, 0x_f]" },
      "[]interface {}{int(1000), int(1), int(10), int(15)}",
      NULL },
    { "a sign behind 0b",
      "parseYAML",
      { "t:[0b-11, 0b+1, -0b-1]" },
      "[]interface {}{int(-3), int(1), -0b-1}",
      NULL },
    { "no bases",
      "parseYAML",
      { "t:[0x, 0b, 0b12, 0o9, 0xg]" },
      "[]interface {}{0x, 0b, 0b12, 0o9, 0xg}",
      NULL },
    { "no octal, but a float",
      "parseYAML",
      { "t:[08, 019]" },
      "[]interface {}{float64(8), float64(19)}",
      NULL },
    { "the largest integers",
      "parseYAML",
      { "t:[9223372036854775807, -9223372036854775808, 9223372036854775808, "
        "18446744073709551615]" },
      "[]interface {}{int(9223372036854775807), int(-9223372036854775808), "
      "uint64(9223372036854775808), uint64(18446744073709551615)}",
      NULL },
    { "larger than integers",
      "parseYAML",
      { "t:[18446744073709551616, -9223372036854775809]" },
      "[]interface {}{float64(1.8446744073709552e+19), float64(-9.2233720368547758e+18)}",
      NULL },
    { "floats",
      "parseYAML",
      { "t:[1.5, -2., .5, +.25, 1e3, 1E-2, 1.5e+3, 685_230.5]" },
      "[]interface {}{float64(1.5), float64(-2), float64(0.5), float64(0.25), float64(1000), "
      "float64(0.01), float64(1500), float64(685230.5)}",
      NULL },
    { "infinities",
      "parseYAML",
      { "t:[.inf, .Inf, .INF, +.inf, -.inf, .nan]" },
      "[]interface {}{float64(inf), float64(inf), float64(inf), float64(inf), float64(-inf), "
      "float64(nan)}",
      NULL },
    { "no floats",
      "parseYAML",
      { "t:[., 1.2.3, 1e, e5, 1e999, -1e999, .e1, 0x1p-2, inf, nan, +-1]" },
      "[]interface {}{., 1.2.3, 1e, e5, 1e999, -1e999, .e1, 0x1p-2, inf, nan, +-1}",
      NULL },
    { "behind a point Go decides",
      "parseYAML",
      { "t:[.5_5, .5_]" },
      "[]interface {}{float64(0.55000000000000004), .5_}",
      NULL },
    { "times and sexagesimals stay text",
      "parseYAML",
      { "t:[1:30, 190:20:30, 2024-03-05, 2001-12-14t21:59:43.10-05:00]" },
      "[]interface {}{1:30, 190:20:30, 2024-03-05, 2001-12-14t21:59:43.10-05:00}",
      NULL },
    { "text",
      "parseYAML",
      { "t:[a b, a:b, a#b, -a, http://x:80/]" },
      "[]interface {}{a b, a:b, a#b, -a, http://x:80/}",
      NULL },
    { "tags that say the type",
      "parseYAML",
      { "t:[!!int '5', !!float 5, !!float '1.5', !!str 5, !!bool 'yes', !!null '', !!null ~]" },
      "[]interface {}{int(5), float64(5), float64(1.5), 5, bool(true), nil, nil}",
      NULL },
    { "a timestamp by its tag", "parseYAML", { "t:!!timestamp 2001-1-1" }, "2001-1-1", NULL },
    { "tags that are wrong: int",
      "parseYAML",
      { "t:a: !!int x" },
      NULL,
      "YAML:1:4: this is no integer, as its tag says" },
    { "tags that are wrong: float of a large integer",
      "parseYAML",
      { "t:!!float 9223372036854775808" },
      NULL,
      "YAML:1:1: this is no number, as its tag says" },
    { "tags that are wrong: bool",
      "parseYAML",
      { "t:- !!bool 1" },
      NULL,
      "YAML:1:3: this is no boolean, as its tag says" },
    { "tags that are wrong: null",
      "parseYAML",
      { "t:!!null x" },
      NULL,
      "YAML:1:1: this is not null, as its tag says" },
    { "tags that are wrong: timestamp",
      "parseYAML",
      { "t:!!timestamp 2001-02-29" },
      NULL,
      "YAML:1:1: this is no timestamp, as its tag says" },
    { "an integer with a tag is no timestamp",
      "parseYAML",
      { "t:!!int 2001-01-01" },
      NULL,
      "YAML:1:1: this is no integer, as its tag says" },
    { "binary",
      "parseYAML",
      { "t:[!!binary QUJD, !!binary QUI=, !!binary 'Q Q']" },
      NULL,
      "YAML:1:32: this is not base64" },
    { "binary of several lines", "parseYAML", { "t:!!binary |\n  QU\n  JD\n" }, "ABC", NULL },
    { "other tags say nothing",
      "parseYAML",
      { "t:[!x 5, !!set {a}, !!omap [a: 1], !!seq x]" },
      "[]interface {}{5, map[interface {}]interface {}{a: nil}, []interface {}{map[interface "
      "{}]interface {}{a: int(1)}}, x}",
      NULL },
    { "lists",
      "parseYAML",
      { "t:- a\n- - b\n- []\n" },
      "[]interface {}{a, []interface {}{b}, []interface {}{}}",
      NULL },
    { "mappings",
      "parseYAML",
      { "t:a:\n  b: {c: d}\n  e: {}\n" },
      "map[interface {}]interface {}{a: map[interface {}]interface {}{b: map[interface "
      "{}]interface {}{c: d}, e: map[interface {}]interface {}{}}}",
      NULL },
    { "keys of every kind",
      "parseYAML",
      { "t:1: a\n1.5: b\ntrue: c\n~: d\nx: e\n18446744073709551615: f\n" },
      "map[interface {}]interface {}{nil: d, bool(true): c, int(1): a, "
      "uint64(18446744073709551615): f, float64(1.5): b, x: e}",
      NULL },
    { "keys that look alike",
      "parseYAML",
      { "t:{1: a, 1.0: b, '1': c, 0x1: d}" },
      "map[interface {}]interface {}{int(1): d, float64(1): b, 1: c}",
      NULL },
    { "the last of equal keys wins",
      "parseYAML",
      { "t:a: 1\nb: 2\na: 3\n" },
      "map[interface {}]interface {}{a: int(3), b: int(2)}",
      NULL },
    { "a list as a key",
      "parseYAML",
      { "t:[1]: a" },
      NULL,
      "YAML:1:1: a list or a mapping cannot be a key" },
    { "a mapping as a key",
      "parseYAML",
      { "t:x:\n  ? {a: b}\n  : c\n" },
      NULL,
      "YAML:2:5: a list or a mapping cannot be a key" },
    { "block texts",
      "parseYAML",
      { "t:a: |\n  x\n   y\nb: >-\n  x\n  y\n\n  z\nc: |+\n  x\n\n" },
      "map[interface {}]interface {}{a: x\n y\n, b: x y\nz, c: x\n\n}",
      NULL },
    { "anchors",
      "parseYAML",
      { "t:a: &x {b: &y 1}\nc: *x\nd: *y\n" },
      "map[interface {}]interface {}{a: map[interface {}]interface {}{b: int(1)}, c: map[interface "
      "{}]interface {}{b: int(1)}, d: int(1)}",
      NULL },
    { "an anchored key",
      "parseYAML",
      { "t:&a k: *a\n" },
      "map[interface {}]interface {}{k: k}",
      NULL },
    { "merging",
      "parseYAML",
      { "t:b: &b {x: 1, y: 2}\nc:\n  <<: *b\n  y: 3\n" },
      "map[interface {}]interface {}{b: map[interface {}]interface {}{bool(true): int(2), x: "
      "int(1)}, c: map[interface {}]interface {}{bool(true): int(3), x: int(1)}}",
      NULL },
    { "merging behind a key overrides it",
      "parseYAML",
      { "t:{y: 3, <<: {x: 1, y: 2}}" },
      "map[interface {}]interface {}{bool(true): int(2), x: int(1)}",
      NULL },
    { "merging a list: the first wins",
      "parseYAML",
      { "t:<<: [{x: 1}, {x: 2, y: 2}, {y: 3, z: 3}]\n" },
      "map[interface {}]interface {}{bool(true): int(2), x: int(1), z: int(3)}",
      NULL },
    { "merging what merges",
      "parseYAML",
      { "t:a: &a {x: 1}\nb: &b {<<: *a, y: 2}\nc: {<<: *b}\n" },
      "map[interface {}]interface {}{a: map[interface {}]interface {}{x: int(1)}, b: map[interface "
      "{}]interface {}{bool(true): int(2), x: int(1)}, c: map[interface {}]interface "
      "{}{bool(true): int(2), x: int(1)}}",
      NULL },
    { "merging twice",
      "parseYAML",
      { "t:<<: {x: 1}\ny: 2\n<<: {y: 3}\n" },
      "map[interface {}]interface {}{bool(true): int(3), x: int(1)}",
      NULL },
    { "merging nothing",
      "parseYAML",
      { "t:<<: []\na: 1\n" },
      "map[interface {}]interface {}{a: int(1)}",
      NULL },
    { "merging by tag",
      "parseYAML",
      { "t:!!merge <<: {a: 1}" },
      "map[interface {}]interface {}{a: int(1)}",
      NULL },
    { "a quoted merge key is none",
      "parseYAML",
      { "t:'<<': {a: 1}\n" },
      "map[interface {}]interface {}{<<: map[interface {}]interface {}{a: int(1)}}",
      NULL },
    { "a tagged merge key is none",
      "parseYAML",
      { "t:!!str <<: {a: 1}" },
      "map[interface {}]interface {}{<<: map[interface {}]interface {}{a: int(1)}}",
      NULL },
    { "a merge key as a value", "parseYAML", { "t:[<<]" }, "[]interface {}{<<}", NULL },
    { "merging a text",
      "parseYAML",
      { "t:a: 1\n<<: x\n" },
      NULL,
      "YAML:2:5: '<<' merges a mapping or a list of mappings only" },
    { "merging a list of texts",
      "parseYAML",
      { "t:<<: [{a: 1}, x]\n" },
      NULL,
      "YAML:1:5: '<<' merges a mapping or a list of mappings only" },
    { "the first document alone",
      "parseYAML",
      { "t:a: 1\n---\nb: ]\n" },
      "map[interface {}]interface {}{a: int(1)}",
      NULL },
    { "a marked document",
      "parseYAML",
      { "t:%YAML 1.1\n--- [1]\n...\n" },
      "[]interface {}{int(1)}",
      NULL },
    { "a byte order mark",
      "parseYAML",
      { "t:\ufeffa: 1\nb: 2\n" },
      "map[interface {}]interface {}{a: int(1), b: int(2)}",
      NULL },
    { "JSON",
      "parseYAML",
      { "t:{\"a\": [1, 1.5, null, true, \"\\u00e9\\n\"]}" },
      "map[interface {}]interface {}{a: []interface {}{int(1), float64(1.5), nil, bool(true), "
      "\u00e9\n}}",
      NULL },
    { "foreign",
      "parseYAML",
      { "s:<a: [b, 1]>" },
      "map[interface {}]interface {}{<a>: []interface {}{<b>, int(1)}}",
      NULL },
    { "foreign in part",
      "parseYAML",
      { "s:a: <b>" },
      "map[interface {}]interface {}{<a>: <b>}",
      NULL },
    { "no YAML",
      "parseYAML",
      { "t:a: [1, 2\nb: }" },
      NULL,
      "YAML:2:2: expected ',' or ']' in the list that is opened in line 1" },
    { "not UTF-8", "parseYAML", { "t:a: \xff" }, NULL, "YAML:1:4: the text is not UTF-8" },
    { "an alias of nothing",
      "parseYAML",
      { "t:*x" },
      NULL,
      "YAML:1:1: this alias has no anchor before it (quote a text that begins with '*')" },
    { "an alias inside of what it names",
      "parseYAML",
      { "t:&x [*x]" },
      NULL,
      "YAML:1:5: this alias stands inside of what it names" },
    { "tabs",
      "parseYAML",
      { "t:a:\n\tb: c\n" },
      NULL,
      "YAML:2:1: a tab cannot indent; use spaces" },
};

static void test_cases(void **state)
{
    (void)state;
    support_run(&functions_yaml, cases, ARRAY_SIZE(cases));
}

static struct value parse(struct support *support, struct slice text)
{
    struct value arg = value_string(text), ret = VALUE_NIL;

    if (!support_call(support, support_find(&functions_yaml, "parseYAML"), &arg, 1, &ret))
        fail_msg("%s", support->err.text);
    return ret;
}

/* Templates may change the maps that they get. */
static void test_aliases_are_copies(void **state)
{
    struct support support;
    struct value root, first, second, value;

    (void)state;
    support_init(&support);
    root = parse(&support, SLICE("a: &x {k: 1}\nb: *x\n"));
    assert_true(value_map_find_string(&root, SLICE("a"), &first));
    assert_true(value_map_find_string(&root, SLICE("b"), &second));
    value_map_put(&first, &support.arena, value_string(SLICE("k")), value_int(2));
    assert_true(value_map_find_string(&second, SLICE("k"), &value));
    assert_int_equal(value.integer, 1);
    support_fini(&support);
}

/* An empty text gives the type of map that scratch and explode make. */
static void test_types_of_maps(void **state)
{
    struct support support;

    (void)state;
    support_init(&support);
    assert_ptr_equal(parse(&support, SLICE("")).type, &type_any_map);
    assert_ptr_equal(parse(&support, SLICE("{}")).type, &type_any_key_map);
    support_fini(&support);
}

static void expect_limit(struct slice text, const char *want_error)
{
    struct support support;
    struct value arg = value_string(text), ret;

    support_init(&support);
    assert_false(support_call(&support, support_find(&functions_yaml, "parseYAML"), &arg, 1, &ret));
    assert_string_equal(support.err.text, want_error);
    assert_int_equal(support.err.code, ERROR_LIMIT);
    support_fini(&support);
}

static void test_limits(void **state)
{
    struct buf text = BUF_EMPTY;

    (void)state;
    buf_add_repeated(&text, '[', LIMIT_YAML_DEPTH + 1);
    expect_limit(buf_slice(&text), "YAML:1:65: nested deeper than 64 levels");

    buf_clear(&text);
    buf_add_string(&text, "- &x0 [a,a,a,a,a,a,a,a,a,a]\n");
    for (int i = 1; i < 9; i++) {
        buf_printf(&text, "- &x%d [", i);
        for (int j = 0; j < 10; j++)
            buf_printf(&text, "*x%d,", i - 1);
        buf_add_string(&text, "]\n");
    }
    expect_limit(buf_slice(&text), "YAML:6:36: more than 1000000 values, aliases counted as what "
                                   "they stand for");
    buf_fini(&text);
}

/* A text that leaves nothing behind is not free: a loop over it would be endless. */
static void test_reading_takes_steps(void **state)
{
    struct support support;
    struct value arg = value_string(SLICE("# a comment that takes its time\n")), ret;

    (void)state;
    support_init(&support);
    support.eval.max_steps = 10;
    assert_true(support_call(&support, support_find(&functions_yaml, "parseYAML"), &arg, 1, &ret));
    assert_false(support_call(&support, support_find(&functions_yaml, "parseYAML"), &arg, 1, &ret));
    assert_string_equal(support.err.text, "the template runs for more than 10 steps, the limit");
    support_fini(&support);
}

/* Merging a mapping is paid for like any other use of it. */
static void test_merging_is_bounded(void **state)
{
    struct buf text = BUF_EMPTY;

    (void)state;
    buf_add_string(&text, "x0: &x0 {a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7, h: 8}\n");
    for (int i = 1; i < 9; i++) {
        buf_printf(&text, "x%d: &x%d\n", i, i);
        for (int j = 0; j < 10; j++)
            buf_printf(&text, "  <<: *x%d\n", i - 1);
    }
    expect_limit(buf_slice(&text), "YAML:51:7: more than 1000000 values, aliases counted as what "
                                   "they stand for");
    buf_fini(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_aliases_are_copies),
        cmocka_unit_test(test_types_of_maps),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_reading_takes_steps),
        cmocka_unit_test(test_merging_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
