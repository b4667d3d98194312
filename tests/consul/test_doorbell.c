/* SPDX-License-Identifier: MIT */
/* Doorbells: a small catalogue that changes, more questions than connections, and what is asked. */
#include <stdlib.h>

#include "consul/scene.h"
#include "unit.h"

#define N_SERVICES 20
#define N_NODES    4

/* --- A catalogue ---------------------------------------------------------------------------- */

struct service {
    int n; /* instances */
    char version;
    const char *status, *tag, *output;
    bool has_check;
    uint64_t index;
};

struct catalog {
    struct service services[N_SERVICES];
    char addresses[N_NODES]; /* the last digit of each */
    const char *node_status;
    uint64_t checks, names, nodes; /* indexes of the tables */
    uint64_t index;                /* of the last change */
    bool is_blind;                 /* the tables look empty */
    bool is_late;                  /* the table of all checks is not answered */
    int hidden;                    /* a service that they do not show; -1: none */
    const char *refusal;           /* what the tables are answered with; NULL: what they hold */
    const char *failure;           /* what everything is answered with; NULL: the same */
    int n_failures;                /* of services, still to come */
    bool is_slow;                  /* services are asked for in vain */
    size_t n_fetches, n_own;       /* requests for services: plain and blocking */
    size_t n_tables;               /* and for tables */
    bool is_waking;                /* these were counted already */
    struct buf word;
};

static struct catalog catalog;

static void catalog_begin(void)
{
    catalog = (struct catalog){ .node_status = "passing", .hidden = -1, .index = 10 };
    catalog.checks = catalog.names = catalog.nodes = 10;
    for (int i = 0; i < N_NODES; i++)
        catalog.addresses[i] = '1';
    for (int i = 0; i < N_SERVICES; i++)
        catalog.services[i] = (struct service){ .n = 1,
                                                .version = 'a',
                                                .status = "passing",
                                                .tag = "",
                                                .output = "",
                                                .has_check = true,
                                                .index = 10 };
}

/* Service i is on node i % N_NODES. */
static void add_check(struct buf *body, int i)
{
    const struct service *service = &catalog.services[i];

    buf_printf(body,
               "{\"Node\":\"n%d\",\"CheckID\":\"c%d\",\"Status\":\"%s\",\"Output\":\"%s\","
               "\"ServiceID\":\"s%d\",\"ServiceName\":\"s%d\"}",
               i % N_NODES, i, service->status, service->output, i, i);
}

static void add_checks(struct buf *body)
{
    buf_printf(body,
               "[{\"Node\":\"n0\",\"CheckID\":\"serf\",\"Status\":\"%s\",\"ServiceName\":\"\"}",
               catalog.node_status);
    for (int i = 0; i < N_SERVICES; i++) {
        if (catalog.services[i].n == 0 || !catalog.services[i].has_check || i == catalog.hidden)
            continue;
        buf_add_byte(body, ',');
        add_check(body, i);
    }
    buf_add_byte(body, ']');
}

static void add_failing(struct buf *body)
{
    const char *separator = "";

    buf_add_byte(body, '[');
    for (int i = 0; i < N_SERVICES; i++) {
        if (catalog.services[i].n == 0 || strcmp(catalog.services[i].status, "passing") == 0)
            continue;
        buf_add_string(body, separator);
        add_check(body, i);
        separator = ",";
    }
    if (strcmp(catalog.node_status, "passing") != 0)
        buf_printf(
            body, "%s{\"Node\":\"n0\",\"CheckID\":\"serf\",\"Status\":\"%s\",\"ServiceName\":\"\"}",
            separator, catalog.node_status);
    buf_add_byte(body, ']');
}

static void add_names(struct buf *body)
{
    buf_add_string(body, "{\"consul\":[]");
    for (int i = 0; i < N_SERVICES; i++) {
        if (catalog.services[i].n > 0 && i != catalog.hidden)
            buf_printf(body, ",\"s%d\":[\"%s\"]", i, catalog.services[i].tag);
    }
    buf_add_byte(body, '}');
}

static void add_nodes(struct buf *body)
{
    buf_add_byte(body, '[');
    for (int i = 0; i < N_NODES; i++)
        buf_printf(body, "%s{\"Node\":\"n%d\",\"Address\":\"10.0.0.%c\"}", i ? "," : "", i,
                   catalog.addresses[i]);
    buf_add_byte(body, ']');
}

