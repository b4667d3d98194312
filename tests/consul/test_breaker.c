/* SPDX-License-Identifier: MIT */
/* A Consul that answers nobody, and how all come back to it. */
#include "consul/breaker.h"
#include "consul/scene.h"
#include "unit.h"

#define N_WATCHES 60
#define NO_LEADER "-:\"\""

static const char *answer_well(struct fake *fake, const char *path)
{
    (void)fake;
    return strstr(path, "index=") ? NULL : "10:1a";
}

static const char *answer_500(struct fake *fake, const char *path)
{
    (void)fake;
    (void)path;
    return "500";
}

/* As without a quorum: an error after a while. */
static const char *answer_late_500(struct fake *fake, const char *path)
{
    (void)fake;
    (void)path;
    return "~500";
}

static void ask(struct scene *scene, int n, const char *dc)
{
    for (int i = 0; i < n; i++) {
        char name[16];

        snprintf(name, sizeof(name), "s%d", i);
        scene_ask_dep(scene, (struct dep){ .kind = DEP_HEALTH_SERVICE,
                                           .name = slice_from(name),
                                           .dc = slice_from(dc) });
    }
}

static bool all_have_asked(const struct scene *scene)
{
    return all_are_armed(scene) && scene->fake.n_requests >= (size_t)2 * N_WATCHES;
}

static void begin_armed(struct scene *scene, struct rig *rig, uint64_t ramp_ms, uint64_t machine)
{
    struct watch_tuning tuning = quick;

    tuning.ramp_ms = ramp_ms;
    tuning.machine = machine;
    scene_begin(scene, rig, "");
    scene_open(scene);
    watch_set_tune(scene->set, &tuning);
    scene->fake.next = answer_well;
    ask(scene, N_WATCHES, "");
    wait_until(scene, all_have_asked);
    assert_int_equal(scene->n_answers, N_WATCHES);
}

static bool all_are_parked(const struct scene *scene)
{
    return count_state(scene, WATCH_PARKED) == watch_set_count(scene->set);
}

static bool was_probed(const struct scene *scene)
{
    return scene->fake.n_probes >= 5;
}

static void test_an_outage_and_the_ramp_after_it(void **state)
{
    struct rig *rig = *state;
    struct scene scene;

    begin_armed(&scene, rig, 100, 0);
    scene.fake.next = answer_500;
    scene.fake.leader = NO_LEADER;
    fake_answer_all(&scene.fake, "500");
    wait_until(&scene, all_are_parked);
    wait_until(&scene, was_probed);
    /* Nobody asks but the breaker; two may have been on their way. */
    assert_in_range(scene.fake.n_requests, 2 * N_WATCHES, 2 * N_WATCHES + 2);
    assert_string_equal(buf_slice(&scene.health).ptr, "away: HTTP 500: oops ");

    size_t n_before = scene.fake.n_requests;
    uint64_t began_ms = loop_now_ms(rig->loop);

    scene.fake.next = answer_well;
    scene.fake.leader = "-:\"10.0.0.1:8300\"";
    wait_until(&scene, all_are_armed);
    assert_true(loop_now_ms(rig->loop) - began_ms >= 90);
    assert_in_range(scene.fake.n_requests, n_before + N_WATCHES, n_before + 2 * N_WATCHES);
    assert_int_equal(scene.n_answers, N_WATCHES); /* the same content */
    scene_end(&scene);
}

static void test_one_watch_is_tried_at_a_time(void **state)
{
    struct scene scene;

    begin_armed(&scene, *state, 0, 0);
    scene.fake.next = answer_late_500;
    fake_answer_all(&scene.fake, "500");
    wait_until(&scene, was_probed);
    /* One for each of its questions, and two that may have been on their way. */
    assert_in_range(scene.fake.n_requests, 2 * N_WATCHES, 2 * N_WATCHES + 7);
    scene.fake.next = answer_well;
    wait_until(&scene, all_are_armed);
    assert_int_equal(scene.n_answers, N_WATCHES);
    scene_end(&scene);
}

