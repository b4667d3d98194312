/* SPDX-License-Identifier: MIT */
/* Distinct names: who gets a new one, and who keeps his. */
#include "unit.h"

#include "haproxy/names.h"

static const struct {
    const char *name, *before, *text, *want, *want_report;
} cases[] = {
    { "one of a name", NULL, "backend b\n server a 1.1.1.1:1\n server c 1.1.1.1:2\n",
      "backend b\n server a 1.1.1.1:1\n server c 1.1.1.1:2\n", "" },
    { "two of a name", NULL, "backend b\n server a 1.1.1.1:1 check\n server a 1.1.1.1:2 check\n",
      "backend b\n server a 1.1.1.1:1 check\n server a-2 1.1.1.1:2 check\n",
      "b: a (1.1.1.1:2) is a-2\n" },
    { "each proxy has its own", NULL,
      "backend b\n server a 1.1.1.1:1\nlisten c\n server a 1.1.1.1:1\n",
      "backend b\n server a 1.1.1.1:1\nlisten c\n server a 1.1.1.1:1\n", "" },
    { "the second one comes: the first keeps its name, wherever it stands",
      "backend b\n server a 1.1.1.1:9\n", "backend b\n server a 1.1.1.1:1\n server a 1.1.1.1:9\n",
      "backend b\n server a-1 1.1.1.1:1\n server a 1.1.1.1:9\n", "b: a (1.1.1.1:1) is a-1\n" },
    { "the first one goes: the other keeps its name",
      "backend b\n server a 1.1.1.1:1\n server a-9 1.1.1.1:9\n", "backend b\n server a 1.1.1.1:9\n",
      "backend b\n server a-9 1.1.1.1:9\n", "b: a (1.1.1.1:9) is a-9\n" },
    { "one ends, another begins", "backend b\n server a 1.1.1.1:1\n server a-9 1.1.1.1:9\n",
      "backend b\n server a 1.1.1.1:5\n server a 1.1.1.1:9\n",
      "backend b\n server a 1.1.1.1:5\n server a-9 1.1.1.1:9\n", "b: a (1.1.1.1:9) is a-9\n" },
    { "another host's name is not taken", NULL,
      "backend b\n server a 1.1.1.1:1\n server a 1.1.1.1:2\n server a-2 1.1.1.2:2\n",
      "backend b\n server a 1.1.1.1:1\n server a-2-2 1.1.1.1:2\n server a-2 1.1.1.2:2\n",
      "b: a (1.1.1.1:2) is a-2-2\n" },
    { "one port on several addresses", NULL,
      "backend b\n server a 1.1.1.1:1\n server a 1.1.1.2:1\n server a 1.1.1.3:1\n",
      "backend b\n server a 1.1.1.1:1\n server a-1 1.1.1.2:1\n server a-1-2 1.1.1.3:1\n",
      "b: a (1.1.1.2:1) is a-1\nb: a (1.1.1.3:1) is a-1-2\n" },
    { "no address in figures", NULL, "backend b\n server a x:1\n server a y:1\n",
      "backend b\n server a x:1\n server a-2 y:1\n", "b: a (y:1) is a-2\n" },
    { "a template that names otherwise", "backend b\n server old 1.1.1.1:1\n",
      "backend b\n server new 1.1.1.1:1\n", "backend b\n server new 1.1.1.1:1\n", "" },
    { "a name in quotes", NULL, "backend b\n server \"a\" 1.1.1.1:1\n server \"a\" 1.1.1.1:2 # x\n",
      "backend b\n server \"a\" 1.1.1.1:1\n server a-2 1.1.1.1:2 # x\n",
      "b: a (1.1.1.1:2) is a-2\n" },
    { "a name that HAProxy refuses", NULL,
      "backend b\n server 'a b' 1.1.1.1:1\n server 'a b' 1.1.1.1:2\n",
      "backend b\n server 'a b' 1.1.1.1:1\n server 'a b' 1.1.1.1:2\n", "" },
};

static struct haproxy_config *read_config(const char *text)
{
    struct haproxy_file file = { "a.cfg", slice_from(text) };
    struct haproxy_config *config = NULL;
    struct error err = ERROR_EMPTY;

    if (text && !haproxy_config_new(&file, 1, &config, &err))
        fail_msg("%s", err.text);
    return config;
}

static void test_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP(haproxy_config_freep) struct haproxy_config *config = read_config(cases[i].text);
        CLEANUP(haproxy_config_freep) struct haproxy_config *before = read_config(cases[i].before);
        CLEANUP(buf_fini) struct buf out = BUF_EMPTY, report = BUF_EMPTY;
        struct error err = ERROR_EMPTY;

        print_message("%s\n", cases[i].name);
        assert_true(names_make_distinct(config, 0, before, &out, &report, &err));
        assert_string_equal(buf_slice(&out).ptr, cases[i].want);
        assert_string_equal(buf_slice(&report).ptr, cases[i].want_report);
    }
}

/* Once given, names stay: the file that comes of it is what the next one is compared with. */
static void test_stable(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP(haproxy_config_freep) struct haproxy_config *config = read_config(cases[i].text);
        CLEANUP(haproxy_config_freep) struct haproxy_config *installed = read_config(cases[i].want);
        CLEANUP(buf_fini) struct buf out = BUF_EMPTY, report = BUF_EMPTY;
        struct error err = ERROR_EMPTY;

        print_message("%s\n", cases[i].name);
        assert_true(names_make_distinct(config, 0, installed, &out, &report, &err));
        assert_string_equal(buf_slice(&out).ptr, cases[i].want);
    }
}

static void test_reference(void **state)
{
    CLEANUP(haproxy_config_freep)
    struct haproxy_config *config = read_config("backend b\n server a 1.1.1.1:1\n"
                                                " server a 1.1.1.1:2\n use-server a if TRUE\n");
    CLEANUP(buf_fini) struct buf out = BUF_EMPTY, report = BUF_EMPTY;
    struct error err = ERROR_EMPTY;

    (void)state;
    assert_false(names_make_distinct(config, 0, NULL, &out, &report, &err));
    assert_string_equal(err.text, "several servers of 'b' are called 'a', and use-server refers to "
                                  "that name (a.cfg:4)");
    assert_int_equal(out.len, 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_stable),
        cmocka_unit_test(test_reference),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
