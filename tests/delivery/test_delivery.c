/* SPDX-License-Identifier: MIT */
/* Tests of delivery/delivery.h with real files and real commands. */
#include "delivery/delivery.h"

#include <sys/wait.h>

#include "delivery/place.h"

#define MOST_FILES 3

/* A group whose files are named relative to the folder, and a record of its states. */
struct group {
    struct place *place;
    struct delivery_options options;
    struct claims *claims; /* its own: as after each reading of the configuration */
    struct delivery *delivery;
    struct buf states;
    enum delivery_state quit_at;
};

static void group_on_state(void *ctx, enum delivery_state state)
{
    struct group *group = ctx;

    buf_printf(&group->states, "%s ", delivery_state_name(state));
    if (state == group->quit_at)
        loop_quit(group->place->rig->loop, 0);
}

static const struct delivery_handler group_handler = { .on_state = group_on_state };

/* script: "" for no command. The loop ends when the group is idle again, unless told otherwise. */
static void group_init(struct group *group, struct place *place, const char *const *names,
                       const char *script)
{
    *group = (struct group){ .place = place, .claims = claims_new(), .quit_at = DELIVERY_IDLE };
    group->options.name = memory_copy_string("web");
    group->options.files = memory_alloc(MOST_FILES * sizeof(*group->options.files));
    for (; names[group->options.n_files]; group->options.n_files++) {
        struct delivery_file *file = &group->options.files[group->options.n_files];

        file->destination = place_path(place, names[group->options.n_files]);
        file->perms = FILE_KEEP_MODE;
    }
    if (*script) {
        group->options.commands = NEW(struct delivery_command);
        group->options.commands[0] = (struct delivery_command){
            .command = { NEW(char *), 1, true },
            .timeout_ms = 10000,
        };
        group->options.commands[0].command.words[0] = memory_copy_string(script);
        group->options.n_commands = 1;
    }
}

static void group_start(struct group *group, bool is_retrying)
{
    struct delivery_means means = place_means(group->place, group->claims, is_retrying);

    group->delivery = delivery_new(&means, &group->options, &group_handler, group);
}

static void group_fini(struct group *group)
{
    delivery_free(group->delivery);
    claims_free(group->claims);
    delivery_options_fini(&group->options);
    buf_fini(&group->states);
}

static const char *const one_file[] = { "a", NULL };
static const char *const two_files[] = { "a", "sub/b", NULL };

/* Texts for the group's files, then the command; whether any file changed. */
static bool put(struct group *group, const char *a, const char *b)
{
    struct slice texts[] = { slice_from(a), slice_from(b) };
    struct delivery_pass pass = { .texts = texts,
                                  .n_texts = group->options.n_files,
                                  .reason = "test" };
    bool is_changed = delivery_put(group->delivery, &pass);

    delivery_run_command(group->delivery);
    return is_changed;
}

static void assert_states(struct group *group, const char *want)
{
    assert_string_equal(buf_slice(&group->states).ptr, want);
    buf_clear(&group->states);
}

static void make_folder(const struct place *place, const char *name)
{
    char *path = place_path(place, name);

    assert_int_equal(mkdir(path, 0755), 0);
    free(path);
}

static struct stat look_at(const struct place *place, const char *name)
{
    char *path = place_path(place, name);
    struct stat st;

    assert_int_equal(lstat(path, &st), 0);
    free(path);
    return st;
}

static void test_install_and_command(void **state)
{
    struct place *place = *state;
    struct group group;

    group_init(&group, place, one_file, "echo \"$EDGEWRIGHT_FILES $EDGEWRIGHT_REASON\" >$DIR/t");
    group.options.files[0].perms = 0640;
    group_start(&group, true);
    assert_true(put(&group, "text\n", NULL));
    assert_string_equal(place_read(place, "a"), "text\n");
    assert_int_equal(look_at(place, "a").st_mode & 07777, 0640);
    assert_int_equal(delivery_get_state(group.delivery), DELIVERY_QUEUED);
    assert_int_equal(rig_run(place->rig), 0);
    assert_states(&group, "queued idle ");
    assert_string_equal(delivery_last_error(group.delivery), "");

    CLEANUP(buf_fini) struct buf want = BUF_EMPTY;

    buf_printf(&want, "%s test\n", group.options.files[0].destination);
    assert_string_equal(place_read(place, "t"), want.ptr);
    place_assert_log(place, ""); /* its owner has more to say of it, and says it once */
    group_fini(&group);
}

