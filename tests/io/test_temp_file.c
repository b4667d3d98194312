/* SPDX-License-Identifier: MIT */
/* Files replaced: what readers see, what mode and owner they get, what an error leaves. */
#include "io/own_folder.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "io/file.h"

static void assert_content(const char *path, const char *want)
{
    CLEANUP(buf_fini) struct buf out = BUF_EMPTY;
    struct error err;

    if (!file_read(path, 1u << 20, &out, &err))
        fail_msg("%s: %s", path, err.text);
    assert_string_equal(buf_slice(&out).ptr, want);
}

static mode_t mode_of(const char *path)
{
    struct stat st;

    assert_int_equal(lstat(path, &st), 0);
    return st.st_mode & 07777;
}

/* Entries of the working directory, hidden ones included. */
static size_t count_entries(void)
{
    DIR *dir = opendir(".");
    size_t n = 0;

    assert_non_null(dir);
    while (readdir(dir))
        n++;
    closedir(dir);
    return n - 2; /* . and .. */
}

static size_t count_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    size_t n = 0;

    assert_non_null(dir);
    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

/* ---- what is there afterwards ---- */

static void test_install(void **state)
{
    static const struct {
        const char *name, *path;
        mode_t asked, umask, want;
    } cases[] = {
        { "a new file", "new", FILE_KEEP_MODE, 022, 0644 },
        { "a new file, whatever the umask is", "new2", FILE_KEEP_MODE, 077, 0644 },
        { "the old mode is kept", "old", FILE_KEEP_MODE, 022, 0604 },
        { "a mode asked for", "old2", 0440, 022, 0440 },
        { "whatever the umask is", "old3", 0666, 077, 0666 },
        { "setuid is not kept", "setuid", FILE_KEEP_MODE, 022, 0755 },
        { "setuid asked for", "setuid2", 04755, 022, 04755 },
        { "a link is replaced, its target's mode kept", "link", FILE_KEEP_MODE, 022, 0600 },
        { "a link that leads nowhere", "dangling", FILE_KEEP_MODE, 022, 0644 },
        { "a link to a device", "null", FILE_KEEP_MODE, 022, 0644 },
    };
    size_t n_descriptors = count_descriptors();

    (void)state;
    put_file("old", "old text", 0604);
    put_file("old2", "old text", 0604);
    put_file("old3", "old text", 0604);
    put_file("setuid", "old text", 04755);
    put_file("target", "target's text", 0600);
    assert_int_equal(symlink("target", "link"), 0);
    assert_int_equal(symlink("none", "dangling"), 0);
    assert_int_equal(symlink("/dev/null", "null"), 0);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct file_attributes attributes = FILE_ATTRIBUTES_KEEP;
        struct error err = ERROR_EMPTY;
        mode_t old_umask = umask(cases[i].umask);
        struct stat st;
        bool ok;

        attributes.mode = cases[i].asked;
        ok = file_install(cases[i].path, SLICE("new text"), &attributes, &err);
        umask(old_umask);
        if (!ok)
            fail_msg("%s: %s", cases[i].name, err.text);
        assert_content(cases[i].path, "new text");
        assert_int_equal(lstat(cases[i].path, &st), 0);
        if (!S_ISREG(st.st_mode) || (st.st_mode & 07777) != cases[i].want)
            fail_msg("%s: mode %o", cases[i].name, st.st_mode);
    }
    assert_content("target", "target's text");
    assert_int_equal(count_entries(), ARRAY_SIZE(cases) + 1); /* and "target": nothing else */
    assert_int_equal(count_descriptors(), n_descriptors);
}

static void test_install_by_absolute_path_and_any_bytes(void **state)
{
    struct folder *folder = *state;
    char path[128];
    struct error err;
    enum file_match match;
    struct slice text = slice_of("a\0b\xff\n", 5);

    snprintf(path, sizeof(path), "%s/x", folder->path);
    assert_true(file_install(path, text, &FILE_ATTRIBUTES_KEEP, &err));
    assert_true(file_compare("x", text, &match, &err));
    assert_int_equal(match, FILE_SAME);
    assert_true(file_install(path, SLICE_EMPTY, &FILE_ATTRIBUTES_KEEP, &err));
    assert_content("x", "");
}

