/* SPDX-License-Identifier: MIT */
/* Requests and their connections; what their callbacks may do. */
#include "io/heard.h"
#include "io/own_folder.h"

/* ---- connections ---- */

static void test_refused(void **state)
{
    static const struct http_call call = { .path = "/", .max_bytes = 5, .timeout_ms = 10000 };
    struct rig *rig = *state;
    struct http_client *client;
    struct fake_server server;
    struct heard heard = { 0 };
    struct fake_answer none = FAKE_ANSWER("");

    fake_start(&server, rig, &none, 1);
    client = new_client(rig, server.url);
    fake_stop(&server); /* nobody has that port now */
    heard_start(&heard, rig, client, &call);
    assert_int_equal(rig_run(rig), 0);
    assert_heard("refused", &heard, HTTP_REFUSED, "connect: Connection refused", "");
    heard_fini(&heard);
    http_client_free(client);
}

static void test_unix_socket(void **state)
{
    static const struct fake_answer answer = FAKE_ANSWER(FIVE "abcde");
    static const struct http_call call = { .path = "/", .max_bytes = 5, .timeout_ms = 10000 };
    struct http_options options = { .base_url = "http://localhost", .unix_socket = "socket" };
    struct rig *rig = *state;
    struct http_client *client;
    struct fake_server server;
    struct folder folder;
    struct heard without = { 0 }, with = { 0 };

    folder_init(&folder);
    n_expected = 0;
    assert_true(http_client_new(rig->loop, &options, &client, &rig->err));
    heard_start(&without, rig, client, &call);
    assert_int_equal(rig_run(rig), 0);
    assert_heard("no such socket", &without, HTTP_REFUSED, "connect: No such file or directory",
                 "");
    fake_start_unix(&server, rig, "socket", &answer, 1);
    heard_start(&with, rig, client, &call);
    assert_int_equal(rig_run(rig), 0);
    assert_heard("a socket", &with, HTTP_DONE, "", FIVE_GOT "abcde");
    heard_fini(&without);
    heard_fini(&with);
    http_client_free(client);
    fake_stop(&server);
    folder_fini(&folder);
}

static void test_reuse(void **state)
{
    static const struct {
        const char *name;
        bool is_fresh, is_hung_up;
        bool want_reused;
        size_t want_connections;
    } cases[] = {
        { "the first", false, false, false, 1 },
        { "the second", false, false, true, 1 },
        { "a fresh one", true, false, false, 2 },
        { "after a fresh one", false, false, true, 2 },
        { "the server closed the idle ones", false, true, false, 3 },
    };
    static const struct fake_answer answer = FAKE_ANSWER(FIVE "abcde");
    struct rig *rig = *state;
    struct http_client *client;
    struct fake_server server;

    fake_start(&server, rig, &answer, 1);
    client = new_client(rig, server.url);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct http_call call = { .path = "/", .max_bytes = 5, .is_fresh = cases[i].is_fresh };
        struct heard heard = { 0 };

        if (cases[i].is_hung_up)
            fake_hang_up(&server);
        heard_start(&heard, rig, client, &call);
        assert_int_equal(rig_run(rig), 0);
        assert_heard(cases[i].name, &heard, HTTP_DONE, "", FIVE_GOT "abcde");
        if (heard.reply.was_reused != cases[i].want_reused ||
            server.n_connections != cases[i].want_connections)
            fail_msg("%s: reused %d, %zu connections", cases[i].name, heard.reply.was_reused,
                     server.n_connections);
        heard_fini(&heard);
    }
    http_client_free(client);
    fake_stop(&server);
}

/* The server closes a connection that was used before when it reads the next request: nothing tells
 * that from the end of an idle connection, so curl would ask once more over a new one. We are asked
 * first. */
static void test_closed_on_reuse(void **state)
{
    static const struct fake_answer answers[] = {
        FAKE_ANSWER(FIVE "first"),
        FAKE_ANSWER("", .end = FAKE_CLOSE),
        FAKE_ANSWER(FIVE "again"),
    };
    static const struct http_call call = { .path = "/", .max_bytes = 5, .timeout_ms = 10000 };
    struct rig *rig = *state;
    struct http_client *client;
    struct fake_server server;
    struct heard first = { 0 }, second = { 0 };

    fake_start(&server, rig, answers, 3);
    client = new_client(rig, server.url);
    heard_start(&first, rig, client, &call);
    assert_int_equal(rig_run(rig), 0);
    heard_start(&second, rig, client, &call);
    assert_int_equal(rig_run(rig), 0);
    assert_heard("the second", &second, HTTP_CLOSED,
                 "the connection was closed, which had been kept", "");
    assert_true(second.reply.was_reused);
    assert_int_equal(server.n_requests, 2);
    heard_fini(&first);
    heard_fini(&second);
    http_client_free(client);
    fake_stop(&server);
}