static void test_same_text_touches_nothing(void **state)
{
    struct place *place = *state;
    struct group group;

    place_write(place, "a", "text\n");

    struct stat before = look_at(place, "a");

    group_init(&group, place, one_file, "echo ran >$DIR/t");
    group_start(&group, true);
    assert_false(put(&group, "text\n", NULL));
    assert_int_equal(delivery_get_state(group.delivery), DELIVERY_IDLE);
    assert_int_equal(look_at(place, "a").st_ino, before.st_ino);
    assert_true(command_queue_is_idle(place->queue));
    place_assert_log(place, "");
    group_fini(&group);
}

static void test_without_a_command(void **state)
{
    struct place *place = *state;
    struct group group;

    group_init(&group, place, one_file, "");
    group_start(&group, true);
    assert_true(put(&group, "1", NULL));
    assert_true(put(&group, "2", NULL));
    assert_int_equal(delivery_get_state(group.delivery), DELIVERY_IDLE);
    assert_string_equal(place_read(place, "a"), "2");
    group_fini(&group);
}

static void test_backup_and_folders(void **state)
{
    struct place *place = *state;
    struct group group;

    group_init(&group, place, two_files, "");
    group.options.files[0].backup = true;
    group.options.files[1].create_dest_dirs = true;
    group_start(&group, true);
    assert_true(put(&group, "1", "b"));
    assert_string_equal(place_read(place, "a.bak"), "(none)");
    assert_string_equal(place_read(place, "sub/b"), "b");
    assert_true(put(&group, "2", "b"));
    assert_string_equal(place_read(place, "a"), "2");
    assert_string_equal(place_read(place, "a.bak"), "1");
    assert_string_equal(place_read(place, "sub/b.bak"), "(none)");
    group_fini(&group);
}

/* One file of the group cannot be written: the other one stays, too, and nothing runs. Later it
 * can be. */
static void test_group_is_installed_together(void **state)
{
    struct place *place = *state;
    struct group group;

    place_write(place, "a", "old");
    group_init(&group, place, two_files, "cat $DIR/a $DIR/sub/b >>$DIR/t");
    group_start(&group, true);
    assert_false(put(&group, "1", "2"));
    assert_string_equal(place_read(place, "a"), "old");
    assert_int_equal(delivery_get_state(group.delivery), DELIVERY_WRITING);
    assert_true(command_queue_is_idle(place->queue));

    assert_false(put(&group, "3", "4")); /* a newer one takes its place; nothing new to say */
    make_folder(place, "sub");
    assert_int_equal(rig_run(place->rig), 0);
    assert_string_equal(place_read(place, "a"), "3");
    assert_string_equal(place_read(place, "sub/b"), "4");
    assert_string_equal(place_read(place, "t"), "34");
    assert_states(&group, "writing queued idle ");
    place_assert_log(
        place, "err delivery 'web': install 'DIR/sub/b': folder 'DIR/sub': No such file or "
               "directory; next attempt in T\n"
               "info delivery 'web': installed 'DIR/a' (1 bytes) after 2 failures in T\n"
               "info delivery 'web': installed 'DIR/sub/b' (1 bytes) after 2 failures in T\n");
    group_fini(&group);
}

