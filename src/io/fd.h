/* SPDX-License-Identifier: MIT */
/* Descriptors that belong to a scope. */
#pragma once

#include <unistd.h>

#include "base/cleanup.h"

/* For CLEANUP: nothing to do for -1. */
static inline void fd_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* The descriptor, which the variable gives up. */
static inline int fd_take(int *fd)
{
    int taken = *fd;

    *fd = -1;
    return taken;
}
