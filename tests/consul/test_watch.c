/* SPDX-License-Identifier: MIT */
/* One question and a Consul that answers it in all the ways it can. */
#include "consul/play.h"
#include "unit.h"

/* --- Index, emptiness, failures ------------------------------------------------------------- */

static void test_index(void **state)
{
    static const struct play plays[] = {
        { "the first answer, then a change", "10:1a ~12:2a", "F A10 A12 ", "1a 2a " },
        { "the wait is over", "10:1a ~10:1a", "F A10 A10 ", "1a " },
        { "a wake without a change", "10:1a ~11:1a", "F A10 A11 ", "1a " },
        { "the last instance goes", "10:1a ~11:0", "F A10 R A11 ", "1a 0 " },
        { "few are left of very many: once more, to be kept alone", "10:5000a ~11:3a 11:3a ~12:4a",
          "F A10 F A11 A12 ", "5000a 3a 3a 4a " },
        { "an index of 0 is 1", "0:1a 1:1a 5:1a", "F A1 V A5 ", "1a " },
        { "the largest index", "18446744073709551615:1a", "F A18446744073709551615 ", "1a " },
        { "an index that is too large", "18446744073709551616:1a 10:1a", "F F A10 ", "1a " },
        { "no index", "-:1a 10:1a", "F F A10 ", "1a " },
        { "an index that is none", "abc:1a 10:1a", "F F A10 ", "1a " },
        { "a negative index", "-1:1a 10:1a", "F F A10 ", "1a " },
        { "no index any more: asked without one", "10:1a -:2a 11:1a", "F A10 F A11 ", "1a " },
        { "lower: the leader is asked, without an index", "10:1a 5:2a 5:3a 6:4a", "F A10 V A5 A6 ",
          "1a 3a 4a " },
        { "early, the same index: read again at once", "10:1a 10:1a 10:2a", "F A10 V A10 ",
          "1a 2a " },
        { "a restore: old body and index, then lower", "357:1a 357:1a 15:2a 16:3a",
          "F A357 V A15 A16 ", "1a 2a 3a " },
        { "late, the same index, another body", "10:1a ~10:2a 10:3a", "F A10 V A10 ", "1a 3a " },
        { "the leader fails: from the start", "10:1a 5:2a 500 7:4a", "F A10 V F V ", "1a " },
    };

    play_all(*state, DEP_HEALTH_SERVICE, plays, ARRAY_SIZE(plays));
}

static void test_emptiness(void **state)
{
    static const struct play plays[] = {
        { "empty from the start", "1:0 ~5:1a", "F A1 A5 ", "0 1a " },
        { "empty, but the leader has all", "10:2a ~10:0 10:2a", "F A10 V A10 ", "2a " },
        { "empty without a new index", "10:2a ~10:0 10:0 10:0 10:0 11:1a", "F A10 V F V F A11 ",
          "2a 1a " },
        { "empty at a lower index", "10:2a 5:0 5:0 12:0", "F A10 V A5 R A12 ", "2a 0 " },
        { "empty at a higher index", "10:2a ~11:0", "F A10 R A11 ", "2a 0 " },
        { "empty for lack of rights", "10:2a ~11:0/f 12:2a", "F A10 F A12 ", "2a " },
        { "empty for lack of rights at first", "10:0/f 12:2a", "F F A12 ", "2a " },
        { "after a failure empty, the agent being new", "10:2a 500 1:0 1:0 1:0 1:0 11:2a",
          "F A10 F V A1 V A1 A11 ", "2a " },
        { "no leader", "10:2a/l 10:2a", "F V A10 ", "2a " },
        { "no leader and empty", "10:0/l 500 10:2a", "F V F A10 ", "2a " },
        { "from too long ago", "10:2a/o 11:3a", "F V A11 ", "2a 3a " },
        { "from too long ago and empty", "10:2a ~11:0/o 11:2a", "F A10 V A11 ", "2a " },
    };

    play_all(*state, DEP_HEALTH_SERVICE, plays, ARRAY_SIZE(plays));
}

