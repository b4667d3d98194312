/* SPDX-License-Identifier: MIT */
/* Files watched for changes: replaced, rewritten, removed, behind links, not there yet. */
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/file_watch.h"
#include "io/timer.h"
#include "unit.h"

#define DEADLINE_MS 20000 /* far above what a notice takes; only a test that fails meets it */

struct fixture {
    struct loop *loop;
    struct file_watcher *watcher;
    struct file_watch *watch;
    unsigned n_notices;
    char folder[64];
};

static void on_notice(void *ctx)
{
    struct fixture *fixture = ctx;

    fixture->n_notices++;
    loop_quit(fixture->loop, 0);
}

static void on_deadline(void *ctx)
{
    struct fixture *fixture = ctx;

    loop_quit(fixture->loop, 1);
}

/* Runs the loop until a notice comes. */
static void wait_for_notice(struct fixture *fixture)
{
    struct error err = ERROR_EMPTY;
    struct timer deadline;
    int status = 1;

    timer_init(&deadline, fixture->loop, on_deadline, fixture);
    timer_start_ms(&deadline, DEADLINE_MS);
    assert_true(loop_run(fixture->loop, &status, &err));
    timer_fini(&deadline);
    assert_int_equal(status, 0);
}

static const char *path_of(const struct fixture *fixture, const char *name)
{
    static char paths[4][128];
    static unsigned next;
    char *path = paths[next++ % 4];

    snprintf(path, sizeof(paths[0]), "%s/%s", fixture->folder, name);
    return path;
}

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void start(struct fixture *fixture, const char *name)
{
    struct error err = ERROR_EMPTY;

    assert_true(loop_new(&fixture->loop, &err));
    assert_true(file_watcher_new(fixture->loop, &fixture->watcher, &err));
    fixture->watch = file_watch_start(fixture->watcher, path_of(fixture, name), on_notice, fixture);
}

static void stop(struct fixture *fixture)
{
    char command[128];

    file_watch_free(fixture->watch);
    file_watcher_free(fixture->watcher);
    loop_free(fixture->loop);
    snprintf(command, sizeof(command), "rm -rf %s", fixture->folder);
    assert_int_equal(system(command), 0);
}

static struct fixture make_folder(void)
{
    struct fixture fixture = { .folder = "/tmp/edgewright-test-XXXXXX" };

    assert_non_null(mkdtemp(fixture.folder));
    return fixture;
}

static void test_a_file_changes(void **state)
{
    struct fixture fixture = make_folder();

    (void)state;
    write_text(path_of(&fixture, "a"), "1");
    start(&fixture, "a");
    write_text(path_of(&fixture, "a"), "two");
    wait_for_notice(&fixture);
    write_text(path_of(&fixture, "b"), "three");
    assert_int_equal(rename(path_of(&fixture, "b"), path_of(&fixture, "a")), 0);
    wait_for_notice(&fixture);
    assert_int_equal(unlink(path_of(&fixture, "a")), 0);
    wait_for_notice(&fixture);
    write_text(path_of(&fixture, "a"), "four");
    wait_for_notice(&fixture);
    stop(&fixture);
}

static void test_a_link_leads_elsewhere(void **state)
{
    struct fixture fixture = make_folder();

    (void)state;
    assert_int_equal(mkdir(path_of(&fixture, "v1"), 0700), 0);
    assert_int_equal(mkdir(path_of(&fixture, "v2"), 0700), 0);
    write_text(path_of(&fixture, "v1/a"), "1");
    write_text(path_of(&fixture, "v2/a"), "2");
    assert_int_equal(symlink("v1", path_of(&fixture, "..data")), 0);
    assert_int_equal(symlink("..data/a", path_of(&fixture, "a")), 0);
    start(&fixture, "a");
    assert_int_equal(symlink("v2", path_of(&fixture, "..new")), 0);
    assert_int_equal(rename(path_of(&fixture, "..new"), path_of(&fixture, "..data")), 0);
    wait_for_notice(&fixture);
    write_text(path_of(&fixture, "v2/a"), "behind the link");
    wait_for_notice(&fixture);
    stop(&fixture);
}

static void test_a_folder_that_comes_later(void **state)
{
    struct fixture fixture = make_folder();

    (void)state;
    start(&fixture, "later/a");
    assert_int_equal(mkdir(path_of(&fixture, "later"), 0700), 0);
    write_text(path_of(&fixture, "later/a"), "1");
    wait_for_notice(&fixture);
    write_text(path_of(&fixture, "later/a"), "two");
    wait_for_notice(&fixture);
    stop(&fixture);
}

