/* SPDX-License-Identifier: MIT */
/* Regular expressions: Go's syntax and results over PCRE2, and the limits. */
#include "tmpl/regex.h"

#include "tmpl/support.h"

static const struct {
    const char *name, *pattern, *text;
    bool want;
} match_cases[] = {
    { "a literal", "b", "abc", true },
    { "nothing matches everywhere", "", "", true },
    { "anchored", "^b$", "abc", false },
    { "^ and $ are for the whole text", "^b$", "a\nb", false },
    { "(?m) is for lines", "(?m)^b$", "a\nb", true },
    { "(?m)^ behind the last newline", "(?m)^$", "a\n", true },
    { "$ is not before a last newline", "a$", "a\n", false },
    { "\\z", "a\\n\\z", "a\n", true },
    { "\\A", "(?m)\\Ab", "a\nb", false },
    { "a dot is no newline", "^.$", "\n", false },
    { "a dot is a carriage return", "^.$", "\r", true },
    { "(?s) a dot is a newline", "(?s)^.$", "\n", true },
    { "a dot is one character", "^.$", "\u4e16", true },
    { "case matters", "hello", "HELLO", false },
    { "(?i)", "(?i)hello", "HELLO", true },
    { "(?i: ) ends with its group", "a(?i:b)c", "aBC", false },
    { "(?i) lasts until its group ends", "(a(?i)b)c", "aBC", false },
    { "(?i) lasts over the branches of its group", "(a(?i)b|c)d", "Cd", true },
    { "(?-i)", "(?i)a(?-i)b", "AB", false },
    { "(?i) in a group and behind it", "^(?:(?i)a)(?i)b$", "AB", true },
    { "(?i) long s", "(?i)^s$", "\u017f", true },
    { "(?i) Kelvin", "(?i)^k$", "\u212a", true },
    { "(?i) Kelvin is a word character", "(?i)^\\w$", "\u212a", true },
    { "Kelvin is no word character", "^\\w$", "\u212a", false },
    { "(?i) not for \\w behind its group", "(?i:a)\\w", "a\u212a", false },
    { "(?i) sharp s", "(?i)^\u00df$", "\u1e9e", true },
    { "(?i) sigma", "(?i)^\u03c2$", "\u03a3", true },
    { "(?i) no Turkish i", "(?i)^i$", "\u0130", false },
    { "(?U) swaps", "(?U)^a+?$", "aaa", true },
    { "\\w is ASCII", "^\\w$", "\u00e9", false },
    { "\\d is ASCII", "^\\d$", "\u0663", false },
    { "\\s is ASCII", "^\\s$", "\u00a0", false },
    { "\\s has no vertical tab", "^\\s$", "\v", false },
    { "[[:space:]] has it", "^[[:space:]]$", "\v", true },
    { "\\b is ASCII", "\\b", "\u00e9", false },
    { "\\b", "\\bb\\b", "a b c", true },
    { "\\B in nothing", "\\B", "", true },
    { "\\pL", "^\\pL$", "\u00e9", true },
    { "\\p{Han}", "\\p{Han}", "\u4e16", true },
    { "\\P{Han}", "\\P{Han}", "\u4e16", false },
    { "\\p{^Han}", "\\p{^Han}", "\u4e16", false },
    { "\\P{^Han}", "\\P{^Han}", "\u4e16", true },
    { "a script is not its extensions", "\\p{Greek}", "\u0342", false },
    { "\\p{Lu} with (?i)", "(?i)^\\p{Lu}$", "a", true },
    { "\\P{Lu} with (?i)", "(?i)^\\P{Lu}$", "a", false },
    { "[\\P{Lu}] with (?i)", "(?i)^[\\P{Lu}1]$", "a", false },
    { "[\\P{Lu}x] with (?i)", "(?i)^[\\P{Lu}x]$", "X", true },
    { "[^\\P{Lu}] with (?i)", "(?i)^[^\\P{Lu}x]$", "a", true },
    { "[^\\P{Lu}x] with (?i)", "(?i)^[^\\P{Lu}x]$", "x", false },
    { "\\p{Any}", "^\\p{Any}$", "\U0010ffff", true },
    { "\\p{Assigned}", "\\p{Assigned}", "\U000e0080", false },
    { "a long name", "^\\p{Uppercase_Letter}\\p{lowercase letter}$", "Aa", true },
    { "a class", "^[a-c]$", "b", true },
    { "a negated class takes newlines", "^[^a]$", "\n", true },
    { "] first in a class", "^[]-]+$", "-]", true },
    { "- last in a class", "^[a-]+$", "a-", true },
    { "[ in a class", "^[[a]+$", "[a", true },
    { "an escape in a class", "^[\\^\\x41\\101\\x{42}\\t]+$", "^AAB\t", true },
    { "\\d in a class", "[^\\d]", "5", false },
    { "\\W in a negated class", "^[^\\W]$", "a", true },
    { "a named class", "^[[:alpha:][:digit:]]+$", "a1", true },
    { "a negated named class", "[[:^alpha:]]", "a", false },
    { "a class of surrogates", "[\\x{d800}-\\x{dfff}]", "a\uffff", false },
    { "not of surrogates", "^[^\\x{d800}-\\x{dfff}]$", "a", true },
    { "a surrogate", "\\x{d800}?a", "a", true },
    { "repeats", "^a{2,3}$", "aaaa", false },
    { "repeats, open", "^a{2,}$", "aaa", true },
    { "no braces of a count", "^a{,2}$", "a{,2}", true },
    { "no braces either", "^a{01}{$", "a{01}{", true },
    { "an assertion repeated", "^*\\b+(?m:$)?a{1}", "a", true },
    { "a repetition repeated behind flags", "^(?:a*(?i)*b)$", "aab", true },
    { "1000 times", "^(?:a{10}){100}$", "a", false },
    { "nothing to repeat but nothing", "^(?:){2}()*$", "", true },
    { "\\Q", "^\\Qa+b(\\E+$", "a+b((", true },
    { "\\Q without \\E", "\\Q(", "(", true },
    { "\\Q\\E is nothing", "^a\\Q\\E*$", "aa", true },
    { "punctuation escaped", "^\\.\\_\\-\\/\\\"\\ $", "._-/\" ", true },
    { "control characters", "^\\a\\f\\t\\n\\r\\v$", "\a\f\t\n\r\v", true },
    { "octal", "^\\012\\0$", "\n", false },
    { "octal of two digits", "^\\12$", "\n", true },
    { "an invalid byte is a character", "^a.b$",
      "a\xff"
      "b",
      true },
    { "an invalid byte is U+FFFD", "^\\x{fffd}$", "\xff", true },
    { "two invalid bytes are two", "^..$", "\xe4\xb8", true },
    { "an invalid byte is in a negated class", "^[^a]$", "\x80", true },
    { "an encoded surrogate is three", "^...$", "\xed\xa0\x80", true },
    { "groups are not shared with PCRE2", "^(?P<a>x)(?P<a>y)(?P<1>z)$", "xyz", true },
};

