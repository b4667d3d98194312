/* SPDX-License-Identifier: MIT */
/* Files watched for changes: replaced, rewritten, removed, behind links, not there yet. */
#include <stdio.h>
#include <stdlib.h>
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_file_changes),
        cmocka_unit_test(test_a_link_leads_elsewhere),
        cmocka_unit_test(test_a_folder_that_comes_later),
        cmocka_unit_test(test_a_watch_frees_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