static void add_service(struct buf *body, int i)
{
    const struct service *service = &catalog.services[i];

    buf_add_byte(body, '[');
    for (int k = 0; k < service->n; k++) {
        buf_printf(body,
                   "%s{\"Node\":{\"Node\":\"n%d\",\"Address\":\"10.0.0.%c\"},\"Service\":{\"ID\":"
                   "\"s%d\",\"Service\":\"s%d\",\"Tags\":[\"%s\"],\"Meta\":{\"version\":\"%c\"},"
                   "\"Port\":80},\"Checks\":[",
                   k ? "," : "", i % N_NODES, catalog.addresses[i % N_NODES], i, i, service->tag,
                   service->version);
        if (i % N_NODES == 0)
            buf_printf(body, "{\"Node\":\"n0\",\"CheckID\":\"serf\",\"Status\":\"%s\"}%s",
                       catalog.node_status, service->has_check ? "," : "");
        if (service->has_check)
            add_check(body, i);
        buf_add_string(body, "]}");
    }
    buf_add_byte(body, ']');
}

/* --- What it answers ------------------------------------------------------------------------ */

static const char *answer_body(const char *path, uint64_t index, void (*add)(struct buf *body))
{
    const char *asked = strstr(path, "index=");

    if (asked && strtoull(asked + 6, NULL, 10) == index)
        return NULL;
    buf_printf(&catalog.word, "%llu:", (unsigned long long)index);
    add(&catalog.word);
    return catalog.word.ptr;
}

static void add_no_list(struct buf *body)
{
    buf_add_string(body, "[]");
}

static void add_no_names(struct buf *body)
{
    buf_add_string(body, "{}");
}

static const char *answer_table(const char *path)
{
    catalog.n_tables += !catalog.is_waking;
    if (catalog.refusal)
        return catalog.refusal;
    if (strstr(path, "filter=Status%20%21%3D%20%22passing%22"))
        return answer_body(path, catalog.checks, catalog.is_blind ? add_no_list : add_failing);
    if (strstr(path, "/v1/health/state/any") && catalog.is_late && strstr(path, "index="))
        return NULL;
    if (strstr(path, "/v1/health/state/any"))
        return answer_body(path, catalog.checks, catalog.is_blind ? add_no_list : add_checks);
    if (strstr(path, "/v1/catalog/services"))
        return answer_body(path, catalog.names, catalog.is_blind ? add_no_names : add_names);
    return answer_body(path, catalog.nodes, catalog.is_blind ? add_no_list : add_nodes);
}

static int asked_service;

static bool is_probe;

static void add_asked_service(struct buf *body)
{
    if (is_probe)
        buf_add_string(body, "[]");
    else
        add_service(body, asked_service);
}

static const char *answer_service(const char *path)
{
    bool is_own = strstr(path, "index=") != NULL;

    is_probe = strstr(path, "filter=Service.ID%20%3D%3D%20%22%22") != NULL;
    asked_service = atoi(strstr(path, "/service/s") + strlen("/service/s"));
    catalog.n_fetches += !is_own && !catalog.is_waking;
    catalog.n_own += is_own && !catalog.is_waking;
    if (catalog.n_failures > 0 && catalog.n_failures--)
        return "500";
    if (catalog.is_slow)
        return NULL;
    return answer_body(path, catalog.services[asked_service].index, add_asked_service);
}

static const char *answer(struct fake *fake, const char *path)
{
    (void)fake;
    buf_clear(&catalog.word);
    if (catalog.failure)
        return catalog.failure;
    return strstr(path, "/v1/health/service/") ? answer_service(path) : answer_table(path);
}

/* To those who wait for what has changed meanwhile. */
static void wake(struct scene *scene)
{
    catalog.is_waking = true;
    for (struct fake_connection *c = scene->fake.connections; c; c = c->next) {
        if (c->fd < 0 || !c->is_held)
            continue;

        const char *word = answer(&scene->fake, c->path);

        c->is_held = !word;
        if (word)
            fake_answer(c, word);
    }
    catalog.is_waking = false;
}

/* --- Questions ------------------------------------------------------------------------------ */

static void ask_services(struct scene *scene, int n)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    CLEANUP(dep_set_fini) struct dep_set wanted = DEP_SET_EMPTY;

    for (int i = 0; i < n; i++) {
        char name[16];
        struct dep dep = { .kind = DEP_HEALTH_SERVICE };

        snprintf(name, sizeof(name), "s%d", i);
        dep.name = slice_from(name);
        dep_make_key(&dep, &arena);
        dep_set_add(&wanted, &dep);
    }
    watch_set_add(scene->set, &wanted);
}

