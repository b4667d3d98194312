/* SPDX-License-Identifier: MIT */
/* Tests of delivery/command.h. */
#include "delivery/command.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <setjmp.h>

#include <cmocka.h>

#include "base/cleanup.h"

#define MOST_WORDS 4

/* A row's command: words up to the first NULL. */
static struct command borrow(const char *const *words, bool is_shell)
{
    struct command command = { .words = (char **)(uintptr_t)words, .is_shell = is_shell };

    while (command.n_words < MOST_WORDS && words[command.n_words])
        command.n_words++;
    return command;
}

static void test_format(void **state)
{
    static const struct {
        const char *name, *words[MOST_WORDS];
        bool is_shell;
        const char *want;
    } cases[] = {
        { "no command", { NULL }, false, "" },
        { "a script as it stands", { "a | b 'c'" }, true, "a | b 'c'" },
        { "plain words",
          { "systemctl", "reload", "haproxy.service" },
          false,
          "systemctl reload haproxy.service" },
        { "a space is quoted", { "echo", "a b" }, false, "echo 'a b'" },
        { "an empty word", { "echo", "" }, false, "echo ''" },
        { "a quote in a word", { "echo", "it's" }, false, "echo 'it'\\''s'" },
        { "what a shell would expand", { "echo", "$HOME", "*" }, false, "echo '$HOME' '*'" },
        { "no plain byte beyond ASCII", { "echo", "\xc3\xa4" }, false, "echo '\xc3\xa4'" },
    };
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CLEANUP(buf_fini) struct buf text = BUF_EMPTY;
        struct command command = borrow(cases[i].words, cases[i].is_shell);

        print_message("%s\n", cases[i].name);
        command_format(&command, &text);
        assert_string_equal(buf_slice(&text).ptr, cases[i].want);
    }
}

static void test_equal(void **state)
{
    static const struct {
        const char *name, *a[MOST_WORDS];
        bool is_a_shell;
        const char *b[MOST_WORDS];
        bool is_b_shell, want;
    } cases[] = {
        { "no command equals none", { NULL }, false, { NULL }, false, true },
        { "the same words", { "a", "b" }, false, { "a", "b" }, false, true },
        { "another word", { "a", "b" }, false, { "a", "c" }, false, false },
        { "a word more", { "a" }, false, { "a", "b" }, false, false },
        { "a script is no list", { "a" }, true, { "a" }, false, false },
        { "words are not joined", { "a b" }, false, { "a", "b" }, false, false },
    };
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct command a = borrow(cases[i].a, cases[i].is_a_shell);
        struct command b = borrow(cases[i].b, cases[i].is_b_shell);

        print_message("%s\n", cases[i].name);
        assert_int_equal(command_equal(&a, &b), cases[i].want);
        assert_int_equal(command_equal(&b, &a), cases[i].want);
    }
}

static void test_argv(void **state)
{
    static const char *const script[] = { "exit 3", NULL };
    static const char *const list[] = { "true", "-x", NULL };
    (void)state;

    struct command command = borrow(script, true);
    const char **argv = command_argv(&command);

    assert_string_equal(argv[0], "/bin/sh");
    assert_string_equal(argv[1], "-c");
    assert_string_equal(argv[2], "exit 3");
    assert_null(argv[3]);
    free(argv);

    command = borrow(list, false);
    argv = command_argv(&command);
    assert_string_equal(argv[0], "true");
    assert_string_equal(argv[1], "-x");
    assert_null(argv[2]);
    free(argv);
}

static void test_copy(void **state)
{
    static const char *const list[] = { "a", "b", NULL };
    struct command original = borrow(list, false), copy = command_copy(&original);
    (void)state;

    assert_true(command_equal(&original, &copy));
    assert_ptr_not_equal(original.words[0], copy.words[0]);
    command_fini(&copy);
    assert_int_equal(copy.n_words, 0);
    command_fini(&copy); /* fine once more */

    original = COMMAND_NONE;
    copy = command_copy(&original);
    assert_true(command_equal(&original, &copy));
    command_fini(&copy);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_format),
        cmocka_unit_test(test_equal),
        cmocka_unit_test(test_argv),
        cmocka_unit_test(test_copy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
