/* SPDX-License-Identifier: MIT */
/* What names servers from elsewhere: such a server must keep its name and cannot be deleted. */
#pragma once

#include "haproxy/config.h"
#include "haproxy/quote.h"

/* Finds use-server and fetches like srv_is_up(PROXY/SERVER) in a line of a section; `proxy` is the
 * section's name, for servers that are named without one. */
void reference_find(struct haproxy_config *config, const struct quote_line *line,
                    struct slice proxy, struct haproxy_place place);
/* Notes that `target`, [PROXY/]SERVER, is named; `proxy` as above. */
void reference_add(struct haproxy_config *config, struct slice target, struct slice proxy,
                   const char *by, struct haproxy_place place);
