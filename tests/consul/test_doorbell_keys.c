/* SPDX-License-Identifier: MIT */
/* More keys than connections: one query on what they begin with tells when to read them again. */
#include <stdlib.h>

#include "consul/scene.h"
#include "unit.h"

#define N_KEYS 30

/* --- A store of keys ------------------------------------------------------------------------ */

/* A slash is written as \u002f: to the fake it ends a body. */
static struct store_of_keys {
    bool is_there[N_KEYS];
    char value[N_KEYS];
    uint64_t indexes[N_KEYS], index; /* of each, and of the last change */
    bool is_hidden;                  /* from the list */
    const char *refusal;             /* of the list; NULL: none */
    size_t n_reads, n_own;           /* requests for keys: plain and blocking */
    bool is_waking;                  /* these were counted already */
    char prefix[64];                 /* of the list that was asked last */
    struct buf word;
} keys;

static void keys_begin(void)
{
    keys = (struct store_of_keys){ .index = 10 };
    for (int i = 0; i < N_KEYS; i++) {
        keys.is_there[i] = true;
        keys.value[i] = 'A';
        keys.indexes[i] = 10;
    }
}

static bool is_to_wait(const char *path, uint64_t index)
{
    const char *asked = strstr(path, "index=");

    return asked && strtoull(asked + 6, NULL, 10) == index;
}

static void add_pair(int i)
{
    buf_printf(&keys.word, "{\"Key\":\"app\\u002fk%02d\",\"Value\":\"%cA==\",\"Flags\":0}", i,
               keys.value[i]);
}

static const char *answer_names(const char *path)
{
    const char *start = path + strlen("/v1/kv/");
    const char *separator = "[";

    snprintf(keys.prefix, sizeof(keys.prefix), "%.*s", (int)(strchr(path, '?') - start), start);
    if (keys.refusal)
        return keys.refusal;
    if (is_to_wait(path, keys.index))
        return NULL;
    buf_printf(&keys.word, "%llu:", (unsigned long long)keys.index);
    for (int i = 0; i < N_KEYS && !keys.is_hidden; i++) {
        if (!keys.is_there[i])
            continue;
        buf_printf(&keys.word, "%s\"app\\u002fk%02d\"", separator, i);
        separator = ",";
    }
    if (*separator == ',') {
        buf_add_byte(&keys.word, ']');
    } else {
        buf_clear(&keys.word);
        buf_printf(&keys.word, "404@%llu", (unsigned long long)keys.index);
    }
    return keys.word.ptr;
}

static const char *answer_list(const char *path)
{
    const char *separator = "";

    if (is_to_wait(path, keys.index))
        return NULL;
    buf_printf(&keys.word, "%llu:[", (unsigned long long)keys.index);
    for (int i = 0; i < N_KEYS; i++) {
        if (!keys.is_there[i])
            continue;
        buf_add_string(&keys.word, separator);
        add_pair(i);
        separator = ",";
    }
    buf_add_byte(&keys.word, ']');
    return keys.word.ptr;
}

static const char *answer_key(const char *path)
{
    int i = atoi(strstr(path, "/app/k") + strlen("/app/k"));

    if (is_to_wait(path, keys.indexes[i]))
        return NULL;
    if (keys.is_there[i]) {
        buf_printf(&keys.word, "%llu:[", (unsigned long long)keys.indexes[i]);
        add_pair(i);
        buf_add_byte(&keys.word, ']');
    } else {
        buf_printf(&keys.word, "404@%llu", (unsigned long long)keys.index);
    }
    return keys.word.ptr;
}

static const char *answer(struct fake *fake, const char *path)
{
    bool is_own = strstr(path, "index=") != NULL;

    (void)fake;
    buf_clear(&keys.word);
    if (strstr(path, "?keys="))
        return answer_names(path);
    keys.n_reads += !is_own && !keys.is_waking;
    keys.n_own += is_own && !keys.is_waking;
    return strstr(path, "recurse=") ? answer_list(path) : answer_key(path);
}

/* To those who wait for what has changed meanwhile. */
static void wake(struct scene *scene)
{
    keys.is_waking = true;
    for (struct fake_connection *c = scene->fake.connections; c; c = c->next) {
        if (c->fd < 0 || !c->is_held)
            continue;

        const char *word = answer(&scene->fake, c->path);

        c->is_held = !word;
        if (word)
            fake_answer(c, word);
    }
    keys.is_waking = false;
}

static void put(int i, char value)
{
    keys.is_there[i] = true;
    keys.value[i] = value;
    keys.indexes[i] = ++keys.index;
}

static void delete (int i)
{
    keys.is_there[i] = false;
    keys.indexes[i] = ++keys.index;
}

/* --- Questions ------------------------------------------------------------------------------ */

static void add_dep(struct dep_set *wanted, enum dep_kind kind, const char *name)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    struct dep dep = { .kind = kind, .name = slice_from(name) };

    dep_make_key(&dep, &arena);
    dep_set_add(wanted, &dep);
}

static void ask_keys(struct scene *scene, int n)
{
    CLEANUP(dep_set_fini) struct dep_set wanted = DEP_SET_EMPTY;

    for (int i = 0; i < n; i++) {
        char name[16];

        snprintf(name, sizeof(name), "app/k%02d", i);
        add_dep(&wanted, DEP_KV_GET, name);
    }
    watch_set_add(scene->set, &wanted);
}

static bool all_are_covered(const struct scene *scene)
{
    return scene->n_answers >= watch_set_count(scene->set) &&
           count_state(scene, WATCH_COVERED) == watch_set_count(scene->set);
}

static size_t n_requests_before;
static int n_looks;

