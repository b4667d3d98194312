/* SPDX-License-Identifier: MIT */
/* The model of a configuration: made from its files, and asked for what it knows. */
#include "haproxy/config.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/memory.h"
#include "config_reader.h"
#include "server_key.h"

static bool copy_files(struct haproxy_config *config, const struct haproxy_file *files, size_t n,
                       struct error *err)
{
    size_t total = 0;

    config->files = ARENA_ARRAY(&config->arena, n, struct haproxy_file);
    for (size_t i = 0; i < n; i++) {
        if (files[i].text.len > LIMIT_HAPROXY_BYTES - total)
            return error_set(err, ERROR_LIMIT, "%s: the configuration has more than %u MiB",
                             files[i].path, LIMIT_HAPROXY_BYTES >> 20);
        total += files[i].text.len;
        config->files[i].path = arena_copy(&config->arena, slice_from(files[i].path)).ptr;
        config->files[i].text = arena_copy(&config->arena, files[i].text);
    }
    config->n_files = n;
    return true;
}

static void fix_proxy(struct haproxy_config *config, struct haproxy_proxy *proxy,
                      const struct haproxy_server *server, const char *what)
{
    CLEANUP(buf_fini) struct buf reason = BUF_EMPTY;

    if (proxy->fixed.len > 0)
        return;
    buf_printf(&reason, "%s (%s:%u)", what, haproxy_config_path(config, server->place),
               server->place.line);
    proxy->fixed = arena_copy(&config->arena, buf_slice(&reason));
}

static void name_servers(struct haproxy_config *config, struct haproxy_proxy *proxy)
{
    for (size_t i = 0; i < proxy->n_servers; i++) {
        struct haproxy_server *server = &proxy->servers[i];

        if (!name_is_plain(server->name))
            fix_proxy(config, proxy, server, "a server's name that HAProxy does not take");
        if (map_find(&proxy->by_name, server->name))
            fix_proxy(config, proxy, server, "two servers of one name");
        else
            map_put(&proxy->by_name, server->name, server);
    }
}

static void name_proxies(struct haproxy_config *config)
{
    for (size_t i = 0; i < config->n_proxies; i++) {
        struct haproxy_proxy *proxy = &config->proxies[i];

        name_servers(config, proxy);
        if (!name_is_plain(proxy->name) && proxy->fixed.len == 0)
            proxy->fixed = SLICE("its name is none that HAProxy takes");
        if (map_find(&config->by_name, proxy->name))
            proxy->fixed = SLICE("there is another proxy of this name");
        else
            map_put(&config->by_name, proxy->name, proxy);
    }
}

bool haproxy_config_new(const struct haproxy_file *files, size_t n_files,
                        struct haproxy_config **ret_config, struct error *err)
{
    CLEANUP(haproxy_config_freep) struct haproxy_config *config = NEW(struct haproxy_config);

    if (!copy_files(config, files, n_files, err) || !config_reader_run(config, err))
        return false;
    name_proxies(config);
    *ret_config = TAKE(config);
    return true;
}

void haproxy_config_free(struct haproxy_config *config)
{
    if (!config)
        return;
    for (size_t i = 0; i < config->n_proxies; i++) {
        free(config->proxies[i].servers);
        free(config->proxies[i].templates);
        map_fini(&config->proxies[i].by_name);
    }
    free(config->proxies);
    free(config->lines);
    map_fini(&config->by_name);
    map_fini(&config->references);
    arena_fini(&config->arena);
    free(config);
}

const struct haproxy_proxy *haproxy_config_find(const struct haproxy_config *config,
                                                struct slice proxy)
{
    return map_find(&config->by_name, proxy);
}

const struct haproxy_server *haproxy_proxy_find(const struct haproxy_proxy *proxy,
                                                struct slice server)
{
    return map_find(&proxy->by_name, server);
}

bool haproxy_proxy_has_slot(const struct haproxy_proxy *proxy, struct slice server)
{
    for (size_t i = 0; i < proxy->n_templates; i++) {
        const struct haproxy_template *slots = &proxy->templates[i];
        uint64_t number;

        if (slice_starts_with(server, slots->prefix) &&
            slice_parse_u64(slice_sub(server, slots->prefix.len, server.len), slots->to, &number) &&
            number >= slots->from)
            return true;
    }
    return false;
}

const char *haproxy_config_path(const struct haproxy_config *config, struct haproxy_place place)
{
    return config->files[place.file].path;
}
