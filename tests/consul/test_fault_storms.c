/* SPDX-License-Identifier: MIT */
/* Faults that last: with the watcher's own times, how often it asks, and that it recovers whole.
 *
 * All storms rage at the same time, each at a Consul of its own; then all become honest. */
#include "consul/scene.h"
#include "unit.h"

#define STORM_MS   1500
#define N_OUTAGE   300
#define OUTAGE_MS  1000
#define RAMP_MS    500
#define LEADERLESS "-:\"\""

/* What a storm answers; '%' stands for a number that grows with each request. */
struct storm {
    const char *name;
    const char *first, *fetch, *blocked;
    size_t most;                      /* requests while it lasts */
    enum { SERVICE, KEY, LATE } kind; /* LATE: a service; recovers later than this test waits */
};

static const struct storm storms[] = {
    { "fault 1: ever lower", "10:1a", "10:1a", "5:1a", 7, SERVICE },
    { "fault 2: index 0", "0:1a", "0:1a", "0:1a", 8, SERVICE },
    { "fault 2: no index", "-:1a", "-:1a", "-:1a", 8, SERVICE },
    { "fault 2: none any more", "10:1a", "-:1a", "-:1a", 8, SERVICE },
    { "fault 2: not a number", "abc:1a", "abc:1a", "abc:1a", 8, SERVICE },
    { "fault 2: the largest", "18446744073709551615:1a", "18446744073709551615:1a",
      "18446744073709551615:1a", 8, SERVICE },
    { "fault 2: larger than that", "18446744073709551616:1a", "18446744073709551616:1a",
      "18446744073709551616:1a", 8, SERVICE },
    { "fault 3: early for ever", "10:1a", "10:1a", "10:1a", 7, SERVICE },
    { "fault 4: another body each time", "10:1a", "10:1a", "10:1b", 7, SERVICE },
    { "fault 5: empty at the same index", "10:2a", "10:0", "10:0", 4, LATE },
    { "fault 5: empty and full in turn", "10:2a", "10:2a", "10:0", 7, SERVICE },
    { "fault 6: filtered", "10:2a", "11:0/f", "11:0/f", 3, LATE },
    { "fault 7: no rights", "10:1a", "403", "403", 3, LATE },
    { "fault 8: errors", "10:1a", "500", "500", 8, SERVICE },
    { "fault 11: every other one", "10:1a", "10:1a", "500", 12, SERVICE },
    { "fault 12: turned away", "x", "x", "x", 12, SERVICE },
    { "fault 12: reset", "rst", "rst", "rst", 12, SERVICE },
    { "fault 13: busy", "10:1a", "429", "429", 5, SERVICE },
    { "fault 13: busy, and says for how long", "10:1a", "503,2", "503,2", 3, SERVICE },
    { "fault 20: cut", "10:1a", "cut", "cut", 12, SERVICE },
    { "fault 20: cut when blocked", "10:1a", "10:1a", "cutchunk", 12, SERVICE },
    { "fault 21: null", "10:1a", "11:null", "11:null", 12, SERVICE },
    { "fault 23: wakes without a change", "10:1a", "10:1a", "%:1a", 10, SERVICE },
    { "fault 24: no such service, others change", "10:0", "10:0", "%:0", 10, SERVICE },
    { "fault 24: no such key, others change", "404@10", "404@10", "404@%", 10, KEY },
    { "fault 29: moved", "10:1a", "301", "301", 8, SERVICE },
    { "a proxy that is tired of us", "10:1a", "408", "408", 8, SERVICE },
    { "an error that says for how long", "10:1a", "500,60", "502,60", 8, SERVICE },
    { "fault 30: no leader, changes", "10:1a/l", "%:1a/l", "%:1a/l", 8, SERVICE },
    { "faults 5 and 30: empty, without a leader", "10:2a", "10:0/l", "%:0/l", 7, LATE },
    { "faults 16 and 24: gone, and others register", "80000:2a", "5:0", "%:0", 12, SERVICE },
    { "faults 17 and 8: restored, and errors", "357:1a", "500", "15:1b", 8, SERVICE },
    { "faults 2 and 23: no index, then wakes", "-:1a", "10:1a", "%:1a", 11, SERVICE },
};

struct weather {
    const struct storm *storm; /* NULL: it is over */
    struct scene scene;
    size_t n_stormy;
};

static struct weather weathers[ARRAY_SIZE(storms)];

static const char *make_word(const char *pattern, size_t n)
{
    static char word[64];
    const char *number = strchr(pattern, '%');

    if (!number)
        return pattern;
    snprintf(word, sizeof(word), "%.*s%zu%s", (int)(number - pattern), pattern, n, number + 1);
    return word;
}

