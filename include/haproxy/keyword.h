/* SPDX-License-Identifier: MIT */
/* The keywords of server and default-server lines, HAProxy 2.2 to 3.2, and what such lines add up
 * to: HAProxy itself adds no default-server to a server that is added while it runs. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/slice.h"

/* Those that mean something to us. */
enum keyword_kind {
    KEYWORD_OTHER,
    KEYWORD_ADDR,
    KEYWORD_AGENT_CHECK,
    KEYWORD_BACKUP,
    KEYWORD_CHECK,
    KEYWORD_COOKIE,
    KEYWORD_DISABLED,
    KEYWORD_ID,
    KEYWORD_INTER,
    KEYWORD_MAXCONN,
    KEYWORD_MINCONN,
    KEYWORD_ON_MARKED_DOWN,
    KEYWORD_POOL_MAX_CONN,
    KEYWORD_POOL_PURGE_DELAY,
    KEYWORD_PORT,
    KEYWORD_TRACK,
    KEYWORD_WEIGHT,
};

struct keyword_info {
    const char *name;
    const char *slot; /* keywords of one slot replace each other; the last one counts */
    enum keyword_kind kind;
    int n_args;             /* -1: `source`, whose arguments end where another keyword begins */
    unsigned dynamic_since; /* the first version whose `add server` takes it; 0: none does */
    bool is_reset;          /* brings back the slot's default, as if nothing was said */
    bool is_repeated;       /* counts as often as it stands there */
};

/* NULL for one that we do not know. */
const struct keyword_info *keyword_find(struct slice word);

/* A keyword with its arguments, which begin with itself. */
struct keyword {
    const struct keyword_info *info;
    const struct slice *words;
    size_t n_words;
};

struct keyword_list {
    const struct keyword *items;
    size_t n;
    struct slice
        unknown; /* a word that is no known keyword, or one whose arguments are not right */
};

#define KEYWORD_LIST_EMPTY ((struct keyword_list){ NULL, 0, { "", 0 } })

/* Reads the words of a line from its first keyword to its end, or its first empty word. With one
 * that is unknown the list ends. Words are borrowed. */
struct keyword_list keyword_list_read(const struct slice *words, size_t n_words,
                                      struct arena *arena);
/* What applies after `earlier` and then `later` were read: of each slot the last one that is no
 * reset, in the order in which they stand. Items are those of the lists. */
struct keyword_list keyword_list_merge(const struct keyword_list *earlier,
                                       const struct keyword_list *later, struct arena *arena);
/* NULL if they have the same keywords with the same arguments, in any order, but for those of kinds
 * in `ignored`, a set of bits (1u << KEYWORD_…); else the name of one that differs. Both lists are
 * merged ones. */
const char *keyword_list_difference(const struct keyword_list *a, const struct keyword_list *b,
                                    unsigned ignored);
/* The last one of that kind, or NULL. */
const struct keyword *keyword_list_find(const struct keyword_list *list, enum keyword_kind kind);

/* A time as HAProxy writes it, "30s", "500", in milliseconds. False if it is none. */
bool keyword_parse_time(struct slice word, uint64_t *ret_ms);