/* A listener whose queue is full drops what asks for a connection. */
static void test_no_connection_in_time(void **state)
{
    static const struct http_call call = { .path = "/", .max_bytes = 5, .timeout_ms = 10000 };
    struct sockaddr_in address = { .sin_family = AF_INET };
    struct http_options options = { .connect_timeout_ms = 30 };
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), queued[4];
    socklen_t size = sizeof(address);
    struct rig *rig = *state;
    struct http_client *client;
    struct heard heard = { 0 };
    char url[64];

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    assert_int_equal(listen(listener, 0), 0);
    for (size_t i = 0; i < ARRAY_SIZE(queued); i++) {
        queued[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        connect(queued[i], (struct sockaddr *)&address, size);
    }
    snprintf(url, sizeof(url), "http://127.0.0.1:%u", ntohs(address.sin_port));
    options.base_url = url;
    assert_true(http_client_new(rig->loop, &options, &client, &rig->err));
    n_expected = 0;
    heard_start(&heard, rig, client, &call);
    assert_int_equal(rig_run(rig), 0);
    assert_int_equal(heard.reply.outcome, HTTP_REFUSED);
    heard_fini(&heard);
    http_client_free(client);
    for (size_t i = 0; i < ARRAY_SIZE(queued); i++)
        close(queued[i]);
    close(listener);
}

#define N_MANY 200

static void test_many_at_once(void **state)
{
    static const struct fake_answer answer = FAKE_ANSWER(FIVE "abcde", .hold = N_MANY);
    static const struct http_call call = { .path = "/", .max_bytes = 5, .timeout_ms = 20000 };
    struct rig *rig = *state;
    struct http_client *client;
    struct fake_server server;
    struct heard *heard = calloc(N_MANY, sizeof(*heard));

    fake_start(&server, rig, &answer, 1);
    client = new_client(rig, server.url);
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < N_MANY; i++)
            heard_start(&heard[i], rig, client, &call);
        assert_int_equal(rig_run(rig), 0);
        for (size_t i = 0; i < N_MANY; i++) {
            assert_heard("one of many", &heard[i], HTTP_DONE, "", FIVE_GOT "abcde");
            assert_int_equal(heard[i].reply.was_reused, round);
            heard_fini(&heard[i]);
            heard[i] = (struct heard){ 0 };
        }
    }
    assert_int_equal(server.n_connections, N_MANY);
    free(heard);
    http_client_free(client);
    fake_stop(&server);
}

static void test_cap_on_connections(void **state)
{
    static const struct fake_answer answer = FAKE_ANSWER(FIVE "abcde");
    static const struct http_call call = { .path = "/", .max_bytes = 5, .timeout_ms = 10000 };
    struct rig *rig = *state;
    struct http_client *client;
    struct fake_server server;
    struct heard heard[5] = { 0 };

    fake_start(&server, rig, &answer, 1);
    client = new_client(rig, server.url);
    http_client_set_max_connections(client, 2);
    for (size_t i = 0; i < 5; i++)
        heard_start(&heard[i], rig, client, &call);
    assert_int_equal(rig_run(rig), 0);
    for (size_t i = 0; i < 5; i++) {
        assert_heard("below a cap", &heard[i], HTTP_DONE, "", FIVE_GOT "abcde");
        heard_fini(&heard[i]);
    }
    assert_in_range(server.n_connections, 1, 2);
    http_client_free(client);
    fake_stop(&server);
}

static void on_raise_cap(void *ctx)
{
    http_client_set_max_connections(ctx, 3);
}

