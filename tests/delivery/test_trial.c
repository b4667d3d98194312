/* SPDX-License-Identifier: MIT */
/* Tests of delivery/trial.h: what checkers see, and what their answers mean. */
#include "delivery/trial.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "delivery/place.h"

#include "base/limits.h"

#define MOST_FILES 3
#define NOBODY     65534

static const char *const names[MOST_FILES] = { "a", "b", "c" };

struct scene {
    struct place *place;
    struct delivery_options options;
    struct trial *trial;
    struct buf heard; /* "VERDICT: TEXT\nWORDS" */
};

static void scene_init(struct scene *scene, struct place *place, size_t n_files)
{
    *scene = (struct scene){ .place = place };
    scene->options.name = memory_copy_string("web");
    scene->options.n_files = n_files;
    scene->options.files = memory_alloc(n_files * sizeof(*scene->options.files));
    for (size_t i = 0; i < n_files; i++) {
        scene->options.files[i].destination = place_path(place, names[i]);
        scene->options.files[i].perms = FILE_KEEP_MODE;
    }
}

static void set_check(struct scene *scene, size_t file, const char *script)
{
    struct command *check = &scene->options.files[file].check;

    *check = (struct command){ NEW(char *), 1, true };
    check->words[0] = memory_copy_string(script);
}

static void scene_fini(struct scene *scene)
{
    trial_free(scene->trial);
    delivery_options_fini(&scene->options);
    buf_fini(&scene->heard);
}

/* The folder's name as DIR. */
static void add_shown(struct scene *scene, struct slice text)
{
    struct slice dir = slice_from(scene->place->dir);
    size_t at;

    while ((at = slice_find(text, dir)) != SLICE_NOT_FOUND) {
        buf_add(&scene->heard, slice_sub(text, 0, at));
        buf_add_string(&scene->heard, "DIR");
        text = slice_sub(text, at + dir.len, text.len);
    }
    buf_add(&scene->heard, text);
}

static void on_verdict(void *ctx, const struct trial_result *result)
{
    static const char *const verdicts[] = { "accepted", "refused", "not run" };
    struct scene *scene = ctx;

    buf_printf(&scene->heard, "%s: ", verdicts[result->verdict]);
    add_shown(scene, slice_from(result->text));
    buf_add_byte(&scene->heard, '\n');
    add_shown(scene, result->words);
    loop_quit(scene->place->rig->loop, 0);
}

/* Paths in texts and scripts are written as DIR/x. */
static char *with_folder(const struct place *place, const char *text)
{
    struct slice rest = slice_from(text);
    struct buf out = BUF_EMPTY;
    size_t at;

    while ((at = slice_find(rest, SLICE("DIR"))) != SLICE_NOT_FOUND) {
        buf_add(&out, slice_sub(rest, 0, at));
        buf_add_string(&out, place->dir);
        rest = slice_sub(rest, at + 3, rest.len);
    }
    buf_add(&out, rest);
    return out.ptr ? buf_take(&out) : memory_copy_string("");
}

static const char *hear(struct scene *scene, const char *const *texts)
{
    struct place *place = scene->place;
    struct slice slices[MOST_FILES];
    char *copies[MOST_FILES];
    size_t n = scene->options.n_files;

    for (size_t i = 0; i < n; i++) {
        copies[i] = with_folder(place, texts[i]);
        slices[i] = slice_from(copies[i]);
    }

    struct delivery_pass pass = { .texts = slices, .n_texts = n, .reason = "test" };

    scene->trial =
        trial_start(place->rig->loop, place->gate, &scene->options, NULL, &pass, on_verdict, scene);
    for (size_t i = 0; i < n; i++)
        free(copies[i]);
    assert_int_equal(rig_run(place->rig), 0);
    trial_free(TAKE(scene->trial));
    return scene->heard.ptr;
}

