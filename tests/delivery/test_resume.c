/* SPDX-License-Identifier: MIT */
/* Tests of what a delivery remembers beyond the process. A crash is a journal and files as it would
 * have left them. */
#include "delivery/delivery.h"

#include "data/digest.h"
#include "delivery/place.h"
#include "io/folder.h"

#define N_FILES 3

static const char *const names[N_FILES] = { "a", "b", "c" };

/* One life of the program. */
struct life {
    struct place *place;
    struct delivery_options options;
    struct claims *claims;
    struct journal *journal;
    struct delivery *delivery;
    enum delivery_state quit_at;
    bool is_awaited;
};

static void on_state(void *ctx, enum delivery_state state)
{
    struct life *life = ctx;

    if (life->is_awaited && state == life->quit_at)
        loop_quit(life->place->rig->loop, 0);
}

static void begin(struct life *life, struct place *place, size_t n_files, const char *script)
{
    static const struct delivery_handler handler = { .on_state = on_state };
    char *state = place_path(place, "state");
    struct error err;

    *life = (struct life){ .place = place, .claims = claims_new() };
    life->options.name = memory_copy_string("web");
    life->options.keep = 2;
    life->options.files = memory_alloc(n_files * sizeof(*life->options.files));
    life->options.n_files = n_files;
    for (size_t i = 0; i < n_files; i++) {
        life->options.files[i].destination = place_path(place, names[i]);
        life->options.files[i].perms = FILE_KEEP_MODE;
    }
    if (*script) {
        life->options.commands = NEW(struct delivery_command);
        life->options.commands[0] =
            (struct delivery_command){ .command = { NEW(char *), 1, true }, .timeout_ms = 10000 };
        life->options.commands[0].command.words[0] = memory_copy_string(script);
        life->options.n_commands = 1;
    }
    assert_true(folder_make(state, 0700, &err));
    life->journal = journal_open(place->rig->loop, state);
    free(state);

    struct delivery_means means = place_means(place, life->claims, true);

    means.journal = life->journal;
    life->delivery = delivery_new(&means, &life->options, &handler, life);
    journal_flush(life->journal);
}

static void set_rollback(struct life *life, enum delivery_rollback rollback)
{
    life->options.rollback = rollback;
}

static void end(struct life *life)
{
    delivery_free(life->delivery);
    claims_free(life->claims);
    journal_free(life->journal);
    delivery_options_fini(&life->options);
    buf_clear(&logged);
}

/* Runs until the state; one that is reached already is fine. */
static void await(struct life *life, enum delivery_state state)
{
    life->quit_at = state;
    life->is_awaited = true;
    if (delivery_get_state(life->delivery) != state)
        assert_int_equal(rig_run(life->place->rig), 0);
    life->is_awaited = false;
}

/* As many texts as there are files. */
static void put(struct life *life, const char *a, const char *b, const char *c,
                enum delivery_state until)
{
    struct slice texts[] = { slice_from(a), slice_from(b), slice_from(c) };
    struct delivery_pass pass = { .texts = texts,
                                  .n_texts = life->options.n_files,
                                  .reason = "test" };

    delivery_put(life->delivery, &pass);
    delivery_run_command(life->delivery);
    await(life, until);
}

static void settle(struct life *life, enum delivery_state until)
{
    delivery_run_command(life->delivery);
    await(life, until);
}

/* --- Journals by hand --------------------------------------------------------------------------
 */

static void make_folder(const struct place *place, const char *name)
{
    char *path = place_path(place, name);
    struct error err;

    assert_true(folder_make(path, 0700, &err));
    free(path);
}

static void add_file(const struct place *place, const char *name, const char *text, struct buf *out)
{
    struct digest digest = digest_of(slice_from(text));

    buf_printf(out, "%s{\"path\": \"%s/%s\", \"sha256\": \"%s\"}",
               out->len && out->ptr[out->len - 1] == '}' ? ", " : "", place->dir, name, digest.hex);
}

static void keep_text(const struct place *place, const char *text)
{
    struct digest digest = digest_of(slice_from(text));
    CLEANUP(buf_fini) struct buf name = BUF_EMPTY;

    buf_printf(&name, "state/generations/%s", digest.hex);
    place_write(place, name.ptr, text);
}

