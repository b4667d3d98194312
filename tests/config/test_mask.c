/* SPDX-License-Identifier: MIT */
/* No mistake shows a token or a password. */
#include "base/limits.h"
#include "config/world.h"

/* All of these are mistakes, and none may show "s3cret" anywhere. */
static const char *const leaks[] = {
    "consul: {token: [s3cret]}\n",
    "consul: {token: {a: s3cret}}\n",
    "consul:\n  token:\n    - s3cret\n",
    "consul: {tokn: s3cret}\n",
    "consul: {tokne: s3cret, foo: 1}\n",
    "consul: {token: s3cret, foo: 1}\n",
    "consul: {token: s3cret, tls_min: 9}\n",
    "consul: {tls_min: 9, token: \"s3cret\"}\n",
    "consul: {\"token\" : 's3cret', \"tls_min\": 9}\n",
    "consul: {\"token\":\n\"s3cret\", \"tls_min\": 9}\n",
    "consul: {auth: {username: u, password: [s3cret]}}\n",
    "consul: {auth: {username: u, pasword: s3cret}}\n",
    "consul: {auth: [s3cret]}\n",
    "consul: {auth: 'u:s3cret', bad: 1}\n",
    "consul:\n  token: \"s3cret\n",
    "consul:\n  token: \"s3cret\n  address: x\"\n  wrong: [\n",
    "consul:\n  token: |\n    s3cret\n   bad\n",
    "consul:\n  token: s3cret: x\n",
    "consul:\n  token: \"s3cret\\x01\"\n",
    "consul:\n  token: !x s3cret\n",
    "token: s3cret\n",
    "CONSUL_HTTP_TOKEN: s3cret\n",
    "consul: {address: 'http://u:s3cret@host'}\n",
    "consul {\n  token = \"s3cret\"\n}\n",
    "token = \"s3cret\"\n",
    "consul { token = [\"s3cret\"] }\n",
    "consul {\n  tokn = \"s3cret\"\n}\n",
    "consul {\n  token = \"s3cret\n}\n",
    "consul {\n  token = <<EOF\ns3cret:\nEOF\n}\n",
    "consul {\n  token = <<EOF\ns3cret\n",
    "consul {\n  token = <<EOF\ns3cret \xff\nEOF\n}\n",
    "consul {\n  token = <<-EOF\nx\n s3cret \xff\n  EOF\n}\n",
    "consul {\n  auth { password = <<-A\n  s3cret\n  A\n  bad }\n",
    "vault: {token: s3cret}\n",
    "s3cret\n",
    "- s3cret\n",
};

static void test_secrets_stay_secret(void **state)
{
    static const char *const files[] = { "a.yaml", NULL };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(leaks); i++) {
        struct config_flags flags = make_flags(files, NULL, NULL);
        struct config *config = NULL;
        struct buf report = BUF_EMPTY;
        struct error err;

        print_message("%s", leaks[i]);
        write_file("a.yaml", slice_from(leaks[i]), 0600);
        assert_false(config_load(&flags, get_env, &config, &report, &err));
        assert_int_equal(slice_find(buf_slice(&report), SLICE("s3cret")), SLICE_NOT_FOUND);
        assert_int_equal(slice_find(slice_from(err.text), SLICE("s3cret")), SLICE_NOT_FOUND);
        buf_fini(&report);
        config_flags_fini(&flags);
    }
}

static void test_readable_secret(void **state)
{
    static const char *const files[] = { "a.yaml", NULL };
    static const struct {
        const char *text;
        mode_t mode;
        const char *want;
    } rows[] = {
        { "consul: {token: x}\n" TEMPLATE, 0644,
          "'a.yaml': everybody can read this file, and it holds a secret (mode 0644)\n" },
        { "consul: {auth: 'a:b'}\n" TEMPLATE, 0604,
          "'a.yaml': everybody can read this file, and it holds a secret (mode 0604)\n" },
        { "consul: {token: x}\n" TEMPLATE, 0640, "" },
        { "consul: {token_file: x}\n" TEMPLATE, 0644, "" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct config_flags flags = make_flags(files, NULL, NULL);
        CLEANUP(config_freep) struct config *config = NULL;
        struct buf report = BUF_EMPTY;
        struct error err;

        write_file("a.yaml", slice_from(rows[i].text), rows[i].mode);
        assert_true(config_load(&flags, get_env, &config, &report, &err));
        without_folder(&config->warnings);
        assert_string_equal(buf_slice(&config->warnings).ptr, rows[i].want);
        config_flags_fini(&flags);
    }
}

static void test_long_token(void **state)
{
    struct buf token = BUF_EMPTY;

    (void)state;
    buf_add_repeated(&token, 'x', LIMIT_TOKEN_BYTES + 1);

    struct flag settings[MAX_FLAGS] = { { "--consul-token", "consul.token", token.ptr } };
    struct config_flags flags = make_flags(NULL, settings, "in:out");

    expect_report(&flags, "--consul-token: longer than 4096 bytes\n");
    config_flags_fini(&flags);
    buf_fini(&token);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_secrets_stay_secret),
        cmocka_unit_test(test_readable_secret),
        cmocka_unit_test(test_long_token),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
