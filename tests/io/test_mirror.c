/* SPDX-License-Identifier: MIT */
/* A folder as it will be: what is seen in it, and that nothing is left of it. */
#include "io/mirror.h"

#include <dirent.h>
#include <errno.h>

#include "io/own_folder.h"

#include "unit.h"

struct scene {
    struct temp_file beside;
    struct mirror mirror;
};

static void scene_init(struct scene *scene)
{
    struct error err;

    scene->mirror = MIRROR_NONE;
    assert_true(temp_file_create(&scene->beside, "x", &FILE_ATTRIBUTES_KEEP, &err));
}

static void scene_fini(struct scene *scene)
{
    mirror_discard(&scene->mirror);
    temp_file_discard(&scene->beside);
}

static char *absolute(const struct folder *folder, const char *name)
{
    struct buf path = BUF_EMPTY;

    buf_printf(&path, "%s/%s", folder->path, name);
    return buf_take(&path);
}

static bool make(struct scene *scene, const struct folder *folder, const char *name,
                 const char *changed, const char *target, struct error *err)
{
    char *path = absolute(folder, name), *inner = absolute(folder, changed);
    const struct mirror_change change = { inner, target };
    bool is_ok = mirror_make(&scene->mirror, &scene->beside, path, &change, 1, err);

    free(path);
    free(inner);
    return is_ok;
}

/* "(none)" where there is nothing. */
static void assert_seen(const struct scene *scene, const char *name, const char *want)
{
    CLEANUP(buf_fini) struct buf path = BUF_EMPTY, text = BUF_EMPTY;
    struct error err;

    mirror_format_path(&scene->mirror, &path);
    buf_printf(&path, "/%s", name);
    if (!file_read(path.ptr, 100, &text, &err))
        buf_add_string(&text, err.sys_errno == ENOENT ? "(none)" : err.text);
    assert_string_equal(buf_slice(&text).ptr, want);
}

static size_t count_entries(const char *path)
{
    DIR *dir = opendir(path);
    size_t n = 0;

    assert_non_null(dir);
    while (readdir(dir))
        n++;
    closedir(dir);
    return n - 2; /* . and .. */
}

static void test_what_is_in_it(void **state)
{
    struct folder *folder = *state;
    char *target = absolute(folder, "target");
    struct scene scene;
    struct error err;

    assert_int_equal(mkdir("d", 0755) + mkdir("d/e", 0755), 0);
    put_file("target", "new", 0644);
    put_file("d/a", "a", 0644);
    put_file("d/e/b", "b", 0644);
    put_file("d/e/c", "c", 0644);
    scene_init(&scene);
    assert_true(make(&scene, folder, "d", "d/e/b", target, &err));
    assert_seen(&scene, "a", "a");
    assert_seen(&scene, "e/b", "new");
    assert_seen(&scene, "e/c", "c");
    mirror_discard(&scene.mirror);
    assert_true(make(&scene, folder, "d", "d/e/b", NULL, &err));
    assert_seen(&scene, "e/b", "(none)");
    assert_seen(&scene, "e/c", "c");
    mirror_discard(&scene.mirror);

    /* One that is not there yet, and one that is none. */
    assert_true(make(&scene, folder, "n", "n/e/b", target, &err));
    assert_seen(&scene, "e/b", "new");
    mirror_discard(&scene.mirror);
    assert_false(make(&scene, folder, "target", "target/b", target, &err));
    assert_string_equal(err.text, "open: Not a directory");
    scene_fini(&scene);
    assert_int_equal(count_entries("."), 2);
    assert_int_equal(count_entries("d/e"), 2);
    free(target);
}

/* A link in it may lead to a folder of others: what is there stays. */
static void test_removal_follows_no_link(void **state)
{
    struct folder *folder = *state;
    CLEANUP(buf_fini) struct buf path = BUF_EMPTY;
    struct scene scene;
    struct error err;

    assert_int_equal(mkdir("d", 0755) + mkdir("other", 0755), 0);
    put_file("other/kept", "kept", 0644);
    assert_int_equal(symlink("../other", "d/link"), 0);
    scene_init(&scene);
    assert_true(make(&scene, folder, "d", "d/b", NULL, &err));
    assert_seen(&scene, "link/kept", "kept");

    /* Checkers write where they please. */
    mirror_format_path(&scene.mirror, &path);
    buf_add_string(&path, "/report");
    put_file(path.ptr, "all is well", 0644);
    scene_fini(&scene);
    assert_int_equal(count_entries("other"), 1);
    assert_int_equal(count_entries("."), 2);
}

static void test_what_a_killed_process_leaves(void **state)
{
    const struct timespec old[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };
    struct folder *folder = *state;
    struct scene scene;
    struct error err;

    assert_int_equal(mkdir("d", 0755), 0);
    put_file("d/a", "a", 0644);
    scene_init(&scene);
    assert_true(make(&scene, folder, "d", "d/b", NULL, &err));
    assert_int_equal(utimensat(AT_FDCWD, scene.mirror.name, old, 0), 0);
    temp_file_remove_leftovers("x");
    assert_seen(&scene, "a", "a"); /* it is in use */
    close(scene.mirror.fd);
    scene.mirror.fd = -1;
    temp_file_remove_leftovers("x");
    assert_int_equal(access(scene.mirror.name, F_OK), -1);
    scene_fini(&scene);
    assert_int_equal(count_entries("d"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FOLDER_TEST(test_what_is_in_it),
        FOLDER_TEST(test_removal_follows_no_link),
        FOLDER_TEST(test_what_a_killed_process_leaves),
    };

    return cmocka_run_group_tests_name("mirror", tests, NULL, NULL);
}