/* All three files, each with these texts; NULL: an empty set. */
static void add_set(const struct place *place, const char *const *texts, struct buf *out)
{
    buf_add_string(out, "{\"time\": 1, \"files\": [");
    for (size_t i = 0; texts && i < N_FILES; i++)
        add_file(place, names[i], texts[i], out);
    buf_add_string(out, "]}");
}

static void write_journal(const struct place *place, const char *const *installed,
                          const char *const *pending, const char *const *taken_up, bool is_owed)
{
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;

    buf_printf(&text,
               "{\"version\": 1, \"groups\": [{\"name\": \"web\", \"owed\": %s, \"later\": 1,",
               is_owed ? "true" : "false");
    buf_add_string(&text, "\"installed\": ");
    add_set(place, installed, &text);
    buf_add_string(&text, ", \"pending\": ");
    add_set(place, pending, &text);
    buf_add_string(&text, ", \"taken_up\": [");
    if (taken_up)
        add_set(place, taken_up, &text);
    buf_add_string(&text, "]}]}");
    make_folder(place, "state");
    make_folder(place, "state/generations");
    place_write(place, "state/journal.json", text.ptr);
}

static const char *const old_texts[] = { "old a", "old b", "old c" };
static const char *const new_texts[] = { "new a", "new b", "new c" };
static const char *const half_texts[] = { "new a", "old b", "old c" };

static void write_files(const struct place *place, const char *const *texts)
{
    for (size_t i = 0; i < N_FILES; i++)
        place_write(place, names[i], texts[i]);
}

static void assert_files(const struct place *place, const char *const *texts)
{
    for (size_t i = 0; i < N_FILES; i++)
        assert_string_equal(place_read(place, names[i]), texts[i]);
}

#define RAN "echo ran >>$DIR/ran"

/* --- Without new texts -------------------------------------------------------------------------
 */

#define CHANGED                                                                                   \
    "warn delivery 'web': 'DIR/b' was changed by somebody else since it was installed; it stays " \
    "until there is a new text\n"
#define NOT_OURS                                                                                   \
    "warn delivery 'web': 'DIR/c' is there, and was not installed by us; it stays until there is " \
    "a new text\n"

static const struct {
    const char *name;
    const char *files[N_FILES]; /* "": is not there */
    size_t n_installed;         /* of these, by the journal, with the old texts */
    const char *const *pending;
    const char *output; /* what it holds; NULL: the journal has none */
    enum delivery_remains want;
    const char *want_log;
} remains_cases[] = {
    { "all as it was installed",
      { "old a", "old b", "old c" },
      3,
      NULL,
      NULL,
      DELIVERY_REMAINS_WHOLE,
      "" },
    { "one was edited",
      { "old a", "by hand", "old c" },
      3,
      NULL,
      NULL,
      DELIVERY_REMAINS_EDITED,
      CHANGED },
    { "one is not there", { "old a", "", "old c" }, 3, NULL, NULL, DELIVERY_REMAINS_MISSING, "" },
    { "one was never installed",
      { "old a", "old b", "old c" },
      2,
      NULL,
      NULL,
      DELIVERY_REMAINS_UNKNOWN,
      NOT_OURS },
    { "one was never installed, and one was edited",
      { "old a", "by hand", "old c" },
      2,
      NULL,
      NULL,
      DELIVERY_REMAINS_UNKNOWN,
      NOT_OURS CHANGED },
    { "with a file of writeToFile",
      { "old a", "old b", "old c" },
      3,
      NULL,
      "old out",
      DELIVERY_REMAINS_WHOLE,
      "" },
    { "which is not there",
      { "old a", "old b", "old c" },
      3,
      NULL,
      "",
      DELIVERY_REMAINS_MISSING,
      "" },
    { "half a set that cannot be completed",
      { "new a", "old b", "old c" },
      3,
      new_texts,
      NULL,
      DELIVERY_REMAINS_MISSING,
      NULL },
};

static void put_file(const struct place *place, const char *name, const char *text)
{
    char *path = place_path(place, name);

    if (*text)
        place_write(place, name, text);
    else
        unlink(path);
    free(path);
}

