/* SPDX-License-Identifier: MIT */
/* Keywords of server lines, and what several lines add up to. */
#include "haproxy/keyword.h"

#include "expect.h"

#define MAX_WORDS 64

/* Words that spaces separate; '' is an empty one. */
static struct keyword_list read_list(struct arena *arena, const char *text)
{
    struct slice *words = ARENA_ARRAY(arena, MAX_WORDS, struct slice);
    struct slice word;
    size_t n = 0;

    for (struct slice rest = slice_from(text); slice_next(&rest, ' ', &word);) {
        if (word.len > 0)
            words[n++] = slice_is(word, "''") ? SLICE_EMPTY : word;
    }
    return keyword_list_read(words, n, arena);
}

static void show_list(struct buf *out, const struct keyword_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        buf_add_string(out, i > 0 ? ", " : "");
        for (size_t j = 0; j < list->items[i].n_words; j++)
            buf_printf(out, "%s%.*s", j > 0 ? " " : "", SLICE_ARG(list->items[i].words[j]));
    }
    if (list->unknown.len > 0)
        buf_printf(out, " unknown: %.*s", SLICE_ARG(list->unknown));
}

static const struct {
    const char *name, *words, *want;
} read_cases[] = {
    { "none", "", "" },
    { "values and flags", "check inter 2s weight 10 backup", "check, inter 2s, weight 10, backup" },
    { "an empty word ends them", "check '' backup", "check" },
    { "source alone", "source 10.0.0.1 check", "source 10.0.0.1, check" },
    { "source with more", "source 0.0.0.0 usesrc clientip interface eth0 check",
      "source 0.0.0.0 usesrc clientip interface eth0, check" },
    { "a name with a number", "set-proxy-v2-tlv-fmt(0xE1) %[src] check",
      "set-proxy-v2-tlv-fmt(0xE1) %[src], check" },
    { "a number where none belongs", "check weight(1) 2", "check unknown: weight(1)" },
    { "an unknown one", "check frobnicate 1 backup", "check unknown: frobnicate" },
    { "a missing value", "check weight", "check unknown: weight" },
    { "an empty value", "check weight '' backup", "check unknown: weight" },
    { "a missing part of source", "source 10.0.0.1 usesrc", " unknown: source" },
    { "usesrc alone", "usesrc clientip", " unknown: usesrc" },
    { "one that switches too much off", "no-send-proxy-v2-ssl", " unknown: no-send-proxy-v2-ssl" },
};

static void test_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(read_cases); i++) {
        CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
        CLEANUP(buf_fini) struct buf got = BUF_EMPTY;
        struct keyword_list list = read_list(&arena, read_cases[i].words);

        show_list(&got, &list);
        expect_text(read_cases[i].name, &got, read_cases[i].want);
    }
}

static const struct {
    const char *name, *earlier, *later, *want;
} merge_cases[] = {
    { "both", "check inter 2s", "weight 10", "check, inter 2s, weight 10" },
    { "the later one counts", "inter 2s check", "inter 3s", "check, inter 3s" },
    { "the later one of a line counts", "weight 1 weight 2", "", "weight 2" },
    { "a reset takes away", "check ssl backup", "no-check no-ssl no-backup", "" },
    { "and what follows brings back", "check", "no-check check", "check" },
    { "a reset of nothing", "no-check", "enabled", "" },
    { "disabled and enabled", "disabled", "enabled", "" },
    { "enabled and disabled", "enabled", "disabled", "disabled" },
    { "reuse is the default", "no-ssl-reuse", "ssl-reuse", "" },
    { "tickets are the default", "no-tls-tickets", "tls-tickets", "" },
    { "sticking is the default", "non-stick", "stick", "" },
    { "repeated ones stay", "set-proxy-v2-tlv-fmt(1) a", "set-proxy-v2-tlv-fmt(1) b",
      "set-proxy-v2-tlv-fmt(1) a, set-proxy-v2-tlv-fmt(1) b" },
    { "unknown in the earlier", "check foo", "backup", "check, backup unknown: foo" },
    { "unknown in the later", "check", "foo", "check unknown: foo" },
};

static void test_merge(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(merge_cases); i++) {
        CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
        CLEANUP(buf_fini) struct buf got = BUF_EMPTY;
        struct keyword_list earlier = read_list(&arena, merge_cases[i].earlier);
        struct keyword_list later = read_list(&arena, merge_cases[i].later);
        struct keyword_list list = keyword_list_merge(&earlier, &later, &arena);

        show_list(&got, &list);
        expect_text(merge_cases[i].name, &got, merge_cases[i].want);
    }
}

