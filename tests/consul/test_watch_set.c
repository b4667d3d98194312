/* SPDX-License-Identifier: MIT */
/* Many questions at one Consul: its absence, its tokens, its other addresses, other options. */
#include <fcntl.h>

#include "consul/scene.h"
#include "io/own_folder.h"
#include "unit.h"

/* Armed, and the requests for it have reached the agent. */
static const struct fake *asked;
static size_t n_wanted_requests;

static bool all_have_asked(const struct scene *scene)
{
    return all_are_armed(scene) && asked->n_requests >= n_wanted_requests;
}

static void wait_for_requests(struct scene *scene, const struct fake *fake, size_t n)
{
    asked = fake;
    n_wanted_requests = n;
    wait_until(scene, all_have_asked);
    assert_int_equal(fake->n_requests, n);
}

static bool any_is_denied(const struct scene *scene)
{
    return count_state(scene, WATCH_DENIED) > 0;
}

static bool is_away(const struct scene *scene)
{
    return scene->health.len > 0;
}

static bool is_back(const struct scene *scene)
{
    return scene->health.len > 0 && slice_ends_with(buf_slice(&scene->health), SLICE("back ")) &&
           all_are_armed(scene);
}

static bool something_is_logged(const struct scene *scene)
{
    (void)scene;
    return logged.len > 0;
}

static void assert_logged(const char *want)
{
    assert_string_equal(buf_slice(&logged).ptr, want);
    buf_clear(&logged);
}

/* An agent in good health. */
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

static void ask_three(struct scene *scene)
{
    scene_ask(scene, DEP_HEALTH_SERVICE, "a");
    scene_ask(scene, DEP_HEALTH_SERVICE, "b");
    scene_ask(scene, DEP_HEALTH_SERVICE, "c");
}

/* Three questions, answered and armed. */
static void begin_armed(struct scene *scene, struct rig *rig)
{
    scene_begin(scene, rig, "");
    scene_open(scene);
    scene->fake.next = answer_well;
    ask_three(scene);
    wait_for_requests(scene, &scene->fake, 6);
    assert_string_equal(scene->answers.ptr, "1a 1a 1a ");
}

/* "…127.0.0.1:12345…" with the address of the fake. */
static void assert_logged_of(const struct scene *scene, const char *fmt)
{
    CLEANUP(buf_fini) struct buf want = BUF_EMPTY;
    struct slice rest = slice_from(fmt), piece;

    for (bool is_first = true; slice_next(&rest, '$', &piece); is_first = false) {
        if (!is_first)
            buf_add_string(&want, scene->fake.address);
        buf_add(&want, piece);
    }
    assert_logged(buf_slice(&want).ptr);
}

/* --- Away and back -------------------------------------------------------------------------- */

static void test_an_agent_that_goes_and_comes_back(void **state)
{
    struct scene scene;

    begin_armed(&scene, *state);
    fake_kill(&scene.fake);
    wait_until(&scene, is_away);
    assert_string_equal(scene.health.ptr, "away: connect: Connection refused ");
    assert_logged_of(&scene, "warn consul $: cannot be reached: connect: Connection refused; what "
                             "it answered before stays in use\n");
    fake_revive(&scene.fake);
    wait_until(&scene, is_back);
    assert_logged_of(&scene, "info consul $: reachable again after T\n");
    assert_int_equal(scene.n_answers, 3); /* the same as before: no news */
    scene_end(&scene);
}

static void test_no_agent_at_first(void **state)
{
    struct scene scene;

    scene_begin(&scene, *state, "");
    scene.fake.next = answer_well;
    fake_kill(&scene.fake);
    scene_open(&scene);
    ask_three(&scene);
    wait_until(&scene, is_away);
    assert_int_equal(scene.n_answers, 0);
    fake_revive(&scene.fake);
    wait_until(&scene, is_back);
    assert_int_equal(scene.n_answers, 3);
    scene_end(&scene);
}

