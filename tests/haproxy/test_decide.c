/* SPDX-License-Identifier: MIT */
/* Which files a worker runs, and so what is to be done: from what is remembered and when it began.
 */
#include "unit.h"

#include "haproxy/decide.h"
#include "haproxy/world.h"

#define ONE     "backend b\n server a 1.1.1.1:1\n"
#define TWO     "backend b\n server a 1.1.1.1:1\n server c 1.1.1.1:2\n"
#define OTHER   "backend b\n balance leastconn\n server a 1.1.1.1:1\n"
#define BEFORE  100 /* when the earlier files were put there, and the installed ones */
#define AFTER   200
#define SAME    "same " /* the worker is the one that is remembered */
#define UNKNOWN "none " /* none is */

static const struct {
    const char *name;
    const char *before, *after; /* before NULL: not known */
    const char *runs;           /* what it shows */
    const char *flags;
    uint64_t started;
    const char *want; /* the decision, and why */
} cases[] = {
    { "nothing new", ONE, ONE, ONE, SAME, 50, "nothing" },
    { "a server more", ONE, TWO, ONE, SAME, 50, "steps" },
    { "another structure", ONE, OTHER, ONE, SAME, 50,
      "reload: 'balance' of 'backend b' (h.cfg:2)" },
    { "other files of the group", ONE, ONE, ONE, SAME "others", 50,
      "reload: a file that it reads beside its configuration has changed" },
    { "somebody else's hands", ONE, TWO, ONE, SAME "doubtful", 50,
      "reload: somebody else had changed its configuration" },
    { "reloads only", ONE, TWO, ONE, SAME "reload-only", 50, "reload: 'updates' is 'reload-only'" },
    { "reloads only, and nothing new", ONE, ONE, ONE, SAME "reload-only", 50, "nothing" },
    { "an owed reload", ONE, ONE, ONE, SAME "owes", 50, "reload: a reload was owed" },
    { "an owed reload has its own reason", ONE, OTHER, ONE, SAME "owes", 50,
      "reload: 'balance' of 'backend b' (h.cfg:2)" },
    { "interrupted", ONE, ONE, ONE, SAME "applying", 50, "resend" },
    { "interrupted, and its files are gone", NULL, ONE, ONE, SAME "applying", 50,
      "reload: an update was interrupted, and its files are not there any more" },
    { "other files than it was given", NULL, ONE, ONE, SAME, 50,
      "reload: the files have changed since it was last brought up to date" },

    { "started with the installed files", ONE, OTHER, ONE, "", 201, "nothing" },
    { "started with them, and not the same", ONE, TWO, ONE, "", 201,
      "reload: b/c: it does not run" },
    { "started with the files before", ONE, TWO, ONE, "", 150, "steps" },
    { "started with the files before, of another structure", ONE, OTHER, ONE, "", 150,
      "reload: 'balance' of 'backend b' (h.cfg:2)" },
    { "started before any that we know", ONE, TWO, ONE, "", 99,
      "reload: it is not known which files it runs" },
    { "started in that very second, with the installed ones", ONE, TWO, TWO, "", 200, "nothing" },
    { "started in that very second, with those before", ONE, TWO, ONE, "", 200, "steps" },
    { "started in that very second, and the structure differs", ONE, OTHER, ONE, "", 200,
      "reload: 'balance' of 'backend b' (h.cfg:2)" },
    { "nothing is known of the files before", NULL, TWO, ONE, "", 150,
      "reload: it is not known which files it runs" },

    { "a first look: it has the servers", ONE, ONE, ONE, UNKNOWN "look", 50, "nothing" },
    { "a first look: it has not", TWO, TWO, ONE, UNKNOWN "look", 50,
      "reload: b/c: it does not run" },
    { "a first update without a look", ONE, TWO, ONE, UNKNOWN, 150, "steps" },
    { "a look finds what is missing", TWO, TWO, ONE, SAME "look", 50,
      "reload: b/c: it does not run" },
    { "it reads files that we do not know", ONE, TWO, ONE, SAME "stray", 50,
      "reload: it reads others" },
    { "it reads files that we do not know, and nothing is new", ONE, ONE, TWO, SAME "stray look",
      50, "nothing" },
    { "the same, and a reload was owed", ONE, ONE, ONE, SAME "stray owes", 50,
      "reload: it reads others" },
    { "the same, interrupted", ONE, ONE, ONE, SAME "stray applying", 50,
      "reload: it reads others" },
    { "the same, at a first look", ONE, ONE, TWO, UNKNOWN "stray look", 50, "nothing" },
    { "the same, at a first update", ONE, TWO, ONE, UNKNOWN "stray", 150,
      "reload: it reads others" },
    { "the same, started after all is in place", ONE, TWO, ONE, "stray", 201, "nothing" },
    { "an update leaves alone what it does not touch", TWO, TWO, ONE, SAME, 50, "nothing" },
};

