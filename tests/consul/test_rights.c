/* SPDX-License-Identifier: MIT */
/* What has vanished, and whether that is for lack of rights: see fault 6 of README.md. */
#include "consul/play.h"
#include "unit.h"

#define LOST \
    "everything has vanished because the token has lost rights; the last answer stays in use"
#define UNCLEAR    "everything has vanished, and what the token may do: "
#define ALLOWED    "-:[{\"Resource\":\"service\",\"Allow\":true},{\"Allow\":true}]"
#define NO_SERVICE "-:[{\"Resource\":\"service\",\"Allow\":false},{\"Allow\":true}]"
#define NO_NODE    "-:[{\"Allow\":true},{\"Allow\":false}]"

#define TEXT(text)             \
    {                          \
        text, sizeof(text) - 1 \
    }

/* The last instance goes; what becomes of it depends on what the agent says of our rights. */
static const struct {
    const char *name, *rights, *want_requests, *want_answers, *want_log;
} cases[] = {
    { "it may be read", ALLOWED, "F A10 R A11 ", "2a 0 ", "" },
    { "there are no ACLs", "401", "F A10 R A11 ", "2a 0 ", "" },
    { "an agent that cannot tell", "404!", "F A10 R A11 ", "2a 0 ", "" },
    { "the service may not be read", NO_SERVICE, "F A10 R F R F R F A12 ", "2a 2b ", LOST },
    { "its node may not be read", NO_NODE, "F A10 R F R F R F A12 ", "2a 2b ", LOST },
    { "the token has been deleted", "403", "F A10 R F R F R F A12 ", "2a 2b ",
      "HTTP 403: the token is refused" },
    { "an error", "500", "F A10 R F R F R F A12 ", "2a 2b ", UNCLEAR "HTTP 500" },
    { "too many requests", "429", "F A10 R F R F R F A12 ", "2a 2b ", UNCLEAR "HTTP 429" },
    { "hung up", "x", "F A10 R F R F R F A12 ", "2a 2b ", UNCLEAR "?" },
    { "cut", "cut", "F A10 R F R F R F A12 ", "2a 2b ",
      UNCLEAR "transfer closed with 499 bytes remaining to read" },
    { "too few answers", "-:[{\"Allow\":true}]", "F A10 R F R F R F A12 ", "2a 2b ",
      UNCLEAR "1 answers to 2 questions" },
    { "no list", "-:{}", "F A10 R F R F R F A12 ", "2a 2b ",
      UNCLEAR "JSON: offset 0: expected an array, found an object" },
    { "no allowance in it", "-:[{},{}]", "F A10 R F R F R F A12 ", "2a 2b ", LOST },
    { "a page", "-:<html>", "F A10 R F R F R F A12 ", "2a 2b ",
      UNCLEAR "JSON: offset 0: expected an array, found byte 0x3c" },
};

/* Held or lost: the first instance is seen again in the end. */
static const char *script_of(const char *want_requests)
{
    return strstr(want_requests, "A12") ? "10:2a ~11:0 11:0 11:0 ~12:2b ~12:2b" : "10:2a ~11:0";
}

static void test_rights(void **state)
{
    struct rig *rig = *state;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct scene scene;

        scene_begin(&scene, rig, script_of(cases[i].want_requests));
        scene.fake.rights = cases[i].rights;
        scene_open(&scene);
        scene_ask(&scene, DEP_HEALTH_SERVICE, "web");
        assert_int_equal(rig_run(rig), 0);
        if (strncmp(scene.fake.requests.ptr, cases[i].want_requests,
                    strlen(cases[i].want_requests)) != 0 ||
            strcmp(scene.answers.ptr, cases[i].want_answers) != 0)
            fail_msg("%s: want %s%s, got %s%s", cases[i].name, cases[i].want_requests,
                     cases[i].want_answers, scene.fake.requests.ptr, scene.answers.ptr);
        if (cases[i].want_log[0] && !strchr(cases[i].want_log, '?') &&
            !strstr(buf_slice(&logged).ptr, cases[i].want_log))
            fail_msg("%s: want '%s', got %s", cases[i].name, cases[i].want_log, logged.ptr);
        scene_end(&scene);
    }
}

