/* SPDX-License-Identifier: MIT */
/* Which servers came, went and moved, in words. */
#include "unit.h"

#include "haproxy/changes.h"

#define B "backend b\n"

static const struct {
    const char *name, *before, *after, *want;
} cases[] = {
    { "nothing", B " server a 1.1.1.1:1\n", B " server a 1.1.1.1:1 weight 3\n", "" },
    { "one came", B, B " server a 1.1.1.1:1\n", "+b/a (1.1.1.1:1, registered)" },
    { "one that nobody has registered", B, B " server a 1.1.1.1:8\n", "+b/a (1.1.1.1:8)" },
    { "one is gone", B " server a 1.1.1.1:1\n", B, "-b/a (1.1.1.1:1, deregistered)" },
    { "one leaves", B " server a 1.1.1.1:7\n", B, "-b/a (1.1.1.1:7, still registered)" },
    { "one moved", B " server a 1.1.1.1:1\n", B " server a 1.1.1.1:2\n",
      "b/a is 1.1.1.1:2 now (registered; was 1.1.1.1:1, deregistered)" },
    { "an empty place is taken", B " server a 1.1.1.1:1 disabled\n", B " server a 1.1.1.1:2\n",
      "b/a is 1.1.1.1:2 now (registered; was 1.1.1.1:1)" },
    { "all of it", B " server a 1.1.1.1:1\n server c x:80\n",
      B " server d 1.1.1.1:1\nlisten e\n server a 1.1.1.1:1\n",
      "+b/d (1.1.1.1:1, registered), +e/a (1.1.1.1:1, registered), -b/a (1.1.1.1:1, "
      "deregistered), -b/c (x:80)" },
    { "a proxy less", B "backend c\n server a 1.1.1.1:1\n", B, "-c/a (1.1.1.1:1, deregistered)" },
};

static const char *cause_of(void *ctx, const struct haproxy_address *address, bool has_come)
{
    (void)ctx;
    if (has_come)
        return address->port == 8 ? NULL : "registered";
    return address->port == 7 ? "still registered" : "deregistered";
}

static struct haproxy_config *read_config(const char *text)
{
    struct haproxy_file file = { "a.cfg", slice_from(text) };
    struct haproxy_config *config = NULL;
    struct error err = ERROR_EMPTY;

    if (!haproxy_config_new(&file, 1, &config, &err))
        fail_msg("%s", err.text);
    return config;
}

static void assert_changes(const char *before_text, const char *after_text, const char *want)
{
    CLEANUP(haproxy_config_freep) struct haproxy_config *before = read_config(before_text);
    CLEANUP(haproxy_config_freep) struct haproxy_config *after = read_config(after_text);
    CLEANUP(buf_fini) struct buf out = BUF_EMPTY;

    changes_format(before, after, cause_of, NULL, &out);
    assert_string_equal(buf_slice(&out).ptr, want);
}

static void test_changes(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        print_message("%s\n", cases[i].name);
        assert_changes(cases[i].before, cases[i].after, cases[i].want);
    }
}

static void test_many(void **state)
{
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY, want = BUF_EMPTY;

    (void)state;
    buf_add_string(&text, B);
    for (unsigned i = 0; i < 40; i++)
        buf_printf(&text, " server s%u 1.1.1.1:%u\n", i, i + 1);
    for (unsigned i = 0; i < 32; i++)
        buf_printf(&want, "%s+b/s%u (1.1.1.1:%u%s)", i ? ", " : "", i, i + 1,
                   i + 1 == 8 ? "" : ", registered");
    buf_add_string(&want, " and 8 more");
    assert_changes(B, text.ptr, want.ptr);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_changes),
        cmocka_unit_test(test_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
