/* SPDX-License-Identifier: MIT */
/* The scratch's methods. */
#include "tmpl/scratch.h"

#include "tmpl/support.h"

/* Calls a method; what it returns is appended to *shown after a space. */
static void call(struct support *support, struct buf *shown, const char *method, const char *a,
                 const char *b, const char *c)
{
    const struct function *function = scratch_find_method(slice_from(method));
    const char *notations[] = { a, b, c };
    struct value args[3], ret;
    size_t n = 0;

    for (; n < 3 && notations[n]; n++)
        args[n] = support_value(&support->arena, slice_from(notations[n]));
    assert_non_null(function);
    buf_add_string(shown, " ");
    if (support_call(support, function, args, n, &ret))
        support_show(shown, &ret);
    else
        buf_printf(shown, "[%s]", support->err.text);
    support->err = ERROR_EMPTY;
}

static const struct {
    const char *name;
    const char *calls[5][4];
    const char *want;
} cases[] = {
    { "set and get", { { "Set", "t:a", "i:1" }, { "Get", "t:a" } }, "  int(1)" },
    { "get what is not there", { { "Get", "t:a" } }, " nil" },
    { "key",
      { { "Key", "t:a" }, { "Set", "t:a", "nil" }, { "Key", "t:a" } },
      " bool(false)  bool(true)" },
    { "set again", { { "Set", "t:a", "i:1" }, { "Set", "t:a", "t:x" }, { "Get", "t:a" } }, "   x" },
    { "setx keeps",
      { { "SetX", "t:a", "i:1" }, { "SetX", "t:a", "i:2" }, { "Get", "t:a" } },
      "   int(1)" },
    { "setx keeps nil, too",
      { { "Set", "t:a", "nil" }, { "SetX", "t:a", "i:2" }, { "Get", "t:a" } },
      "   nil" },
    { "what is foreign stays so", { { "Set", "s:<k>", "s:a<b>" }, { "Get", "s:<k>" } }, "  a<b>" },
    { "mapset",
      { { "MapSet", "t:m", "t:b", "i:2" },
        { "MapSet", "t:m", "t:a", "i:1" },
        { "MapSet", "t:m", "t:b", "i:3" },
        { "Get", "t:m" },
        { "MapValues", "t:m" } },
      "    map[string]interface {}{a: int(1), b: int(3)} []interface {}{int(1), int(3)}" },
    { "mapsetx keeps",
      { { "MapSetX", "t:m", "t:a", "i:1" }, { "MapSetX", "t:m", "t:a", "i:2" }, { "Get", "t:m" } },
      "   map[string]interface {}{a: int(1)}" },
    { "mapset on JSON",
      { { "Set", "t:m", "j:{\"a\":1}" }, { "MapSet", "t:m", "t:b", "t:x" }, { "Get", "t:m" } },
      "   map[string]interface {}{a: float64(1), b: x}" },
    { "mapset on no map",
      { { "Set", "t:m", "t:str" }, { "MapSet", "t:m", "t:k", "i:1" } },
      "  ['m' holds no map but string]" },
    { "mapsetx on no map",
      { { "Set", "t:m", "nil" }, { "MapSetX", "t:m", "t:k", "i:1" } },
      "  ['m' holds no map but nil]" },
    { "mapvalues of nothing", { { "MapValues", "t:m" } }, " []interface {}{}" },
    { "mapvalues of no map",
      { { "Set", "t:m", "S:a" }, { "MapValues", "t:m" } },
      "  []interface {}{}" },
};

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP(buf_fini) struct buf shown = BUF_EMPTY;
        struct support support;

        support_init(&support);
        for (size_t j = 0; j < ARRAY_SIZE(cases[i].calls) && cases[i].calls[j][0]; j++)
            call(&support, &shown, cases[i].calls[j][0], cases[i].calls[j][1], cases[i].calls[j][2],
                 cases[i].calls[j][3]);
        if (!slice_is(buf_slice(&shown), cases[i].want))
            fail_msg("%s: '%s'", cases[i].name, shown.ptr);
        support_fini(&support);
    }
}

static void test_one_store_for_a_rendering(void **state)
{
    struct support support;
    struct value first, second;

    (void)state;
    support_init(&support);
    assert_true(
        support_call(&support, support_find(&functions_collection, "scratch"), NULL, 0, &first));
    assert_true(
        support_call(&support, support_find(&functions_collection, "scratch"), NULL, 0, &second));
    assert_int_equal(value_kind(&first), KIND_SCRATCH);
    assert_ptr_equal(first.state, second.state);
    support_fini(&support);
}

static void test_methods_by_exact_name(void **state)
{
    (void)state;
    assert_null(scratch_find_method(SLICE("get")));
    assert_null(scratch_find_method(SLICE("Delete")));
    assert_null(scratch_find_method(SLICE("")));
    assert_int_equal(scratch_find_method(SLICE("MapSetX"))->max_args, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_one_store_for_a_rendering),
        cmocka_unit_test(test_methods_by_exact_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
