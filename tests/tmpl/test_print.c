/* SPDX-License-Identifier: MIT */
/* Values as text: what each kind writes, where foreign bytes stay, and which limits end it. */
#include "tmpl/print_rows.h"

#include "base/limits.h"

static void test_lists(void **state)
{
    const struct row rows[] = {
        ROW("%v %s %q %x", "[a b c] [a b c] [\"a\" \"b c\"] [61 622063]", STRINGS, STRINGS, STRINGS,
            STRINGS),
        ROW("%d", "[%!d(string=a) %!d(string=b c)]", STRINGS),
        ROW("%5s|", "[    a   b c]|", STRINGS),
        ROW("%#v %+v", "[]string{\"a\", \"b c\"} [a b c]", STRINGS, STRINGS),
        ROW("%v|%d|%s|%#v|%q",
            "[1 x <nil> 1.5]|[1 %!d(string=x) <nil> %!d(float64=1.5)]|[%!s(int=1) x <nil> "
            "%!s(float64=1.5)]|[]interface {}{1, \"x\", interface {}(nil), 1.5}|['\\x01' \"x\" "
            "<nil> %!q(float64=1.5)]",
            ANYS, ANYS, ANYS, ANYS, ANYS),
        ROW("%3v|", "[  1   x <nil> 1.5]|", ANYS),
        ROW("%v", "[104 105 255]", BYTES),
        ROW("%s", "hi\xff", BYTES),
        ROW("%q", "\"hi\\xff\"", BYTES),
        ROW("%x % X %#x", "6869ff 68 69 FF 0x6869ff", BYTES, BYTES, BYTES),
        ROW("%d", "[104 105 255]", BYTES),
        ROW("%#v", "[]byte{0x68, 0x69, 0xff}", BYTES),
        ROW("%+q", "\"hi\\xff\"", BYTES),
        ROW("%t", "[%!t(uint8=104) %!t(uint8=105) %!t(uint8=255)]", BYTES),
        ROW("%o", "[150 151 377]", BYTES),
        ROW("%w", "[%!w(uint8=104) %!w(uint8=105) %!w(uint8=255)]", BYTES),
        ROW("%.1s", "h", BYTES),
        ROW("%3d", "[104 105 255]", BYTES),
        ROW("%#d", "[104 105 255]", BYTES),
        ROW("%c", "[h i \xc3\xbf]", BYTES),
        ROW("%w", "%!w([]string=[a b c])", STRINGS),
        ROW("%z", "[%!z(string=a) %!z(string=b c)]", STRINGS),
        ROW("%6.1q|", "[   \"a\"    \"b\"]|", STRINGS),
    };

    (void)state;
    check_rows(rows, ARRAY_SIZE(rows));
}

static void test_maps(void **state)
{
    const struct row rows[] = {
        ROW("%v|%s|%d",
            "map[k:v n:<nil>]|map[k:v n:<nil>]|map[%!d(string=k):%!d(string=v) "
            "%!d(string=n):<nil>]",
            MAP, MAP, MAP),
        ROW("%#v|%+v",
            "map[string]interface {}{\"k\":\"v\", \"n\":interface {}(nil)}|map[k:v n:<nil>]", MAP,
            MAP),
        ROW("%q|%x", "map[\"k\":\"v\" \"n\":<nil>]|map[6b:76 6e:<nil>]", MAP, MAP),
        ROW("%4v|", "map[   k:   v    n:<nil>]|", MAP),
        ROW("%w", "%!w(map[string]interface {}=map[k:v n:<nil>])", MAP),
    };

    (void)state;
    check_rows(rows, ARRAY_SIZE(rows));
}

static void test_structs(void **state)
{
    const struct row rows[] = {
        ROW("%v|%+v|%#v", "{web 80}|{A:web B:80}|demo.Pair{A:\"web\", B:80}", STRUCT, STRUCT,
            STRUCT),
        ROW("%v|%+v|%#v", "&{web 80}|&{A:web B:80}|&demo.Pair{A:\"web\", B:80}", POINTER, POINTER,
            POINTER),
        ROW("%s|%d|%q", "{web %!s(int=80)}|{%!d(string=web) 80}|{\"web\" 'P'}", STRUCT, STRUCT,
            STRUCT),
        ROW("%d", "&{%!d(string=web) 80}", POINTER),
        ROW("%t", "&{%!t(string=web) %!t(int=80)}", POINTER),
        ROW("%5v|", "{  web    80}|", STRUCT),
        ROW("%p", "%!p(demo.Pair={web 80})", STRUCT),
        ROW("%v|%+v|%s|%d|%x|%t|%5v|%#v|%p|%c",
            "<nil>|<nil>|%!s(*demo.Pair=<nil>)|0|0|%!t(*demo.Pair=<nil>)|<nil>|(*demo.Pair)(nil)|"
            "0x0|%!c(*demo.Pair=<nil>)",
            NIL_POINTER, NIL_POINTER, NIL_POINTER, NIL_POINTER, NIL_POINTER, NIL_POINTER,
            NIL_POINTER, NIL_POINTER, NIL_POINTER, NIL_POINTER),
        ROW("%w", "%!w(demo.Pair={web 80})", STRUCT),
        ROW("%w", "%!w(*demo.Pair=&{web 80})", POINTER),
    };

    (void)state;
    check_rows(rows, ARRAY_SIZE(rows));
}

