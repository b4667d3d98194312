/* SPDX-License-Identifier: MIT */
/* Templates, their groups, checks and commands on a clock of the test's own: whatever changes when,
 * nothing comes too early, too late or too often, and nothing is lost.
 *
 * Thousands of random schedules, each with its own waits, splay, budget and costs. A seed that
 * fails is printed: SEED=number plays it alone. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/own_folder.h"

#include "app/group.h"
#include "app/job.h"
#include "base/redact.h"
#include "config/config.h"
#include "data/digest.h"
#include "delivery/log.h"
#include "io/fake_loop.h"
#include "io/file.h"
#include "unit.h"

#define N_SCHEDULES    4000
#define MOST_TEMPLATES 6
#define MOST_GROUPS    4
#define MOST_RUNS      2000
#define MOST_CHANGES   30
#define HOUR_MS        UINT64_C(3600000)
#define BURST_MS       500 /* of checks: src/delivery/delivery.c */
#define CHECK_SHARE    5   /* a fifth of a core */

/* --- The world ------------------------------------------------------------------------------- */

struct script {
    bool is_check;
    char name[24];                   /* "check 1", "run 1", "run all" */
    bool serves[MOST_GROUPS];        /* by the files that it was told */
    struct digest seen[MOST_GROUPS]; /* what those hold */
};

struct run { /* of a command, or a check */
    uint64_t start_ms, took_ms;
    char name[24];
};

struct side { /* what is known of a template */
    struct wait_options wait;
    size_t group;
    uint64_t value;
    uint64_t first_ms, last_ms; /* changes that were not rendered yet; 0: none */
    bool is_own;                /* it is due by itself, not along with its group */
};

struct world {
    uint64_t seed;
    struct side sides[MOST_TEMPLATES];
    struct template_config configs[MOST_TEMPLATES];
    struct job *jobs[MOST_TEMPLATES];
    size_t n_templates, n_groups;
    struct groups groups;
    struct store *store;
    struct claims *claims;
    struct command_queue *commands;
    struct gate *gate;
    struct loop_source *turn;
    struct job_reporter reporter;
    size_t n_installs;
    struct delivery_means means;
    struct command_pace pace;

    /* By group. */
    bool has_check[MOST_GROUPS], has_own[MOST_GROUPS], has_shared[MOST_GROUPS];
    struct digest taken_up[MOST_GROUPS][2]; /* by its own command, and by the shared one */
    uint64_t deadline_ms[MOST_GROUPS];      /* for its command; UINT64_MAX: nothing is due */

    uint64_t cost_ms[2]; /* of commands and checks, at most */
    uint64_t n_failures; /* that are still to come */
    bool is_plain;       /* nothing but waits and splay keep a change from being taken up */
    struct run runs[MOST_RUNS];
    size_t n_runs;
};

#define REQUIRE(world, claim)                                                       \
    do {                                                                            \
        if (!(claim))                                                               \
            fail_msg("SEED=%llu at %llu ms: %s", (unsigned long long)(world)->seed, \
                     (unsigned long long)fake.now_ms, #claim);                      \
    } while (0)

static size_t any(size_t from, size_t to)
{
    return (size_t)random_between(from, to);
}

static bool chance(unsigned percent)
{
    return random_between(1, 100) <= percent;
}

/* All files of a group, as one hash. */
static struct digest look_at(const struct world *world, size_t group)
{
    CLEANUP(buf_fini) struct buf all = BUF_EMPTY;

    for (size_t i = 0; i < world->n_templates; i++) {
        struct error err;

        if (world->sides[i].group == group &&
            !file_read(world->configs[i].delivery.files[0].destination, 1000, &all, &err))
            buf_add_string(&all, "-");
    }
    return digest_of(buf_slice(&all));
}

/* --- Children -------------------------------------------------------------------------------- */

static const char *get_variable(const struct child_options *options, const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 0; options->envp[i]; i++)
        if (strncmp(options->envp[i], name, len) == 0 && options->envp[i][len] == '=')
            return options->envp[i] + len + 1;
    return "";
}

static void note_groups(struct world *world, struct script *script, const char *files)
{
    struct slice rest = slice_from(files), file;

    while (rest.len > 0 && slice_next(&rest, '\n', &file))
        for (size_t i = 0; i < world->n_templates; i++)
            if (slice_is(file, world->configs[i].delivery.files[0].destination))
                script->serves[world->sides[i].group] = true;
}