static void free_watch(void *ctx)
{
    struct fixture *fixture = ctx;

    file_watch_free(fixture->watch);
    fixture->watch = NULL;
}

static void test_a_watch_frees_itself(void **state)
{
    struct fixture fixture = make_folder();
    struct file_watch *other;

    (void)state;
    write_text(path_of(&fixture, "a"), "1");
    start(&fixture, "a");
    other = fixture.watch;
    fixture.watch = file_watch_start(fixture.watcher, path_of(&fixture, "a"), free_watch, &fixture);
    write_text(path_of(&fixture, "a"), "two");
    wait_for_notice(&fixture);
    assert_null(fixture.watch);
    write_text(path_of(&fixture, "a"), "three");
    wait_for_notice(&fixture);
    fixture.watch = other;
    stop(&fixture);
}

/* As a release is switched: the link is a folder on the way, not the file. */
static void test_a_folder_on_the_way_is_a_link(void **state)
{
    struct fixture fixture = make_folder();

    (void)state;
    assert_int_equal(mkdir(path_of(&fixture, "r1"), 0700), 0);
    assert_int_equal(mkdir(path_of(&fixture, "r2"), 0700), 0);
    write_text(path_of(&fixture, "r1/a"), "1");
    write_text(path_of(&fixture, "r2/a"), "2");
    assert_int_equal(symlink("./r1", path_of(&fixture, "current")), 0);
    start(&fixture, "current/../current/a");
    assert_int_equal(symlink(path_of(&fixture, "r2"), path_of(&fixture, "new")), 0);
    assert_int_equal(rename(path_of(&fixture, "new"), path_of(&fixture, "current")), 0);
    wait_for_notice(&fixture);
    write_text(path_of(&fixture, "r2/a"), "behind the link");
    wait_for_notice(&fixture);
    stop(&fixture);
}

static void test_a_link_in_another_folder(void **state)
{
    struct fixture fixture = make_folder();

    (void)state;
    assert_int_equal(mkdir(path_of(&fixture, "x"), 0700), 0);
    assert_int_equal(mkdir(path_of(&fixture, "y"), 0700), 0);
    write_text(path_of(&fixture, "one"), "1");
    write_text(path_of(&fixture, "two"), "2");
    assert_int_equal(symlink("../y/b", path_of(&fixture, "x/a")), 0);
    assert_int_equal(symlink("../one", path_of(&fixture, "y/b")), 0);
    start(&fixture, "x/a");
    assert_int_equal(symlink("../two", path_of(&fixture, "y/new")), 0);
    assert_int_equal(rename(path_of(&fixture, "y/new"), path_of(&fixture, "y/b")), 0);
    wait_for_notice(&fixture);
    stop(&fixture);
}

static void test_a_folder_on_the_way_is_replaced(void **state)
{
    struct fixture fixture = make_folder();

    (void)state;
    assert_int_equal(mkdir(path_of(&fixture, "x"), 0700), 0);
    assert_int_equal(mkdir(path_of(&fixture, "x/y"), 0700), 0);
    write_text(path_of(&fixture, "x/y/a"), "1");
    start(&fixture, "x/y/a");
    assert_int_equal(rename(path_of(&fixture, "x"), path_of(&fixture, "old")), 0);
    wait_for_notice(&fixture);
    assert_int_equal(mkdir(path_of(&fixture, "new"), 0700), 0);
    assert_int_equal(mkdir(path_of(&fixture, "new/y"), 0700), 0);
    write_text(path_of(&fixture, "new/y/a"), "2");
    assert_int_equal(rename(path_of(&fixture, "new"), path_of(&fixture, "x")), 0);
    wait_for_notice(&fixture);
    write_text(path_of(&fixture, "x/y/a"), "three");
    wait_for_notice(&fixture);
    stop(&fixture);
}

static void test_a_loop_of_links(void **state)
{
    struct fixture fixture = make_folder();

    (void)state;
    assert_int_equal(symlink("b", path_of(&fixture, "a")), 0);
    assert_int_equal(symlink("a", path_of(&fixture, "b")), 0);
    start(&fixture, "a");
    assert_int_equal(unlink(path_of(&fixture, "b")), 0);
    write_text(path_of(&fixture, "b"), "1");
    wait_for_notice(&fixture);
    stop(&fixture);
}

