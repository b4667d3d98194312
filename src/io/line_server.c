/* SPDX-License-Identifier: MIT */
/* A Unix socket where a client sends one line and gets a text back. */
#include "io/line_server.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/memory.h"
#include "fd.h"
#include "io/timer.h"
#include "unix_socket.h"

#define MAX_CLIENTS     8 /* others wait in the backlog */
#define CLIENT_PATIENCE 5000
#define CHUNK_BYTES     512

/* One client: it sends its line, then it is sent the reply, then it is gone. */
struct client {
    struct line_server *server;
    struct client *next;
    int fd;
    struct loop_source *source;
    struct timer patience;
    struct buf line, reply;
    size_t n_sent;
};

struct line_server {
    struct loop *loop;
    line_server_fn fn;
    void *ctx;
    char *folder, *name;
    int fd;
    struct loop_source *source;
    struct client *clients;
    size_t n_clients;
};

static void server_listen(struct line_server *server)
{
    struct error err;

    if (!loop_set_io_events(server->source, server->n_clients < MAX_CLIENTS ? EPOLLIN : 0, &err))
        log_err("socket '%s/%s': %s", server->folder, server->name, err.text);
}

static void client_free(struct client *client)
{
    loop_source_free(client->source);
    timer_fini(&client->patience);
    fd_close(&client->fd);
    buf_fini(&client->line);
    buf_fini(&client->reply);
    free(client);
}

static void client_leave(struct client *client)
{
    struct line_server *server = client->server;
    struct client **place = &server->clients;

    while (*place != client)
        place = &(*place)->next;
    *place = client->next;
    server->n_clients--;
    client_free(client);
    server_listen(server);
}

static void client_on_patience(void *ctx)
{
    client_leave(ctx);
}

static void client_send(struct client *client)
{
    struct slice rest = slice_sub(buf_slice(&client->reply), client->n_sent, client->reply.len);
    ssize_t n = send(client->fd, rest.ptr, rest.len, MSG_NOSIGNAL);

    if (n > 0)
        client->n_sent += (size_t)n;
    if (client->n_sent == client->reply.len || (n < 0 && errno != EAGAIN && errno != EINTR))
        client_leave(client);
}

static void client_answer(struct client *client, struct slice line)
{
    struct line_server *server = client->server;
    struct error err;

    server->fn(server->ctx, line, &client->reply);
    if (!loop_set_io_events(client->source, EPOLLOUT, &err))
        client_leave(client);
}

/* A line without an end, because the client has shut its side, is a line. */
static void client_receive(struct client *client)
{
    char chunk[CHUNK_BYTES];
    ssize_t n = recv(client->fd, chunk, sizeof(chunk), 0);

    if (n < 0) {
        if (errno != EAGAIN && errno != EINTR)
            client_leave(client);
        return;
    }
    buf_add(&client->line, slice_of(chunk, (size_t)n));

    struct slice line = buf_slice(&client->line);
    size_t end = slice_find_byte(line, '\n');

    if ((end == SLICE_NOT_FOUND && line.len > LIMIT_CONTROL_LINE_BYTES) ||
        (n == 0 && line.len == 0))
        client_leave(client);
    else if (end != SLICE_NOT_FOUND || n == 0)
        client_answer(client, slice_sub(line, 0, end));
}

static void client_on_io(void *ctx, int fd, uint32_t events)
{
    struct client *client = ctx;

    (void)fd;
    if (events & EPOLLOUT)
        client_send(client);
    else if (events & EPOLLIN)
        client_receive(client);
    else
        client_leave(client);
}

static void server_on_client(void *ctx, int fd, uint32_t events)
{
    struct line_server *server = ctx;
    struct client *client;
    struct error err;

    (void)events;
    fd = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0)
        return; /* it is gone already, or we have no descriptor: the next turn tries again */
    client = NEW(struct client);
    client->server = server;
    client->fd = fd;
    timer_init(&client->patience, server->loop, client_on_patience, client);
    if (!loop_add_io(server->loop, fd, EPOLLIN, client_on_io, client, &client->source, &err)) {
        client_free(client);
        return;
    }
    timer_start_ms(&client->patience, CLIENT_PATIENCE);
    client->next = server->clients;
    server->clients = client;
    server->n_clients++;
    server_listen(server);
}

bool line_server_new(struct loop *loop, const char *folder, const char *name, line_server_fn fn,
                     void *ctx, struct line_server **ret_server, struct error *err)
{
    CLEANUP(line_server_freep) struct line_server *server = NEW(struct line_server);

    server->loop = loop;
    server->fn = fn;
    server->ctx = ctx;
    server->fd = -1;
    server->folder = memory_copy_string(folder);
    server->name = memory_copy_string(name);
    if (!unix_socket_open(folder, name, UNIX_SOCKET_LISTEN, &server->fd, err) ||
        !loop_add_io(loop, server->fd, EPOLLIN, server_on_client, server, &server->source, err))
        return error_wrap(err, "socket '%s/%s'", folder, name);
    *ret_server = TAKE(server);
    return true;
}

void line_server_free(struct line_server *server)
{
    if (!server)
        return;
    while (server->clients) {
        struct client *client = server->clients;

        server->clients = client->next;
        client_free(client);
    }
    loop_source_free(server->source);
    if (server->fd >= 0)
        unix_socket_remove(server->folder, server->name);
    fd_close(&server->fd);
    free(server->folder);
    free(server->name);
    free(server);
}
