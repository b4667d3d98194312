/* SPDX-License-Identifier: MIT */
/* Dependencies: identity, copies and sets. */
#include "data/dep.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/memory.h"

const char *dep_kind_name(enum dep_kind kind)
{
    switch (kind) {
    case DEP_HEALTH_SERVICE: return "health.service";
    case DEP_HEALTH_CONNECT: return "health.connect";
    case DEP_CATALOG_SERVICES: return "catalog.services";
    case DEP_CATALOG_NODES: return "catalog.nodes";
    case DEP_CATALOG_NODE: return "catalog.node";
    case DEP_CATALOG_DATACENTERS: return "catalog.datacenters";
    case DEP_KV_GET: return "kv.get";
    case DEP_KV_LIST: return "kv.list";
    case DEP_CA_ROOTS: return "connect.ca.roots";
    case DEP_CA_LEAF: return "connect.ca.leaf";
    case DEP_PARTITIONS: return "partitions";
    case DEP_PEERINGS: return "peerings";
    case DEP_EXPORTED_SERVICES: return "exported.services";
    case DEP_IMPORTED_SERVICES: return "imported.services";
    case DEP_FILE: return "file";
    }
    return "?";
}

/* The texts of a dep besides name and key, and what they are called in the key. */
static const struct {
    const char *name;
    size_t offset;
} dep_options[] = {
    { "dc", offsetof(struct dep, dc) },
    { "near", offsetof(struct dep, near) },
    { "ns", offsetof(struct dep, namespace_name) },
    { "partition", offsetof(struct dep, partition) },
    { "peer", offsetof(struct dep, peer) },
    { "sameness-group", offsetof(struct dep, sameness_group) },
    { "filter", offsetof(struct dep, filter) },
    { "sandbox", offsetof(struct dep, sandbox) },
};

static struct slice *dep_option(struct dep *dep, size_t i)
{
    return (struct slice *)(void *)((char *)dep + dep_options[i].offset);
}

static bool is_plain_in_key(char byte)
{
    return (unsigned char)byte >= 0x20 && byte != 0x7f && !strchr("%?&=()", byte);
}

/* Text of a key: what would end or split it is escaped, so that different questions never share
 * one. */
static void add_key_text(struct buf *key, struct slice text)
{
    for (size_t n; text.len > 0; text = slice_sub(text, n, text.len)) {
        for (n = 0; n < text.len && is_plain_in_key(text.ptr[n]); n++)
            ;
        buf_add(key, slice_sub(text, 0, n)); /* most often all of it */
        if (n < text.len)
            buf_printf(key, "%%%02X", (unsigned char)text.ptr[n++]);
    }
}

void dep_make_key(struct dep *dep, struct arena *arena)
{
    CLEANUP(buf_fini) struct buf key = BUF_EMPTY;
    char separator = '?';

    buf_add_string(&key, dep_kind_name(dep->kind)); /* no buf_printf(): each pass makes all keys */
    buf_add_byte(&key, '(');
    add_key_text(&key, dep->name);
    for (size_t i = 0; i < ARRAY_SIZE(dep_options); i++) {
        const struct slice *option = dep_option(dep, i);

        if (option->len) {
            buf_printf(&key, "%c%s=", separator, dep_options[i].name);
            add_key_text(&key, *option);
            separator = '&';
        }
    }
    if (dep->has_flag)
        buf_printf(&key, "%cignore-failing", separator);
    buf_add_byte(&key, ')');
    dep->key = arena_copy(arena, buf_slice(&key));
}

/* Copies a text to *next and moves that on. */
static void move_text(struct slice *text, char **next)
{
    if (text->len)
        memcpy(*next, text->ptr, text->len);
    text->ptr = *next;
    *next += text->len;
    *(*next)++ = '\0';
}

static bool is_copy(const struct dep *dep)
{
    return dep->copy == dep;
}

static struct dep *make_copy(const struct dep *dep)
{
    struct dep sized = *dep;
    size_t size = sizeof(*dep) + dep->name.len + dep->key.len + 2;

    for (size_t i = 0; i < ARRAY_SIZE(dep_options); i++)
        size += dep_option(&sized, i)->len + 1;

    struct dep *copy = memory_alloc(size); /* one block: the struct, then its texts */
    char *next = (char *)(copy + 1);

    *copy = *dep;
    copy->copy = copy;
    copy->n_refs = 1;
    move_text(&copy->name, &next);
    move_text(&copy->key, &next);
    for (size_t i = 0; i < ARRAY_SIZE(dep_options); i++)
        move_text(dep_option(copy, i), &next);
    return copy;
}

struct dep *dep_copy(const struct dep *dep)
{
    if (!is_copy(dep))
        return make_copy(dep);
    dep->copy->n_refs++;
    return dep->copy;
}

void dep_free(struct dep *dep)
{
    if (dep && --dep->n_refs == 0)
        free(dep);
}

void dep_set_fini(struct dep_set *set)
{
    struct dep *dep;

    for (size_t i = 0; (dep = map_next(&set->by_key, &i)) != NULL;)
        dep_free(dep);
    map_fini(&set->by_key);
}

/* The set's own dep gets another guard. Others may have it, too: they keep it as it was. */
static const struct dep *set_guard(struct dep_set *set, struct dep *own, const struct guard *guard)
{
    struct dep *other;

    if (own->n_refs == 1) {
        own->guard = *guard;
        return own;
    }
    other = make_copy(own);
    other->guard = *guard;
    map_put(&set->by_key, other->key, other);
    dep_free(own);
    return other;
}

const struct dep *dep_set_add(struct dep_set *set, const struct dep *dep)
{
    struct dep *own = map_find(&set->by_key, dep->key);

    if (own) {
        struct guard guard = guard_strictest(&own->guard, &dep->guard);

        return guard_equal(&guard, &own->guard) ? own : set_guard(set, own, &guard);
    }
    own = dep_copy(dep);
    map_put(&set->by_key, own->key, own);
    return own;
}

bool dep_set_add_all(struct dep_set *set, const struct dep_set *other)
{
    const struct dep *dep;
    bool has_changed = false;

    for (size_t i = 0; (dep = dep_set_next(other, &i)) != NULL;) {
        const struct dep *own = dep_set_find(set, dep->key);

        if (own) {
            struct guard before = own->guard;

            own = dep_set_add(set, dep);
            has_changed |= !guard_equal(&before, &own->guard);
        } else {
            dep_set_add(set, dep);
            has_changed = true;
        }
    }
    return has_changed;
}

bool dep_set_equal(const struct dep_set *a, const struct dep_set *b)
{
    const struct dep *dep;

    if (dep_set_count(a) != dep_set_count(b))
        return false;
    for (size_t i = 0; (dep = dep_set_next(a, &i)) != NULL;) {
        const struct dep *other = dep_set_find(b, dep->key);

        if (!other || !guard_equal(&dep->guard, &other->guard))
            return false;
    }
    return true;
}

const struct dep *dep_set_find(const struct dep_set *set, struct slice key)
{
    return map_find(&set->by_key, key);
}

bool dep_set_has(const struct dep_set *set, struct slice key)
{
    return dep_set_find(set, key) != NULL;
}

size_t dep_set_count(const struct dep_set *set)
{
    return set->by_key.n;
}

const struct dep *dep_set_next(const struct dep_set *set, size_t *iterator)
{
    return map_next(&set->by_key, iterator);
}
