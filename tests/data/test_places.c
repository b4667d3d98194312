/* SPDX-License-Identifier: MIT */
/* Who gets which place. Members are letters, an empty place is a '.'. */
#include "data/places.h"

#include "unit.h"

#define MOST 16

static size_t read_members(const char *picture, struct slice *members)
{
    size_t n = strlen(picture);

    assert_true(n <= MOST);
    for (size_t i = 0; i < n; i++)
        members[i] = picture[i] == '.' ? SLICE_EMPTY : slice_of(&picture[i], 1);
    return n;
}

static const struct {
    const char *name, *before, *members;
    size_t n_places;
    const char *want;
    size_t n_left_out;
} cases[] = {
    { "nobody", NULL, "", 3, "...", 0 },
    { "the first ones, in their order", NULL, "ba", 3, "ba.", 0 },
    { "everybody stays", "ab.", "ab", 3, "ab.", 0 },
    { "whatever the order of the list is", "ab.", "ba", 3, "ab.", 0 },
    { "who goes leaves a gap", "abc", "ac", 3, "a.c", 0 },
    { "who comes takes what was empty", "ab..", "abc", 4, "abc.", 0 },
    { "before what has just become free", "ab..", "cb", 4, ".bc.", 0 },
    { "which is taken if nothing else is left", "ab", "cb", 2, "cb", 0 },
    { "first the empty ones, then the free ones", "ab.", "cde", 3, "dec", 0 },
    { "more than there is room for", NULL, "abcde", 3, "abc", 2 },
    { "who waits takes no place away", "cd", "abcd", 2, "cd", 2 },
    { "and gets one that becomes free", "cd", "abc", 2, "ca", 1 },
    { "more places", "ab", "abc", 4, "abc.", 0 },
    { "fewer places", "a.bc", "abc", 3, "acb", 0 },
    { "fewer places than members", "abc", "abc", 2, "ab", 1 },
    { "two with the same name", "aa.", "aab", 3, "aab", 0 },
    { "two with the same name, for the first time", NULL, "aba", 4, "aba.", 0 },
    { "one of two with the same name goes", "aab", "ab", 3, "a.b", 0 },
};

static void show(const struct slice *members, const size_t *places, size_t n, char *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = places[i] == PLACE_EMPTY ? '.' : members[places[i]].ptr[0];
    out[n] = '\0';
}

static void test_assign(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct slice earlier[MOST], members[MOST];
        struct place_list before = { .members = earlier };
        size_t places[MOST], n_members = read_members(cases[i].members, members), n_left_out;
        char got[MOST + 1];

        print_message("%s\n", cases[i].name);
        before.n_places = cases[i].before ? read_members(cases[i].before, earlier) : 0;
        n_left_out = places_assign(cases[i].before ? &before : NULL, members, n_members,
                                   cases[i].n_places, places);
        show(members, places, cases[i].n_places, got);
        assert_string_equal(got, cases[i].want);
        assert_int_equal(n_left_out, cases[i].n_left_out);
    }
}

static void test_known(void **state)
{
    struct slice earlier[MOST], members[MOST];
    struct place_list before = { .members = earlier, .n_places = read_members("a.bb", earlier) };

    (void)state;
    assert_int_equal(places_count_known(&before, members, read_members("bxa", members)), 2);
    assert_int_equal(places_count_known(&before, members, read_members("xy", members)), 0);
    assert_int_equal(places_count_known(&before, members, 0), 0);
}

static void test_lists(void **state)
{
    struct slice members[MOST];
    char text[] = "ab.";
    struct place_list list = { .key = SLICE("1"),
                               .name = SLICE("web"),
                               .members = members,
                               .n_places = read_members(text, members) };
    struct places places = PLACES_EMPTY, copy = PLACES_EMPTY;

    (void)state;
    places_add(&places, &list);
    list.key = SLICE("2");
    list.n_left_out = 7;
    places_add(&places, &list);
    assert_false(places_equal(&places, &copy));
    places_copy(&copy, &places);
    assert_true(places_equal(&places, &copy));
    assert_int_equal(places_find(&copy, SLICE("2"))->n_left_out, 7);
    assert_true(slice_is(places_find(&copy, SLICE("1"))->name, "web"));
    assert_null(places_find(&copy, SLICE("3")));

    text[1] = 'x'; /* the copy has its own */
    assert_true(slice_is(places_find(&copy, SLICE("1"))->members[1], "b"));
    assert_false(places_equal(&places, &copy));
    places_copy(&copy, &places);
    assert_true(places_equal(&places, &copy));
    places_add(&copy, &list); /* again: in place of the first */
    assert_int_equal(copy.n, 2);
    list.n_left_out = 8;
    places_add(&copy, &list);
    assert_false(places_equal(&places, &copy));
    places_fini(&places);
    places_fini(&copy);
    assert_int_equal(copy.n, 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_assign),
        cmocka_unit_test(test_known),
        cmocka_unit_test(test_lists),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