static void test_times(void **state)
{
    const struct row rows[] = {
        ROW("%v|%s|%+v",
            "2024-03-05 06:07:08.09 +0000 UTC|2024-03-05 06:07:08.09 +0000 UTC|2024-03-05 "
            "06:07:08.09 +0000 UTC",
            MOMENT, MOMENT, MOMENT),
        ROW("%q", "\"2024-03-05 06:07:08.09 +0000 UTC\"", MOMENT),
        ROW("%x", "323032342d30332d30352030363a30373a30382e3039202b3030303020555443", MOMENT),
        ROW("%#v", "time.Date(2024, time.March, 5, 6, 7, 8, 90000000, time.UTC)", MOMENT),
        ROW("%d", "{90000000 63845215628 0}", MOMENT),
        ROW("%t", "{%!t(uint64=90000000) %!t(int64=63845215628) %!t(*time.Location=<nil>)}",
            MOMENT),
        ROW("%40v|", "        2024-03-05 06:07:08.09 +0000 UTC|", MOMENT),
        ROW("%.4s", "2024", MOMENT),
        ROW("%U", "{U+55D4A80 U+EDD78AD8C %!U(*time.Location=<nil>)}", MOMENT),
        ROW("%#40v|%#.8v", "time.Date(2024, time.March, 5, 6, 7, 8, 90000000, time.UTC)|time.Dat",
            MOMENT, MOMENT),
        ROW("%w", "%!w(time.Time={90000000 63845215628 <nil>})", MOMENT),
        ROW("%#d", "{90000000 63845215628 0}", MOMENT),
        ROW("%+d", "{+90000000 +63845215628 +0}", MOMENT),
        ROW("%v|%s|%q|%x", "1m30s|1m30s|\"1m30s\"|316d333073", D(90000000000), D(90000000000),
            D(90000000000), D(90000000000)),
        ROW("%d|%5d|%#v", "1500| 1500|1500", D(1500), D(1500), D(1500)),
        ROW("%8v|%-8s|%.2s", "   1.5\xc2\xb5s|1.5\xc2\xb5s   |1.", D(1500), D(1500), D(1500)),
        ROW("%t", "%!t(time.Duration=1500)", D(1500)),
        ROW("%f", "%!f(time.Duration=1500)", D(1500)),
        ROW("%c", "A", D(65)),
        ROW("%v %v %v %v %v", "0s 1ns -1ns 999ns 1\xc2\xb5s", D(0), D(1), D(-1), D(999), D(1000)),
        ROW("%v %v %v %v", "1.5\xc2\xb5s 999.999\xc2\xb5s 1ms 1.5ms", D(1500), D(999999),
            D(1000000), D(1500000)),
        ROW("%v %v %v", "1s 1m1.000000005s 1h0m0s", D(1000000000), D(61000000005),
            D(3600000000000)),
        ROW("%v", "-2562047h47m16.854775808s", D(INT64_MIN)),
        ROW("%w", "%!w(time.Duration=5)", D(5)),
    };

    (void)state;
    check_rows(rows, ARRAY_SIZE(rows));
}

