/* SPDX-License-Identifier: MIT */
/* When a template is rendered: what it waits for, and for how long. Answers are files' contents,
 * the simplest kind; times are of the real clock and only compared where that cannot fail. */
#include "app/job.h"

#include <stdio.h>
#include <string.h>

#include "data/store.h"
#include "io/rig.h"
#include "unit.h"

struct scene {
    struct rig *rig;
    struct template_config config;
    struct wait_options wait;
    struct job_reporter reporter;
    struct loop_source *due;
    struct store *store;
    struct job *job;
};

static void on_due(void *ctx)
{
    struct scene *scene = ctx;

    loop_quit(scene->rig->loop, 0);
}

static void on_blocked(void *ctx, struct job *job)
{
    (void)ctx;
    (void)job;
    fail_msg("nobody here waits that long");
}

/* Lets the deferred signal of what is due already go by. */
static void drain(struct scene *scene)
{
    if (scene->job->is_due)
        assert_int_equal(rig_run(scene->rig), 0);
}

static void begin(struct scene *scene, struct rig *rig, const char *text, struct wait_options wait)
{
    CLEANUP(buf_fini) struct buf report = BUF_EMPTY;

    *scene = (struct scene){ .rig = rig, .wait = wait };
    scene->config = (struct template_config){ .contents = (char *)(uintptr_t)text };
    scene->config.pos = (struct source_pos){ "t.yaml", 3, 1 };
    scene->config.delivery.name = (char *)(uintptr_t) "out";
    scene->reporter = (struct job_reporter){ on_blocked, NULL };
    scene->store = store_new();
    assert_true(loop_add_deferred(rig->loop, on_due, scene, &scene->due, &rig->err));
    if (!job_new(rig->loop, &scene->config, &scene->wait, scene->due, &scene->reporter, &scene->job,
                 &report, &rig->err))
        fail_msg("%s", rig->err.text);
    assert_true(scene->job->is_due); /* a first look, in the loop */
    drain(scene);
}

static void end(struct scene *scene)
{
    job_free(scene->job);
    loop_source_free(scene->due);
    store_free(scene->store);
}

/* content NULL: there is no such file. */
static bool answer(struct scene *scene, const char *path, const char *content)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    struct dep dep = { .kind = DEP_FILE, .name = slice_from(path) };
    struct document *doc = content ? document_new() : NULL;
    const struct value *before;
    bool was_answered;

    dep_make_key(&dep, &arena);
    if (doc) {
        doc->root = value_string(arena_copy(&doc->arena, slice_from(content)));
        doc->content_hash = slice_hash(slice_from(content));
    }
    was_answered = store_get(scene->store, &dep, &before) != ANSWER_PENDING;

    CLEANUP(document_unrefp) struct document *earlier = store_find(scene->store, &dep);

    if (earlier)
        document_ref(earlier);
    return store_put(scene->store, &dep, doc) &&
           job_on_answer(scene->job, scene->store, &dep, was_answered, earlier);
}

static enum job_pass render(struct scene *scene, const char *want)
{
    CLEANUP(render_fini) struct render left = RENDER_EMPTY;
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;
    enum job_pass pass = job_render(scene->job, store_answers(scene->store), &text, &left);

    assert_false(scene->job->is_due);
    if (pass == JOB_PASS_COMPLETE)
        assert_string_equal(buf_slice(&text).ptr, want);
    return pass;
}

static void assert_reason(struct scene *scene, const char *want)
{
    CLEANUP(buf_fini) struct buf reason = BUF_EMPTY;

    job_take_reason(scene->job, &reason);
    assert_string_equal(reason.ptr, want);
}

#define NO_WAIT ((struct wait_options){ false, 0, 0 })

/* --- Incomplete ------------------------------------------------------------------------------ */

static void test_due_with_the_last_answer(void **state)
{
    struct scene scene;

    begin(&scene, *state, "{{file \"a\"}}{{file \"b\"}}", NO_WAIT);
    assert_int_equal(render(&scene, ""), JOB_PASS_INCOMPLETE);
    assert_int_equal(scene.job->state, JOB_INCOMPLETE);
    assert_true(scene.job->has_new_questions);
    assert_int_equal(dep_set_count(&scene.job->asked), 2);

    assert_false(answer(&scene, "other", "x"));
    assert_true(answer(&scene, "a", "1"));
    assert_false(scene.job->is_due); /* it waits a moment for the other one */
    assert_true(answer(&scene, "b", "2"));
    assert_true(scene.job->is_due);
    assert_int_equal(render(&scene, "12"), JOB_PASS_COMPLETE);
    assert_int_equal(scene.job->state, JOB_CURRENT);
    assert_reason(&scene, "first render");
    end(&scene);
}