/* What could not be written is not wanted any more. */
static void test_back_to_the_old_text(void **state)
{
    struct place *place = *state;
    struct group group;

    make_folder(place, "sub");
    place_write(place, "a", "old");
    place_write(place, "sub/b", "old");
    group_init(&group, place, two_files, "echo ran >$DIR/t");
    group.options.files[0].user = memory_copy_string("edgewright-no-such-user");
    group_start(&group, true);
    assert_false(put(&group, "new", "old"));
    assert_int_equal(delivery_get_state(group.delivery), DELIVERY_WRITING);
    assert_false(put(&group, "old", "old"));
    assert_int_equal(delivery_get_state(group.delivery), DELIVERY_IDLE);
    assert_string_equal(delivery_last_error(group.delivery), "");
    assert_true(command_queue_is_idle(place->queue));
    assert_non_null(
        strstr(logged.ptr, "info delivery 'web': nothing left to install after 1 failure in T\n"));
    group_fini(&group);
}

static void test_what_cannot_be_installed(void **state)
{
    static const struct {
        const char *name, *file, *user, *group, *want;
    } cases[] = {
        { "a folder", "sub", NULL, NULL, "install 'DIR/sub': is a folder" },
        { "no folder", "none/a", NULL, NULL,
          "install 'DIR/none/a': folder 'DIR/none': No such file or directory" },
        { "a file where a folder should be", "file/a", NULL, NULL,
          "install 'DIR/file/a': open: Not a directory" },
    };
    struct place *place = *state;

    make_folder(place, "sub");
    place_write(place, "file", "");
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const char *const names[] = { cases[i].file, NULL };
        CLEANUP(buf_fini) struct buf want = BUF_EMPTY;
        struct group group;

        print_message("%s\n", cases[i].name);
        group_init(&group, place, names, "true");
        group_start(&group, false);
        assert_false(put(&group, "x", NULL));
        assert_int_equal(delivery_get_state(group.delivery), DELIVERY_FAILED);
        buf_printf(&want, "err delivery 'web': %s\n", cases[i].want);
        place_assert_log(place, want.ptr);
        assert_true(command_queue_is_idle(place->queue));
        group_fini(&group);
    }
}

static void test_command_fails_for_good(void **state)
{
    struct place *place = *state;
    struct group group;

    group_init(&group, place, one_file, "exit 3");
    group.quit_at = DELIVERY_FAILED;
    group_start(&group, false);
    assert_true(put(&group, "x", NULL));
    assert_int_equal(rig_run(place->rig), 0);
    assert_states(&group, "queued failed ");
    assert_string_equal(delivery_last_error(group.delivery), "command: exit status 3");
    group_fini(&group);
}

static void test_command_is_owed(void **state)
{
    struct place *place = *state;
    struct group group;

    group_init(&group, place, one_file, "test -e $DIR/t || { : >$DIR/t; exit 1; }");
    group_start(&group, true);
    assert_true(put(&group, "x", NULL));
    group.quit_at = DELIVERY_OWED;
    assert_int_equal(rig_run(place->rig), 0);
    assert_string_equal(delivery_last_error(group.delivery), "command: exit status 1");
    assert_false(put(&group, "x", NULL)); /* the same text changes nothing about that */
    assert_int_equal(delivery_get_state(group.delivery), DELIVERY_OWED);

    group.quit_at = DELIVERY_IDLE;
    assert_int_equal(rig_run(place->rig), 0);
    assert_states(&group, "queued owed idle ");
    assert_string_equal(delivery_last_error(group.delivery), "");
    group_fini(&group);
}

static struct group *late_group;

/* While the command runs: when it has said something. */
static void put_late(const char *line)
{
    struct group *group = late_group;

    if (group && strstr(line, "output: now")) {
        late_group = NULL;
        assert_true(put(group, "2", NULL));
        assert_true(put(group, "3", NULL));
    }
}

static void test_new_texts_during_a_run(void **state)
{
    struct place *place = *state;
    struct group group;

    group_init(&group, place, one_file, "cat $DIR/a >>$DIR/t; echo now");
    group_start(&group, true);
    late_group = &group;
    log_hook = put_late;
    assert_true(put(&group, "1", NULL));
    assert_int_equal(rig_run(place->rig), 0);
    assert_states(&group, "queued idle ");
    assert_string_equal(place_read(place, "t"), "13"); /* one more run after it, for both */
    group_fini(&group);
}

