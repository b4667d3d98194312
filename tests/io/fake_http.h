/* SPDX-License-Identifier: MIT */
/* A web server on the test's own loop that answers what it is told to, well or badly.
 *
 * It reads a request up to its empty line, then sends the next answer of its script; the last one
 * is used again and again. */
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "io/rig.h"

enum fake_end {
    FAKE_KEEP,  /* waits for the next request */
    FAKE_CLOSE, /* after the answer */
    FAKE_RESET, /* after the answer, with an RST */
};

struct fake_answer {
    const char *text; /* "": none */
    size_t n_bytes;   /* 0: up to its NUL */
    size_t piece;     /* bytes sent at once; 0: all */
    enum fake_end end;
    size_t hold;     /* no answer before this many requests have come */
    bool is_unasked; /* sent on accept, before anything is read; the first of a script only */
};

/* FAKE_ANSWER("text", .end = FAKE_CLOSE) */
#define FAKE_ANSWER(...)    \
    {                       \
        .text = __VA_ARGS__ \
    }

struct fake_server;

struct fake_connection {
    struct fake_server *server;
    struct fake_connection *next;
    struct loop_source *source;
    struct buf request;
    const struct fake_answer *answer; /* being sent or held back */
    size_t n_sent;
    int fd;
};

struct fake_server {
    struct rig *rig;
    const struct fake_answer *answers;
    size_t n_answers, n_requests, n_connections;
    struct fake_connection *connections; /* closed ones, too: fd is -1 */
    struct buf last_request;
    struct loop_source *source;
    int fd;
    char url[64];
};

static inline void fake_close(struct fake_connection *connection)
{
    loop_source_free(TAKE(connection->source));
    if (connection->fd >= 0)
        close(connection->fd);
    connection->fd = -1;
}

static inline void fake_reset(struct fake_connection *connection)
{
    struct linger now = { 1, 0 };

    setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    fake_close(connection);
}

static inline void fake_wait(struct fake_connection *connection, uint32_t events)
{
    assert_true(loop_set_io_events(connection->source, events, &connection->server->rig->err));
}

static inline void fake_finish(struct fake_connection *connection)
{
    enum fake_end end = connection->answer->end;

    connection->answer = NULL;
    connection->n_sent = 0;
    buf_clear(&connection->request);
    if (end == FAKE_CLOSE)
        fake_close(connection);
    else if (end == FAKE_RESET)
        fake_reset(connection);
    else
        fake_wait(connection, EPOLLIN);
}

static inline void fake_send(struct fake_connection *connection)
{
    const struct fake_answer *answer = connection->answer;
    size_t n_bytes = answer->n_bytes ? answer->n_bytes : strlen(answer->text);
    size_t left = n_bytes - connection->n_sent;
    size_t n = answer->piece && answer->piece < left ? answer->piece : left;

    if (n > 0) {
        ssize_t sent = send(connection->fd, answer->text + connection->n_sent, n, MSG_NOSIGNAL);

        if (sent < 0) { /* the client has had enough */
            fake_close(connection);
            return;
        }
        connection->n_sent += (size_t)sent;
    }
    if (connection->n_sent == n_bytes)
        fake_finish(connection);
}

/* Those that were held back and need not be any more. */
static inline void fake_release(struct fake_server *server)
{
    for (struct fake_connection *c = server->connections; c; c = c->next) {
        if (c->fd >= 0 && c->answer && server->n_requests >= c->answer->hold)
            fake_wait(c, EPOLLOUT);
    }
}

static inline void fake_receive(struct fake_connection *connection)
{
    struct fake_server *server = connection->server;
    char chunk[4096];
    ssize_t n = recv(connection->fd, chunk, sizeof(chunk), 0);

    if (n <= 0) {
        fake_close(connection);
        return;
    }
    buf_add(&connection->request, slice_of(chunk, (size_t)n));
    if (slice_find(buf_slice(&connection->request), SLICE("\r\n\r\n")) == SLICE_NOT_FOUND)
        return;

    size_t index =
        server->n_requests < server->n_answers ? server->n_requests : server->n_answers - 1;

    server->n_requests++;
    buf_clear(&server->last_request);
    buf_add(&server->last_request, buf_slice(&connection->request));
    connection->answer = &server->answers[index];
    fake_wait(connection, 0);
    fake_release(server);
}

static inline void fake_on_ready(void *ctx, int fd, uint32_t events)
{
    struct fake_connection *connection = ctx;

    (void)fd;
    if (events & EPOLLOUT)
        fake_send(connection);
    else if (events & EPOLLIN)
        fake_receive(connection);
    else
        fake_close(connection);
}

static inline void fake_on_connection(void *ctx, int fd, uint32_t events)
{
    struct fake_server *server = ctx;
    struct fake_connection *connection = calloc(1, sizeof(*connection));
    int one = 1;

    (void)events;
    connection->server = server;
    connection->next = server->connections;
    server->connections = connection;
    server->n_connections++;
    connection->fd = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    assert_true(connection->fd >= 0);
    setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    assert_true(loop_add_io(server->rig->loop, connection->fd, EPOLLIN, fake_on_ready, connection,
                            &connection->source, &server->rig->err));
    if (server->answers[0].is_unasked) {
        connection->answer = &server->answers[0];
        fake_wait(connection, EPOLLOUT);
    }
}

static inline void fake_listen(struct fake_server *server, struct rig *rig,
                               const struct sockaddr *address, socklen_t size)
{
    server->rig = rig;
    server->fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(server->fd, address, size), 0);
    assert_int_equal(listen(server->fd, 1024), 0);
    assert_true(loop_add_io(rig->loop, server->fd, EPOLLIN, fake_on_connection, server,
                            &server->source, &rig->err));
}

/* On a free port of 127.0.0.1: see server->url. */
static inline void fake_start(struct fake_server *server, struct rig *rig,
                              const struct fake_answer *answers, size_t n_answers)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t size = sizeof(address);

    *server = (struct fake_server){ .answers = answers, .n_answers = n_answers };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    fake_listen(server, rig, (struct sockaddr *)&address, size);
    assert_int_equal(getsockname(server->fd, (struct sockaddr *)&address, &size), 0);
    snprintf(server->url, sizeof(server->url), "http://127.0.0.1:%u", ntohs(address.sin_port));
}

static inline void fake_start_unix(struct fake_server *server, struct rig *rig, const char *path,
                                   const struct fake_answer *answers, size_t n_answers)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };

    *server = (struct fake_server){ .answers = answers, .n_answers = n_answers };
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    fake_listen(server, rig, (struct sockaddr *)&address, sizeof(address));
}

/* Hangs up on all clients, whatever they are doing; goes on accepting. */
static inline void fake_hang_up(struct fake_server *server)
{
    for (struct fake_connection *c = server->connections; c; c = c->next)
        fake_close(c);
}

static inline size_t fake_count_open(const struct fake_server *server)
{
    size_t n = 0;

    for (const struct fake_connection *c = server->connections; c; c = c->next)
        n += c->fd >= 0;
    return n;
}

static inline void fake_stop(struct fake_server *server)
{
    fake_hang_up(server);
    while (server->connections) {
        struct fake_connection *connection = server->connections;

        server->connections = connection->next;
        buf_fini(&connection->request);
        free(connection);
    }
    loop_source_free(TAKE(server->source));
    if (server->fd >= 0)
        close(server->fd);
    server->fd = -1;
    buf_fini(&server->last_request);
}
