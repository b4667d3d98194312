/* SPDX-License-Identifier: MIT */
/* What Consul, its agents, proxies and the network between do wrong, by number: see README.md. */
#include "consul/play.h"
#include "unit.h"

/* A key with a text of one letter, and what is told of it. */
#define KEY(value) "[{\"Key\":\"web\",\"Value\":\"" value "\"}]"

static void play_services(void **state, const struct play *plays, size_t n)
{
    play_all(*state, DEP_HEALTH_SERVICE, plays, n);
}

/* --- Indexes -------------------------------------------------------------------------------- */

static void test_fault_01_an_index_goes_backwards(void **state)
{
    static const struct play plays[] = {
        { "the leader is asked; the change at 6 is seen", "10:1a 5:1b 5:1b ~6:1c", "F A10 V A5 A6 ",
          "1a 1b 1c " },
        { "the leader knows better", "10:1a 5:1b 10:1a ~11:1c", "F A10 V A10 A11 ", "1a 1c " },
        { "backwards once more while the leader is asked", "10:1a 5:1b 3:1c ~4:1d",
          "F A10 V A3 A4 ", "1a 1c 1d " },
        { "the leader cannot be asked at once", "10:1a 5:1b x 500 5:1b 5:1b ~6:1c",
          "F A10 V V F V A5 A6 ", "1a 1b 1c " },
        { "backwards to 1", "10:1a 0:1b 0:1b ~2:1c", "F A10 V A1 A2 ", "1a 1b 1c " },
    };

    play_services(state, plays, ARRAY_SIZE(plays));
}

static void test_fault_03_an_early_answer_without_a_change(void **state)
{
    static const struct play plays[] = {
        { "one plain read, then blocked again", "10:1a 10:1a 10:1a ~11:1b", "F A10 V A10 A11 ",
          "1a 1b " },
        { "again and again", "10:1a 10:1a 10:1a 10:1a 10:1a ~11:1b", "F A10 V A10 V A10 A11 ",
          "1a 1b " },
        { "and the leader is gone", "10:1a 10:1a 500 10:1a ~11:1b", "F A10 V F A10 A11 ",
          "1a 1b " },
    };

    play_services(state, plays, ARRAY_SIZE(plays));
}

static void test_fault_04_another_body_at_the_same_index(void **state)
{
    static const struct play plays[] = {
        { "what the leader says counts", "10:1a ~10:1b 10:1c ~11:1d", "F A10 V A10 A11 ",
          "1a 1c 1d " },
        { "the leader says what we have", "10:1a ~10:1b 10:1a ~11:1d", "F A10 V A10 A11 ",
          "1a 1d " },
        { "early", "10:1a 10:1b 10:1c ~11:1d", "F A10 V A10 A11 ", "1a 1c 1d " },
    };

    play_services(state, plays, ARRAY_SIZE(plays));
}

static void test_fault_17_a_snapshot_is_restored(void **state)
{
    static const struct play plays[] = {
        { "the old body and index, then a lower one", "357:1a 357:1a 15:1b ~16:1c",
          "F A357 V A15 A16 ", "1a 1b 1c " },
        { "to the same content", "357:1a 357:1a 15:1a ~16:1c", "F A357 V A15 A16 ", "1a 1c " },
        { "to a higher index", "15:1a 15:1a 357:1b ~358:1c", "F A15 V A357 A358 ", "1a 1b 1c " },
        { "the restored one has no such service, but later",
          "357:1a 357:1a 15:0 ~16:1c 16:1c ~17:1d", "F A357 V A15 V A16 A17 ", "1a 1c 1d " },
        { "and the leader changes meanwhile", "357:1a 357:1a 500 15:1b 15:1b ~16:1c",
          "F A357 V F V A15 A16 ", "1a 1b 1c " },
    };

    play_services(state, plays, ARRAY_SIZE(plays));
}

/* --- Emptiness and rights ------------------------------------------------------------------- */

