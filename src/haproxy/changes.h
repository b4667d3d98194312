/* SPDX-License-Identifier: MIT */
/* Which servers came, went and moved, in words: HAProxy's own log has their names alone. */
#pragma once

#include "base/buf.h"
#include "haproxy/config.h"

/* Appends "+web/a (10.0.0.1:80, registered), web/b is 10.0.0.2:80 now (registered; was 10.0.0.2:81,
 * deregistered), -web/c (10.0.0.3:80, critical)", nothing if no server changed its place. At most
 * so many are named, the others counted. cause_of: see haproxy/driver.h. */
void changes_format(const struct haproxy_config *before, const struct haproxy_config *after,
                    const char *(*cause_of)(void *ctx, const struct haproxy_address *address,
                                            bool has_come),
                    void *ctx, struct buf *out);
