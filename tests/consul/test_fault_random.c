/* SPDX-License-Identifier: MIT */
/* A Consul that does anything wrong at random for a while, and then nothing: what is told must
 * never have been false, and in the end it must be the truth.
 *
 * The truth of each of a few services changes all the time and is never empty. A lie is whatever
 * can be seen through: false content comes only with an index that is no news, and never from the
 * leader. The seed of a failure is printed; FAULT_SEED repeats it. */
#include <inttypes.h>
#include <stdlib.h>

#include "consul/scene.h"
#include "unit.h"

#define N_SERVICES 4
#define N_SEEDS    6
#define N_REQUESTS 400 /* after which it becomes honest */
#define TICK_MS    7

struct truth {
    uint64_t index;
    uint64_t least; /* index that it ever had: nobody can know a lower one */
    char version;   /* 'a' to 'y'; 'z' is always a lie */
    int n;          /* instances: 1 to 5 */
};

struct world {
    struct scene scene;
    uint64_t state, seed;
    struct truth truths[N_SERVICES];
    char told[N_SERVICES];
    bool is_honest, is_dead;
    size_t n_lies, n_changes;
    struct watch_tuning tuning;
    struct timer tick;
};

/* xorshift64: the same for a seed on every machine. */
static uint64_t pick(struct world *world, uint64_t n)
{
    world->state ^= world->state << 13;
    world->state ^= world->state >> 7;
    world->state ^= world->state << 17;
    return world->state % n;
}

static void change(struct world *world, size_t i)
{
    struct truth *truth = &world->truths[i];

    truth->index += 1 + pick(world, 3);
    truth->version = truth->version == 'y' ? 'a' : (char)(truth->version + 1);
    truth->n = 1 + (int)pick(world, 5);
    world->n_changes++;
}

/* A restored snapshot: another truth at a lower index. */
static void go_back(struct world *world, size_t i)
{
    struct truth *truth = &world->truths[i];

    change(world, i);
    truth->index = 1 + truth->index / 2;
    if (truth->index < truth->least)
        truth->least = truth->index;
}

/* --- Answers -------------------------------------------------------------------------------- */

static const char *tell_truth(struct world *world, size_t i, const char *late)
{
    static char word[64];
    const struct truth *truth = &world->truths[i];

    snprintf(word, sizeof(word), "%s%" PRIu64 ":%d%c", late, truth->index, truth->n,
             truth->version);
    return word;
}

static const char *lie(struct world *world, size_t i, const char *path)
{
    static const char *const plain[] = {
        "500",    "500@99999", "502",    "504",           "403",        "404!",  "400",
        "429",    "503,1",     "301",    "204",           "x",          "rst",   "cut",
        "cutrst", "cutchunk",  "gzip",   "99999:<html>",  "99999:null", "-:[]",  "hold",
        "-:2z",   "abc:2z",    "99999:", "99999:[{},{}]", "99999:[[",   "-1:2z", "99999:0/f",

    };
    static char word[64];
    bool is_verified = !strstr(path, "stale");
    uint64_t index = world->truths[i].index, least = world->truths[i].least;
    uint64_t lower = least > 2 ? least / 2 : 1; /* than any that a watch has, however far behind */

    world->n_lies++;
    switch (pick(world, is_verified ? 6 : 10)) {
    case 0: snprintf(word, sizeof(word), "%" PRIu64 ":0", lower); return word;
    case 1: snprintf(word, sizeof(word), "%" PRIu64 ":0/l", index + pick(world, 2)); return word;
    case 6: snprintf(word, sizeof(word), "%" PRIu64 ":2z", lower); return word;
    case 7: snprintf(word, sizeof(word), "%" PRIu64 ":2z/l", lower); return word;
    case 8: return tell_truth(world, i, ""); /* too early, perhaps */
    default: return plain[pick(world, ARRAY_SIZE(plain))];
    }
}

static size_t service_of(const char *path)
{
    const char *name = strstr(path, "/service/s");

    assert_non_null(name);
    return (size_t)(name[strlen("/service/s")] - '0');
}