static bool all_are_covered(const struct scene *scene)
{
    return scene->n_answers >= watch_set_count(scene->set) &&
           count_state(scene, WATCH_COVERED) == watch_set_count(scene->set);
}

/* What the fake has been asked stays the same for a while. */
static size_t n_requests_before;
static int n_looks;

static bool is_quiet(const struct scene *scene)
{
    bool is_same = scene->fake.n_requests == n_requests_before && all_are_covered(scene);

    n_looks = is_same ? n_looks + 1 : 0;
    n_requests_before = scene->fake.n_requests;
    return n_looks >= 30; /* longer than anything that is planned */
}

static void wait_for_quiet(struct scene *scene)
{
    n_looks = 0;
    wait_until(scene, is_quiet);
}

/* Ends own queries, without news. */
static void touch_all(struct scene *scene)
{
    catalog.index++;
    for (int i = 0; i < N_SERVICES; i++)
        catalog.services[i].index = catalog.index;
    wake(scene);
}

static void begin(struct scene *scene, struct rig *rig)
{
    struct watch_tuning tuning = quick;

    catalog_begin();
    scene_begin(scene, rig, "");
    scene->options.connections = 12;
    scene->fake.next = answer;
    tuning.turn_ms = 5;
    tuning.queue_ms = 10;
    tuning.wait_ms = 60000; /* the fake answers when something has changed, no sooner */
    scene_open(scene);
    watch_set_tune(scene->set, &tuning);
}

static void begin_covered(struct scene *scene, struct rig *rig)
{
    begin(scene, rig);
    ask_services(scene, N_SERVICES);
    wait_for_quiet(scene);
    assert_int_equal(scene->n_answers, N_SERVICES);
    assert_in_range(scene->fake.n_most_open, 4, 12);
    assert_int_equal(catalog.n_own, 0);
    buf_clear(&scene->answers);
    catalog.n_fetches = catalog.n_tables = 0;
}

static void end(struct scene *scene)
{
    scene_end(scene);
    buf_fini(&catalog.word);
}

static const char *wanted_answers;

static bool wanted_is_told(const struct scene *scene)
{
    return strcmp(buf_slice(&scene->answers).ptr, wanted_answers) == 0;
}

static void wait_for_answers(struct scene *scene, const char *want)
{
    wanted_answers = want;
    wait_until(scene, wanted_is_told);
}

static enum transport transport_of(const struct scene *scene)
{
    struct transport_status status;
    size_t i = 0;

    assert_true(watch_set_next_transport(scene->set, &i, &status));
    assert_int_equal(status.datacenter.len, 0);
    assert_false(watch_set_next_transport(scene->set, &i, &status));
    return status.transport;
}

/* --- Changes -------------------------------------------------------------------------------- */

static void change_status(void)
{
    catalog.services[3].status = "critical";
    catalog.services[3].index = catalog.checks = ++catalog.index;
}

static void change_output(void)
{
    catalog.services[3].output = "anew";
    catalog.services[3].index = catalog.checks = ++catalog.index;
}

static void change_meta(void)
{
    catalog.services[3].version = 'b';
    catalog.services[3].index = catalog.names = ++catalog.index;
}

static void change_tags(void)
{
    catalog.services[3].tag = "t";
    catalog.services[3].index = catalog.names = ++catalog.index;
}

static void change_node_address(void)
{
    catalog.addresses[3] = '7';
    for (int i = 3; i < N_SERVICES; i += N_NODES)
        catalog.services[i].index = catalog.index + 1;
    catalog.nodes = ++catalog.index;
}

static void change_node_check(void)
{
    catalog.node_status = "critical";
    for (int i = 0; i < N_SERVICES; i += N_NODES)
        catalog.services[i].index = catalog.index + 1;
    catalog.checks = ++catalog.index;
}

/* An instance without a check of its own. */
static void add_instance(void)
{
    catalog.services[3].n = 2;
    catalog.services[3].index = catalog.names = ++catalog.index;
}

static void deregister(void)
{
    catalog.services[3].n = 0;
    catalog.services[3].index = catalog.names = catalog.checks = ++catalog.index;
}

static void change_nothing(void)
{
    catalog.checks = catalog.names = catalog.nodes = ++catalog.index;
}

