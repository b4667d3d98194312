/* SPDX-License-Identifier: MIT */
/* HAProxy's lines and words: as it reads them, and as we write them. */
#include <string.h>

#include "haproxy/quote.h"

#include "expect.h"

#define WORDS_8  "1 2 3 4 5 6 7 8 "
#define WORDS_56 WORDS_8 WORDS_8 WORDS_8 WORDS_8 WORDS_8 WORDS_8 WORDS_8

/* Each word between brackets. */
static const struct {
    const char *name, *line, *want;
} split_cases[] = {
    { "nothing", "", "" },
    { "white space", " \t\v\f ", "" },
    { "a comment", "  # server a", "" },
    { "white space around them", "\t server \t a  ", "[server][a]" },
    { "a comment behind a word", "server a# b", "[server][a]" },
    { "a comment behind a space", "server a # b", "[server][a]" },
    { "a quote in a comment", "server # 'b", "[server]" },
    { "double quotes", "a \"b c\" d", "[a][b c][d]" },
    { "single quotes", "a 'b c' d", "[a][b c][d]" },
    { "quotes inside a word", "a b\"c d\"e'f g'h", "[a][bc def gh]" },
    { "a single quote in double quotes", "a \"it's\"", "[a][it's]" },
    { "double quotes in single quotes", "a 'say \"b\"'", "[a][say \"b\"]" },
    { "a hash in quotes", "a \"#b\" '#c'", "[a][#b][#c]" },
    { "nothing is special in single quotes", "a '\\ \\n $x ${y}'", "[a][\\ \\n $x ${y}]" },
    { "an escaped space", "a b\\ c", "[a][b c]" },
    { "an escaped hash", "a \\#b", "[a][#b]" },
    { "an escaped backslash", "a \\\\b", "[a][\\b]" },
    { "escaped quotes", "a \\\"b \\'c", "[a][\"b]['c]" },
    { "escaped quotes in double quotes", "a \"\\\"b\\'c\"", "[a][\"b'c]" },
    { "a tab by its name", "a b\\tc", "[a][b\tc]" },
    { "line ends by their names", "a b\\nc\\rd", "[a][b\nc\rd]" },
    { "a backslash before a tab is one", "a b\\\tc", "[a][b\\][c]" },
    { "a backslash before a letter is one", "a \\b \\1 \\v", "[a][\\b][\\1][\\v]" },
    { "a backslash at the end", "a b\\", "[a][b\\]" },
    { "hexadecimal", "a \\x41\\x2d\\x7E", "[a][A-~]" },
    { "hexadecimal in double quotes", "a \"\\x20\"", "[a][ ]" },
    { "a NUL cuts its word", "a b\\x00c d", "[a][b][d]" },
    { "a dollar outside of quotes", "a $b ${c} \\$d", "[a][$b][${c}][\\$d]" },
    { "an escaped dollar in double quotes", "a \"\\$b\"", "[a][$b]" },
    { "a variable", "a \"$b\" c", "[a][$b][c] 1 sure" },
    { "a variable later", "a b \"c $d\" \"$e\"", "[a][b][c $d][$e] 2 sure" },
    { "a variable first", "\"$a\" b", "[$a][b] 0 sure" },
    { "a variable in braces", "a \"x${b}y\"", "[a][x${b}y] 1 sure" },
    { "a variable with a default", "a \"${b-c d}\"", "[a][${b-c d}] 1 sure" },
    { "a variable of many words", "a \"${b[*]}\"", "[a][${b[*]}] 1 sure" },
    { "a variable of many words with a default", "a \"${b[*]-c}\"", "[a][${b[*]-c}] 1 sure" },
    { "a variable of HAProxy's own", "a \"${.LINE}\"", "[a][${.LINE}] 1 sure" },
    { "an empty word", "a \"\" b", "[a][][b]" },
    { "an empty word at the end", "a b ''", "[a][b]" },
    { "empty words at the end", "a b '' \"\" ", "[a][b]" },
    { "an empty first word", "\"\" a", "" },
    { "a CR ends the line", "a b\rc", "[a][b]" },
    { "a scope", "  [a b", "scope" },
    { "a bracket in quotes is no scope", "'['a", "[[a]" },
    { "any other byte", "a \x01\x7f\xc3\xa9\xff", "[a][\x01\x7f\xc3\xa9\xff]" },
    { "one error is that of the line", "a 'b", "f.cfg:7:3: the quote is never closed" },
    { "an open double quote", "a \"b\\\"", "f.cfg:7:3: the quote is never closed" },
    { "a quote that a CR cuts", "a 'b\r'", "f.cfg:7:3: the quote is never closed" },
    { "too few digits", "a \\x4", "f.cfg:7:3: two hexadecimal digits expected behind '\\x'" },
    { "no digits", "a \\x", "f.cfg:7:3: two hexadecimal digits expected behind '\\x'" },
    { "bad digits", "a \\x4g", "f.cfg:7:3: two hexadecimal digits expected behind '\\x'" },
    { "a bad name", "a \"$1\"", "f.cfg:7:4: a '$' without a variable's name" },
    { "no name", "a \"${}\"", "f.cfg:7:4: a '$' without a variable's name" },
    { "a name cut off", "a \"$", "f.cfg:7:4: a '$' without a variable's name" },
    { "an open brace", "a \"${b\"", "f.cfg:7:4: '${' is never closed" },
    { "an open default", "a \"${b-c\"", "f.cfg:7:4: '${' is never closed" },
    { "a bad expansion", "a \"${b[1]}\"", "f.cfg:7:4: '[*]' expected behind the variable's name" },
    { "64 words", WORDS_56 "1 2 3 4 5 6 7 8", NULL },
    { "64 words and a space", WORDS_56 WORDS_8, "f.cfg:7:128: more than 64 words" },
    { "65 words", WORDS_56 WORDS_8 "9", "f.cfg:7:128: more than 64 words" },
};

