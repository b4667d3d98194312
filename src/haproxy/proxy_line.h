/* SPDX-License-Identifier: MIT */
/* The lines of a proxy that decide how its servers can be changed, and how proxies inherit them. */
#pragma once

#include "haproxy/config.h"
#include "haproxy/quote.h"

/* What `defaults` sections hand on. */
struct proxy_settings {
    enum haproxy_mode mode;
    struct slice balance; /* the algorithm */
    bool is_consistent, is_disabled, has_cookie, is_cookie_dynamic, has_fullconn;
    bool loads_state;
    struct slice fixed;
    struct haproxy_server server; /* what default-server says */
};

void proxy_settings_init(struct proxy_settings *settings);
void proxy_settings_apply(const struct proxy_settings *settings, struct haproxy_proxy *proxy);

struct proxy_line {
    const struct quote_line *line;
    struct proxy_settings *settings;
    struct haproxy_proxy *proxy; /* NULL in `defaults` */
    size_t *cap_templates;
    struct arena *arena;
};

/* Whether the line is one of them. */
bool proxy_line_matters(struct slice keyword);
void proxy_line_read(const struct proxy_line *line);
