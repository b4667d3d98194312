/* SPDX-License-Identifier: MIT */
/* A Consul agent on the test's own loop that lies, cuts and stalls as it is told.
 *
 * What it answers is a text, one word for each request (the real one cannot be made to do this):
 *
 *   10:2a        200, X-Consul-Index: 10, a list of 2 instances of version a
 *   ~10:2a       the same, but only when the wait of the test is over
 *   -:2a         without the header; any other text before the colon is the header's
 *   10:2a/l      without a leader; /o: from too long ago; /f: filtered by ACLs
 *   10:{…}       any other body (no spaces)
 *   500 429,2    an error; with Retry-After: 2
 *   acl          403, as to a token that nobody knows
 *   404@10       an error with that index (Consul's own have 1); 404!, with none
 *   x            hangs up without an answer; rst, the same by a reset
 *   cut          hangs up in the middle of one; cutchunk, between two chunks; cutrst, by a reset
 *   gzip         says that its body is compressed, though nobody asked for that
 *   hold         no answer at all
 *   self         what /v1/agent/self says: node "n1" */
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "io/rig.h"

#define FAKE_WAIT_MS 40 /* of a blocking query in tests */

struct fake;

struct fake_connection {
    struct fake *fake;
    struct fake_connection *next;
    struct loop_source *source;
    struct timer later;
    struct buf request, answer;
    char path[512]; /* of the last request */
    bool is_held;   /* it has no answer yet */
    int fd;         /* -1: closed */
};

/* How a connection beyond max_open is turned away. */
enum fake_refusal {
    FAKE_REFUSES_BY_EOF, /* as Consul before 1.9, without a word */
    FAKE_REFUSES_BY_RST, /* the same, when we have written already */
    FAKE_REFUSES_BY_429, /* as newer ones */
};

struct fake {
    struct rig *rig;
    void *ctx; /* the test's, for `next` */
    /* The next answer's word; NULL: hold. The default reads `script` and, when it is used up, holds
     * and ends the run. */
    const char *(*next)(struct fake *fake, const char *path);
    struct slice script;
    struct buf word;
    struct buf requests; /* F: fetch, A10: after index 10, V: verify, S: self, R: rights */
    struct buf last;     /* the last request, whole */
    struct fake_connection *connections;
    size_t n_connections, n_requests;
    const char *leader;      /* what /v1/status/leader says, beside the script; NULL: nothing */
    size_t n_probes;         /* such questions */
    const char *rights;      /* what it says of a token's rights; the default: there are no ACLs */
    size_t n_open, max_open; /* connections; at most: 0 is no limit */
    size_t n_most_open;
    enum fake_refusal refusal;
    struct loop_source *source;
    int fd;
    char address[32];
};

static inline void fake_close(struct fake_connection *connection)
{
    timer_stop(&connection->later);
    loop_source_free(TAKE(connection->source));
    if (connection->fd >= 0) {
        close(connection->fd);
        connection->fake->n_open--;
    }
    connection->fd = -1;
}

static inline void fake_reset(struct fake_connection *connection)
{
    struct linger at_once = { .l_onoff = 1 };

    if (connection->fd >= 0)
        setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    fake_close(connection);
}

static inline void fake_hang_up(struct fake *fake)
{
    for (struct fake_connection *c = fake->connections; c; c = c->next)
        fake_close(c);
}

/* --- Answers -------------------------------------------------------------------------------- */

static inline void fake_add_instances(struct buf *body, int n, char version)
{
    buf_add_byte(body, '[');
    for (int i = 0; i < n; i++)
        buf_printf(body,
                   "%s{\"Node\":{\"Node\":\"n%d\",\"Address\":\"10.0.0.%d\"},\"Service\":{\"ID\":"
                   "\"w\",\"Service\":\"web\",\"Meta\":{\"version\":\"%c\"},\"Port\":80},"
                   "\"Checks\":[]}",
                   i ? "," : "", i, i, version);
    buf_add_byte(body, ']');
}

