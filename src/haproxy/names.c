/* SPDX-License-Identifier: MIT */
/* Distinct names for servers. */
#include "haproxy/names.h"

#include "base/map.h"
#include "server_key.h"

/* One server of the proxy at hand. */
struct name {
    const struct haproxy_server *server;
    struct slice chosen; /* SLICE_EMPTY: not yet */
};

struct namer {
    const struct haproxy_config *config;
    const struct haproxy_proxy *proxy, *before; /* before: may be NULL */
    struct map addresses;                       /* of `before`: its servers by "IP:PORT" */
    struct map counts;                          /* of the names as they are written */
    struct map taken;                           /* names that are given away */
    struct name *names;
    struct arena arena;
};

/* How often a name is written in one proxy. */
struct count {
    size_t n;
};

static struct slice address_key(struct namer *namer, const struct haproxy_server *server)
{
    CLEANUP(buf_fini) struct buf key = BUF_EMPTY;

    haproxy_address_format(&server->address, &key);
    return arena_copy(&namer->arena, buf_slice(&key));
}

static bool is_contested(const struct namer *namer, const struct haproxy_server *server)
{
    const struct count *count = map_find(&namer->counts, server->name);

    return count->n > 1;
}

/* "NAME-PORT" or "NAME-PORT-N": what this server may have been called. */
static bool is_made_of(struct slice name, const struct haproxy_server *server)
{
    CLEANUP(buf_fini) struct buf base = BUF_EMPTY;
    struct slice rest;
    uint64_t number;

    buf_printf(&base, "%.*s-%u", SLICE_ARG(server->name), server->address.port);
    if (!slice_starts_with(name, buf_slice(&base)))
        return false;
    rest = slice_sub(name, base.len, name.len);
    return rest.len == 0 ||
           (rest.ptr[0] == '-' && slice_parse_u64(slice_sub(rest, 1, rest.len), 100000, &number));
}

static bool take(struct namer *namer, struct name *name, struct slice chosen)
{
    if (map_find(&namer->taken, chosen))
        return false;
    name->chosen = chosen;
    map_put(&namer->taken, chosen, name);
    return true;
}

/* The name that it has had. */
static void keep_name(struct namer *namer, struct name *name)
{
    const struct haproxy_server *server = name->server, *earlier;

    if (!server->has_address)
        return;
    earlier = map_find(&namer->addresses, address_key(namer, server));
    if (earlier && (slice_equal(earlier->name, server->name) || is_made_of(earlier->name, server)))
        (void)take(namer, name, arena_copy(&namer->arena, earlier->name));
}

/* The plain name for the first, others get their port, and a number where that is not enough. */
static void find_name(struct namer *namer, struct name *name)
{
    const struct haproxy_server *server = name->server;
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;

    if (take(namer, name, server->name))
        return;
    buf_add(&text, server->name);
    if (server->has_address)
        buf_printf(&text, "-%u", server->address.port);

    size_t base_len = text.len;

    for (unsigned i = 2; !take(namer, name, arena_copy(&namer->arena, buf_slice(&text))); i++) {
        text.len = base_len;
        buf_printf(&text, "-%u", i);
    }
}

static void count_names(struct namer *namer)
{
    for (size_t i = 0; i < namer->proxy->n_servers; i++) {
        const struct haproxy_server *server = &namer->proxy->servers[i];
        struct count *count = map_find(&namer->counts, server->name);

        if (!count) {
            count = ARENA_NEW(&namer->arena, struct count);
            map_put(&namer->counts, server->name, count);
        }
        count->n++;
        namer->names[i].server = server;
    }
    for (size_t i = 0; namer->before && i < namer->before->n_servers; i++) {
        struct haproxy_server *server = &namer->before->servers[i];

        if (server->has_address)
            map_put(&namer->addresses, address_key(namer, server), server);
    }
}

static void choose_names(struct namer *namer)
{
    size_t n = namer->proxy->n_servers;

    namer->names = ARENA_ARRAY(&namer->arena, n, struct name);
    for (size_t i = 0; i < n; i++)
        namer->names[i] = (struct name){ .chosen = SLICE_EMPTY };
    count_names(namer);
    for (size_t i = 0; i < n; i++)
        keep_name(namer, &namer->names[i]);
    /* A name that is written once is nobody else's. */
    for (size_t i = 0; i < n; i++) {
        struct name *name = &namer->names[i];

        if (name->chosen.len == 0 && !is_contested(namer, name->server))
            (void)take(namer, name, name->server->name);
    }
    for (size_t i = 0; i < n; i++) {
        if (namer->names[i].chosen.len == 0)
            find_name(namer, &namer->names[i]);
    }
}

static bool check_references(const struct namer *namer, struct error *err)
{
    for (size_t i = 0; i < namer->proxy->n_servers; i++) {
        const struct haproxy_server *server = namer->names[i].server;
        const struct haproxy_reference *reference;

        if (slice_equal(namer->names[i].chosen, server->name))
            continue;
        reference = haproxy_config_find_reference(namer->config, namer->proxy->name, server->name);
        if (reference)
            return error_set(err, ERROR_INVALID,
                             "several servers of '%.*s' are called '%.*s', and %s refers to that "
                             "name (%s:%u)",
                             SLICE_ARG(namer->proxy->name), SLICE_ARG(server->name), reference->by,
                             haproxy_config_path(namer->config, reference->place),
                             reference->place.line);
    }
    return true;
}

static void namer_fini(struct namer *namer)
{
    map_fini(&namer->addresses);
    map_fini(&namer->counts);
    map_fini(&namer->taken);
    arena_fini(&namer->arena);
}

/* The text from *at up to behind the proxy's last server. */
static void write_names(const struct namer *namer, size_t file, size_t *at, struct buf *out,
                        struct buf *report)
{
    struct slice text = namer->config->files[file].text;

    for (size_t i = 0; i < namer->proxy->n_servers; i++) {
        const struct name *name = &namer->names[i];
        const struct haproxy_server *server = name->server;

        if (server->place.file != file || slice_equal(name->chosen, server->name))
            continue;
        buf_add(out, slice_sub(text, *at, server->name_from));
        buf_add(out, name->chosen);
        *at = server->name_to;
        buf_printf(report, "%.*s: %.*s (%.*s) is %.*s\n", SLICE_ARG(namer->proxy->name),
                   SLICE_ARG(server->name), SLICE_ARG(server->address_word),
                   SLICE_ARG(name->chosen));
    }
}

static bool can_have_names(const struct haproxy_proxy *proxy)
{
    for (size_t i = 0; i < proxy->n_servers; i++) {
        if (!name_is_plain(proxy->servers[i].name))
            return false; /* which HAProxy refuses, and says why */
    }
    return proxy->n_servers > 0;
}

bool names_make_distinct(const struct haproxy_config *config, size_t file,
                         const struct haproxy_config *before, struct buf *out, struct buf *report,
                         struct error *err)
{
    size_t start = out->len, at = 0;
    bool ok = true;

    for (size_t i = 0; i < config->n_proxies && ok; i++) {
        struct namer namer = { .config = config, .proxy = &config->proxies[i] };

        if (!can_have_names(namer.proxy))
            continue;
        namer.before = before ? haproxy_config_find(before, namer.proxy->name) : NULL;
        choose_names(&namer);
        ok = check_references(&namer, err);
        if (ok)
            write_names(&namer, file, &at, out, report);
        namer_fini(&namer);
    }
    if (ok)
        buf_add(out, slice_sub(config->files[file].text, at, config->files[file].text.len));
    else
        out->len = start;
    return ok;
}