/* What is asked for, as it is sent. */
static const struct {
    const char *name;
    struct dep dep;
    const char *script, *want_path, *want_body;
} questions[] = {
    { "a service",
      { .kind = DEP_HEALTH_SERVICE, .name = TEXT("we\"b") },
      "10:2a ~11:0",
      "POST /v1/internal/acl/authorize HTTP/1.1\r\n",
      "[{\"Resource\":\"service\",\"Access\":\"read\",\"Segment\":\"we\\\"b\"}\n"
      ",{\"Resource\":\"node\",\"Access\":\"read\",\"Segment\":\"n0\"}\n]" },
    { "a service of another datacenter",
      { .kind = DEP_HEALTH_CONNECT, .name = TEXT("web"), .dc = TEXT("d 2") },
      "10:1a ~11:0",
      "POST /v1/internal/acl/authorize?dc=d%202 HTTP/1.1\r\n",
      "[{\"Resource\":\"service\",\"Access\":\"read\",\"Segment\":\"web\"}\n"
      ",{\"Resource\":\"node\",\"Access\":\"read\",\"Segment\":\"n0\"}\n]" },
    { "a service of a namespace",
      { .kind = DEP_HEALTH_SERVICE, .name = TEXT("web"), .namespace_name = TEXT("x") },
      "10:1a ~11:0",
      "POST /v1/internal/acl/authorize HTTP/1.1\r\n",
      "[{\"Resource\":\"service\",\"Access\":\"read\",\"Segment\":\"web\",\"Namespace\":\"x\"}\n"
      ",{\"Resource\":\"node\",\"Access\":\"read\",\"Segment\":\"n0\",\"Namespace\":\"x\"}\n]" },
    { "keys",
      { .kind = DEP_KV_LIST, .name = TEXT("a") },
      "10:[{\"Key\":\"ab\",\"Value\":\"eA==\"},{\"Key\":\"ac\",\"Value\":\"eA==\"}] ~404@11",
      "POST /v1/internal/acl/authorize HTTP/1.1\r\n",
      "[{\"Resource\":\"key\",\"Access\":\"read\",\"Segment\":\"ab\"}\n]" },
    { "nodes",
      { .kind = DEP_CATALOG_NODES },
      "10:[{\"Node\":\"n1\",\"Address\":\"10.0.0.1\"}] ~11:[]",
      "POST /v1/internal/acl/authorize HTTP/1.1\r\n",
      "[{\"Resource\":\"node\",\"Access\":\"read\",\"Segment\":\"n1\"}\n]" },
};

static bool has_been_asked(const struct scene *scene)
{
    return strstr(buf_slice(&scene->fake.requests).ptr, "R ") != NULL;
}

static void test_what_is_asked(void **state)
{
    for (size_t i = 0; i < ARRAY_SIZE(questions); i++) {
        struct scene scene;
        const char *body;

        scene_begin(&scene, *state, questions[i].script);
        scene.fake.rights = "hold";
        scene.options.token = (char *)(uintptr_t) "secret";
        scene_open(&scene);
        scene_ask_dep(&scene, questions[i].dep);
        wait_until(&scene, has_been_asked);
        body = strstr(scene.fake.last.ptr, "\r\n\r\n") + 4;
        if (!slice_starts_with(buf_slice(&scene.fake.last), slice_from(questions[i].want_path)))
            fail_msg("%s: %s", questions[i].name, scene.fake.last.ptr);
        assert_non_null(strstr(scene.fake.last.ptr, "\r\nX-Consul-Token: secret\r\n"));
        assert_non_null(strstr(scene.fake.last.ptr, "\r\nContent-Type: application/json\r\n"));
        if (strcmp(body, questions[i].want_body) != 0)
            fail_msg("%s: %s", questions[i].name, body);
        scene_end(&scene); /* and nothing follows */
    }
}

/* An agent that says nothing of it: the deadline, and then all again. */
static void test_no_answer(void **state)
{
    struct watch_tuning tuning = quick;
    struct scene scene;

    tuning.fetch_timeout_ms = 50;
    scene_begin(&scene, *state, "10:2a ~11:0 ~12:2b");
    scene.fake.rights = "hold";
    scene_open(&scene);
    watch_set_tune(scene.set, &tuning);
    scene_ask(&scene, DEP_HEALTH_SERVICE, "web");
    assert_int_equal(rig_run(*state), 0);
    assert_string_equal(scene.fake.requests.ptr, "F A10 R F A12 ");
    assert_string_equal(scene.answers.ptr, "2a 2b ");
    scene_end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(test_rights),
        RIG_TEST(test_what_is_asked),
        RIG_TEST(test_no_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
