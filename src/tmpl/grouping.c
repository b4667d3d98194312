/* SPDX-License-Identifier: MIT */
/* byTag, byPort, byMeta, byKey: lists of Consul's things as maps of lists. */
#include <inttypes.h>
#include <stdio.h>

#include "base/map.h"
#include "base/utf8.h"
#include "data/catalog.h"

#include "collection.h"
#include "eval.h"
#include "function.h"
#include "number.h"

const struct type type_any_list_map = { .name = "map[string][]interface {}",
                                        .kind = KIND_MAP,
                                        .key = &type_string,
                                        .elem = &type_any_list };
const struct type type_port_map = {
    .name = "map[int][]interface {}", .kind = KIND_MAP, .key = &type_int, .elem = &type_any_list
};
const struct type type_instance_map = { .name = "map[string][]*dependency.HealthService",
                                        .kind = KIND_MAP,
                                        .key = &type_string,
                                        .elem = &type_service_instance_list };
static const struct type type_pair_map = { .name = "map[string]*dependency.KeyPair",
                                           .kind = KIND_MAP,
                                           .key = &type_string,
                                           .elem = &type_kv_pair_ptr };
const struct type type_pair_map_map = { .name = "map[string]map[string]*dependency.KeyPair",
                                        .kind = KIND_MAP,
                                        .key = &type_string,
                                        .elem = &type_pair_map };

/* --- Groups under construction ------------------------------------------------------------- */

struct group {
    struct slice id; /* what makes the key unique */
    struct value key;
    struct value *members;
    size_t n, cap;
    struct group *next;
};

struct grouping {
    struct arena *arena;
    struct map by_id; /* of struct group */
    struct group *first;
    size_t n;
};

static void grouping_fini(struct grouping *grouping)
{
    map_fini(&grouping->by_id);
}

/* Appends a member to the group of this key; id and what the key holds live in the arena. */
static void grouping_add(struct grouping *grouping, struct slice id, struct value key,
                         struct value member)
{
    struct group *group = map_find(&grouping->by_id, id);

    if (!group) {
        group = ARENA_NEW(grouping->arena, struct group);
        *group = (struct group){ .id = id, .key = key, .next = grouping->first };
        grouping->first = group;
        grouping->n++;
        map_put(&grouping->by_id, id, group);
    }
    if (group->n == group->cap) {
        size_t cap = group->cap ? group->cap * 2 : 4;
        struct value *members = ARENA_ARRAY(grouping->arena, cap, struct value);

        if (group->n)
            memcpy(members, group->members, group->n * sizeof(*members));
        group->members = members;
        group->cap = cap;
    }
    group->members[group->n++] = member;
}

static struct value grouping_finish(struct grouping *grouping, const struct type *type)
{
    struct value_pair *pairs = ARENA_ARRAY(grouping->arena, grouping->n, struct value_pair);
    size_t i = 0;

    for (const struct group *group = grouping->first; group; group = group->next)
        pairs[i++] = (struct value_pair){ group->key, value_list(type->elem, STORED_VALUES,
                                                                 group->members, group->n) };
    return value_map_from_pairs(grouping->arena, type, pairs, i);
}

static const char *type_name(const struct value *value)
{
    return value->type ? value->type->name : "nil";
}

static size_t list_len(const struct value *list) /* of a list or nil */
{
    return list->type ? list->list.n : 0;
}

/* --- byTag, byPort ------------------------------------------------------------------------- */

bool call_by_tag(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                 struct error *err)
{
    CLEANUP(grouping_fini) struct grouping groups = { .arena = eval->arena };
    bool is_instances = args[0].type == &type_service_instance_list;

    (void)n_args;
    if (args[0].type && !is_instances && args[0].type != &type_service_name_list)
        return function_error(err, "wants services, not %s", type_name(&args[0]));
    for (size_t i = 0; i < list_len(&args[0]); i++) {
        struct value member = value_list_get(&args[0], i);
        const struct service_instance *instance = member.object;
        const struct service_name *service = member.object;
        struct array tags = is_instances ? instance->tags : service->tags;

        for (size_t j = 0; j < tags.n; j++) {
            struct slice tag = ((const struct slice *)tags.items)[j];

            grouping_add(&groups, tag, value_foreign_string(tag), member);
        }
    }
    *ret = grouping_finish(&groups, &type_any_list_map);
    return true;
}