static void test_no_leader(void **state)
{
    struct watch_tuning tuning = quick;
    struct scene scene;

    begin_armed(&scene, *state);
    tuning.report_ms = 100; /* enough for all to fail */
    watch_set_tune(scene.set, &tuning);
    scene.fake.next = answer_500;
    fake_hang_up(&scene.fake);
    wait_until(&scene, is_away);
    assert_string_equal(scene.health.ptr, "away: HTTP 500: oops ");
    assert_non_null(strstr(logged.ptr, "warn consul: 3 questions fail ("));
    assert_non_null(strstr(logged.ptr, " is one): HTTP 500: oops\n"));
    buf_clear(&logged);
    scene.fake.next = answer_well;
    wait_until(&scene, is_back);
    assert_logged("info consul: 3 questions are answered again (the longest after T)\n");
    assert_int_equal(scene.n_answers, 3);
    scene_end(&scene);
}

static const char *answer_all_but_b(struct fake *fake, const char *path)
{
    return strstr(path, "service/b") ? "500" : answer_well(fake, path);
}

static void test_one_question_that_fails(void **state)
{
    struct scene scene;

    scene_begin(&scene, *state, "");
    scene.fake.next = answer_all_but_b;
    scene_open(&scene);
    ask_three(&scene);
    wait_until(&scene, something_is_logged);
    assert_logged("warn health.service(b): HTTP 500: oops\n");
    assert_int_equal(scene.health.len, 0); /* the others are fine */
    scene_end(&scene);
}

static void test_a_peer_that_never_answers(void **state)
{
    struct watch_tuning tuning = quick;
    struct scene scene;

    tuning.fetch_timeout_ms = 100;
    tuning.deadline_slack_ms = 60;
    scene_begin(&scene, *state, "10:1a hold hold 12:2a");
    scene_open(&scene);
    watch_set_tune(scene.set, &tuning);
    scene_ask(&scene, DEP_HEALTH_SERVICE, "web");
    assert_int_equal(rig_run(*state), 0);
    assert_string_equal(scene.fake.requests.ptr, "F A10 F F A12 ");
    assert_string_equal(scene.answers.ptr, "1a 2a ");
    assert_non_null(strstr(logged.ptr, "warn health.service(web): no answer within T\n"));
    scene_end(&scene);
}

static bool is_home(const struct scene *scene)
{
    (void)scene;
    return strstr(logged.ptr, "it is asked from now on") != NULL;
}

static bool three_are_armed_at_home(const struct scene *scene)
{
    return scene->fake.n_requests == 9;
}

static void test_another_address(void **state)
{
    struct watch_tuning tuning = quick;
    struct rig *rig = *state;
    struct scene scene;
    struct fake other;

    fake_start(&other, rig);
    other.next = answer_well;
    scene_begin(&scene, rig, "");
    scene.addresses[1] = other.address;
    scene.options.n_addresses = 2;
    scene.fake.next = answer_well;
    scene_open(&scene);
    tuning.report_ms = 100; /* enough for the change */
    tuning.homing_ms = 1;
    watch_set_tune(scene.set, &tuning);
    ask_three(&scene);
    wait_for_requests(&scene, &scene.fake, 6);
    fake_kill(&scene.fake);
    wait_until(&scene, something_is_logged);
    wait_for_requests(&scene, &other, 6);
    assert_int_equal(scene.health.len, 0);
    assert_non_null(strstr(logged.ptr, "connect: Connection refused; asking 127.0.0.1:"));

    /* Back again: what is asked next is asked there, as if for the first time. */
    buf_clear(&scene.fake.requests);
    scene.fake.n_requests = 0;
    fake_revive(&scene.fake);
    wait_until(&scene, is_home);
    fake_answer_all(&other, "12:1a");
    wait_until(&scene, three_are_armed_at_home);
    assert_string_equal(scene.fake.requests.ptr, "F F F V V V A10 A10 A10 "); /* 10 is behind 12 */
    assert_int_equal(scene.health.len, 0);
    fake_stop(&other);
    scene_end(&scene);
}

