/* SPDX-License-Identifier: MIT */
/* Connections to a server in the same loop: what goes each way, and how they end. */
#include "io/listener.h"

#include <errno.h>

#include "io/stream.h"

#define BIG_BYTES (4u << 20)

struct client {
    struct rig *rig;
    struct stream *stream;
    size_t n_got, enough; /* it frees itself when it has enough */
    bool is_starting, frees_on_open;
    uint64_t patience_ms; /* from when it is open; 0: none */
    struct error err;
};

static void on_open(void *ctx)
{
    struct client *client = ctx;

    assert_false(client->is_starting);
    rig_note(client->rig, "open");
    if (client->patience_ms > 0)
        stream_set_deadline_ms(client->stream, client->patience_ms);
    if (client->frees_on_open) {
        stream_free(TAKE(client->stream));
        loop_quit(client->rig->loop, 0);
    }
}

static void on_data(void *ctx, struct slice piece)
{
    struct client *client = ctx;

    client->n_got += piece.len;
    if (piece.len < 32) {
        buf_add(&client->rig->trace, piece);
        rig_note(client->rig, "");
    }
    if (client->enough > 0 && client->n_got >= client->enough) {
        stream_free(TAKE(client->stream));
        loop_quit(client->rig->loop, 0);
    }
}

static void on_end(void *ctx, const struct error *err)
{
    struct client *client = ctx;

    assert_false(client->is_starting);
    client->err = *err;
    rig_note(client->rig, err->code == ERROR_NONE ? "closed" : err->text);
    stream_free(TAKE(client->stream));
    loop_quit(client->rig->loop, 0);
}

static void client_start(struct client *client, struct rig *rig, const char *target)
{
    static const struct stream_handler handler = { on_open, on_data, on_end };

    client->rig = rig;
    client->is_starting = true;
    client->stream = stream_open(rig->loop, target, &handler, client);
    client->is_starting = false;
}

static void echo(struct listener *listener, struct slice piece)
{
    listener_send(listener, piece);
}

static void echo_and_hang_up(struct listener *listener, struct slice piece)
{
    listener_send(listener, piece);
    listener_hang_up(listener);
}

/* Waits for the end of what it gets. */
static void answer_at_end(struct listener *listener, struct slice piece)
{
    char byte;

    (void)piece;
    assert_int_equal(recv(listener->fd, &byte, 1, 0), 0);
    listener_send(listener, SLICE("whole"));
    listener_hang_up(listener);
}

static void keep_quiet(struct listener *listener, struct slice piece)
{
    (void)listener;
    (void)piece;
}

static void test_answer(void **state)
{
    struct rig *rig = *state;
    struct listener listener;
    struct client client = { .enough = 0 };

    listener_start(&listener, rig, echo_and_hang_up, NULL);
    client_start(&client, rig, listener.path);
    stream_send(client.stream, SLICE("one "));
    stream_send(client.stream, SLICE("two"));
    assert_int_equal(rig_run(rig), 0);
    rig_assert_trace(rig, "open one two closed ");
    listener_stop(&listener);
}

static void test_prefix(void **state)
{
    struct rig *rig = *state;
    struct listener listener;
    struct client client = { .frees_on_open = true };
    char target[160];

    listener_start(&listener, rig, echo, NULL);
    snprintf(target, sizeof(target), "unix@%s", listener.path);
    client_start(&client, rig, target);
    assert_int_equal(rig_run(rig), 0);
    rig_assert_trace(rig, "open ");
    listener_stop(&listener);
}

static void test_finish(void **state)
{
    struct rig *rig = *state;
    struct listener listener;
    struct client client = { .enough = 0 };

    listener_start(&listener, rig, answer_at_end, NULL);
    client_start(&client, rig, listener.path);
    stream_send(client.stream, SLICE("one"));
    stream_finish(client.stream);
    assert_int_equal(rig_run(rig), 0);
    rig_assert_trace(rig, "open whole closed ");
    listener_stop(&listener);
}