static void test_failures(void **state)
{
    static const struct play plays[] = {
        { "500 with an index", "10:1a 500 11:1a", "F A10 F A11 ", "1a " },
        { "500 at first", "500 500 10:1a", "F F F A10 ", "1a " },
        { "403", "10:1a 403 403 10:1a", "F A10 F F A10 ", "1a " },
        { "429 and 503", "429 503,1 10:1a", "F F F A10 ", "1a " },
        { "400, 404 and 405", "400 404@3 405 10:1a", "F F F F A10 ", "1a " },
        { "a redirection", "301 10:1a", "F F A10 ", "1a " },
        { "alternately 500 and 200", "10:1a 500 10:1a 500 10:1a", "F A10 F A10 F A10 ", "1a " },
        { "a body that is cut", "10:1a cut 10:1a", "F A10 F A10 ", "1a " },
        { "no JSON", "10:1a 11:<html> 11:1a", "F A10 F A11 ", "1a " },
        { "null", "10:1a 11:null 11:1a", "F A10 F A11 ", "1a " },
        { "only odd instances", "10:1a 11:[{}] 11:1a", "F A10 F A11 ", "1a " },
        /* The connection was used before, so it is tried again at once, without an index. */
        { "hung up", "10:1a x 10:1a", "F A10 F A10 ", "1a " },
        { "hung up twice", "10:1a x x 10:1a", "F A10 F F A10 ", "1a " },
    };

    play_all(*state, DEP_HEALTH_SERVICE, plays, ARRAY_SIZE(plays));
}

static void test_keys(void **state)
{
    static const struct play plays[] = {
        { "a key",
          "10:[{\"Key\":\"web\",\"Value\":\"YQ==\"}] ~11:[{\"Key\":\"web\",\"Value\":"
          "\"Yg==\"}]",
          "F A10 A11 ", "there there " },
        { "no such key, then one", "404@1 404@5 ~6:[{\"Key\":\"web\",\"Value\":null}]",
          "F A1 A5 A6 ", "absent there " },
        { "deleted", "10:[{\"Key\":\"web\"}] ~11:x 12:x", "F A10 F F ", "there " },
        { "deleted with a new index", "10:[{\"Key\":\"web\"}] 404@11", "F A10 A11 ",
          "there absent " },
        { "gone without one", "10:[{\"Key\":\"web\"}] 404@10 404@10 404@10 404@10 404@11",
          "F A10 V F V F A11 ", "there absent " },
    };

    play_all(*state, DEP_KV_GET, plays, ARRAY_SIZE(plays));
}

static void test_services(void **state)
{
    static const struct play plays[] = {
        { "shuffled tags",
          "10:{\"consul\":[],\"a\":[\"x\",\"y\"]} ~11:{\"a\":[\"y\",\"x\"],"
          "\"consul\":[]}",
          "F A10 A11 ", "2 " },
        { "Consul itself vanishes",
          "10:{\"consul\":[],\"a\":[]} ~11:{\"a\":[]} 12:{\"a\":[]} "
          "13:{\"consul\":[],\"b\":[],\"c\":[]}",
          "F A10 V F A13 ", "2 3 " },
        { "all vanishes", "10:{\"consul\":[]} ~11:{} 12:{} 12:{\"consul\":[]}", "F A10 V F A12 ",
          "1 " },
    };

    play_all(*state, DEP_CATALOG_SERVICES, plays, ARRAY_SIZE(plays));
}

static void test_a_node_that_goes(void **state)
{
    static const struct play plays[] = {
        { "a lower index is no lie here", "49:{\"Node\":{\"Node\":\"web\"}} 1:null 1:null",
          "F A49 V A1 ", "there there " },
        { "the same index is",
          "49:{\"Node\":{\"Node\":\"web\"}} ~49:null 49:null "
          "50:{\"Node\":{\"Node\":\"web\"}}",
          "F A49 V F A50 ", "there " },
    };

    play_all(*state, DEP_CATALOG_NODE, plays, ARRAY_SIZE(plays));
}

static void test_questions_that_do_not_block(void **state)
{
    static const struct play datacenters[] = {
        { "polled, without stale", "-:[\"dc1\"] -:[\"dc1\"] -:[\"dc1\",\"dc2\"]", "V V V V ",
          "1 2 " },
        { "empty for once", "-:[\"dc1\"] -:[] -:[\"dc1\"]", "V V V V ", "1 " },
    };
    static const struct play exports[] = {
        { "an older Consul has no index", "-:[] -:[{\"Service\":\"a\"}]", "V V V ", "0 1 " },
        { "a newer one blocks", "5:[] 7:[{\"Service\":\"a\"}]", "V A5 A7 ", "0 1 " },
    };

    play_all(*state, DEP_CATALOG_DATACENTERS, datacenters, ARRAY_SIZE(datacenters));
    play_all(*state, DEP_EXPORTED_SERVICES, exports, ARRAY_SIZE(exports));
}