static void put_without_command(const char *line)
{
    struct slice text = SLICE("2");
    struct delivery_pass pass = { .texts = &text, .n_texts = 1 };

    if (strstr(line, "output: now"))
        assert_true(delivery_put(late_group->delivery, &pass));
    if (strstr(line, " succeeded ("))
        loop_quit(late_group->place->rig->loop, 0);
}

/* A run that ends between an installation and its command has not taken it up. */
static void test_run_ends_before_the_command_is_queued(void **state)
{
    struct place *place = *state;
    struct group group;

    group_init(&group, place, one_file, "cat $DIR/a >>$DIR/t; echo now");
    group_start(&group, true);
    late_group = &group;
    log_set_level(LOG_LEVEL_DEBUG);
    log_hook = put_without_command;
    assert_true(put(&group, "1", NULL));
    assert_int_equal(rig_run(place->rig), 0);
    assert_int_equal(delivery_get_state(group.delivery), DELIVERY_QUEUED);
    assert_true(command_queue_is_idle(place->queue));

    log_hook = NULL;
    late_group = NULL;
    delivery_run_command(group.delivery);
    assert_int_equal(rig_run(place->rig), 0);
    assert_string_equal(place_read(place, "t"), "12");
    assert_states(&group, "queued idle ");
    group_fini(&group);
}

/* Between an installation and its command the next one fails: what is in place then may be half of
 * it. */
static void test_no_command_while_writing(void **state)
{
    struct place *place = *state;
    struct slice texts[] = { SLICE("1"), SLICE("2") };
    char *folder = place_path(place, "sub"), *away = place_path(place, "away");
    struct group group;

    make_folder(place, "sub");
    group_init(&group, place, two_files, "cat $DIR/a $DIR/sub/b >>$DIR/t");
    group_start(&group, true);
    assert_true(
        delivery_put(group.delivery, &(struct delivery_pass){ .texts = texts, .n_texts = 2 }));
    assert_int_equal(rename(folder, away), 0);
    assert_false(put(&group, "3", "4"));
    assert_int_equal(delivery_get_state(group.delivery), DELIVERY_WRITING);
    assert_true(command_queue_is_idle(place->queue));

    assert_int_equal(rename(away, folder), 0);
    assert_int_equal(rig_run(place->rig), 0);
    assert_string_equal(place_read(place, "t"), "34");
    group_fini(&group);
    free(folder);
    free(away);
}

/* A new text may be what mends the command: it does not wait for the next attempt. */
static void test_new_text_while_owed(void **state)
{
    struct place *place = *state;
    struct group group;

    group_init(&group, place, one_file, "grep -q good $DIR/a");
    group_start(&group, true);
    assert_true(put(&group, "bad\n", NULL));
    group.quit_at = DELIVERY_OWED;
    assert_int_equal(rig_run(place->rig), 0);
    group.quit_at = DELIVERY_IDLE;
    assert_true(put(&group, "good\n", NULL));
    assert_int_equal(rig_run(place->rig), 0);
    assert_states(&group, "queued owed queued idle ");
    group_fini(&group);
}

static void test_inherit(void **state)
{
    struct place *place = *state;
    struct group before, after;

    group_init(&before, place, one_file, "exit 1");
    before.quit_at = DELIVERY_OWED;
    group_start(&before, true);
    assert_true(put(&before, "x", NULL));
    assert_int_equal(rig_run(place->rig), 0);

    group_init(&after, place, one_file, "echo $EDGEWRIGHT_FILES $EDGEWRIGHT_REASON >$DIR/t");
    group_start(&after, true);
    delivery_inherit(after.delivery, before.delivery);
    assert_false(put(&after, "x", NULL)); /* nothing to install, but the command is owed */
    group_fini(&before);
    assert_int_equal(rig_run(place->rig), 0);
    assert_states(&after, "queued idle ");

    CLEANUP(buf_fini) struct buf want = BUF_EMPTY;

    buf_printf(&want, "%s test\n", after.options.files[0].destination);
    assert_string_equal(place_read(place, "t"), want.ptr);
    group_fini(&after);
}