static const struct {
    const char *name;
    void (*change)(void);
    const char *want;   /* answers */
    size_t least, most; /* services that are asked again */
} changes[] = {
    { "a status", change_status, "1a ", 1, 2 }, /* whole, and an echo that asks for the index */
    { "only the output of a check", change_output, "", 0, 0 },
    { "only meta", change_meta, "1b ", N_SERVICES, N_SERVICES + 1 },
    { "tags", change_tags, "1a ", 1, N_SERVICES + 1 },
    { "only the address of a node", change_node_address, "1a 1a 1a 1a 1a ", 5, 5 },
    { "a check of a node", change_node_check, "1a 1a 1a 1a 1a ", 5, 10 },
    { "an instance without a check", add_instance, "2a ", N_SERVICES, N_SERVICES + 1 },
    { "the last instance goes", deregister, "0 ", 1, N_SERVICES + 2 },
    { "rings without a visible change", change_nothing, "", N_SERVICES, N_SERVICES },
};

static size_t n_least;

static bool enough_are_asked(const struct scene *scene)
{
    return catalog.n_fetches >= n_least && wanted_is_told(scene);
}

/* Each change reaches who asks, asks no more than it has to, and is told once. */
static void test_fault_25_changes(void **state)
{
    for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
        struct scene scene;

        begin_covered(&scene, *state);
        changes[i].change();
        wake(&scene);
        n_least = changes[i].least;
        wanted_answers = changes[i].want;
        wait_until(&scene, enough_are_asked);
        wait_for_quiet(&scene);
        if (!wanted_is_told(&scene) || catalog.n_fetches > changes[i].most)
            fail_msg("%s: answers '%s', %zu services were asked", changes[i].name,
                     buf_slice(&scene.answers).ptr, catalog.n_fetches);
        assert_int_equal(catalog.n_own, 0);
        assert_in_range(scene.fake.n_most_open, 4, 12);
        end(&scene);
    }
}

static bool one_is_asked(const struct scene *scene)
{
    (void)scene;
    return catalog.n_fetches == 1;
}

static bool has_rung_twice(const struct scene *scene)
{
    (void)scene;
    return catalog.n_tables >= 2; /* after each of two rings the next query waits */
}

/* The answer on its way was made before the second change. */
static void test_a_ring_while_its_service_is_asked(void **state)
{
    struct scene scene;

    begin_covered(&scene, *state);
    catalog.is_slow = true;
    change_status();
    wake(&scene);
    wait_until(&scene, one_is_asked);
    catalog.services[3].status = "warning";
    catalog.checks = ++catalog.index;
    catalog.services[3].index = catalog.index;
    wake(&scene); /* the tables only: services are slow */
    wait_until(&scene, has_rung_twice);
    catalog.is_slow = false;
    wake(&scene);
    wait_for_quiet(&scene);
    assert_int_equal(catalog.n_fetches, 2);
    end(&scene);
}

/* What was rung for is asked of the leader, and so is what is asked again for it: another server
 * may not know of the change yet. */
static void test_a_ring_whose_answer_fails(void **state)
{
    struct scene scene;

    begin_covered(&scene, *state);
    buf_clear(&scene.fake.requests);
    catalog.n_failures = 2;
    change_status();
    wake(&scene);
    wait_for_answers(&scene, "1a ");
    assert_int_equal(catalog.n_fetches, 3);
    assert_null(strchr(scene.fake.requests.ptr, 'F'));
    end(&scene);
}

/* A snapshot was restored: indexes are lower, and other content may hide behind the same tables. */
static void test_tables_that_go_back(void **state)
{
    struct scene scene;

    begin_covered(&scene, *state);
    scene.options.settle_ms = 60000;
    catalog.services[7].version = 'z';
    for (int i = 0; i < N_SERVICES; i++)
        catalog.services[i].index = 5;
    catalog.checks = catalog.names = catalog.nodes = 5;
    wake(&scene);
    n_least = N_SERVICES;
    wanted_answers = "1z ";
    wait_until(&scene, enough_are_asked);
    assert_int_equal(scene.n_doubtful, 1);
    end(&scene);
}

static bool one_is_denied(const struct scene *scene)
{
    return count_state(scene, WATCH_DENIED) == 1;
}