/* --- Datacenters that may be missing --------------------------------------------------------- */

static const char *answer_none(struct fake *fake, const char *path)
{
    (void)fake;
    (void)path;
    return "hold";
}

static bool two_are_told(const struct scene *scene)
{
    return scene->n_answers == 2;
}

static void test_datacenters_that_may_be_missing(void **state)
{
    struct slice dc2 = SLICE("dc2");
    char dc9_name[] = "dc9", dc2_name[] = "dc2";
    char *optional[] = { dc9_name, dc2_name };
    struct watch_status status;
    struct scene scene;

    scene_begin(&scene, *state, "");
    scene.fake.next = answer_none;
    scene.options.optional_datacenters = optional;
    scene.options.n_optional_datacenters = ARRAY_SIZE(optional);
    scene_open(&scene);
    scene_ask(&scene, DEP_HEALTH_SERVICE, "here");
    scene_ask_dep(&scene,
                  (struct dep){ .kind = DEP_HEALTH_SERVICE, .name = SLICE("web"), .dc = dc2 });
    scene_ask_dep(&scene, (struct dep){ .kind = DEP_KV_GET, .name = SLICE("a/b"), .dc = dc2 });
    wait_until(&scene, two_are_told);
    assert_true(strcmp(scene.answers.ptr, "0 absent ") == 0 ||
                strcmp(scene.answers.ptr, "absent 0 ") == 0);
    assert_non_null(strstr(logged.ptr, "because datacenter 'dc2' is one of "
                                       "consul.optional_datacenters\n"));
    for (size_t i = 0; watch_set_next_status(scene.set, &i, &status);)
        assert_int_equal(status.is_assumed, status.dep->dc.len > 0);

    /* What it says in the end is believed. */
    buf_clear(&scene.answers);
    scene.n_answers = 0;
    scene.fake.next = answer_well;
    fake_hang_up(&scene.fake);
    wait_until(&scene, two_are_told);
    for (size_t i = 0; watch_set_next_status(scene.set, &i, &status);)
        assert_int_equal(status.is_assumed, status.dep->kind == DEP_KV_GET); /* no pair, that */
    scene_end(&scene);
}

/* --- More questions than connections -------------------------------------------------------- */

#define N_MANY 40

static char content_of_many;

/* Nobody may read the tables that ring: everybody has to ask for himself. */
static bool is_table(const char *path)
{
    return strstr(path, "/v1/health/state/") || strstr(path, "/v1/catalog/");
}

/* Blocking queries end when there is other content than at index 10, or when their wait is over. */
static const char *answer_many(struct fake *fake, const char *path)
{
    static char word[16];
    bool is_old = strstr(path, "index=10&") != NULL, is_new = content_of_many != 'a';
    const char *late = strstr(path, "index=") && !(is_old && is_new) ? "~" : "";

    (void)fake;
    if (is_table(path))
        return "403";
    snprintf(word, sizeof(word), "%s%d:1%c", late, is_new ? 11 : 10, content_of_many);
    return word;
}

/* All at once, as a template does. */
static void ask_many(struct scene *scene)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    CLEANUP(dep_set_fini) struct dep_set wanted = DEP_SET_EMPTY;

    for (int i = 0; i < N_MANY; i++) {
        char name[16];
        struct dep dep = { .kind = DEP_HEALTH_SERVICE };

        snprintf(name, sizeof(name), "s%d", i);
        dep.name = slice_from(name);
        dep_make_key(&dep, &arena);
        dep_set_add(&wanted, &dep);
    }
    watch_set_add(scene->set, &wanted);
}

static bool all_are_answered(const struct scene *scene)
{
    return scene->n_answers == N_MANY;
}

static bool all_are_answered_anew(const struct scene *scene)
{
    return scene->n_answers == (size_t)2 * N_MANY;
}

/* All but the 6 whose queries the agent holds. */
static bool those_in_the_queue_are_answered_anew(const struct scene *scene)
{
    return scene->n_answers == (size_t)2 * N_MANY - 6;
}

