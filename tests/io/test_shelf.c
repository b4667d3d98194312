/* SPDX-License-Identifier: MIT */
/* Tests of files that are kept for later. */
#include "io/shelf.h"

#include "own_folder.h"

#include "unit.h"

static void put(const char *path, const char *text, size_t n_files, uint64_t n_bytes)
{
    const struct shelf_limits limits = { n_files, n_bytes };
    struct error err = ERROR_EMPTY;

    assert_true(shelf_put(path, slice_from(text), &limits, &err));
}

static mode_t mode_of(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 ? st.st_mode & 07777 : 0;
}

static void test_nobody_else_reads_it(void **state)
{
    (void)state;
    put("shelf/1", "text", 10, 1000);
    assert_int_equal(mode_of("shelf"), 0700);
    assert_int_equal(mode_of("shelf/1"), 0600);
}

static void test_the_oldest_go_first(void **state)
{
    (void)state;
    put("shelf/1", "a", 2, 1000);
    put("shelf/2", "b", 2, 1000);
    put("shelf/3", "c", 2, 1000);
    assert_int_equal(mode_of("shelf/1"), 0);
    assert_int_equal(mode_of("shelf/2"), 0600);
    put("shelf/4", "0123456789", 10, 11);
    assert_int_equal(mode_of("shelf/2"), 0);
    assert_int_equal(mode_of("shelf/3"), 0600);
    assert_int_equal(mode_of("shelf/4"), 0600);
}

static void test_the_new_one_stays_whatever_its_size(void **state)
{
    (void)state;
    put("shelf/2", "a", 10, 1000);
    put("shelf/1", "0123456789", 10, 5);
    assert_int_equal(mode_of("shelf/1"), 0600);
    assert_int_equal(mode_of("shelf/2"), 0);
}

static bool is_kept(void *ctx, struct slice name)
{
    return slice_is(name, ctx);
}

static void test_what_is_not_kept_goes(void **state)
{
    char name[] = "2";

    (void)state;
    put("shelf/1", "a", 10, 1000);
    put("shelf/2", "b", 10, 1000);
    shelf_keep_only("shelf", is_kept, name);
    assert_int_equal(mode_of("shelf/1"), 0);
    assert_int_equal(mode_of("shelf/2"), 0600);
    shelf_clear("shelf");
    assert_int_equal(mode_of("shelf/2"), 0);
    shelf_clear("no such shelf");
}

/* Names come from destinations: as long as the file system allows. */
static void test_paths_sort_by_age(void **state)
{
    CLEANUP(buf_fini) struct buf first = BUF_EMPTY, second = BUF_EMPTY;
    char name[256];

    (void)state;
    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    shelf_format_path("shelf", name, &first);
    shelf_format_path("shelf", name, &second);
    assert_true(strcmp(first.ptr, second.ptr) <= 0);
    assert_int_equal(strncmp(first.ptr, "shelf/20", 8), 0);
    put(first.ptr, "a", 10, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FOLDER_TEST(test_nobody_else_reads_it),
        FOLDER_TEST(test_the_oldest_go_first),
        FOLDER_TEST(test_the_new_one_stays_whatever_its_size),
        FOLDER_TEST(test_what_is_not_kept_goes),
        FOLDER_TEST(test_paths_sort_by_age),
    };

    return cmocka_run_group_tests_name("shelf", tests, NULL, NULL);
}