static void show_line(struct buf *out, const struct quote_line *line)
{
    if (line->is_scope)
        buf_add_string(out, "scope");
    for (size_t i = 0; i < line->n_words; i++)
        buf_printf(out, "[%.*s]", SLICE_ARG(line->words[i].text));
    if (line->n_sure < line->n_words)
        buf_printf(out, " %zu sure", line->n_sure);
}

static void test_split(void **state)
{
    struct source_pos pos = { .source = "f.cfg", .line = 7 };
    struct arena arena = ARENA_EMPTY;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(split_cases); i++) {
        CLEANUP(buf_fini) struct buf got = BUF_EMPTY;
        struct error err = ERROR_EMPTY;
        struct quote_line line;

        if (quote_split(slice_from(split_cases[i].line), pos, &arena, &line, &err))
            show_line(&got, &line);
        else
            buf_add_string(&got, err.text);
        if (split_cases[i].want)
            expect_text(split_cases[i].name, &got, split_cases[i].want);
        else
            assert_int_equal(line.n_words, 64);
    }
    arena_fini(&arena);
}

static void test_split_nul(void **state)
{
    struct error err = ERROR_EMPTY;
    struct arena arena = ARENA_EMPTY;
    struct quote_line line;

    (void)state;
    assert_false(
        quote_split(SLICE("a\0b"), (struct source_pos){ "f.cfg", 1, 0 }, &arena, &line, &err));
    assert_string_equal(err.text, "f.cfg:1:2: a NUL byte");
    arena_fini(&arena);
}

/* Where a word stands in its line: what is replaced when it gets another text. */
static void test_split_places(void **state)
{
    static const char text[] = " server  'a b'c\\ d \"e\"";
    struct error err = ERROR_EMPTY;
    struct arena arena = ARENA_EMPTY;
    struct quote_line line;

    (void)state;
    assert_true(
        quote_split(slice_from(text), (struct source_pos){ "f", 1, 0 }, &arena, &line, &err));
    assert_int_equal(line.n_words, 3);
    assert_int_equal(line.words[0].from, 1);
    assert_int_equal(line.words[0].to, 7);
    assert_int_equal(line.words[1].from, 9);
    assert_int_equal(line.words[1].to, 18);
    assert_int_equal(line.words[2].from, 19);
    assert_int_equal(line.words[2].to, 22);
    arena_fini(&arena);
}

#define ALL_ASCII                                                                                 \
    "\x01\x02\x03\x04\x05\x06\x07\x08\t\v\f\x0e\x0f !\"#$%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~\x7f" \
    "\xc3\xa9\xff"

static const struct {
    const char *name;
    enum quote_context context;
    const char *text, *want;
} word_cases[] = {
    { "a benign one", QUOTE_BARE, "web-1.a_b:80/x,y@z+$%[]", "web-1.a_b:80/x,y@z+$%[]" },
    { "nothing", QUOTE_BARE, "", "" },
    { "white space", QUOTE_BARE, "a \tb\v\f", "a\\ \\tb\\x0b\\x0c" },
    { "quotes, a hash and a backslash", QUOTE_BARE, "a'b\"c#d\\e", "a\\'b\\\"c\\#d\\\\e" },
    { "in double quotes", QUOTE_DOUBLE, "a b\t'#\"\\${x}", "a b\t'#\\\"\\\\\\${x}" },
    { "in single quotes", QUOTE_SINGLE, "a b\"#\\$'c", "a b\"#\\$'\\''c" },
    { "in a comment", QUOTE_COMMENT, "a 'b\" #\\", "a 'b\" #\\" },
    { "a newline", QUOTE_BARE, "a\nb", "a newline in a value from Consul" },
    { "a newline in single quotes", QUOTE_SINGLE, "\n", "a newline in a value from Consul" },
    { "a CR", QUOTE_DOUBLE, "a\r", "a carriage return in a value from Consul" },
    { "a newline in a comment", QUOTE_COMMENT, "a\nb", "a newline in a value from Consul" },
};

