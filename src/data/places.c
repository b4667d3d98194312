/* SPDX-License-Identifier: MIT */
/* Who has which place. */
#include "data/places.h"

#include <stdlib.h>

#include "base/memory.h"

/* --- Lists of places -------------------------------------------------------------------------- */

void places_fini(struct places *places)
{
    map_fini(&places->by_key);
    free(places->lists);
    arena_fini(&places->arena);
    *places = PLACES_EMPTY;
}

struct place_list *places_find(const struct places *places, struct slice key)
{
    return map_find(&places->by_key, key);
}

struct place_list *places_add(struct places *places, const struct place_list *list)
{
    struct place_list *own = places_find(places, list->key);

    if (own) {
        *own = *list;
    } else {
        own = ARENA_NEW(&places->arena, struct place_list);
        *own = *list;
        GROW(places->lists, places->n, places->cap);
        places->lists[places->n++] = own;
    }
    map_put(&places->by_key, own->key, own);
    return own;
}

void places_copy(struct places *places, const struct places *from)
{
    places_fini(places);
    for (size_t i = 0; i < from->n; i++) {
        struct place_list list = *from->lists[i];
        struct slice *members = ARENA_ARRAY(&places->arena, list.n_places, struct slice);

        for (size_t k = 0; k < list.n_places; k++)
            members[k] = arena_copy(&places->arena, list.members[k]);
        list.members = members;
        list.key = arena_copy(&places->arena, list.key);
        list.name = arena_copy(&places->arena, list.name);
        places_add(places, &list);
    }
}

static bool lists_equal(const struct place_list *a, const struct place_list *b)
{
    if (!slice_equal(a->key, b->key) || a->n_places != b->n_places ||
        a->n_left_out != b->n_left_out)
        return false;
    for (size_t i = 0; i < a->n_places; i++)
        if (!slice_equal(a->members[i], b->members[i]))
            return false;
    return true;
}

bool places_equal(const struct places *a, const struct places *b)
{
    if (a->n != b->n)
        return false;
    for (size_t i = 0; i < a->n; i++)
        if (!lists_equal(a->lists[i], b->lists[i]))
            return false;
    return true;
}

/* --- Who goes where --------------------------------------------------------------------------- */

/* One in the crowd, and the next one with the same text. */
struct person {
    size_t member;
    struct slice text;
    struct person *next;
};

/* The members by their texts, to be claimed one by one. */
struct crowd {
    struct map by_text;
    struct person *persons;
};

static void crowd_init(struct crowd *crowd, const struct slice *members, size_t n)
{
    *crowd = (struct crowd){ .by_text = MAP_EMPTY };
    crowd->persons = memory_resize_array(NULL, n + 1, sizeof(*crowd->persons));
    for (size_t i = n; i-- > 0;) { /* the first of a text is claimed first */
        struct person *person = &crowd->persons[i];

        *person = (struct person){ i, members[i], map_find(&crowd->by_text, members[i]) };
        map_put(&crowd->by_text, person->text, person);
    }
}

static void crowd_fini(struct crowd *crowd)
{
    map_fini(&crowd->by_text);
    free(crowd->persons);
}

static bool crowd_claim(struct crowd *crowd, struct slice text, size_t *ret_member)
{
    const struct person *person = text.len ? map_remove(&crowd->by_text, text) : NULL;

    if (!person)
        return false;
    if (person->next)
        map_put(&crowd->by_text, person->next->text, person->next);
    *ret_member = person->member;
    return true;
}

static bool was_empty(const struct place_list *before, size_t place)
{
    return !before || place >= before->n_places || before->members[place].len == 0;
}

/* Those of is_settled[] stay; *next is the first of the members who may not have a place. */
static void fill(size_t *places, size_t n_places, const struct place_list *before, bool is_fresh,
                 const bool *is_settled, size_t n_members, size_t *next)
{
    for (size_t i = 0; i < n_places; i++) {
        if (places[i] != PLACE_EMPTY || was_empty(before, i) != is_fresh)
            continue;
        while (*next < n_members && is_settled[*next])
            ++*next;
        if (*next == n_members)
            return;
        places[i] = (*next)++;
    }
}

size_t places_assign(const struct place_list *before, const struct slice *members, size_t n_members,
                     size_t n_places, size_t *ret_members)
{
    bool *is_settled = memory_alloc(n_members + 1);
    size_t n_settled = 0, n_empty, next = 0;
    struct crowd crowd;

    crowd_init(&crowd, members, n_members);
    for (size_t i = 0; i < n_places; i++) {
        size_t member;

        ret_members[i] = PLACE_EMPTY;
        if (was_empty(before, i) || !crowd_claim(&crowd, before->members[i], &member))
            continue;
        ret_members[i] = member;
        is_settled[member] = true;
        n_settled++;
    }
    n_empty = n_places - n_settled;
    fill(ret_members, n_places, before, true, is_settled, n_members, &next);
    fill(ret_members, n_places, before, false, is_settled, n_members, &next);
    crowd_fini(&crowd);
    free(is_settled);
    return n_members - n_settled > n_empty ? n_members - n_settled - n_empty : 0;
}

size_t places_count_known(const struct place_list *before, const struct slice *members,
                          size_t n_members)
{
    struct crowd crowd;
    size_t n = 0, member;

    crowd_init(&crowd, members, n_members);
    for (size_t i = 0; i < before->n_places; i++)
        n += crowd_claim(&crowd, before->members[i], &member);
    crowd_fini(&crowd);
    return n;
}
