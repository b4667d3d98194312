/* SPDX-License-Identifier: MIT */
/* Who gets colours, and that the log heeds it. */
#include "base/terminal.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "unit.h"

static int own_stderr, terminal, its_reader;

static void set(const char *name, const char *value)
{
    assert_int_equal(value ? setenv(name, value, 1) : unsetenv(name), 0);
}

static bool is_log_coloured(void)
{
    char line[256] = "";
    size_t len = 0;

    assert_int_equal(dup2(terminal, STDERR_FILENO), STDERR_FILENO);
    log_warn("x");
    assert_int_equal(dup2(own_stderr, STDERR_FILENO), STDERR_FILENO);
    while (!strchr(line, '\n')) { /* a line may come in pieces */
        ssize_t n = read(its_reader, line + len, sizeof(line) - 1 - len);

        assert_true(n > 0);
        len += (size_t)n;
    }
    return strchr(line, '\033') != NULL;
}

static void test_what_the_environment_says(void **state)
{
    static const struct {
        const char *term, *no_color;
        bool has_cursor, has_colours;
    } rows[] = {
        { "xterm", NULL, true, true }, { NULL, NULL, true, true },
        { "xterm", "", true, true },   { "xterm", "1", true, false },
        { "xterm", "0", true, false }, { "dumb", NULL, false, false },
        { "dumb", "1", false, false }, { "dumber", NULL, true, true },
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        print_message("TERM=%s NO_COLOR=%s\n", rows[i].term ? rows[i].term : "(none)",
                      rows[i].no_color ? rows[i].no_color : "(none)");
        set("TERM", rows[i].term);
        set("NO_COLOR", rows[i].no_color);
        assert_int_equal(terminal_has_cursor(terminal), rows[i].has_cursor);
        assert_int_equal(terminal_has_colours(terminal), rows[i].has_colours);
        assert_int_equal(is_log_coloured(), rows[i].has_colours);
    }
}

static void test_what_is_no_terminal(void **state)
{
    int file = open("/dev/null", O_WRONLY | O_CLOEXEC);
    (void)state;

    set("TERM", "xterm");
    set("NO_COLOR", NULL);
    assert_true(file >= 0);
    assert_false(terminal_has_cursor(file));
    assert_false(terminal_has_colours(file));
    close(file);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_the_environment_says),
        cmocka_unit_test(test_what_is_no_terminal),
    };

    own_stderr = dup(STDERR_FILENO);
    its_reader = posix_openpt(O_RDWR | O_NOCTTY);
    if (own_stderr < 0 || its_reader < 0 || grantpt(its_reader) < 0 || unlockpt(its_reader) < 0)
        return EXIT_FAILURE;
    terminal = open(ptsname(its_reader), O_RDWR | O_NOCTTY);
    return terminal < 0 ? EXIT_FAILURE : cmocka_run_group_tests(tests, NULL, NULL);
}