static void test_word(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(word_cases); i++) {
        CLEANUP(buf_fini) struct buf got = BUF_EMPTY;
        struct error err = ERROR_EMPTY;

        if (!quote_add_word(&got, word_cases[i].context, slice_from(word_cases[i].text), &err)) {
            assert_int_equal(got.len, 0);
            buf_add_string(&got, err.text);
        }
        expect_text(word_cases[i].name, &got, word_cases[i].want);
    }
}

static void test_word_nul(void **state)
{
    CLEANUP(buf_fini) struct buf out = BUF_EMPTY;
    struct error err = ERROR_EMPTY;

    (void)state;
    assert_false(quote_add_word(&out, QUOTE_BARE, SLICE("a\0b"), &err));
    assert_string_equal(err.text, "a NUL byte in a value from Consul");
}

/* Every byte, in every context, comes back as the one word it was. */
static void test_word_is_read_back(void **state)
{
    static const struct {
        enum quote_context context;
        const char *before, *behind;
    } places[] = { { QUOTE_BARE, "a x", "y b" },
                   { QUOTE_DOUBLE, "a \"x", "y\" b" },
                   { QUOTE_SINGLE, "a 'x", "y' b" } };
    struct arena arena = ARENA_EMPTY;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
        CLEANUP(buf_fini) struct buf text = BUF_EMPTY;
        struct error err = ERROR_EMPTY;
        struct quote_line line;

        buf_add_string(&text, places[i].before);
        assert_true(quote_add_word(&text, places[i].context, SLICE(ALL_ASCII), &err));
        buf_add_string(&text, places[i].behind);
        assert_true(
            quote_split(buf_slice(&text), (struct source_pos){ "f", 1, 0 }, &arena, &line, &err));
        assert_int_equal(line.n_words, 3);
        assert_true(slice_is(line.words[1].text, "x" ALL_ASCII "y"));
        assert_true(slice_is(line.words[2].text, "b"));
    }
    arena_fini(&arena);
}