/* One command at a time for each group, one check, and no command twice. */
static void check_alone(struct world *world, const struct child *started)
{
    const struct script *script = started->own;

    for (const struct child *each = fake.children; each; each = each->next) {
        const struct script *other = each->own;

        if (each == started || other->is_check != script->is_check)
            continue;
        REQUIRE(world, strcmp(other->name, script->name) != 0);
        for (size_t i = 0; i < world->n_groups; i++)
            REQUIRE(world, !(script->serves[i] && other->serves[i]));
    }
}

static bool is_shared(const struct script *script)
{
    return strcmp(script->name, "run all") == 0;
}

static void note_command(struct world *world, struct script *script)
{
    for (size_t i = 0; i < world->n_groups; i++) {
        if (!script->serves[i])
            continue;
        script->seen[i] = look_at(world, i);
        if (!is_shared(script) || !world->has_own[i]) {
            REQUIRE(world, !world->is_plain || fake.now_ms <= world->deadline_ms[i]);
            world->deadline_ms[i] = UINT64_MAX;
        }
    }
}

static void on_child(void *ctx, struct child *child, const struct child_options *options)
{
    struct world *world = ctx;
    struct script *script = NEW(struct script);
    bool is_failure = world->n_failures > 0 && chance(20);

    /* "sh -c 'check 1 /path'" */
    assert_string_equal(options->argv[1], "-c");
    snprintf(script->name, sizeof(script->name), "%.*s", (int)strcspn(options->argv[2], "/"),
             options->argv[2]);
    script->is_check = script->name[0] == 'c';
    note_groups(world, script, get_variable(options, "EDGEWRIGHT_FILES"));
    child->own = script;
    child->end_ms += random_between(0, world->cost_ms[script->is_check]);
    child->result.outcome = is_failure ? CHILD_SIGNALLED : CHILD_EXITED;
    child->result.status = is_failure ? 9 : 0;
    world->n_failures -= is_failure;
    check_alone(world, child);
    if (!script->is_check)
        note_command(world, script);
    REQUIRE(world, world->n_runs < MOST_RUNS);
    world->runs[world->n_runs] =
        (struct run){ .start_ms = child->start_ms, .took_ms = child->end_ms - child->start_ms };
    memcpy(world->runs[world->n_runs++].name, script->name, sizeof(script->name));
}

static void on_child_gone(void *ctx, struct child *child)
{
    struct world *world = ctx;
    struct script *script = child->own;
    bool is_success = child->result.outcome == CHILD_EXITED && fake.now_ms >= child->end_ms;

    for (size_t i = 0; is_success && !script->is_check && i < world->n_groups; i++)
        if (script->serves[i])
            world->taken_up[i][is_shared(script)] = script->seen[i];
    free(script);
}

/* --- The cycle, as src/app/cycle.c turns it -------------------------------------------------- */

/* Not before a moment of quiet unless the longest wait is over, and not after that. */
static void check_moment(struct world *world, size_t i, bool is_along)
{
    const struct side *side = &world->sides[i];
    uint64_t min_ms = side->wait.is_set ? side->wait.min_ms : 0;
    uint64_t max_ms = min_ms ? side->wait.max_ms : 0;

    if (side->first_ms == 0)
        return; /* the first render */
    REQUIRE(world, is_along || fake.now_ms >= side->last_ms + min_ms ||
                       fake.now_ms >= side->first_ms + max_ms);
    REQUIRE(world, fake.now_ms <= side->first_ms + max_ms);
}

static void render(struct world *world, size_t i)
{
    CLEANUP(render_fini) struct render left = RENDER_EMPTY;
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;
    struct side *side = &world->sides[i];
    bool is_along = false;

    for (size_t k = 0; k < world->n_templates; k++)
        is_along |= k != i && world->sides[k].group == side->group && world->sides[k].is_own;
    check_moment(world, i, is_along);
    side->first_ms = side->last_ms = 0;
    if (job_render(world->jobs[i], store_answers(world->store), &text, &left) == JOB_PASS_COMPLETE)
        group_take(world->jobs[i]->group, world->jobs[i], buf_slice(&text), &left);
}

static void on_turn(void *ctx)
{
    struct world *world = ctx;

    for (size_t i = 0; i < world->groups.n; i++)
        group_judge(world->groups.items[i]);
    for (size_t i = 0; i < world->n_templates; i++)
        world->sides[i].is_own = world->jobs[i]->is_due;
    for (size_t i = 0; i < world->groups.n; i++)
        group_align(world->groups.items[i]);
    for (size_t i = 0; i < world->n_templates; i++)
        if (world->jobs[i]->is_due)
            render(world, i);
    for (size_t i = 0; i < world->groups.n; i++)
        group_deliver(world->groups.items[i]);
    for (size_t i = 0; i < world->groups.n; i++)
        delivery_run_command(world->groups.items[i]->delivery);
}