/* What was staged is gone, and nothing was installed. */
static void assert_folder_is(const struct place *place, const char *want)
{
    CLEANUP(buf_fini) struct buf command = BUF_EMPTY;
    char found[256] = "";

    buf_printf(&command, "ls -A %s | tr '\\n' ' '", place->dir);

    FILE *ls = popen(command.ptr, "r");

    assert_non_null(ls);
    assert_true(fgets(found, sizeof(found), ls) || feof(ls));
    pclose(ls);
    assert_string_equal(found, want);
}

static const struct {
    const char *name, *check, *text, *want;
} verdict_cases[] = {
    { "a checker that is content", "grep -q good {}", "good\n", "accepted: \n" },
    { "one that is not", "echo no; echo never >&2; exit 3", "x",
      "refused: check 'echo no; echo never >&2; exit 3' refuses 'DIR/a': exit status 3\n"
      "no\nnever\n" },
    { "what it was given is called by its destination", "echo {}:7: bad; exit 1", "x",
      "refused: check 'echo {}:7: bad; exit 1' refuses 'DIR/a': exit status 1\nDIR/a:7: bad\n" },
    { "a checker that does not exist", "/no/such/checker {}", "x",
      "not run: check '/no/such/checker {}' could not judge 'DIR/a': exit status 127\n"
      "/bin/sh: 1: /no/such/checker: not found\n" },
    { "one that must not be executed", "/etc/passwd {}", "x",
      "not run: check '/etc/passwd {}' could not judge 'DIR/a': exit status 126\n"
      "/bin/sh: 1: /etc/passwd: Permission denied\n" },
    { "one that is killed", "kill -KILL $$", "x",
      "not run: check 'kill -KILL $$' could not judge 'DIR/a': killed by SIGKILL\n" },
    { "HAProxy without a resolver",
      "echo \"[ALERT] 'server w/a' : could not resolve address 'x'.\"; exit 1", "x",
      "not run: check 'echo \"[ALERT] 'server w/a' : could not resolve address 'x'.\"; exit 1' "
      "could not judge 'DIR/a': exit status 1\n[ALERT] 'server w/a' : could not resolve address "
      "'x'.\n" },
    { "one that changes what it is given", "echo more >> {}", "x",
      "not run: the check has changed what is to be installed as 'DIR/a'\n" },
    { "one that replaces it", "cp {} {}.new; echo more >> {}.new; mv {}.new {}", "x",
      "not run: the check has changed what is to be installed as 'DIR/a'\n" },
    { "one that removes it", "rm {}", "x",
      "not run: the check has changed what is to be installed as 'DIR/a'\n" },
    { "other braces stay", "echo {x} ${NONE:-none} {/not/ours} {; exit 1", "x",
      "refused: check 'echo {x} ${NONE:-none} {/not/ours} {; exit 1' refuses 'DIR/a': exit status "
      "1\n{x} none {/not/ours} {\n" },
};

static void test_verdicts(void **state)
{
    struct place *place = *state;

    for (size_t i = 0; i < ARRAY_SIZE(verdict_cases); i++) {
        struct scene scene;

        print_message("%s\n", verdict_cases[i].name);
        scene_init(&scene, place, 1);
        set_check(&scene, 0, verdict_cases[i].check);
        assert_string_equal(hear(&scene, &verdict_cases[i].text), verdict_cases[i].want);
        assert_folder_is(place, "");
        scene_fini(&scene);
    }
}

