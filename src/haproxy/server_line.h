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