/* --- Doubt ---------------------------------------------------------------------------------- */

static void test_doubt(void **state)
{
    static const struct {
        const char *name, *script;
        uint64_t settle_ms;
        size_t want_doubtful;
    } cases[] = {
        { "quiet times", "10:1a ~11:2b ~12:1c", 60000, 0 },
        { "after a failure, for a while", "10:3a 500 11:2b ~12:1c", 60000, 2 },
        { "without settle", "10:3a 500 11:2b ~12:1c", 0, 0 },
        { "an index that went backwards", "10:3a 5:2a 5:2b 6:1c", 60000, 2 },
        { "no leader", "10:3a/l 10:2b", 60000, 2 },
        { "the connection was cut", "10:3a x 11:2b", 60000, 1 },
        { "rights were missing", "10:3a 403 11:2b", 60000, 0 },
    };
    struct rig *rig = *state;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct scene scene;

        scene_begin(&scene, rig, cases[i].script);
        scene.options.settle_ms = cases[i].settle_ms;
        scene_open(&scene);
        scene_ask(&scene, DEP_HEALTH_SERVICE, "web");
        assert_int_equal(rig_run(rig), 0);
        if (scene.n_doubtful != cases[i].want_doubtful)
            fail_msg("%s: %zu of '%s' were doubtful, requests %s", cases[i].name, scene.n_doubtful,
                     scene.answers.ptr, scene.fake.requests.ptr);
        scene_end(&scene);
    }
}

/* --- Single scenes -------------------------------------------------------------------------- */

static void test_the_agents_own_node(void **state)
{
    struct scene scene;

    scene_begin(&scene, *state, "self 10:{\"Node\":{\"Node\":\"n1\"}}");
    scene_open(&scene);
    scene_ask(&scene, DEP_CATALOG_NODE, "");
    assert_int_equal(rig_run(*state), 0);
    assert_string_equal(scene.fake.requests.ptr, "S F A10 ");
    assert_non_null(strstr(scene.fake.last.ptr, "GET /v1/catalog/node/n1?index=10"));
    assert_string_equal(scene.answers.ptr, "there ");
    scene_end(&scene);
}

/* Answers by the path: two datacenters, of which one does not answer. */
static const char *answer_datacenters(struct fake *fake, const char *path)
{
    if (strstr(path, "catalog/datacenters"))
        return fake->n_requests == 1 ? "-:[\"dc1\",\"dc2\",\"dc3\"]" : NULL;
    if (strstr(path, "consistent&dc=dc2"))
        return "500";
    return "5:{}";
}

static void quit(struct scene *scene)
{
    loop_quit(scene->rig->loop, 0);
}

static void test_datacenters_that_answer(void **state)
{
    struct scene scene;

    scene_begin(&scene, *state, "");
    scene_open(&scene);
    scene.fake.next = answer_datacenters;
    scene.hook = quit;
    scene_ask_dep(&scene, (struct dep){ .kind = DEP_CATALOG_DATACENTERS, .has_flag = true });
    assert_int_equal(rig_run(*state), 0);
    assert_string_equal(scene.answers.ptr, "2 ");
    assert_int_equal(scene.fake.n_requests, 4);
    scene_end(&scene);
}

