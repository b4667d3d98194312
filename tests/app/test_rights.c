/* SPDX-License-Identifier: MIT */
/* What a user may not do with files, and the fix for it, word for word. */
#include "unit.h"

#include <unistd.h>

#include "../io/own_folder.h"
#include "app/rights.h"
#include "base/cleanup.h"

#define NOBODY 65534

enum question { FOLDER, FOLDER_MADE, FOLDER_FINE, FOLDER_OF, FILE_AT, WAY, WORDS };

/* Paths begin in the test's folder; '@' stands for it. */
static const struct {
    const char *name;
    enum question question;
    const char *path, *want;
} cases[] = {
    { "a folder of ours", FOLDER, "@/open", "" },
    { "a folder of others", FOLDER, "@/closed",
      "user edge may not replace files in '@/closed'; fix: setfacl -m u:edge:rwx @/closed\n" },
    { "one behind a folder that lets nobody in", FOLDER, "@/dark/inner",
      "user edge may not enter '@/dark'; fix: setfacl -m u:edge:x @/dark\n" },
    { "a name that a shell would take apart", FOLDER, "@/closed folder",
      "user edge may not replace files in '@/closed folder'; fix: setfacl -m u:edge:rwx "
      "'@/closed folder'\n" },
    { "one that is missing", FOLDER, "@/open/none",
      "folder '@/open/none' is missing; fix: install -d -o edge @/open/none\n" },
    { "one that is missing and need not be there", FOLDER_FINE, "@/open/none", "" },
    { "one that need not be there, and is", FOLDER_FINE, "@/closed",
      "user edge may not replace files in '@/closed'; fix: setfacl -m u:edge:rwx @/closed\n" },
    { "one that will be made", FOLDER_MADE, "@/open/none/none", "" },
    { "one that could not be made", FOLDER_MADE, "@/closed/none/none",
      "user edge may not replace files in '@/closed'; fix: setfacl -m u:edge:rwx @/closed\n" },
    { "the folder of a file", FOLDER_OF, "@/closed/file",
      "user edge may not replace files in '@/closed'; fix: setfacl -m u:edge:rwx @/closed\n" },
    { "the folder of a file, with slashes", FOLDER_OF, "@/open//file", "" },
    { "a bare name", FOLDER_OF, "file", "" },
    { "a file", FILE_AT, "@/closed/open.pem", "" },
    { "a file that is not there", FILE_AT, "@/closed/none.pem", "" },
    { "a file that cannot be read", FILE_AT, "@/closed/key.pem",
      "user edge may not read '@/closed/key.pem'; fix: setfacl -m u:edge:r @/closed/key.pem\n" },
    { "a file that cannot be reached", FILE_AT, "@/dark/key.pem",
      "user edge may not enter '@/dark'; fix: setfacl -m u:edge:x @/dark\n" },
    { "a way without an end", WAY, "@/open/none/none", "" },
    { "a way that ends early", WAY, "@/dark/inner/none",
      "user edge may not enter '@/dark'; fix: setfacl -m u:edge:x @/dark\nno way\n" },
    { "words of HAProxy", WORDS,
      "[ALERT]    (18) : config : parsing [@/closed/open.pem:11] : 'bind 127.0.0.1:1' in section "
      "'listen' : cannot open the file '@/closed/key.pem'.",
      "user edge may not read '@/closed/key.pem'; fix: setfacl -m u:edge:r @/closed/key.pem\n" },
    { "other words of HAProxy", WORDS,
      "unable to stat SSL certificate from file '@/dark/key.pem' : Permission denied.",
      "user edge may not enter '@/dark'; fix: setfacl -m u:edge:x @/dark\n" },
    { "words of HAProxy 2.2", WORDS,
      "parsing [x.cfg:11] : 'bind 127.0.0.1:1' : Didn't find any certificate for bundle "
      "'@/dark/key.pem'.",
      "user edge may not enter '@/dark'; fix: setfacl -m u:edge:x @/dark\n" },
    { "a list of patterns", WORDS, "failed to open pattern file <@/closed/key.pem>.",
      "user edge may not read '@/closed/key.pem'; fix: setfacl -m u:edge:r @/closed/key.pem\n" },
    { "a path that is something else", WORDS,
      "'server web' : unknown keyword '@/closed/key.pem'; did you mean '@/closed/key.pem'?", "" },
    { "a path before the words", WORDS,
      "parsing [@/closed/key.pem:3] : cannot open the file '@/closed/open.pem'.", "" },
    { "words without a path", WORDS, "cannot open a/b .. / : '", "" },
    { "a path at the very end", WORDS, "cannot open @/closed/key.pem.",
      "user edge may not read '@/closed/key.pem'; fix: setfacl -m u:edge:r @/closed/key.pem\n" },
};