/* Three questions that are answered only when all have come, while there is room for one. */
static void test_cap_raised_while_others_wait(void **state)
{
    static const struct fake_answer answer = FAKE_ANSWER(FIVE "abcde", .hold = 3);
    static const struct http_call call = { .path = "/", .max_bytes = 5, .timeout_ms = 10000 };
    struct rig *rig = *state;
    struct http_client *client;
    struct fake_server server;
    struct heard heard[3] = { 0 };
    struct timer timer;

    fake_start(&server, rig, &answer, 1);
    client = new_client(rig, server.url);
    http_client_set_max_connections(client, 1);
    for (size_t i = 0; i < 3; i++)
        heard_start(&heard[i], rig, client, &call);
    timer_init(&timer, rig->loop, on_raise_cap, client);
    timer_start_ms(&timer, 20);
    assert_int_equal(rig_run(rig), 0);
    for (size_t i = 0; i < 3; i++) {
        assert_heard("after a cap", &heard[i], HTTP_DONE, "", FIVE_GOT "abcde");
        heard_fini(&heard[i]);
    }
    assert_int_equal(server.n_connections, 3);
    timer_fini(&timer);
    http_client_free(client);
    fake_stop(&server);
}

/* ---- what is sent ---- */

static void test_what_is_sent(void **state)
{
    static const char *const headers[] = { "X-Consul-Token: " SECRET, "X-Other: x", NULL };
    static const struct {
        const char *name, *prefix, *suffix; /* of the URL, around the address */
        const char *user_password, *path;
        const char *const *headers;
        const char *want_line, *want_header;
    } cases[] = {
        { "path and query", "http://", "", NULL, "/v1/kv/a%20b?index=1", NULL,
          "GET /v1/kv/a%20b?index=1 HTTP/1.1\r\n", "\r\nUser-Agent: edgewright/" },
        { "the path is as it is", "http://", "", NULL, "/v1/kv/a/../b/./c//d", NULL,
          "GET /v1/kv/a/../b/./c//d HTTP/1.1\r\n", "" },
        { "headers", "http://", "", NULL, "/", headers, "GET / HTTP/1.1\r\n",
          "\r\nX-Consul-Token: " SECRET "\r\nX-Other: x\r\n" },
        { "a prefix", "http://", "/prefix/", NULL, "/v1/x", NULL, "GET /prefix/v1/x HTTP/1.1\r\n",
          "" },
        { "a password", "http://", "", "user:pa:ss", "/", NULL, "GET / HTTP/1.1\r\n",
          "\r\nAuthorization: Basic dXNlcjpwYTpzcw==\r\n" },
        { "a password in the URL", "http://us%65r:pass@", "", NULL, "/", NULL, "GET / HTTP/1.1\r\n",
          "\r\nAuthorization: Basic dXNlcjpwYXNz\r\n" },
        { "the option wins", "http://other:other@", "", "user:pass", "/", NULL,
          "GET / HTTP/1.1\r\n", "\r\nAuthorization: Basic dXNlcjpwYXNz\r\n" },
    };
    static const struct fake_answer answer = FAKE_ANSWER(FIVE "abcde");
    struct rig *rig = *state;
    struct fake_server server;

    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("all_proxy", "http://127.0.0.1:1", 1);
    fake_start(&server, rig, &answer, 1);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP(buf_fini) struct buf url = BUF_EMPTY;
        struct http_options options = { .user_password = cases[i].user_password };
        struct http_call call = { .path = cases[i].path,
                                  .headers = cases[i].headers,
                                  .max_bytes = 5 };
        struct http_client *client;
        struct heard heard = { 0 };

        buf_printf(&url, "%s%s%s", cases[i].prefix, server.url + strlen("http://"),
                   cases[i].suffix);
        options.base_url = url.ptr;
        n_expected = 0;
        assert_true(http_client_new(rig->loop, &options, &client, &rig->err));
        heard_start(&heard, rig, client, &call);
        assert_int_equal(rig_run(rig), 0);
        assert_heard(cases[i].name, &heard, HTTP_DONE, "", FIVE_GOT "abcde");
        if (strncmp(server.last_request.ptr, cases[i].want_line, strlen(cases[i].want_line)) != 0 ||
            !strstr(server.last_request.ptr, cases[i].want_header))
            fail_msg("%s: %s", cases[i].name, server.last_request.ptr);
        heard_fini(&heard);
        http_client_free(client);
    }
    fake_stop(&server);
    unsetenv("http_proxy");
    unsetenv("all_proxy");
}

