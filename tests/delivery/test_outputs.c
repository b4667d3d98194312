/* SPDX-License-Identifier: MIT */
/* Tests of delivery/delivery.h: files that templates ask for. */
#include "delivery/delivery.h"

#include "delivery/place.h"

#define MOST_OUTPUTS 3
#define NONE         NULL

/* A group of one file, named like it, relative to the folder. */
struct group {
    struct place *place;
    struct delivery_options options;
    struct delivery *delivery;
};

static void group_on_state(void *ctx, enum delivery_state state)
{
    struct group *group = ctx;

    if (state == DELIVERY_IDLE)
        loop_quit(group->place->rig->loop, 0);
}

static void group_init(struct group *group, struct place *place, struct claims *claims,
                       const char *name, const char *script)
{
    static const struct delivery_handler handler = { .on_state = group_on_state };

    *group = (struct group){ .place = place };
    group->options.name = memory_copy_string(name);
    group->options.n_files = 1;
    group->options.files = memory_alloc(sizeof(*group->options.files));
    group->options.files[0].destination = place_path(place, name);
    group->options.files[0].perms = FILE_KEEP_MODE;
    if (*script) {
        group->options.commands = NEW(struct delivery_command);
        group->options.commands[0] = (struct delivery_command){
            .command = { NEW(char *), 1, true },
            .timeout_ms = 10000,
        };
        group->options.commands[0].command.words[0] = memory_copy_string(script);
        group->options.n_commands = 1;
    }

    struct delivery_means means = place_means(place, claims, true);

    group->delivery = delivery_new(&means, &group->options, &handler, group);
}

static void group_fini(struct group *group)
{
    delivery_free(group->delivery);
    delivery_options_fini(&group->options);
}

/* The group's text is "text"; outputs are "PATH=TEXT" each, up to NONE, relative to the folder
 * unless they begin with "!". */
static bool put_with(struct group *group, mode_t perms, const char *const *outputs)
{
    struct delivery_output made[MOST_OUTPUTS];
    char *paths[MOST_OUTPUTS];
    struct slice text = SLICE("text");
    struct delivery_pass pass = { .texts = &text, .n_texts = 1, .outputs = made, .reason = "test" };

    for (; outputs[pass.n_outputs]; pass.n_outputs++) {
        struct slice rest = slice_from(outputs[pass.n_outputs]), name;

        assert_true(slice_next(&rest, '=', &name));

        char *own = slice_to_string(name);

        paths[pass.n_outputs] =
            own[0] == '!' ? memory_copy_string(own + 1) : place_path(group->place, own);
        made[pass.n_outputs] = (struct delivery_output){ slice_from(paths[pass.n_outputs]),
                                                         SLICE_EMPTY, SLICE_EMPTY, perms, rest };
        free(own);
    }

    bool is_changed = delivery_put(group->delivery, &pass);

    for (size_t i = 0; i < pass.n_outputs; i++)
        free(paths[i]);
    delivery_run_command(group->delivery);
    return is_changed;
}

#define put(group, ...) put_with((group), 0600, (const char *const[]){ __VA_ARGS__ })

static struct stat look_at(const struct place *place, const char *name)
{
    char *path = place_path(place, name);
    struct stat st;

    assert_int_equal(lstat(path, &st), 0);
    free(path);
    return st;
}

static void make_link(const struct place *place, const char *target, const char *name)
{
    char *path = place_path(place, name);

    assert_int_equal(symlink(target, path), 0);
    free(path);
}

static void make_folder(const struct place *place, const char *name)
{
    char *path = place_path(place, name);

    assert_int_equal(mkdir(path, 0755), 0);
    free(path);
}

/* --- One group --- */