/* A command that was asked for already is not asked for again; one that has not begun and is not
 * wanted any more is forgotten. */
static void test_inherit_what_is_asked_for(void **state)
{
    static const struct {
        const char *name, *command, *text, *want;
    } cases[] = {
        { "the same", "echo a >>$DIR/t", "x", "a\n" },
        { "another command", "echo b >>$DIR/t", "x", "b\n" },
        { "another text", "echo a >>$DIR/t", "y", "a\n" },
    };
    struct place *place = *state;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct group before, after;
        char *path = place_path(place, "t");

        print_message("%s\n", cases[i].name);
        group_init(&before, place, one_file, "echo a >>$DIR/t");
        group_start(&before, true);
        assert_true(put(&before, "x", NULL));

        group_init(&after, place, one_file, cases[i].command);
        group_start(&after, true);
        delivery_inherit(after.delivery, before.delivery);
        group_fini(&before);
        after.quit_at = DELIVERY_IDLE;
        put(&after, cases[i].text, NULL);
        assert_int_equal(rig_run(place->rig), 0);
        assert_int_equal(delivery_get_state(after.delivery), DELIVERY_IDLE);
        assert_string_equal(place_read(place, "t"), cases[i].want);
        group_fini(&after);
        unlink(path);
        free(path);
        path = place_path(place, "a");
        unlink(path);
        free(path);
    }
}

/* Nothing is left behind: no callback, no temporary file. */
static void test_free_in_any_state(void **state)
{
    struct place *place = *state;
    struct group writing, queued;

    group_init(&writing, place, two_files, "true");
    group_start(&writing, true);
    assert_false(put(&writing, "1", "2"));
    group_init(&queued, place, one_file, "true");
    group_start(&queued, true);
    assert_true(put(&queued, "1", NULL));
    group_fini(&writing);
    group_fini(&queued);
    assert_true(command_queue_is_idle(place->queue));

    char *path = place_path(place, "a");

    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(place->dir), 0);
    assert_int_equal(mkdir(place->dir, 0700), 0);
    free(path);
}

/* --- Checks ---------------------------------------------------------------------------------- */

static void set_check(struct group *group, const char *script)
{
    struct command *check = &group->options.files[0].check;

    *check = (struct command){ NEW(char *), 1, true };
    check->words[0] = memory_copy_string(script);
}

/* Puts, and waits until the state that ends the loop. */
static void deliver(struct group *group, const char *a, const char *b, enum delivery_state until)
{
    group->quit_at = until;
    put(group, a, b);
    if (delivery_get_state(group->delivery) != until)
        assert_int_equal(rig_run(group->place->rig), 0);
}

static void test_refused_texts_are_not_installed(void **state)
{
    struct place *place = *state;
    struct group group;

    place_write(place, "a", "old\n");
    make_folder(place, "sub");
    group_init(&group, place, two_files, "echo ran >>$DIR/t");
    set_check(&group, "echo asked >>$DIR/asked; echo 'that is bad'; ! grep -q bad {}");
    group_start(&group, true);
    deliver(&group, "bad\n", "b\n", DELIVERY_REFUSED);
    assert_string_equal(place_read(place, "a"), "old\n");
    assert_string_equal(place_read(place, "sub/b"), "(none)");
    assert_string_equal(place_read(place, "t"), "(none)");
    assert_states(&group, "checking refused ");
    place_assert_log(place,
                     "err delivery 'web': check: that is bad\n"
                     "err delivery 'web': check 'echo asked >>$DIR/asked; echo 'that is bad'; ! "
                     "grep -q bad {}' refuses 'DIR/a': exit status 1; nothing was installed\n");

    /* Not asked again for the same texts; for others, of the group's other file, too. */
    deliver(&group, "bad\n", "b\n", DELIVERY_REFUSED);
    assert_string_equal(place_read(place, "asked"), "asked\n");
    group.quit_at = DELIVERY_REFUSED;
    put(&group, "bad\n", "c\n");
    assert_int_equal(delivery_get_state(group.delivery), DELIVERY_CHECKING);
    assert_int_equal(rig_run(place->rig), 0);
    assert_string_equal(place_read(place, "asked"), "asked\nasked\n");

    deliver(&group, "good\n", "c\n", DELIVERY_IDLE);
    assert_string_equal(place_read(place, "a"), "good\n");
    assert_string_equal(place_read(place, "sub/b"), "c\n");
    assert_string_equal(place_read(place, "t"), "ran\n");
    assert_string_equal(delivery_last_error(group.delivery), "");
    group_fini(&group);
}