static void test_match(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(match_cases); i++) {
        struct support support;
        struct regex *regex;
        bool is_match = false;

        support_init(&support);
        if (!regex_new(&support.arena, slice_from(match_cases[i].pattern), &regex, &support.err) ||
            !regex_match(regex, &support.eval, slice_from(match_cases[i].text), &is_match,
                         &support.err))
            fail_msg("%s: %s", match_cases[i].name, support.err.text);
        if (is_match != match_cases[i].want)
            fail_msg("%s", match_cases[i].name);
        support_fini(&support);
    }
}

#define REPLACE(name, pattern, replacement, text, want)                                    \
    {                                                                                      \
        name, "regexReplaceAll", { "t:" pattern, "t:" replacement, "t:" text }, want, NULL \
    }

static const struct support_case replace_cases[] = {
    REPLACE("every match", "\\.", "-", "a.b.c", "a-b-c"),
    REPLACE("no match", "x", "-", "abc", "abc"),
    REPLACE("nothing, everywhere", "", "-", "abc", "-a-b-c-"),
    REPLACE("nothing in nothing", "", "-", "", "-"),
    REPLACE("not right behind a match", "a*", "x", "baaac", "xbxcx"),
    REPLACE("between characters", "", ".", "\u00e9a", ".\u00e9.a."),
    REPLACE("between invalid bytes", "", ".", "\xe4\xb8", ".\xe4.\xb8."),
    REPLACE("an invalid byte", "[^a]", "<$0>",
            "a\xff"
            "b",
            "a<\xff><b>"),
    REPLACE("around invalid bytes", "(.)b(.)", "$2$1",
            "\xff\xff"
            "b\x80z\xff"
            "b",
            "\xff\x80\xffz\xff"
            "b"),
    REPLACE("\\b sees what is before", "\\bb", "x", "ab b", "ab x"),
    REPLACE("^ is once", "^a", "x", "aa", "xa"),
    REPLACE("leftmost, first branch", "a|ab", "x", "ab", "xb"),
    REPLACE("an empty branch", "(|a)b", "[$1]", "ab", "[a]"),
    REPLACE("groups by number", "(\\w+)@(\\w+)", "${2}_${1}$$", "user@host", "host_user$"),
    REPLACE("the whole match", "b", "[$0]", "abc", "a[b]c"),
    REPLACE("groups by name", "(?P<y>\\d+)-(?<m>\\d+)", "$m/${y}", "2024-03", "03/2024"),
    REPLACE("a name is as long as it can be", "(a)", "$1x|${1}x", "a", "|ax"),
    REPLACE("a name of letters of all kinds", "(a)", "$1\u00e9.", "a", "."),
    REPLACE("no such group", "a", "[$9$x]", "a", "[]"),
    REPLACE("a group without a part", "(a)|b", "[$1]", "b", "[]"),
    REPLACE("the first of a name that took part", "(?P<n>a)|(?P<n>b)", "[$n]", "ab", "[a][b]"),
    REPLACE("a leading zero makes a name", "(a)", "[$01]", "a", "[]"),
    REPLACE("a number above all", "(a)", "[$1234567890]", "a", "[]"),
    REPLACE("dollars for themselves", "a", "$ ${ ${1 $- $", "a", "$ ${ ${1 $- $"),
    REPLACE("two dollars", "a", "$$1$$$$", "a", "$1$$"),
    { "spans are kept",
      "regexReplaceAll",
      { "t:,(.)", "s:;<!>$1", "s:a<b,cd,>ef" },
      "a<b>;<!cd>;<!>ef",
      NULL },
    { "nothing changes, nothing is copied",
      "regexReplaceAll",
      { "t:x", "t:", "s:a<b>" },
      "a<b>",
      NULL },
    { "regexMatch", "regexMatch", { "t:^a", "s:<ab>" }, "bool(true)", NULL },
};