/* What a check finds in a folder that it names is what will be there. */
static void test_a_check_does_not_see_what_will_be_removed(void **state)
{
    struct place *place = *state;
    CLEANUP(claims_freep) struct claims *claims = claims_new();
    CLEANUP(buf_fini) struct buf script = BUF_EMPTY;
    struct group group;

    group_init(&group, place, claims, "a", "true");
    buf_printf(&script, "cd %s/sub && cat * >>$DIR/seen", place->dir);
    group.options.files[0].check = (struct command){ NEW(char *), 1, true };
    group.options.files[0].check.words[0] = memory_copy_string(script.ptr);
    put(&group, "sub/x=1", "sub/y=2", NONE);
    assert_int_equal(rig_run(place->rig), 0);
    assert_string_equal(place_read(place, "seen"), "12");
    put(&group, "sub/x=3", NONE);
    assert_int_equal(rig_run(place->rig), 0);
    assert_string_equal(place_read(place, "seen"), "123");
    assert_string_equal(place_read(place, "sub/y"), "(none)");
    group_fini(&group);
}

static void test_installed_together(void **state)
{
    struct place *place = *state;
    CLEANUP(claims_freep) struct claims *claims = claims_new();
    struct group group;

    group_init(&group, place, claims, "a",
               "cat $DIR/a $DIR/sub/x $DIR/y >$DIR/t; echo \"$EDGEWRIGHT_FILES\" >$DIR/files");
    assert_true(put(&group, "sub/x=1", "y=2", NONE));
    assert_int_equal(rig_run(place->rig), 0);
    assert_string_equal(place_read(place, "sub/x"), "1");
    assert_string_equal(place_read(place, "y"), "2");
    assert_int_equal(look_at(place, "sub/x").st_mode & 07777, 0600);
    assert_int_equal(look_at(place, "sub").st_mode & 07777, 0755);
    assert_string_equal(place_read(place, "t"), "text12");

    CLEANUP(buf_fini) struct buf files = BUF_EMPTY;

    buf_printf(&files, "%s/a\n%s/sub/x\n%s/y\n", place->dir, place->dir, place->dir);
    assert_string_equal(place_read(place, "files"), files.ptr);
    group_fini(&group);
}

/* Nothing is in place if one of them cannot be written; later all of them. */
static void test_all_or_none(void **state)
{
    struct place *place = *state;
    CLEANUP(claims_freep) struct claims *claims = claims_new();
    char *blocker = place_path(place, "file");
    struct group group;

    place_write(place, "file", "");
    group_init(&group, place, claims, "a", "");
    assert_false(put(&group, "x=1", "file/y=2", NONE));
    assert_int_equal(delivery_get_state(group.delivery), DELIVERY_WRITING);
    assert_string_equal(place_read(place, "a"), "(none)");
    assert_string_equal(place_read(place, "x"), "(none)");
    assert_int_equal(unlink(blocker), 0);
    assert_int_equal(rig_run(place->rig), 0);
    assert_string_equal(place_read(place, "a"), "text");
    assert_string_equal(place_read(place, "x"), "1");
    assert_string_equal(place_read(place, "file/y"), "2");
    group_fini(&group);
    free(blocker);
}

static void test_unchanged_is_not_touched(void **state)
{
    struct place *place = *state;
    CLEANUP(claims_freep) struct claims *claims = claims_new();
    struct group group;

    group_init(&group, place, claims, "a", "");
    assert_true(put(&group, "x=1", "y=1", NONE));

    ino_t x = look_at(place, "x").st_ino, y = look_at(place, "y").st_ino;

    assert_false(put(&group, "x=1", "y=1", NONE));
    assert_true(put(&group, "x=1", "y=2", NONE));
    assert_int_equal(look_at(place, "x").st_ino, x);
    assert_int_not_equal(look_at(place, "y").st_ino, y);
    group_fini(&group);
}

/* The mode is part of what the template says. */
static void test_another_mode(void **state)
{
    struct place *place = *state;
    CLEANUP(claims_freep) struct claims *claims = claims_new();
    struct group group;

    place_write(place, "x", "1");
    group_init(&group, place, claims, "a", "");
    assert_true(put(&group, "x=1", NONE));
    assert_int_equal(look_at(place, "x").st_mode & 07777, 0600);
    assert_true(put_with(&group, 0640, (const char *const[]){ "x=1", NONE }));
    assert_int_equal(look_at(place, "x").st_mode & 07777, 0640);
    group_fini(&group);
}