static void on_blocked(void *ctx, struct job *job)
{
    (void)ctx;
    (void)job;
}

/* --- A schedule ------------------------------------------------------------------------------ */

static struct wait_options any_wait(void)
{
    struct wait_options wait = { .is_set = chance(80) };

    if (!wait.is_set || chance(10))
        return wait;
    wait.min_ms = random_between(1, 5000);
    wait.max_ms = wait.min_ms + random_between(0, 20000);
    return wait;
}

static char *number_name(const char *prefix, size_t i)
{
    struct buf name = BUF_EMPTY;

    buf_printf(&name, "%s%zu", prefix, i);
    return buf_take(&name);
}

static struct command make_command(char *script)
{
    struct command command = { NEW(char *), 1, true };

    command.words[0] = script;
    return command;
}

static void add_command(struct delivery_options *options, struct command command)
{
    options->commands =
        memory_resize_array(options->commands, options->n_commands + 1, sizeof(*options->commands));
    options->commands[options->n_commands++] =
        (struct delivery_command){ .command = command, .timeout_ms = HOUR_MS };
}

static void make_template(struct world *world, const struct folder *folder, size_t i)
{
    struct template_config *config = &world->configs[i];
    struct delivery_options *delivery = &config->delivery;
    struct side *side = &world->sides[i];
    struct buf path = BUF_EMPTY, contents = BUF_EMPTY;

    *side = (struct side){ .wait = any_wait(), .group = i % world->n_groups };
    buf_printf(&path, "%s/%zu", folder->path, i);
    config->wait = side->wait;
    buf_printf(&contents, "{{file \"v%zu\"}} {{file \"v\"}}", i);
    config->contents = buf_take(&contents);
    config->transaction = number_name("g", side->group);
    delivery->name = number_name("t", i);
    delivery->files = NEW(struct delivery_file);
    delivery->files[0].destination = buf_take(&path);
    delivery->files[0].perms = FILE_KEEP_MODE;
    delivery->n_files = 1;
    delivery->keep = 1;
    if (world->has_check[side->group])
        delivery->files[0].check = make_command(number_name("check ", side->group));
    if (world->has_own[side->group])
        add_command(delivery, make_command(number_name("run ", side->group)));
    if (world->has_shared[side->group])
        add_command(delivery, make_command(memory_copy_string("run all")));
}

static void make_pace(struct world *world)
{
    world->pace = (struct command_pace){ .n_running = world->is_plain ? 100 : any(1, 4) };
    if (!world->is_plain && chance(70)) {
        world->pace.n_at_once = any(1, 4);
        world->pace.period_ms = random_between(1000, 20000);
    }
    command_queue_set_pace(world->commands, &world->pace);
}

static void world_init(struct world *world, const struct folder *folder, uint64_t seed)
{
    uint64_t splay_ms;
    struct error err;

    memset(world, 0, sizeof(*world));
    fake = (struct loop){ .now_ms = 1000000,
                          .random = seed,
                          .on_child = on_child,
                          .on_child_gone = on_child_gone,
                          .ctx = world };
    world->seed = seed;
    world->is_plain = chance(30);
    world->n_groups = any(1, MOST_GROUPS);
    world->n_templates = any(world->n_groups, MOST_TEMPLATES);
    world->cost_ms[false] = world->is_plain ? 0 : random_between(0, 20000);
    world->cost_ms[true] = random_between(0, 3000);
    world->n_failures = world->is_plain ? 0 : any(0, 6);
    for (size_t i = 0; i < world->n_groups; i++) {
        world->has_check[i] = !world->is_plain && chance(50);
        world->has_own[i] = chance(70);
        world->has_shared[i] = !world->is_plain && chance(50);
        world->deadline_ms[i] = UINT64_MAX;
    }
    world->store = store_new();
    world->claims = claims_new();
    world->commands = command_queue_new(&fake, NULL);
    world->gate = gate_new(&fake, any(1, 2));
    world->reporter = (struct job_reporter){ on_blocked, NULL };
    assert_true(loop_add_deferred(&fake, on_turn, world, &world->turn, &err));
    make_pace(world);
    splay_ms = chance(50) ? random_between(1, 10000) : 0;
    world->means = (struct delivery_means){ .loop = &fake,
                                            .queue = world->commands,
                                            .gate = world->gate,
                                            .claims = world->claims,
                                            .structure_splay_ms = splay_ms,
                                            .is_retrying = true };
    for (size_t i = 0; i < world->n_templates; i++)
        make_template(world, folder, i);
}

