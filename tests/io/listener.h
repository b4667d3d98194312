/* SPDX-License-Identifier: MIT */
/* A server on a Unix socket, in the test's own loop: one connection at a time, which does what the
 * test says with each piece that arrives. */
#pragma once

#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/memory.h"
#include "own_folder.h"
#include "rig.h"

struct listener {
    struct rig *rig;
    struct folder folder;
    char path[128];
    int listen_fd, fd;
    struct loop_source *listen_source, *source;
    unsigned n_connections;
    size_t n_bytes; /* that arrived */
    void (*on_data)(struct listener *listener, struct slice piece);
    void *ctx;
};

static inline void listener_hang_up(struct listener *listener)
{
    loop_source_free(TAKE(listener->source));
    if (listener->fd >= 0)
        close(listener->fd);
    listener->fd = -1;
}

static inline void listener_send(struct listener *listener, struct slice text)
{
    assert_int_equal(send(listener->fd, text.ptr, text.len, MSG_NOSIGNAL), text.len);
}

static inline void listener_on_io(void *ctx, int fd, uint32_t events)
{
    struct listener *listener = ctx;
    char chunk[65536];
    ssize_t n = recv(fd, chunk, sizeof(chunk), MSG_DONTWAIT);

    (void)events;
    if (n <= 0) {
        listener_hang_up(listener);
        return;
    }
    listener->n_bytes += (size_t)n;
    listener->on_data(listener, slice_of(chunk, (size_t)n));
}

static inline void listener_on_connection(void *ctx, int fd, uint32_t events)
{
    struct listener *listener = ctx;

    (void)events;
    listener_hang_up(listener);
    listener->n_connections++;
    listener->fd = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
    assert_true(listener->fd >= 0);
    assert_true(loop_add_io(listener->rig->loop, listener->fd, EPOLLIN, listener_on_io, listener,
                            &listener->source, &listener->rig->err));
}

static inline void listener_start(struct listener *listener, struct rig *rig,
                                  void (*on_data)(struct listener *, struct slice), void *ctx)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };

    *listener = (struct listener){ .rig = rig, .fd = -1, .on_data = on_data, .ctx = ctx };
    folder_init(&listener->folder);
    snprintf(listener->path, sizeof(listener->path), "%s/socket", listener->folder.path);
    memcpy(address.sun_path, listener->path, strlen(listener->path) + 1);
    listener->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener->listen_fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(listener->listen_fd, 0), 0);
    assert_true(loop_add_io(rig->loop, listener->listen_fd, EPOLLIN, listener_on_connection,
                            listener, &listener->listen_source, &rig->err));
}

static inline void listener_stop(struct listener *listener)
{
    listener_hang_up(listener);
    loop_source_free(listener->listen_source);
    close(listener->listen_fd);
    folder_fini(&listener->folder);
}
