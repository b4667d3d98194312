/* SPDX-License-Identifier: MIT */
/* Connections that a configuration promises and that HAProxy's limit of open files does not allow:
 * its check accepts that, and it does not start. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "haproxy/config.h"

/* `pid`: of a HAProxy whose limit the next one inherits. False where nothing is known. */
bool fd_limit_is_too_low(const struct haproxy_config *config, uint64_t pid, struct buf *ret_why);