/* It could still write to what is installed next. */
static void test_what_a_check_leaves_behind_ends_with_it(void **state)
{
    static const char *const text = "x";
    struct place *place = *state;
    struct scene scene;

    CLEANUP(buf_fini) struct buf path = BUF_EMPTY;
    struct pollfd end = { .events = POLLIN };

    buf_printf(&path, "%s/fifo", place->dir);
    assert_int_equal(mkfifo(path.ptr, 0600), 0);
    end.fd = open(path.ptr, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    assert_true(end.fd >= 0);
    scene_init(&scene, place, 1);
    set_check(&scene, 0, "exec 9>$DIR/fifo; sleep 3600 &");
    assert_string_equal(hear(&scene, &text), "accepted: \n");

    /* Nobody holds the other end any more. */
    assert_int_equal(poll(&end, 1, 5000), 1);
    assert_true(end.revents & POLLHUP);
    close(end.fd);
    unlink(path.ptr);
    scene_fini(&scene);
}

static void test_a_list_is_not_for_the_shell(void **state)
{
    static const char *const text = "x";
    struct place *place = *state;
    struct scene scene;
    struct command *check;

    scene_init(&scene, place, 1);
    check = &scene.options.files[0].check;
    *check = (struct command){ memory_resize_array(NULL, 2, sizeof(char *)), 2, false };
    check->words[0] = memory_copy_string("/no/such/checker");
    check->words[1] = memory_copy_string("$(touch x) {}");

    /* Then the reason: under valgrind it is an exit status. */
    struct slice heard = slice_from(hear(&scene, &text));

    assert_true(slice_starts_with(
        heard, SLICE("not run: check '/no/such/checker '$(touch x) {}'' could not judge "
                     "'DIR/a': ")));
    assert_folder_is(place, "");
    scene_fini(&scene);
}

/* HAProxy's files in their order: its own, one of the group, one that nobody delivers. */
static void test_paths_in_braces_in_a_list(void **state)
{
    static const char *const texts[] = { "staged a\n", "staged b\n" };
    static const char *const words[] = { "cat", "{}", "{DIR/b}", "{DIR/other}", "{}}", "-" };
    struct place *place = *state;
    struct scene scene;
    struct command *check;

    place_write(place, "b", "installed b\n");
    place_write(place, "other", "other\n");
    scene_init(&scene, place, 2);
    check = &scene.options.files[0].check;
    *check = (struct command){ memory_resize_array(NULL, ARRAY_SIZE(words), sizeof(char *)),
                               ARRAY_SIZE(words), false };
    for (size_t i = 0; i < ARRAY_SIZE(words); i++)
        check->words[i] = with_folder(place, words[i]);
    hear(&scene, texts);
    assert_non_null(strstr(scene.heard.ptr, "staged a\nstaged b\nother\n"));
    assert_non_null(strstr(scene.heard.ptr, "DIR/a}")); /* what cat does not find */
    scene_fini(&scene);
}

static const struct {
    const char *name;
    const char *installed[MOST_FILES]; /* NULL: is not there */
    const char *texts[MOST_FILES];
    const char *check; /* of the first file */
    const char *want;
} view_cases[] = {
    { "a map of its own group, first delivery",
      { NULL, NULL, NULL },
      { "use map(DIR/b,x)\n", "one\n", "" },
      "f=$(sed -n 's/.*(\\(.*\\),.*/\\1/p' {}); test $f != DIR/b && cat $f; exit 1",
      "one\n" },
    { "an unchanged configuration names a new map",
      { "use map(DIR/b)\n", "old\n", "" },
      { "use map(DIR/b)\n", "new\n", "" },
      "cat $(sed 's/.*(\\(.*\\))/\\1/' {}); exit 1",
      "new\n" },
    { "a list between them",
      { "DIR/b\n", "DIR/c\n", "old\n" },
      { "DIR/b\n", "DIR/c\n", "new\n" },
      "cat $(cat $(cat {})); exit 1",
      "new\n" },
    { "what names the unchanged names the installed",
      { NULL, "map\n", "" },
      { "DIR/b DIR/c", "map\n", "" },
      "cat {}; exit 1",
      "DIR/b DIR/c\n" },
    { "longer paths are others",
      { NULL, NULL, "" },
      { "DIR/b.bak /xDIR/b DIR/b/c DIR/bDIR/b\n", "new\n", "" },
      "cat {}; exit 1",
      "DIR/b.bak /xDIR/b DIR/b/c DIR/bDIR/b\n" },
    { "the staged copy of another",
      { NULL, NULL, "c\n" },
      { "", "one\n", "c\n" },
      "cat {DIR/b} {DIR/c}; exit 1",
      "one\nc\n" },
    { "a ring",
      { "", "", "" },
      { "DIR/b\n", "DIR/a\n", "" },
      "cmp -s $(cat $(cat {})) {} && echo same; exit 1",
      "same\n" },
};

static void put_installed(const struct place *place, size_t i, const char *text)
{
    char *filled = text ? with_folder(place, text) : NULL;
    char *path = place_path(place, names[i]);

    if (filled)
        place_write(place, names[i], filled);
    else
        unlink(path);
    free(filled);
    free(path);
}

static void test_what_a_checker_sees(void **state)
{
    struct place *place = *state;

    for (size_t i = 0; i < ARRAY_SIZE(view_cases); i++) {
        CLEANUP(buf_fini) struct buf words = BUF_EMPTY;
        char *check = with_folder(place, view_cases[i].check);
        struct scene scene;

        print_message("%s\n", view_cases[i].name);
        scene_init(&scene, place, MOST_FILES);
        for (size_t k = 0; k < MOST_FILES; k++)
            put_installed(place, k, view_cases[i].installed[k]);
        set_check(&scene, 0, check);

        struct slice heard = slice_from(hear(&scene, view_cases[i].texts)), first;

        slice_next(&heard, '\n', &first);
        buf_add(&words, heard);
        assert_string_equal(words.ptr, view_cases[i].want);
        free(check);
        scene_fini(&scene);
    }
}

/* --- Folders --------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    const char *main, *check; /* of the first file */
    const char *want;
} folder_cases[] = {
    { "a text names it, with what is staged and what others have there", "crt DIR/d/\n",
      "cd $(sed 's/crt //' {}) && cat b other && ls -A; exit 1", "new b\nother\nb\ne\nother\n" },
    { "a check names it", "", "for f in DIR/d/*; do test -f $f && cat $f; done; exit 1",
      "new b\nother\n" },
    { "a check names it in braces", "", "cat {DIR/d}/b; exit 1", "new b\n" },
    { "a file in a check is the installed one", "", "cat DIR/d/b DIR/d/other; exit 1",
      "old b\nother\n" },
    { "a folder of it", "", "cd DIR && cat main d/b d/e/c d/e/other; exit 1",
      "new b\nnew c\nother\n" },
    { "it is called by its name", "", "ls -d DIR/d DIR/d/* DIR/d/; exit 1",
      "DIR/d\nDIR/d/\nDIR/d/b\nDIR/d/e\nDIR/d/other\n" },
    { "a folder that nothing of the group is in", "DIR/d/e/f DIR/dd\n", "cat {}; exit 1",
      "DIR/d/e/f DIR/dd\n" },
    { "the root is none", "path_beg / or //\n", "cat {}; exit 1", "path_beg / or //\n" },
    { "a text in the folder that it names", "include DIR\n",
      "cd $(sed 's/include //' {}) && cat main | cut -c1-7; exit 1", "include\n" },
};