static const struct {
    const char *name, *a, *b;
    unsigned ignored;
    const char *want;
} difference_cases[] = {
    { "nothing", "", "", 0, NULL },
    { "the order is no matter", "check inter 2s", "inter 2s check", 0, NULL },
    { "another value", "inter 2s", "inter 3s", 0, "inter" },
    { "one more", "check", "check backup", 0, "backup" },
    { "one less", "check backup", "check", 0, "backup" },
    { "others, equally many", "check", "backup", 0, "backup" },
    { "what is ignored", "check weight 1", "weight 2 check", 1u << KEYWORD_WEIGHT, NULL },
    { "what is ignored is missing", "check weight 1", "check", 1u << KEYWORD_WEIGHT, NULL },
    { "repeated ones", "set-proxy-v2-tlv-fmt(1) a", "set-proxy-v2-tlv-fmt(1) a", 0, NULL },
    { "repeated ones differ", "set-proxy-v2-tlv-fmt(1) a", "set-proxy-v2-tlv-fmt(2) a", 0,
      "set-proxy-v2-tlv-fmt" },
    { "a repeated one more", "set-proxy-v2-tlv-fmt(1) a", "", 0, "set-proxy-v2-tlv-fmt" },
    { "a repeated one less", "", "set-proxy-v2-tlv-fmt(1) a", 0, "set-proxy-v2-tlv-fmt" },
};

static void test_difference(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(difference_cases); i++) {
        CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
        struct keyword_list a = read_list(&arena, difference_cases[i].a);
        struct keyword_list b = read_list(&arena, difference_cases[i].b);
        const char *want = difference_cases[i].want;
        const char *got = keyword_list_difference(&a, &b, difference_cases[i].ignored);

        if (!slice_equal(slice_from(got), slice_from(want)))
            fail_msg("%s: %s", difference_cases[i].name, got ? got : "nothing");
    }
}

static void test_find(void **state)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    struct keyword_list list = read_list(&arena, "weight 1 check weight 2");

    (void)state;
    assert_true(slice_is(keyword_list_find(&list, KEYWORD_WEIGHT)->words[1], "2"));
    assert_null(keyword_list_find(&list, KEYWORD_ID));
    assert_non_null(keyword_find(SLICE("addr")));
    assert_non_null(keyword_find(SLICE("ws")));
    assert_null(keyword_find(SLICE("Check")));
    assert_null(keyword_find(SLICE("")));
}

/* Sorted, as the search needs it, and each slot is a keyword. */
static void test_table(void **state)
{
    static const char *const words[] = { "backup",    "cookie",      "enabled", "no-ssl",
                                         "ssl-reuse", "tls-tickets", "zzz" };

    (void)state;
    for (size_t i = 0; i + 1 < ARRAY_SIZE(words); i++) {
        const struct keyword_info *info = keyword_find(slice_from(words[i]));

        assert_non_null(info);
        for (; info->name && strcmp(info->name, "ws") != 0; info++) {
            assert_true(strcmp(info[0].name, info[1].name) < 0);
            assert_non_null(keyword_find(slice_from(info->slot)));
        }
    }
}

static const struct {
    const char *word;
    bool is_time;
    uint64_t ms;
} time_cases[] = {
    { "500", true, 500 },  { "500ms", true, 500 },  { "2s", true, 2000 },
    { "1m", true, 60000 }, { "1h", true, 3600000 }, { "1d", true, 86400000 },
    { "1500us", true, 2 }, { "0", true, 0 },        { "", false, 0 },
    { "s", false, 0 },     { "2x", false, 0 },      { "2 s", false, 0 },
    { "-1s", false, 0 },   { "1.5s", false, 0 },    { "99999999999999999999", false, 0 },
    { "2s1", false, 0 },
};

static void test_time(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(time_cases); i++) {
        uint64_t ms = 0;

        if (keyword_parse_time(slice_from(time_cases[i].word), &ms) != time_cases[i].is_time ||
            ms != time_cases[i].ms)
            fail_msg("'%s': %llu", time_cases[i].word, (unsigned long long)ms);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),       cmocka_unit_test(test_merge),
        cmocka_unit_test(test_difference), cmocka_unit_test(test_find),
        cmocka_unit_test(test_table),      cmocka_unit_test(test_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