/* What `{{ value }}` writes; NULL: it cannot be written. */
static void test_value(void **state)
{
    struct loop_like {
        int64_t next, end;
    } loop = { 0, 3 };
    const struct {
        const char *name;
        struct value value;
        const char *want;
    } rows[] = {
        { "nil", NIL, "<no value>" },
        { "a text", S("a\n"), "a\n" },
        { "an int", I(-7), "-7" },
        { "the smallest int", L(INT64_MIN), "-9223372036854775808" },
        { "zero", I(0), "0" },
        { "a uint", U(UINT64_MAX), "18446744073709551615" },
        { "a byte", ((struct value){ .type = &type_uint8, .natural = 104 }), "104" },
        { "true", B(true), "true" },
        { "a float without fraction", F(100000.0), "100000" },
        { "a large float", F(1e6), "1e+06" },
        { "negative zero", F(-0.0), "-0" },
        { "complex", C(1, 2), "(1+2i)" },
        { "a list", ANYS, "[1 x <nil> 1.5]" },
        { "a list of texts", STRINGS, "[a b c]" },
        { "an empty list", value_zero(&type_tags), "[]" },
        { "a map", MAP, "map[k:v n:<nil>]" },
        { "an empty map", value_zero(&type_string_map), "map[]" },
        { "bytes", BYTES, "[104 105 255]" },
        { "a struct", STRUCT, "{web 80}" },
        { "a pointer is what it points to", POINTER, "{web 80}" },
        { "a nil pointer", NIL_POINTER, "<nil>" },
        { "a duration", D(90000000000), "1m30s" },
        { "a time", MOMENT, "2024-03-05 06:07:08.09 +0000 UTC" },
        { "a channel", ((struct value){ .type = &type_loop, .state = &loop }), NULL },
    };
    struct arena arena = ARENA_EMPTY;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct text got = { "", 0, NULL };
        struct error err = ERROR_EMPTY;

        if (print_value(&arena, &rows[i].value, &got, &err) != (rows[i].want != NULL))
            fail_msg("%s: %s", rows[i].name, err.text);
        if (rows[i].want && !slice_is(slice_of(got.ptr, got.len), rows[i].want))
            fail_msg("%s: %.*s", rows[i].name, (int)got.len, got.ptr);
        if (!rows[i].want)
            assert_string_equal(err.text, "a value of type <-chan int64 cannot be printed");
        arena_reset(&arena);
    }
    arena_fini(&arena);
}

static void test_all(void **state)
{
    const struct {
        size_t n_args;
        struct value args[5];
        const char *want, *want_line;
    } rows[] = {
        { 0, { NIL }, "", "\n" },
        { 1, { S("a") }, "a", "a\n" },
        { 4, { S("a"), I(1), I(2), S("b") }, "a1 2b", "a 1 2 b\n" },
        { 2, { S("a"), S("b") }, "ab", "a b\n" },
        { 3, { NIL, NIL, S("") }, "<nil> <nil>", "<nil> <nil> \n" },
        { 2, { F(1.5), STRINGS }, "1.5 [a b c]", "1.5 [a b c]\n" },
        { 3, { B(true), POINTER, I(1) }, "true &{web 80} 1", "true &{web 80} 1\n" },
        { 2, { S("%d"), I(5) }, "%d5", "%d 5\n" },
    };
    struct arena arena = ARENA_EMPTY;
    struct error err = ERROR_EMPTY;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        for (int is_line = 0; is_line <= 1; is_line++) {
            struct text_builder out;

            text_builder_init(&out, &arena);
            assert_true(print_all(&out, rows[i].args, rows[i].n_args, is_line, &err));

            struct text got = text_builder_finish(&out);

            if (!slice_is(slice_of(got.ptr, got.len), is_line ? rows[i].want_line : rows[i].want))
                fail_msg("row %zu: '%.*s'", i, (int)got.len, got.ptr);
        }
    }
    arena_fini(&arena);
}

/* The same address in every render: a render that prints one is no change. */
static void test_addresses(void **state)
{
    struct value pointers[] = { POINTER, NIL_POINTER };
    static const struct type pointer_list = { .name = "[]*demo.Pair",
                                              .kind = KIND_LIST,
                                              .elem = &pair_pointer_type };
    struct value list = value_list(&pointer_list, STORED_VALUES, pointers, 2);
    struct value channel = { .type = &type_loop, .state = &list };
    const struct row rows[] = {
        ROW("%v", "[0xc000010000 <nil>]", list),
        ROW("%#v", "[]*demo.Pair{(*demo.Pair)(0xc000010000), (*demo.Pair)(nil)}", list),
        ROW("%s", "[%!s(*demo.Pair=&{web 80}) %!s(*demo.Pair=<nil>)]", list),
        ROW("%d", "[824633786368 0]", list),
        ROW("%p %#p", "0xc000010000 c000010000", list, list),
        ROW("%p", "0xc000010000", POINTER),
        ROW("%p", "0xc000010000", MAP),
        ROW("%v %+v", "0xc000010000 0xc000010000", channel, channel),
        ROW("%#v", "(<-chan int64)(0xc000010000)", channel),
        ROW("%s", "%!s(<-chan int64=0xc000010000)", channel),
    };

    (void)state;
    check_rows(rows, ARRAY_SIZE(rows));
}