static const char *answer_and_hold(struct fake *fake, const char *path)
{
    return is_table(path) ? "403" : answer_well(fake, path);
}

static bool crowd_is_told(const struct scene *scene)
{
    return something_is_logged(scene) && strstr(logged.ptr, "take turns");
}

static void test_questions_take_turns(void **state)
{
    struct scene scene;

    content_of_many = 'a';
    scene_begin(&scene, *state, "");
    scene.options.connections = 12;
    scene.fake.next = answer_many;
    scene_open(&scene);
    ask_many(&scene);
    wait_until(&scene, all_are_answered);
    wait_until(&scene, crowd_is_told);
    assert_non_null(
        strstr(logged.ptr,
               "warn consul: more questions than connections (consul.connections: 12): 40 take "
               "turns, and a change may be seen T late; more connections need an "
               "http_max_conns_per_client of the agent well above them\n"));
    buf_clear(&logged);
    content_of_many = 'b';
    wait_until(&scene, all_are_answered_anew);
    assert_in_range(scene.fake.n_most_open, 8, 12);
    assert_int_equal(logged.len, 0); /* said once, and nothing else has failed */
    scene_end(&scene);
}

/* Long blocking queries hold all connections, and then there are more questions. */
static void test_a_query_stands_in(void **state)
{
    struct scene scene;

    content_of_many = 'a';
    scene_begin(&scene, *state, "");
    scene.options.connections = 12;
    scene.fake.next = answer_and_hold; /* blocking queries are never answered */
    scene_open(&scene);
    ask_many(&scene);
    wait_until(&scene, all_are_answered);
    scene.fake.next = answer_many;
    content_of_many = 'b';
    wait_until(&scene, those_in_the_queue_are_answered_anew);
    scene_end(&scene);
}

static void test_an_agent_that_turns_connections_away(void **state)
{
    struct scene scene;

    content_of_many = 'a';
    scene_begin(&scene, *state, "");
    scene.fake.max_open = 20;
    scene.fake.next = answer_many;
    scene_open(&scene);
    ask_many(&scene);
    wait_until(&scene, all_are_answered);
    content_of_many = 'b';
    wait_until(&scene, all_are_answered_anew);
    assert_non_null(strstr(logged.ptr, "warn consul: the agent turns connections away (its "
                                       "http_max_conns_per_client is reached, counting those of "
                                       "other processes here and of our last run): using fewer "
                                       "from now on\n"));
    scene_end(&scene);
}

/* --- What is asked -------------------------------------------------------------------------- */

static void stop_all(struct scene *scene)
{
    CLEANUP(dep_set_fini) struct dep_set none = DEP_SET_EMPTY;

    watch_set_keep_only(scene->set, &none);
    scene_ask(scene, DEP_HEALTH_SERVICE, "another");
    scene->hook = NULL;
}

static bool another_is_armed(const struct scene *scene)
{
    return all_are_armed(scene) && scene->n_answers == 2;
}

static void test_stopping_from_within_an_answer(void **state)
{
    struct scene scene;

    scene_begin(&scene, *state, "");
    scene.fake.next = answer_well;
    scene.hook = stop_all;
    scene_open(&scene);
    ask_three(&scene);
    wait_until(&scene, another_is_armed);
    assert_int_equal(watch_set_count(scene.set), 1);
    scene_end(&scene);
}

static void test_what_is_kept(void **state)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    CLEANUP(dep_set_fini) struct dep_set wanted = DEP_SET_EMPTY;
    struct dep b = { .kind = DEP_HEALTH_SERVICE, .name = SLICE("b") };
    struct watch_status status;
    struct scene scene;

    begin_armed(&scene, *state);
    dep_make_key(&b, &arena);
    dep_set_add(&wanted, &b);
    ask_three(&scene); /* asked already: nothing happens */
    assert_int_equal(watch_set_count(scene.set), 3);
    watch_set_keep_only(scene.set, &wanted);
    assert_int_equal(watch_set_count(scene.set), 1);
    assert_true(watch_set_get_status(scene.set, &b, &status));
    assert_int_equal(status.state, WATCH_ARMED);
    b.key = SLICE("other");
    assert_false(watch_set_get_status(scene.set, &b, &status));
    scene_end(&scene);
}

