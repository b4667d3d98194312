/* SPDX-License-Identifier: MIT */
/* Who has which place: what the function `slots` made of its lists, so that the next render leaves
 * everybody where they are.
 *
 * A member is known by a text that stays the same while it lives; an empty text is an empty place.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/slice.h"

/* The places of one call. */
struct place_list {
    struct slice key;            /* tells the calls of one template apart */
    struct slice name;           /* whose members they are: a service */
    const struct slice *members; /* n_places of them */
    size_t n_places;
    size_t n_left_out; /* members for which there was no place */
    size_t n_same;     /* further calls from the same position with the same name, so far */
};

/* The places of one template. */
struct places {
    struct arena arena;
    struct place_list **lists; /* in the order in which they were added */
    size_t n, cap;
    struct map by_key;
};

#define PLACES_EMPTY ((struct places){ .arena = ARENA_EMPTY, .by_key = MAP_EMPTY })

void places_fini(struct places *places); /* empty and usable afterwards */
/* The texts and the members are borrowed; of two lists with one key the latter counts. */
struct place_list *places_add(struct places *places, const struct place_list *list);
struct place_list *places_find(const struct places *places, struct slice key); /* or NULL */
/* Replaces what is in `places`; everything is copied. */
void places_copy(struct places *places, const struct places *from);
bool places_equal(const struct places *a, const struct places *b);

/* Puts members into n_places places: whoever had one in `before` (NULL: nobody) keeps it, if it
 * still exists. The others get, in their order, places that were empty before, and only then those
 * that have just become free: a server at the old address may still be in use. ret_members gets for
 * each place the index of its member, or PLACE_EMPTY. Returns how many are left out. */
#define PLACE_EMPTY SIZE_MAX
size_t places_assign(const struct place_list *before, const struct slice *members, size_t n_members,
                     size_t n_places, size_t *ret_members);
/* How many of the members had a place in that list. */
size_t places_count_known(const struct place_list *before, const struct slice *members,
                          size_t n_members);