static void test_removed_when_no_longer_written(void **state)
{
    struct place *place = *state;
    CLEANUP(claims_freep) struct claims *claims = claims_new();
    struct group group;

    group_init(&group, place, claims, "a", "echo ran >>$DIR/t");
    assert_true(put(&group, "x=1", "y=2", NONE));
    assert_int_equal(rig_run(place->rig), 0);
    buf_clear(&logged);
    assert_true(put(&group, "y=2", NONE));
    assert_string_equal(place_read(place, "x"), "(none)");
    assert_string_equal(place_read(place, "y"), "2");
    assert_int_equal(rig_run(place->rig), 0);
    assert_string_equal(place_read(place, "t"), "ran\nran\n");
    place_assert_log(place, "info delivery 'a': removed 'DIR/x', which its template does not write "
                            "any more\n");
    assert_false(put(&group, "y=2", NONE));
    group_fini(&group);
}

/* What this process has not installed is not its to remove: a file that was there before and was
 * right, one that somebody has put in the place of ours. */
static void test_not_removed(void **state)
{
    struct place *place = *state;
    CLEANUP(claims_freep) struct claims *claims = claims_new();
    char *x = place_path(place, "x"), *y = place_path(place, "y"), *z = place_path(place, "z");
    struct group group;

    place_write(place, "x", "1");
    assert_int_equal(chmod(x, 0600), 0);
    group_init(&group, place, claims, "a", "");
    assert_true(put(&group, "x=1", "y=1", "z=1", NONE));
    place_write(place, "new", "theirs");

    char *new = place_path(place, "new");

    assert_int_equal(rename(new, y), 0);
    assert_int_equal(unlink(z), 0);
    make_link(place, "x", "z");
    assert_false(put(&group, NONE));
    assert_string_equal(place_read(place, "x"), "1");
    assert_string_equal(place_read(place, "y"), "theirs");
    assert_true(S_ISLNK(look_at(place, "z").st_mode));
    group_fini(&group);
    free(x);
    free(y);
    free(z);
    free(new);
}

static void test_refused_paths(void **state)
{
    static const struct {
        const char *name, *output, *want;
    } cases[] = {
        { "a link", "link=1", "install 'DIR/link': is a symbolic link" },
        { "a link to nothing", "dangling=1", "install 'DIR/dangling': is a symbolic link" },
        { "in a folder that is a link", "folderlink/x=1",
          "install 'DIR/folderlink/x': folder 'DIR/folderlink' is a symbolic link" },
        { "the same, spelled otherwise", "folderlink//./x=1",
          "install 'DIR/folderlink/x': folder 'DIR/folderlink' is a symbolic link" },
        { "a folder", "sub=1", "install 'DIR/sub': is a folder" },
        { "named as a folder", "new/=1", "install 'DIR/new/': is a folder" },
        { "the folder itself", "new/.=1", "install 'DIR/new/.': is a folder" },
        { "upwards", "sub/../x=1", "install 'DIR/sub/../x': the path has '..' in it" },
        { "a line break", "x\ny=1", "install 'DIR/x\ny': the path has a line break in it" },
        { "its own destination", "a=1", "install 'DIR/a': its template writes it twice" },
    };
    struct place *place = *state;

    make_folder(place, "sub");
    place_write(place, "target", "old");
    make_link(place, "target", "link");
    make_link(place, "nothing", "dangling");
    make_link(place, "sub", "folderlink");
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP(claims_freep) struct claims *claims = claims_new();
        CLEANUP(buf_fini) struct buf want = BUF_EMPTY;
        struct group group;

        print_message("%s\n", cases[i].name);
        group_init(&group, place, claims, "a", "");
        assert_false(put(&group, "before=1", cases[i].output, NONE));
        assert_string_equal(place_read(place, "a"), "(none)");
        assert_string_equal(place_read(place, "before"), "(none)");
        assert_string_equal(place_read(place, "target"), "old");
        assert_string_equal(place_read(place, "sub/x"), "(none)");
        assert_string_equal(place_read(place, "nothing"), "(none)");
        buf_printf(&want, "err delivery 'a': %s; next attempt in T\n", cases[i].want);
        place_assert_log(place, want.ptr);
        group_fini(&group);
    }
}