static void test_a_header_with_a_line_break(void **state)
{
    static const char *const headers[] = { "X-Consul-Token: " SECRET "\nX-Evil: x", NULL };
    static const struct fake_answer answer = FAKE_ANSWER(FIVE "abcde");
    static const struct http_call call = { .path = "/", .headers = headers, .max_bytes = 5 };
    struct rig *rig = *state;
    struct http_client *client;
    struct fake_server server;
    struct heard heard = { 0 };

    fake_start(&server, rig, &answer, 1);
    client = new_client(rig, server.url);
    heard_start(&heard, rig, client, &call);
    assert_int_equal(rig_run(rig), 0);
    assert_heard("a line break", &heard, HTTP_OTHER, "a header of the request has a line break",
                 "");
    assert_int_equal(server.n_connections, 0);
    heard_fini(&heard);
    http_client_free(client);
    fake_stop(&server);
}

static void test_options_that_are_refused(void **state)
{
    static const char long_path[] = "/0123456789/0123456789/0123456789/0123456789/0123456789"
                                    "/0123456789/0123456789/0123456789/0123456789/0123456789";
    static const struct {
        const char *name;
        struct http_options options;
        const char *want_error;
    } cases[] = {
        { "no URL", { .base_url = "" }, "not a usable URL: it is empty" },
        { "no scheme we serve",
          { .base_url = "ftp://user:" SECRET "@x" },
          "not a usable URL: neither http nor https" },
        { "no such scheme",
          { .base_url = "consul://x" },
          "not a usable URL: Unsupported URL scheme" },
        { "a port that is none",
          { .base_url = "http://user:" SECRET "@x:port" },
          "not a usable URL: Port number was not a decimal number between 0 and 65535" },
        { "a query",
          { .base_url = "http://x/?y" },
          "not a usable URL: it has a query or a fragment" },
        { "a long path",
          { .base_url = "http://x", .unix_socket = long_path },
          "the socket's path is longer than 107 bytes" },
    };
    struct rig *rig = *state;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct http_client *client = NULL;

        if (http_client_new(rig->loop, &cases[i].options, &client, &rig->err) ||
            strcmp(rig->err.text, cases[i].want_error) != 0)
            fail_msg("%s: %s", cases[i].name, rig->err.text);
        assert_null(client);
    }
}

/* ---- freeing and starting in callbacks ---- */

/* The request frees itself, and another one that waits for its answer, at each stage. */
static void test_freed_in_callbacks(void **state)
{
    static const char *const stages[] = { "header", "status", "body", "done" };
    static const struct fake_answer answers[] = { FAKE_ANSWER("", .hold = 99),
                                                  FAKE_ANSWER(FIVE "abcde") };
    static const struct http_call call = { .path = "/", .max_bytes = 5, .timeout_ms = 10000 };
    struct rig *rig = *state;

    for (size_t i = 0; i < ARRAY_SIZE(stages); i++) {
        bool is_done = strcmp(stages[i], "done") == 0;
        struct http_client *client;
        struct fake_server server;
        struct heard waiting = { 0 }, freed = { 0 }, next = { 0 };

        fake_start(&server, rig, answers, 2);
        client = new_client(rig, server.url);
        heard_start(&waiting, rig, client, &call);
        waiting.keeps_running = true;
        freed = (struct heard){ .frees_at = stages[i],
                                .also_frees = &waiting,
                                .starts_at = stages[i],
                                .starts = &next,
                                .client = client,
                                .keeps_running = true };
        heard_start(&freed, rig, client, &call);
        n_expected = is_done ? 1 : 0; /* the others will not tell their end */
        assert_int_equal(rig_run(rig), 0);
        assert_int_equal(waiting.n_done, 0);
        assert_int_equal(freed.n_done, is_done);
        assert_heard(stages[i], &next, HTTP_DONE, "", FIVE_GOT "abcde");
        assert_true(n_expected == 0);
        heard_fini(&waiting);
        heard_fini(&freed);
        heard_fini(&next);
        http_client_free(client);
        fake_stop(&server);
    }
}