static void test_the_request(void **state)
{
    struct scene scene;

    scene_begin(&scene, *state, "10:1a");
    scene_open(&scene);
    scene_ask(&scene, DEP_HEALTH_SERVICE, "a b");
    assert_int_equal(rig_run(*state), 0);
    assert_int_equal(strncmp(scene.fake.last.ptr,
                             "GET /v1/health/service/a%20b?index=10&wait=40ms&stale HTTP/1.1\r\n",
                             63),
                     0);
    scene_end(&scene);

    /* Without max_stale every read goes to the leader. */
    scene_begin(&scene, *state, "10:1a");
    scene.options.max_stale_ms = 0;
    scene_open(&scene);
    scene_ask(&scene, DEP_HEALTH_SERVICE, "web");
    assert_int_equal(rig_run(*state), 0);
    assert_string_equal(scene.fake.requests.ptr, "V A10 ");
    assert_null(strstr(scene.fake.last.ptr, "stale"));
    scene_end(&scene);

    /* The agent's cache, which reads stale by itself, answers blocking queries. */
    scene_begin(&scene, *state, "10:1a");
    scene.options.is_cached = true;
    scene_open(&scene);
    scene_ask(&scene, DEP_HEALTH_SERVICE, "web");
    assert_int_equal(rig_run(*state), 0);
    assert_string_equal(scene.fake.requests.ptr, "F A10 ");
    assert_non_null(strstr(scene.fake.last.ptr, "&wait=40ms&cached HTTP"));
    scene_end(&scene);
    scene_begin(&scene, *state, "404/10");
    scene.options.is_cached = true;
    scene_open(&scene);
    scene_ask(&scene, DEP_KV_GET, "key");
    assert_int_equal(rig_run(*state), 0);
    assert_null(strstr(scene.fake.last.ptr, "cached"));
    assert_non_null(strstr(scene.fake.last.ptr, "stale"));
    scene_end(&scene);
}

static void test_status(void **state)
{
    struct scene scene;

    scene_begin(&scene, *state, "10:1a ~11:1a ~12:2a ~14:2a 500 15:2a");
    scene_open(&scene);
    scene_ask(&scene, DEP_HEALTH_SERVICE, "web");
    assert_int_equal(rig_run(*state), 0);

    struct watch_status status = scene_status(&scene);

    assert_int_equal(status.state, WATCH_ARMED);
    assert_true(status.has_answer);
    assert_int_equal(status.index, 15);
    assert_int_equal(status.n_wakes, 3);
    assert_int_equal(status.n_changes, 2);
    assert_int_equal(status.n_failures, 0);
    assert_string_equal(status.last_error, "");
    assert_true(status.n_bytes > 500);
    assert_true(slice_is(status.dep->key, "health.service(web)"));
    scene_end(&scene);
}

/* Blocking queries that see nothing new, while a plain one would. */
static void test_fault_18_a_stream_that_has_died(void **state)
{
    struct watch_tuning tuning = quick;
    struct scene scene;

    tuning.refresh_ms = FAKE_WAIT_MS / 2;
    scene_begin(&scene, *state, "10:1a ~10:1a 12:2a ~10:1a 12:2a");
    scene_open(&scene);
    watch_set_tune(scene.set, &tuning);
    scene_ask(&scene, DEP_HEALTH_SERVICE, "web");
    assert_int_equal(rig_run(*state), 0);
    assert_string_equal(scene.fake.requests.ptr, "F A10 F A12 V A12 ");
    assert_string_equal(scene.answers.ptr, "1a 2a ");
    scene_end(&scene);
}

/* A storm: every question is answered at once with a new index and the same content. */
static const char *answer_storm(struct fake *fake, const char *path)
{
    static char word[32];

    (void)path;
    snprintf(word, sizeof(word), "%zu:1a", fake->n_requests + 10);
    return word;
}

static void test_a_storm_of_wakes_is_paced(void **state)
{
    struct watch_tuning tuning = quick;
    struct rig *rig = *state;
    struct scene scene;
    struct timer end;

    tuning.pace_ms = 10;
    tuning.pace_max_ms = 1000;
    scene_begin(&scene, rig, "");
    scene_open(&scene);
    watch_set_tune(scene.set, &tuning);
    scene.fake.next = answer_storm;
    scene_ask(&scene, DEP_HEALTH_SERVICE, "web");
    timer_init(&end, rig->loop, rig_on_deadline, rig); /* quits, here as it should */
    timer_start_ms(&end, 300);

    uint64_t begun_ms = loop_now_ms(rig->loop);

    assert_int_equal(rig_run(rig), RIG_TIMED_OUT);
    timer_fini(&end);
    /* 2 at once, then 10 ms apart, then rarer and rarer: half of what 10 ms apart would be. */
    assert_in_range(scene.fake.n_requests, 4, 4 + (loop_now_ms(rig->loop) - begun_ms) / 20);
    assert_string_equal(scene.answers.ptr, "1a ");
    scene_end(&scene);
}

