/* SPDX-License-Identifier: MIT */
/* A client's connection: made, written to, read from, ended. */
#include "io/stream.h"

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/memory.h"
#include "fd.h"
#include "io/timer.h"

#define CHUNK_BYTES  65536
#define PREFIX       "unix@"
#define PREFIX_BYTES (sizeof(PREFIX) - 1)
/* A Unix socket whose queue is full refuses with EAGAIN, and never tells when there is room. */
#define BUSY_MS 20

/*   CONNECTING ---> OPEN ---> ENDED
 *     '   '------------------^        FAILED: told on the next turn, then ENDED
 *     '-- BUSY (tries again)                                                          */
enum stream_state {
    STREAM_BUSY,
    STREAM_CONNECTING,
    STREAM_OPEN,
    STREAM_FAILED,
    STREAM_ENDED,
};

struct stream {
    struct loop *loop;
    struct stream_handler handler;
    void *ctx;
    enum stream_state state;
    struct sockaddr_storage address;
    socklen_t address_len;
    int fd;
    struct loop_source *source;
    struct timer timer; /* BUSY, FAILED */
    struct timer deadline;
    struct buf output; /* what has not left yet */
    size_t n_sent;     /* of it */
    bool is_finished;  /* nothing follows it */
    struct error err;  /* FAILED */
};

static void stream_close(struct stream *stream)
{
    loop_source_free(TAKE(stream->source));
    fd_close(&stream->fd);
}

static void stream_enter(struct stream *stream, enum stream_state next)
{
    stream->state = next;

    switch (next) {
    case STREAM_BUSY:
        stream_close(stream);
        timer_start_ms(&stream->timer, BUSY_MS);
        return;
    case STREAM_CONNECTING:
    case STREAM_OPEN: return;
    case STREAM_FAILED:
        stream_close(stream);
        timer_start_ms(&stream->timer, 0);
        return;
    case STREAM_ENDED:
        stream_close(stream);
        timer_stop(&stream->timer);
        timer_stop(&stream->deadline);
        return;
    }
}

/* The last thing that happens to a stream: the handler may free it. */
static void stream_end(struct stream *stream, const struct error *err)
{
    struct error copy = *err;

    stream_enter(stream, STREAM_ENDED);
    stream->handler.on_end(stream->ctx, &copy);
}

static void stream_end_errno(struct stream *stream, int sys_errno, const char *what)
{
    struct error err = ERROR_EMPTY;

    errno = sys_errno;
    error_set_errno(&err, "%s", what);
    stream_end(stream, &err);
}

/* --- Data ------------------------------------------------------------------------------------ */

/* Waiting for room only while there is something to send. */
static bool stream_wait(struct stream *stream, struct error *err)
{
    bool has_more = stream->state == STREAM_CONNECTING || stream->n_sent < stream->output.len;

    return loop_set_io_events(stream->source, has_more ? EPOLLIN | EPOLLOUT : EPOLLIN, err);
}