/* --- The ramp alone ------------------------------------------------------------------------- */

struct ramp {
    struct rig *rig;
    struct breaker *breaker;
    struct seat {
        struct breaker_seat seat;
        struct ramp *ramp;
        unsigned number;
    } seats[N_WATCHES];
    size_t n_parked, n_released;
    unsigned order[N_WATCHES];
    uint64_t at_ms[N_WATCHES];
};

static void park(struct ramp *ramp, size_t n);

static void on_release(void *ctx)
{
    struct seat *seat = ctx;
    struct ramp *ramp = seat->ramp;

    ramp->at_ms[ramp->n_released] = loop_now_ms(ramp->rig->loop);
    ramp->order[ramp->n_released++] = seat->number;
    if (ramp->n_released == N_WATCHES)
        loop_quit(ramp->rig->loop, 0);
    else if (ramp->n_parked < N_WATCHES) /* while the others are let go */
        park(ramp, N_WATCHES);
}

static void park(struct ramp *ramp, size_t n)
{
    for (; ramp->n_parked < n; ramp->n_parked++) {
        struct seat *seat = &ramp->seats[ramp->n_parked];

        *seat = (struct seat){
            { .on_release = on_release, .ctx = seat, .key = (uint64_t)ramp->n_parked + 1 },
            ramp,
            (unsigned)ramp->n_parked
        };
        breaker_park(ramp->breaker, &seat->seat, false);
    }
    breaker_spread(ramp->breaker);
}

/* Lets n_first go over the ramp, and the others, which are parked meanwhile. Returns how long that
 * took. */
static uint64_t spread(struct ramp *ramp, struct rig *rig, size_t n_first, uint64_t ramp_ms,
                       uint64_t machine)
{
    struct watch_tuning tuning = { .ramp_ms = ramp_ms, .machine = machine };
    uint64_t begun_ms = loop_now_ms(rig->loop);
    struct breakers breakers;

    breakers_init(&breakers, rig->loop, NULL, &tuning);
    *ramp = (struct ramp){ .rig = rig, .breaker = breakers_get(&breakers, SLICE_EMPTY) };
    park(ramp, n_first);
    assert_int_equal(ramp->n_released, 0);
    assert_int_equal(rig_run(rig), 0);
    breakers_fini(&breakers);
    return loop_now_ms(rig->loop) - begun_ms;
}

static bool is_same_order(const struct ramp *a, const struct ramp *b)
{
    return memcmp(a->order, b->order, sizeof(a->order)) == 0;
}

static void test_each_machine_has_an_order(void **state)
{
    static struct ramp one, again, other;

    spread(&one, *state, N_WATCHES, 1, 1);
    spread(&again, *state, N_WATCHES, 1, 1);
    spread(&other, *state, N_WATCHES, 1, 2);
    assert_true(is_same_order(&one, &again));
    assert_false(is_same_order(&one, &other));
}

static void test_the_ramp_has_a_phase(void **state)
{
    static struct ramp late;
    uint64_t begun_ms = loop_now_ms(((struct rig *)*state)->loop);

    spread(&late, *state, N_WATCHES, 1200, 1023); /* nearly a step of 20 ms */
    assert_true(late.at_ms[0] - begun_ms >= 19);
    assert_true(late.at_ms[N_WATCHES - 1] - begun_ms >= 1198);
}

/* Another connection is lost while the ramp of the first one runs. */
static void test_latecomers_have_a_ramp_of_their_own(void **state)
{
    static struct ramp ramp;

    assert_true(spread(&ramp, *state, N_WATCHES / 2, 60, 0) >= 2 * 50);
}

/* --- Outages -------------------------------------------------------------------------------- */

