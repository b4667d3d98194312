/* SPDX-License-Identifier: MIT */
/* Files looked at and removed where others could have put a link in the way. */
#include "io/own_folder.h"

#include <errno.h>

#include "io/file.h"

static void make_files(void)
{
    put_file("x", "text", 0644);
    assert_int_equal(mkdir("dir", 0755), 0);
    put_file("dir/x", "text", 0644);
    assert_int_equal(symlink("x", "link"), 0);
    assert_int_equal(symlink("dir", "dirlink"), 0);
}

static const struct {
    const char *name, *path;
    bool want;
    const char *want_error;
} looks[] = {
    { "a file", "x", true, "" },
    { "in a folder", "dir/x", true, "" },
    { "a folder", "dir", true, "" },
    { "nothing", "y", false, "" },
    { "nothing in no folder", "none/y", false, "" },
    { "a link", "link", false, "is a symbolic link" },
    { "in a linked folder", "dirlink/x", false, "folder 'dirlink' is a symbolic link" },
    { "nothing in a linked folder", "dirlink/y", false, "folder 'dirlink' is a symbolic link" },
    { "in a file", "x/y", false, "'x' is not a folder" },
};

static void test_look(void **state)
{
    (void)state;
    make_files();
    for (size_t i = 0; i < ARRAY_SIZE(looks); i++) {
        struct error err = ERROR_EMPTY;
        bool exists = false;
        struct stat st;

        print_message("%s\n", looks[i].name);
        assert_int_equal(file_look_unlinked(looks[i].path, &exists, &st, &err),
                         !*looks[i].want_error);
        assert_string_equal(err.text, looks[i].want_error);
        assert_int_equal(exists, looks[i].want);
    }
}

static struct file_id id_of(const char *path)
{
    struct stat st;

    assert_int_equal(stat(path, &st), 0);
    return (struct file_id){ st.st_dev, st.st_ino };
}

static const struct {
    const char *name, *path, *id_of;
    bool want;
} removals[] = {
    { "the file", "x", "x", true },
    { "another one", "dir/x", "x", false },
    { "a link to it", "link", "x", false },
    { "through a linked folder", "dirlink/x", "dir/x", false },
    { "nothing", "y", "x", false },
};

static void test_remove(void **state)
{
    (void)state;
    make_files();
    for (size_t i = ARRAY_SIZE(removals); i-- > 0;) { /* the one that is removed last */
        struct file_id id = id_of(removals[i].id_of);
        struct error err = ERROR_EMPTY;
        bool is_removed;

        print_message("%s\n", removals[i].name);
        assert_true(file_remove(removals[i].path, id, &is_removed, &err));
        assert_int_equal(is_removed, removals[i].want);
        assert_int_equal(access(removals[i].id_of, F_OK), removals[i].want ? -1 : 0);
    }
}

static void test_what_cannot_be_removed(void **state)
{
    struct error err;
    bool is_removed;

    (void)state;
    make_files();
    assert_false(file_remove("dir", id_of("dir"), &is_removed, &err));
    assert_string_equal(err.text, "unlink: Is a directory");
    assert_false(is_removed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FOLDER_TEST(test_look),
        FOLDER_TEST(test_remove),
        FOLDER_TEST(test_what_cannot_be_removed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