static void start(struct world *world)
{
    CLEANUP(buf_fini) struct buf report = BUF_EMPTY;
    static const struct wait_options no_wait;
    struct error err;

    for (size_t i = 0; i < world->n_templates; i++)
        assert_true(job_new(&fake, &world->configs[i], &no_wait, world->turn, &world->reporter,
                            &world->jobs[i], &report, &err));
    groups_init(&world->groups, world->jobs, world->n_templates, world->store);
    for (size_t i = 0; i < world->groups.n; i++)
        group_set_delivery(world->groups.items[i], &world->means, world->turn, &world->n_installs);
}

static void world_fini(struct world *world)
{
    groups_fini(&world->groups);
    for (size_t i = 0; i < world->n_templates; i++) {
        unlink(world->configs[i].delivery.files[0].destination);
        job_free(world->jobs[i]);
        free(world->configs[i].contents);
        free(world->configs[i].transaction);
        delivery_options_fini(&world->configs[i].delivery);
    }
    loop_source_free(world->turn);
    command_queue_free(world->commands);
    gate_free(world->gate);
    claims_free(world->claims);
    store_free(world->store);
    free(fake.timers);
    buf_clear(&logged);
}

/* --- Changes --------------------------------------------------------------------------------- */

/* Of one template, or with MOST_TEMPLATES the one of all. */
static void put_answer(struct world *world, size_t i_template, uint64_t value)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;
    char *name =
        i_template == MOST_TEMPLATES ? memory_copy_string("v") : number_name("v", i_template);
    struct dep dep = { .kind = DEP_FILE, .name = arena_copy(&arena, slice_from(name)) };
    struct document *doc = document_new();
    const struct value *before;
    bool was_answered;

    free(name);
    dep_make_key(&dep, &arena);
    buf_printf(&text, "%llu", (unsigned long long)value);
    doc->root = value_string(arena_copy(&doc->arena, buf_slice(&text)));
    doc->content_hash = slice_hash(buf_slice(&text));
    was_answered = store_get(world->store, &dep, &before) != ANSWER_PENDING;

    CLEANUP(document_unrefp) struct document *earlier = store_find(world->store, &dep);

    if (earlier)
        document_ref(earlier);
    if (!store_put(world->store, &dep, doc))
        return;
    for (size_t i = 0; i < world->n_templates; i++)
        if (world->jobs[i])
            job_on_answer(world->jobs[i], world->store, &dep, was_answered, earlier);
}

static uint64_t longest_wait_ms(const struct side *side)
{
    return side->wait.is_set && side->wait.min_ms > 0 ? side->wait.max_ms : 0;
}

/* What a template must have made of it, and when at the latest. */
static void expect(struct world *world, size_t i)
{
    struct side *side = &world->sides[i];
    uint64_t by_ms;

    if (side->first_ms == 0)
        side->first_ms = fake.now_ms;
    side->last_ms = fake.now_ms;
    by_ms = side->first_ms + longest_wait_ms(side) + world->means.structure_splay_ms;
    if (world->has_own[side->group] && by_ms < world->deadline_ms[side->group])
        world->deadline_ms[side->group] = by_ms;
}

static uint64_t shared_value;

/* Of one template, or of all. */
static void change(struct world *world)
{
    bool is_of_all = chance(20);
    size_t only = any(0, world->n_templates - 1);

    for (size_t i = 0; i < world->n_templates; i++)
        if (is_of_all || i == only)
            expect(world, i);
    if (is_of_all) {
        put_answer(world, MOST_TEMPLATES, ++shared_value);
        return;
    }
    put_answer(world, only, ++world->sides[only].value);
}

static void let_pass(struct world *world, uint64_t until_ms)
{
    size_t n_steps = 0;

    while (fake_step(until_ms)) {
        REQUIRE(world, n_steps++ < 100000);
        for (size_t i = 0; world->is_plain && i < world->n_groups; i++)
            REQUIRE(world, fake.now_ms <= world->deadline_ms[i]);
    }
    if (until_ms != UINT64_MAX)
        fake.now_ms = until_ms;
}