static void put_folders(const struct place *place)
{
    static const char *const folders[] = { "d", "d/e", "dd" };

    for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
        char *path = place_path(place, folders[i]);

        assert_int_equal(mkdir(path, 0755), 0);
        free(path);
    }
    place_write(place, "d/b", "old b\n");
    place_write(place, "d/other", "other\n");
    place_write(place, "d/e/other", "other\n");
    /* Of somebody else who is about to write there. */
    place_write(place, "d/.x.edgewright-abc123", "half");
}

static void set_destination(struct scene *scene, size_t file, const char *name)
{
    free(scene->options.files[file].destination);
    scene->options.files[file].destination = place_path(scene->place, name);
}

static void test_folders_are_seen_as_they_will_be(void **state)
{
    struct place *place = *state;

    put_folders(place);
    for (size_t i = 0; i < ARRAY_SIZE(folder_cases); i++) {
        const char *const texts[] = { folder_cases[i].main, "new b\n", "new c\n" };
        char *check = with_folder(place, folder_cases[i].check);
        CLEANUP(buf_fini) struct buf words = BUF_EMPTY;
        struct slice heard, first;
        struct scene scene;

        print_message("%s\n", folder_cases[i].name);
        scene_init(&scene, place, MOST_FILES);
        set_destination(&scene, 0, "main");
        set_destination(&scene, 1, "d/b");
        set_destination(&scene, 2, "d/e/c");
        set_check(&scene, 0, check);
        heard = slice_from(hear(&scene, texts));
        slice_next(&heard, '\n', &first);
        buf_add(&words, heard);
        assert_string_equal(words.ptr, folder_cases[i].want);
        free(check);
        scene_fini(&scene);
    }
    assert_folder_is(place, "d dd ");
}

