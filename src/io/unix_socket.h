/* SPDX-License-Identifier: MIT */
/* Unix sockets by folder and name: a path in struct sockaddr_un holds 107 bytes, ours may be
 * longer.
 */
#pragma once

#include <stdbool.h>

#include "base/cleanup.h"
#include "base/error.h"

enum unix_socket_use { UNIX_SOCKET_LISTEN, UNIX_SOCKET_CONNECT };

/* A stream socket, close-on-exec; one that listens does not block and has the mode 0600.
 * ERROR_INVALID: another process listens there. */
MUST_CHECK bool unix_socket_open(const char *folder, const char *name, enum unix_socket_use use,
                                 int *ret_fd, struct error *err);
/* Removes the name. */
void unix_socket_remove(const char *folder, const char *name);
