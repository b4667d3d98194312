/* SPDX-License-Identifier: MIT */
/* Answers, good and bad: what is told of them. */
#include "io/heard.h"

#include "base/limits.h"

static const char *const token_header[] = { "X-Consul-Token: " SECRET, NULL };

#define CHUNKED     OK "Transfer-Encoding: chunked\r\n\r\n"
#define CHUNKS      CHUNKED "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n"
#define CHUNKED_GOT "transfer-encoding=chunked|<200>"

static const struct {
    const char *name;
    struct fake_answer answer;
    uint64_t max_bytes, timeout_ms;
    enum http_outcome want;
    long want_status;
    const char *want_error, *want_trace;
} answer_cases[] = {
    { "a whole answer", FAKE_ANSWER(FIVE "abcde"), 5, 0, HTTP_DONE, 200, "", FIVE_GOT "abcde" },
    { "in pieces of a byte", FAKE_ANSWER(FIVE "abcde", .piece = 1), 5, 0, HTTP_DONE, 200, "",
      FIVE_GOT "abcde" },
    { "in chunks", FAKE_ANSWER(CHUNKS "\r\n"), 5, 0, HTTP_DONE, 200, "", CHUNKED_GOT "abcde" },
    { "in chunks, in pieces of a byte", FAKE_ANSWER(CHUNKS "\r\n", .piece = 1), 5, 0, HTTP_DONE,
      200, "", CHUNKED_GOT "abcde" },
    { "trailers are nobody's business", FAKE_ANSWER(CHUNKS "X-After: x\r\n\r\n"), 5, 0, HTTP_DONE,
      200, "", CHUNKED_GOT "abcde" },
    { "header names in small letters, values trimmed",
      FAKE_ANSWER(OK "X-Consul-INDEX:  17 \r\nEmpty:\r\nContent-Length: 0\r\n\r\n"), 0, 0,
      HTTP_DONE, 200, "", "x-consul-index=17|empty=|content-length=0|<200>" },
    { "an interim answer first",
      FAKE_ANSWER("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" FIVE "abcde"), 5, 0, HTTP_DONE, 200,
      "", FIVE_GOT "abcde" },
    { "up to the end of the connection",
      FAKE_ANSWER("HTTP/1.0 200 OK\r\n\r\nabcde", .end = FAKE_CLOSE), 5, 0, HTTP_DONE, 200, "",
      "<200>abcde" },
    { "no body", FAKE_ANSWER("HTTP/1.1 204 No Content\r\n\r\n"), 0, 0, HTTP_DONE, 204, "",
      "<204>" },
    { "an error status", FAKE_ANSWER("HTTP/1.1 500 x\r\nContent-Length: 3\r\n\r\nwhy"), 5, 0,
      HTTP_DONE, 500, "", "content-length=3|<500>why" },
    { "a redirect is not followed",
      FAKE_ANSWER("HTTP/1.1 301 x\r\nLocation: /y\r\nContent-Length: 0\r\n\r\n"), 5, 0, HTTP_DONE,
      301, "", "location=/y|content-length=0|<301>" },
    { "a status line without a reason", FAKE_ANSWER("HTTP/1.1 404\r\nContent-Length: 0\r\n\r\n"), 5,
      0, HTTP_DONE, 404, "", "content-length=0|<404>" },

    { "closed on accept", FAKE_ANSWER("", .end = FAKE_CLOSE, .is_unasked = true), 5, 0, HTTP_CLOSED,
      0, "?", "" },
    { "closed before the answer", FAKE_ANSWER("", .end = FAKE_CLOSE), 5, 0, HTTP_CLOSED, 0,
      "Empty reply from server", "" },
    { "reset before the answer", FAKE_ANSWER("", .end = FAKE_RESET), 5, 0, HTTP_CLOSED, 0,
      "Recv failure: Connection reset by peer", "" },

    { "closed in the status line", FAKE_ANSWER("HTTP/1.1 2", .end = FAKE_CLOSE), 5, 0, HTTP_CLOSED,
      0, "Empty reply from server", "" },
    { "closed in the headers", FAKE_ANSWER(OK "Content-Le", .end = FAKE_CLOSE), 5, 0, HTTP_CUT, 200,
      "the connection ended within the headers", "" },
    { "closed in the body", FAKE_ANSWER(FIVE "abc", .end = FAKE_CLOSE), 5, 0, HTTP_CUT, 200,
      "transfer closed with 2 bytes remaining to read", FIVE_GOT "abc" },
    { "reset in the body", FAKE_ANSWER(FIVE "abc", .piece = 1, .end = FAKE_RESET), 5, 0, HTTP_CUT,
      200, "Recv failure: Connection reset by peer", "?" },
    { "closed between chunks", FAKE_ANSWER(CHUNKED "3\r\nabc\r\n", .end = FAKE_CLOSE), 5, 0,
      HTTP_CUT, 200, "transfer closed with outstanding read data remaining", CHUNKED_GOT "abc" },
    { "a chunk without a size", FAKE_ANSWER(CHUNKED "3\r\nabc\r\nxyz\r\n"), 5, 0, HTTP_CUT, 200,
      "?", CHUNKED_GOT "abc" },
    { "a header without a colon", FAKE_ANSWER(OK "no colon\r\n\r\n"), 5, 0, HTTP_CUT, 200,
      "Header without colon", "" },
    { "garbage", FAKE_ANSWER("220 mail.example ESMTP\r\n"), 5, 0, HTTP_CUT, 0,
      "Received HTTP/0.9 when not allowed", "" },
    { "zeros", FAKE_ANSWER("\0\0\0\0\0\0\0\0\0\0\r\n", .n_bytes = 12), 5, 0, HTTP_CUT, 0,
      "Received HTTP/0.9 when not allowed", "" },

    { "no answer", FAKE_ANSWER("", .hold = 99), 5, 30, HTTP_TIMED_OUT, 0, "?", "" },
    { "an answer that stalls", FAKE_ANSWER(FIVE "abc"), 5, 30, HTTP_TIMED_OUT, 200, "?",
      FIVE_GOT "abc" },

    { "a body announced as too large", FAKE_ANSWER(FIVE "abcde"), 4, 0, HTTP_TOO_LARGE, 200,
      "the body is larger than the limit of 4 bytes", FIVE_GOT },
    { "a body that becomes too large", FAKE_ANSWER(CHUNKED "3\r\nabc\r\n2\r\nde\r\n", .piece = 1),
      4, 0, HTTP_TOO_LARGE, 200, "the body is larger than the limit of 4 bytes", "?" },
};

