/* SPDX-License-Identifier: MIT */
/* Several files and folders: their order, and those that cannot be read. */
#include "base/limits.h"
#include "config/dump.h"
#include "config/world.h"

static void test_later_file_wins(void **state)
{
    static const char *const files[] = { "a.yaml", "b.yaml", NULL };
    struct config_flags flags = make_flags(files, NULL, "in3:out3");
    CLEANUP(config_freep) struct config *config = NULL;
    struct buf report = BUF_EMPTY, got = BUF_EMPTY;
    struct error err;

    (void)state;
    write_file("a.yaml",
               slice_from("consul: {address: a, namespace: n, filters: {f: 1, g: 2}}\nwait: 1s\n"
                          "template: {source: in1, destination: out1}\n"),
               0600);
    write_file("b.yaml",
               slice_from("consul: {address: [b, c], filters: {g: 3}}\n"
                          "template: {source: in2, destination: out2}\n"),
               0600);
    assert_true(config_load(&flags, get_env, &config, &report, &err));
    add_config(&got, config);
    keep_unusual_lines(&got);
    assert_string_equal(got.ptr, "address=b,c\nnamespace=n\nfilter f=1\nfilter g=3\n"
                                 "template in1 -> out1\ntemplate in2 -> out2\n"
                                 "template in3 -> out3\nwait=1000:4000\n");
    assert_int_equal(config->n_sources, 2);
    assert_ptr_equal(config->templates[1].pos.source, config->sources[1]);
    assert_int_equal(config->templates[1].pos.line, 2);
    buf_fini(&got);
    config_flags_fini(&flags);
    remove_file("b.yaml");
}

static void test_folder(void **state)
{
    static const char *const files[] = { "d/", NULL };
    static const char *const names[] = { "d/20.yaml", "d/10.json", "d/15/x", "d/.hidden",
                                         "d/9.yml~" };
    struct config_flags flags = make_flags(files, NULL, NULL);
    CLEANUP(config_freep) struct config *config = NULL;
    char *sub = in_folder("d"), *subsub = in_folder("d/15"), *link = in_folder("d/loop");
    struct buf report = BUF_EMPTY, got = BUF_EMPTY;
    struct error err;

    (void)state;
    assert_int_equal(mkdir(sub, 0700), 0);
    assert_int_equal(mkdir(subsub, 0700), 0);
    assert_int_equal(symlink(".", link), 0);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        struct buf text = BUF_EMPTY;

        buf_printf(&text, "template: {source: in, destination: %s}\n", names[i]);
        write_file(names[i], buf_slice(&text), 0600);
        buf_fini(&text);
    }
    assert_true(config_load(&flags, get_env, &config, &report, &err));
    for (size_t i = 0; i < config->n_sources; i++)
        buf_printf(&got, "%s\n", config->sources[i]);
    without_folder(&got);
    assert_string_equal(got.ptr, "d/10.json\nd/15/x\nd/20.yaml\nd/9.yml~\n");
    assert_string_equal(config->templates[0].delivery.name, "d/10.json");
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        remove_file(names[i]);
    remove_file("d/loop");
    remove_file("d/15");
    remove_file("d");
    free(sub);
    free(subsub);
    free(link);
    buf_fini(&got);
    config_flags_fini(&flags);
}

static void test_missing_file(void **state)
{
    static const char *const files[] = { "none.yaml", NULL };
    struct config_flags flags = make_flags(files, NULL, NULL);

    (void)state;
    expect_report(&flags, "--config: 'none.yaml': No such file or directory\n");
    config_flags_fini(&flags);
}

static void test_unreadable_files(void **state)
{
    static const char *const files[] = { "device", "large", NULL };
    struct config_flags flags = make_flags(files, NULL, NULL);
    char *device = in_folder("device");
    struct buf text = BUF_EMPTY;

    (void)state;
    assert_int_equal(symlink("/dev/null", device), 0);
    buf_add_repeated(&text, '#', LIMIT_CONFIG_BYTES + 1);
    write_file("large", buf_slice(&text), 0600);
    expect_report(&flags, "'device': is not a regular file\n"
                          "'large': larger than the limit of 4194304 bytes\n");
    remove_file("device");
    remove_file("large");
    buf_fini(&text);
    free(device);
    config_flags_fini(&flags);
}

static void test_hcl_by_name(void **state)
{
    static const char *const files[] = { "x.hcl", NULL };
    struct config_flags flags = make_flags(files, NULL, NULL);

    (void)state;
    write_file("x.hcl", slice_from("x"), 0600);
    expect_report(&flags, "x.hcl:1:2: expected '=' or '{', found the end of the file\n"
                          "     1 | x\n"
                          "       |  ^\n");
    write_file("x.hcl", slice_from("{\"template\": 1}"), 0600);
    expect_report(&flags, "x.hcl:1:14: 'template': expected a mapping or a list of mappings, found "
                          "'1'\n"
                          "     1 | {\"template\": 1}\n"
                          "       |              ^\n");
    remove_file("x.hcl");
    config_flags_fini(&flags);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_later_file_wins), cmocka_unit_test(test_folder),
        cmocka_unit_test(test_missing_file),    cmocka_unit_test(test_unreadable_files),
        cmocka_unit_test(test_hcl_by_name),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
