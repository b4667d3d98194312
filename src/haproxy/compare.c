/* SPDX-License-Identifier: MIT */
/* Compares the servers of proxies, cheap where most is equal. */
#include "compare.h"

static bool same_defaults(const struct keyword_list *a, const struct keyword_list *b)
{
    if (a->n != b->n || !slice_equal(a->unknown, b->unknown))
        return false;
    for (size_t i = 0; i < a->n; i++) {
        if (a->items[i].n_words != b->items[i].n_words)
            return false;
        for (size_t j = 0; j < a->items[i].n_words; j++) {
            if (!slice_equal(a->items[i].words[j], b->items[i].words[j]))
                return false;
        }
    }
    return true;
}

bool server_has_same_words(const struct haproxy_server *a, const struct haproxy_server *b)
{
    if (a->n_words != b->n_words)
        return false;
    for (size_t i = 0; i < a->n_words; i++) {
        if (!slice_equal(a->words[i], b->words[i]))
            return false;
    }
    return true;
}

static bool same_line(const struct haproxy_server *a, const struct haproxy_server *b)
{
    return slice_equal(a->address_word, b->address_word) && server_has_same_words(a, b);
}

bool server_is_same(const struct haproxy_server *a, const struct haproxy_server *b)
{
    return same_line(a, b) && same_defaults(&a->defaults, &b->defaults);
}

bool servers_are_same(const struct haproxy_proxy *a, const struct haproxy_proxy *b)
{
    const struct keyword *checked_a = NULL, *checked_b = NULL;

    if (a->n_servers != b->n_servers)
        return false;
    for (size_t i = 0; i < a->n_servers; i++) {
        const struct haproxy_server *x = &a->servers[i], *y = &b->servers[i];

        if (!slice_equal(x->name, y->name) || !same_line(x, y))
            return false;
        /* Most share one list of defaults: it is compared once. */
        if (x->defaults.items == checked_a && y->defaults.items == checked_b)
            continue;
        if (!same_defaults(&x->defaults, &y->defaults))
            return false;
        checked_a = x->defaults.items;
        checked_b = y->defaults.items;
    }
    return true;
}

bool servers_have_same_order(const struct haproxy_proxy *a, const struct haproxy_proxy *b)
{
    if (a->n_servers != b->n_servers)
        return false;
    for (size_t i = 0; i < a->n_servers; i++) {
        if (!slice_equal(a->servers[i].name, b->servers[i].name))
            return false;
    }
    return true;
}