static void test_replace(void **state)
{
    (void)state;
    support_run(&functions_regex, replace_cases, ARRAY_SIZE(replace_cases));
}

#define AT(offset, text) "regular expression: offset " #offset ": " text

static const struct {
    const char *pattern, *want;
} error_cases[] = {
    { "a**", AT(1, "'**' repeats a repetition") },
    { "a*{2}?", AT(1, "'*{2}?' repeats a repetition") },
    { "*a", AT(0, "there is nothing that '*' could repeat") },
    { "a|+?", AT(2, "there is nothing that '+?' could repeat") },
    { "(?i)?", AT(4, "there is nothing that '?' could repeat") },
    { "a{1001}", AT(1, "'{1001}' is no valid count (at most 1000)") },
    { "a{1,1001}", AT(1, "'{1,1001}' is no valid count (at most 1000)") },
    { "a{2,1}", AT(1, "'{2,1}' is no valid count (at most 1000)") },
    { "a{99999999999999999999}",
      AT(1, "'{99999999999999999999}' is no valid count (at most 1000)") },
    { "(a{100}b){11}", AT(9, "nested repetitions count more than 1000 together") },
    { "((a{100})|b){11,}", AT(12, "nested repetitions count more than 1000 together") },
    { "(a)\\1", AT(3, "a back reference is not supported: '\\1'") },
    { "\\8", AT(0, "a back reference is not supported: '\\8'") },
    { "(?P=n)", AT(0, "a back reference is not supported") },
    { "a(?=b)", AT(1, "lookahead is not supported") },
    { "a(?!b)", AT(1, "lookahead is not supported") },
    { "(?<=a)b", AT(0, "lookbehind is not supported") },
    { "(?<!a)b", AT(0, "lookbehind is not supported") },
    { "(?>a)", AT(0, "an atomic group is not supported") },
    { "(?(1)a)", AT(0, "a condition is not supported") },
    { "(?#x)", AT(0, "a comment is not supported") },
    { "(?|a)", AT(0, "a branch reset group is not supported") },
    { "(?R)", AT(0, "recursion is not supported") },
    { "(?&n)", AT(0, "recursion is not supported") },
    { "(?P>n)", AT(0, "recursion is not supported") },
    { "(?'n'a)", AT(0, "a name in quotes is not supported") },
    { "(?x)a", AT(0, "'(?x' is not supported") },
    { "(?i", AT(0, "'(?i' is not supported") },
    { "(?--i)", AT(0, "there are two '-' among the flags") },
    { "(?i-:a)", AT(0, "there are no flags behind '-'") },
    { "(?P<a b>c)", AT(0, "a group's name is letters, digits and '_', and then '>'") },
    { "(?P<>c)", AT(0, "a group's name is letters, digits and '_', and then '>'") },
    { "(?<a", AT(0, "a group's name is letters, digits and '_', and then '>'") },
    { "a\\C", AT(1, "there is no escape '\\C'") },
    { "\\Z", AT(0, "there is no escape '\\Z'") },
    { "\\G\\K", AT(0, "there is no escape '\\G'") },
    { "a\\R", AT(1, "there is no escape '\\R'") },
    { "\\X", AT(0, "there is no escape '\\X'") },
    { "\\h", AT(0, "there is no escape '\\h'") },
    { "\\\u00e9", AT(0, "there is no escape '\\\u00e9'") },
    { "\\x{110000}", AT(0, "there is no escape '\\x'") },
    { "\\x{}", AT(0, "there is no escape '\\x'") },
    { "\\x4", AT(0, "there is no escape '\\x'") },
    { "a\\", AT(1, "a backslash ends the expression") },
    { "[a\\C]", AT(2, "there is no escape '\\C'") },
    { "[\\b]", AT(1, "there is no escape '\\b'") },
    { "\\p{Klingon}", AT(0, "there is no Unicode property 'Klingon'") },
    { "[\\p{}]", AT(1, "there is no Unicode property ''") },
    { "\\pq", AT(0, "there is no Unicode property 'q'") },
    { "\\p{Greek", AT(0, "the braces of a property are never closed") },
    { "[[:foo:]]", AT(1, "there is no class '[:foo:]'") },
    { "[z-a]", AT(1, "'z-a' is no range") },
    { "[a-\\d]", AT(3, "there is no escape '\\d'") },
    { "a[b", AT(1, "'[' is never closed") },
    { "[]", AT(0, "'[' is never closed") },
    { "[a-", AT(0, "'[' is never closed") },
    { "((a)", AT(0, "'(' is never closed") },
    { "a)", AT(1, "')' closes nothing") },
    { "a\xff", AT(1, "the expression is not UTF-8") },
    { "(?:[a-z][A-Z]){999}",
      "regular expression: cannot be compiled: regular expression is too large" },
};