/* More than once, as a delivery that is tried again would; the log hears of it once. */
static void assert_seen_as_is(struct place *place, const char *inner, size_t n_checks,
                              const char *want_log)
{
    static const char *const texts[] = { "crt DIR/d\n", "new b\n" };

    for (size_t i = 0; i < n_checks; i++) {
        struct scene scene;

        scene_init(&scene, place, 2);
        set_destination(&scene, 1, inner);
        set_check(&scene, 0, "cat {}; exit 1");
        hear(&scene, texts);
        assert_string_equal(scene.heard.ptr, "refused: check 'cat {}; exit 1' refuses 'DIR/a': "
                                             "exit status 1\ncrt DIR/d\n");
        place_assert_log(place, i == 0 ? want_log : "");
        scene_fini(&scene);
    }
}

/* A delivery lists no folder above those of its files. */
static void test_a_folder_that_cannot_be_listed(void **state)
{
    struct place *place = *state;
    char *folder = place_path(place, "d"), *inner = place_path(place, "d/e");
    uid_t before = geteuid();

    assert_int_equal(mkdir(folder, 0755) + mkdir(inner, 0755), 0);
    if (before == 0) {
        assert_int_equal(chown(inner, NOBODY, NOBODY), 0);
        assert_int_equal(chown(folder, NOBODY, NOBODY), 0);
        assert_int_equal(chown(place->dir, NOBODY, NOBODY), 0);
        assert_int_equal(seteuid(NOBODY), 0);
    }
    assert_int_equal(chmod(folder, 0300), 0);
    assert_seen_as_is(place, "d/e/b", 2,
                      "warn checks see 'DIR/d' as it is, not as it will be: "
                      "open: Permission denied\n");
    assert_int_equal(chmod(folder, 0700), 0);
    assert_int_equal(seteuid(before), 0);
    free(folder);
    free(inner);
}

static void test_a_folder_of_very_many(void **state)
{
    struct place *place = *state;
    char *folder = place_path(place, "d"), name[32];
    int fd;

    assert_int_equal(mkdir(folder, 0755), 0);
    place_write(place, "d/b", "old b\n");
    fd = open(folder, O_DIRECTORY | O_CLOEXEC);
    for (unsigned i = 0; i < LIMIT_MIRROR_ENTRIES; i++) {
        snprintf(name, sizeof(name), "%u", i);
        assert_int_equal(symlinkat("b", fd, name), 0);
    }
    close(fd);
    assert_seen_as_is(place, "d/b", 1,
                      "warn checks see 'DIR/d' as it is, not as it will be: "
                      "more than 100000 entries, the limit\n");
    free(folder);
}

/* In a list, a word is what the shell would have made of it. */
static void test_a_folder_in_a_list(void **state)
{
    static const char *const texts[] = { "new a\n" };
    static const char *const words[] = { "ls", "-d", "DIR", "{DIR}", "DIR/other", "/no/such" };
    struct place *place = *state;
    struct scene scene;
    struct command *check;

    place_write(place, "other", "");
    scene_init(&scene, place, 1);
    check = &scene.options.files[0].check;
    *check = (struct command){ memory_resize_array(NULL, ARRAY_SIZE(words), sizeof(char *)),
                               ARRAY_SIZE(words), false };
    for (size_t i = 0; i < ARRAY_SIZE(words); i++)
        check->words[i] = with_folder(place, words[i]);
    hear(&scene, texts);
    assert_non_null(strstr(scene.heard.ptr, "\nDIR\nDIR\nDIR/other\n"));
    assert_folder_is(place, "other ");
    scene_fini(&scene);
}

