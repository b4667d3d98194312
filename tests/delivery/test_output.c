/* SPDX-License-Identifier: MIT */
/* Tests of delivery/output.h. */
#include "delivery/output.h"

#include "unit.h"

#include "base/limits.h"
#include "delivery/log.h"

static int setup(void **state)
{
    (void)state;
    log_begin(LOG_LEVEL_INFO);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    log_end();
    return 0;
}

static void test_as_it_comes(void **state)
{
    struct output output = OUTPUT_NONE;
    (void)state;

    output_begin(&output, "web", false);
    output_add_line(&output, SLICE("one"));
    assert_string_equal(logged.ptr, "info web: output: one\n");
    output_add_line(&output, SLICE(""));
    output_end(&output, true, LOG_LEVEL_ERR);
    assert_string_equal(logged.ptr, "info web: output: one\ninfo web: output: \n");
    output_fini(&output);
}

static void test_held(void **state)
{
    static const struct {
        const char *name;
        bool is_news;
        const char *want;
    } cases[] = {
        { "what is no news is dropped", false, "" },
        { "news come at the end", true, "err web: output: one\nerr web: output: two\n" },
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct output output = OUTPUT_NONE;

        print_message("%s\n", cases[i].name);
        buf_clear(&logged);
        output_begin(&output, "web", true);
        output_add_line(&output, SLICE("one"));
        output_add_line(&output, SLICE("two"));
        assert_int_equal(logged.len, 0);
        output_end(&output, cases[i].is_news, LOG_LEVEL_ERR);
        assert_string_equal(buf_slice(&logged).ptr, cases[i].want);
        output_fini(&output);
    }
}

/* What is beyond the limits is counted, not shown, not kept. */
static void test_too_much(void **state)
{
    struct output output = OUTPUT_NONE;
    char large[LIMIT_COMMAND_OUTPUT_LINE_BYTES];
    (void)state;

    output_begin(&output, "web", false);
    for (unsigned i = 0; i < LIMIT_COMMAND_OUTPUT_LINES + 5; i++)
        output_add_line(&output, SLICE("x"));
    buf_clear(&logged);
    output_end(&output, true, LOG_LEVEL_ERR);
    assert_string_equal(logged.ptr, "err web: output: 5 more lines were left out\n");

    memset(large, 'x', sizeof(large));
    output_begin(&output, "web", true);
    for (int i = 0; i < 100; i++)
        output_add_line(&output, slice_of(large, sizeof(large)));
    assert_true(output.held.len <= LIMIT_COMMAND_OUTPUT_HELD_BYTES);
    buf_clear(&logged);
    output_end(&output, true, LOG_LEVEL_ERR);
    assert_non_null(strstr(logged.ptr, "err web: output: 85 more lines were left out\n"));
    output_fini(&output);
}

static uint64_t hash_of(const char *first, const char *second)
{
    struct output output = OUTPUT_NONE;

    output_begin(&output, "web", true);
    output_add_line(&output, slice_from(first));
    output_add_line(&output, slice_from(second));

    uint64_t hash = output.hash;

    output_fini(&output);
    return hash;
}

static void test_hash(void **state)
{
    static const struct {
        const char *name, *a[2], *b[2];
        bool is_same;
    } cases[] = {
        { "the same", { "a", "b" }, { "a", "b" }, true },
        { "another process id",
          { "[ALERT] (1234) : no", "" },
          { "[ALERT] (98765) : no", "" },
          true },
        { "another word", { "a", "b" }, { "a", "c" }, false },
        { "another order", { "a", "b" }, { "b", "a" }, false },
        { "a number is no word", { "7", "" }, { "x", "" }, false },
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        print_message("%s\n", cases[i].name);
        assert_int_equal(hash_of(cases[i].a[0], cases[i].a[1]) ==
                             hash_of(cases[i].b[0], cases[i].b[1]),
                         cases[i].is_same);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_it_comes),
        cmocka_unit_test(test_held),
        cmocka_unit_test(test_too_much),
        cmocka_unit_test(test_hash),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