#define TRUTH_KEY "90000:[{\"Key\":\"web\",\"Value\":\"eg==\"}]"

static const char *answer_weather(struct fake *fake, const char *path)
{
    const struct weather *weather = fake->ctx;
    const struct storm *storm = weather->storm;

    if (!storm) {
        if (strstr(path, "index=90000&"))
            return NULL;
        return strstr(path, "/v1/kv/") ? TRUTH_KEY : "90000:3z";
    }
    return make_word(fake->n_requests == 1    ? storm->first
                     : strstr(path, "index=") ? storm->blocked
                                              : storm->fetch,
                     fake->n_requests + 100);
}

static void weather_begin(struct weather *weather, struct rig *rig, const struct storm *storm)
{
    struct watch_tuning tuning;

    weather->storm = storm;
    scene_begin(&weather->scene, rig, "");
    weather->scene.fake.ctx = weather;
    weather->scene.fake.next = answer_weather;
    scene_open(&weather->scene);
    tuning = watch_tuning_from(&weather->scene.options);
    watch_set_tune(weather->scene.set, &tuning);
    scene_ask(&weather->scene, storm->kind == KEY ? DEP_KV_GET : DEP_HEALTH_SERVICE, "web");
}

static void wait_ms(struct rig *rig, uint64_t ms)
{
    struct timer end;

    timer_init(&end, rig->loop, rig_on_deadline, rig); /* quits, here as it should */
    timer_start_ms(&end, ms);
    assert_int_equal(rig_run(rig), RIG_TIMED_OUT);
    timer_fini(&end);
}

static bool knows_the_truth(const struct weather *weather)
{
    struct watch_status status = scene_status(&weather->scene);

    return weather->storm || (status.state == WATCH_ARMED && status.index == 90000);
}

static bool all_know_the_truth(const struct scene *scene)
{
    (void)scene;
    for (size_t i = 0; i < ARRAY_SIZE(weathers); i++) {
        if (!knows_the_truth(&weathers[i]))
            return false;
    }
    return true;
}

static void assert_survived(const struct storm *storm, const struct weather *weather)
{
    const char *answers = buf_slice(&weather->scene.answers).ptr;
    const char *truth = storm->kind == KEY ? "there " : "3z ";
    bool was_there = storm->first[0] != 'x' && strstr(storm->first, ":0") == NULL;

    if (weather->n_stormy > storm->most)
        fail_msg("%s: asked %zu times, not %zu: %s", storm->name, weather->n_stormy, storm->most,
                 weather->scene.fake.requests.ptr);
    /* What has been there never goes away for an error. */
    if (was_there && (slice_find(slice_from(answers), SLICE("0 ")) == 0 || strstr(answers, " 0 ")))
        fail_msg("%s: emptied: %s", storm->name, answers);
    if (storm->kind != LATE && !slice_ends_with(slice_from(answers), slice_from(truth)))
        fail_msg("%s: told %s, but not the truth", storm->name, answers);
}

static void test_fault_storms(void **state)
{
    struct rig *rig = *state;

    for (size_t i = 0; i < ARRAY_SIZE(storms); i++)
        weather_begin(&weathers[i], rig, &storms[i]);
    wait_ms(rig, STORM_MS);
    for (size_t i = 0; i < ARRAY_SIZE(storms); i++) {
        weathers[i].n_stormy = weathers[i].scene.fake.n_requests;
        if (storms[i].kind != LATE)
            weathers[i].storm = NULL;
    }
    wait_until(&weathers[0].scene, all_know_the_truth);
    for (size_t i = 0; i < ARRAY_SIZE(storms); i++)
        assert_survived(&storms[i], &weathers[i]);
    for (size_t i = 0; i < ARRAY_SIZE(storms); i++)
        scene_end(&weathers[i].scene);
}

/* --- Many at once --------------------------------------------------------------------------- */

static const char *answer_well(struct fake *fake, const char *path)
{
    (void)fake;
    return strstr(path, "index=") ? NULL : "10:1a";
}

static const char *answer_news(struct fake *fake, const char *path)
{
    (void)fake;
    return strstr(path, "index=") ? NULL : "20:2b";
}

static const char *answer_500(struct fake *fake, const char *path)
{
    (void)fake;
    (void)path;
    return "500";
}

static bool all_have_asked(const struct scene *scene)
{
    return all_are_armed(scene) && scene->fake.n_requests >= (size_t)2 * N_OUTAGE;
}

static bool all_have_news(const struct scene *scene)
{
    return all_are_armed(scene) && scene->n_answers == (size_t)2 * N_OUTAGE;
}

