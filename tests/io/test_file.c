/* SPDX-License-Identifier: MIT */
/* Files read, compared and copied; folders made; owners found. */
#include "io/own_folder.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/file.h"

/* ---- reading ---- */

static void test_read(void **state)
{
    static const struct {
        const char *name, *path;
        size_t max_bytes;
        const char *want, *want_error;
    } cases[] = {
        { "a file", "text", 100, "before:hello", NULL },
        { "as large as allowed", "text", 5, "before:hello", NULL },
        { "larger than allowed", "text", 4, "before:", "larger than the limit of 4 bytes" },
        { "an empty one", "empty", 0, "before:", NULL },
        { "through a link", "link", 100, "before:hello", NULL },
        { "a file that does not tell its size", "/proc/self/comm", 100, "before:somebody\n", NULL },
        { "and is larger than allowed", "/proc/self/comm", 8,
          "before:", "larger than the limit of 8 bytes" },
        { "none", "none", 100, "before:", "open: No such file or directory" },
        { "a folder", "dir", 100, "before:", "is a folder" },
        { "a FIFO", "fifo", 100, "before:", "is not a regular file" },
        { "a device", "/dev/zero", 100, "before:", "is not a regular file" },
        { "below a file", "text/x", 100, "before:", "open: Not a directory" },
    };

    (void)state;
    assert_int_equal(prctl(PR_SET_NAME, "somebody"), 0);
    put_file("text", "hello", 0644);
    put_file("empty", "", 0644);
    assert_int_equal(symlink("text", "link"), 0);
    assert_int_equal(mkdir("dir", 0755), 0);
    assert_int_equal(mkfifo("fifo", 0644), 0);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP(buf_fini) struct buf out = BUF_EMPTY;
        struct error err = ERROR_EMPTY;
        bool ok;

        buf_add_string(&out, "before:");
        ok = file_read(cases[i].path, cases[i].max_bytes, &out, &err);
        if (ok != !cases[i].want_error || strcmp(out.ptr, cases[i].want) != 0 ||
            (!ok && strcmp(err.text, cases[i].want_error) != 0))
            fail_msg("%s: '%s' (%s)", cases[i].name, out.ptr, err.text);
    }
}

static void test_read_a_long_file_with_any_bytes(void **state)
{
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;
    CLEANUP(buf_fini) struct buf out = BUF_EMPTY;
    struct error err;
    FILE *file = fopen("long", "w");

    (void)state;
    for (int i = 0; i < 100000; i++)
        buf_add_byte(&text, (char)i);
    assert_int_equal(fwrite(text.ptr, 1, text.len, file), text.len);
    fclose(file);
    assert_true(file_read("long", text.len, &out, &err));
    assert_true(slice_equal(buf_slice(&text), buf_slice(&out)));
}

/* ---- comparing ---- */

static void test_compare(void **state)
{
    static const struct {
        const char *name, *path, *text;
        enum file_match want;
        const char *want_error;
    } cases[] = {
        { "the same", "text", "hello", FILE_SAME, NULL },
        { "another text of the same length", "text", "hellO", FILE_DIFFERENT, NULL },
        { "a longer text", "text", "hello!", FILE_DIFFERENT, NULL },
        { "a shorter text", "text", "hell", FILE_DIFFERENT, NULL },
        { "nothing and nothing", "empty", "", FILE_SAME, NULL },
        { "something and nothing", "text", "", FILE_DIFFERENT, NULL },
        { "no file", "none", "", FILE_ABSENT, NULL },
        { "a link that leads nowhere", "dangling", "", FILE_ABSENT, NULL },
        { "a folder", "dir", "", FILE_ABSENT, "is a folder" },
        { "no such folder", "none/text", "", FILE_ABSENT, NULL },
        { "below a file", "text/x", "", FILE_ABSENT, "open: Not a directory" },
        { "a link to itself", "loop", "", FILE_ABSENT, "open: Too many levels of symbolic links" },
    };

    (void)state;
    put_file("text", "hello", 0644);
    put_file("empty", "", 0644);
    assert_int_equal(mkdir("dir", 0755), 0);
    assert_int_equal(symlink("none", "dangling"), 0);
    assert_int_equal(symlink("loop", "loop"), 0);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        enum file_match match = (enum file_match)77;
        struct error err = ERROR_EMPTY;
        bool ok = file_compare(cases[i].path, slice_from(cases[i].text), &match, &err);

        if (ok != !cases[i].want_error || (ok && match != cases[i].want) ||
            (!ok && strcmp(err.text, cases[i].want_error) != 0))
            fail_msg("%s: %d (%s)", cases[i].name, (int)match, err.text);
    }
}

