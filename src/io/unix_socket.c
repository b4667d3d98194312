/* SPDX-License-Identifier: MIT */
/* Unix sockets by folder and name. */
#include "unix_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "fd.h"

#define BACKLOG 16

/* The kernel follows the descriptor to the folder, however long its path is. */
static bool make_address(int folder_fd, const char *name, struct sockaddr_un *ret_address,
                         struct error *err)
{
    int n;

    *ret_address = (struct sockaddr_un){ .sun_family = AF_UNIX };
    n = snprintf(ret_address->sun_path, sizeof(ret_address->sun_path), "/proc/self/fd/%d/%s",
                 folder_fd, name);
    if (n < 0 || (size_t)n >= sizeof(ret_address->sun_path))
        return error_set(err, ERROR_LIMIT, "the name of the socket '%s' is too long", name);
    return true;
}

static bool connect_to(int fd, const struct sockaddr_un *address, struct error *err)
{
    if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0)
        return error_set_errno(err, "connect");
    return true;
}

/* A socket that nobody listens to is a dead process's. */
static bool remove_dead(int folder_fd, const char *name, const struct sockaddr_un *address,
                        struct error *err)
{
    CLEANUP(fd_close) int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct error own = ERROR_EMPTY;

    if (probe < 0)
        return error_set_errno(err, "socket");
    if (connect_to(probe, address, &own) || own.sys_errno == EAGAIN)
        return error_set(err, ERROR_INVALID, "another process listens there");
    if (own.sys_errno == ECONNREFUSED && unlinkat(folder_fd, name, 0) < 0 && errno != ENOENT)
        return error_set_errno(err, "remove the socket of a dead process");
    return true;
}

/* The mode of an unbound socket becomes that of its name: at no time may others connect. */
static bool listen_at(int fd, int folder_fd, const char *name, const struct sockaddr_un *address,
                      struct error *err)
{
    if (!remove_dead(folder_fd, name, address, err))
        return false;
    if (fchmod(fd, 0600) < 0)
        return error_set_errno(err, "fchmod");
    if (bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0)
        return error_set_errno(err, "bind");
    if (listen(fd, BACKLOG) < 0)
        return error_set_errno(err, "listen");
    return true;
}

bool unix_socket_open(const char *folder, const char *name, enum unix_socket_use use, int *ret_fd,
                      struct error *err)
{
    CLEANUP(fd_close) int folder_fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    CLEANUP(fd_close) int fd = -1;
    struct sockaddr_un address;
    bool is_ok = false;

    if (folder_fd < 0)
        return error_set_errno(err, "folder '%s'", folder);
    fd = socket(AF_UNIX,
                SOCK_STREAM | SOCK_CLOEXEC | (use == UNIX_SOCKET_LISTEN ? SOCK_NONBLOCK : 0), 0);
    if (fd < 0)
        return error_set_errno(err, "socket");
    if (!make_address(folder_fd, name, &address, err))
        return false;
    switch (use) {
    case UNIX_SOCKET_LISTEN: is_ok = listen_at(fd, folder_fd, name, &address, err); break;
    case UNIX_SOCKET_CONNECT: is_ok = connect_to(fd, &address, err); break;
    }
    if (is_ok)
        *ret_fd = fd_take(&fd);
    return is_ok;
}

void unix_socket_remove(const char *folder, const char *name)
{
    CLEANUP(fd_close) int folder_fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);

    if (folder_fd >= 0)
        unlinkat(folder_fd, name, 0);
}