/* What is installed is what Consul says again: that ends the refusal without a check. */
static void test_a_refusal_ends_when_the_texts_are_the_installed_ones(void **state)
{
    struct place *place = *state;
    struct group group;

    place_write(place, "a", "old\n");
    group_init(&group, place, one_file, "echo ran >>$DIR/t");
    set_check(&group, "exit 1");
    group_start(&group, true);
    deliver(&group, "bad\n", NULL, DELIVERY_REFUSED);
    assert_string_not_equal(delivery_last_error(group.delivery), "");
    assert_false(put(&group, "old\n", NULL));
    assert_int_equal(delivery_get_state(group.delivery), DELIVERY_IDLE);
    assert_string_equal(place_read(place, "t"), "(none)");
    group_fini(&group);
}

static void test_a_checker_that_could_not_run_is_asked_again(void **state)
{
    struct place *place = *state;
    struct group group;
    char *checker = place_path(place, "checker");

    group_init(&group, place, one_file, "");
    set_check(&group, "sh $DIR/checker || exit 127");
    group_start(&group, true);
    deliver(&group, "text\n", NULL, DELIVERY_UNCHECKED);
    assert_string_equal(place_read(place, "a"), "(none)");
    assert_states(&group, "checking unchecked ");
    place_write(place, "checker", "true\n");
    group.quit_at = DELIVERY_IDLE;
    assert_int_equal(rig_run(place->rig), 0);
    assert_string_equal(place_read(place, "a"), "text\n");
    assert_states(&group, "checking idle ");
    group_fini(&group);
    free(checker);
}

static void quit(void *ctx)
{
    loop_quit(((struct rig *)ctx)->loop, 0);
}

static bool has_child(void)
{
    siginfo_t info;

    return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

/* Checks of a group take their share of a core, whoever ran them. */
static void test_rests_for_the_checks_of_others(void **state)
{
    struct place *place = *state;
    struct group group;
    struct loop_source *turn;

    for (int i = 0; i < 2; i++) {
        uint64_t elapsed_ms = i == 0 ? 10000 : 0; /* a child lives on for a moment after its end */

        group_init(&group, place, one_file, "");
        set_check(&group, "true");
        group_start(&group, true);
        delivery_add_rest(group.delivery, elapsed_ms);
        put(&group, "text\n", NULL);
        assert_true(loop_add_deferred(place->rig->loop, quit, place->rig, &turn, &place->rig->err));
        loop_defer(turn);
        assert_int_equal(rig_run(place->rig), 0);
        assert_int_equal(has_child(), elapsed_ms == 0);
        assert_int_equal(delivery_get_state(group.delivery), DELIVERY_CHECKING);
        loop_source_free(turn);
        group_fini(&group);
    }
}

/* Under constant change something gets through: what was accepted is installed though newer texts
 * are there already. */
static void test_newer_texts_come_after_the_check(void **state)
{
    struct place *place = *state;
    struct group group;

    group_init(&group, place, one_file, "cat $DIR/a >>$DIR/t");
    set_check(&group, "cat {} >>$DIR/asked");
    group_start(&group, true);
    put(&group, "1\n", NULL);
    put(&group, "2\n", NULL);
    put(&group, "3\n", NULL);
    assert_int_equal(rig_run(place->rig), 0);
    assert_string_equal(place_read(place, "asked"), "1\n3\n");
    assert_string_equal(place_read(place, "a"), "3\n");
    assert_non_null(strstr(place_read(place, "t"), "3\n"));
    group_fini(&group);
}

static void test_without_retries_a_check_is_final(void **state)
{
    static const struct {
        const char *check;
        enum delivery_state want;
    } cases[] = { { "exit 1", DELIVERY_REFUSED }, { "exit 127", DELIVERY_FAILED } };
    struct place *place = *state;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct group group;

        group_init(&group, place, one_file, "");
        set_check(&group, cases[i].check);
        group_start(&group, false);
        deliver(&group, "text\n", NULL, cases[i].want);
        assert_string_equal(place_read(place, "a"), "(none)");
        group_fini(&group);
    }
}