bool call_by_port(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                  struct error *err)
{
    CLEANUP(grouping_fini) struct grouping groups = { .arena = eval->arena };

    (void)n_args;
    if (args[0].type && args[0].type != &type_service_instance_list)
        return function_error(err, "wants what 'service' returns, not %s", type_name(&args[0]));
    for (size_t i = 0; i < list_len(&args[0]); i++) {
        struct value member = value_list_get(&args[0], i);
        const struct service_instance *instance = member.object;

        grouping_add(&groups, slice_of((const char *)&instance->port, sizeof(instance->port)),
                     value_int(instance->port), member);
    }
    *ret = grouping_finish(&groups, &type_port_map);
    return true;
}

/* --- byMeta -------------------------------------------------------------------------------- */

static struct slice find_meta(const struct service_instance *instance, struct slice name)
{
    const struct pair *pairs = instance->service_meta.items;

    for (size_t i = 0; i < instance->service_meta.n; i++) {
        if (slice_equal(pairs[i].key, name))
            return pairs[i].value;
    }
    return SLICE_EMPTY;
}

/* Every character that is no ASCII letter, digit, '_' or '-' becomes one '_'. */
static void add_normalized(struct buf *out, struct slice text)
{
    for (size_t at = 0; at < text.len;) {
        uint32_t rune;

        at += utf8_decode(slice_sub(text, at, text.len), &rune);

        bool is_kept = (rune >= '0' && rune <= '9') || (rune >= 'A' && rune <= 'Z') ||
                       (rune >= 'a' && rune <= 'z') || rune == '-';

        buf_add_byte(out, is_kept ? (char)rune : '_');
    }
}

/* One part of a group's key; "name|int" wants a number and writes five digits of it at least. */
static bool add_meta_part(struct buf *out, const struct service_instance *instance,
                          struct slice name, struct error *err)
{
    bool is_int = slice_ends_with(name, SLICE("|int"));
    struct slice meta = slice_sub(name, 0, name.len - (is_int ? 4 : 0));
    struct slice value = find_meta(instance, meta);
    int64_t number = 0;

    if (is_int) {
        if (value.len && number_parse_int(value, 10, &number) != NUMBER_OK)
            return function_error(err, "the metadata '%.*s' of an instance is no integer",
                                  SLICE_ARG(slice_sub(meta, 0, 64)));
        buf_printf(out, "%05" PRId64, number);
        return true;
    }
    if (value.len) {
        add_normalized(out, value);
        return true;
    }
    buf_add_string(out, "_no_");
    add_normalized(out, meta);
    buf_add_byte(out, '_');
    return true;
}

bool call_by_meta(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                  struct error *err)
{
    CLEANUP(grouping_fini) struct grouping groups = { .arena = eval->arena };
    CLEANUP(buf_fini) struct buf key = BUF_EMPTY;

    (void)n_args;
    for (size_t i = 0; i < list_len(&args[1]); i++) {
        struct value member = value_list_get(&args[1], i);
        struct slice names = slice_of(args[0].text.len ? args[0].text.ptr : "", args[0].text.len);
        struct slice name;

        buf_clear(&key);
        for (bool is_first = true; slice_next(&names, ',', &name); is_first = false) {
            if (!is_first)
                buf_add_byte(&key, '_');
            if (!add_meta_part(&key, member.object, name, err))
                return false;
        }
        if (!eval_check_size(eval, key.len, err))
            return false;

        struct slice id = buf_slice(&key);
        const struct group *group = map_find(&groups.by_id, id);

        id = group ? group->id : arena_copy(eval->arena, id);
        grouping_add(&groups, id, value_foreign_string(id), member);
    }
    *ret = grouping_finish(&groups, &type_instance_map);
    return true;
}

/* --- byKey --------------------------------------------------------------------------------- */

bool call_by_key(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                 struct error *err)
{
    struct value groups = value_map_new(eval->arena, &type_pair_map_map);

    (void)n_args;
    (void)err;
    for (size_t i = 0; i < list_len(&args[0]); i++) {
        const struct kv_pair *pair = value_list_get(&args[0], i).object;
        size_t slash = slice_find_byte(pair->key, '/');
        struct slice top = slice_sub(pair->key, 0, slash);
        struct value group;

        if (slash == SLICE_NOT_FOUND || slash + 1 == pair->key.len)
            continue;
        if (!value_map_find_string(&groups, top, &group)) {
            group = value_map_new(eval->arena, &type_pair_map);
            value_map_put(&groups, eval->arena, value_string(top), group);
        }

        struct kv_pair *copy = ARENA_NEW(eval->arena, struct kv_pair);

        *copy = *pair;
        copy->key = slice_sub(pair->key, slash + 1, pair->key.len);
        value_map_put(&group, eval->arena, value_string(copy->key),
                      (struct value){ .type = &type_kv_pair_ptr, .object = copy });
    }
    *ret = groups;
    return true;
}