static void write_remains(const struct place *place, size_t i)
{
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;

    for (size_t k = 0; k < N_FILES; k++)
        put_file(place, names[k], remains_cases[i].files[k]);
    buf_add_string(&text, "{\"version\": 1, \"groups\": [{\"name\": \"web\", \"owed\": false, "
                          "\"installed\": {\"time\": 1, \"files\": [");
    for (size_t k = 0; k < remains_cases[i].n_installed; k++)
        add_file(place, names[k], old_texts[k], &text);
    if (remains_cases[i].output) {
        put_file(place, "out", remains_cases[i].output);
        add_file(place, "out", "old out", &text);
        text.len--;
        buf_add_string(&text, ", \"perms\": 420}");
    }
    buf_add_string(&text, "]}, \"pending\": ");
    add_set(place, remains_cases[i].pending, &text);
    buf_add_string(&text, ", \"taken_up\": []}]}");
    make_folder(place, "state");
    place_write(place, "state/journal.json", text.ptr);
}

static void test_what_remains_of_an_earlier_process(void **state)
{
    struct place *place = *state;

    for (size_t i = 0; i < ARRAY_SIZE(remains_cases); i++) {
        struct life life;

        print_message("%s\n", remains_cases[i].name);
        write_remains(place, i);
        begin(&life, place, N_FILES, "");
        for (size_t k = 0; k < 2; k++) /* it is said once */
            assert_int_equal(delivery_look_at_remains(life.delivery), remains_cases[i].want);
        if (remains_cases[i].want_log)
            place_assert_log(place, remains_cases[i].want_log);
        end(&life);
    }
}

static void test_nothing_is_known_without_a_journal(void **state)
{
    static const struct delivery_handler silent = { .on_state = NULL };
    struct place *place = *state;
    struct delivery_means means;
    struct life life;

    write_files(place, old_texts);
    begin(&life, place, N_FILES, "");
    delivery_free(life.delivery);
    means = place_means(place, life.claims, true);
    life.delivery = delivery_new(&means, &life.options, &silent, NULL);
    assert_int_equal(delivery_look_at_remains(life.delivery), DELIVERY_REMAINS_UNKNOWN);
    place_assert_log(place, "");
    end(&life);
}

/* --- A set --------------------------------------------------------------------------------------
 */

/* Between two renames, with a command owed from before. */
static void test_half_a_set_is_completed(void **state)
{
    struct place *place = *state;
    struct life life;

    write_files(place, half_texts);
    write_journal(place, old_texts, new_texts, NULL, true);
    for (size_t i = 0; i < N_FILES; i++)
        keep_text(place, new_texts[i]);
    begin(&life, place, N_FILES, RAN "; echo \"$EDGEWRIGHT_FILES\" | wc -l >$DIR/n");
    assert_files(place, new_texts);
    settle(&life, DELIVERY_IDLE);
    assert_string_equal(place_read(place, "ran"), "ran\n");
    assert_string_equal(place_read(place, "n"), "3\n");
    place_assert_log(place,
                     "warn delivery 'web': the process before ended between its files; they are "
                     "complete now\n");
    put(&life, "new a", "new b", "new c", DELIVERY_IDLE);
    assert_string_equal(place_read(place, "ran"), "ran\n");
    end(&life);

    begin(&life, place, N_FILES, RAN);
    put(&life, "new a", "new b", "new c", DELIVERY_IDLE);
    assert_string_equal(place_read(place, "ran"), "ran\n");
    end(&life);
}

/* After the last rename: nothing is left but the command. */
static void test_a_whole_set_is_taken_up(void **state)
{
    struct place *place = *state;
    struct life life;

    write_files(place, new_texts);
    write_journal(place, old_texts, new_texts, old_texts, true);
    for (size_t i = 0; i < N_FILES; i++)
        keep_text(place, new_texts[i]);
    begin(&life, place, N_FILES, RAN);
    settle(&life, DELIVERY_IDLE);
    assert_string_equal(place_read(place, "ran"), "ran\n");
    end(&life);
}

/* The state's disk has lost a text: half a set is not taken up, the next texts complete it. */
static void test_a_set_that_cannot_be_completed(void **state)
{
    struct place *place = *state;
    struct life life;

    write_files(place, half_texts);
    write_journal(place, old_texts, new_texts, NULL, true);
    keep_text(place, "new b");
    begin(&life, place, N_FILES, RAN);
    assert_files(place, half_texts);
    assert_non_null(strstr(logged.ptr, "they cannot be completed before the next texts: the text "
                                       "of"));
    delivery_run_command(life.delivery);
    assert_true(command_queue_is_idle(place->queue));
    put(&life, "new a", "new b", "new c", DELIVERY_IDLE);
    assert_files(place, new_texts);
    assert_string_equal(place_read(place, "ran"), "ran\n");
    end(&life);
}