/* False: the stream has ended. */
static bool stream_flush(struct stream *stream)
{
    struct error err = ERROR_EMPTY;

    while (stream->n_sent < stream->output.len) {
        ssize_t n = send(stream->fd, stream->output.ptr + stream->n_sent,
                         stream->output.len - stream->n_sent, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            break;
        /* A peer that closes may have answered before: that is read first. */
        if (n < 0 && errno == EPIPE) {
            stream->n_sent = stream->output.len;
            break;
        }
        if (n < 0) {
            stream_end_errno(stream, errno, "send");
            return false;
        }
        stream->n_sent += (size_t)n;
    }
    if (stream->n_sent == stream->output.len) {
        buf_clear(&stream->output);
        stream->n_sent = 0;
        if (stream->is_finished)
            shutdown(stream->fd, SHUT_WR); /* fails if the peer is gone, which is read next */
    }
    if (!stream_wait(stream, &err)) {
        stream_end(stream, &err);
        return false;
    }
    return true;
}

static void stream_read(struct stream *stream)
{
    char chunk[CHUNK_BYTES];
    ssize_t n = recv(stream->fd, chunk, sizeof(chunk), 0);
    struct error none = ERROR_EMPTY;

    if (n < 0) {
        if (errno != EINTR && errno != EAGAIN)
            stream_end_errno(stream, errno, "receive");
        return;
    }
    if (n == 0)
        stream_end(stream, &none);
    else if (stream->handler.on_data)
        stream->handler.on_data(stream->ctx, slice_of(chunk, (size_t)n));
}

static void stream_on_connected(struct stream *stream)
{
    int sys_errno = 0;
    socklen_t len = sizeof(sys_errno);

    if (getsockopt(stream->fd, SOL_SOCKET, SO_ERROR, &sys_errno, &len) < 0)
        sys_errno = errno;
    if (sys_errno != 0) {
        stream_end_errno(stream, sys_errno, "connect");
        return;
    }
    stream_enter(stream, STREAM_OPEN);
    if (stream_flush(stream) && stream->handler.on_open)
        stream->handler.on_open(stream->ctx);
}

static void stream_on_io(void *ctx, int fd, uint32_t events)
{
    struct stream *stream = ctx;

    (void)fd;
    if (stream->state == STREAM_CONNECTING)
        stream_on_connected(stream);
    else if ((!(events & EPOLLOUT) || stream_flush(stream)) &&
             events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        stream_read(stream);
}

/* --- Connecting ------------------------------------------------------------------------------ */

static bool find_unix(struct stream *stream, const char *path, struct error *err)
{
    struct sockaddr_un *address = (struct sockaddr_un *)&stream->address;
    size_t len = strlen(path);

    if (len >= sizeof(address->sun_path))
        return error_set(err, ERROR_LIMIT, "a socket's path has at most %zu bytes",
                         sizeof(address->sun_path) - 1);
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path, path, len + 1);
    stream->address_len = sizeof(*address);
    return true;
}

/* "127.0.0.1:80", "[::1]:80": no name, so nobody is asked. */
static bool find_ip(struct stream *stream, const char *target, struct error *err)
{
    static const struct addrinfo hints = {
        .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
        .ai_socktype = SOCK_STREAM,
    };
    struct slice text = slice_from(target);
    size_t colon = slice_find_last_byte(text, ':');
    struct slice host = slice_sub(text, 0, colon);
    struct addrinfo *found = NULL;

    if (host.len > 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']')
        host = slice_sub(host, 1, host.len - 1);

    char *name = slice_to_string(host);
    int r = colon == SLICE_NOT_FOUND ? EAI_NONAME
                                     : getaddrinfo(name, target + colon + 1, &hints, &found);

    free(name);
    if (r != 0)
        return error_set(err, ERROR_INVALID, "'%s' is neither a path nor an IP with a port",
                         target);
    memcpy(&stream->address, found->ai_addr, found->ai_addrlen);
    stream->address_len = found->ai_addrlen;
    freeaddrinfo(found);
    return true;
}

static bool stream_connect(struct stream *stream, struct error *err)
{
    int type = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;

    stream->fd = socket(stream->address.ss_family, type, 0);
    if (stream->fd < 0)
        return error_set_errno(err, "socket");
    if (connect(stream->fd, (struct sockaddr *)&stream->address, stream->address_len) < 0) {
        if (errno == EAGAIN) {
            stream_enter(stream, STREAM_BUSY);
            return true;
        }
        if (errno != EINPROGRESS && errno != EINTR)
            return error_set_errno(err, "connect");
    }
    if (!loop_add_io(stream->loop, stream->fd, EPOLLOUT, stream_on_io, stream, &stream->source,
                     err))
        return false;
    stream_enter(stream, STREAM_CONNECTING);
    return true;
}

static void stream_begin(struct stream *stream)
{
    if (!stream_connect(stream, &stream->err))
        stream_enter(stream, STREAM_FAILED);
}

static void stream_on_timer(void *ctx)
{
    struct stream *stream = ctx;

    if (stream->state == STREAM_BUSY)
        stream_begin(stream);
    else
        stream_end(stream, &stream->err);
}

static void stream_on_deadline(void *ctx)
{
    struct error err = ERROR_EMPTY;

    error_set(&err, ERROR_UNAVAILABLE, "no answer in time");
    stream_end(ctx, &err);
}

static bool stream_find(struct stream *stream, const char *target, struct error *err)
{
    if (strncmp(target, PREFIX, PREFIX_BYTES) == 0)
        return find_unix(stream, target + PREFIX_BYTES, err);
    return target[0] == '/' ? find_unix(stream, target, err) : find_ip(stream, target, err);
}

struct stream *stream_open(struct loop *loop, const char *target,
                           const struct stream_handler *handler, void *ctx)
{
    struct stream *stream = NEW(struct stream);

    stream->loop = loop;
    stream->handler = *handler;
    stream->ctx = ctx;
    stream->fd = -1;
    timer_init(&stream->timer, loop, stream_on_timer, stream);
    timer_init(&stream->deadline, loop, stream_on_deadline, stream);
    if (stream_find(stream, target, &stream->err))
        stream_begin(stream);
    else
        stream_enter(stream, STREAM_FAILED);
    return stream;
}

void stream_send(struct stream *stream, struct slice text)
{
    struct error err = ERROR_EMPTY;

    buf_add(&stream->output, text);
    if (stream->state == STREAM_OPEN && !stream_wait(stream, &err)) {
        stream->err = err;
        stream_enter(stream, STREAM_FAILED);
    }
}

void stream_finish(struct stream *stream)
{
    stream->is_finished = true;
    if (stream->state == STREAM_OPEN && stream->output.len == 0)
        shutdown(stream->fd, SHUT_WR);
}

void stream_set_deadline_ms(struct stream *stream, uint64_t delay_ms)
{
    if (stream->state == STREAM_ENDED || delay_ms == 0)
        timer_stop(&stream->deadline);
    else
        timer_start_ms(&stream->deadline, delay_ms);
}

void stream_free(struct stream *stream)
{
    if (!stream)
        return;
    stream_close(stream);
    timer_fini(&stream->timer);
    timer_fini(&stream->deadline);
    buf_fini(&stream->output);
    free(stream);
}