/* --- Splay ----------------------------------------------------------------------------------- */

static void start_with_splay(struct group *group, uint64_t splay_ms)
{
    struct delivery_means means = place_means(group->place, group->claims, true);

    means.structure_splay_ms = splay_ms;
    group->delivery = delivery_new(&means, &group->options, &group_handler, group);
}

/* The file is there at once, the command comes later; what changes meanwhile goes with it. */
static void test_commands_wait_for_the_splay(void **state)
{
    struct place *place = *state;
    struct group group;

    group_init(&group, place, one_file, "cat $DIR/a >>$DIR/t");
    start_with_splay(&group, 50);
    put(&group, "1\n", NULL);
    assert_string_equal(place_read(place, "a"), "1\n");
    assert_true(command_queue_is_idle(place->queue));
    put(&group, "2\n", NULL);
    assert_true(command_queue_is_idle(place->queue));
    assert_int_equal(rig_run(place->rig), 0);
    assert_string_equal(place_read(place, "t"), "2\n");
    group_fini(&group);
}

static void test_a_splay_can_be_cut_short(void **state)
{
    struct place *place = *state;
    struct group group;

    group_init(&group, place, one_file, "cat $DIR/a >>$DIR/t");
    start_with_splay(&group, 3600000);
    put(&group, "1\n", NULL);
    delivery_hurry(group.delivery);
    assert_int_equal(rig_run(place->rig), 0);
    assert_string_equal(place_read(place, "t"), "1\n");
    group_fini(&group);
}

/* --- Pause ----------------------------------------------------------------------------------- */

static void test_what_waits_for_its_turn_is_paused(void **state)
{
    struct place *place = *state;
    struct group group;

    group_init(&group, place, one_file, "cat $DIR/a >>$DIR/t");
    group_start(&group, true);
    put(&group, "1\n", NULL);
    assert_false(command_queue_is_idle(place->queue));
    delivery_pause(group.delivery, true);
    assert_true(command_queue_is_idle(place->queue));
    delivery_run_command(group.delivery);
    delivery_hurry(group.delivery);
    assert_true(command_queue_is_idle(place->queue));
    assert_states(&group, "queued ");
    delivery_pause(group.delivery, false);
    delivery_run_command(group.delivery);
    assert_int_equal(rig_run(place->rig), 0);
    assert_string_equal(place_read(place, "t"), "1\n");
    group_fini(&group);
}

static void test_what_is_owed_is_not_tried_again_while_paused(void **state)
{
    struct place *place = *state;
    struct group group;

    group_init(&group, place, one_file, "test -e $DIR/t || { : >$DIR/t; exit 1; }");
    group_start(&group, true);
    deliver(&group, "1\n", NULL, DELIVERY_OWED);
    delivery_pause(group.delivery, true);
    assert_string_equal(delivery_last_error(group.delivery), "command: exit status 1");
    assert_states(&group, "queued owed queued ");
    delivery_pause(group.delivery, false);
    assert_true(command_queue_is_idle(place->queue)); /* no attempt is timed any more */
    delivery_run_command(group.delivery);
    group.quit_at = DELIVERY_IDLE;
    assert_int_equal(rig_run(place->rig), 0);
    group_fini(&group);
}

/* A run that is under way fails while it is paused. */
static void pause_late(const char *line)
{
    struct group *group = late_group;

    if (group && strstr(line, "output: now"))
        delivery_pause(group->delivery, true);
    else if (group && strstr(line, "failed: exit status 1"))
        loop_quit(group->place->rig->loop, 0);
}