static void test_due_a_moment_after_the_first_of_several(void **state)
{
    struct scene scene;

    begin(&scene, *state,
          "{{file \"a\"}}{{if eq (file \"a\") \"1\"}}{{file \"c\"}}{{end}}{{file \"b\"}}", NO_WAIT);
    assert_int_equal(render(&scene, ""), JOB_PASS_INCOMPLETE);
    assert_int_equal(dep_set_count(&scene.job->asked), 2);
    scene.job->has_new_questions = false;
    assert_true(answer(&scene, "a", "1"));
    assert_int_equal(rig_run(scene.rig), 0); /* by itself */
    assert_true(scene.job->is_due);
    assert_int_equal(render(&scene, ""), JOB_PASS_INCOMPLETE);
    assert_true(scene.job->has_new_questions); /* c, which nobody knew of before */
    assert_int_equal(dep_set_count(&scene.job->asked), 3);
    end(&scene);
}

static void test_what_does_not_exist_is_waited_for(void **state)
{
    struct scene scene;

    begin(&scene, *state, "{{file \"a\"}}{{file \"b\"}}", NO_WAIT);
    assert_int_equal(render(&scene, ""), JOB_PASS_INCOMPLETE);
    assert_true(answer(&scene, "a", NULL));
    assert_true(answer(&scene, "b", "2"));
    assert_true(scene.job->is_due); /* all have been answered, one way or the other */
    assert_int_equal(render(&scene, ""), JOB_PASS_INCOMPLETE);
    assert_true(answer(&scene, "a", "1"));
    assert_true(scene.job->is_due);
    assert_int_equal(render(&scene, "12"), JOB_PASS_COMPLETE);
    end(&scene);
}

static void test_an_incomplete_pass_takes_no_question_away(void **state)
{
    struct scene scene;

    begin(&scene, *state, "{{if eq (file \"a\") \"1\"}}{{file \"b\"}}{{else}}{{file \"c\"}}{{end}}",
          NO_WAIT);
    answer(&scene, "a", "1");
    answer(&scene, "b", "2");
    assert_int_equal(render(&scene, "2"), JOB_PASS_COMPLETE);
    assert_int_equal(dep_set_count(&scene.job->asked), 2);
    assert_true(answer(&scene, "a", "other"));
    assert_int_equal(render(&scene, ""), JOB_PASS_INCOMPLETE);
    assert_int_equal(dep_set_count(&scene.job->asked), 3);
    assert_true(answer(&scene, "c", "3"));
    assert_int_equal(render(&scene, "3"), JOB_PASS_COMPLETE);
    assert_int_equal(dep_set_count(&scene.job->asked), 2); /* a and c */
    assert_true(scene.job->has_new_questions);
    end(&scene);
}

/* --- Changes --------------------------------------------------------------------------------- */

static void begin_current(struct scene *scene, struct rig *rig, struct wait_options wait)
{
    begin(scene, rig, "{{file \"a\"}}", wait);
    assert_int_equal(render(scene, ""), JOB_PASS_INCOMPLETE);
    answer(scene, "a", "1");
    assert_true(scene->job->is_due); /* `wait` is not for the first time */
    drain(scene);
    assert_int_equal(render(scene, "1"), JOB_PASS_COMPLETE);
    assert_reason(scene, "first render");
}

static void test_a_change_without_wait(void **state)
{
    struct scene scene;

    begin_current(&scene, *state, NO_WAIT);
    assert_false(answer(&scene, "a", "1")); /* no news */
    assert_false(scene.job->is_due);
    assert_true(answer(&scene, "a", "2"));
    assert_true(scene.job->is_due);
    assert_int_equal(render(&scene, "2"), JOB_PASS_COMPLETE);
    assert_reason(&scene, "file(a) changed");
    assert_reason(&scene, "what is left out has changed");
    end(&scene);
}

static void test_a_change_with_wait(void **state)
{
    struct scene scene;
    uint64_t start;

    begin_current(&scene, *state, (struct wait_options){ true, 10, 1000 });
    start = loop_now_ms(scene.rig->loop);
    assert_true(answer(&scene, "a", "2"));
    assert_false(scene.job->is_due);
    assert_int_equal(scene.job->state, JOB_QUIET);
    assert_int_equal(rig_run(scene.rig), 0);
    assert_true(loop_now_ms(scene.rig->loop) - start >= 10);
    assert_int_equal(render(&scene, "2"), JOB_PASS_COMPLETE);
    assert_int_equal(scene.job->state, JOB_CURRENT);
    end(&scene);
}

/* A change each millisecond never leaves 15 s of quiet, but the most is 10 ms. */
struct scenario {
    struct scene *scene;
    struct timer timer;
    unsigned n;
};

static void change_again(void *ctx)
{
    struct scenario *changes = ctx;
    char text[16];

    snprintf(text, sizeof(text), "x%u", changes->n++);
    answer(changes->scene, "a", text);
    timer_start_ms(&changes->timer, 1);
}