static void test_fault_05_all_has_vanished(void **state)
{
    static const struct play plays[] = {
        { "at the same index: kept", "10:2a ~10:0 10:0 10:2a", "F A10 V F A10 ", "2a " },
        { "early", "10:2a 10:0 10:0 10:2a", "F A10 V F A10 ", "2a " },
        { "at a higher one: gone", "10:2a ~11:0 ~12:2b", "F A10 R A11 A12 ", "2a 0 2b " },
        { "at a lower one: kept until it is back", "10:2a 5:0 5:0 ~6:0 ~7:2b 7:2b ~8:2c",
          "F A10 V A5 A6 V A7 A8 ", "2a 2b 2c " },
        { "at a lower one, and nothing comes", "10:2a 5:0 5:0 ~5:0 5:0 ~6:2b 6:2b",
          "F A10 V A5 V A5 V A6 ", "2a 2b " },
        { "at a lower one, until that is a higher one", "10:2a 5:0 5:0 ~9:0 ~12:0",
          "F A10 V A5 A9 R A12 ", "2a 0 " },
        { "at a lower one, then an error", "10:2a 5:0 5:0 500 6:2b 6:2b", "F A10 V A5 F V A6 ",
          "2a 2b " },
        { "at a lower one, then a refusal", "10:2a 5:0 5:0 403 403 6:2b 6:2b",
          "F A10 V A5 F F V A6 ", "2a 2b " },
        { "at a lower one, and hung up", "10:2a 5:0 5:0 x 6:2b 6:2b", "F A10 V A5 F V A6 ",
          "2a 2b " },
        { "at a lower one, and then lower still", "10:2a 5:0 5:0 3:0 3:0 ~4:2b 4:2b",
          "F A10 V A5 V A3 V A4 ", "2a 2b " },
        { "the leader knows better", "10:2a ~10:0 10:2a ~11:2b", "F A10 V A10 A11 ", "2a 2b " },
        { "and the leader fails", "10:2a ~10:0 500 10:0 10:0 10:2a", "F A10 V F V F A10 ", "2a " },
        { "for ever, and then there are others", "10:2a 10:0 10:0 10:0 10:0 10:0 10:0 11:3b",
          "F A10 V F V F V F A11 ", "2a 3b " },
    };

    play_services(state, plays, ARRAY_SIZE(plays));
}

static void test_fault_06_filtered_by_acls(void **state)
{
    static const struct play services[] = {
        { "empty at a higher index", "10:2a ~11:0/f 11:0/f 12:2b", "F A10 F F A12 ", "2a 2b " },
        { "a part is left", "10:2a ~11:1b/f ~12:2c", "F A10 A11 A12 ", "2a 1b 2c " },
    };
    static const struct play lists[] = {
        { "all services, and the leader says so, too",
          "10:{\"consul\":[],\"a\":[]} ~11:{} 11:{} 11:{} 12:{} 13:{\"consul\":[]}",
          "F A10 V F V F A13 ", "2 1 " },
        { "all but those that we may see",
          "10:{\"consul\":[],\"a\":[]} ~11:{\"a\":[]} 11:{\"a\":[]} 12:{\"consul\":[]}",
          "F A10 V F A12 ", "2 1 " },
    };

    play_services(state, services, ARRAY_SIZE(services));
    play_all(*state, DEP_CATALOG_SERVICES, lists, ARRAY_SIZE(lists));
}

static void test_fault_31_keys(void **state)
{
    static const struct play keys[] = {
        { "there is none, then there is", "404@1 ~5:" KEY("YQ=="), "F A1 A5 ", "absent there " },
        { "a key without a value",
          "10:[{\"Key\":\"web\",\"Value\":null,\"Flags\":"
          "18446744073709551615}]",
          "F A10 ", "there " },
        { "gone at the same index", "10:" KEY("YQ==") " ~404@10 404@10 10:" KEY("YQ=="),
          "F A10 V F A10 ", "there " },
        { "gone at a higher one", "10:" KEY("YQ==") " ~404@11", "F A10 A11 ", "there absent " },
        { "no rights", "10:" KEY("YQ==") " 403 403 11:" KEY("Yg=="), "F A10 F F A11 ",
          "there there " },
        { "404 without an index: not Consul", "10:" KEY("YQ==") " 404! 11:" KEY("Yg=="),
          "F A10 F A11 ", "there there " },
    };
    static const struct play lists[] = {
        { "backwards when tombstones are collected",
          "108:" KEY("YQ==") " 106:" KEY("YQ==") " 106:" KEY("YQ==") " ~107:" KEY("Yg=="),
          "F A108 V A106 A107 ", "1 1 " },
        { "a prefix without rights is a 404", "10:" KEY("YQ==") " 404@10 404@10 10:" KEY("YQ=="),
          "F A10 V F A10 ", "1 " },
        { "the last key is deleted", "10:" KEY("YQ==") " ~404@11", "F A10 R A11 ", "1 absent " },
    };

    play_all(*state, DEP_KV_GET, keys, ARRAY_SIZE(keys));
    play_all(*state, DEP_KV_LIST, lists, ARRAY_SIZE(lists));
}