static inline void fake_add_body(struct buf *body, struct slice text)
{
    size_t at = 0;
    int n = 0;

    for (; at < text.len && text.ptr[at] >= '0' && text.ptr[at] <= '9'; at++)
        n = n * 10 + text.ptr[at] - '0';
    if (at > 0)
        fake_add_instances(body, n, text.len > at ? text.ptr[at] : '-');
    else
        buf_add(body, text);
}

static inline void fake_add_flags(struct buf *head, struct slice flags)
{
    for (size_t i = 0; i < flags.len; i++) {
        if (flags.ptr[i] == 'l')
            buf_add_string(head, "X-Consul-KnownLeader: false\r\n");
        else if (flags.ptr[i] == 'o')
            buf_add_string(head, "X-Consul-LastContact: 60000\r\n");
        else if (flags.ptr[i] == 'f')
            buf_add_string(head, "X-Consul-Results-Filtered-By-ACLs: true\r\n");
    }
}

/* "10:2a/l" */
static inline void fake_make_good(struct fake_connection *connection, struct slice word)
{
    CLEANUP(buf_fini) struct buf body = BUF_EMPTY;
    struct slice index, text = word, flags = SLICE_EMPTY;
    size_t slash = slice_find_last_byte(word, '/');

    slice_next(&text, ':', &index);
    if (slash != SLICE_NOT_FOUND) {
        flags = slice_sub(word, slash + 1, word.len);
        text = slice_sub(text, 0, text.len - flags.len - 1);
    }
    fake_add_body(&body, text);
    buf_add_string(&connection->answer, "HTTP/1.1 200 OK\r\n");
    if (!slice_is(index, "-"))
        buf_printf(&connection->answer, "X-Consul-Index: %.*s\r\n", SLICE_ARG(index));
    fake_add_flags(&connection->answer, flags);
    buf_printf(&connection->answer, "Content-Length: %zu\r\n\r\n", body.len);
    buf_add(&connection->answer, buf_slice(&body));
}

/* "429,2", "404@10" */
static inline void fake_make_error(struct fake_connection *connection, struct slice word)
{
    size_t at = slice_find_byte(word, '@'), comma = slice_find_byte(word, ',');

    buf_printf(&connection->answer, "HTTP/1.1 %.3s Odd\r\n", word.ptr);
    if (at != SLICE_NOT_FOUND)
        buf_printf(&connection->answer, "X-Consul-Index: %.*s\r\n",
                   SLICE_ARG(slice_sub(word, at + 1, word.len)));
    else if (slice_find_byte(word, '!') == SLICE_NOT_FOUND) /* as Consul's errors have it */
        buf_add_string(&connection->answer, "X-Consul-Index: 1\r\n");
    if (comma != SLICE_NOT_FOUND)
        buf_printf(&connection->answer, "Retry-After: %.*s\r\n",
                   SLICE_ARG(slice_sub(word, comma + 1, word.len)));
    if (at == SLICE_NOT_FOUND)
        buf_add_string(&connection->answer, "Content-Length: 5\r\n\r\noops\n");
    else
        buf_add_string(&connection->answer, "Content-Length: 0\r\n\r\n");
}

static inline void fake_send(void *ctx)
{
    struct fake_connection *connection = ctx;

    if (connection->fd < 0)
        return;
    if (send(connection->fd, connection->answer.ptr, connection->answer.len, MSG_NOSIGNAL) !=
        (ssize_t)connection->answer.len)
        fake_close(connection);
    buf_clear(&connection->answer);
}

/* The first bytes of what gzip makes of many zeros. */
static inline void fake_make_gzip(struct fake_connection *connection)
{
    static const char gzip[] = "\x1f\x8b\x08\0\0\0\0\0\0\x03\xed\xc1\x01\x0d";

    buf_printf(&connection->answer,
               "HTTP/1.1 200 OK\r\nX-Consul-Index: 99\r\nContent-Encoding: gzip\r\n"
               "Content-Length: %zu\r\n\r\n",
               sizeof(gzip));
    buf_add(&connection->answer, slice_of(gzip, sizeof(gzip)));
}

