/* SPDX-License-Identifier: MIT */
/* Texts and the spans of their foreign bytes. */
#include <string.h>

#include "base/buf.h"
#include "data/value.h"

#include "unit.h"

/* A text from a picture of it: foreign bytes stand between '<' and '>'. */
static struct text text_of(struct arena *arena, const char *picture)
{
    struct text_builder builder;
    bool is_foreign = false;

    text_builder_init(&builder, arena);
    for (; *picture; picture++) {
        if (*picture == '<' || *picture == '>')
            is_foreign = *picture == '<';
        else if (is_foreign)
            text_builder_add_foreign(&builder, slice_of(picture, 1));
        else
            text_builder_add(&builder, slice_of(picture, 1));
    }
    return text_builder_finish(&builder);
}

static void add_picture(struct buf *out, const struct text *text)
{
    static const struct spans none = { .n = 0 };
    const struct span all = { 0, text->len };
    bool is_all = text->foreign == SPANS_ALL;
    const struct spans *spans = text->foreign && !is_all ? text->foreign : &none;
    const struct span *items = is_all ? &all : spans->items;
    size_t at = 0;

    for (size_t i = 0; i < (is_all ? 1 : spans->n); i++) {
        buf_add(out, slice_of(text->ptr + at, items[i].from - at));
        buf_printf(out, "<%.*s>", (int)(items[i].to - items[i].from), text->ptr + items[i].from);
        at = items[i].to;
    }
    buf_add(out, slice_of(text->ptr + at, text->len - at));
}

static const struct {
    const char *name, *text;
    size_t from, to;
    const char *want;
    bool is_wholly_foreign;
} sub_cases[] = {
    { "own bytes only", "abcd", 1, 3, "bc", false },
    { "foreign bytes only", "<abcd>", 1, 3, "<bc>", true },
    { "nothing of it", "a<bc>d", 2, 2, "", false },
    { "nothing of what is all foreign", "<abcd>", 2, 2, "<>", true },
    { "before the span", "a<bc>d", 0, 1, "a", false },
    { "behind the span", "a<bc>d", 3, 4, "d", false },
    { "inside the span", "a<bcd>e", 2, 3, "<c>", true },
    { "just the span", "a<bc>d", 1, 3, "<bc>", true },
    { "across its start", "a<bc>d", 0, 2, "a<b>", false },
    { "across its end", "a<bc>d", 2, 4, "<c>d", false },
    { "across two", "<ab>c<de>", 1, 4, "<b>c<d>", false },
    { "the middle one of three", "<a>b<c>d<e>", 1, 4, "b<c>d", false },
    { "all of three", "<a>b<c>d<e>", 0, 5, "<a>b<c>d<e>", false },
    { "between two", "<a>bcd<e>", 1, 4, "bcd", false },
};

static void test_sub(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(sub_cases); i++) {
        struct arena arena = ARENA_EMPTY;
        CLEANUP(buf_fini) struct buf out = BUF_EMPTY;
        struct text text = text_of(&arena, sub_cases[i].text);
        struct text sub = text_sub(&arena, &text, sub_cases[i].from, sub_cases[i].to);

        add_picture(&out, &sub);
        if (!slice_is(buf_slice(&out), sub_cases[i].want) ||
            (sub.foreign == SPANS_ALL) != sub_cases[i].is_wholly_foreign)
            fail_msg("%s: %s", sub_cases[i].name, out.ptr);
        arena_fini(&arena);
    }
}

/* A text of n spans cut into n pieces: the memory grows with n, not with its square. */
static void test_many_pieces(void **state)
{
    struct arena arena = ARENA_EMPTY;
    struct text_builder builder;
    const size_t n = 10000;

    (void)state;
    text_builder_init(&builder, &arena);
    for (size_t i = 0; i < n; i++) {
        text_builder_add_foreign(&builder, SLICE("a"));
        text_builder_add(&builder, SLICE(","));
    }

    struct text text = text_builder_finish(&builder);

    for (size_t i = 0; i < n; i++)
        text_sub(&arena, &text, 2 * i, 2 * i + 2);
    assert_true(arena.used < n * 200);
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sub),
        cmocka_unit_test(test_many_pieces),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
