/* SPDX-License-Identifier: MIT */
/* What the log says of failing questions. */
#include "consul/report.h"
#include "delivery/log.h"
#include "io/rig.h"
#include "unit.h"

#define N_TROUBLES 12

static const char *const names[N_TROUBLES] = { "q0", "q1", "q2", "q3", "q4",  "q5",
                                               "q6", "q7", "q8", "q9", "q10", "q11" };

struct scene {
    struct rig *rig;
    struct reporter reporter;
    struct trouble troubles[N_TROUBLES];
};

static void on_told(void *ctx)
{
    struct scene *scene = ctx;

    loop_quit(scene->rig->loop, 0);
}

static void scene_begin(struct scene *scene, struct rig *rig)
{
    *scene = (struct scene){ .rig = rig };
    reporter_init(&scene->reporter, rig->loop, 1, on_told, scene);
    log_begin(LOG_LEVEL_INFO);
}

static void scene_end(struct scene *scene)
{
    for (size_t i = 0; i < N_TROUBLES; i++)
        reporter_forget(&scene->reporter, &scene->troubles[i]);
    assert_int_equal(scene->reporter.n_troubles, 0);
    reporter_fini(&scene->reporter);
    log_end();
}

static void let_fail(struct scene *scene, size_t i, const char *reason)
{
    reporter_fail(&scene->reporter, &scene->troubles[i], names[i], reason);
}

static void let_recover(struct scene *scene, size_t i)
{
    reporter_recover(&scene->reporter, &scene->troubles[i]);
}

static void assert_told(struct scene *scene, const char *want)
{
    assert_int_equal(rig_run(scene->rig), 0);
    assert_string_equal(logged.ptr ? logged.ptr : "", want);
    buf_clear(&logged);
}

static void test_one(void **state)
{
    struct scene scene;

    scene_begin(&scene, *state);
    let_fail(&scene, 0, "HTTP 500");
    assert_told(&scene, "warn q0: HTTP 500\n");
    let_fail(&scene, 0, "HTTP 500"); /* again, and otherwise: silence */
    let_fail(&scene, 0, "HTTP 429");
    let_recover(&scene, 0);
    assert_told(&scene, "info q0: answered again after T\n");
    let_recover(&scene, 0);
    assert_false(scene.reporter.timer.is_running);
    scene_end(&scene);
}

static void test_many(void **state)
{
    struct scene scene;

    scene_begin(&scene, *state);
    for (size_t i = 0; i < N_TROUBLES; i++)
        let_fail(&scene, i, "HTTP 500: No cluster leader");
    assert_told(&scene,
                "warn consul: 12 questions fail (q11 is one): HTTP 500: No cluster leader\n");
    for (size_t i = 0; i < N_TROUBLES; i++)
        let_recover(&scene, i);
    assert_told(&scene, "info consul: 12 questions are answered again (the longest after T)\n");
    scene_end(&scene);
}

static void test_many_reasons(void **state)
{
    static const char *const reasons[] = { "a", "b", "c", "d", "e", "f", "g" };
    struct scene scene;

    scene_begin(&scene, *state);
    for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
        let_fail(&scene, i, reasons[i]);
    assert_told(&scene, "warn q6: g\nwarn q5: f\nwarn q4: e\nwarn q3: d\nwarn q2: c\n"
                        "warn consul: 2 more questions fail for other reasons\n");
    scene_end(&scene);
}

static void test_short_troubles_are_not_told(void **state)
{
    struct scene scene;

    scene_begin(&scene, *state);
    let_fail(&scene, 0, "HTTP 500");
    let_recover(&scene, 0);
    assert_told(&scene, "");
    scene_end(&scene);
}

static void test_quiet(void **state)
{
    struct scene scene;

    scene_begin(&scene, *state);
    let_fail(&scene, 0, "closed");
    reporter_set_quiet(&scene.reporter, true);
    let_fail(&scene, 1, "refused");
    assert_told(&scene, "");
    /* What failed meanwhile has yet to be asked again: nothing to tell until it fails again. */
    reporter_set_quiet(&scene.reporter, false);
    assert_told(&scene, "");
    let_recover(&scene, 0);
    let_fail(&scene, 1, "HTTP 500");
    assert_told(&scene, "warn q1: HTTP 500\n");
    scene_end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(test_one),          RIG_TEST(test_many),
        RIG_TEST(test_many_reasons), RIG_TEST(test_short_troubles_are_not_told),
        RIG_TEST(test_quiet),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
