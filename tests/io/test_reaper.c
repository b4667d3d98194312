/* SPDX-License-Identifier: MIT */
/* Orphans that come to us are reaped, and children of our own are left to those who wait. */
#include "io/rig.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/child.h"
#include "io/reaper.h"

struct scene {
    struct rig *rig;
    struct child *child;
    bool is_done;
    int status;
    struct timer look;
};

static void on_done(void *ctx, const struct child_result *result)
{
    struct scene *scene = ctx;

    scene->is_done = true;
    scene->status = result->outcome == CHILD_EXITED ? result->status : -1;
}

static void on_look(void *ctx)
{
    struct scene *scene = ctx;
    siginfo_t info = { .si_pid = 0 };

    /* ECHILD: there is nobody left, ended or not. */
    if (scene->is_done && waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
        loop_quit(scene->rig->loop, 0);
    else
        timer_start_ms(&scene->look, 1);
}

static void start(struct scene *scene, const char *script)
{
    static const char *const env[] = { "PATH=/usr/bin:/bin", NULL };
    static const struct child_handler handler = { .on_done = on_done };
    const char *argv[] = { "sh", "-c", script, NULL };
    const struct child_options options = { .argv = argv, .envp = env };

    scene->child = child_start(scene->rig->loop, &options, &handler, scene);
}

static void test_orphans(void **state)
{
    /* Orphans that end before their parent's end is noticed, and after it. */
    static const char *const scripts[] = {
        "(exit 1 & exit 0); (sh -c 'exit 2' & exit 0); exit 7",
        "(sleep 0.05 & exit 0); (sleep 0.1 & exit 0); exit 7",
        "exit 7",
    };
    struct rig *rig = *state;

    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
    for (size_t i = 0; i < ARRAY_SIZE(scripts); i++) {
        CLEANUP(reaper_freep) struct reaper *reaper = NULL;
        struct scene scene = { .rig = rig };

        assert_true(reaper_new(rig->loop, &reaper, &rig->err));
        timer_init(&scene.look, rig->loop, on_look, &scene);
        timer_start_ms(&scene.look, 0);
        start(&scene, scripts[i]);
        assert_int_equal(rig_run(rig), 0);
        assert_int_equal(scene.status, 7);
        child_free(scene.child);
        timer_fini(&scene.look);
    }
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0), 0);
}

/* Its end and the signal are known at once: who comes first leaves the other one its due. */
static void test_our_own_child(void **state)
{
    struct rig *rig = *state;

    for (int i = 0; i < 20; i++) {
        CLEANUP(reaper_freep) struct reaper *reaper = NULL;
        struct scene scene = { .rig = rig };
        siginfo_t info;

        if (i % 2 == 0)
            assert_true(reaper_new(rig->loop, &reaper, &rig->err));
        start(&scene, "exit 7");
        if (i % 2 == 1)
            assert_true(reaper_new(rig->loop, &reaper, &rig->err));
        timer_init(&scene.look, rig->loop, on_look, &scene);
        timer_start_ms(&scene.look, 0);
        assert_int_equal(waitid(P_PID, (id_t)child_pid(scene.child), &info, WEXITED | WNOWAIT), 0);
        assert_int_equal(raise(SIGCHLD), 0);
        assert_int_equal(rig_run(rig), 0);
        assert_int_equal(scene.status, 7);
        child_free(scene.child);
        timer_fini(&scene.look);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { RIG_TEST(test_orphans), RIG_TEST(test_our_own_child) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