static char *fill_in(const char *text, const char *folder)
{
    struct buf out = BUF_EMPTY;

    for (; *text; text++) {
        if (*text == '@')
            buf_add_string(&out, folder);
        else
            buf_add_byte(&out, *text);
    }
    return out.ptr ? buf_take(&out) : calloc(1, 1);
}

static void ask(enum question question, const char *path, struct buf *out)
{
    switch (question) {
    case FOLDER: rights_check_folder("edge", path, RIGHTS_MISSING_COUNTS, out); return;
    case FOLDER_MADE: rights_check_folder("edge", path, RIGHTS_MISSING_IS_MADE, out); return;
    case FOLDER_FINE: rights_check_folder("edge", path, RIGHTS_MISSING_IS_FINE, out); return;
    case FOLDER_OF: rights_check_folder_of("edge", path, RIGHTS_MISSING_COUNTS, out); return;
    case FILE_AT: rights_check_file("edge", path, out); return;
    case WAY:
        if (!rights_check_way("edge", path, out))
            buf_add_string(out, "no way\n");
        return;
    case WORDS: rights_check_words("edge", slice_from(path), out); return;
    }
}

/* Root may do everything, so that it is not root who asks. */
static void as_nobody(enum question question, const char *path, struct buf *out)
{
    uid_t before = geteuid();

    if (before == 0)
        assert_int_equal(seteuid(NOBODY), 0);
    ask(question, path, out);
    assert_int_equal(seteuid(before), 0);
}

static void test_rights(void **state)
{
    const struct folder *folder = *state;

    assert_int_equal(chmod(".", 0777), 0);
    assert_int_equal(mkdir("open", 0755), 0);
    assert_int_equal(mkdir("closed", 0755), 0);
    assert_int_equal(mkdir("closed folder", 0555), 0);
    assert_int_equal(mkdir("dark", 0755), 0);
    assert_int_equal(mkdir("dark/inner", 0755), 0);
    assert_int_equal(chmod("open", 0777), 0);
    put_file("closed/open.pem", "x", 0444);
    put_file("closed/key.pem", "x", 0000);
    put_file("dark/key.pem", "x", 0000);
    assert_int_equal(chmod("closed", 0555), 0);
    assert_int_equal(chmod("dark", 0000), 0);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP(buf_fini) struct buf out = BUF_EMPTY;
        char *path = fill_in(cases[i].path, folder->path);
        char *want = fill_in(cases[i].want, folder->path);

        print_message("%s\n", cases[i].name);
        as_nobody(cases[i].question, path, &out);
        assert_string_equal(buf_slice(&out).ptr, want);
        free(path);
        free(want);
    }
    assert_int_equal(chmod("dark", 0755), 0);
    assert_int_equal(chmod("closed", 0755), 0);
}

static void test_user(void **state)
{
    CLEANUP(buf_fini) struct buf out = BUF_EMPTY;

    (void)state;
    rights_add_user(&out);
    assert_true(out.len > 0);
    assert_int_equal(slice_find_byte(buf_slice(&out), ' '), SLICE_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FOLDER_TEST(test_rights),
        cmocka_unit_test(test_user),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