static void test_fault_32_shuffled_tags(void **state)
{
    static const struct play plays[] = {
        { "of a list of services",
          "10:{\"a\":[\"x\",\"y\",\"z\"],\"consul\":[]} "
          "~11:{\"consul\":[],\"a\":[\"z\",\"x\",\"y\"]} "
          "~12:{\"a\":[\"y\",\"z\",\"x\"],\"consul\":[]}",
          "F A10 A11 A12 ", "2 " },
    };

    play_all(*state, DEP_CATALOG_SERVICES, plays, ARRAY_SIZE(plays));
}

/* --- Errors --------------------------------------------------------------------------------- */

static void test_fault_08_an_error_has_an_index(void **state)
{
    static const struct play plays[] = {
        { "it is not Consul's", "10:1a 500 ~11:1b", "F A10 F A11 ", "1a 1b " },
        { "a higher one", "10:1a 500@99 ~11:1b", "F A10 F A11 ", "1a 1b " },
        { "of a refusal", "10:1a 403@99 ~11:1b", "F A10 F A11 ", "1a 1b " },
    };

    play_services(state, plays, ARRAY_SIZE(plays));
}

static void test_fault_10_no_leader_for_long(void **state)
{
    CLEANUP(buf_fini) struct buf script = BUF_EMPTY;
    struct scene scene;

    buf_add_string(&script, "10:1a ");
    for (int i = 0; i < 20; i++)
        buf_add_string(&script, "~500 ");
    buf_add_string(&script, "12:1b ~12:1b ~12:1b"); /* time for the log */
    scene_begin(&scene, *state, script.ptr);
    scene_open(&scene);
    scene_ask(&scene, DEP_HEALTH_SERVICE, "web");
    assert_int_equal(rig_run(*state), 0);
    assert_string_equal(scene.answers.ptr, "1a 1b ");
    assert_int_equal(scene.fake.n_most_open, 1);
    assert_non_null(strstr(logged.ptr, "warn health.service(web): HTTP 500: oops\n"));
    assert_non_null(strstr(logged.ptr, "info health.service(web): answered again after T\n"));
    assert_string_equal(scene_status(&scene).last_error, "");
    scene_end(&scene);
}

static void test_fault_11_every_other_answer_is_an_error(void **state)
{
    static const struct play plays[] = {
        { "the content is the same", "10:1a 500 10:1a 500 10:1a 500 10:1a",
          "F A10 F A10 F A10 F A10 ", "1a " },
        { "it changes meanwhile", "10:1a 500 11:1b 500 12:1c 500 12:1c", "F A10 F A11 F A12 F A12 ",
          "1a 1b 1c " },
        { "a stale server among them", "10:1a 500 9:1z 10:1a 500 10:1a", "F A10 F V A10 F A10 ",
          "1a " },
    };

    play_services(state, plays, ARRAY_SIZE(plays));
}

static void test_fault_16_back_without_its_memory(void **state)
{
    static const struct play plays[] = {
        { "less than before, at a lower index", "100:3a x x 5:1b 5:1b ~6:2c", "F A100 F F V A5 A6 ",
          "3a 1b 2c " },
        { "nothing, until services register again", "100:3a x x 1:0 1:0 ~2:0 ~5:1b 5:1b ~6:2c",
          "F A100 F F V A1 A2 V A5 A6 ", "3a 1b 2c " },
    };

    play_services(state, plays, ARRAY_SIZE(plays));
}

static void test_fault_20_a_body_is_cut(void **state)
{
    static const struct play plays[] = {
        { "before its length", "10:1a cut ~11:1b", "F A10 F A11 ", "1a 1b " },
        { "between two chunks", "10:1a cutchunk ~11:1b", "F A10 F A11 ", "1a 1b " },
        { "by a reset", "10:1a cutrst ~11:1b", "F A10 F A11 ", "1a 1b " },
        { "again and again", "cut cutchunk cutrst cut 10:1a", "F F F F F A10 ", "1a " },
        { "while the leader is asked", "10:1a 5:1b cut 10:1c", "F A10 V F A10 ", "1a 1c " },
    };

    play_services(state, plays, ARRAY_SIZE(plays));
}

#define GOOD                                                                                      \
    "{\"Node\":{\"Node\":\"n\"},\"Service\":{\"ID\":\"w\",\"Meta\":{\"version\":\"b\"},\"Port\":" \
    "80}}"
#define ODD(port, rest) "10:[{\"Node\":{},\"Service\":{\"Port\":" port "}" rest "}," GOOD "]"
#define LEFT_OUT(name, instance)        \
    {                                   \
        name, instance, "F A10 ", "1b " \
    }