/* Marks the foreign bytes of a text: "own[foreign]own". */
static void mark_spans(const struct text *text, struct buf *out)
{
    const struct span whole = { 0, text->len };
    const struct span *spans = text->foreign == SPANS_ALL ? &whole
                               : text->foreign            ? text->foreign->items
                                                          : NULL;
    size_t n_spans = text->foreign == SPANS_ALL ? 1 : text->foreign ? text->foreign->n : 0;
    size_t at = 0;

    for (size_t i = 0; i < n_spans; i++) {
        buf_add(out, slice_of(text->ptr + at, spans[i].from - at));
        buf_add_byte(out, '[');
        buf_add(out, slice_of(text->ptr + spans[i].from, spans[i].to - spans[i].from));
        buf_add_byte(out, ']');
        at = spans[i].to;
    }
    buf_add(out, slice_of(text->ptr + at, text->len - at));
}

static struct text mixed_text(struct arena *arena) /* "own" and foreign "hi" */
{
    struct text_builder builder;

    text_builder_init(&builder, arena);
    text_builder_add(&builder, SLICE("own"));
    text_builder_add_foreign(&builder, SLICE("hi"));
    return text_builder_finish(&builder);
}

static void test_spans(void **state)
{
    struct arena arena = ARENA_EMPTY;
    struct value foreign = value_foreign_string(SLICE("hi\n"));
    struct value mixed = value_text(mixed_text(&arena));
    const struct {
        struct text format;
        struct value arg;
        const char *want;
    } rows[] = {
        { { "<%s>", 4, NULL }, foreign, "<[hi\n]>" },
        { { "<%v>", 4, NULL }, mixed, "<own[hi]>" },
        { { "<%6s>", 5, NULL }, foreign, "<   [hi\n]>" },
        { { "<%-6s>", 6, NULL }, foreign, "<[hi\n]   >" },
        { { "<%06s>", 6, NULL }, mixed, "<0own[hi]>" },
        { { "<%.1s>", 6, NULL }, foreign, "<[h]>" },
        { { "<%.4s>", 6, NULL }, mixed, "<own[h]>" },
        { { "<%.2s>", 6, NULL }, mixed, "<ow>" },
        { { "<%q>", 4, NULL }, foreign, "<[\"hi\\n\"]>" },
        { { "<%q>", 4, NULL }, mixed, "<[\"ownhi\"]>" },
        { { "<%8q>", 5, NULL }, mixed, "< [\"ownhi\"]>" },
        { { "<%x>", 4, NULL }, foreign, "<[68690a]>" },
        { { "<%#v>", 5, NULL }, foreign, "<[\"hi\\n\"]>" },
        { { "<%d>", 4, NULL }, foreign, "<%!d(string=[hi\n])>" },
        { { "<%T>", 4, NULL }, foreign, "<string>" },
        { { "<%v>", 4, NULL }, STRUCT, "<{[web] 80}>" },
        { { "<%+v>", 5, NULL }, STRUCT, "<{A:[web] B:80}>" },
        { { "a", 1, NULL }, foreign, "a%!(EXTRA string=[hi\n])" },
        { { "f%s\n", 4, SPANS_ALL }, S("own"), "[f]own[\n]" },
        { { "%\n", 2, SPANS_ALL }, I(1), "%![\n](int=1)" },
        { { "%\n%\n", 4, SPANS_ALL }, I(1), "%![\n](int=1)%![\n](MISSING)" },
        { { "%[3]\n", 5, SPANS_ALL }, I(1), "%![\n](BADINDEX)" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct text_builder out;
        struct error err = ERROR_EMPTY;
        struct buf marked = BUF_EMPTY;

        text_builder_init(&out, &arena);
        assert_true(print_formatted(&out, &rows[i].format, &rows[i].arg, 1, &err));

        struct text got = text_builder_finish(&out);

        mark_spans(&got, &marked);
        if (!slice_is(buf_slice(&marked), rows[i].want))
            fail_msg("%s: %s", rows[i].format.ptr, marked.ptr);
        buf_fini(&marked);
    }
    arena_fini(&arena);
}

static void test_depth(void **state)
{
    struct arena arena = ARENA_EMPTY;
    struct value list = I(1);
    struct value self = value_map_new(&arena, &type_any_map);
    struct text got;
    struct error err = ERROR_EMPTY;

    (void)state;
    for (int i = 0; i < LIMIT_VALUE_DEPTH; i++) {
        struct value *item = ARENA_NEW(&arena, struct value);

        *item = list;
        list = value_list(&type_any_list, STORED_VALUES, item, 1);
    }
    assert_true(print_value(&arena, &list, &got, &err));
    assert_int_equal(got.len, 2 * LIMIT_VALUE_DEPTH + 1);

    value_map_put(&self, &arena, S("self"), self);
    assert_false(print_value(&arena, &self, &got, &err));
    assert_int_equal(err.code, ERROR_LIMIT);
    assert_string_equal(err.text, "a value is nested deeper than 200 levels, the limit");
    arena_fini(&arena);
}

static void test_length(void **state)
{
    struct arena arena = ARENA_EMPTY;
    struct value args[8];
    const struct text cases[] = {
        { "%9999999d%9999999d%9999999d%9999999d%9999999d%9999999d%9999999d", 63, NULL },
        { "%.9999999f%.9999999f%.9999999f%.9999999f%.9999999f%.9999999f%.9999999f", 70, NULL },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(args); i++)
        args[i] = I(1);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct text_builder out;
        struct error err = ERROR_EMPTY;

        text_builder_init(&out, &arena);
        assert_false(print_formatted(&out, &cases[i], args, ARRAY_SIZE(args), &err));
        assert_int_equal(err.code, ERROR_LIMIT);
        assert_string_equal(err.text, "a text is longer than 64 MB, the limit");
        assert_true(out.len <= LIMIT_OUTPUT_BYTES);
        arena_reset(&arena);
        for (size_t j = 0; j < ARRAY_SIZE(args); j++)
            args[j] = F(1);
    }
    arena_fini(&arena);
}