static void test_compare_long_texts(void **state)
{
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;
    enum file_match match;
    struct error err;

    (void)state;
    buf_add_repeated(&text, 'x', 50000);
    put_file("long", text.ptr, 0644);
    assert_true(file_compare("long", buf_slice(&text), &match, &err));
    assert_int_equal(match, FILE_SAME);
    text.ptr[49999] = 'y';
    assert_true(file_compare("long", buf_slice(&text), &match, &err));
    assert_int_equal(match, FILE_DIFFERENT);
}

/* Root reads everything, so this is asked as somebody else. */
static void test_what_cannot_be_read(void **state)
{
    int status;
    pid_t pid;

    (void)state;
    put_file("secret", "hello", 0000);
    assert_int_equal(chmod(".", 0755), 0);
    pid = fork();
    if (pid == 0) {
        struct buf out = BUF_EMPTY;
        struct error err = ERROR_EMPTY;
        enum file_match match;

        if (geteuid() == 0 && setuid(65534) < 0)
            _exit(1);
        if (file_compare("secret", SLICE("hello"), &match, &err) ||
            strcmp(err.text, "open: Permission denied") != 0)
            _exit(2);
        if (file_read("secret", 100, &out, &err) || out.len > 0 ||
            strcmp(err.text, "open: Permission denied") != 0)
            _exit(3);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

/* Debian 12's valgrind does not know openat2. Then nothing may be read at all. */
static bool has_openat2(void)
{
    return syscall(SYS_openat2, -1, "", NULL, (size_t)0) == 0 || errno != ENOSYS;
}

static void test_read_beneath(void **state)
{
    static const struct {
        const char *name, *path, *want, *want_error;
    } cases[] = {
        { "a file in it", "box/a", "inside", NULL },
        { "with . and //", "./box//sub/../a", "inside", NULL },
        { "a link inside", "box/inner", "inside", NULL },
        { "a link that leads out", "box/outer", NULL, "leads out of 'box'" },
        { "a folder that leads out", "box/way/secret", NULL, "leads out of 'box'" },
        { "up and out", "box/../secret", NULL, "leads out of 'box'" },
        { "beside it", "boxes/a", NULL, "is not a path below 'box'" },
        { "absolute", "/box/a", NULL, "is not a path below 'box'" },
        { "the folder itself", "box", NULL, "is not a path below 'box'" },
        { "not there", "box/b", NULL, "open: No such file or directory" },
        { "a folder", "box/sub", NULL, "is a folder" },
    };
    bool can_read = has_openat2();

    (void)state;
    assert_int_equal(mkdir("box", 0700), 0);
    assert_int_equal(mkdir("box/sub", 0700), 0);
    put_file("secret", "outside", 0600);
    put_file("box/a", "inside", 0600);
    assert_int_equal(symlink("sub/../a", "box/inner"), 0);
    assert_int_equal(symlink("../secret", "box/outer"), 0);
    assert_int_equal(symlink("..", "box/way"), 0);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP(buf_fini) struct buf out = BUF_EMPTY;
        struct error err = ERROR_EMPTY;
        bool is_read = file_read_beneath("box", cases[i].path, 100, &out, &err);

        if (is_read != (cases[i].want && can_read))
            fail_msg("%s: %s", cases[i].name, err.text);
        if (is_read)
            assert_string_equal(out.ptr, cases[i].want);
        else if (can_read)
            assert_string_equal(err.text, cases[i].want_error);
    }
}

/* ---- folders ---- */

static void test_make_parents(void **state)
{
    static const struct {
        const char *name, *path;
        mode_t mode, umask;
        const char *want_folder, *want_error;
    } cases[] = {
        { "no folder in the path", "file", 0755, 022, ".", NULL },
        { "one that is there", "old/file", 0700, 022, "old", NULL },
        { "several new ones", "a/b/c/file", 0750, 022, "a/b/c", NULL },
        { "whatever the umask is", "d/e/file", 0777, 077, "d/e", NULL },
        { "slashes and dots", "f//./g/../h/file", 0755, 022, "f/h", NULL },
        { "through a link to a folder", "link/i/file", 0755, 022, "old/i", NULL },
        { "a file is in the way", "text/j/file", 0755, 022, NULL,
          "'text': folder: Not a directory" },
        { "a dangling link is in the way", "dangling/j/file", 0755, 022, NULL,
          "'dangling': folder: No such file or directory" },
    };

    (void)state;
    put_file("text", "hello", 0644);
    assert_int_equal(mkdir("old", 0711), 0);
    assert_int_equal(symlink("old", "link"), 0);
    assert_int_equal(symlink("none", "dangling"), 0);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct error err = ERROR_EMPTY;
        mode_t old_umask = umask(cases[i].umask);
        bool ok = file_make_parents(cases[i].path, cases[i].mode, &err);
        struct stat st;

        if (umask(old_umask) != cases[i].umask)
            fail_msg("%s: the umask was changed", cases[i].name);
        if (ok != !cases[i].want_error || (!ok && strcmp(err.text, cases[i].want_error) != 0))
            fail_msg("%s: %s", cases[i].name, err.text);
        if (!ok)
            continue;
        if (stat(cases[i].want_folder, &st) < 0 || !S_ISDIR(st.st_mode))
            fail_msg("%s: there is no folder '%s'", cases[i].name, cases[i].want_folder);
        if (i >= 2 && (st.st_mode & 07777) != cases[i].mode)
            fail_msg("%s: mode %o", cases[i].name, st.st_mode & 07777);
    }
    assert_int_equal(access("file", F_OK), -1); /* the folder, not the file */
}

