/* SPDX-License-Identifier: MIT */
/* parseYAML and toYAML: what a text reads as, and how values are written. */
#include "tmpl/support.h"

/* In the order of the rules: words, numbers, other scalars, tags, collections, merging. */
static const struct support_case parse_cases[] = {
    { "nothing", "parseYAML", { "t:" }, "map[string]interface {}{}", NULL },
    { "a comment", "parseYAML", { "t:# nothing\n" }, "nil", NULL },
    { "an absent item",
      "parseYAML",
      { "t:[~, null, Null, NULL, , nULL]" },
      NULL,
      "YAML:1:23: expected a value" },
    { "nulls",
      "parseYAML",
      { "t:[~, null, Null, NULL, nULL]" },
      "[]interface {}{nil, nil, nil, nil, nULL}",
      NULL },
    { "an absent value", "parseYAML", { "t:a:" }, "map[interface {}]interface {}{a: nil}", NULL },
    { "true",
      "parseYAML",
      { "t:[true, True, TRUE, yes, Yes, YES, on, On, ON]" },
      "[]interface {}{bool(true), bool(true), bool(true), bool(true), bool(true), bool(true), "
      "bool(true), bool(true), bool(true)}",
      NULL },
    { "false",
      "parseYAML",
      { "t:[false, False, FALSE, no, No, NO, off, Off, OFF]" },
      "[]interface {}{bool(false), bool(false), bool(false), bool(false), bool(false), "
      "bool(false), bool(false), bool(false), bool(false)}",
      NULL },
    { "no booleans",
      "parseYAML",
      { "t:[tRUE, yEs, oN, nope, yes sir]" },
      "[]interface {}{tRUE, yEs, oN, nope, yes sir}",
      NULL },
    { "one letter",
      "parseYAML",
      { "t:[y, Y, n, N]" },
      "[]interface {}{bool(true), bool(true), bool(false), bool(false)}",
      NULL },
};

static void test_parse(void **state)
{
    (void)state;
    support_run(&functions_yaml, parse_cases, ARRAY_SIZE(parse_cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
