/* SPDX-License-Identifier: MIT */
/* Tests of delivery/environment.h. */
#include "delivery/environment.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "delivery/exec_options.h"

static char *const daemon_env[] = {
    (char[]){ "PATH=/usr/bin:/bin" },
    (char[]){ "NOTIFY_SOCKET=/run/systemd/notify" },
    (char[]){ "WATCHDOG_PID=1" },
    (char[]){ "WATCHDOG_USEC=30000000" },
    (char[]){ "LISTEN_PID=1" },
    (char[]){ "LISTEN_FDS=2" },
    (char[]){ "LISTEN_FDNAMES=a:b" },
    (char[]){ "LISTEN_PIDFDID=7" },
    (char[]){ "LISTEN_ADDRESS=the operator's own" },
    (char[]){ "CONSUL_HTTP_ADDR=127.0.0.1:8500" },
    (char[]){ "CONSUL_TOKEN=secret" },
    (char[]){ "CONSUL_HTTP_TOKEN=secret" },
    (char[]){ "CONSUL_HTTP_TOKEN_FILE=/etc/token" },
    (char[]){ "CONSUL_HTTP_AUTH=user:password" },
    (char[]){ "CONSUL_CLIENT_CERT=/etc/cert" },
    (char[]){ "CONSUL_CLIENT_KEY=/etc/key" },
    (char[]){ "VAULT_TOKEN=secret" },
    (char[]){ "NOMAD_TOKEN=secret" },
    (char[]){ "CREDENTIALS_DIRECTORY=/run/credentials/x" },
    (char[]){ "EMPTY=" },
    (char[]){ "NO_VALUE" },
    NULL,
};

static char *join(const struct environment *env)
{
    struct buf text = BUF_EMPTY;

    for (const char *const *line = environment_lines(env); *line; line++)
        buf_printf(&text, "%s\n", *line);
    return text.ptr ? buf_take(&text) : calloc(1, 1);
}

static void test_inherit_without_secrets(void **state)
{
    CLEANUP(environment_fini) struct environment env = ENVIRONMENT_EMPTY;
    (void)state;

    environment_inherit(&env, daemon_env, false);

    char *text = join(&env);

    assert_string_equal(text, "PATH=/usr/bin:/bin\n"
                              "LISTEN_ADDRESS=the operator's own\n"
                              "CONSUL_HTTP_ADDR=127.0.0.1:8500\n"
                              "EMPTY=\n"
                              "NO_VALUE\n");
    free(text);
}

static void test_inherit_with_secrets(void **state)
{
    CLEANUP(environment_fini) struct environment env = ENVIRONMENT_EMPTY;
    (void)state;

    environment_inherit(&env, daemon_env, true);

    char *text = join(&env);

    assert_string_equal(text, "PATH=/usr/bin:/bin\n"
                              "LISTEN_ADDRESS=the operator's own\n"
                              "CONSUL_HTTP_ADDR=127.0.0.1:8500\n"
                              "CONSUL_TOKEN=secret\n"
                              "CONSUL_HTTP_TOKEN=secret\n"
                              "CONSUL_HTTP_TOKEN_FILE=/etc/token\n"
                              "CONSUL_HTTP_AUTH=user:password\n"
                              "CONSUL_CLIENT_CERT=/etc/cert\n"
                              "CONSUL_CLIENT_KEY=/etc/key\n"
                              "VAULT_TOKEN=secret\n"
                              "NOMAD_TOKEN=secret\n"
                              "CREDENTIALS_DIRECTORY=/run/credentials/x\n"
                              "EMPTY=\n"
                              "NO_VALUE\n");
    free(text);
}

static void test_set(void **state)
{
    CLEANUP(environment_fini) struct environment env = ENVIRONMENT_EMPTY;
    (void)state;

    assert_null(environment_lines(&env)[0]);
    environment_set(&env, "A", "1");
    environment_set(&env, "AB", "2");
    environment_set(&env, "A", "a=b");
    environment_set_line(&env, "AB=");

    char *text = join(&env);

    assert_string_equal(text, "A=a=b\nAB=\n");
    free(text);
}

