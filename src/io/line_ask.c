/* SPDX-License-Identifier: MIT */
/* Sends one line to a Unix socket and waits for the text that comes back. */
#include <errno.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>

#include "fd.h"
#include "io/line_server.h"
#include "unix_socket.h"

#define CHUNK_BYTES 4096

static bool set_patience(int fd, uint64_t timeout_ms, struct error *err)
{
    struct timeval patience = { .tv_sec = (time_t)(timeout_ms / 1000),
                                .tv_usec = (suseconds_t)(timeout_ms % 1000) * 1000 };

    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) < 0)
        return error_set_errno(err, "setsockopt");
    return true;
}

static bool send_all(int fd, struct slice text, struct error *err)
{
    while (text.len) {
        ssize_t n = send(fd, text.ptr, text.len, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_set_errno(err, "send");
        text = slice_sub(text, (size_t)n, text.len);
    }
    return true;
}

static bool receive_all(int fd, size_t max_bytes, struct buf *reply, struct error *err)
{
    char chunk[CHUNK_BYTES];
    size_t n_bytes = 0;

    for (;;) {
        ssize_t n = recv(fd, chunk, sizeof(chunk), 0);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return error_set(err, ERROR_UNAVAILABLE, "no answer in time");
        if (n < 0)
            return error_set_errno(err, "receive");
        if (n == 0)
            return true;
        n_bytes += (size_t)n;
        if (n_bytes > max_bytes)
            return error_set(err, ERROR_LIMIT, "an answer of more than %zu bytes, the limit",
                             max_bytes);
        buf_add(reply, slice_of(chunk, (size_t)n));
    }
}

bool line_ask(const char *folder, const char *name, struct slice line, uint64_t timeout_ms,
              size_t max_bytes, struct buf *reply, struct error *err)
{
    CLEANUP(fd_close) int fd = -1;

    return unix_socket_open(folder, name, UNIX_SOCKET_CONNECT, &fd, err) &&
           set_patience(fd, timeout_ms, err) && send_all(fd, line, err) &&
           send_all(fd, SLICE("\n"), err) && receive_all(fd, max_bytes, reply, err);
}