static void test_quoted(void **state)
{
    struct buf out = BUF_EMPTY;

    (void)state;
    print_add_quoted(&out, SLICE("a\"\n\xc3\xa9\xff"), false);
    assert_string_equal(out.ptr, "\"a\\\"\\n\xc3\xa9\\xff\"");
    buf_clear(&out);
    print_add_quoted(&out, SLICE("\xc3\xa9\xff"), true);
    assert_string_equal(out.ptr, "\"\\u00e9\\xff\"");
    buf_fini(&out);
}

/* As others use it: JSON switches forms elsewhere than print does. */
static void test_double(void **state)
{
    static const struct {
        double number;
        char format;
        int precision, exponent_at;
        const char *want;
    } rows[] = {
        { 1e20, 'g', -1, 21, "100000000000000000000" },
        { 1e21, 'g', -1, 21, "1e+21" },
        { 1e20, 'f', -1, 0, "100000000000000000000" },
        { 1.5e-7, 'f', -1, 0, "0.00000015" },
        { 1e-7, 'e', -1, 0, "1e-07" },
        { 123.25, 'e', -1, 0, "1.2325e+02" },
        { 123.25, 'f', -1, 0, "123.25" },
        { 0, 'f', -1, 0, "0" },
        { -0.0, 'e', -1, 0, "-0e+00" },
        { 0, 'g', -1, 21, "0" },
        { 1e21, 'G', -1, 6, "1E+21" },
        { INFINITY, 'f', -1, 0, "+Inf" },
        { 0x1p-1074, 'g', -1, 6, "5e-324" },
        { 0x1p-44, 'g', -1, 6, "5.684341886080802e-14" }, /* 16 digits, but not the nearest */
        { 0x1.fffffffffffffp1023, 'g', -1, 6, "1.7976931348623157e+308" },
        { 0x1p-1022, 'g', -1, 6, "2.2250738585072014e-308" },
        { 9007199254740993.0, 'g', -1, 21, "9007199254740992" },
        { 0.3, 'f', 20, 0, "0.29999999999999998890" },
    };
    struct buf out = BUF_EMPTY;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        buf_clear(&out);
        print_add_double(&out, rows[i].number, rows[i].format, rows[i].precision,
                         rows[i].exponent_at);
        assert_string_equal(out.ptr, rows[i].want);
    }
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists),     cmocka_unit_test(test_maps),
        cmocka_unit_test(test_structs),   cmocka_unit_test(test_times),
        cmocka_unit_test(test_value),     cmocka_unit_test(test_all),
        cmocka_unit_test(test_addresses), cmocka_unit_test(test_spans),
        cmocka_unit_test(test_depth),     cmocka_unit_test(test_length),
        cmocka_unit_test(test_quoted),    cmocka_unit_test(test_double),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