/* A picture of the pieces: foreign ones stand between '<' and '>'. */
static const struct {
    const char *name, *pieces, *want;
} stream_cases[] = {
    { "benign", "server <web-1> <10.0.0.1>:80\n", "server web-1 10.0.0.1:80\n" },
    { "a part of a word", "server <a b>-<c d>\n", "server a\\ b-c\\ d\n" },
    { "another line", "a 'b'\nserver <a#b>\n", "a 'b'\nserver a\\#b\n" },
    { "in double quotes", "acl x \"a <b\"> c\" <d e>\n", "acl x \"a b\\\" c\" d\\ e\n" },
    { "in single quotes", "acl x 'a <b'> c' <d e>\n", "acl x 'a b'\\'' c' d\\ e\n" },
    { "an escaped quote opens nothing", "a \\\"<b c>\n", "a \\\"b\\ c\n" },
    { "an escaped quote closes nothing", "a \"\\\"<b $c>\"\n", "a \"\\\"b \\$c\"\n" },
    { "a single quote in double quotes", "a \"'<b'c>\"\n", "a \"'b'c\"\n" },
    { "in a comment", "a # 'x <b 'c#>\nd <e f>\n", "a # 'x b 'c#\nd e\\ f\n" },
    { "no comment behind an escape", "a \\# <b c>\n", "a \\# b\\ c\n" },
    { "no comment in quotes", "a '#' <b c>\n", "a '#' b\\ c\n" },
    { "a line ends open quotes", "a 'b\nc <d e>\n", "a 'b\nc d\\ e\n" },
    { "behind a CR nothing is read", "a 'b\r' <c d>\ne <f g>\n", "a 'b\r' c d\ne f\\ g\n" },
    { "on a scope line", "[a <b c>\n<d e>\n", "[a b c\nd\\ e\n" },
    { "it makes no scope line", "  <[a]>\n", "  \\x5ba]\n" },
    { "a bracket later", "<a[>b <[c]>\n", "a[b [c]\n" },
    { "it opens no escape", "a <b\\>x41 \"<c\\>n\"\n", "a b\\\\x41 \"c\\\\n\"\n" },
    { "it opens no variable", "a \"<$>{HOME}\"\n", "a \"\\${HOME}\"\n" },
    { "it makes no comment", "a <#> b\n", "a \\# b\n" },
    { "an empty one between two words", "acl <> path /x\n", "acl \"\" path /x\n" },
    { "an empty one in front of a tab", "acl <>\tpath\n", "acl \"\"\tpath\n" },
    { "two empty ones", "acl <><> path\n", "acl \"\" path\n" },
    { "an empty and a full one", "acl <><a> path\n", "acl a path\n" },
    { "an empty one at the end of the line", "acl a <>\nb\n", "acl a \nb\n" },
    { "an empty one before a part", "acl <>-b path\n", "acl -b path\n" },
    { "an empty one behind a part", "acl a-<> path\n", "acl a- path\n" },
    { "an empty one in quotes", "acl \"<>\" path\n", "acl \"\" path\n" },
    { "an empty one at the start of the line", "<> a\n", "\"\" a\n" },
    { "an empty one in a comment", "# <> a\n", "#  a\n" },
    { "a newline", "a <b\nc>\n", "a newline in a value from Consul" },
    { "a newline in a comment", "# <b\nc>\n", "a newline in a value from Consul" },
    { "behind a backslash", "a \\<n>\n", "a value from Consul directly behind a backslash" },
    { "behind a part of \\x", "a \\x4<1>\n", "a value from Consul directly behind a backslash" },
    { "behind a dollar", "a \"$<b>\"\n", "a value from Consul in the name of a variable" },
    { "in a name", "a \"${B<b>}\"\n", "a value from Consul in the name of a variable" },
    { "behind a name", "a \"$B<b>\"\n", "a value from Consul in the name of a variable" },
    { "behind a variable", "a \"${B}<b c>\"\n", "a \"${B}b c\"\n" },
    { "behind a dollar outside of quotes", "a $<b>\n", "a $b\n" },
    { "behind an escaped backslash", "a \\\\<n>\n", "a \\\\n\n" },
};

static bool stream_add(struct quote *quote, bool is_own, struct slice piece, struct error *err)
{
    if (!is_own)
        return quote_add_foreign(quote, piece, err);
    quote_add_own(quote, piece);
    return true;
}

/* n_own: how many bytes of own text are given at a time. */
static bool stream_run(struct quote *quote, const char *pieces, size_t n_own, struct error *err)
{
    while (*pieces) {
        bool is_own = *pieces != '<';
        const char *end = is_own ? "<" : ">";
        size_t len = strcspn(pieces + !is_own, end);

        if (is_own && len > n_own)
            len = n_own;
        if (!stream_add(quote, is_own, slice_of(pieces + !is_own, len), err))
            return false;
        pieces += is_own ? len : len + 2;
    }
    return true;
}

static void test_stream(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(stream_cases); i++) {
        for (size_t n_own = 1; n_own <= 100; n_own += 99) {
            CLEANUP(buf_fini) struct buf out = BUF_EMPTY;
            struct error err = ERROR_EMPTY;
            struct quote quote;

            quote_init(&quote, &out);
            if (!stream_run(&quote, stream_cases[i].pieces, n_own, &err)) {
                buf_clear(&out);
                buf_add_string(&out, err.text);
            }
            expect_text(stream_cases[i].name, &out, stream_cases[i].want);
        }
    }
}

/* One line with many values: each is looked at once. */
static void test_stream_long_line(void **state)
{
    CLEANUP(buf_fini) struct buf out = BUF_EMPTY;
    struct error err = ERROR_EMPTY;
    struct quote quote;

    (void)state;
    buf_add_string(&out, "'earlier text, that begins nothing\n");
    quote_init(&quote, &out);
    quote_add_own(&quote, SLICE("acl x src '"));
    for (size_t i = 0; i < 200000; i++) {
        assert_true(quote_add_foreign(&quote, SLICE("10.0.0.1"), &err));
        quote_add_own(&quote, SLICE(" "));
    }
    assert_true(quote_add_foreign(&quote, SLICE("'"), &err));
    assert_true(slice_ends_with(buf_slice(&out), SLICE(" '\\''")));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_split),        cmocka_unit_test(test_split_nul),
        cmocka_unit_test(test_split_places), cmocka_unit_test(test_word),
        cmocka_unit_test(test_word_nul),     cmocka_unit_test(test_word_is_read_back),
        cmocka_unit_test(test_stream),       cmocka_unit_test(test_stream_long_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
