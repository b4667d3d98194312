/* SPDX-License-Identifier: MIT */
/* Command lines of HAProxy. Spaces stand for the NUL bytes between arguments. */
#include "haproxy/command_line.h"

#include <unistd.h>

#include "unit.h"

static const struct {
    const char *name, *line, *want;
} cases[] = {
    { "Debian's", "/usr/sbin/haproxy -Ws -f /etc/a.cfg -p /run/haproxy.pid -S /run/master.sock ",
      "haproxy: /etc/a.cfg" },
    { "several files", "haproxy -f a -W -f b/ ", "haproxy: a b/" },
    { "after a reload", "haproxy -sf 12 -x sockpair@5 -W -f a ", "haproxy: a" },
    { "what is left are files", "haproxy -f a -db -- b -f ", "haproxy: a b -f" },
    { "another folder", "haproxy -C /etc -f a ", "haproxy (elsewhere): a" },
    { "no file", "/opt/haproxy-3.0/haproxy -v ", "haproxy:" },
    { "cut short", "haproxy -f a -f ", "haproxy: a" },
    { "without its last end", "haproxy -f a", "haproxy: a" },
    { "nothing", "", ":" },
};

static void test_parse(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
        CLEANUP(buf_fini) struct buf text = BUF_EMPTY, got = BUF_EMPTY;
        struct command_line line;

        print_message("%s\n", cases[i].name);
        buf_add_string(&text, cases[i].line);
        for (size_t k = 0; k < text.len; k++)
            text.ptr[k] = text.ptr[k] == ' ' ? '\0' : text.ptr[k];
        command_line_parse(buf_slice(&text), &arena, &line);
        buf_printf(&got, "%.*s%s:", SLICE_ARG(line.program),
                   line.changes_folder ? " (elsewhere)" : "");
        for (size_t k = 0; k < line.n_files; k++)
            buf_printf(&got, " %s", line.files[k]);
        assert_string_equal(got.ptr, cases[i].want);
    }
}

/* This process is no HAProxy; nobody has process 0. */
static void test_nothing_is_known(void **state)
{
    CLEANUP(buf_fini) struct buf files = BUF_EMPTY;

    (void)state;
    assert_false(command_line_differs((uint64_t)getpid(), NULL, 0, &files));
    assert_false(command_line_differs(0, NULL, 0, &files));
    assert_int_equal(files.len, 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_nothing_is_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
