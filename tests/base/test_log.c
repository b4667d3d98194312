/* SPDX-License-Identifier: MIT */
/* What the log's lines look like, whatever is in them. */
#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"

static int own_stderr, pipe_fds[2];
static char line[8192];

/* What log_warn("%s") writes, without the time in front. */
static const char *written(enum log_format format, const char *text)
{
    ssize_t n;

    log_set_format(format);
    assert_int_equal(dup2(pipe_fds[1], STDERR_FILENO), STDERR_FILENO);
    log_warn("%s", text);
    assert_int_equal(dup2(own_stderr, STDERR_FILENO), STDERR_FILENO);
    n = read(pipe_fds[0], line, sizeof(line) - 1);
    assert_true(n > 0);
    line[n] = '\0';
    return strstr(line, format == LOG_FORMAT_TEXT   ? "warn"
                        : format == LOG_FORMAT_JSON ? "\"level\""
                                                    : "<");
}

static void test_lines(void **state)
{
    static const struct {
        const char *name, *text, *want_text, *want_json;
    } rows[] = {
        { "plain", "a: b (1)", "a: b (1)", "a: b (1)" },
        { "a newline starts no line", "a\n<0>b", "a\\n<0>b", "a\\u000a<0>b" },
        { "quotes", "\"\\", "\"\\", "\\\"\\\\" },
        { "a tab", "a\tb", "a\tb", "a\\u0009b" },
        { "terminal controls", "\033[31m\x7f", "\\x1b[31m\\x7f", "\\u001b[31m\\u007f" },
        { "those beyond ASCII", "\xc2\x9b", "\\xc2\\x9b", "\\u009b" },
        { "what turns text around", "a\xe2\x80\xae(0.0.01)\xe2\x81\xa9",
          "a\\xe2\\x80\\xae(0.0.01)\\xe2\\x81\\xa9", "a\\u202e(0.0.01)\\u2069" },
        { "UTF-8", "caf\xc3\xa9 \xef\xbf\xbd", "caf\xc3\xa9 \xef\xbf\xbd",
          "caf\xc3\xa9 \xef\xbf\xbd" },
        { "not UTF-8", "caf\xe9 \xc3", "caf\\xe9 \\xc3", "caf\\ufffd \\ufffd" },
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char want[256];

        print_message("%s\n", rows[i].name);
        snprintf(want, sizeof(want), "warn  %s\n", rows[i].want_text);
        assert_string_equal(written(LOG_FORMAT_TEXT, rows[i].text), want);
        snprintf(want, sizeof(want), "<4>%s\n", rows[i].want_text);
        assert_string_equal(written(LOG_FORMAT_JOURNAL, rows[i].text), want);
        snprintf(want, sizeof(want), "\"level\":\"warn\",\"message\":\"%s\"}\n", rows[i].want_json);
        assert_string_equal(written(LOG_FORMAT_JSON, rows[i].text), want);
    }
}

static int taken_priority;
static char taken[256];

static bool take(int priority, struct slice text, const struct log_about *about)
{
    taken_priority = priority;
    snprintf(taken, sizeof(taken), "%.*s|%s|%s|%s|%s", SLICE_ARG(text),
             log_event_name(about->event), about->group ? about->group : "",
             about->service ? about->service : "", about->reason ? about->reason : "");
    return text.len > 1;
}

static void test_what_a_line_is_about(void **state)
{
    const struct log_about about = { LOG_EVENT_HELD, "edge", "we\"b", NULL };
    ssize_t n;
    (void)state;

    log_set_format(LOG_FORMAT_JSON);
    dup2(pipe_fds[1], STDERR_FILENO);
    log_about(LOG_LEVEL_INFO, &about, "%d are %s", 2, "missing");
    dup2(own_stderr, STDERR_FILENO);
    n = read(pipe_fds[0], line, sizeof(line) - 1);
    assert_true(n > 0);
    line[n] = '\0';
    assert_string_equal(strstr(line, "\"level\""),
                        "\"level\":\"info\",\"event\":\"held\",\"group\":\"edge\","
                        "\"service\":\"we\\\"b\",\"message\":\"2 are missing\"}\n");

    log_set_format(LOG_FORMAT_JOURNAL);
    log_set_journal(take);
    log_about(LOG_LEVEL_INFO, &about, "two\nare missing");
    assert_string_equal(taken, "two\\nare missing|held|edge|we\"b|");
    assert_int_equal(taken_priority, 6);
    assert_string_equal(written(LOG_FORMAT_JOURNAL, "x"), "<4>x\n"); /* it does not take that */
    log_set_journal(NULL);
}

static void test_events_have_names(void **state)
{
    (void)state;
    for (enum log_event event = LOG_EVENT_DELIVERED; event <= LOG_EVENT_CONFIG_REFUSED; event++) {
        assert_string_not_equal(log_event_name(event), "");
        assert_string_not_equal(log_event_name(event), "?");
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_what_a_line_is_about),
        cmocka_unit_test(test_events_have_names),
    };

    own_stderr = dup(STDERR_FILENO);
    if (own_stderr < 0 || pipe(pipe_fds) < 0)
        return EXIT_FAILURE;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
