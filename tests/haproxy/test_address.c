/* SPDX-License-Identifier: MIT */
/* Which addresses of server lines are in figures. */
#include "haproxy/address.h"

#include "expect.h"

static const struct {
    const char *word, *want; /* NULL: none that the runtime takes */
} cases[] = {
    { "10.0.0.1:80", "10.0.0.1:80" },
    { "0.0.0.0:65535", "0.0.0.0:65535" },
    { "ipv4@10.0.0.1:80", "10.0.0.1:80" },
    { "tcp@10.0.0.1:80", "10.0.0.1:80" },
    { "[::1]:80", "[::1]:80" },
    { "::1:80", "[::1]:80" },
    { "2001:db8::1:80", "[2001:db8::1]:80" },
    { "2001:DB8:0:0::1:80", "[2001:db8::1]:80" },
    { "ipv6@[::1]:80", "[::1]:80" },
    { "ipv6@::ffff:1.2.3.4:80", "[::ffff:1.2.3.4]:80" },
    { "", NULL },
    { ":80", NULL },
    { "*:80", NULL },
    { "10.0.0.1", NULL },
    { "10.0.0.1:", NULL },
    { "10.0.0.1:0", NULL },
    { "10.0.0.1:65536", NULL },
    { "10.0.0.1:+80", NULL },
    { "10.0.0.1:-80", NULL },
    { "10.0.0.1:80-81", NULL },
    { "10.0.0.1:80x", NULL },
    { "10.0.1:80", NULL },
    { "010.0.0.1:80", NULL },
    { "localhost:80", NULL },
    { "[10.0.0.1]:80", NULL },
    { "[::1]", NULL },
    { "ipv6@10.0.0.1:80", NULL },
    { "ipv4@::1:80", NULL },
    { "unix@/run/x:80", NULL },
    { "/run/x:80", NULL },
    { "fe80::1%eth0:80", NULL },
    { "10.0.0.1$X:80", NULL },
    { "2001:0db8:0000:0000:0000:0000:0000:0000:0001:2002:80", NULL },
};

static void test_parse(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP(buf_fini) struct buf got = BUF_EMPTY;
        struct haproxy_address address;
        bool is_address = haproxy_address_parse(slice_from(cases[i].word), &address);

        if (is_address != (cases[i].want != NULL))
            fail_msg("%s: %d", cases[i].word, is_address);
        if (is_address) {
            haproxy_address_format(&address, &got);
            expect_text(cases[i].word, &got, cases[i].want);
        }
    }
}

static void test_equal(void **state)
{
    struct haproxy_address a, b, c, d;

    (void)state;
    assert_true(haproxy_address_parse(SLICE("[::1]:80"), &a));
    assert_true(haproxy_address_parse(SLICE("0:0::1:80"), &b));
    assert_true(haproxy_address_parse(SLICE("::1:81"), &c));
    assert_true(haproxy_address_parse(SLICE("::2:80"), &d));
    assert_true(haproxy_address_equal(&a, &b));
    assert_false(haproxy_address_equal(&a, &c));
    assert_false(haproxy_address_equal(&a, &d));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_equal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
