/* SPDX-License-Identifier: MIT */
/* Requests over TLS, against openssl's own test server. */
#include "io/fake_http.h"
#include "io/own_folder.h"

#include "delivery/log.h"
#include "io/child.h"
#include "io/http.h"
#include "io/tls_files.h"

struct tls_rig {
    struct rig *rig;
    struct folder folder;
    struct child *server;
    char url[80];
    struct http_reply reply;
    char error[512];
    bool is_done;
    struct timer second;
};

/* ---- openssl ---- */

static void on_server_line(void *ctx, struct slice line)
{
    struct tls_rig *tls = ctx;
    struct slice accepting = SLICE("ACCEPT ");

    if (!slice_starts_with(line, accepting))
        return;
    line = slice_sub(line, accepting.len, line.len);
    snprintf(tls->url, sizeof(tls->url), "https://%.*s", SLICE_ARG(line));
    loop_quit(tls->rig->loop, 0);
}

static void on_command_done(void *ctx, const struct child_result *result)
{
    struct tls_rig *tls = ctx;

    loop_quit(tls->rig->loop, result->outcome == CHILD_EXITED ? result->status : -2);
}

static struct child *start_openssl(struct tls_rig *tls, const char *command)
{
    static const char *const env[] = { "PATH=/usr/bin:/bin", NULL };
    static const struct child_handler handler = { on_server_line, on_command_done };
    const char *argv[] = { "sh", "-c", command, NULL };
    struct child_options options = { .argv = argv, .envp = env, .timeout_ms = RIG_DEADLINE_MS };

    return child_start(tls->rig->loop, &options, &handler, tls);
}

/* A key, and a certificate that vouches for itself. */
static void make_certificate(struct tls_rig *tls, const char *name)
{
    CLEANUP(buf_fini) struct buf command = BUF_EMPTY;
    struct child *child;

    buf_printf(&command,
               "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
               " -keyout %s.key -out %s.pem -subj /CN=%s"
               " -addext subjectAltName=IP:127.0.0.1,DNS:server.dc1.consul",
               name, name, name);
    child = start_openssl(tls, command.ptr);
    assert_int_equal(rig_run(tls->rig), 0);
    child_free(child);
}

static void start_server(struct tls_rig *tls, const char *options)
{
    CLEANUP(buf_fini) struct buf command = BUF_EMPTY;

    buf_printf(&command,
               "exec openssl s_server -accept 127.0.0.1:0 -cert server.pem -key server.key -www %s",
               options);
    tls->server = start_openssl(tls, command.ptr);
    assert_int_equal(rig_run(tls->rig), 0);
}

static void on_second(void *ctx)
{
    struct tls_rig *tls = ctx;

    loop_quit(tls->rig->loop, 0);
}

static int tls_setup(void **state)
{
    struct tls_rig *tls = calloc(1, sizeof(*tls));
    void *rig = NULL;

    if (!tls || rig_setup(&rig) != 0)
        return -1;
    tls->rig = rig;
    timer_init(&tls->second, tls->rig->loop, on_second, tls);
    folder_init(&tls->folder);
    make_certificate(tls, "server");
    make_certificate(tls, "other");
    *state = tls;
    return 0;
}

static int tls_teardown(void **state)
{
    struct tls_rig *tls = *state;
    void *rig = tls->rig;

    folder_fini(&tls->folder);
    timer_fini(&tls->second);
    rig_teardown(&rig);
    free(tls);
    return 0;
}

/* ---- requests ---- */

static void on_done(void *ctx, const struct http_reply *reply)
{
    struct tls_rig *tls = ctx;

    tls->reply = *reply;
    snprintf(tls->error, sizeof(tls->error), "%s", reply->error);
    tls->is_done = true;
    loop_quit(tls->rig->loop, 0);
}

static void ask(struct tls_rig *tls, const char *name, const struct http_options *options)
{
    static const struct http_call call = { .path = "/", .max_bytes = 100000, .timeout_ms = 10000 };
    static const struct http_handler handler = { .on_done = on_done };
    struct http_request *request;
    struct http_client *client;

    if (!http_client_new(tls->rig->loop, options, &client, &tls->rig->err))
        fail_msg("%s: %s", name, tls->rig->err.text);
    tls->is_done = false;
    request = http_start(client, &call, &handler, tls);
    assert_int_equal(rig_run(tls->rig), 0);
    assert_true(tls->is_done);
    http_request_free(request);
    http_client_free(client);
}

