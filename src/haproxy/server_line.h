/* SPDX-License-Identifier: MIT */
/* What one server line says, with the default-server lines before it. */
#pragma once

#include "haproxy/config.h"
#include "haproxy/quote.h"

/* A server of which nothing is said. */
void server_line_init(struct haproxy_server *server);
/* Adds a default-server line to what is said of every server that follows. */
void server_line_add_defaults(struct haproxy_server *defaults, const struct quote_line *line,
                              struct arena *arena);
/* A server line with at least a name and an address. */
void server_line_read(struct haproxy_server *server, const struct haproxy_server *defaults,
                      const struct quote_line *line, struct arena *arena);
/* A server-template line; false if it is none that we understand. */
MUST_CHECK bool server_line_read_template(const struct quote_line *line,
                                          struct haproxy_template *ret_template);

/* A server as one line of its own, with all that applies to it, and back. If that is more than one
 * line can say, or not known to us, it gets the unknown keyword '?'. */
void server_line_write(const struct haproxy_server *server, struct buf *out);
MUST_CHECK bool server_line_parse(struct slice line, struct arena *arena,
                                  struct haproxy_server *ret_server);