static void test_giving_up(void **state)
{
    struct scene scene;

    scene_begin(&scene, *state, "500 500 500 500");
    scene.options.retry_attempts = 3;
    scene_open(&scene);
    scene_ask(&scene, DEP_HEALTH_SERVICE, "web");
    assert_int_equal(rig_run(*state), 0);
    assert_int_equal(scene.fake.n_requests, 3);
    assert_string_equal(scene.given_up.ptr, "health.service(web): HTTP 500: oops");
    scene_end(&scene);
}

static bool is_wanted(void *ctx, const struct dep *dep)
{
    const struct slice *name = ctx;

    return slice_equal(dep->name, *name);
}

static const struct {
    const char *name;
    enum dep_kind kind;
    const char *before, *after; /* NULL: nothing is released */
    const char *want_requests, *want_answers;
} releases[] = {
    { "at the same index", DEP_HEALTH_SERVICE, "10:2a ~10:0 10:0", "10:0 ~11:1b",
      "F A10 V F F A10 A11 ", "2a 0 1b " },
    { "at a lower one", DEP_HEALTH_SERVICE, "10:2a 5:0 5:0", "5:0 ~6:1b", "F A10 V A5 F A5 A6 ",
      "2a 0 1b " },
    { "it is back already", DEP_HEALTH_SERVICE, "10:2a ~10:0 10:0", "12:2c", "F A10 V F F A12 ",
      "2a 0 2c " },
    { "a key", DEP_KV_GET, "10:[{\"Key\":\"web\",\"Value\":\"YQ==\"}] 404@10 404@10", "404@10",
      "F A10 V F F A10 ", "there absent " },
    { "Consul itself", DEP_CATALOG_SERVICES,
      "10:{\"consul\":[],\"a\":[]} ~11:{\"a\":[]} 12:{\"a\":[]}", "13:{\"a\":[],\"b\":[]}",
      "F A10 V F F A13 ", "2 1 2 " },
    { "not what lacks rights", DEP_HEALTH_SERVICE, "10:2a ~11:0/f", NULL, "F A10 F ", "2a " },
    { "not a refusal", DEP_HEALTH_SERVICE, "10:2a 403", NULL, "F A10 F ", "2a " },
    { "not what is older than what is believed", DEP_HEALTH_SERVICE, "10:2a ~10:0 10:0 12:2b", NULL,
      "F A10 V F A12 ", "2a 2b " },
};

/* The question that the fake holds in the end is asked anew. */
static void test_release(void **state)
{
    struct slice web = SLICE("web"), other = SLICE("other");
    const struct dep *dep;

    for (size_t i = 0; i < ARRAY_SIZE(releases); i++) {
        struct scene scene;

        print_message("%s\n", releases[i].name);
        scene_begin(&scene, *state, releases[i].before);
        scene_open(&scene);
        scene_ask(&scene, releases[i].kind, "web");
        assert_int_equal(rig_run(*state), 0);
        assert_false(watch_set_release(scene.set, is_wanted, &other, &dep));
        assert_int_equal(watch_set_release(scene.set, is_wanted, &web, &dep),
                         releases[i].after != NULL);
        assert_false(watch_set_release(scene.set, is_wanted, &web, &dep));
        if (releases[i].after) {
            scene.fake.script = slice_from(releases[i].after);
            assert_int_equal(rig_run(*state), 0);
        }
        assert_string_equal(scene.fake.requests.ptr, releases[i].want_requests);
        assert_string_equal(scene.answers.ptr, releases[i].want_answers);
        assert_int_equal(scene.n_doubtful, 0);
        scene_end(&scene);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(test_index),
        RIG_TEST(test_emptiness),
        RIG_TEST(test_failures),
        RIG_TEST(test_keys),
        RIG_TEST(test_services),
        RIG_TEST(test_a_node_that_goes),
        RIG_TEST(test_questions_that_do_not_block),
        RIG_TEST(test_doubt),
        RIG_TEST(test_the_agents_own_node),
        RIG_TEST(test_datacenters_that_answer),
        RIG_TEST(test_the_request),
        RIG_TEST(test_status),
        RIG_TEST(test_fault_18_a_stream_that_has_died),
        RIG_TEST(test_a_storm_of_wakes_is_paced),
        RIG_TEST(test_giving_up),
        RIG_TEST(test_release),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