/* --- Owed ----------------------------------------------------------------------------------------
 */

static void test_what_is_owed_is_done_without_new_texts(void **state)
{
    struct place *place = *state;
    struct life life;

    write_files(place, new_texts);
    write_journal(place, new_texts, NULL, old_texts, true);
    begin(&life, place, N_FILES, RAN);
    settle(&life, DELIVERY_IDLE);
    assert_string_equal(place_read(place, "ran"), "ran\n");
    end(&life);
}

/* Somebody has changed a file meanwhile: what is there is not what was checked. */
static void test_what_is_owed_waits_for_its_files(void **state)
{
    struct place *place = *state;
    struct life life;

    write_files(place, half_texts);
    write_journal(place, new_texts, NULL, old_texts, true);
    begin(&life, place, N_FILES, RAN);
    delivery_run_command(life.delivery);
    assert_true(command_queue_is_idle(place->queue));
    put(&life, "new a", "new b", "new c", DELIVERY_IDLE);
    assert_string_equal(place_read(place, "ran"), "ran\n");
    end(&life);
}

static void test_a_failed_command_is_owed_by_the_next_process(void **state)
{
    struct place *place = *state;
    struct life life;

    begin(&life, place, 1, "test -e $DIR/ok && " RAN);
    put(&life, "1", NULL, NULL, DELIVERY_OWED);
    journal_flush(life.journal);
    end(&life);

    place_write(place, "ok", "");
    begin(&life, place, 1, "test -e $DIR/ok && " RAN);
    settle(&life, DELIVERY_IDLE);
    assert_string_equal(place_read(place, "ran"), "ran\n");
    end(&life);

    begin(&life, place, 1, "test -e $DIR/ok && " RAN);
    assert_int_equal(delivery_get_state(life.delivery), DELIVERY_IDLE);
    put(&life, "1", NULL, NULL, DELIVERY_IDLE);
    assert_string_equal(place_read(place, "ran"), "ran\n");
    end(&life);
}

/* Somebody has changed the file by hand, perhaps reloaded by hand: our text again, and the command
 * is owed though both were taken up once. */
static void test_a_text_that_is_put_back_is_owed_too(void **state)
{
    struct place *place = *state;
    struct life life;

    begin(&life, place, 1, "! test -e $DIR/broken && " RAN);
    put(&life, "1", NULL, NULL, DELIVERY_IDLE);
    place_write(place, "a", "by hand");
    place_write(place, "broken", "");
    put(&life, "1", NULL, NULL, DELIVERY_OWED);
    end(&life);

    begin(&life, place, 1, RAN);
    settle(&life, DELIVERY_IDLE);
    assert_string_equal(place_read(place, "ran"), "ran\nran\n");
    end(&life);
}

static const struct {
    const char *name;
    const char *journal; /* NULL: none; "": as the life before left it */
    const char *disk;
    const char *want; /* after the text "x" was put */
} first_cases[] = {
    { "a first start with equal texts", NULL, "x", "(none)" },
    { "a first start with other texts", NULL, "y", "ran\n" },
    { "killed before the first text",
      "{\"version\": 1, \"groups\": [{\"name\": \"web\", \"owed\": false}]}", "x", "ran\n" },
    { "a journal cut in the middle", "{\"version\": 1, \"groups\": [{\"name\": \"we", "x",
      "ran\n" },
    { "a journal of a newer version", "{\"version\": 2, \"groups\": []}", "x", "ran\n" },
    { "a journal that is none", "[]", "x", "ran\n" },
    { "a hash that is none",
      "{\"version\": 1, \"groups\": [{\"name\": \"web\", \"installed\": {\"files\": [{\"path\": "
      "\"/x\", \"sha256\": \"12\"}]}}]}",
      "x", "ran\n" },
    { "a group without a name", "{\"version\": 1, \"groups\": [{}]}", "x", "ran\n" },
    { "an empty journal", "", "x", "ran\n" },
};

