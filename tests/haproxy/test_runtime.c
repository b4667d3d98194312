/* SPDX-License-Identifier: MIT */
/* Conversations with a server that answers as HAProxy does, or hangs up at a chosen place. */
#include "io/listener.h"

#include <errno.h>

#include "haproxy/runtime.h"

/* Commands that the server understands: "cut N" hangs up on the first N connections, "late" answers
 * in pieces, anything else is said back. */
struct talk {
    struct rig *rig;
    struct listener listener;
    struct runtime *runtime;
    const char *const *commands; /* NULL-terminated: each is asked after the answer before it */
    bool changes_something, frees_itself, is_master;
    unsigned n_silent; /* connections without a greeting */
};

static void answer_line(struct talk *talk, struct slice line)
{
    struct listener *listener = &talk->listener;

    if (slice_is(line, "prompt")) {
        if (listener->n_connections <= talk->n_silent)
            listener_hang_up(listener);
        else
            listener_send(listener, SLICE("\n> "));
    } else if (slice_starts_with(line, SLICE("cut"))) {
        if (listener->n_connections <= (unsigned)(line.ptr[4] - '0'))
            listener_hang_up(listener);
        else
            listener_send(listener, SLICE("at last\n\n> "));
    } else if (slice_is(line, "late")) {
        listener_send(listener, SLICE("a > b\n"));
        listener_send(listener, SLICE("\n"));
        listener_send(listener, SLICE("> "));
    } else {
        listener_send(listener, line);
        listener_send(listener, talk->is_master ? SLICE("\n") : SLICE("\n> "));
        if (talk->is_master)
            listener_hang_up(listener);
    }
}

static void on_server_data(struct listener *listener, struct slice piece)
{
    struct slice line;

    while (slice_next(&piece, '\n', &line) && listener->fd >= 0) {
        if (line.len > 0)
            answer_line(listener->ctx, line);
    }
}

static void ask_next(struct talk *talk)
{
    if (!*talk->commands) {
        if (talk->frees_itself)
            runtime_free(TAKE(talk->runtime));
        loop_quit(talk->rig->loop, 0);
        return;
    }
    runtime_ask(talk->runtime, slice_from(*talk->commands++), talk->changes_something);
}

static void on_answer(void *ctx, struct slice answer)
{
    struct talk *talk = ctx;

    buf_printf(&talk->rig->trace, "[%.*s]", SLICE_ARG(answer));
    ask_next(talk);
}

static void on_failure(void *ctx, const struct error *err, bool is_sent)
{
    struct talk *talk = ctx;
    const char *text = strstr(err->text, "': ");

    buf_printf(&talk->rig->trace, "%s%s", is_sent ? "sent: " : "", text ? text + 3 : err->text);
    if (talk->frees_itself)
        runtime_free(TAKE(talk->runtime));
    loop_quit(talk->rig->loop, 0);
}

static void run_talk(struct rig *rig, struct talk *talk, const char *socket)
{
    static const struct runtime_handler handler = { on_answer, on_failure };

    talk->rig = rig;
    listener_start(&talk->listener, rig, on_server_data, talk);
    talk->runtime = runtime_new(rig->loop, talk->is_master ? RUNTIME_MASTER : RUNTIME_WORKER,
                                socket ? socket : talk->listener.path, &handler, talk);
    ask_next(talk);
    assert_int_equal(rig_run(rig), 0);
    runtime_free(talk->runtime);
    listener_stop(&talk->listener);
}

static const struct {
    const char *name;
    const char *const commands[4];
    bool changes_something;
    unsigned n_silent, n_connections;
    const char *want;
} cases[] = {
    { "one connection for all", { "one", "two", "three", NULL }, true, 0, 1, "[one][two][three]" },
    { "an answer in pieces", { "late", "on", NULL }, true, 0, 1, "[a > b\n][on]" },
    { "no greeting at first", { "one", NULL }, true, 2, 3, "[one]" },
    { "cut while it reads", { "cut 1", "two", NULL }, false, 0, 2, "[at last\n][two]" },
    { "cut while it changes",
      { "cut 1", "two", NULL },
      true,
      0,
      1,
      "sent: closed before the answer" },
};

static void test_worker(void **state)
{
    struct rig *rig = *state;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct talk talk = { .commands = cases[i].commands,
                             .changes_something = cases[i].changes_something,
                             .n_silent = cases[i].n_silent,
                             .frees_itself = i % 2 };

        print_message("%s\n", cases[i].name);
        run_talk(rig, &talk, NULL);
        rig_assert_trace(rig, cases[i].want);
        assert_int_equal(talk.listener.n_connections, cases[i].n_connections);
    }
}

static void test_master(void **state)
{
    static const char *const commands[] = { "one", "two", NULL };
    struct talk talk = { .commands = commands, .is_master = true };

    run_talk(*state, &talk, NULL);
    rig_assert_trace(*state, "[one\n][two\n]");
    assert_int_equal(talk.listener.n_connections, 2);
}

static void test_nobody(void **state)
{
    static const char *const commands[] = { "one", NULL };
    struct talk talk = { .commands = commands, .frees_itself = true };

    run_talk(*state, &talk, "/no/such/socket");
    rig_assert_trace(*state, "connect: No such file or directory");
}

/* After a hang-up the next command has a connection of its own. */
static void test_hang_up(void **state)
{
    static const char *const commands[] = { "one", NULL }, *const more[] = { "two", NULL };
    static const struct runtime_handler handler = { on_answer, on_failure };
    struct rig *rig = *state;
    struct talk talk = { .commands = commands, .rig = rig };

    listener_start(&talk.listener, rig, on_server_data, &talk);
    talk.runtime = runtime_new(rig->loop, RUNTIME_WORKER, talk.listener.path, &handler, &talk);
    ask_next(&talk);
    runtime_hang_up(talk.runtime);
    talk.commands = commands;
    ask_next(&talk);
    assert_int_equal(rig_run(rig), 0);
    runtime_hang_up(talk.runtime);
    talk.commands = more;
    ask_next(&talk);
    assert_int_equal(rig_run(rig), 0);
    rig_assert_trace(rig, "[one][two]");
    runtime_free(talk.runtime);
    listener_stop(&talk.listener);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        RIG_TEST(test_worker),
        RIG_TEST(test_master),
        RIG_TEST(test_nobody),
        RIG_TEST(test_hang_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