static const char *answer_at_random(struct fake *fake, const char *path)
{
    struct world *world = fake->ctx;
    const char *index = strstr(path, "index=");

    /* The tables of a doorbell show nothing, as to a token without rights for them. */
    if (!strstr(path, "/v1/health/service/"))
        return index ? NULL : strstr(path, "/v1/catalog/services") ? "5:{}" : "5:[]";

    size_t i = service_of(path);

    world->is_honest |= fake->n_requests > N_REQUESTS;
    if (!world->is_honest && world->told[i]) { /* who knows nothing believes anything */
        if (pick(world, 3) == 0)
            change(world, i);
        if (pick(world, 40) == 0)
            go_back(world, i);
        if (pick(world, 2) == 0)
            return lie(world, i, path);
    }
    /* As Consul: it blocks until its own index is higher than what was asked for. */
    if (index && strtoull(index + strlen("index="), NULL, 10) >= world->truths[i].index)
        return tell_truth(world, i, "~");
    return tell_truth(world, i, "");
}

/* --- What is told --------------------------------------------------------------------------- */

static void on_answer(void *ctx, const struct dep *dep, struct document *doc, bool is_doubtful)
{
    struct world *world = ctx;
    const struct service_instance *const *instances;
    const struct pair *meta;

    (void)is_doubtful;
    if (!doc || doc->root.list.n == 0)
        fail_msg("seed %" PRIu64 ": %s was emptied: %s", world->seed, dep->key.ptr,
                 world->scene.fake.requests.ptr);
    instances = doc->root.list.items;
    meta = instances[0]->service_meta.items;
    if (meta->value.ptr[0] == 'z')
        fail_msg("seed %" PRIu64 ": %s was believed a lie: %s", world->seed, dep->key.ptr,
                 world->scene.fake.requests.ptr);
    world->told[dep->name.ptr[1] - '0'] = meta->value.ptr[0];
    document_unref(doc);
}

static bool knows_all(const struct scene *scene)
{
    const struct world *world = scene->fake.ctx;

    if (!world->is_honest || !all_are_armed(scene))
        return false;
    for (size_t i = 0; i < N_SERVICES; i++) {
        if (world->told[i] != world->truths[i].version)
            return false;
    }
    return true;
}

/* --- What else happens ---------------------------------------------------------------------- */

static void on_tick(void *ctx)
{
    struct world *world = ctx;
    struct scene *scene = &world->scene;
    bool was_honest = world->is_honest;

    if (world->is_dead)
        fake_revive(&scene->fake);
    else if (!was_honest && pick(world, 12) == 0)
        fake_kill(&scene->fake);
    world->is_dead = !world->is_dead && scene->fake.fd < 0;
    if (!was_honest && pick(world, 12) == 0) { /* the signal HUP, and nothing has changed */
        assert_true(watch_set_configure(scene->set, &scene->options, &scene->rig->err));
        watch_set_tune(scene->set, &world->tuning);
    }
    if (!was_honest && pick(world, 6) == 0)
        scene->fake.leader = pick(world, 2) ? "-:\"\"" : "500";
    if (was_honest || pick(world, 6) == 0)
        scene->fake.leader = "-:\"10.0.0.1:8300\"";
    timer_start_ms(&world->tick, TICK_MS);
}

static void play(struct rig *rig, uint64_t seed)
{
    static const struct watch_set_handler handler = { .on_answer = on_answer };
    struct world world = { .seed = seed, .state = seed, .tuning = quick };

    scene_begin(&world.scene, rig, "");
    world.scene.fake.ctx = &world;
    world.scene.fake.next = answer_at_random;
    for (size_t i = 0; i < N_SERVICES; i++)
        world.truths[i] = (struct truth){ .index = 10, .least = 10, .version = 'a', .n = 2 };
    assert_true(watch_set_new(rig->loop, &world.scene.options, &handler, &world, &world.scene.set,
                              &rig->err));
    world.tuning.fetch_timeout_ms = 30;
    world.tuning.deadline_slack_ms = 30;
    watch_set_tune(world.scene.set, &world.tuning);
    for (int i = 0; i < N_SERVICES; i++)
        scene_ask(&world.scene, DEP_HEALTH_SERVICE, (char[]){ 's', (char)('0' + i), '\0' });
    timer_init(&world.tick, rig->loop, on_tick, &world);
    timer_start_ms(&world.tick, TICK_MS);
    print_message("seed %" PRIu64 ": ", seed);
    wait_until(&world.scene, knows_all);
    print_message("%zu requests, %zu lies, %zu changes\n", world.scene.fake.n_requests,
                  world.n_lies, world.n_changes);
    timer_fini(&world.tick);
    scene_end(&world.scene);
}

static void test_faults_at_random(void **state)
{
    const char *seed = getenv("FAULT_SEED");

    if (seed) {
        play(*state, strtoull(seed, NULL, 10));
        return;
    }
    for (uint64_t i = 1; i <= N_SEEDS; i++)
        play(*state, i * UINT64_C(2654435761));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(test_faults_at_random),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