static bool is_as_wanted(const char *want, const char *got)
{
    return strcmp(want, "?") == 0 || strcmp(want, got) == 0;
}

static void test_answers(void **state)
{
    struct rig *rig = *state;
    uint64_t patience = 1;

    for (size_t i = 0; i < ARRAY_SIZE(answer_cases); i++) {
        struct http_call call = {
            .path = "/v1/x",
            .headers = token_header,
            .timeout_ms = answer_cases[i].timeout_ms * patience,
            .max_bytes = answer_cases[i].max_bytes,
        };
        struct fake_server server;
        struct http_client *client;
        struct heard heard = { 0 };

        fake_start(&server, rig, &answer_cases[i].answer, 1);
        client = new_client(rig, server.url);
        heard_start(&heard, rig, client, &call);
        assert_int_equal(rig_run(rig), 0);
        if (heard.reply.outcome == HTTP_TIMED_OUT && heard.reply.status == 0 &&
            answer_cases[i].want_status != 0) {
            heard_fini(&heard);
            http_client_free(client);
            fake_stop(&server);
            patience *= 2; /* this machine is slow: not even the status line was read in time */
            i--;
            continue;
        }
        if (heard.n_done != 1 || heard.reply.outcome != answer_cases[i].want ||
            heard.reply.status != answer_cases[i].want_status ||
            !is_as_wanted(answer_cases[i].want_error, heard.error) ||
            (heard.reply.outcome != HTTP_DONE && heard.error[0] == '\0'))
            fail_msg("%s: %s, status %ld (%s)", answer_cases[i].name,
                     http_outcome_name(heard.reply.outcome), heard.reply.status, heard.error);
        if (!is_as_wanted(answer_cases[i].want_trace, heard.trace.len ? heard.trace.ptr : ""))
            fail_msg("%s: '%s'", answer_cases[i].name, heard.trace.ptr);
        assert_true(heard.reply.n_body_bytes <= answer_cases[i].max_bytes);
        assert_false(heard.reply.was_reused);
        assert_false(heard.reply.is_http2);
        heard_fini(&heard);
        http_client_free(client);
        fake_stop(&server);
    }
}

