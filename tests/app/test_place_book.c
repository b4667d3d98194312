/* SPDX-License-Identifier: MIT */
/* Who has which place, and that the next process knows. */
#include "io/own_folder.h"

#include "app/place_book.h"
#include "base/log.h"
#include "config/config.h"
#include "unit.h"

static void write_state(const char *text)
{
    FILE *file = fopen("places", "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void commit(struct place_book *book, const char *tmpl, const char *first, size_t n_left_out)
{
    CLEANUP(places_fini) struct places places = PLACES_EMPTY;
    const struct slice members[] = { slice_from(first), SLICE_EMPTY,
                                     SLICE("dc1/b \"x\"/\xc3\xa4") };

    places_add(&places, &(struct place_list){ .key = SLICE("12/0/web"),
                                              .name = SLICE("web"),
                                              .members = members,
                                              .n_places = ARRAY_SIZE(members),
                                              .n_left_out = n_left_out });
    place_book_commit(book, tmpl, &places);
}

static void assert_first(const struct place_book *book, const char *tmpl, const char *want)
{
    const struct places *places = place_book_get(book, tmpl);
    const struct place_list *list = places ? places_find(places, SLICE("12/0/web")) : NULL;

    assert_non_null(list);
    assert_true(slice_is(list->name, "web"));
    assert_int_equal(list->n_places, 3);
    assert_true(slice_is(list->members[0], want));
    assert_int_equal(list->members[1].len, 0);
    assert_true(slice_is(list->members[2], "dc1/b \"x\"/\xc3\xa4"));
}

static void test_the_next_process(void **state)
{
    char name[] = "b.cfg";
    struct template_config tmpl = { .delivery = { .name = name } };
    struct config config = { .templates = &tmpl, .n_templates = 1 };
    struct folder folder;
    struct place_book *book;

    (void)state;
    folder_init(&folder);
    log_set_level(LOG_LEVEL_ERR);
    book = place_book_new(".");
    assert_null(place_book_get(book, "a.cfg"));
    place_book_commit(book, "a.cfg", &PLACES_EMPTY); /* it does not use them: nothing is written */
    assert_int_not_equal(access("places", F_OK), 0);
    commit(book, "a.cfg", "dc1/a/1", 0);
    commit(book, "b.cfg", "dc1/a/2", 2);
    commit(book, "a.cfg", "dc1/a/3", 0);
    place_book_free(book);

    book = place_book_new(".");
    assert_first(book, "a.cfg", "dc1/a/3");
    assert_first(book, "b.cfg", "dc1/a/2");
    assert_int_equal(places_find(place_book_get(book, "b.cfg"), SLICE("12/0/web"))->n_left_out, 2);
    assert_int_equal(unlink("places"), 0);
    commit(book, "a.cfg", "dc1/a/3", 0); /* the same again: nothing is written */
    assert_int_not_equal(access("places", F_OK), 0);
    place_book_keep_only(book, &config);
    assert_null(place_book_get(book, "a.cfg"));
    assert_first(book, "b.cfg", "dc1/a/2");
    place_book_commit(book, "b.cfg", &PLACES_EMPTY);
    assert_int_equal(access("places", F_OK), 0);
    assert_int_equal(place_book_get(book, "b.cfg")->n, 0);
    place_book_free(book);
    folder_fini(&folder);
}

static void test_without_a_folder(void **state)
{
    struct place_book *book = place_book_new(NULL);

    (void)state;
    commit(book, "a.cfg", "dc1/a/1", 0);
    assert_first(book, "a.cfg", "dc1/a/1");
    place_book_free(book);
}

static void test_what_cannot_be_read(void **state)
{
#define PAGES(pages) "{\"version\":1,\"templates\":[" pages "]}"
    static const struct {
        const char *text;
        bool want_aside, want_empty;
    } cases[] = {
        { PAGES("{\"template\":\"t\",\"later\":1,\"lists\":[{\"call\":\"1\",\"new\":[]}]}"), false,
          false },
        { PAGES("{\"template\":\"t\",\"lists\":[]}"), false, false },
        { PAGES(""), false, true },
        { "{\"version\":1}", false, true },
        { "{\"version\":2}", true, true },
        { PAGES("{\"lists\":[]}"), true, true },
        { PAGES("{\"template\":\"t\",\"lists\":[{\"places\":[]}]}"), true, true },
        { PAGES("{\"template\":\"t\",\"lists\":[{\"call\":\"1\",\"places\":[1]}]}"), true, true },
        { PAGES("{\"template\":\"t\"}") "x", true, true },
        { "[]", true, true },
        { "", true, true },
    };
    struct folder folder;

    (void)state;
    folder_init(&folder);
    log_set_level(LOG_LEVEL_ERR);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP(place_book_freep) struct place_book *book = NULL;

        print_message("%s\n", cases[i].text);
        write_state(cases[i].text);
        book = place_book_new(".");
        assert_int_equal(place_book_get(book, "t") == NULL, cases[i].want_empty);
        assert_int_equal(access("places", F_OK) != 0, cases[i].want_aside);
        assert_int_equal(access("places.unreadable", F_OK) == 0, cases[i].want_aside);
        unlink("places.unreadable");
    }
    folder_fini(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_next_process),
        cmocka_unit_test(test_without_a_folder),
        cmocka_unit_test(test_what_cannot_be_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