static void test_freed_before_it_begins(void **state)
{
    static const struct fake_answer answer = FAKE_ANSWER(FIVE "abcde");
    static const struct http_call call = { .path = "/", .max_bytes = 5 };
    struct rig *rig = *state;
    struct http_client *client;
    struct fake_server server;
    struct heard first = { 0 }, second = { 0 };

    fake_start(&server, rig, &answer, 1);
    client = new_client(rig, server.url);
    heard_start(&first, rig, client, &call);
    heard_start(&second, rig, client, &call);
    heard_fini(&first);
    n_expected = 1;
    assert_int_equal(rig_run(rig), 0);
    assert_int_equal(first.n_done, 0);
    assert_int_equal(server.n_requests, 1);
    heard_fini(&second);
    http_client_free(client);
    fake_stop(&server);
}

/* A request ends in its first turn and starts its successor each time: others still get theirs. */
struct failing {
    struct rig *rig;
    struct http_client *client;
    struct http_request *request;
    unsigned n_done;
};

static void failing_start(struct failing *failing);

static void on_failing_done(void *ctx, const struct http_reply *reply)
{
    struct failing *failing = ctx;

    assert_true(reply->outcome == HTTP_REFUSED || reply->outcome == HTTP_OTHER);
    http_request_free(TAKE(failing->request));
    failing->n_done++;
    failing_start(failing);
}

static void failing_start(struct failing *failing)
{
    static const char *const evil[] = { "X: \n", NULL };
    struct http_call call = { .path = "/", .max_bytes = 5 };
    struct http_handler failing_handler = { .on_done = on_failing_done };

    call.headers = failing->n_done % 2 ? evil : NULL;
    failing->request = http_start(failing->client, &call, &failing_handler, failing);
}

static void on_quit(void *ctx)
{
    struct rig *rig = ctx;

    loop_quit(rig->loop, 0);
}

static void test_failing_at_once_does_not_stall_the_loop(void **state)
{
    static const struct fake_answer none = FAKE_ANSWER("");
    struct rig *rig = *state;
    struct failing failing = { .rig = rig };
    struct fake_server server;
    struct timer timer;

    fake_start(&server, rig, &none, 1);
    failing.client = new_client(rig, server.url);
    fake_stop(&server);
    failing_start(&failing);
    timer_init(&timer, rig->loop, on_quit, rig);
    while (failing.n_done < 2) {
        timer_start_ms(&timer, 1);
        assert_int_equal(rig_run(rig), 0);
    }
    http_request_free(failing.request);
    timer_fini(&timer);
    http_client_free(failing.client);
}

static void test_client_freed_first(void **state)
{
    static const struct fake_answer answers[] = { FAKE_ANSWER(FIVE "abcde"),
                                                  FAKE_ANSWER("", .hold = 99) };
    static const struct http_call call = { .path = "/", .max_bytes = 5 };
    struct rig *rig = *state;
    struct http_client *client;
    struct fake_server server;
    struct heard done = { 0 }, running = { 0 }, queued = { 0 };
    struct timer timer;

    fake_start(&server, rig, answers, 2);
    client = new_client(rig, server.url);
    heard_start(&done, rig, client, &call);
    assert_int_equal(rig_run(rig), 0);
    heard_start(&running, rig, client, &call);
    timer_init(&timer, rig->loop, on_quit, rig);
    while (server.n_requests < 2) {
        timer_start_ms(&timer, 1);
        assert_int_equal(rig_run(rig), 0);
    }
    heard_start(&queued, rig, client, &call);
    http_client_free(client);
    while (fake_count_open(&server) > 1) { /* the one held back does not read */
        timer_start_ms(&timer, 1);
        assert_int_equal(rig_run(rig), 0);
    }
    assert_int_equal(running.n_done + queued.n_done, 0);
    heard_fini(&done);
    heard_fini(&running);
    heard_fini(&queued);
    timer_fini(&timer);
    fake_stop(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(test_refused),
        RIG_TEST(test_unix_socket),
        RIG_TEST(test_reuse),
        RIG_TEST(test_closed_on_reuse),
        RIG_TEST(test_no_connection_in_time),
        RIG_TEST(test_many_at_once),
        RIG_TEST(test_cap_on_connections),
        RIG_TEST(test_cap_raised_while_others_wait),
        RIG_TEST(test_what_is_sent),
        RIG_TEST(test_a_header_with_a_line_break),
        RIG_TEST(test_options_that_are_refused),
        RIG_TEST(test_freed_in_callbacks),
        RIG_TEST(test_freed_before_it_begins),
        RIG_TEST(test_failing_at_once_does_not_stall_the_loop),
        RIG_TEST(test_client_freed_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
