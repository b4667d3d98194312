/* SPDX-License-Identifier: MIT */
/* What is taken for a configuration of HAProxy's. */
#include "unit.h"

#include "base/cleanup.h"
#include "haproxy/guess.h"

static const struct {
    const char *name, *text;
    bool want;
} cases[] = {
    { "a whole one", "global\n daemon\nlisten web\n\tserver a 1.1.1.1:1 check\n", true },
    { "defaults and a backend", "defaults http\n mode http\nbackend b\n server a x:80\n", true },
    { "no server", "global\nbackend b\n", false },
    { "no proxy", "defaults\n server a 1.1.1.1:1\n", false },
    { "a fragment", "backend b\n server a 1.1.1.1:1\n", false },
    { "nginx's",
      "http {\n upstream u {\n server 1.1.1.1:1 weight=5 max_fails=1;\n }\n server {\n"
      " listen 80;\n }\n}\n",
      false },
    { "nothing", "", false },
};

static void test_guess(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        print_message("%s\n", cases[i].name);
        assert_int_equal(haproxy_is_likely(slice_from(cases[i].text)), cases[i].want);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = { cmocka_unit_test(test_guess) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