static bool has_flag(const char *flags, const char *flag)
{
    return slice_find(slice_from(flags), slice_from(flag)) != SLICE_NOT_FOUND;
}

static const char *decision_name(enum decision decision)
{
    switch (decision) {
    case DECISION_NOTHING: return "nothing";
    case DECISION_STEPS: return "steps";
    case DECISION_RELOAD: return "reload: ";
    case DECISION_RESEND: return "resend";
    }
    return "?";
}

static void run_case(size_t i, struct buf *out)
{
    const char *flags = cases[i].flags;
    struct reading before = { .config = cases[i].before ? world_config(cases[i].before) : NULL,
                              .hash = slice_hash(slice_from(cases[i].before)),
                              .changed = BEFORE };
    struct reading after = { .config = world_config(cases[i].after),
                             .hash = slice_hash(slice_from(cases[i].after)),
                             .changed = AFTER };
    struct haproxy_config *running = world_config(cases[i].runs);
    struct world world = { .n = 0 };
    struct worker worker = { 7, cases[i].started };
    struct memory memory = MEMORY_EMPTY;
    struct haproxy_options options = { .is_reload_only = has_flag(flags, "reload-only") };
    struct plan plan = PLAN_EMPTY;

    world_add_proxy(&world, &running->proxies[0]);

    struct haproxy_state *live = world_state(&world);

    memory.worker = has_flag(flags, SAME)      ? worker
                    : has_flag(flags, UNKNOWN) ? (struct worker){ 0, 0 }
                                               : (struct worker){ 6, 10 };
    memory.files = before.hash;
    memory.is_applying = has_flag(flags, "applying");
    memory.owes_reload = has_flag(flags, "owes");

    const struct decision_input input = {
        .memory = &memory,
        .worker = worker,
        .before = &before,
        .after = &after,
        .live = live,
        .can = haproxy_capabilities_from(206, SLICE_EMPTY),
        .options = &options,
        .update = { .has_other_changes = has_flag(flags, "others"),
                    .is_doubtful = has_flag(flags, "doubtful") },
        .is_look = has_flag(flags, "look"),
        .other_files = has_flag(flags, "stray") ? "it reads others" : NULL,
    };

    buf_add_string(out, decision_name(decide(&input, &plan)));
    if (plan.outcome == PLAN_RELOAD)
        buf_add(out, plan.reason);
    plan_fini(&plan);
    haproxy_state_free(live);
    haproxy_config_free(running);
    reading_fini(&before);
    reading_fini(&after);
}

static void test_decisions(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP(buf_fini) struct buf out = BUF_EMPTY;

        print_message("%s\n", cases[i].name);
        run_case(i, &out);
        assert_string_equal(buf_slice(&out).ptr, cases[i].want);
    }
}

static void test_socket(void **state)
{
    static const struct {
        const char *text, *socket;
        bool want;
    } rows[] = {
        { "global\n stats socket /run/a.sock level admin\n", "/run/a.sock", true },
        { "global\n stats socket unix@/run/a.sock\n", "unix@/run/a.sock", true },
        { "global\n stats socket /run/b.sock\n", "/run/a.sock", false },
        { "listen x\n stats uri /run/a.sock\n", "/run/a.sock", false },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CLEANUP(haproxy_config_freep) struct haproxy_config *config = world_config(rows[i].text);

        assert_int_equal(config_opens_socket(config, rows[i].socket), rows[i].want);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decisions),
        cmocka_unit_test(test_socket),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