/* More than one growth of the array. */
static void test_set_many(void **state)
{
    CLEANUP(environment_fini) struct environment env = ENVIRONMENT_EMPTY;
    (void)state;

    for (int i = 0; i < 200; i++) {
        char name[16];

        snprintf(name, sizeof(name), "N%d", i);
        environment_set(&env, name, "x");
    }
    assert_int_equal(env.n, 200);
    assert_string_equal(environment_lines(&env)[199], "N199=x");
    assert_null(environment_lines(&env)[200]);
}

static void test_restrict(void **state)
{
    static const struct {
        const char *name;
        bool is_pristine;
        const char *custom, *allowed, *denied; /* at most one of each; NULL: none */
        const char *want;
    } cases[] = {
        { "nothing is said", false, NULL, NULL, NULL, "A_A=1\nA_B=2\nB=3\nC/D=4\n" },
        { "an addition", false, "X=9", NULL, NULL, "A_A=1\nA_B=2\nB=3\nC/D=4\nX=9\n" },
        { "one in place of another", false, "B=9", NULL, NULL, "A_A=1\nA_B=2\nB=9\nC/D=4\n" },
        { "some are let through", false, NULL, "A_*", NULL, "A_A=1\nA_B=2\n" },
        { "a pattern is the whole name", false, NULL, "A", NULL, "" },
        { "some are not", false, NULL, NULL, "A_?", "B=3\nC/D=4\n" },
        { "denied is more than allowed", false, NULL, "A_*", "*_B", "A_A=1\n" },
        { "an addition is more than all", false, "A_B=5", "B", "A_*", "B=3\nA_B=5\n" },
        { "nothing but additions", true, "X=9", "A_*", NULL, "X=9\n" },
        { "nothing", true, NULL, NULL, NULL, "" },
    };
    char *const base[] = { (char[]){ "A_A=1" }, (char[]){ "A_B=2" }, (char[]){ "B=3" },
                           (char[]){ "C/D=4" }, NULL };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP(environment_fini) struct environment env = ENVIRONMENT_EMPTY;
        struct environment_options options = { .is_pristine = cases[i].is_pristine };
        char *lists[] = { slice_to_string(slice_from(cases[i].custom)),
                          slice_to_string(slice_from(cases[i].allowed)),
                          slice_to_string(slice_from(cases[i].denied)) };
        char *got;

        options.custom = &lists[0], options.n_custom = cases[i].custom != NULL;
        options.allowed = &lists[1], options.n_allowed = cases[i].allowed != NULL;
        options.denied = &lists[2], options.n_denied = cases[i].denied != NULL;
        environment_inherit(&env, base, false);
        environment_restrict(&env, &options);
        got = join(&env);
        print_message("%s\n", cases[i].name);
        assert_string_equal(got, cases[i].want);
        free(got);
        for (size_t k = 0; k < ARRAY_SIZE(lists); k++)
            free(lists[k]);
    }
}

static void test_list(void **state)
{
    CLEANUP(buf_fini) struct buf list = BUF_EMPTY;
    static char large[LIMIT_COMMAND_ENV_BYTES];
    (void)state;

    assert_true(environment_list_add(&list, '\n', SLICE("/etc/a")));
    assert_true(environment_list_add(&list, '\n', SLICE("/etc/ab")));
    assert_true(environment_list_add(&list, '\n', SLICE("/etc/a")));
    assert_string_equal(list.ptr, "/etc/a\n/etc/ab");

    memset(large, 'x', sizeof(large));
    assert_false(environment_list_add(&list, '\n', slice_of(large, sizeof(large) - 10)));
    assert_string_equal(list.ptr, "/etc/a\n/etc/ab");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inherit_without_secrets),
        cmocka_unit_test(test_inherit_with_secrets),
        cmocka_unit_test(test_set),
        cmocka_unit_test(test_set_many),
        cmocka_unit_test(test_restrict),
        cmocka_unit_test(test_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