static void test_large_headers(void **state)
{
    static const char line[] = "X-Filler: 0123456789012345678901234567890123456789\r\n";
    static const struct {
        const char *name;
        size_t n_lines, n_bytes_in_one;
        enum http_outcome want;
        const char *want_error;
    } cases[] = {
        { "large", 1200, 0, HTTP_DONE, "" },
        { "too many", 1400, 0, HTTP_TOO_LARGE,
          "the headers are larger than the limit of 65536 bytes" },
        { "too long", 0, 70000, HTTP_TOO_LARGE,
          "the headers are larger than the limit of 65536 bytes" },
        { "too long for curl", 0, 1000000, HTTP_TOO_LARGE,
          "the headers are larger than the limit of 65536 bytes" },
    };
    static const struct http_handler quiet = { NULL, NULL, NULL, heard_on_done };
    struct rig *rig = *state;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP(buf_fini) struct buf text = BUF_EMPTY;
        struct http_call call = { .path = "/", .max_bytes = 5, .timeout_ms = 10000 };
        struct fake_answer answer = { 0 };
        struct fake_server server;
        struct http_client *client;
        struct heard heard = { .rig = rig };

        buf_add_string(&text, OK "Content-Length: 5\r\n");
        for (size_t n = 0; n < cases[i].n_lines; n++)
            buf_add_string(&text, line);
        if (cases[i].n_bytes_in_one > 0) {
            buf_add_string(&text, "X-Long: ");
            buf_add_repeated(&text, 'x', cases[i].n_bytes_in_one);
            buf_add_string(&text, "\r\n");
        }
        buf_add_string(&text, "\r\nabcde");
        answer.text = text.ptr;
        fake_start(&server, rig, &answer, 1);
        client = new_client(rig, server.url);
        n_expected = 1;
        heard.request = http_start(client, &call, &quiet, &heard);
        assert_int_equal(rig_run(rig), 0);
        assert_heard(cases[i].name, &heard, cases[i].want, cases[i].want_error, "");
        heard_fini(&heard);
        http_client_free(client);
        fake_stop(&server);
    }
}

static void test_large_body(void **state)
{
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;
    struct http_call call = { .path = "/", .max_bytes = 3000000 };
    struct fake_answer answer = { 0 };
    struct rig *rig = *state;
    struct http_client *client;
    struct fake_server server;
    struct heard heard = { 0 };
    size_t n_before;

    buf_add_string(&text, OK "Content-Length: 3000000\r\n\r\n");
    n_before = text.len;
    for (unsigned i = 0; i < 3000000; i++)
        buf_add_byte(&text, (char)(i * 31 >> 3));
    answer = (struct fake_answer)FAKE_ANSWER(text.ptr, .n_bytes = text.len);
    fake_start(&server, rig, &answer, 1);
    client = new_client(rig, server.url);
    heard_start(&heard, rig, client, &call);
    assert_int_equal(rig_run(rig), 0);
    assert_int_equal(heard.reply.outcome, HTTP_DONE);
    assert_int_equal(heard.reply.n_body_bytes, 3000000);
    assert_memory_equal(heard.trace.ptr + strlen("content-length=3000000|<200>"),
                        text.ptr + n_before, 3000000);
    heard_fini(&heard);
    http_client_free(client);
    fake_stop(&server);
}

static void test_rejected_body(void **state)
{
    static const struct fake_answer answers[] = { FAKE_ANSWER(FIVE "abcde"),
                                                  FAKE_ANSWER(FIVE "later") };
    static const struct http_call call = { .path = "/", .max_bytes = 5 };
    struct rig *rig = *state;
    struct http_client *client;
    struct fake_server server;
    struct heard heard = { .rejects_at = strlen(FIVE_GOT) + 2 }, next = { 0 };

    fake_start(&server, rig, answers, 2);
    client = new_client(rig, server.url);
    heard_start(&heard, rig, client, &call);
    assert_int_equal(rig_run(rig), 0);
    assert_heard("rejected", &heard, HTTP_REJECTED, "the body was refused", FIVE_GOT "abcde");
    heard_start(&next, rig, client, &call); /* and the client goes on */
    assert_int_equal(rig_run(rig), 0);
    assert_heard("the next one", &next, HTTP_DONE, "", FIVE_GOT "later");
    heard_fini(&heard);
    heard_fini(&next);
    http_client_free(client);
    fake_stop(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(test_answers),
        RIG_TEST(test_large_headers),
        RIG_TEST(test_large_body),
        RIG_TEST(test_rejected_body),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
