/* SPDX-License-Identifier: MIT */
/* Errors and the log: texts, positions, excerpts; lines that cannot be forged. */
#include <errno.h>

#include "base/error.h"
#include "base/log.h"
#include "unit.h"

static void test_texts(void **state)
{
    struct error err = ERROR_EMPTY;

    (void)state;
    assert_false(error_set_at(&err, ERROR_SYNTAX, (struct source_pos){ "t.ctmpl", 12, 4 },
                              "'%s' is never closed", "range"));
    assert_string_equal(err.text, "t.ctmpl:12:4: 'range' is never closed");
    assert_int_equal(err.line, 12);
    assert_false(error_wrap(&err, "template"));
    assert_string_equal(err.text, "template: t.ctmpl:12:4: 'range' is never closed");
    errno = ENOSPC;
    assert_false(error_set_errno(&err, "fsync"));
    error_wrap(&err, "install '%s'", "/etc/haproxy/haproxy.cfg");
    assert_string_equal(err.text,
                        "install '/etc/haproxy/haproxy.cfg': fsync: No space left on device");
    assert_int_equal(err.sys_errno, ENOSPC);
    assert_int_equal(err.line, 0);
}

static void test_long_texts_are_cut(void **state)
{
    struct error err = ERROR_EMPTY;
    char big[3000];

    (void)state;
    memset(big, 'x', sizeof(big) - 1);
    big[sizeof(big) - 1] = '\0';
    error_set(&err, ERROR_INVALID, "%s", big);
    error_wrap(&err, "in front");
    assert_int_equal(strlen(err.text), ERROR_TEXT_BYTES - 1);
    assert_int_equal(strncmp(err.text, "in front: xxx", 13), 0);
}

static void test_excerpts(void **state)
{
    static const struct {
        const char *name, *text;
        unsigned line, column;
        const char *want;
    } cases[] = {
        { "the first line", "abc\ndef", 1, 2, "     1 | abc\n       |  ^\n" },
        { "a tab stays in place", "x\n\tdef\n", 2, 3, "     2 | \tdef\n       | \t ^\n" },
        { "a character of two bytes", "h\xc3\xa9x", 1, 4, "     1 | h\xc3\xa9x\n       |   ^\n" },
        { "CRLF and control bytes", "a\x1b[31m\r\n", 1, 1, "     1 | a?[31m\n       | ^\n" },
        { "the end of the text", "ab", 1, 3, "     1 | ab\n       |   ^\n" },
        { "a line that is not there", "ab", 7, 1, "     7 | \n       | ^\n" },
        { "no position", "ab", 0, 0, "" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP(buf_fini) struct buf out = BUF_EMPTY;
        struct error err = { .line = cases[i].line, .column = cases[i].column };

        error_add_excerpt(&err, slice_from(cases[i].text), &out);
        if (!slice_is(buf_slice(&out), cases[i].want))
            fail_msg("%s: got\n%s", cases[i].name, buf_slice(&out).ptr);
    }
}

static void keep_line(void *ctx, enum log_level level, struct slice line)
{
    (void)level;
    buf_add(ctx, line);
    buf_add_byte(ctx, '\n');
}

static void test_log(void **state)
{
    CLEANUP(buf_fini) struct buf lines = BUF_EMPTY;
    enum log_level level;

    (void)state;
    log_set_sink(keep_line, &lines);
    log_set_level(LOG_LEVEL_WARN);
    log_info("not shown");
    log_warn("shown %d", 1);
    log_err("shown %d", 2);
    log_set_level(LOG_LEVEL_INFO);
    log_set_sink(NULL, NULL);
    assert_string_equal(lines.ptr, "shown 1\nshown 2\n");
    assert_true(log_level_parse(SLICE("WARN"), &level) && level == LOG_LEVEL_WARN);
    assert_false(log_level_parse(SLICE("loud"), &level));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_long_texts_are_cut),
        cmocka_unit_test(test_excerpts),
        cmocka_unit_test(test_log),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
