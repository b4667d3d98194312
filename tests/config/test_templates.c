/* SPDX-License-Identifier: MIT */
/* --template: its parts, and what a template needs. */
#include "config/dump.h"
#include "config/world.h"

static const struct {
    const char *flag, *want;
} flag_cases[] = {
    { "in:out", "" },
    { "in:out:", "" },
    { "in:out:systemctl reload haproxy", "template in -> out sh [systemctl reload haproxy]\n" },
    { "in:out:curl http://x:80/", "template in -> out sh [curl http://x:80/]\n" },
    { "in:out:a:5s", "template in -> out sh [a]\n  wait=5000:20000\n" },
    { "in:out:a:5s:10s", "template in -> out sh [a]\n  wait=5000:10000\n" },
    { "in:out:a:b:5s:10s", "template in -> out sh [a:b]\n  wait=5000:10000\n" },
    { "in:out:a:1s:5s:10s", "template in -> out sh [a:1s]\n  wait=5000:10000\n" },
    { "in:out::5s", "  wait=5000:20000\n" },
    { "in:out:5s", "template in -> out sh [5s]\n" },
    { "in:out:a:80", "template in -> out sh [a:80]\n" },
    { "in:out:a:0", "template in -> out sh [a:0]\n" },
    { "in:out:a:80:5s", "template in -> out sh [a:80]\n  wait=5000:20000\n" },
    { "in:out:echo 10s", "template in -> out sh [echo 10s]\n" },
};

static void test_template_flags(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(flag_cases); i++) {
        struct config_flags flags = make_flags(NULL, NULL, flag_cases[i].flag);
        CLEANUP(config_freep) struct config *config = NULL;
        struct buf report = BUF_EMPTY, got = BUF_EMPTY;
        struct error err;

        print_message("%s\n", flag_cases[i].flag);
        assert_true(config_load(&flags, get_env, &config, &report, &err));
        add_config(&got, config);
        keep_unusual_lines(&got);
        assert_string_equal(buf_slice(&got).ptr, flag_cases[i].want);
        buf_fini(&got);
        config_flags_fini(&flags);
    }
}

static void test_dry_needs_no_destination(void **state)
{
    struct config_flags flags = make_flags(NULL, NULL, "in");
    CLEANUP(config_freep) struct config *config = NULL;
    struct buf report = BUF_EMPTY;
    struct error err;

    (void)state;
    assert_false(config_load(&flags, get_env, &config, &report, &err));
    assert_string_equal(report.ptr, "--template 'in': a template needs a 'destination'\n");
    buf_clear(&report);
    flags.is_dry = true;
    assert_true(config_load(&flags, get_env, &config, &report, &err));
    assert_null(config->templates[0].delivery.files[0].destination);
    assert_string_equal(config->templates[0].delivery.name, "in");
    buf_fini(&report);
    config_flags_fini(&flags);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_template_flags),
        cmocka_unit_test(test_dry_needs_no_destination),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