/* All are covered, and what the fake has been asked stays the same for a while. */
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

static void begin(struct scene *scene, struct rig *rig)
{
    struct watch_tuning tuning = quick;

    keys_begin();
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
    ask_keys(scene, N_KEYS);
    wait_for_quiet(scene);
    assert_int_equal(scene->n_answers, N_KEYS);
    assert_string_equal(keys.prefix, "app/k");
    assert_in_range(scene->fake.n_most_open, 2, 9); /* eight that read, one that waits */
    assert_int_equal(keys.n_own, 0);
    buf_clear(&scene->answers);
    keys.n_reads = 0;
}

static void end(struct scene *scene)
{
    scene_end(scene);
    buf_fini(&keys.word);
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

/* --- Tests ---------------------------------------------------------------------------------- */

static void change_value(void)
{
    put(7, 'B');
}

static void write_the_same(void)
{
    keys.index++;
}

static void delete_one(void)
{
    delete (7);
}

static void delete_all(void)
{
    for (int i = 0; i < N_KEYS; i++)
        delete (i);
}

static void test_changes(void **state)
{
    static const struct {
        const char *name;
        void (*change)(void);
        const char *want;
        size_t n_most;
    } cases[] = {
        { "a value, which no list shows", change_value, "there ", N_KEYS },
        { "nothing of ours", write_the_same, "", N_KEYS },
        { "a key that goes is read first", delete_one, "absent ", 2 * N_KEYS },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct scene scene;

        begin_covered(&scene, *state);
        cases[i].change();
        wake(&scene);
        wait_for_answers(&scene, cases[i].want);
        wait_for_quiet(&scene);
        if (strcmp(buf_slice(&scene.answers).ptr, cases[i].want) != 0)
            fail_msg("%s: '%s'", cases[i].name, buf_slice(&scene.answers).ptr);
        if (keys.n_reads > cases[i].n_most || keys.n_own > 0)
            fail_msg("%s: %zu reads, %zu own", cases[i].name, keys.n_reads, keys.n_own);
        end(&scene);
    }
}

static bool all_are_absent(const struct scene *scene)
{
    return scene->n_answers == 2 * (size_t)N_KEYS;
}

/* The list answers 404 with an index then, and goes on telling. */
static void test_a_prefix_that_vanishes_and_comes_back(void **state)
{
    struct scene scene;

    begin_covered(&scene, *state);
    delete_all();
    wake(&scene);
    wait_until(&scene, all_are_absent);
    wait_for_quiet(&scene);
    buf_clear(&scene.answers);
    put(3, 'C');
    wake(&scene);
    wait_for_answers(&scene, "there ");
    assert_int_equal(keys.n_own, 0);
    end(&scene);
}

static void test_a_key_that_was_never_there(void **state)
{
    struct scene scene;

    begin(&scene, *state);
    keys.is_there[5] = false;
    ask_keys(&scene, N_KEYS);
    wait_for_quiet(&scene);
    assert_non_null(strstr(buf_slice(&scene.answers).ptr, "absent"));
    buf_clear(&scene.answers);
    put(5, 'A');
    wake(&scene);
    wait_for_answers(&scene, "there ");
    end(&scene);
}

static bool some_ask_by_themselves(const struct scene *scene)
{
    (void)scene;
    return keys.n_own >= 8; /* as many as there are connections for */
}

/* A token may read keys and not see them in lists (their prefix is another's). */
static void test_keys_that_the_list_hides(void **state)
{
    struct scene scene;

    begin(&scene, *state);
    keys.is_hidden = true;
    ask_keys(&scene, N_KEYS);
    wait_until(&scene, some_ask_by_themselves);
    end(&scene);
}

static void test_a_list_that_is_refused(void **state)
{
    struct scene scene;

    begin(&scene, *state);
    keys.refusal = "403";
    ask_keys(&scene, N_KEYS);
    wait_until(&scene, some_ask_by_themselves);
    end(&scene);
}

static bool is_asked_for_less(const struct scene *scene)
{
    return strcmp(keys.prefix, "app/") == 0 && all_are_covered(scene);
}

/* Another question may begin with less: what is asked already is asked once more. */
static void test_the_prefix_becomes_shorter(void **state)
{
    CLEANUP(dep_set_fini) struct dep_set more = DEP_SET_EMPTY;
    struct scene scene;

    begin_covered(&scene, *state);
    add_dep(&more, DEP_KV_LIST, "app/");
    watch_set_add(scene.set, &more);
    wait_until(&scene, is_asked_for_less);
    wait_for_answers(&scene, "30 ");
    wait_for_quiet(&scene);
    buf_clear(&scene.answers);
    put(7, 'B');
    wake(&scene);
    wait_for_quiet(&scene);
    assert_true(strcmp(buf_slice(&scene.answers).ptr, "there 30 ") == 0 ||
                strcmp(buf_slice(&scene.answers).ptr, "30 there ") == 0);
    assert_int_equal(keys.n_own, 0);
    end(&scene);
}

/* As many as there are connections for have queries of their own. */
static void test_a_few_keys(void **state)
{
    struct scene scene;

    begin(&scene, *state);
    ask_keys(&scene, 2);
    wait_until(&scene, all_are_armed);
    assert_string_equal(keys.prefix, "");
    end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(test_changes),
        RIG_TEST(test_a_prefix_that_vanishes_and_comes_back),
        RIG_TEST(test_a_key_that_was_never_there),
        RIG_TEST(test_keys_that_the_list_hides),
        RIG_TEST(test_a_list_that_is_refused),
        RIG_TEST(test_the_prefix_becomes_shorter),
        RIG_TEST(test_a_few_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