static void test_make_parents_absolute_and_too_long(void **state)
{
    struct folder *folder = *state;
    CLEANUP(buf_fini) struct buf path = BUF_EMPTY;
    struct error err;

    buf_printf(&path, "%s/x/y", folder->path);
    assert_true(file_make_parents(path.ptr, 0755, &err));
    assert_int_equal(access("x", X_OK), 0);
    buf_clear(&path);
    buf_add_repeated(&path, 'n', 256);
    buf_add_string(&path, "/y");
    assert_false(file_make_parents(path.ptr, 0755, &err));
    assert_int_equal(err.sys_errno, ENAMETOOLONG);
}

/* ---- backups ---- */

static void test_backup(void **state)
{
    enum file_match match;
    struct error err;
    struct stat st;

    (void)state;
    assert_true(file_backup("text", "text.bak", &err));
    assert_int_equal(access("text.bak", F_OK), -1); /* nothing to copy */

    put_file("text", "one", 0640);
    put_file("text.bak", "old", 0600);
    assert_true(file_backup("text", "text.bak", &err));
    assert_true(file_compare("text.bak", SLICE("one"), &match, &err));
    assert_int_equal(match, FILE_SAME);
    assert_int_equal(stat("text.bak", &st), 0);
    assert_int_equal(st.st_mode & 07777, 0640); /* of what was copied */

    assert_int_equal(mkdir("dir", 0755), 0);
    assert_false(file_backup("text", "dir", &err));
    assert_string_equal(err.text, "is a folder");
    assert_false(file_backup("dir", "text.bak", &err));
    assert_string_equal(err.text, "is a folder");
    assert_false(file_backup("text", "none/text.bak", &err));
    assert_string_equal(err.text, "folder 'none': No such file or directory");
}

/* ---- owners ---- */

static void test_find_owner(void **state)
{
    static const struct {
        const char *name;
        bool want_found;
        unsigned want;
        const char *want_user_error, *want_group_error;
    } cases[] = {
        { "root", true, 0, NULL, NULL },
        { "0", true, 0, NULL, NULL },
        { "4294967294", true, 4294967294, NULL, NULL },
        { "4294967295", false, 0, "there is no user '4294967295'",
          "there is no group '4294967295'" }, /* "keep" to chown(2) */
        { "-1", false, 0, "there is no user '-1'", "there is no group '-1'" },
        { "", false, 0, "there is no user ''", "there is no group ''" },
        { "no such name", false, 0, "there is no user 'no such name'",
          "there is no group 'no such name'" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct error err = ERROR_EMPTY;
        uid_t uid = 77;
        gid_t gid = 77;

        assert_int_equal(file_find_user(cases[i].name, &uid, &err), cases[i].want_found);
        if (!cases[i].want_found)
            assert_string_equal(err.text, cases[i].want_user_error);
        assert_int_equal(file_find_group(cases[i].name, &gid, &err), cases[i].want_found);
        if (!cases[i].want_found)
            assert_string_equal(err.text, cases[i].want_group_error);
        assert_int_equal(uid, cases[i].want_found ? cases[i].want : 77);
        assert_int_equal(gid, cases[i].want_found ? cases[i].want : 77);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FOLDER_TEST(test_read),
        FOLDER_TEST(test_read_a_long_file_with_any_bytes),
        FOLDER_TEST(test_compare),
        FOLDER_TEST(test_compare_long_texts),
        FOLDER_TEST(test_what_cannot_be_read),
        FOLDER_TEST(test_read_beneath),
        FOLDER_TEST(test_make_parents),
        FOLDER_TEST(test_make_parents_absolute_and_too_long),
        FOLDER_TEST(test_backup),
        FOLDER_TEST(test_find_owner),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