static void test_a_filter_that_nobody_has_defined(void **state)
{
    struct scene scene;

    scene_begin(&scene, *state, "");
    scene_open(&scene);
    scene_ask_dep(&scene, (struct dep){ .kind = DEP_HEALTH_SERVICE,
                                        .name = SLICE("web"),
                                        .filter = SLICE("canary") });
    wait_until(&scene, something_is_logged);
    assert_logged("warn health.service(web?filter=canary): consul.filters has no 'canary'\n");
    assert_int_equal(scene.fake.n_requests, 0);
    scene_end(&scene);
}

static void test_entries_that_are_left_out(void **state)
{
    struct scene scene;

    scene_begin(&scene, *state,
                "10:[{\"Node\":null},{\"Node\":{},\"Service\":{\"Meta\":{\"v\":\"x\"}}}] "
                "~11:[{\"Node\":null},{\"Node\":{},\"Service\":{\"Meta\":{\"v\":\"y\"}}}]");
    scene_open(&scene);
    scene_ask(&scene, DEP_HEALTH_SERVICE, "web");
    assert_int_equal(rig_run(*state), 0);
    assert_string_equal(scene.answers.ptr, "1x 1y ");
    assert_logged("warn health.service(web): 1 of 2 entries cannot be read and are left out, the "
                  "first: an instance without a Node\n"); /* once */
    scene_end(&scene);
}

/* --- Tokens --------------------------------------------------------------------------------- */

static const char *wanted_token;

static const char *answer_by_token(struct fake *fake, const char *path)
{
    return strstr(fake->last.ptr, wanted_token) ? answer_well(fake, path) : "403";
}