static void test_environment(void **state)
{
    static const char *const texts[] = { "a\n", "b\n" };
    struct place *place = *state;
    struct scene scene;

    place_write(place, "b", "b\n");
    setenv("CONSUL_HTTP_TOKEN", "secret", 1);
    scene_init(&scene, place, 2);
    set_check(&scene, 0,
              "echo \"$EDGEWRIGHT_FILES $EDGEWRIGHT_STAGED\"; test \"$EDGEWRIGHT_STAGED\" = "
              "\"$(printf '%s\\n' {} $DIR/b)\" && echo \"${CONSUL_HTTP_TOKEN-none}\"; exit 1");
    hear(&scene, texts);
    unsetenv("CONSUL_HTTP_TOKEN");
    assert_non_null(strstr(scene.heard.ptr, "DIR/a\nDIR/b DIR/a\nDIR/b\nnone\n"));
    scene_fini(&scene);
}

static void test_each_check_runs_once_until_one_refuses(void **state)
{
    static const char *const texts[] = { "a\n", "b\n", "c\n" };
    struct place *place = *state;
    struct scene scene;

    scene_init(&scene, place, 3);
    set_check(&scene, 0, "echo all >>$DIR/ran");
    set_check(&scene, 1, "echo all >>$DIR/ran");
    set_check(&scene, 2, "echo third >>$DIR/ran; exit 1");
    hear(&scene, texts);
    assert_string_equal(place_read(place, "ran"), "all\nthird\n");
    assert_non_null(strstr(scene.heard.ptr, "refuses 'DIR/c'"));
    scene_fini(&scene);
}

static void test_what_cannot_be_staged_is_told_from_the_loop(void **state)
{
    static const char *const text = "x";
    struct place *place = *state;
    struct scene scene;
    char *path = place_path(place, "a");

    assert_int_equal(mkdir(path, 0755), 0);
    free(path);
    scene_init(&scene, place, 1);
    set_check(&scene, 0, "true");
    assert_string_equal(hear(&scene, &text), "not run: install 'DIR/a': is a folder\n");
    scene_fini(&scene);
}

static void test_a_trial_can_be_dropped_at_any_time(void **state)
{
    struct place *place = *state;
    struct slice text = SLICE("x");
    struct delivery_pass pass = { .texts = &text, .n_texts = 1 };
    struct scene scene;

    scene_init(&scene, place, 1);
    set_check(&scene, 0, "exit 1");
    scene.trial =
        trial_start(place->rig->loop, place->gate, &scene.options, NULL, &pass, on_verdict, &scene);
    trial_free(TAKE(scene.trial));
    assert_folder_is(place, "");
    scene_fini(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLACE_TEST(test_verdicts),
        PLACE_TEST(test_what_a_check_leaves_behind_ends_with_it),
        PLACE_TEST(test_a_list_is_not_for_the_shell),
        PLACE_TEST(test_paths_in_braces_in_a_list),
        PLACE_TEST(test_what_a_checker_sees),
        PLACE_TEST(test_folders_are_seen_as_they_will_be),
        PLACE_TEST(test_a_folder_that_cannot_be_listed),
        PLACE_TEST(test_a_folder_of_very_many),
        PLACE_TEST(test_a_folder_in_a_list),
        PLACE_TEST(test_environment),
        PLACE_TEST(test_each_check_runs_once_until_one_refuses),
        PLACE_TEST(test_what_cannot_be_staged_is_told_from_the_loop),
        PLACE_TEST(test_a_trial_can_be_dropped_at_any_time),
    };

    return cmocka_run_group_tests_name("trial", tests, NULL, NULL);
}