/* An odd instance costs itself, bad JSON the whole answer; never half a model. */
static void test_fault_21_bodies_that_are_odd(void **state)
{
    static const struct play plays[] = {
        LEFT_OUT("a port in quotes", ODD("\"80\"", "")),
        LEFT_OUT("a negative port in quotes", ODD("\"-1\"", "")),
        LEFT_OUT("a port with a fraction", ODD("80.5", "")),
        LEFT_OUT("a port like 1e3", ODD("1e3", "")),
        LEFT_OUT("a port beyond 64 bits", ODD("18446744073709551616", "")),
        LEFT_OUT("no service", "10:[{\"Node\":{},\"Service\":null}," GOOD "]"),
        LEFT_OUT("no node", "10:[{\"Node\":null,\"Service\":{}}," GOOD "]"),
        LEFT_OUT("tags that are a number", "10:[{\"Node\":{},\"Service\":{\"Tags\":5}}," GOOD "]"),
        LEFT_OUT("checks that are a word", ODD("1", ",\"Checks\":\"x\"")),
        { "null for all", "10:1a 11:null ~12:1b", "F A10 F A12 ", "1a 1b " },
        { "an object for the list", "10:1a 11:{} ~12:1b", "F A10 F A12 ", "1a 1b " },
        { "a bare word", "10:1a 11:[x] ~12:1b", "F A10 F A12 ", "1a 1b " },
        { "something behind it", "10:1a 11:[][] ~12:1b", "F A10 F A12 ", "1a 1b " },
        { "bad JSON behind a good instance", "10:1a 11:[" GOOD ",{\"Node\":tru}] ~12:1c",
          "F A10 F A12 ", "1a 1c " },
        { "nothing at all", "10:1a 11: ~12:1b", "F A10 F A12 ", "1a 1b " },
        { "only odd ones", "10:1a 11:[{},{},5] ~12:1b", "F A10 F A12 ", "1a 1b " },
    };

    play_services(state, plays, ARRAY_SIZE(plays));
}

static void test_fault_29_somebody_else_answers(void **state)
{
    static const struct play plays[] = {
        { "a page", "10:1a 11:<html><body>busy</body></html> ~12:1b", "F A10 F A12 ", "1a 1b " },
        { "a page without an index", "10:1a -:<html> ~12:1b", "F A10 F A12 ", "1a 1b " },
        { "an empty list without an index", "10:1a -:[] ~12:1b", "F A10 F A12 ", "1a 1b " },
        { "a compressed body", "10:1a gzip ~12:1b", "F A10 F A12 ", "1a 1b " },
        { "moved", "10:1a 301 302 307 ~12:1b", "F A10 F F F A12 ", "1a 1b " },
        { "no content", "10:1a 204 206 ~12:1b", "F A10 F F A12 ", "1a 1b " },
        { "a teapot", "10:1a 418 ~12:1b", "F A10 F A12 ", "1a 1b " },
        { "a bad gateway", "10:1a 502 504 ~12:1b", "F A10 F F A12 ", "1a 1b " },
    };

    play_services(state, plays, ARRAY_SIZE(plays));
}

static void test_fault_30_a_server_out_of_touch(void **state)
{
    static const struct play plays[] = {
        { "at a lower index", "10:2a 9:1z/l 10:2a ~11:2b", "F A10 V A10 A11 ", "2a 2b " },
        { "from too long ago, at a lower index", "10:2a 9:1z/o 10:2a", "F A10 V A10 ", "2a " },
        { "at a higher one: better than nothing", "10:2a ~11:2b/l 11:2b", "F A10 V A11 ",
          "2a 2b " },
        { "empty: never believed", "10:2a ~11:0/l 500 11:2b/l 11:2b", "F A10 V F V A11 ",
          "2a 2b " },
        { "for a while", "10:2a ~11:2b/l 500 11:2c/l 11:2c", "F A10 V F V A11 ", "2a 2b 2c " },
    };

    play_services(state, plays, ARRAY_SIZE(plays));
}

/* --- Connections ---------------------------------------------------------------------------- */

static void test_fault_28_a_kept_connection_is_closed_as_we_send(void **state)
{
    struct watch_status status;
    struct scene scene;

    scene_begin(&scene, *state, "10:1a x ~11:1b rst ~12:1c");
    scene_open(&scene);
    scene_ask(&scene, DEP_HEALTH_SERVICE, "web");
    assert_int_equal(rig_run(*state), 0);
    assert_string_equal(scene.fake.requests.ptr, "F A10 F A11 F A12 ");
    assert_string_equal(scene.answers.ptr, "1a 1b 1c ");
    assert_int_equal(logged.len, 0);
    status = scene_status(&scene);
    assert_int_equal(status.n_failures, 0);
    scene_end(&scene);
}

