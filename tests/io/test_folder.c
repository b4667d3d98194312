/* SPDX-License-Identifier: MIT */
/* Tests of folders of our own and their lock. */
#include "io/folder.h"

#include <errno.h>
#include <sys/wait.h>

#include "own_folder.h"

#include "unit.h"

static mode_t mode_of(const char *path)
{
    struct stat st;

    assert_int_equal(stat(path, &st), 0);
    return st.st_mode & 07777;
}

static void test_a_folder_has_the_mode_asked_for_whatever_the_umask(void **state)
{
    struct error err = ERROR_EMPTY;
    mode_t before = umask(0777);

    (void)state;
    assert_true(folder_make("a/b/state", 0700, &err));
    umask(before);
    assert_int_equal(mode_of("a/b/state"), 0700);
    assert_int_equal(mode_of("a/b"), 0755);
}

static void test_a_folder_that_is_there_stays_as_it_is(void **state)
{
    struct error err = ERROR_EMPTY;

    (void)state;
    assert_int_equal(mkdir("state", 0750), 0);
    assert_int_equal(chmod("state", 0750), 0);
    assert_true(folder_make("state", 0700, &err));
    assert_int_equal(mode_of("state"), 0750);
}

static void test_a_file_in_its_place_is_an_error(void **state)
{
    struct error err = ERROR_EMPTY;

    (void)state;
    put_file("state", "", 0600);
    assert_false(folder_make("state", 0700, &err));
    assert_string_equal(err.text, "is not a folder");
}

/* Another open of the same file is another holder, as another process would be. */
static void test_one_has_the_lock(void **state)
{
    struct folder_lock first = FOLDER_LOCK_NONE, second = FOLDER_LOCK_NONE;
    enum folder_lock_outcome outcome;
    struct error err = ERROR_EMPTY;
    pid_t holder = 0;

    (void)state;
    assert_true(folder_lock_take(&first, ".", &outcome, &holder, &err));
    assert_int_equal(outcome, FOLDER_LOCK_TAKEN);
    assert_int_equal(mode_of("lock"), 0600);

    assert_true(folder_lock_take(&second, ".", &outcome, &holder, &err));
    assert_int_equal(outcome, FOLDER_LOCK_HELD);
    assert_int_equal(holder, getpid());
    assert_int_equal(second.fd, -1);

    folder_lock_release(&first);
    assert_true(folder_lock_take(&second, ".", &outcome, &holder, &err));
    assert_int_equal(outcome, FOLDER_LOCK_TAKEN);
    folder_lock_release(&second);
    folder_lock_release(&second);
}

static void test_a_lock_that_is_a_link_is_not_followed(void **state)
{
    struct folder_lock lock = FOLDER_LOCK_NONE;
    enum folder_lock_outcome outcome;
    struct error err = ERROR_EMPTY;
    pid_t holder;

    (void)state;
    put_file("precious", "keep me", 0600);
    assert_int_equal(symlink("precious", "lock"), 0);
    assert_false(folder_lock_take(&lock, ".", &outcome, &holder, &err));
    assert_int_equal(err.sys_errno, ELOOP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FOLDER_TEST(test_a_folder_has_the_mode_asked_for_whatever_the_umask),
        FOLDER_TEST(test_a_folder_that_is_there_stays_as_it_is),
        FOLDER_TEST(test_a_file_in_its_place_is_an_error),
        FOLDER_TEST(test_one_has_the_lock),
        FOLDER_TEST(test_a_lock_that_is_a_link_is_not_followed),
    };

    return cmocka_run_group_tests_name("folder", tests, NULL, NULL);
}
