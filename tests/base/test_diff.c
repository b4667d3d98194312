/* SPDX-License-Identifier: MIT */
/* Differences, as `diff -u` shows them. */
#include "base/diff.h"
#include "base/limits.h"
#include "unit.h"

#define TEN "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n"

static const struct {
    const char *name, *old, *now, *want; /* without the names */
} cases[] = {
    { "equal", TEN, TEN, NULL },
    { "both empty", "", "", NULL },
    { "all new", "", "a\nb\n", "@@ -0,0 +1,2 @@\n+a\n+b\n" },
    { "all gone", "a\nb\n", "", "@@ -1,2 +0,0 @@\n-a\n-b\n" },
    { "one line for another", "a\n", "b\n", "@@ -1 +1 @@\n-a\n+b\n" },
    { "one in the middle", TEN, "1\n2\n3\n4\nx\n6\n7\n8\n9\n10\n",
      "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+x\n 6\n 7\n 8\n" },
    { "one more at the end", "a\nb\nc\nd\n", "a\nb\nc\nd\ne\n",
      "@@ -2,3 +2,4 @@\n b\n c\n d\n+e\n" },
    { "one more at the beginning", "a\nb\nc\nd\n", "e\na\nb\nc\nd\n",
      "@@ -1,3 +1,4 @@\n+e\n a\n b\n c\n" },
    { "one less", TEN, "1\n2\n3\n4\n6\n7\n8\n9\n10\n",
      "@@ -2,7 +2,6 @@\n 2\n 3\n 4\n-5\n 6\n 7\n 8\n" },
    { "near ones are one run", TEN, "x\n2\n3\n4\n5\n6\n7\ny\n9\n10\n",
      "@@ -1,10 +1,10 @@\n-1\n+x\n 2\n 3\n 4\n 5\n 6\n 7\n-8\n+y\n 9\n 10\n" },
    { "far ones are two", TEN, "x\n2\n3\n4\n5\n6\n7\n8\ny\n10\n",
      "@@ -1,4 +1,4 @@\n-1\n+x\n 2\n 3\n 4\n@@ -6,5 +6,5 @@\n 6\n 7\n 8\n-9\n+y\n 10\n" },
    { "the fewest lines", "a\nb\nc\na\nb\nb\na\n", "c\nb\na\nb\na\nc\n",
      "@@ -1,7 +1,6 @@\n-a\n-b\n c\n+b\n a\n b\n-b\n a\n+c\n" },
    { "a line that moves", "a\nb\nc\n", "b\nc\na\n", "@@ -1,3 +1,3 @@\n-a\n b\n c\n+a\n" },
    { "a newline at the end", "a\nb", "a\nb\n",
      "@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n" },
    { "no newline at either end", "a\nb", "c\nb",
      "@@ -1,2 +1,2 @@\n-a\n+c\n b\n\\ No newline at end of file\n" },
    { "keys are hidden, their lines counted",
      "x\n-----BEGIN PRIVATE KEY-----\nold1\nsame\n-----END PRIVATE KEY-----\ny\n",
      "x\n-----BEGIN PRIVATE KEY-----\nnew1\nsame\n-----END PRIVATE KEY-----\nz\n",
      "@@ -1,6 +1,6 @@\n x\n -----BEGIN PRIVATE KEY-----\n-(hidden)\n+(hidden)\n (hidden)\n"
      " -----END PRIVATE KEY-----\n-y\n+z\n" },
    { "a key that is not closed", "-----BEGIN X-----\na\n", "-----BEGIN X-----\nb\n",
      "@@ -1,2 +1,2 @@\n -----BEGIN X-----\n-(hidden)\n+(hidden)\n" },
};

static void expect(struct slice old, struct slice now, size_t max_lines, const char *want)
{
    CLEANUP(buf_fini) struct buf got = BUF_EMPTY, all = BUF_EMPTY;

    if (want)
        buf_printf(&all, "--- o\n+++ n\n%s", want);
    diff_format(&(struct diff_side){ "o", old }, &(struct diff_side){ "n", now }, max_lines, &got);
    assert_string_equal(buf_slice(&got).ptr, buf_slice(&all).ptr);
}

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        print_message("%s\n", cases[i].name);
        expect(slice_from(cases[i].old), slice_from(cases[i].now), 0, cases[i].want);
    }
}