/* The servers have lost a service; it registers again, and that rings before we would ask again. */
static void test_what_has_vanished_comes_back(void **state)
{
    struct watch_tuning tuning = quick;
    struct scene scene;

    begin_covered(&scene, *state);
    tuning.backoff[FAILURE_DENIED] = (struct backoff){ 600000, 600000 };
    watch_set_tune(scene.set, &tuning);
    catalog.services[7].n = 0;
    for (int i = 0; i < N_SERVICES; i++)
        catalog.services[i].index = 5;
    catalog.checks = catalog.names = catalog.nodes = catalog.index = 5;
    wake(&scene);
    wait_until(&scene, one_is_denied);
    catalog.services[7] = (struct service){ .n = 1,
                                            .version = 'z',
                                            .status = "passing",
                                            .tag = "",
                                            .output = "",
                                            .has_check = true,
                                            .index = 6 };
    catalog.checks = catalog.names = catalog.index = 6;
    wake(&scene);
    wait_for_answers(&scene, "1z ");
    end(&scene);
}

/* --- Tables that are of no use -------------------------------------------------------------- */

static bool own_queries_have_gone_round(const struct scene *scene)
{
    return scene->n_answers >= N_SERVICES && catalog.n_own >= 4;
}

/* They cannot be read, or show nothing, while services can: back to turns; a change is seen. */
static void test_fault_26_no_rights_for_the_tables(void **state)
{
    static const struct {
        bool is_blind;
        const char *refusal;
    } tables[] = { { true, NULL }, { false, "403" }, { false, "400" } };

    for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
        struct scene scene;

        begin(&scene, *state);
        catalog.is_blind = tables[i].is_blind;
        catalog.refusal = tables[i].refusal;
        ask_services(&scene, N_SERVICES);
        wait_until(&scene, own_queries_have_gone_round);
        buf_clear(&scene.answers);
        assert_int_equal(transport_of(&scene), TRANSPORT_TURNS);
        change_meta();
        wake(&scene);
        wait_for_answers(&scene, "1b ");
        assert_in_range(scene.fake.n_most_open, 4, 12);
        end(&scene);
    }
}

static bool bells_are_armed(const struct scene *scene)
{
    size_t n = 0;

    for (const struct fake_connection *c = scene->fake.connections; c; c = c->next)
        n += c->fd >= 0 && c->is_held && strstr(c->path, "index=") && !strstr(c->path, "/service/");
    return n == 4;
}

static void test_rights_that_are_given_later(void **state)
{
    struct scene scene;

    begin(&scene, *state);
    catalog.refusal = "403";
    ask_services(&scene, N_SERVICES);
    wait_until(&scene, own_queries_have_gone_round);
    catalog.refusal = NULL;
    wait_until(&scene, bells_are_armed);
    touch_all(&scene);
    wait_until(&scene, all_are_covered);
    buf_clear(&scene.answers);
    change_status();
    wake(&scene);
    wait_for_answers(&scene, "1a ");
    end(&scene);
}

static bool one_asks_by_itself(const struct scene *scene)
{
    return count_state(scene, WATCH_ARMED) == 1 && catalog.n_own == 1 &&
           count_state(scene, WATCH_COVERED) == N_SERVICES - 1;
}

static void test_one_service_that_the_tables_hide(void **state)
{
    struct scene scene;

    begin(&scene, *state);
    catalog.hidden = 3;
    ask_services(&scene, N_SERVICES);
    wait_until(&scene, one_asks_by_itself);
    buf_clear(&scene.answers);
    change_meta();
    catalog.names = 10; /* not even that */
    wake(&scene);
    wait_for_answers(&scene, "1b ");
    end(&scene);
}

static bool health_is_told(const struct scene *scene)
{
    return scene->health.len > 0;
}

/* What happens during an outage is seen after it, and what was known stays. */
static void test_an_outage(void **state)
{
    struct watch_status status;
    struct scene scene;
    size_t i = 0;

    begin_covered(&scene, *state);
    catalog.failure = "500";
    scene.fake.leader = NULL;
    wake(&scene);
    wait_until(&scene, health_is_told);
    assert_string_equal(scene.health.ptr, "away: HTTP 500: oops ");
    assert_true(watch_set_next_status(scene.set, &i, &status));
    assert_int_equal(status.state, WATCH_COVERED);
    assert_string_equal(status.last_error, "HTTP 500: oops");
    assert_true(status.n_failures > 0);
    change_status();
    catalog.failure = NULL;
    scene.fake.leader = "-:\"10.0.0.1:8300\"";
    for (struct fake_connection *c = scene.fake.connections; c; c = c->next) {
        if (c->fd >= 0 && strstr(c->path, "/v1/status/leader"))
            fake_answer(c, scene.fake.leader);
    }
    wait_for_answers(&scene, "1a ");
    wait_for_quiet(&scene);
    assert_string_equal(scene.health.ptr, "away: HTTP 500: oops back ");
    end(&scene);
}

