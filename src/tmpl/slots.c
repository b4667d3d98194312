/* SPDX-License-Identifier: MIT */
/* The function slots: a list of places in which each instance keeps its own while it lives. */
#include "base/buf.h"
#include "base/limits.h"
#include "data/catalog.h"
#include "data/places.h"
#include "eval.h"
#include "function.h"

struct slots {
    struct eval *eval;
    struct value list;
    struct slice *members; /* of the list's elements */
    size_t n_members, n_places;
    struct slice name;
};

/* Where several datacenters are in one list, node and ID alone may occur twice. */
static struct slice member_of(struct arena *arena, const struct service_instance *instance)
{
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;

    buf_add(&text, instance->node_datacenter);
    buf_add_byte(&text, '/');
    buf_add(&text, instance->node);
    buf_add_byte(&text, '/');
    buf_add(&text, instance->id);
    return arena_copy(arena, buf_slice(&text));
}

static bool slots_read_member(struct slots *slots, size_t i, struct error *err)
{
    struct value element = value_list_get(&slots->list, i);
    const struct service_instance *instance = element.object;

    if (element.type != &type_service_instance_ptr || !instance)
        return function_error(err, "expected a list of instances of a service, found %s in it",
                              element.type ? element.type->name : "nil");
    if (!eval_check_size(slots->eval,
                         instance->node_datacenter.len + instance->node.len + instance->id.len,
                         err))
        return false;
    slots->members[i] = member_of(slots->eval->arena, instance);
    if (i == 0)
        slots->name = instance->name;
    else if (!slice_equal(slots->name, instance->name))
        slots->name = SLICE_EMPTY; /* of several */
    return true;
}

static bool slots_read(struct slots *slots, const struct value *args, struct error *err)
{
    if (args[0].integer < 1 || args[0].integer > LIMIT_SLOTS)
        return function_error(err, "expected 1 to %u places, found %lld", LIMIT_SLOTS,
                              (long long)args[0].integer);
    if (args[1].type && args[1].type->kind != KIND_LIST)
        return function_error(err, "expected a list of instances of a service, found %s",
                              args[1].type->name);
    slots->list = args[1];
    slots->n_places = (size_t)args[0].integer;
    slots->n_members = args[1].type ? args[1].list.n : 0;

    size_t n = slots->n_members + slots->n_places;

    if (!eval_check_size(slots->eval, n * sizeof(struct value), err) ||
        !eval_charge(slots->eval, n, err))
        return false;
    slots->members = ARENA_ARRAY(slots->eval->arena, slots->n_members, struct slice);
    for (size_t i = 0; i < slots->n_members; i++)
        if (!slots_read_member(slots, i, err))
            return false;
    return true;
}

static struct slice slots_key(const struct slots *slots, size_t number)
{
    CLEANUP(buf_fini) struct buf key = BUF_EMPTY;

    buf_printf(&key, "%u/%zu/", slots->eval->call, number);
    buf_add(&key, slots->name);
    return arena_copy(slots->eval->arena, buf_slice(&key));
}

/* One call may run many times, in a loop over services: the name tells the runs apart, or else
 * their number. */
static struct slice slots_next_key(const struct slots *slots)
{
    struct slice key = slots_key(slots, 0);
    struct place_list *first = places_find(&slots->eval->render->places, key);

    return first ? slots_key(slots, ++first->n_same) : key;
}

/* Where they were at the last delivery. After a change of the template the call may be elsewhere:
 * then the places of the same name in which most of the members are. */
static bool slots_find_before(const struct slots *slots, struct slice key,
                              const struct place_list **ret_before, struct error *err)
{
    const struct places *places = slots->eval->environment->places;
    size_t most = 0;

    *ret_before = places ? places_find(places, key) : NULL;
    if (*ret_before || !places)
        return true;
    for (size_t i = 0; i < places->n; i++) {
        const struct place_list *list = places->lists[i];
        size_t n_known;

        if (!eval_charge(slots->eval, 1, err))
            return false;
        if (!slice_equal(list->name, slots->name))
            continue;
        if (!eval_charge(slots->eval, list->n_places + slots->n_members, err))
            return false;
        n_known = places_count_known(list, slots->members, slots->n_members);
        if (n_known > most)
            *ret_before = list;
        most = n_known > most ? n_known : most;
    }
    return true;
}

static void slots_fill(const struct slots *slots, struct slice key, const struct place_list *before,
                       struct value *ret)
{
    struct arena *arena = slots->eval->arena;
    struct value *values = ARENA_ARRAY(arena, slots->n_places, struct value);
    struct slice *members = ARENA_ARRAY(arena, slots->n_places, struct slice);
    size_t *places = ARENA_ARRAY(arena, slots->n_places, size_t);
    struct place_list list = { key, slots->name, members, slots->n_places, 0, 0 };

    list.n_left_out =
        places_assign(before, slots->members, slots->n_members, slots->n_places, places);
    for (size_t i = 0; i < slots->n_places; i++) {
        bool is_empty = places[i] == PLACE_EMPTY;

        members[i] = is_empty ? SLICE_EMPTY : slots->members[places[i]];
        values[i] = is_empty ? VALUE_NIL : value_list_get(&slots->list, places[i]);
    }
    places_add(&slots->eval->render->places, &list);
    *ret = value_list(&type_any_list, STORED_VALUES, values, slots->n_places);
}

static bool call_slots(struct eval *eval, const struct value *args, size_t n_args,
                       struct value *ret, struct error *err)
{
    struct slots slots = { .eval = eval, .name = SLICE_EMPTY };
    const struct place_list *before;
    struct slice key;

    (void)n_args;
    if (!slots_read(&slots, args, err))
        return false;
    key = slots_next_key(&slots);
    if (!slots_find_before(&slots, key, &before, err))
        return false;
    slots_fill(&slots, key, before, ret);
    return true;
}

static const struct function rows[] = {
    { "slots", call_slots, { &type_int, &type_any }, &type_any_list, 2, 2, FUNCTION_UNREPEATABLE },
};

const struct function_group functions_slots = { rows, ARRAY_SIZE(rows) };