static void test_no_more_than_so_many_lines(void **state)
{
    (void)state;
    expect(SLICE(TEN), SLICE(""), 3, "@@ -1,10 +0,0 @@\n-1\n-2\n... and 8 more lines\n");
    expect(SLICE("a\n"), SLICE("b\n"), 3, "@@ -1 +1 @@\n-a\n+b\n");
}

/* Lines "0" to "n - 1" without those that `step` divides, with other ones in their place. */
static void add_numbers(struct buf *out, int n, int step)
{
    for (int i = 0; i < n; i++)
        buf_printf(out, step && i % step == 0 ? "new %d\n" : "%d\n", i);
}

static size_t count(struct slice text, struct slice what)
{
    size_t n = 0, at;

    while ((at = slice_find(text, what)) != SLICE_NOT_FOUND) {
        text = slice_sub(text, at + what.len, text.len);
        n++;
    }
    return n;
}

/* Many changes: the fewest up to the limit, then all in between; quick in both cases. */
static void test_many_changes(void **state)
{
    static const struct {
        int n_lines, step;
        size_t n_gone, n_hunks;
    } sizes[] = {
        { 9000, 10, 900, 900 },
        { 25000, 10, 24991, 1 },
        { 100000, 10, 99991, 1 }, /* the last change is in line 99991 */
        { 200000, 1, 200000, 1 },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        CLEANUP(buf_fini) struct buf old = BUF_EMPTY, now = BUF_EMPTY, got = BUF_EMPTY;

        add_numbers(&old, sizes[i].n_lines, 0);
        add_numbers(&now, sizes[i].n_lines, sizes[i].step);
        diff_format(&(struct diff_side){ "o", buf_slice(&old) },
                    &(struct diff_side){ "n", buf_slice(&now) }, 0, &got);
        assert_int_equal(count(buf_slice(&got), SLICE("\n-")), sizes[i].n_gone);
        assert_int_equal(count(buf_slice(&got), SLICE("\n@@ ")), sizes[i].n_hunks);
    }
}

/* The longest common subsequence of two texts of one-letter lines, by the book. */
static size_t common(const char *a, size_t n_a, const char *b, size_t n_b)
{
    size_t table[32][32] = { { 0 } };

    for (size_t i = 1; i <= n_a; i++) {
        for (size_t k = 1; k <= n_b; k++) {
            size_t best = table[i - 1][k] > table[i][k - 1] ? table[i - 1][k] : table[i][k - 1];

            table[i][k] = a[i - 1] == b[k - 1] ? table[i - 1][k - 1] + 1 : best;
        }
    }
    return table[n_a][n_b];
}

static size_t make_letters(uint32_t *seed, char *letters, struct buf *lines)
{
    size_t n = (*seed = *seed * 1664525 + 1013904223) >> 28;

    for (size_t i = 0; i < n; i++) {
        letters[i] = (char)('a' + ((*seed = *seed * 1664525 + 1013904223) >> 24) % 3);
        buf_printf(lines, "%c\n", letters[i]);
    }
    return n;
}

static void test_it_is_the_shortest(void **state)
{
    uint32_t seed = 1;

    (void)state;
    for (int i = 0; i < 2000; i++) {
        CLEANUP(buf_fini) struct buf old = BUF_EMPTY, now = BUF_EMPTY, got = BUF_EMPTY;
        char a[16], b[16];
        size_t n_a = make_letters(&seed, a, &old), n_b = make_letters(&seed, b, &now);
        size_t n_common = common(a, n_a, b, n_b);

        diff_format(&(struct diff_side){ "o", buf_slice(&old) },
                    &(struct diff_side){ "n", buf_slice(&now) }, 0, &got);
        assert_int_equal(count(buf_slice(&got), SLICE("\n-")), n_a - n_common);
        assert_int_equal(count(buf_slice(&got), SLICE("\n+")),
                         n_b - n_common + (got.len > 0)); /* and "+++ n" */
    }
}

static void test_too_many_lines(void **state)
{
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;

    (void)state;
    buf_add_repeated(&text, '\n', LIMIT_DIFF_LINES + 1);
    expect(buf_slice(&text), SLICE("a\n"), 0, "(more than 1000000 lines: not compared)\n");
    expect(SLICE(""), buf_slice(&text), 0, "(more than 1000000 lines: not compared)\n");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),          cmocka_unit_test(test_no_more_than_so_many_lines),
        cmocka_unit_test(test_many_changes),   cmocka_unit_test(test_it_is_the_shortest),
        cmocka_unit_test(test_too_many_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