/* Two writes within a tick of the file system's clock look alike; so does none. */
static void test_written_and_looking_as_before(void **state)
{
    struct fixture fixture = make_folder();

    (void)state;
    write_text(path_of(&fixture, "a"), "1");
    start(&fixture, "a");
    close(open(path_of(&fixture, "a"), O_WRONLY | O_CLOEXEC));
    wait_for_notice(&fixture);
    stop(&fixture);
}

static void test_written_and_kept_open(void **state)
{
    struct fixture fixture = make_folder();
    int fd;

    (void)state;
    write_text(path_of(&fixture, "a"), "1");
    start(&fixture, "a");
    fd = open(path_of(&fixture, "a"), O_WRONLY | O_APPEND | O_CLOEXEC);
    assert_int_equal(write(fd, "2", 1), 1);
    wait_for_notice(&fixture);
    close(fd);
    stop(&fixture);
}

static int find_inotify(void)
{
    DIR *dir = opendir("/proc/self/fd");
    struct dirent *entry;
    int found = -1;

    assert_non_null(dir);
    while ((entry = readdir(dir))) {
        char target[64] = "";

        if (readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1) > 0 &&
            strcmp(target, "anon_inode:inotify") == 0)
            found = atoi(entry->d_name);
    }
    closedir(dir);
    assert_true(found >= 0);
    return found;
}

static unsigned count_marks(void)
{
    char path[64], line[512];
    unsigned n = 0;
    FILE *file;

    snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", find_inotify());
    file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file))
        n += strncmp(line, "inotify", strlen("inotify")) == 0;
    fclose(file);
    return n;
}

static void test_marks_do_not_pile_up(void **state)
{
    struct fixture fixture = make_folder();
    unsigned n_marks;

    (void)state;
    assert_int_equal(mkdir(path_of(&fixture, "r0"), 0700), 0);
    assert_int_equal(mkdir(path_of(&fixture, "r1"), 0700), 0);
    write_text(path_of(&fixture, "r0/a"), "1");
    write_text(path_of(&fixture, "r1/a"), "2");
    assert_int_equal(symlink("r0", path_of(&fixture, "current")), 0);
    start(&fixture, "current/a");
    n_marks = count_marks();
    for (int i = 1; i < 10; i++) {
        assert_int_equal(symlink(i % 2 ? "r1" : "r0", path_of(&fixture, "new")), 0);
        assert_int_equal(rename(path_of(&fixture, "new"), path_of(&fixture, "current")), 0);
        wait_for_notice(&fixture);
        assert_int_equal(count_marks(), n_marks);
    }
    file_watch_free(fixture.watch);
    fixture.watch = NULL;
    assert_int_equal(count_marks(), 0);
    stop(&fixture);
}

/* While a folder is missing, all that happens beside it must be looked at; afterwards not. */
static void test_others_do_not_wake_us(void **state)
{
    struct fixture fixture = make_folder();
    struct pollfd events = { .events = POLLIN };

    (void)state;
    start(&fixture, "later/a");
    assert_int_equal(mkdir(path_of(&fixture, "later"), 0700), 0);
    write_text(path_of(&fixture, "later/a"), "1");
    wait_for_notice(&fixture);
    events.fd = find_inotify();
    if (poll(&events, 1, 0) > 0) { /* what the notice left over */
        write_text(path_of(&fixture, "later/a"), "two");
        wait_for_notice(&fixture);
    }
    assert_int_equal(poll(&events, 1, 0), 0);
    write_text(path_of(&fixture, "other"), "1");
    assert_int_equal(poll(&events, 1, 0), 0);
    stop(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_file_changes),
        cmocka_unit_test(test_a_link_leads_elsewhere),
        cmocka_unit_test(test_a_folder_that_comes_later),
        cmocka_unit_test(test_a_watch_frees_itself),
        cmocka_unit_test(test_a_folder_on_the_way_is_a_link),
        cmocka_unit_test(test_a_link_in_another_folder),
        cmocka_unit_test(test_a_folder_on_the_way_is_replaced),
        cmocka_unit_test(test_a_loop_of_links),
        cmocka_unit_test(test_written_and_looking_as_before),
        cmocka_unit_test(test_written_and_kept_open),
        cmocka_unit_test(test_marks_do_not_pile_up),
        cmocka_unit_test(test_others_do_not_wake_us),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