/* A peer that is silent, or gone without a word: the deadline, and then another connection. */
static void test_fault_19_a_black_hole(void **state)
{
    static const struct play plays[] = {
        { "while it is blocked", "10:1a hold ~11:1b", "F A10 F A11 ", "1a 1b " },
        { "while it is fetched", "hold 10:1a ~11:1b", "F F A10 A11 ", "1a 1b " },
        { "while the leader is asked", "10:1a 5:1b hold 5:1b 5:1b", "F A10 V F V A5 ", "1a 1b " },
        { "twice", "10:1a hold hold ~11:1b", "F A10 F F A11 ", "1a 1b " },
    };
    struct watch_tuning tuning = quick;

    tuning.fetch_timeout_ms = 60;
    tuning.deadline_slack_ms = 40;
    for (size_t i = 0; i < ARRAY_SIZE(plays); i++) {
        struct scene scene;

        scene_begin(&scene, *state, plays[i].script);
        scene_open(&scene);
        watch_set_tune(scene.set, &tuning);
        scene_ask(&scene, DEP_HEALTH_SERVICE, "web");
        assert_int_equal(rig_run(*state), 0);
        if (strcmp(scene.fake.requests.ptr, plays[i].want_requests) != 0 ||
            strcmp(scene.answers.ptr, plays[i].want_answers) != 0)
            fail_msg("%s: requests %s, answers %s", plays[i].name, scene.fake.requests.ptr,
                     scene.answers.ptr);
        assert_true(scene.fake.n_connections > 1);
        assert_int_equal(scene.fake.n_open, 1);
        scene_end(&scene);
    }
}

#define N_MANY 40

static char content_of_many;

static const char *answer_many(struct fake *fake, const char *path)
{
    static char word[16];
    bool is_old = strstr(path, "index=10&") != NULL, is_new = content_of_many != 'a';
    const char *late = strstr(path, "index=") && !(is_old && is_new) ? "~" : "";

    (void)fake;
    snprintf(word, sizeof(word), "%s%d:1%c", late, is_new ? 11 : 10, content_of_many);
    return word;
}

static bool all_are_answered(const struct scene *scene)
{
    return scene->n_answers == (size_t)(content_of_many == 'a' ? 1 : 2) * N_MANY;
}

/* Whatever way the agent has to turn a connection away, all questions stay current. */
static void test_fault_12_too_many_connections(void **state)
{
    static const enum fake_refusal refusals[] = { FAKE_REFUSES_BY_EOF, FAKE_REFUSES_BY_RST,
                                                  FAKE_REFUSES_BY_429 };

    for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
        struct scene scene;

        content_of_many = 'a';
        scene_begin(&scene, *state, "");
        scene.fake.max_open = 20;
        scene.fake.refusal = refusals[i];
        scene.fake.next = answer_many;
        scene_open(&scene);
        for (int k = 0; k < N_MANY; k++) {
            char name[16];

            snprintf(name, sizeof(name), "s%d", k);
            scene_ask(&scene, DEP_HEALTH_SERVICE, name);
        }
        wait_until(&scene, all_are_answered);
        content_of_many = 'b';
        wait_until(&scene, all_are_answered);
        assert_non_null(strstr(logged.ptr, "warn consul: the agent turns connections away"));
        scene_end(&scene);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(test_fault_01_an_index_goes_backwards),
        RIG_TEST(test_fault_03_an_early_answer_without_a_change),
        RIG_TEST(test_fault_04_another_body_at_the_same_index),
        RIG_TEST(test_fault_17_a_snapshot_is_restored),
        RIG_TEST(test_fault_05_all_has_vanished),
        RIG_TEST(test_fault_06_filtered_by_acls),
        RIG_TEST(test_fault_31_keys),
        RIG_TEST(test_fault_32_shuffled_tags),
        RIG_TEST(test_fault_08_an_error_has_an_index),
        RIG_TEST(test_fault_10_no_leader_for_long),
        RIG_TEST(test_fault_11_every_other_answer_is_an_error),
        RIG_TEST(test_fault_16_back_without_its_memory),
        RIG_TEST(test_fault_20_a_body_is_cut),
        RIG_TEST(test_fault_21_bodies_that_are_odd),
        RIG_TEST(test_fault_29_somebody_else_answers),
        RIG_TEST(test_fault_30_a_server_out_of_touch),
        RIG_TEST(test_fault_28_a_kept_connection_is_closed_as_we_send),
        RIG_TEST(test_fault_19_a_black_hole),
        RIG_TEST(test_fault_12_too_many_connections),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