/* All blocked queries end with an error in the same moment, and so does all that is asked for a
 * second. The agent has connections for all, so that nothing else slows them down. */
static void test_fault_09_all_fail_at_once(void **state)
{
    struct rig *rig = *state;
    struct watch_tuning tuning;
    struct scene scene;
    size_t n_before;

    scene_begin(&scene, rig, "");
    scene.options.connections = N_OUTAGE + 50;
    scene.options.recovery_ramp_ms = RAMP_MS;
    scene.fake.next = answer_well;
    scene_open(&scene);
    tuning = watch_tuning_from(&scene.options);
    watch_set_tune(scene.set, &tuning);
    for (int i = 0; i < N_OUTAGE; i++) {
        char name[16];

        snprintf(name, sizeof(name), "s%d", i);
        scene_ask(&scene, DEP_HEALTH_SERVICE, name);
    }
    wait_until(&scene, all_have_asked);
    n_before = scene.fake.n_requests;
    scene.fake.next = answer_500;
    scene.fake.leader = LEADERLESS;
    fake_answer_all(&scene.fake, "500");
    wait_ms(rig, OUTAGE_MS);
    assert_int_equal(scene.n_answers, N_OUTAGE);
    assert_in_range(scene.fake.n_requests - n_before + scene.fake.n_probes, 2,
                    20 * OUTAGE_MS / 1000);
    scene.fake.next = answer_news;
    scene.fake.leader = "-:\"10.0.0.1:8300\"";
    wait_until(&scene, all_have_news);
    assert_int_equal(scene.fake.n_requests - n_before < (size_t)3 * N_OUTAGE, true);
    scene_end(&scene);
}

/* --- A token that nobody knows -------------------------------------------------------------- */

static const char *answer_unknown(struct fake *fake, const char *path)
{
    (void)fake;
    (void)path;
    return "acl";
}

static bool all_are_denied(const struct scene *scene)
{
    return count_state(scene, WATCH_DENIED) == N_OUTAGE;
}

static void begin_unknown(struct scene *scene, struct rig *rig)
{
    struct watch_tuning tuning = quick;

    scene_begin(scene, rig, "");
    scene->options.connections = N_OUTAGE + 50;
    scene->fake.next = answer_well;
    scene_open(scene);
    tuning.backoff[FAILURE_DENIED] = (struct backoff){ 50, 600 };
    watch_set_tune(scene->set, &tuning);
    for (int i = 0; i < N_OUTAGE; i++) {
        char name[16];

        snprintf(name, sizeof(name), "s%d", i);
        scene_ask(scene, DEP_HEALTH_SERVICE, name);
    }
    wait_until(scene, all_have_asked);
    scene->fake.next = answer_unknown;
    fake_answer_all(&scene->fake, "acl");
    wait_until(scene, all_are_denied);
}

/* One asks for all, and all come back when it is answered. */
static void test_fault_07_one_asks_for_all(void **state)
{
    struct scene scene;
    size_t n_before;

    begin_unknown(&scene, *state);
    n_before = scene.fake.n_requests;
    wait_ms(*state, 1000);
    assert_in_range(scene.fake.n_requests - n_before, 2, 12);
    assert_int_equal(scene.n_answers, N_OUTAGE);
    assert_non_null(strstr(logged.ptr, "questions fail ("));
    assert_non_null(strstr(logged.ptr, "HTTP 403: ACL not found"));
    scene.fake.next = answer_news;
    wait_until(&scene, all_have_news);
    assert_in_range(scene.fake.n_requests - n_before, N_OUTAGE, 2 * N_OUTAGE + 20);
    scene_end(&scene);
}

/* The one that asks is not wanted any more: another does. */
static void test_fault_07_the_one_that_asks_is_stopped(void **state)
{
    CLEANUP(dep_set_fini) struct dep_set wanted = DEP_SET_EMPTY;
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    struct dep dep = { .kind = DEP_HEALTH_SERVICE, .name = SLICE("s100") };
    struct scene scene;
    size_t n_before;

    begin_unknown(&scene, *state);
    dep_make_key(&dep, &arena);
    dep_set_add(&wanted, &dep);
    watch_set_keep_only(scene.set, &wanted);
    n_before = scene.fake.n_requests;
    wait_ms(*state, 300);
    assert_in_range(scene.fake.n_requests - n_before, 1, 8);
    scene.fake.next = answer_news;
    wait_until(&scene, all_are_armed);
    scene_end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(test_fault_storms),
        RIG_TEST(test_fault_09_all_fail_at_once),
        RIG_TEST(test_fault_07_one_asks_for_all),
        RIG_TEST(test_fault_07_the_one_that_asks_is_stopped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
