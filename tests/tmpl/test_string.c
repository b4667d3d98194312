/* SPDX-License-Identifier: MIT */
/* Functions on strings, and which of the bytes they return are foreign. */
#include "tmpl/support.h"

static const struct support_case cases[] = {
    { "split", "split", { "t:,", "t:a,b,c" }, "[]string{a, b, c}", NULL },
    { "split trims the text first", "split", { "t:,", "t: a , b \n" }, "[]string{a ,  b}", NULL },
    { "split keeps empty pieces", "split", { "t:,", "t:,a,," }, "[]string{, a, , }", NULL },
    { "split of nothing", "split", { "t:,", "t:" }, "[]string{}", NULL },
    { "split of white space", "split", { "t:,", "t: \t\r\n\u00a0\u3000" }, "[]string{}", NULL },
    { "split without the separator", "split", { "t:--", "t:a-b" }, "[]string{a-b}", NULL },
    { "split by several bytes", "split", { "t:--", "t:a--b---c" }, "[]string{a, b, -c}", NULL },
    { "split into characters",
      "split",
      { "t:", "t:a\u00f1\xff\u4e16" },
      "[]string{a, \u00f1, \xff, \u4e16}",
      NULL },
    { "split keeps the spans",
      "split",
      { "s:,", "s:own,<a,b>,c" },
      "[]string{own, <a>, <b>, c}",
      NULL },
    { "a separator across a span", "split", { "s:ab", "s:<1a>b2" }, "[]string{<1>, 2}", NULL },

    { "join", "join", { "t:; ", "S:a,b,c" }, "a; b; c", NULL },
    { "join one", "join", { "t:,", "S:a" }, "a", NULL },
    { "join none", "join", { "t:,", "S:" }, "", NULL },
    { "join nil", "join", { "t:,", "nil" }, "", NULL },
    { "join tags", "join", { "t:,", "T:<a>,<b>" }, "<a>,<b>", NULL },
    { "join keeps spans", "join", { "s:<,>", "S:a,<b>" }, "a<,b>", NULL },

    { "trim", "trim", { "t:xy", "t:xyhelloxy" }, "hello", NULL },
    { "trim characters", "trim", { "t:\u00e9\u4e16", "t:\u4e16\u00e9a\u00e9" }, "a", NULL },
    { "trim without a set", "trim", { "t:", "t: a " }, " a ", NULL },
    { "trim everything", "trim", { "t:a", "t:aaa" }, "", NULL },
    { "trim stays inside", "trim", { "t:a", "t:bab" }, "bab", NULL },
    { "trim is by character, not by byte",
      "trim",
      { "t:\u00e9", "t:\u00e8a\u00e8" },
      "\u00e8a\u00e8",
      NULL },
    { "trim an invalid byte by U+FFFD",
      "trim",
      { "t:\ufffd", "t:\xff"
                    "a\xff" },
      "a",
      NULL },
    { "trim U+FFFD by an invalid byte", "trim", { "t:\x80", "t:\ufffda" }, "a", NULL },
    { "trim keeps spans", "trim", { "s:<x>", "s:x<xa>bx" }, "<a>b", NULL },
    { "trimPrefix", "trimPrefix", { "t:v", "t:vv1" }, "v1", NULL },
    { "trimPrefix: another", "trimPrefix", { "t:q", "t:v1" }, "v1", NULL },
    { "trimPrefix: longer than the text", "trimPrefix", { "t:abc", "t:ab" }, "ab", NULL },
    { "trimPrefix: the whole", "trimPrefix", { "t:ab", "t:ab" }, "", NULL },
    { "trimPrefix keeps spans", "trimPrefix", { "s:a", "s:a<bc>" }, "<bc>", NULL },
    { "trimSuffix", "trimSuffix", { "t:.example", "t:www.example" }, "www", NULL },
    { "trimSuffix: another", "trimSuffix", { "t:x", "t:abc" }, "abc", NULL },
    { "trimSuffix keeps spans", "trimSuffix", { "s:c", "s:a<bc>" }, "a<b>", NULL },
    { "trimSpace", "trimSpace", { "t: \t\v\f\r\n\xc2\x85\u00a0\u2028a b\u3000" }, "a b", NULL },
    { "trimSpace: no space at all", "trimSpace", { "t:\u200ba\ufeff" }, "\u200ba\ufeff", NULL },
    { "trimSpace keeps spans", "trimSpace", { "s: <a > " }, "<a>", NULL },
    { "trimSpace of nothing", "trimSpace", { "t:" }, "", NULL },

    { "toUpper", "toUpper", { "t:abcXYZ 09\u00e9\u01c6" }, "ABCXYZ 09\u00c9\u01c4", NULL },
    { "toUpper is one to one", "toUpper", { "t:stra\u00dfe \ufb01" }, "STRA\u00dfE \ufb01", NULL },
    { "toUpper: not Turkish", "toUpper", { "t:i\u0131" }, "II", NULL },
    { "toUpper: invalid bytes", "toUpper", { "t:a\xff\xe4" }, "A\ufffd\ufffd", NULL },
    { "toUpper: foreign as a whole", "toUpper", { "s:a<b>" }, "<AB>", NULL },
    { "toLower", "toLower", { "t:ABC\u00c9\u01c5" }, "abc\u00e9\u01c6", NULL },
    { "toLower: final sigma is like any", "toLower", { "t:\u039f\u03a3" }, "\u03bf\u03c3", NULL },
    { "toLower: a letter that shrinks", "toLower", { "t:\u212a" }, "k", NULL },
    { "toLower: dotted capital i", "toLower", { "t:\u0130" }, "i", NULL },
    { "toTitle", "toTitle", { "t:foo bar-baz qUX" }, "Foo Bar-Baz QUX", NULL },
    { "toTitle of nothing", "toTitle", { "t:" }, "", NULL },
    { "toTitle: digits and _ begin no word",
      "toTitle",
      { "t:one_two 3four" },
      "One_two 3Four",
      NULL },
    { "toTitle: an apostrophe inside", "toTitle", { "t:can't 'tis" }, "Can't 'Tis", NULL },
    { "toTitle: two middles end a word", "toTitle", { "t:a.b a..b a'.b" }, "A.b A..B A'.B", NULL },
    { "toTitle: a colon is a middle", "toTitle", { "t:a:b a,b" }, "A:b A,B", NULL },
    { "toTitle: combining marks", "toTitle", { "t:e\u0301a" }, "E\u0301a", NULL },
    { "toTitle: several characters",
      "toTitle",
      { "t:\u00dfa \ufb01x \u01c6" },
      "Ssa Fix \u01c5",
      NULL },
    { "toTitle: invalid bytes stay and part",
      "toTitle",
      { "t:a\xff"
        "b" },
      "A\xff"
      "B",
      NULL },

    { "replaceAll", "replaceAll", { "t:X", "t:--", "t:aXbXc" }, "a--b--c", NULL },
    { "replaceAll without overlap", "replaceAll", { "t:aa", "t:b", "t:aaa" }, "ba", NULL },
    { "replaceAll: nothing found", "replaceAll", { "t:z", "t:y", "s:<no>ne" }, "<no>ne", NULL },
    { "replaceAll by nothing", "replaceAll", { "t:a", "t:", "t:banana" }, "bnn", NULL },
    { "replaceAll of nothing",
      "replaceAll",
      { "t:", "t:.", "t:a\u00e9\xff" },
      ".a.\u00e9.\xff.",
      NULL },
    { "replaceAll of nothing in nothing", "replaceAll", { "t:", "t:.", "t:" }, ".", NULL },
    { "replaceAll keeps spans",
      "replaceAll",
      { "s:,", "s:<;>\n", "s:a<b,c>d" },
      "a<b;>\n<c>d",
      NULL },

    { "indent", "indent", { "i:2", "t:a\n\nb\n" }, "  a\n\n  b\n", NULL },
    { "indent: a carriage return is a line",
      "indent",
      { "i:1", "t:\r\n\r\n" },
      " \r\n \r\n",
      NULL },
    { "indent by nothing", "indent", { "i:0", "t:a\nb" }, "a\nb", NULL },
    { "indent nothing", "indent", { "i:4", "t:" }, "", NULL },
    { "indent backwards", "indent", { "i:-1", "t:a" }, NULL, "cannot indent by -1 spaces" },
    { "indent keeps spans", "indent", { "i:2", "s:a<b\nc>" }, "  a<b\n>  <c>", NULL },
    { "indent beyond the limit",
      "indent",
      { "i:9223372036854775807", "t:a\nb\nc" },
      NULL,
      "too large" },
    { "indent far, but nothing", "indent", { "i:9223372036854775807", "t:\n\n" }, "\n\n", NULL },
};

static void test_cases(void **state)
{
    (void)state;
    support_run(&functions_string, cases, ARRAY_SIZE(cases));
}

/* A string of a few megabytes cannot be made into one of terabytes. */
static void test_size_is_checked_first(void **state)
{
    struct support support;
    struct value args[3], ret;
    size_t n = 4u << 20;

    (void)state;
    support_init(&support);

    char *text = arena_alloc(&support.arena, n);

    memset(text, 'a', n);
    args[0] = value_string(SLICE(""));
    args[1] = args[2] = value_string(slice_of(text, n));
    assert_false(
        support_call(&support, support_find(&functions_string, "replaceAll"), args, 3, &ret));
    assert_int_equal(support.err.code, ERROR_LIMIT);
    assert_true(support.arena.used < 2 * n);
    support_fini(&support);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_size_is_checked_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
