/* SPDX-License-Identifier: MIT */
/* Lines to syslog: syslog(3) itself may wait for a reader that is stuck. */
#include "io/syslog.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/memory.h"
#include "fd.h"

struct syslog_writer {
    char *path, *name;
    int facility;
    int fd; /* -1: not connected */
};

struct syslog_writer *syslog_writer_new(const char *path, int facility, const char *name)
{
    struct syslog_writer *writer = NEW(struct syslog_writer);

    writer->path = memory_copy_string(path);
    writer->name = memory_copy_string(name);
    writer->facility = facility;
    writer->fd = -1;
    return writer;
}

void syslog_writer_free(struct syslog_writer *writer)
{
    if (!writer)
        return;
    fd_close(&writer->fd);
    free(writer->path);
    free(writer->name);
    free(writer);
}

static bool writer_connect(struct syslog_writer *writer)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    size_t len = strlen(writer->path);

    if (len >= sizeof(address.sun_path))
        return false;
    memcpy(address.sun_path, writer->path, len);
    writer->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (writer->fd < 0)
        return false;
    if (connect(writer->fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
        return true;
    fd_close(&writer->fd);
    return false;
}

/* A syslog that has been started anew has another socket: the second attempt finds it. */
static bool writer_send(struct syslog_writer *writer, struct slice datagram)
{
    for (int attempt = 0; attempt < 2; attempt++) {
        if (writer->fd < 0 && !writer_connect(writer))
            return false;
        if (send(writer->fd, datagram.ptr, datagram.len, MSG_NOSIGNAL) >= 0)
            return true;
        if (errno == EAGAIN || errno == EMSGSIZE || errno == ENOBUFS)
            return false;
        fd_close(&writer->fd);
    }
    return false;
}

/* RFC 3164's form, which every syslog on a local socket takes. */
static void add_header(const struct syslog_writer *writer, enum log_level level, struct buf *out)
{
    static const int severities[] = { 7, 7, 6, 4, 3 };
    time_t now = time(NULL);
    char when[32];
    struct tm tm;

    localtime_r(&now, &tm);
    strftime(when, sizeof(when), "%b %e %H:%M:%S", &tm);
    buf_printf(out, "<%d>%s %s[%ld]: ", writer->facility | severities[level], when, writer->name,
               (long)getpid());
}

/* Control bytes would begin lines of their own in a file. */
static void add_visible(struct buf *out, struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.ptr[i];

        buf_add_byte(out, (byte < 0x20 && byte != '\t') || byte == 0x7f ? '?' : (char)byte);
    }
}

void syslog_write(void *ctx, enum log_level level, struct slice line)
{
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;
    struct syslog_writer *writer = ctx;

    add_header(writer, level, &text);
    add_visible(&text, line);
    if (writer_send(writer, buf_slice(&text)))
        return;
    buf_add_byte(&text, '\n');

    ssize_t written = write(STDERR_FILENO, text.ptr, text.len);

    (void)written; /* nowhere left to say it */
}