static void assert_reply(const struct tls_rig *tls, const char *name, enum http_outcome want)
{
    if (tls->reply.outcome != want)
        fail_msg("%s: %s (%s)", name, http_outcome_name(tls->reply.outcome), tls->error);
    if (want == HTTP_DONE ? tls->reply.status != 200 : tls->error[0] == '\0')
        fail_msg("%s: status %ld, error '%s'", name, tls->reply.status, tls->error);
}

static void test_servers(void **state)
{
    static const char mutual[] = "-Verify 1 -verify_return_error -CAfile other.pem";
    static const struct {
        const char *name, *server;
        struct http_options options;
        enum http_outcome want;
    } cases[] = {
        { "a certificate we trust",
          "",
          { .ca_file = "server.pem", .verify_peer = true },
          HTTP_DONE },
        { "with TLS 1.2", "-tls1_2", { .ca_file = "server.pem", .verify_peer = true }, HTTP_DONE },
        { "one we do not trust",
          "",
          { .ca_file = "other.pem", .verify_peer = true },
          HTTP_TLS_FAILED },
        { "nor does the system", "", { .verify_peer = true }, HTTP_TLS_FAILED },
        { "one we do not look at", "", { .verify_peer = false }, HTTP_DONE },
        { "under the name that it has",
          "",
          { .ca_file = "server.pem", .server_name = "server.dc1.consul", .verify_peer = true },
          HTTP_DONE },
        { "under a name that it has not",
          "",
          { .ca_file = "server.pem", .server_name = "other.dc1.consul", .verify_peer = true },
          HTTP_TLS_FAILED },
        { "no such file of authorities",
          "",
          { .ca_file = "none.pem", .verify_peer = true },
          HTTP_TLS_FAILED },
        { "too old", "-tls1_2", { .is_tls_1_3_only = true }, HTTP_TLS_FAILED },
        { "new enough", "-tls1_3", { .is_tls_1_3_only = true }, HTTP_DONE },
        { "it wants to know us",
          mutual,
          { .client_cert = "other.pem", .client_key = "other.key" },
          HTTP_DONE },
        { "and we say nothing", mutual, { .verify_peer = false }, HTTP_TLS_FAILED },
        { "nor with TLS 1.2",
          "-tls1_2 -Verify 1 -verify_return_error -CAfile other.pem",
          { .verify_peer = false },
          HTTP_TLS_FAILED },
        { "and our certificate has no key",
          mutual,
          { .client_cert = "other.pem" },
          HTTP_TLS_FAILED },
        { "and our key is another's",
          mutual,
          { .client_cert = "other.pem", .client_key = "server.key" },
          HTTP_TLS_FAILED },
    };
    struct tls_rig *tls = *state;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct http_options options = cases[i].options;

        start_server(tls, cases[i].server);
        options.base_url = tls->url;
        ask(tls, cases[i].name, &options);
        assert_reply(tls, cases[i].name, cases[i].want);
        child_free(TAKE(tls->server));
    }
}

static void test_peers_that_are_none(void **state)
{
    static const struct {
        const char *name;
        struct fake_answer answer;
        enum http_outcome want;
    } cases[] = {
        { "it does not speak TLS",
          FAKE_ANSWER("HTTP/1.1 400 x\r\nContent-Length: 0\r\n\r\n", .is_unasked = true),
          HTTP_TLS_FAILED },
        { "it hangs up during the handshake",
          FAKE_ANSWER("", .end = FAKE_CLOSE, .is_unasked = true), HTTP_CLOSED },
        { "it resets during the handshake", FAKE_ANSWER("", .end = FAKE_RESET, .is_unasked = true),
          HTTP_CLOSED },
    };
    struct tls_rig *tls = *state;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct http_options options = { .verify_peer = true, .base_url = tls->url };
        struct fake_server server;

        fake_start(&server, tls->rig, &cases[i].answer, 1);
        snprintf(tls->url, sizeof(tls->url), "https%s", server.url + strlen("http"));
        ask(tls, cases[i].name, &options);
        assert_reply(tls, cases[i].name, cases[i].want);
        fake_stop(&server);
    }
}

static void test_handshake_without_end(void **state)
{
    static const struct fake_answer silent = FAKE_ANSWER("", .hold = 99);
    struct tls_rig *tls = *state;
    struct http_options options = { .base_url = tls->url,
                                    .connect_timeout_ms = 20,
                                    .tls_timeout_ms = 20 };
    struct fake_server server;

    fake_start(&server, tls->rig, &silent, 1);
    snprintf(tls->url, sizeof(tls->url), "https%s", server.url + strlen("http"));
    ask(tls, "silence", &options);
    assert_reply(tls, "silence", HTTP_REFUSED);
    fake_stop(&server);
}