static void test_the_longest_name(void **state)
{
    char name[NAME_MAX + 1];
    struct error err;

    (void)state;
    memset(name, 'n', NAME_MAX);
    name[NAME_MAX] = '\0';
    assert_true(file_install(name, SLICE("text"), &FILE_ATTRIBUTES_KEEP, &err));
    assert_content(name, "text");
    assert_int_equal(count_entries(), 1);
}

static void test_a_reader_keeps_the_old_file(void **state)
{
    char text[16] = "";
    struct error err;
    int fd;

    (void)state;
    put_file("x", "old", 0644);
    fd = open("x", O_RDONLY | O_CLOEXEC);
    assert_true(file_install("x", SLICE("new"), &FILE_ATTRIBUTES_KEEP, &err));
    assert_int_equal(read(fd, text, sizeof(text)), 3);
    assert_string_equal(text, "old");
    close(fd);
}

/* ---- the steps ---- */

static void test_nothing_is_visible_before_the_rename(void **state)
{
    struct temp_file temp = TEMP_FILE_NONE;
    struct file_attributes attributes = { 0600, FILE_KEEP_OWNER, FILE_KEEP_GROUP };
    struct error err;

    (void)state;
    put_file("x", "old", 0644);
    assert_true(temp_file_create(&temp, "x", &attributes, &err));
    assert_int_equal(strncmp(temp.name, ".x.edgewright-", strlen(".x.edgewright-")), 0);
    assert_int_equal(strlen(temp.name), strlen(".x.edgewright-XXXXXX"));
    assert_int_equal(mode_of(temp.name), 0600);
    assert_int_equal(fcntl(temp.fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    assert_true(temp_file_write(&temp, SLICE("new"), &err));
    assert_true(temp_file_sync(&temp, &err));
    assert_content("x", "old");
    assert_true(temp_file_rename(&temp, &err));
    assert_content("x", "new");
    assert_int_equal(count_entries(), 1);
    temp_file_discard(&temp); /* nothing to do */
    assert_content("x", "new");
}

static void test_discard(void **state)
{
    struct temp_file temp = TEMP_FILE_NONE;
    struct error err;

    (void)state;
    assert_true(temp_file_create(&temp, "x", &FILE_ATTRIBUTES_KEEP, &err));
    assert_true(temp_file_write(&temp, SLICE("new"), &err));
    assert_int_equal(count_entries(), 1);
    temp_file_discard(&temp);
    assert_int_equal(count_entries(), 0);
    temp_file_discard(&temp);
}

/* The folder was resolved when the file was made: what happens to its path does not matter. */
static void test_the_folder_is_renamed_meanwhile(void **state)
{
    struct temp_file temp = TEMP_FILE_NONE;
    struct error err;

    (void)state;
    assert_int_equal(mkdir("dir", 0755), 0);
    assert_true(temp_file_create(&temp, "dir/x", &FILE_ATTRIBUTES_KEEP, &err));
    assert_int_equal(rename("dir", "elsewhere"), 0);
    assert_true(temp_file_write(&temp, SLICE("new"), &err));
    assert_true(temp_file_rename(&temp, &err));
    assert_content("elsewhere/x", "new");
}

/* ---- errors ---- */

static void test_refused(void **state)
{
    static const struct {
        const char *name, *path, *want_error;
    } cases[] = {
        { "a folder", "dir", "is a folder" },
        { "a folder by its slash", "dir/", "is a folder" },
        { "a file with a slash", "text/", "is a folder" },
        { "the folder itself", "dir/.", "is a folder" },
        { "the folder above", "..", "is a folder" },
        { "the root", "/", "is a folder" },
        { "a link to a folder", "link", "is a folder" },
        { "a FIFO", "fifo", "is not a regular file" },
        { "a device", "/dev/null", "is not a regular file" },
        { "nothing", "", "the path is empty" },
        { "no such folder", "none/x", "folder 'none': No such file or directory" },
        { "a file for a folder", "text/x", "folder 'text': Not a directory" },
        { "a link to itself", "loop", "follow the link: Too many levels of symbolic links" },
        { "a folder that takes no files", "/proc/self/x",
          "create a file in '/proc/self': No such file or directory" },
    };
    size_t n_descriptors = count_descriptors(), n_entries;

    (void)state;
    assert_int_equal(mkdir("dir", 0755), 0);
    assert_int_equal(symlink("dir", "link"), 0);
    assert_int_equal(symlink("loop", "loop"), 0);
    assert_int_equal(mkfifo("fifo", 0644), 0);
    put_file("text", "old", 0644);
    n_entries = count_entries();
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct error err = ERROR_EMPTY;

        if (file_install(cases[i].path, SLICE("new"), &FILE_ATTRIBUTES_KEEP, &err) ||
            strcmp(err.text, cases[i].want_error) != 0)
            fail_msg("%s: '%s'", cases[i].name, err.text);
    }
    assert_int_equal(count_entries(), n_entries);
    assert_int_equal(count_descriptors(), n_descriptors);
}

static void test_a_name_that_is_too_long(void **state)
{
    char name[NAME_MAX + 2];
    struct error err;

    (void)state;
    memset(name, 'n', NAME_MAX + 1);
    name[NAME_MAX + 1] = '\0';
    assert_false(file_install(name, SLICE("text"), &FILE_ATTRIBUTES_KEEP, &err));
    assert_string_equal(err.text, "stat: File name too long");
    assert_int_equal(count_entries(), 0);
}

/* Stands for a full disk: the write stops in the middle. */
static void test_a_write_that_fails(void **state)
{
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;
    struct rlimit old, small;
    struct error err;
    bool ok;

    (void)state;
    put_file("x", "old", 0644);
    buf_add_repeated(&text, 'n', 100000);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = (struct rlimit){ 4096, old.rlim_max };
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    ok = file_install("x", buf_slice(&text), &FILE_ATTRIBUTES_KEEP, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, SIG_DFL);
    assert_false(ok);
    assert_string_equal(err.text, "write: File too large");
    assert_content("x", "old");
    assert_int_equal(count_entries(), 1);
}

static void test_a_rename_that_fails(void **state)
{
    CLEANUP(temp_file_discard) struct temp_file temp = TEMP_FILE_NONE;
    struct error err;

    (void)state;
    assert_true(temp_file_create(&temp, "x", &FILE_ATTRIBUTES_KEEP, &err));
    assert_int_equal(mkdir("x", 0755), 0);
    assert_false(temp_file_rename(&temp, &err));
    assert_string_equal(err.text, "rename: Is a directory");
    temp_file_discard(&temp);
    assert_int_equal(count_entries(), 1);
}

/* ---- owners: root can give files away, others must not fail over it ---- */

#define SOMEBODY 65534

static void test_root_keeps_and_sets_the_owner(void **state)
{
    struct file_attributes attributes = { 0640, 1234, 5678 };
    struct error err;
    struct stat st;

    (void)state;
    if (geteuid() != 0)
        skip();
    put_file("x", "old", 0644);
    assert_int_equal(chown("x", 4321, 8765), 0);
    assert_true(file_install("x", SLICE("new"), &FILE_ATTRIBUTES_KEEP, &err));
    assert_int_equal(stat("x", &st), 0);
    assert_int_equal(st.st_uid, 4321);
    assert_int_equal(st.st_gid, 8765);
    assert_true(file_backup("x", "x.bak", &err));
    assert_int_equal(stat("x.bak", &st), 0);
    assert_int_equal(st.st_uid, 4321);
    assert_true(file_install("x", SLICE("newer"), &attributes, &err));
    assert_int_equal(stat("x", &st), 0);
    assert_int_equal(st.st_uid, 1234);
    assert_int_equal(st.st_gid, 5678);
    assert_int_equal(st.st_mode & 07777, 0640);
    attributes.owner = FILE_KEEP_OWNER;
    attributes.group = 99;
    assert_true(file_install("x", SLICE("newest"), &attributes, &err));
    assert_int_equal(stat("x", &st), 0);
    assert_int_equal(st.st_uid, 1234); /* one is kept while the other is set */
    assert_int_equal(st.st_gid, 99);
}

/* In a child that is nobody: which of its expectations failed, or 0. */
static int replace_as_nobody(void)
{
    struct file_attributes attributes = { FILE_KEEP_MODE, 1, FILE_KEEP_GROUP };
    struct error err = ERROR_EMPTY;
    struct stat st;

    if (setgid(SOMEBODY) < 0 || setuid(SOMEBODY) < 0)
        return 1;
    if (!file_install("x", SLICE("new"), &FILE_ATTRIBUTES_KEEP, &err))
        return 2; /* that the owner cannot be kept is no error */
    if (stat("x", &st) < 0 || st.st_uid != SOMEBODY || (st.st_mode & 07777) != 0640)
        return 3;
    if (file_install("x", SLICE("newer"), &attributes, &err) ||
        strcmp(err.text, "set the owner: Operation not permitted") != 0)
        return 4; /* that an owner asked for cannot be set is */
    if (chdir("closed") < 0 || file_install("x", SLICE("new"), &FILE_ATTRIBUTES_KEEP, &err) ||
        strcmp(err.text, "create a file in '.': Permission denied") != 0)
        return 5;
    return 0;
}

static void test_nobody_replaces_what_is_roots(void **state)
{
    int status;
    pid_t pid;

    (void)state;
    if (geteuid() != 0)
        skip();
    put_file("x", "old", 0640);
    assert_int_equal(mkdir("closed", 0755), 0);
    assert_int_equal(chmod(".", 0777), 0);
    pid = fork();
    if (pid == 0)
        _exit(replace_as_nobody());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_content("x", "new");
    assert_int_equal(count_entries(), 2);
}

/* ---- what killed processes leave ---- */

static void make_old(const char *path)
{
    const struct timespec times[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };

    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void test_leftovers(void **state)
{
    static const char *const kept[] = {
        ".other.edgewright-abc123", /* another destination's */
        ".out.edgewright-abc12",    ".out.edgewright-abc1234",
        ".out.edgewright-ABC123",   "out.edgewright-abc123",
    };
    struct temp_file in_use = TEMP_FILE_NONE;
    struct error err;
    (void)state;

    for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
        put_file(kept[i], "", 0644);
        make_old(kept[i]);
    }
    put_file(".out.edgewright-abc123", "half", 0600);
    make_old(".out.edgewright-abc123");
    assert_true(temp_file_create(&in_use, "out", &FILE_ATTRIBUTES_KEEP, &err));
    make_old(in_use.name);
    put_file(".out.edgewright-young0", "half", 0600);
    assert_int_equal(count_entries(), ARRAY_SIZE(kept) + 3);

    temp_file_remove_leftovers("out");
    assert_int_equal(access(".out.edgewright-abc123", F_OK), -1);
    assert_int_equal(count_entries(), ARRAY_SIZE(kept) + 2);
    make_old(".out.edgewright-young0");
    temp_file_remove_leftovers("./out");
    assert_int_equal(count_entries(), ARRAY_SIZE(kept) + 1);
    assert_true(temp_file_rename(&in_use, &err));
    temp_file_remove_leftovers("no/such/folder/out");
}

static void test_leftovers_of_a_long_name(void **state)
{
    char name[NAME_MAX + 1];
    struct temp_file temp = TEMP_FILE_NONE;
    struct error err;
    (void)state;

    memset(name, 'x', NAME_MAX);
    name[NAME_MAX] = '\0';
    assert_true(temp_file_create(&temp, name, &FILE_ATTRIBUTES_KEEP, &err));
    make_old(temp.name);
    close(temp.fd); /* as a process that was killed */
    temp.fd = -1;
    temp_file_remove_leftovers(name);
    assert_int_equal(count_entries(), 0);
    temp_file_discard(&temp);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FOLDER_TEST(test_install),
        FOLDER_TEST(test_install_by_absolute_path_and_any_bytes),
        FOLDER_TEST(test_the_longest_name),
        FOLDER_TEST(test_a_reader_keeps_the_old_file),
        FOLDER_TEST(test_nothing_is_visible_before_the_rename),
        FOLDER_TEST(test_discard),
        FOLDER_TEST(test_the_folder_is_renamed_meanwhile),
        FOLDER_TEST(test_refused),
        FOLDER_TEST(test_a_name_that_is_too_long),
        FOLDER_TEST(test_a_write_that_fails),
        FOLDER_TEST(test_a_rename_that_fails),
        FOLDER_TEST(test_root_keeps_and_sets_the_owner),
        FOLDER_TEST(test_nobody_replaces_what_is_roots),
        FOLDER_TEST(test_leftovers),
        FOLDER_TEST(test_leftovers_of_a_long_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