static void test_relative_to_the_working_directory(void **state)
{
    struct place *place = *state;
    CLEANUP(claims_freep) struct claims *claims = claims_new();
    struct group group;

    assert_int_equal(chdir(place->dir), 0);
    group_init(&group, place, claims, "a", "");
    assert_true(put(&group, "!./sub//x=1", "!y=2", NONE));
    assert_string_equal(place_read(place, "sub/x"), "1");
    assert_string_equal(place_read(place, "y"), "2");
    /* One file under two names. */
    assert_false(put(&group, "!y=1", "y=2", NONE));
    assert_non_null(
        strstr(delivery_last_error(group.delivery), "/y': its template writes it twice"));
    /* Another name for it: the file stays. */
    assert_true(put(&group, "y=3", NONE));
    assert_string_equal(place_read(place, "y"), "3");
    assert_string_equal(place_read(place, "sub/x"), "(none)");
    group_fini(&group);
    assert_int_equal(chdir("/"), 0);
}

/* --- Two groups --- */

static void test_two_write_one_file(void **state)
{
    struct place *place = *state;
    CLEANUP(claims_freep) struct claims *claims = claims_new();
    struct group a, b;

    group_init(&a, place, claims, "a", "");
    group_init(&b, place, claims, "b", "");
    assert_true(put(&a, "x=1", NONE));
    buf_clear(&logged);
    assert_false(put(&b, "x=2", NONE));
    place_assert_log(place, "err delivery 'b': install 'DIR/x': delivery 'a' writes it, too; next "
                            "attempt in T\n");
    assert_string_equal(place_read(place, "x"), "1");
    assert_string_equal(place_read(place, "b"), "(none)");

    /* A destination counts before its first text. */
    assert_false(put(&a, "b=1", NONE));
    place_assert_log(place, "err delivery 'a': install 'DIR/b': delivery 'b' writes it, too; next "
                            "attempt in T\n");

    /* The one lets it go, the other tries again by itself. */
    assert_true(put(&a, NONE));
    assert_string_equal(place_read(place, "x"), "(none)");
    assert_int_equal(rig_run(place->rig), 0); /* for a, which is idle already */
    if (delivery_get_state(b.delivery) == DELIVERY_WRITING)
        assert_int_equal(rig_run(place->rig), 0);
    assert_string_equal(place_read(place, "x"), "2");
    group_fini(&a);
    group_fini(&b);
}

/* The configuration was read again. What the delivery before has installed, its heir removes; not
 * what somebody else writes by now. */
static void test_inherited(void **state)
{
    struct place *place = *state;
    CLEANUP(claims_freep) struct claims *before = claims_new(), *after = claims_new();
    struct group old, new, other;

    group_init(&old, place, before, "a", "");
    assert_true(put(&old, "x=1", "y=1", NONE));
    group_init(&new, place, after, "a", "");
    group_init(&other, place, after, "y", "");
    delivery_inherit(new.delivery, old.delivery);
    group_fini(&old);
    assert_true(put(&new, NONE));
    assert_string_equal(place_read(place, "x"), "(none)");
    assert_string_equal(place_read(place, "y"), "1");
    group_fini(&new);
    group_fini(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLACE_TEST(test_a_check_does_not_see_what_will_be_removed),
        PLACE_TEST(test_installed_together),
        PLACE_TEST(test_all_or_none),
        PLACE_TEST(test_unchanged_is_not_touched),
        PLACE_TEST(test_another_mode),
        PLACE_TEST(test_removed_when_no_longer_written),
        PLACE_TEST(test_not_removed),
        PLACE_TEST(test_refused_paths),
        PLACE_TEST(test_relative_to_the_working_directory),
        PLACE_TEST(test_two_write_one_file),
        PLACE_TEST(test_inherited),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