/* --- Files that change ----------------------------------------------------------------------- */

static void copy_file(struct tls_rig *tls, const char *from, const char *to)
{
    CLEANUP(buf_fini) struct buf command = BUF_EMPTY;
    struct child *child;

    /* By a rename: each has an inode of its own. */
    buf_printf(&command, "cp %s tmp && mv tmp %s", from, to);
    child = start_openssl(tls, command.ptr);
    assert_int_equal(rig_run(tls->rig), 0);
    child_free(child);
}

static void test_files_that_change(void **state)
{
    static const struct {
        const char *name, *from, *to, *want; /* want: "" nothing new, or what is said */
        bool is_new;
    } steps[] = {
        { "nothing", NULL, NULL, "", false },
        { "a certificate without its key", "other.pem", "own.pem",
          "warn tls: the key in 'own.key' is not that of 'own.pem'; what was read before stays in "
          "use\n",
          false },
        { "half of it", "half.pem", "own.pem", "", false },
        { "its key", "other.key", "own.key", "", false },
        { "and all of it", "other.pem", "own.pem",
          "info tls: the files of certificates have changed: used for new connections\n", true },
        { "authorities that are none", "own.key", "ca.pem",
          "warn tls: 'ca.pem' holds no certificate, or a broken one; what was read before stays in "
          "use\n",
          false },
        { "broken ones", "half.pem", "ca.pem", "", false },
        { "two", "two.pem", "ca.pem",
          "info tls: the files of certificates have changed: used for new connections\n", true },
    };
    static const struct tls_paths paths = { "ca.pem", "own.pem", "own.key" };
    struct tls_rig *tls = *state;
    struct tls_keeper keeper;
    struct child *child =
        start_openssl(tls, "cat server.pem other.pem >two.pem; head -c 400 other.pem >half.pem;"
                           "cp server.pem own.pem; cp server.key own.key; cp server.pem ca.pem");

    assert_int_equal(rig_run(tls->rig), 0);
    child_free(child);
    log_begin(LOG_LEVEL_INFO);
    tls_keeper_init(&keeper, &paths);
    assert_non_null(keeper.files);
    for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
        buf_clear(&logged);
        if (steps[i].from)
            copy_file(tls, steps[i].from, steps[i].to);
        if (tls_keeper_look(&keeper, 1000 * (i + 1)) != steps[i].is_new ||
            !slice_is(buf_slice(&logged), steps[i].want))
            fail_msg("%s: '%.*s'", steps[i].name, SLICE_ARG(buf_slice(&logged)));
    }
    copy_file(tls, "server.pem", "ca.pem");
    assert_false(tls_keeper_look(&keeper, 1000 * ARRAY_SIZE(steps) + 999)); /* not yet */
    tls_keeper_fini(&keeper);
    log_end();
}

/* A server that wants to know us: first it does not, then the same client has what it wants. */
static void test_a_client_takes_them(void **state)
{
    static const struct http_call call = { .path = "/", .max_bytes = 100000, .timeout_ms = 10000 };
    static const struct http_handler handler = { .on_done = on_done };
    struct tls_rig *tls = *state;
    struct http_options options = { .base_url = tls->url,
                                    .client_cert = "mine.pem",
                                    .client_key = "mine.key" };
    struct http_request *request;
    struct http_client *client;

    copy_file(tls, "server.pem", "mine.pem");
    copy_file(tls, "server.key", "mine.key");
    start_server(tls, "-Verify 1 -verify_return_error -CAfile other.pem");
    assert_true(http_client_new(tls->rig->loop, &options, &client, &tls->rig->err));
    for (int i = 0; i < 2; i++) {
        request = http_start(client, &call, &handler, tls);
        assert_int_equal(rig_run(tls->rig), 0);
        assert_reply(tls, i ? "then" : "first", i ? HTTP_DONE : HTTP_TLS_FAILED);
        http_request_free(request);
        if (i > 0)
            break;
        copy_file(tls, "other.pem", "mine.pem");
        copy_file(tls, "other.key", "mine.key");
        timer_start_ms(&tls->second, 1001); /* they are looked at once a second */
        assert_int_equal(rig_run(tls->rig), 0);
    }
    http_client_free(client);
    child_free(TAKE(tls->server));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files_that_change),
        cmocka_unit_test(test_a_client_takes_them),
        cmocka_unit_test(test_servers),
        cmocka_unit_test(test_peers_that_are_none),
        cmocka_unit_test(test_handshake_without_end),
    };

    return cmocka_run_group_tests(tests, tls_setup, tls_teardown);
}