/* An answer that ends before its end. */
static inline void fake_cut(struct fake_connection *connection, struct slice word)
{
    const char *text = slice_is(word, "cutchunk") ? "HTTP/1.1 200 OK\r\nX-Consul-Index: 99\r\n"
                                                    "Transfer-Encoding: chunked\r\n\r\n1\r\n[\r\n"
                                                  : "HTTP/1.1 200 OK\r\nX-Consul-Index: 99\r\n"
                                                    "Content-Length: 500\r\n\r\n[";

    if (connection->fd < 0)
        return;
    assert_int_equal(send(connection->fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
    if (slice_is(word, "cutrst"))
        fake_reset(connection);
    else
        fake_close(connection);
}

static inline void fake_answer(struct fake_connection *connection, const char *text)
{
    struct slice word = slice_from(text);
    bool is_late = slice_starts_with(word, SLICE("~"));

    if (is_late)
        word = slice_sub(word, 1, word.len);
    if (slice_is(word, "hold"))
        return;
    if (slice_is(word, "x")) {
        fake_close(connection);
        return;
    }
    if (slice_is(word, "rst")) {
        fake_reset(connection);
        return;
    }
    if (slice_starts_with(word, SLICE("cut"))) {
        fake_cut(connection, word);
        return;
    }
    if (slice_is(word, "acl"))
        buf_add_string(&connection->answer, "HTTP/1.1 403 Forbidden\r\nX-Consul-Index: 1\r\n"
                                            "Content-Length: 13\r\n\r\nACL not found");
    else if (slice_is(word, "gzip"))
        fake_make_gzip(connection);
    else if (slice_is(word, "self"))
        fake_make_good(connection, SLICE("-:{\"Config\":{\"NodeName\":\"n1\"}}"));
    else if (slice_find_byte(word, ':') != SLICE_NOT_FOUND)
        fake_make_good(connection, word);
    else
        fake_make_error(connection, word);
    if (is_late) {
        timer_start_ms(&connection->later, FAKE_WAIT_MS);
        return;
    }
    fake_send(connection);
}

/* The same to all who wait. */
static inline void fake_answer_all(struct fake *fake, const char *text)
{
    for (struct fake_connection *c = fake->connections; c; c = c->next) {
        if (c->fd >= 0)
            fake_answer(c, text);
    }
}

/* --- Requests ------------------------------------------------------------------------------- */

static inline const char *fake_next_of_script(struct fake *fake, const char *path)
{
    struct slice word;

    (void)path;
    if (!slice_next(&fake->script, ' ', &word) || word.len == 0) {
        loop_quit(fake->rig->loop, 0);
        return NULL;
    }
    buf_clear(&fake->word);
    buf_add(&fake->word, word);
    return fake->word.ptr;
}

static inline void fake_note_request(struct fake *fake, const char *path)
{
    const char *index = strstr(path, "index=");

    if (strstr(path, "/v1/agent/self"))
        buf_add_string(&fake->requests, "S ");
    else if (index)
        buf_printf(&fake->requests, "A%.*s ", (int)strcspn(index + 6, "& "), index + 6);
    else
        buf_add_string(&fake->requests, strstr(path, "stale") ? "F " : "V ");
}

static inline void fake_take_request(struct fake_connection *connection)
{
    struct fake *fake = connection->fake;
    char *path = connection->path;

    buf_clear(&fake->last);
    buf_add(&fake->last, buf_slice(&connection->request));
    buf_clear(&connection->request);
    assert_int_equal(sscanf(fake->last.ptr, "%*s %511s HTTP/1.1", path), 1);
    if (strstr(path, "/v1/status/leader")) {
        fake->n_probes++;
        if (fake->leader)
            fake_answer(connection, fake->leader);
        return;
    }
    if (strstr(path, "/v1/internal/acl/authorize")) {
        buf_add_string(&fake->requests, "R ");
        fake_answer(connection, fake->rights);
        return;
    }
    fake->n_requests++;
    fake_note_request(fake, path);

    const char *word = fake->next(fake, path);

    connection->is_held = !word;
    if (word)
        fake_answer(connection, word);
}

/* The answer to one connection too many; it waits for the request where it wants to be written to.
 */
static inline void fake_refuse(struct fake_connection *connection)
{
    switch (connection->fake->refusal) {
    case FAKE_REFUSES_BY_EOF: fake_close(connection); return;
    case FAKE_REFUSES_BY_RST: fake_reset(connection); return;
    case FAKE_REFUSES_BY_429:
        fake_make_error(connection, SLICE("429"));
        fake_send(connection);
        fake_close(connection);
        return;
    }
}

/* With its body, if it is a POST. */
static inline bool fake_has_request(struct slice text)
{
    size_t end = slice_find(text, SLICE("\r\n\r\n"));
    size_t length = slice_find(text, SLICE("Content-Length: "));

    if (end == SLICE_NOT_FOUND)
        return false;
    return length == SLICE_NOT_FOUND ||
           text.len - end - 4 == strtoul(text.ptr + length + strlen("Content-Length: "), NULL, 10);
}

static inline void fake_on_ready(void *ctx, int fd, uint32_t events)
{
    struct fake_connection *connection = ctx;
    char chunk[4096];
    ssize_t n = recv(fd, chunk, sizeof(chunk), 0);

    (void)events;
    if (n <= 0) {
        fake_close(connection);
        return;
    }
    buf_add(&connection->request, slice_of(chunk, (size_t)n));
    if (fake_has_request(buf_slice(&connection->request)))
        fake_take_request(connection);
}

static inline void fake_on_connection(void *ctx, int fd, uint32_t events)
{
    struct fake *fake = ctx;
    struct fake_connection *connection = calloc(1, sizeof(*connection));

    (void)events;
    assert_non_null(connection);
    connection->fake = fake;
    connection->next = fake->connections;
    fake->connections = connection;
    fake->n_connections++;
    timer_init(&connection->later, fake->rig->loop, fake_send, connection);
    connection->fd = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    assert_true(connection->fd >= 0);
    assert_true(loop_add_io(fake->rig->loop, connection->fd, EPOLLIN, fake_on_ready, connection,
                            &connection->source, &fake->rig->err));
    fake->n_open++;
    if (fake->max_open > 0 && fake->n_open > fake->max_open)
        fake_refuse(connection);
    if (fake->n_open > fake->n_most_open)
        fake->n_most_open = fake->n_open;
}

/* --- Life ----------------------------------------------------------------------------------- */

static inline void fake_listen(struct fake *fake, in_port_t port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = port };
    int one = 1;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    fake->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    setsockopt(fake->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    assert_int_equal(bind(fake->fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fake->fd, 1024), 0);
    assert_true(loop_add_io(fake->rig->loop, fake->fd, EPOLLIN, fake_on_connection, fake,
                            &fake->source, &fake->rig->err));
}

/* On a free port of 127.0.0.1: see fake->address. */
static inline void fake_start(struct fake *fake, struct rig *rig)
{
    struct sockaddr_in address;
    socklen_t size = sizeof(address);

    *fake = (struct fake){
        .rig = rig, .next = fake_next_of_script, .leader = "-:\"10.0.0.1:8300\"", .rights = "401"
    };
    fake_listen(fake, 0);
    assert_int_equal(getsockname(fake->fd, (struct sockaddr *)&address, &size), 0);
    snprintf(fake->address, sizeof(fake->address), "127.0.0.1:%u", ntohs(address.sin_port));
}

/* No agent there any more: connections are refused. fake_revive() listens on the same port again.
 */
static inline void fake_kill(struct fake *fake)
{
    fake_hang_up(fake);
    loop_source_free(TAKE(fake->source));
    if (fake->fd >= 0)
        close(fake->fd);
    fake->fd = -1;
}

static inline void fake_revive(struct fake *fake)
{
    fake_listen(fake, htons((in_port_t)atoi(strchr(fake->address, ':') + 1)));
}

static inline void fake_stop(struct fake *fake)
{
    fake_kill(fake);
    while (fake->connections) {
        struct fake_connection *connection = fake->connections;

        fake->connections = connection->next;
        timer_fini(&connection->later);
        buf_fini(&connection->request);
        buf_fini(&connection->answer);
        free(connection);
    }
    buf_fini(&fake->word);
    buf_fini(&fake->requests);
    buf_fini(&fake->last);
}
