/* SPDX-License-Identifier: MIT */
/* Servers that came, went and moved. */
#include "changes.h"

#define MAX_NAMED 32

struct changes {
    struct buf *out;
    const char *(*cause_of)(void *ctx, const struct haproxy_address *address, bool has_come);
    void *ctx;
    size_t n;
};

/* False: there is no room for another one. */
static bool changes_next(struct changes *changes)
{
    if (changes->n++ >= MAX_NAMED)
        return false;
    if (changes->n > 1)
        buf_add_string(changes->out, ", ");
    return true;
}

/* A `disabled` one keeps a place free: nobody has registered it, and nobody has deregistered it. */
static void add_cause(struct changes *changes, const struct haproxy_server *server, bool has_come,
                      const char *before, const char *after)
{
    const char *cause = changes->cause_of && server->has_address && !server->is_disabled
                            ? changes->cause_of(changes->ctx, &server->address, has_come)
                            : NULL;

    if (cause)
        buf_printf(changes->out, "%s%s%s", before, cause, after);
}

static void add_gone(struct changes *changes, const struct haproxy_proxy *proxy,
                     const struct haproxy_server *server)
{
    if (!changes_next(changes))
        return;
    buf_printf(changes->out, "-%.*s/%.*s (%.*s", SLICE_ARG(proxy->name), SLICE_ARG(server->name),
               SLICE_ARG(server->address_word));
    add_cause(changes, server, false, ", ", "");
    buf_add_byte(changes->out, ')');
}

static void add_present(struct changes *changes, const struct haproxy_proxy *proxy,
                        const struct haproxy_server *server, const struct haproxy_server *earlier)
{
    if (earlier && slice_equal(earlier->address_word, server->address_word))
        return;
    if (!changes_next(changes))
        return;
    buf_printf(changes->out, "%s%.*s/%.*s %s%.*s", earlier ? "" : "+", SLICE_ARG(proxy->name),
               SLICE_ARG(server->name), earlier ? "is " : "(", SLICE_ARG(server->address_word));
    if (earlier) {
        buf_add_string(changes->out, " now (");
        add_cause(changes, server, true, "", "; ");
        buf_printf(changes->out, "was %.*s", SLICE_ARG(earlier->address_word));
        add_cause(changes, earlier, false, ", ", "");
    } else {
        add_cause(changes, server, true, ", ", "");
    }
    buf_add_byte(changes->out, ')');
}

void changes_format(const struct haproxy_config *before, const struct haproxy_config *after,
                    const char *(*cause_of)(void *ctx, const struct haproxy_address *address,
                                            bool has_come),
                    void *ctx, struct buf *out)
{
    struct changes changes = { out, cause_of, ctx, 0 };

    for (size_t i = 0; i < after->n_proxies; i++) {
        const struct haproxy_proxy *proxy = &after->proxies[i];
        const struct haproxy_proxy *earlier = haproxy_config_find(before, proxy->name);

        for (size_t j = 0; j < proxy->n_servers; j++)
            add_present(&changes, proxy, &proxy->servers[j],
                        earlier ? haproxy_proxy_find(earlier, proxy->servers[j].name) : NULL);
    }
    for (size_t i = 0; i < before->n_proxies; i++) {
        const struct haproxy_proxy *proxy = &before->proxies[i];
        const struct haproxy_proxy *later = haproxy_config_find(after, proxy->name);

        for (size_t j = 0; j < proxy->n_servers; j++) {
            if (!later || !haproxy_proxy_find(later, proxy->servers[j].name))
                add_gone(&changes, proxy, &proxy->servers[j]);
        }
    }
    if (changes.n > MAX_NAMED)
        buf_printf(out, " and %zu more", changes.n - MAX_NAMED);
}