/* More than fits into the socket's buffers: it leaves as the server takes it. */
static void test_much(void **state)
{
    struct rig *rig = *state;
    struct listener listener;
    struct client client = { .enough = 0 };
    CLEANUP(buf_fini) struct buf big = BUF_EMPTY;

    buf_add_repeated(&big, 'x', BIG_BYTES);
    listener_start(&listener, rig, keep_quiet, NULL);
    client_start(&client, rig, listener.path);
    stream_send(client.stream, buf_slice(&big));
    stream_set_deadline_ms(client.stream, 1);
    stream_set_deadline_ms(client.stream, 0);
    while (listener.n_bytes < BIG_BYTES) {
        struct timer turn;

        timer_init(&turn, rig->loop, rig_on_deadline, rig);
        timer_start_ms(&turn, 1);
        rig_run(rig);
        timer_fini(&turn);
    }
    rig_assert_trace(rig, "open ");
    stream_free(client.stream);
    listener_stop(&listener);
}

/* What does not come to be, or not to an end. */
static void test_failures(void **state)
{
    static const struct {
        const char *name, *target, *want;
        int want_errno;
    } cases[] = {
        { "no such socket", "/no/such/socket", "connect: No such file or directory ", ENOENT },
        { "nobody listens", "127.0.0.1:1", "connect: Connection refused ", ECONNREFUSED },
        { "nobody listens, IPv6", "[::1]:1", "connect: Connection refused ", ECONNREFUSED },
        { "a name", "localhost:80", "'localhost:80' is neither a path nor an IP with a port ", 0 },
        { "no port", "127.0.0.1", "'127.0.0.1' is neither a path nor an IP with a port ", 0 },
        { "nothing", "", "'' is neither a path nor an IP with a port ", 0 },
        { "a long path",
          "/0123456789012345678901234567890123456789012345678901234567890123456789"
          "01234567890123456789012345678901234567890123456789",
          "a socket's path has at most 107 bytes ", 0 },
    };
    struct rig *rig = *state;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct client client = { .enough = 0 };

        print_message("%s\n", cases[i].name);
        client_start(&client, rig, cases[i].target);
        assert_int_equal(rig_run(rig), 0);
        rig_assert_trace(rig, cases[i].want);
        assert_int_equal(client.err.sys_errno, cases[i].want_errno);
    }
}

static void test_deadline(void **state)
{
    struct rig *rig = *state;
    struct listener listener;
    struct client client = { .enough = 0 };

    listener_start(&listener, rig, keep_quiet, NULL);
    client.patience_ms = 20;
    client_start(&client, rig, listener.path);
    assert_int_equal(rig_run(rig), 0);
    rig_assert_trace(rig, "open no answer in time ");
    assert_int_equal(client.err.code, ERROR_UNAVAILABLE);
    listener_stop(&listener);
}

static void test_freed_in_on_data(void **state)
{
    struct rig *rig = *state;
    struct listener listener;
    struct client client = { .enough = 3 };

    listener_start(&listener, rig, echo, NULL);
    client_start(&client, rig, listener.path);
    stream_send(client.stream, SLICE("one"));
    assert_int_equal(rig_run(rig), 0);
    rig_assert_trace(rig, "open one ");
    listener_stop(&listener);
}

/* A server that takes no connections: those behind the first ones wait until there is room. */
static void test_busy(void **state)
{
    struct rig *rig = *state;
    struct listener listener;
    struct client clients[4] = { { .frees_on_open = false } };

    listener_start(&listener, rig, keep_quiet, NULL);
    for (size_t i = 0; i < ARRAY_SIZE(clients); i++) {
        clients[i].frees_on_open = true;
        client_start(&clients[i], rig, listener.path);
    }
    for (size_t i = 0; i < ARRAY_SIZE(clients); i++)
        assert_int_equal(rig_run(rig), 0);
    rig_assert_trace(rig, "open open open open ");
    listener_stop(&listener);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        RIG_TEST(test_answer),   RIG_TEST(test_prefix),   RIG_TEST(test_much),
        RIG_TEST(test_failures), RIG_TEST(test_deadline), RIG_TEST(test_freed_in_on_data),
        RIG_TEST(test_busy),     RIG_TEST(test_finish),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
