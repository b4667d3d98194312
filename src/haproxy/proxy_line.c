/* SPDX-License-Identifier: MIT */
/* Reads the lines of a proxy that decide how its servers can be changed. */
#include "proxy_line.h"

#include "base/memory.h"
#include "server_line.h"

void proxy_settings_init(struct proxy_settings *settings)
{
    *settings = (struct proxy_settings){ .mode = HAPROXY_TCP, .balance = SLICE("roundrobin") };
    server_line_init(&settings->server);
}

static enum haproxy_balance balance_kind(struct slice algorithm)
{
    static const struct {
        const char *name;
        enum haproxy_balance kind;
    } algorithms[] = {
        { "roundrobin", HAPROXY_BALANCE_DYNAMIC }, { "leastconn", HAPROXY_BALANCE_DYNAMIC },
        { "random", HAPROXY_BALANCE_DYNAMIC },     { "first", HAPROXY_BALANCE_FIRST },
        { "static-rr", HAPROXY_BALANCE_STATIC },   { "source", HAPROXY_BALANCE_HASH },
        { "uri", HAPROXY_BALANCE_HASH },           { "url_param", HAPROXY_BALANCE_HASH },
        { "hdr", HAPROXY_BALANCE_HASH },           { "rdp-cookie", HAPROXY_BALANCE_HASH },
        { "hash", HAPROXY_BALANCE_HASH },
    };

    for (size_t i = 0; i < ARRAY_SIZE(algorithms); i++) {
        if (slice_is(algorithm, algorithms[i].name))
            return algorithms[i].kind;
    }
    return HAPROXY_BALANCE_OTHER;
}

void proxy_settings_apply(const struct proxy_settings *settings, struct haproxy_proxy *proxy)
{
    proxy->mode = settings->mode;
    proxy->balance = balance_kind(settings->balance);
    proxy->is_consistent = settings->is_consistent;
    proxy->is_disabled = settings->is_disabled;
    proxy->has_cookie = settings->has_cookie;
    proxy->is_cookie_dynamic = settings->is_cookie_dynamic;
    proxy->has_fullconn = settings->has_fullconn;
    if (proxy->fixed.len == 0)
        proxy->fixed = settings->fixed;
    if (proxy->fixed.len == 0 && settings->loads_state)
        proxy->fixed = SLICE("load-server-state-from-file");
}

static struct slice line_word(const struct proxy_line *line, size_t i)
{
    return i < line->line->n_words ? line->line->words[i].text : SLICE_EMPTY;
}

static void read_mode(const struct proxy_line *line)
{
    struct slice mode = line_word(line, 1);

    line->settings->mode = slice_is(mode, "tcp")    ? HAPROXY_TCP
                           : slice_is(mode, "http") ? HAPROXY_HTTP
                                                    : HAPROXY_OTHER_MODE;
}

static void read_balance(const struct proxy_line *line)
{
    struct slice word = line_word(line, 1);

    line->settings->balance = slice_sub(word, 0, slice_find_byte(word, '('));
}

static void read_hash_type(const struct proxy_line *line)
{
    line->settings->is_consistent = slice_is(line_word(line, 1), "consistent");
}

static void read_cookie(const struct proxy_line *line)
{
    line->settings->has_cookie = true;
    line->settings->is_cookie_dynamic = false;
    for (size_t i = 2; i < line->line->n_words; i++) {
        if (slice_is(line_word(line, i), "dynamic"))
            line->settings->is_cookie_dynamic = true;
    }
}

static void read_fullconn(const struct proxy_line *line)
{
    line->settings->has_fullconn = true;
}

static void read_state_file(const struct proxy_line *line)
{
    line->settings->loads_state = !slice_is(line_word(line, 1), "none");
}

static void read_disabled(const struct proxy_line *line)
{
    line->settings->is_disabled = slice_is(line_word(line, 0), "disabled");
}

static void read_default_server(const struct proxy_line *line)
{
    server_line_add_defaults(&line->settings->server, line->line, line->arena);
}

static void read_dispatch(const struct proxy_line *line)
{
    if (line->proxy)
        line->proxy->has_dispatch = true;
}

static void read_stick(const struct proxy_line *line)
{
    if (line->proxy)
        line->proxy->has_stick = true;
}

static void read_server_template(const struct proxy_line *line)
{
    struct haproxy_proxy *proxy = line->proxy;
    struct haproxy_template found;

    if (!proxy)
        return;
    if (!server_line_read_template(line->line, &found)) {
        if (proxy->fixed.len == 0)
            proxy->fixed = SLICE("a server-template that we cannot read");
        return;
    }
    GROW(proxy->templates, proxy->n_templates, *line->cap_templates);
    proxy->templates[proxy->n_templates++] = found;
}

static const struct {
    const char *keyword;
    void (*read)(const struct proxy_line *line);
} proxy_lines[] = {
    { "balance", read_balance },
    { "cookie", read_cookie },
    { "default-server", read_default_server },
    { "disabled", read_disabled },
    { "dispatch", read_dispatch },
    { "enabled", read_disabled },
    { "fullconn", read_fullconn },
    { "hash-type", read_hash_type },
    { "load-server-state-from-file", read_state_file },
    { "mode", read_mode },
    { "server-template", read_server_template },
    { "stick", read_stick },
};

static size_t find_line(struct slice keyword)
{
    size_t i = 0;

    while (i < ARRAY_SIZE(proxy_lines) && !slice_is(keyword, proxy_lines[i].keyword))
        i++;
    return i;
}

bool proxy_line_matters(struct slice keyword)
{
    return find_line(keyword) < ARRAY_SIZE(proxy_lines);
}

void proxy_line_read(const struct proxy_line *line)
{
    size_t i = find_line(line_word(line, 0));

    if (i < ARRAY_SIZE(proxy_lines))
        proxy_lines[i].read(line);
}