static void test_errors(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(error_cases); i++) {
        struct support support;
        struct regex *regex;

        support_init(&support);
        if (regex_new(&support.arena, slice_from(error_cases[i].pattern), &regex, &support.err) ||
            strcmp(support.err.text, error_cases[i].want) != 0 || support.err.code != ERROR_EXECUTE)
            fail_msg("%s: %s", error_cases[i].pattern, support.err.text);
        support_fini(&support);
    }
}

static void test_depth(void **state)
{
    struct support support;
    struct regex *regex;
    char pattern[2 * 251 + 1];
    bool is_match;

    (void)state;
    support_init(&support);
    memset(pattern, '(', 251);
    memset(pattern + 251, ')', 251);
    assert_true(regex_new(&support.arena, slice_of(pattern + 1, 500), &regex, &support.err));
    assert_true(regex_match(regex, &support.eval, SLICE("a"), &is_match, &support.err));
    assert_true(is_match);
    assert_false(regex_new(&support.arena, slice_of(pattern, 502), &regex, &support.err));
    assert_string_equal(support.err.text, AT(250, "groups nest deeper than 250"));
    support_fini(&support);
}

static void test_length(void **state)
{
    struct support support;
    struct regex *regex;
    char *pattern = malloc(LIMIT_REGEX_BYTES + 1);

    (void)state;
    support_init(&support);
    memset(pattern, '|', LIMIT_REGEX_BYTES + 1);
    assert_false(
        regex_new(&support.arena, slice_of(pattern, LIMIT_REGEX_BYTES + 1), &regex, &support.err));
    assert_int_equal(support.err.code, ERROR_LIMIT);
    assert_string_equal(support.err.text, "the regular expression is longer than 65536 bytes");
    free(pattern);
    support_fini(&support);
}

/* --- What would take long ------------------------------------------------------------------ */