static void test_changes_that_never_stop(void **state)
{
    struct scene scene;
    struct scenario changes = { .scene = &scene };
    uint64_t start;

    begin_current(&scene, *state, (struct wait_options){ true, 15000, 10 });
    timer_init(&changes.timer, scene.rig->loop, change_again, &changes);
    start = loop_now_ms(scene.rig->loop);
    change_again(&changes);
    assert_int_equal(rig_run(scene.rig), 0);
    timer_fini(&changes.timer);
    assert_true(loop_now_ms(scene.rig->loop) - start >= 10);
    assert_true(loop_now_ms(scene.rig->loop) - start < 15000);
    assert_true(scene.job->is_due);
    end(&scene);
}

static void test_a_wait_of_its_own(void **state)
{
    struct scene scene;
    CLEANUP(buf_fini) struct buf report = BUF_EMPTY;
    struct rig *rig = *state;

    begin(&scene, rig, "{{file \"a\"}}", (struct wait_options){ true, 1000, 4000 });
    job_free(scene.job);
    scene.config.wait = (struct wait_options){ true, 0, 0 }; /* none, whatever the others do */
    assert_true(job_new(rig->loop, &scene.config, &scene.wait, scene.due, &scene.reporter,
                        &scene.job, &report, &rig->err));
    drain(&scene);
    answer(&scene, "a", "1");
    assert_int_equal(render(&scene, "1"), JOB_PASS_COMPLETE);
    assert_true(answer(&scene, "a", "2"));
    assert_true(scene.job->is_due);
    end(&scene);
}

static void test_reasons(void **state)
{
    struct scene scene;
    char path[2] = "a";

    begin(
        &scene, *state,
        "{{range $f := parseJSON `[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\"]`}}{{file $f}}{{end}}",
        NO_WAIT);
    for (; *path <= 'g'; ++*path)
        answer(&scene, path, "1");
    assert_int_equal(render(&scene, "1111111"), JOB_PASS_COMPLETE);
    assert_reason(&scene, "first render");
    for (*path = 'a'; *path <= 'g'; ++*path)
        assert_true(answer(&scene, path, "2"));
    assert_int_equal(render(&scene, "2222222"), JOB_PASS_COMPLETE);
    assert_reason(&scene, "file(a) changed, file(b) changed, file(c) changed, file(d) changed, "
                          "file(e) changed and 2 more");
    end(&scene);
}

/* --- Failures -------------------------------------------------------------------------------- */

static void test_a_pass_that_fails(void **state)
{
    struct scene scene;

    begin(&scene, *state, "{{file \"a\" | parseInt}}", NO_WAIT);
    assert_int_equal(render(&scene, ""), JOB_PASS_INCOMPLETE);
    answer(&scene, "a", "x");
    assert_int_equal(render(&scene, ""), JOB_PASS_FAILED);
    assert_int_equal(scene.job->state, JOB_FAILED);
    assert_false(scene.job->was_complete);
    assert_int_equal(scene.job->last_error.code, ERROR_EXECUTE);
    assert_string_equal(scene.job->last_error.source, "t.yaml:3 (contents)");
    assert_true(answer(&scene, "a", "7"));
    assert_true(scene.job->is_due);
    assert_int_equal(render(&scene, "7"), JOB_PASS_COMPLETE);
    assert_int_equal(scene.job->last_error.code, ERROR_NONE);
    end(&scene);
}

static void test_a_template_that_does_not_parse(void **state)
{
    CLEANUP(buf_fini) struct buf report = BUF_EMPTY;
    struct rig *rig = *state;
    struct scene scene;
    struct job *job = NULL;

    begin(&scene, rig, "", NO_WAIT);
    scene.config.contents = (char *)(uintptr_t) "a\n{{range}}\n";
    assert_false(job_new(rig->loop, &scene.config, &scene.wait, scene.due, &scene.reporter, &job,
                         &report, &rig->err));
    assert_null(job);
    assert_int_equal(rig->err.code, ERROR_SYNTAX);
    assert_int_equal(rig->err.line, 2);
    assert_memory_equal(report.ptr, rig->err.text, strlen(rig->err.text));
    assert_non_null(strstr(report.ptr, "2 | {{range}}\n"));
    end(&scene);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        RIG_TEST(test_due_with_the_last_answer),
        RIG_TEST(test_due_a_moment_after_the_first_of_several),
        RIG_TEST(test_what_does_not_exist_is_waited_for),
        RIG_TEST(test_an_incomplete_pass_takes_no_question_away),
        RIG_TEST(test_a_change_without_wait),
        RIG_TEST(test_a_change_with_wait),
        RIG_TEST(test_changes_that_never_stop),
        RIG_TEST(test_a_wait_of_its_own),
        RIG_TEST(test_reasons),
        RIG_TEST(test_a_pass_that_fails),
        RIG_TEST(test_a_template_that_does_not_parse),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