/* --- The choice ----------------------------------------------------------------------------- */

static bool all_ask_by_themselves(const struct scene *scene)
{
    return all_are_armed(scene);
}

static void keep(struct scene *scene, int n)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    CLEANUP(dep_set_fini) struct dep_set wanted = DEP_SET_EMPTY;

    for (int i = 0; i < n; i++) {
        char name[16];
        struct dep dep = { .kind = DEP_HEALTH_SERVICE };

        snprintf(name, sizeof(name), "s%d", i);
        dep.name = slice_from(name);
        dep_make_key(&dep, &arena);
        dep_set_add(&wanted, &dep);
    }
    watch_set_keep_only(scene->set, &wanted);
}

/* Own queries while there are connections for them; with some distance between there and back. */
static void test_as_questions_come_and_go(void **state)
{
    struct scene scene;

    begin(&scene, *state);
    scene.options.connections = 28;
    assert_true(watch_set_configure(scene.set, &scene.options, &scene.rig->err));
    ask_services(&scene, 18);
    wait_until(&scene, all_ask_by_themselves);
    assert_int_equal(catalog.n_tables, 0);
    assert_int_equal(transport_of(&scene), TRANSPORT_QUERIES);
    ask_services(&scene, 20);
    assert_non_null(strstr(logged.ptr, "info consul: 20 questions and 28 connections "
                                       "(consul.connections): a few queries for each datacenter "
                                       "wake them from now on\n"));
    touch_all(&scene);
    wait_until(&scene, all_are_covered);
    assert_int_equal(transport_of(&scene), TRANSPORT_DOORBELL);
    keep(&scene, 18);
    wait_for_quiet(&scene);
    keep(&scene, 12);
    wait_until(&scene, all_ask_by_themselves);
    assert_non_null(strstr(logged.ptr, "info consul: each of 12 questions has a query of its own "
                                       "from now on\n"));
    buf_clear(&scene.answers);
    change_meta();
    wake(&scene);
    wait_for_answers(&scene, "1b ");
    end(&scene);
}

static bool limit_is_told(const struct scene *scene)
{
    (void)scene;
    return logged.len > 0 && strstr(logged.ptr, "turns connections away") &&
           strstr(logged.ptr, "a few queries");
}

/* The agent turns away what it was told to allow: no question goes without news for that. */
static void test_fault_12_the_agents_limit(void **state)
{
    struct scene scene;

    begin(&scene, *state);
    scene.options.connections = 100;
    assert_true(watch_set_configure(scene.set, &scene.options, &scene.rig->err));
    scene.fake.max_open = 12;
    ask_services(&scene, N_SERVICES);
    wait_until(&scene, limit_is_told);
    touch_all(&scene);
    wait_until(&scene, all_are_covered);
    buf_clear(&scene.answers);
    change_status();
    wake(&scene);
    wait_for_answers(&scene, "1a ");
    end(&scene);
}

static bool is_whole(const struct scene *scene)
{
    return catalog.n_fetches == 1 && all_are_covered(scene);
}

/* The table of all checks takes its time; that of failing ones tells at once, and once. */
static void test_a_status_before_all_checks(void **state)
{
    struct scene scene;

    begin_covered(&scene, *state);
    catalog.is_late = true;
    change_status();
    wake(&scene);
    wait_for_answers(&scene, "1a ");
    wait_until(&scene, is_whole);
    catalog.is_late = false;
    wake(&scene);
    wait_for_quiet(&scene);
    assert_int_equal(catalog.n_fetches, 2); /* only the index */
    catalog.n_fetches = 0;
    catalog.is_late = true;
    catalog.services[3].status = "passing";
    catalog.services[3].index = catalog.checks = ++catalog.index;
    wake(&scene);
    wait_for_answers(&scene, "1a 1a ");
    end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(test_fault_25_changes),
        RIG_TEST(test_a_status_before_all_checks),
        RIG_TEST(test_a_ring_while_its_service_is_asked),
        RIG_TEST(test_a_ring_whose_answer_fails),
        RIG_TEST(test_tables_that_go_back),
        RIG_TEST(test_what_has_vanished_comes_back),
        RIG_TEST(test_fault_26_no_rights_for_the_tables),
        RIG_TEST(test_rights_that_are_given_later),
        RIG_TEST(test_one_service_that_the_tables_hide),
        RIG_TEST(test_an_outage),
        RIG_TEST(test_as_questions_come_and_go),
        RIG_TEST(test_fault_12_the_agents_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