static void test_a_run_that_fails_while_paused(void **state)
{
    struct place *place = *state;
    struct group group;

    group_init(&group, place, one_file, "echo now; exit 1");
    group_start(&group, true);
    put(&group, "1\n", NULL);
    late_group = &group;
    log_hook = pause_late;
    assert_int_equal(rig_run(place->rig), 0);
    log_hook = NULL;
    late_group = NULL;
    assert_int_equal(delivery_get_state(group.delivery), DELIVERY_QUEUED);
    assert_string_equal(delivery_last_error(group.delivery), "command: exit status 1");
    assert_true(command_queue_is_idle(place->queue));
    group_fini(&group);
}

static void test_what_is_being_checked_is_checked_anew(void **state)
{
    struct place *place = *state;
    struct group group;

    group_init(&group, place, one_file, "");
    set_check(&group, "echo asked >>$DIR/asked");
    group_start(&group, true);
    put(&group, "1\n", NULL);
    delivery_pause(group.delivery, true);
    assert_int_equal(delivery_get_state(group.delivery), DELIVERY_CHECKING);
    assert_string_equal(place_read(place, "a"), "(none)");
    delivery_pause(group.delivery, false);
    assert_int_equal(rig_run(place->rig), 0);
    assert_string_equal(place_read(place, "a"), "1\n");
    assert_string_equal(place_read(place, "asked"), "asked\n");
    group_fini(&group);
}

static void test_what_cannot_be_written_is_not_tried_again_while_paused(void **state)
{
    struct place *place = *state;
    struct group group;

    make_folder(place, "a");
    group_init(&group, place, one_file, "");
    group_start(&group, true);
    put(&group, "1\n", NULL);
    delivery_pause(group.delivery, true);
    char *path = place_path(place, "a");
    assert_int_equal(rmdir(path), 0);
    free(path);
    assert_int_equal(delivery_get_state(group.delivery), DELIVERY_WRITING);
    delivery_pause(group.delivery, false);
    assert_int_equal(rig_run(place->rig), 0);
    assert_string_equal(place_read(place, "a"), "1\n");
    group_fini(&group);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        PLACE_TEST(test_install_and_command),
        PLACE_TEST(test_same_text_touches_nothing),
        PLACE_TEST(test_without_a_command),
        PLACE_TEST(test_backup_and_folders),
        PLACE_TEST(test_group_is_installed_together),
        PLACE_TEST(test_back_to_the_old_text),
        PLACE_TEST(test_what_cannot_be_installed),
        PLACE_TEST(test_command_fails_for_good),
        PLACE_TEST(test_command_is_owed),
        PLACE_TEST(test_new_texts_during_a_run),
        PLACE_TEST(test_run_ends_before_the_command_is_queued),
        PLACE_TEST(test_no_command_while_writing),
        PLACE_TEST(test_new_text_while_owed),
        PLACE_TEST(test_inherit),
        PLACE_TEST(test_inherit_what_is_asked_for),
        PLACE_TEST(test_free_in_any_state),
        PLACE_TEST(test_refused_texts_are_not_installed),
        PLACE_TEST(test_a_refusal_ends_when_the_texts_are_the_installed_ones),
        PLACE_TEST(test_a_checker_that_could_not_run_is_asked_again),
        PLACE_TEST(test_rests_for_the_checks_of_others),
        PLACE_TEST(test_newer_texts_come_after_the_check),
        PLACE_TEST(test_without_retries_a_check_is_final),
        PLACE_TEST(test_commands_wait_for_the_splay),
        PLACE_TEST(test_a_splay_can_be_cut_short),
        PLACE_TEST(test_what_waits_for_its_turn_is_paused),
        PLACE_TEST(test_what_is_owed_is_not_tried_again_while_paused),
        PLACE_TEST(test_a_run_that_fails_while_paused),
        PLACE_TEST(test_what_is_being_checked_is_checked_anew),
        PLACE_TEST(test_what_cannot_be_written_is_not_tried_again_while_paused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