static const struct {
    const char *name, *pattern;
    char filler; /* repeated, then a 'b' */
    size_t n;
    const char *want_error;
} slow_cases[] = {
    { "exponential", "(a|a|aa)*c{0}d?$", 'a', 5000,
      "the regular expression takes more than 1000000 steps" },
    { "exponential without repetition",
      "(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)"
      "(a|a)(a|a)(a|a)(a|a)[cd]",
      'a', 5000, "the regular expression takes more than 1000000 steps" },
    { "long alone, and begun everywhere", "[^b]*bb", 'a', 1u << 20,
      "the template runs for more than 50000000 steps, the limit" },
    { "many items, begun everywhere", "a{900}[cd]b?", 'a', 1u << 20,
      "the template runs for more than 50000000 steps, the limit" },
    { "many rounds of a group", "(?:a|c)*d{0}e?$", 'a', 1u << 20,
      "the regular expression takes more than 16384 KiB" },
};

static void test_slow(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(slow_cases); i++) {
        struct support support;
        struct regex *regex;
        bool is_match;
        char *text;

        support_init(&support);
        /* Most of the budget is gone already: the test is to be quick. */
        support.eval.n_steps = LIMIT_RENDER_STEPS - 5000000;
        text = arena_alloc(&support.arena, slow_cases[i].n);
        memset(text, slow_cases[i].filler, slow_cases[i].n);
        text[slow_cases[i].n - 1] = 'b';
        if (!regex_new(&support.arena, slice_from(slow_cases[i].pattern), &regex, &support.err) ||
            regex_match(regex, &support.eval, slice_of(text, slow_cases[i].n), &is_match,
                        &support.err) ||
            support.err.code != ERROR_LIMIT ||
            strcmp(support.err.text, slow_cases[i].want_error) != 0)
            fail_msg("%s: %s", slow_cases[i].name, support.err.text);
        support_fini(&support);
    }
}

/* What linear expressions take is in proportion to the text. */
static void test_steps_are_charged(void **state)
{
    struct support support;
    struct regex *regex;
    struct text text = { "12 345 6", 8, NULL }, nothing = { "", 0, NULL }, out;

    (void)state;
    support_init(&support);
    assert_true(regex_new(&support.arena, SLICE("\\d+"), &regex, &support.err));
    assert_true(regex_replace_all(regex, &support.eval, &nothing, &text, &out, &support.err));
    assert_true(slice_is(slice_of(out.ptr, out.len), "  "));
    assert_true(support.eval.n_steps >= 3 && support.eval.n_steps < 10);
    support_fini(&support);
}

/* --- What is kept -------------------------------------------------------------------------- */

static void test_constant_is_compiled_once(void **state)
{
    const struct function *function = support_find(&functions_regex, "regexMatch");
    struct arena arena = ARENA_EMPTY;
    struct call_memo memo = { .arena = &arena };
    struct value args[2] = { value_string(SLICE("^a+$")), value_string(SLICE("aaa")) }, ret;
    struct support support;
    size_t used;

    (void)state;
    support_init(&support);
    support.eval.memo = &memo;
    assert_true(support_call(&support, function, args, 2, &ret));
    assert_true(ret.boolean);
    assert_non_null(memo.data);
    used = arena.used;
    for (size_t i = 0; i < 100; i++)
        assert_true(support_call(&support, function, args, 2, &ret));
    assert_int_equal(arena.used, used);
    assert_int_equal(support.arena.used, 0);
    support_fini(&support);
    arena_fini(&arena);
}

/* More expressions than places, used in turn, among them some that are wrong. */
static void test_made_up_expressions(void **state)
{
    const struct function *function = support_find(&functions_regex, "regexMatch");
    struct support support;

    (void)state;
    support_init(&support);
    for (size_t i = 0; i < 2000; i++) {
        char pattern[32], text[32];
        struct value args[2], ret;

        snprintf(pattern, sizeof(pattern), i % 7 ? "^x%zu$" : "(%zu", i % 40);
        snprintf(text, sizeof(text), "x%zu", i % 40);
        args[0] = value_string(slice_from(pattern));
        args[1] = value_string(slice_from(text));
        if (i % 7) {
            assert_true(support_call(&support, function, args, 2, &ret));
            assert_true(ret.boolean);
        } else {
            assert_false(support_call(&support, function, args, 2, &ret));
            assert_string_equal(support.err.text, AT(0, "'(' is never closed"));
        }
    }
    support_fini(&support);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_match),
        cmocka_unit_test(test_replace),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_length),
        cmocka_unit_test(test_slow),
        cmocka_unit_test(test_steps_are_charged),
        cmocka_unit_test(test_constant_is_compiled_once),
        cmocka_unit_test(test_made_up_expressions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