static void test_first_texts(void **state)
{
    struct place *place = *state;

    for (size_t i = 0; i < ARRAY_SIZE(first_cases); i++) {
        char *ran = place_path(place, "ran"), *journal = place_path(place, "state/journal.json");
        struct life life;

        print_message("%s\n", first_cases[i].name);
        unlink(ran);
        unlink(journal);
        make_folder(place, "state");
        place_write(place, "a", first_cases[i].disk);
        if (first_cases[i].journal)
            place_write(place, "state/journal.json", first_cases[i].journal);
        begin(&life, place, 1, RAN);
        put(&life, "x", NULL, NULL, DELIVERY_IDLE);
        assert_string_equal(place_read(place, "ran"), first_cases[i].want);
        end(&life);

        begin(&life, place, 1, RAN);
        put(&life, "x", NULL, NULL, DELIVERY_IDLE);
        assert_string_equal(place_read(place, "ran"), first_cases[i].want);
        end(&life);
        free(ran);
        free(journal);
    }
}

static void test_a_lost_journal_is_set_aside(void **state)
{
    struct place *place = *state;
    struct life life;

    make_folder(place, "state");
    place_write(place, "state/journal.json", "{\"version\": 7}");
    begin(&life, place, 1, "");
    place_assert_log(place, "warn 'DIR/state/journal.json': version 7 is not known here; it is "
                            "'DIR/state/journal.json.bad-last' now, and commands run once more\n");
    assert_string_equal(place_read(place, "state/journal.json.bad-last"), "{\"version\": 7}");
    end(&life);
}

/* Killed after the rename, before anything was written down. */
static void test_a_file_that_nobody_took_up(void **state)
{
    struct place *place = *state;
    struct life life;

    begin(&life, place, 1, RAN);
    put(&life, "1", NULL, NULL, DELIVERY_IDLE);
    end(&life);
    place_write(place, "a", "2");
    begin(&life, place, 1, RAN);
    put(&life, "2", NULL, NULL, DELIVERY_IDLE);
    assert_string_equal(place_read(place, "ran"), "ran\nran\n");
    end(&life);
}

static void test_a_state_that_cannot_be_written(void **state)
{
    struct place *place = *state;
    struct life life;

    make_folder(place, "state");
    place_write(place, "state/generations", "a file in the way");
    begin(&life, place, 1, RAN);
    put(&life, "1", NULL, NULL, DELIVERY_IDLE);
    put(&life, "2", NULL, NULL, DELIVERY_IDLE);
    assert_string_equal(place_read(place, "a"), "2");
    assert_string_equal(place_read(place, "ran"), "ran\nran\n");
    end(&life);
}

/* --- Generations
 * ---------------------------------------------------------------------------------- */

static size_t count_files(const struct place *place, const char *name)
{
    CLEANUP(buf_fini) struct buf command = BUF_EMPTY;
    size_t n = 0;

    buf_printf(&command, "ls -A %s/%s | wc -l", place->dir, name);

    FILE *ls = popen(command.ptr, "r");

    assert_non_null(ls);
    assert_int_equal(fscanf(ls, "%zu", &n), 1);
    pclose(ls);
    return n;
}

static void test_old_generations_go(void **state)
{
    static const char *const texts[] = { "1", "2", "3", "4", "5" };
    struct place *place = *state;
    struct life life;

    begin(&life, place, 1, RAN);
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        put(&life, texts[i], NULL, NULL, DELIVERY_IDLE);
    assert_int_equal(count_files(place, "state/generations"), 2);
    end(&life);
    place_write(place, "state/generations/stray", "");
    begin(&life, place, 1, RAN);
    assert_int_equal(count_files(place, "state/generations"), 2);
    end(&life);
}

#define NEEDS_GOOD "cat $DIR/a >>$DIR/ran; ! grep -q bad $DIR/a"

