/* SPDX-License-Identifier: MIT */
/* Texts with the servers of others: which come, leave, stay, and in which form. */
#include "unit.h"

#include "haproxy/splice.h"

#define ALIKE "backend b\n server a 1.1.1.1:1 check\n server c 1.1.1.1:2 check\n"

static const struct {
    const char *name, *accepted, *refused;
    const char *as_written, *as_before; /* NULL: the accepted text */
} cases[] = {
    { "the same servers", ALIKE,
      "backend b\n mode htpp\n server a 1.1.1.1:1 check\n"
      " server c 1.1.1.1:2 check\n",
      NULL, NULL },
    { "one comes", ALIKE " mode http\n",
      "backend b\n mode htpp\n server a 1.1.1.1:1 check\n server n 1.1.1.1:3 check\n"
      " server c 1.1.1.1:2 check\n",
      ALIKE " server n 1.1.1.1:3 check\n mode http\n",
      ALIKE " server n 1.1.1.1:3 check\n mode http\n" },
    { "one leaves, and its neighbours' comments stay",
      "backend b\n # x\n server a 1.1.1.1:1\n # y\n"
      " server c 1.1.1.1:2 # z\n",
      "backend b\n x\n server c 1.1.1.1:2 # z\n",
      "backend b\n # x\n # y\n server c 1.1.1.1:2 # z\n",
      "backend b\n # x\n # y\n server c 1.1.1.1:2 # z\n" },
    { "one moves", ALIKE, "backend b\n server a 1.1.1.1:9 check\n server c 1.1.1.1:2 check\n",
      "backend b\n server a 1.1.1.1:9 check\n server c 1.1.1.1:2 check\n",
      "backend b\n server a 1.1.1.1:9 check\n server c 1.1.1.1:2 check\n" },
    { "its line was edited", ALIKE,
      "backend b\n server a 1.1.1.1:9 chekc\n"
      " server c 1.1.1.1:2 chekc\n server n 1.1.1.1:3 chekc\n",
      "backend b\n server a 1.1.1.1:9 chekc\n server c 1.1.1.1:2 chekc\n"
      " server n 1.1.1.1:3 chekc\n",
      "backend b\n server a 1.1.1.1:9 check\n server c 1.1.1.1:2 check\n"
      " server n 1.1.1.1:3 check\n" },
    { "a weight", ALIKE,
      "backend b\n server a 1.1.1.1:1 check weight 3\n"
      " server c 1.1.1.1:2 check\n",
      "backend b\n server a 1.1.1.1:1 check weight 3\n"
      " server c 1.1.1.1:2 check\n",
      NULL },
    { "none is like another: in the form before, a new one has none",
      "backend b\n server a 1.1.1.1:1 weight 1\n server c 1.1.1.1:2 weight 2\n",
      "backend b\n server a 1.1.1.1:1 weight 1\n server n 1.1.1.1:3 weight 3\n",
      "backend b\n server a 1.1.1.1:1 weight 1\n server n 1.1.1.1:3 weight 3\n",
      "backend b\n server a 1.1.1.1:1 weight 1\n" },
    { "an only server's own cookie", "backend b\n server a 1.1.1.1:1 cookie a\n",
      "backend b\n server a 1.1.1.1:1 cookie a\n server n 1.1.1.1:3 cookie n\n",
      "backend b\n server a 1.1.1.1:1 cookie a\n server n 1.1.1.1:3 cookie n\n", NULL },
    { "names were edited: known by their addresses", ALIKE,
      "backend b\n server x 1.1.1.1:1 check\n server y 1.1.1.1:2 check\n", NULL, NULL },
    { "more than half is missing: it may have been edited away",
      ALIKE " server d 1.1.1.1:4 check\n", "backend b\n server c 1.1.1.1:2 check\n", NULL, NULL },
    { "what serves stays", "backend b\n server s 9.9.9.9:9\n server c 1.1.1.1:2\n",
      "backend b\n server c 1.1.1.1:2\n", NULL, NULL },
    { "from none, behind all else of the section", "backend b\n default-server check\n\nlisten c\n",
      "backend b\n server a 1.1.1.1:1\nlisten c\n bind\n",
      "backend b\n default-server check\n server a 1.1.1.1:1\n\nlisten c\n", NULL },
    { "a proxy that is new, and one that is gone", ALIKE "backend old\n server o 1.1.1.1:7\n",
      ALIKE "backend new\n server o 1.1.1.1:7\n server p 1.1.1.1:8\n", NULL, NULL },
    { "each proxy has its own", ALIKE "listen l\n server a 1.1.1.2:1\n",
      "listen l\n server a 1.1.1.2:1\n server n 1.1.1.2:2\nbackend b\n server a 1.1.1.1:1 check\n",
      "backend b\n server a 1.1.1.1:1 check\nlisten l\n server a 1.1.1.2:1\n"
      " server n 1.1.1.2:2\n",
      "backend b\n server a 1.1.1.1:1 check\nlisten l\n server a 1.1.1.2:1\n"
      " server n 1.1.1.2:2\n" },
    { "a line that cannot be read", ALIKE,
      "global\n log 'x\nbackend b\n server c 1.1.1.1:2 check\n acl y 'z\n",
      "backend b\n server c 1.1.1.1:2 check\n", "backend b\n server c 1.1.1.1:2 check\n" },
    { "without a newline at the end", ALIKE " mode http\n",
      "backend b\n server a 1.1.1.1:1 check\n server c 1.1.1.1:2 check\n server n 1.1.1.1:3 check",
      ALIKE " server n 1.1.1.1:3 check\n mode http\n",
      ALIKE " server n 1.1.1.1:3 check\n mode http\n" },
    { "what a condition may hide", ALIKE, ".if 1\nbackend b\n server c 1.1.1.1:2 check\n.endif\n",
      NULL, NULL },
    { "a variable", ALIKE, "backend b\n server c \"$A\" check\n", NULL, NULL },
};

static bool is_serving(void *ctx, const struct haproxy_address *address)
{
    (void)ctx;
    return address->port == 9;
}

static void check(const char *accepted, const char *refused, enum splice_form form,
                  const char *want)
{
    const struct splice splice = { .accepted = slice_from(accepted),
                                   .refused = slice_from(refused),
                                   .form = form,
                                   .is_serving = is_serving };
    CLEANUP(buf_fini) struct buf out = BUF_EMPTY;

    assert_int_equal(splice_servers(&splice, &out), want != NULL);
    assert_int_equal(out.len > 0, want != NULL);
    if (want)
        assert_string_equal(buf_slice(&out).ptr, want);
}

static void test_splice(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        print_message("%s\n", cases[i].name);
        check(cases[i].accepted, cases[i].refused, SPLICE_AS_WRITTEN, cases[i].as_written);
        check(cases[i].accepted, cases[i].refused, SPLICE_AS_BEFORE, cases[i].as_before);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = { cmocka_unit_test(test_splice) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
