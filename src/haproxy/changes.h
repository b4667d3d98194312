/* SPDX-License-Identifier: MIT */
/* Which servers came, went and moved, in words: HAProxy's own log has their names alone. */
#pragma once

#include "base/buf.h"
#include "haproxy/config.h"

/* Appends "+web/a (10.0.0.1:80), web/b is 10.0.0.2:81 now (was 10.0.0.2:80), -web/c (10.0.0.3:80,
 * deregistered)", nothing if no server changed its place. At most so many are named, the others
 * counted. fate_of: what has become of one that left; NULL: that is not said. */
void changes_format(const struct haproxy_config *before, const struct haproxy_config *after,
                    const char *(*fate_of)(void *ctx, const struct haproxy_address *address),
                    void *ctx, struct buf *out);
