/* SPDX-License-Identifier: MIT */
/* What is paused, and that the next process knows. */
#include "io/own_folder.h"

#include "app/pause.h"
#include "base/log.h"
#include "unit.h"

static void write_state(const char *text)
{
    FILE *file = fopen("paused", "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void assert_described(const struct pause *pause, const char *want)
{
    CLEANUP(buf_fini) struct buf got = BUF_EMPTY;

    pause_describe(pause, &got);
    assert_string_equal(buf_slice(&got).ptr, want);
}

static void test_names(void **state)
{
    CLEANUP(pause_freep) struct pause *pause = pause_new(NULL);
    struct error err;

    (void)state;
    assert_true(pause_is_empty(pause));
    assert_false(pause_add(pause, SLICE("web"), &err)); /* it is paused all the same */
    assert_string_equal(err.text, "no state_dir is configured");
    assert_false(pause_add(pause, SLICE("web"), &err));
    assert_false(pause_add(pause, SLICE("api"), &err));
    assert_described(pause, "web, api");
    assert_true(pause_has(pause, SLICE("web")) && !pause_has(pause, SLICE("we")));
    assert_false(pause_remove(pause, SLICE("web"), &err));
    assert_described(pause, "api");
    assert_false(pause_add(pause, SLICE(""), &err));
    assert_true(pause_covers_all(pause));
    assert_described(pause, "all deliveries");
    assert_false(pause_remove(pause, SLICE(""), &err));
    assert_true(pause_is_empty(pause));
}

static void test_the_next_process(void **state)
{
    struct folder folder;
    struct pause *pause;
    struct error err;

    (void)state;
    folder_init(&folder);
    log_set_level(LOG_LEVEL_ERR);
    pause = pause_new(".");
    assert_true(pause_is_empty(pause));
    assert_true(pause_add(pause, SLICE("a \"b\" \xc3\xa4"), &err));
    assert_true(pause_add(pause, SLICE(""), &err));
    pause_free(pause);
    pause = pause_new(".");
    assert_true(pause_covers_all(pause) && pause_has(pause, SLICE("a \"b\" \xc3\xa4")));
    assert_true(pause_remove(pause, SLICE(""), &err));
    pause_free(pause);
    pause = pause_new(".");
    assert_true(pause_is_empty(pause));
    pause_free(pause);
    folder_fini(&folder);
}

static void test_what_cannot_be_read(void **state)
{
    static const struct {
        const char *text;
        bool want_aside, want_empty;
    } cases[] = {
        { "{\"version\":1,\"all\":true,\"groups\":[],\"later\":{}}\n", false, false },
        { "{\"version\":1,\"groups\":[\"a\",\"\"]}", false, false },
        { "{\"version\":1}", false, true },
        { "{\"version\":2,\"all\":true}", true, true },
        { "{\"all\":true}", true, true },
        { "{\"version\":1,\"all\":true", true, true },
        { "{\"version\":1,\"groups\":[1]}", true, true },
        { "[]", true, true },
        { "", true, true },
    };
    struct folder folder;

    (void)state;
    folder_init(&folder);
    log_set_level(LOG_LEVEL_ERR);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP(pause_freep) struct pause *pause = NULL;

        print_message("%s\n", cases[i].text);
        write_state(cases[i].text);
        pause = pause_new(".");
        assert_int_equal(pause_is_empty(pause), cases[i].want_empty);
        assert_int_equal(access("paused", F_OK) != 0, cases[i].want_aside);
        assert_int_equal(access("paused.unreadable", F_OK) == 0, cases[i].want_aside);
        unlink("paused.unreadable");
    }
    folder_fini(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_the_next_process),
        cmocka_unit_test(test_what_cannot_be_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