static void test_rollback(void **state)
{
    struct place *place = *state;
    struct life life;

    begin(&life, place, 1, NEEDS_GOOD);
    set_rollback(&life, DELIVERY_ROLLBACK_ALWAYS);
    put(&life, "good ", NULL, NULL, DELIVERY_IDLE);
    put(&life, "bad ", NULL, NULL, DELIVERY_REFUSED);
    assert_string_equal(place_read(place, "a"), "good ");
    assert_string_equal(place_read(place, "ran"), "good bad good ");
    assert_string_equal(delivery_last_error(life.delivery),
                        "command: exit status 1; the last good texts are back");
    assert_non_null(strstr(logged.ptr, "err delivery 'web': ROLLED BACK: command: exit status 1; "
                                       "the last good texts are back\n"));

    /* Once for each text, in the next life, too. */
    put(&life, "bad ", NULL, NULL, DELIVERY_REFUSED);
    end(&life);
    begin(&life, place, 1, NEEDS_GOOD);
    set_rollback(&life, DELIVERY_ROLLBACK_ALWAYS);
    put(&life, "bad ", NULL, NULL, DELIVERY_REFUSED);
    assert_string_equal(place_read(place, "ran"), "good bad good ");
    put(&life, "better ", NULL, NULL, DELIVERY_IDLE);
    assert_string_equal(place_read(place, "ran"), "good bad good better ");
    end(&life);
}

static const struct {
    const char *name, *command;
    enum delivery_rollback rollback;
} staying_cases[] = {
    { "nobody wants it", "! grep -q bad $DIR/a", DELIVERY_ROLLBACK_NEVER },
    { "an exit status is no evidence", "! grep -q bad $DIR/a", DELIVERY_ROLLBACK_AUTO },
    { "a command that is missing proves nothing", "! grep -q bad $DIR/a || exit 127",
      DELIVERY_ROLLBACK_ALWAYS },
    { "one that is killed neither", "! grep -q bad $DIR/a || kill -KILL $$",
      DELIVERY_ROLLBACK_ALWAYS },
};

static void test_no_rollback(void **state)
{
    struct place *place = *state;

    for (size_t i = 0; i < ARRAY_SIZE(staying_cases); i++) {
        struct life life;

        print_message("%s\n", staying_cases[i].name);
        begin(&life, place, 1, staying_cases[i].command);
        set_rollback(&life, staying_cases[i].rollback);
        put(&life, "good", NULL, NULL, DELIVERY_IDLE);
        put(&life, "bad", NULL, NULL, DELIVERY_OWED);
        assert_string_equal(place_read(place, "a"), "bad");
        end(&life);
    }
}

static void test_a_refused_text_is_kept_for_people(void **state)
{
    struct place *place = *state;
    CLEANUP(buf_fini) struct buf command = BUF_EMPTY;
    char shown[256] = "";
    struct life life;

    begin(&life, place, 1, RAN);
    life.options.files[0].check = (struct command){ NEW(char *), 1, true };
    life.options.files[0].check.words[0] = memory_copy_string("echo too short; exit 2");
    put(&life, "text", NULL, NULL, DELIVERY_REFUSED);
    assert_int_equal(count_files(place, "state/rejected"), 2);
    buf_printf(&command, "cd %s/state/rejected && cat *-a *-a.why | tr '\\n' '|'", place->dir);

    FILE *cat = popen(command.ptr, "r");

    assert_non_null(cat);
    assert_non_null(fgets(shown, sizeof(shown), cat));
    pclose(cat);
    assert_non_null(strstr(shown, "text"
                                  "check 'echo too short; exit 2' refuses '"));
    assert_non_null(strstr(shown, "': exit status 2|too short|"));
    assert_non_null(strstr(logged.ptr, "exit status 2; nothing was installed; kept for you: '"));
    end(&life);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLACE_TEST(test_what_remains_of_an_earlier_process),
        PLACE_TEST(test_nothing_is_known_without_a_journal),
        PLACE_TEST(test_half_a_set_is_completed),
        PLACE_TEST(test_a_whole_set_is_taken_up),
        PLACE_TEST(test_a_set_that_cannot_be_completed),
        PLACE_TEST(test_what_is_owed_is_done_without_new_texts),
        PLACE_TEST(test_what_is_owed_waits_for_its_files),
        PLACE_TEST(test_a_failed_command_is_owed_by_the_next_process),
        PLACE_TEST(test_a_text_that_is_put_back_is_owed_too),
        PLACE_TEST(test_first_texts),
        PLACE_TEST(test_a_lost_journal_is_set_aside),
        PLACE_TEST(test_a_file_that_nobody_took_up),
        PLACE_TEST(test_a_state_that_cannot_be_written),
        PLACE_TEST(test_old_generations_go),
        PLACE_TEST(test_rollback),
        PLACE_TEST(test_no_rollback),
        PLACE_TEST(test_a_refused_text_is_kept_for_people),
    };

    return cmocka_run_group_tests_name("resume", tests, NULL, NULL);
}