static uint64_t any_gap(void)
{
    static const uint64_t most[] = { 0, 50, 2000, 30000 };

    return random_between(0, most[any(0, ARRAY_SIZE(most) - 1)]);
}

static void play(struct world *world)
{
    size_t n = any(1, MOST_CHANGES);

    shared_value = 0;
    put_answer(world, MOST_TEMPLATES, 0);
    for (size_t i = 0; i < world->n_templates; i++)
        put_answer(world, i, 0);
    start(world);
    let_pass(world, fake.now_ms + random_between(0, 60000));
    for (size_t i = 0; i < n; i++) {
        change(world);
        let_pass(world, fake.now_ms + any_gap());
    }
    let_pass(world, UINT64_MAX);
}

/* --- What must be true in the end ------------------------------------------------------------ */

static void check_files(struct world *world)
{
    for (size_t i = 0; i < world->n_templates; i++) {
        CLEANUP(buf_fini) struct buf want = BUF_EMPTY, got = BUF_EMPTY;
        struct error err;

        buf_printf(&want, "%llu %llu", (unsigned long long)world->sides[i].value,
                   (unsigned long long)shared_value);
        REQUIRE(world, file_read(world->configs[i].delivery.files[0].destination, 100, &got, &err));
        REQUIRE(world, slice_equal(buf_slice(&got), buf_slice(&want)));
    }
}

/* Each command of each group has last succeeded with what the files hold now. */
static void check_taken_up(struct world *world)
{
    for (size_t i = 0; i < world->n_groups; i++) {
        struct digest now = look_at(world, i);

        REQUIRE(world, !world->has_own[i] || digest_equal(&world->taken_up[i][false], &now));
        REQUIRE(world, !world->has_shared[i] || digest_equal(&world->taken_up[i][true], &now));
        REQUIRE(world, delivery_get_state(world->groups.items[i]->delivery) == DELIVERY_IDLE);
    }
}

/* No stretch of time holds more runs of one command than those at once and one for each period. */
static void check_budget(struct world *world, size_t from)
{
    const struct run *first = &world->runs[from];
    size_t n = 0;

    for (size_t i = from; world->pace.n_at_once > 0 && i < world->n_runs; i++) {
        if (strcmp(world->runs[i].name, first->name) != 0)
            continue;
        n++;
        REQUIRE(world, n <= world->pace.n_at_once + (world->runs[i].start_ms - first->start_ms) /
                                                        world->pace.period_ms);
    }
}

/* Nor do the checks of a group take more than their share of it, a few in a row aside. */
static void check_share(struct world *world, size_t from)
{
    const struct run *first = &world->runs[from];
    uint64_t took_ms = first->took_ms;

    for (size_t i = from + 1; i < world->n_runs; i++) {
        if (strcmp(world->runs[i].name, first->name) != 0)
            continue;
        REQUIRE(world,
                took_ms * CHECK_SHARE <= world->runs[i].start_ms - first->start_ms + BURST_MS);
        took_ms += world->runs[i].took_ms;
    }
}

static void check_runs(struct world *world)
{
    for (size_t i = 0; i < world->n_runs; i++) {
        if (world->runs[i].name[0] == 'c')
            check_share(world, i);
        else
            check_budget(world, i);
    }
}

static struct world world; /* large */

static void play_seed(const struct folder *folder, uint64_t seed)
{
    world_init(&world, folder, seed);
    play(&world);
    check_files(&world);
    check_taken_up(&world);
    check_runs(&world);
    world_fini(&world);
}

static void test_whatever_changes_when(void **state)
{
    struct folder folder;
    const char *only = getenv("SEED"), *under = getenv("UNDER");
    uint64_t n = under && *under ? N_SCHEDULES / 40 : N_SCHEDULES; /* valgrind takes its time */
    struct timespec now;
    uint64_t seed;

    (void)state;
    folder_init_in(&folder, access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    log_begin(LOG_LEVEL_ERR);
    if (only) {
        play_seed(&folder, strtoull(only, NULL, 10));
    } else {
        clock_gettime(CLOCK_REALTIME, &now);
        seed = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
        print_message("SEED=%llu and %llu after it\n", (unsigned long long)seed,
                      (unsigned long long)n - 1);
        for (uint64_t i = 0; i < n; i++)
            play_seed(&folder, seed + i);
    }
    log_end();
    folder_fini(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_whatever_changes_when) };

    return cmocka_run_group_tests_name("pacing", tests, NULL, NULL);
}
