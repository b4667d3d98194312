/* SPDX-License-Identifier: MIT */
/* The ACL token, from the configuration or from a file that changes. */
#include <fcntl.h>
#include <string.h>

#include "base/limits.h"
#include "consul/token.h"
#include "delivery/log.h"
#include "io/own_folder.h"
#include "unit.h"

static void write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static void test_what_a_token_is(void **state)
{
    static const struct {
        const char *name, *text, *want_header, *want_error;
    } cases[] = {
        { "none", NULL, NULL, NULL },
        { "an empty one is none", "", NULL, NULL },
        { "a token", "0137db51-5895", "X-Consul-Token: 0137db51-5895", NULL },
        { "with a line end behind it", " a b\n", "X-Consul-Token: a b", NULL },
        { "two lines", "a\r\nX-Evil: 1", NULL, "consul.token is not a token" },
        { "nothing but space", " \n", NULL, "consul.token is not a token" },
        { "no ASCII", "\xc3\xa4", NULL, "consul.token is not a token" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct error err = ERROR_EMPTY;
        struct token token;
        bool is_good = token_init(&token, cases[i].text, NULL, &err);

        if (is_good != !cases[i].want_error || (!is_good && strcmp(err.text, cases[i].want_error)))
            fail_msg("%s: '%s'", cases[i].name, err.text);
        if (is_good && cases[i].want_header)
            assert_string_equal(token.header, cases[i].want_header);
        else if (is_good)
            assert_null(token.header);
        token_fini(&token);
    }
}

static void test_a_file_that_changes(void **state)
{
    struct error err = ERROR_EMPTY;
    struct token token;

    (void)state;
    log_begin(LOG_LEVEL_INFO);
    write_file("token", "one\n");
    assert_true(token_init(&token, "ignored", "token", &err));
    assert_string_equal(token.header, "X-Consul-Token: one");
    assert_false(token_refresh(&token));

    /* Replaced, as an agent would do it. */
    write_file("new", "two!\n");
    assert_int_equal(rename("new", "token"), 0);
    assert_true(token_refresh(&token));
    assert_string_equal(token.header, "X-Consul-Token: two!");
    assert_false(token_refresh(&token));

    /* Gone, then empty, then back: the last good one stays, and that is said once. */
    assert_int_equal(unlink("token"), 0);
    assert_false(token_refresh(&token));
    write_file("token", "");
    assert_false(token_refresh(&token));
    assert_string_equal(token.header, "X-Consul-Token: two!");
    write_file("token", "two!");
    assert_false(token_refresh(&token));
    write_file("token", "three");
    assert_true(token_refresh(&token));
    assert_string_equal(logged.ptr,
                        "info consul: the token in 'token' has changed\n"
                        "warn consul.token_file 'token': open: No such file or directory; the "
                        "token read before stays in use\n"
                        "info consul: the token in 'token' has changed\n");
    token_fini(&token);
    log_end();
}

static void test_a_file_that_cannot_be_used_at_first(void **state)
{
    struct error err = ERROR_EMPTY;
    struct token token;

    (void)state;
    assert_false(token_init(&token, "text", "missing", &err));
    assert_string_equal(err.text, "consul.token_file 'missing': open: No such file or directory");
    token_fini(&token);
    write_file("empty", " \n");
    assert_false(token_init(&token, NULL, "empty", &err));
    assert_string_equal(err.text, "consul.token_file 'empty': the file holds no token");
    token_fini(&token);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_a_token_is),
        cmocka_unit_test_setup_teardown(test_a_file_that_changes, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_a_file_that_cannot_be_used_at_first, folder_setup,
                                        folder_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