/* A first answer is waited for by a template: no ramp for that. */
static void test_no_ramp_at_the_first_start(void **state)
{
    struct watch_tuning tuning = quick;
    struct scene scene;

    tuning.ramp_ms = 600000;
    scene_begin(&scene, *state, "");
    scene.fake.next = answer_500;
    scene.fake.leader = NO_LEADER;
    scene_open(&scene);
    watch_set_tune(scene.set, &tuning);
    ask(&scene, N_WATCHES, "");
    wait_until(&scene, all_are_parked);
    scene.fake.next = answer_well;
    scene.fake.leader = "-:\"10.0.0.1:8300\"";
    wait_until(&scene, all_are_armed);
    assert_int_equal(scene.n_answers, N_WATCHES);
    scene_end(&scene);
}

/* An agent that comes back before it has joined: errors, then emptiness, then the truth. */
static const char *answer_while_joining(struct fake *fake, const char *path)
{
    static size_t n;

    (void)fake;
    if (strstr(path, "index="))
        return NULL;
    n++;
    if (n <= 5)
        return "500";
    return n <= 5 + 2 * N_WATCHES ? "1:0" : "10:1a";
}

static bool is_away(const struct scene *scene)
{
    return scene->health.len > 0;
}

static void test_fault_15_an_agent_that_joins(void **state)
{
    struct scene scene;

    begin_armed(&scene, *state, 0, 0);
    fake_kill(&scene.fake);
    wait_until(&scene, is_away);
    scene.fake.next = answer_while_joining;
    fake_revive(&scene.fake);
    wait_until(&scene, all_are_armed);
    assert_int_equal(scene.n_answers, N_WATCHES); /* never an empty one */
    scene_end(&scene);
}

/* --- What is not everybody's ---------------------------------------------------------------- */

static const char *answer_all_but_dc2(struct fake *fake, const char *path)
{
    return strstr(path, "dc=dc2") ? "500" : answer_well(fake, path);
}

static bool are_half_parked_half_armed(const struct scene *scene)
{
    return count_state(scene, WATCH_PARKED) >= 4 && count_state(scene, WATCH_ARMED) == 5;
}

static void test_another_datacenter_goes_on(void **state)
{
    struct scene scene;

    scene_begin(&scene, *state, "");
    scene.fake.next = answer_all_but_dc2;
    scene.fake.leader = NO_LEADER;
    scene_open(&scene);
    ask(&scene, 5, "dc2");
    wait_until(&scene, all_are_parked);
    ask(&scene, 5, "");
    wait_until(&scene, are_half_parked_half_armed);
    scene_end(&scene);
}

static void test_a_new_question_is_not_parked(void **state)
{
    struct scene scene;

    scene_begin(&scene, *state, "");
    scene.fake.next = answer_500;
    scene.fake.leader = NO_LEADER;
    scene_open(&scene);
    ask(&scene, 5, "");
    wait_until(&scene, all_are_parked);
    scene.fake.next = answer_well; /* its own success ends the outage: the leader is never named */
    scene_ask(&scene, DEP_HEALTH_SERVICE, "another");
    wait_until(&scene, all_are_armed);
    scene_end(&scene);
}

static void test_once_counts_its_attempts(void **state)
{
    struct scene scene;

    scene_begin(&scene, *state, "");
    scene.fake.next = answer_500;
    scene.fake.leader = NO_LEADER;
    scene.options.retry_attempts = 4;
    scene_open(&scene);
    watch_set_set_resting(scene.set, true);
    ask(&scene, 5, "");
    assert_int_equal(rig_run(*state), 0);
    assert_non_null(strstr(scene.given_up.ptr, "HTTP 500: oops"));
    scene_end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(test_an_outage_and_the_ramp_after_it),
        RIG_TEST(test_one_watch_is_tried_at_a_time),
        RIG_TEST(test_each_machine_has_an_order),
        RIG_TEST(test_the_ramp_has_a_phase),
        RIG_TEST(test_latecomers_have_a_ramp_of_their_own),
        RIG_TEST(test_no_ramp_at_the_first_start),
        RIG_TEST(test_fault_15_an_agent_that_joins),
        RIG_TEST(test_another_datacenter_goes_on),
        RIG_TEST(test_a_new_question_is_not_parked),
        RIG_TEST(test_once_counts_its_attempts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
