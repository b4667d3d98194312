/* SPDX-License-Identifier: MIT */
/* timestamp: the render's clock by a layout. */

#include "tmpl/eval.h"
#include "tmpl/function.h"

#include "unit.h"

static const struct {
    const char *name, *layout, *want; /* layout NULL: no argument */
} cases[] = {
    { "no argument", NULL, "2024-03-05T06:07:08Z" },
    { "seconds", "unix", "1709618828" },
    { "only in lower case", "UNIX", "UNIX" },
    { "seconds stand alone", "unix ", "unix " },
    { "nothing", "", "" },
    { "a layout", "Mon Jan _2 15:04:05.000 MST 2006", "Tue Mar  5 06:07:08.090 UTC 2024" },
};

static void test_timestamp(void **state)
{
    const struct function *function = &functions_time.items[0];
    const struct render_environment environment = { .now = { 1709618828, 90000000 } };
    struct arena arena = ARENA_EMPTY;
    struct eval eval = { .arena = &arena, .environment = &environment };
    struct error err = ERROR_EMPTY;

    (void)state;
    assert_string_equal(function->name, "timestamp");
    assert_int_equal(function->min_args, 0);
    assert_int_equal(function->max_args, 1);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct value arg = value_string(slice_from(cases[i].layout)), got;

        assert_true(function->call(&eval, &arg, cases[i].layout != NULL, &got, &err));
        if (!slice_is(value_slice(&got), cases[i].want))
            fail_msg("%s: %.*s", cases[i].name, SLICE_ARG(value_slice(&got)));
    }
    arena_fini(&arena);
}

static void test_limit(void **state)
{
    const struct render_environment environment = { .now = { 0, 0 } };
    struct arena arena = ARENA_EMPTY;
    struct eval eval = { .arena = &arena, .environment = &environment };
    struct value arg = value_string(slice_of("", (size_t)1 << 40)), got; /* never read */
    struct error err = ERROR_EMPTY;

    (void)state;
    assert_false(functions_time.items[0].call(&eval, &arg, 1, &got, &err));
    assert_int_equal(err.code, ERROR_LIMIT);
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_timestamp),
        cmocka_unit_test(test_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
