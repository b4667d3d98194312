/* SPDX-License-Identifier: MIT */
/* Whether two proxies have the same servers. */
#pragma once

#include "haproxy/config.h"

/* The same lines in the same order, with the same default-server before them. */
bool servers_are_same(const struct haproxy_proxy *a, const struct haproxy_proxy *b);
/* The same names in the same order. */
bool servers_have_same_order(const struct haproxy_proxy *a, const struct haproxy_proxy *b);
/* The same address and keywords, and the same default-server before it, word by word. */
bool server_is_same(const struct haproxy_server *a, const struct haproxy_server *b);
/* The same behind their addresses; what a default-server says does not count. */
bool server_has_same_words(const struct haproxy_server *a, const struct haproxy_server *b);