static void write_token(const char *text)
{
    int fd = open("new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    assert_int_equal(rename("new", "token"), 0);
}

static void test_fault_07_a_token_that_is_replaced(void **state)
{
    struct watch_tuning slow = quick;
    struct folder folder;
    struct scene scene;

    folder_init(&folder);
    write_token("first-secret");
    scene_begin(&scene, *state, "");
    scene.options.token_file = (char *)(uintptr_t) "token";
    scene.fake.next = answer_by_token;
    wanted_token = "\r\nX-Consul-Token: first-secret\r\n";
    scene_open(&scene);
    slow.backoff[FAILURE_DENIED] = (struct backoff){ 60000, 60000 };
    watch_set_tune(scene.set, &slow);
    ask_three(&scene);
    wait_until(&scene, all_are_armed);

    /* The old one is revoked; the new one comes when all have been turned away. */
    wanted_token = "\r\nX-Consul-Token: second-secret\r\n";
    fake_hang_up(&scene.fake);
    wait_until(&scene, any_is_denied);
    write_token("second-secret\n");
    wait_until(&scene, all_are_armed);
    assert_int_equal(scene.n_answers, 3);
    assert_null(strstr(logged.ptr, "secret"));
    assert_non_null(strstr(logged.ptr, "info consul: the token in 'token' has changed\n"));
    scene_end(&scene);
    folder_fini(&folder);
}

/* --- Other options -------------------------------------------------------------------------- */

static struct consul_filter filters[] = { { (char *)(uintptr_t) "f", (char *)(uintptr_t) "x" } };
static struct consul_filter other_filters[] = { { (char *)(uintptr_t) "f",
                                                  (char *)(uintptr_t) "y" } };

static void test_fault_35_other_options(void **state)
{
    struct consul_options options;
    struct scene scene;

    scene_begin(&scene, *state, "");
    scene.options.filters = filters;
    scene.options.n_filters = 1;
    scene_open(&scene);
    scene.fake.next = answer_well;
    ask_three(&scene);
    scene_ask_dep(
        &scene,
        (struct dep){ .kind = DEP_HEALTH_SERVICE, .name = SLICE("d"), .filter = SLICE("f") });
    wait_for_requests(&scene, &scene.fake, 8);

    /* What changes is asked anew, the rest stays in flight. */
    options = scene.options;
    options.filters = other_filters;
    options.token = (char *)(uintptr_t) "t";
    assert_true(watch_set_configure(scene.set, &options, &scene.rig->err));
    watch_set_tune(scene.set, &quick);
    wait_for_requests(&scene, &scene.fake, 10);
    assert_non_null(strstr(scene.fake.last.ptr, "filter=y"));
    assert_non_null(strstr(scene.fake.last.ptr, "X-Consul-Token: t\r\n"));

    /* What cannot be used changes nothing. */
    struct consul_options bad = options;

    bad.token_file = (char *)(uintptr_t) "/nonexistent/token";
    assert_false(watch_set_configure(scene.set, &bad, &scene.rig->err));
    assert_string_equal(scene.rig->err.text,
                        "consul.token_file '/nonexistent/token': open: No such file or directory");
    assert_true(all_are_armed(&scene));
    assert_int_equal(scene.fake.n_requests, 10);
    scene_end(&scene);
}

static void test_another_agent(void **state)
{
    struct consul_options options;
    struct rig *rig = *state;
    struct scene scene;
    struct fake other;
    char *address = NULL;

    begin_armed(&scene, rig);
    fake_start(&other, rig);
    other.next = answer_well;
    address = other.address;
    options = scene.options;
    options.addresses = &address;
    assert_true(watch_set_configure(scene.set, &options, &rig->err));
    watch_set_tune(scene.set, &quick);
    wait_for_requests(&scene, &other, 6);
    assert_int_equal(scene.fake.n_requests, 6);
    assert_int_equal(scene.n_answers, 3); /* the same content */
    fake_stop(&other);
    scene_end(&scene);
}

static void test_options_that_are_refused(void **state)
{
    static const struct {
        const char *name, *address, *token, *want_error;
    } cases[] = {
        { "another scheme", "ftp://x", NULL,
          "consul.address 'ftp://x': only http://, https:// and unix:// are known" },
        { "no address", "", NULL, "consul.address is empty" },
        { "a token of two lines", "127.0.0.1:8500", "a\nb", "consul.token is not a token" },
        { "a password is not told", "http://me:secret@[::1", NULL,
          "consul.address 'http://[::1': not a usable URL: Bad IPv6 address" },
    };
    struct rig *rig = *state;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char *address = (char *)(uintptr_t)cases[i].address;
        struct consul_options options = { .addresses = &address,
                                          .n_addresses = 1,
                                          .token = (char *)(uintptr_t)cases[i].token };
        struct watch_set *set;

        if (watch_set_new(rig->loop, &options, &scene_handler, NULL, &set, &rig->err))
            fail_msg("%s: was accepted", cases[i].name);
        if (strcmp(rig->err.text, cases[i].want_error) != 0)
            fail_msg("%s: '%s'", cases[i].name, rig->err.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(test_an_agent_that_goes_and_comes_back),
        RIG_TEST(test_no_agent_at_first),
        RIG_TEST(test_no_leader),
        RIG_TEST(test_one_question_that_fails),
        RIG_TEST(test_a_peer_that_never_answers),
        RIG_TEST(test_another_address),
        RIG_TEST(test_datacenters_that_may_be_missing),
        RIG_TEST(test_questions_take_turns),
        RIG_TEST(test_a_query_stands_in),
        RIG_TEST(test_an_agent_that_turns_connections_away),
        RIG_TEST(test_stopping_from_within_an_answer),
        RIG_TEST(test_what_is_kept),
        RIG_TEST(test_a_filter_that_nobody_has_defined),
        RIG_TEST(test_entries_that_are_left_out),
        RIG_TEST(test_fault_07_a_token_that_is_replaced),
        RIG_TEST(test_fault_35_other_options),
        RIG_TEST(test_another_agent),
        RIG_TEST(test_options_that_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
