/* SPDX-License-Identifier: MIT */
/* From JSON to the C structs of data/catalog.h, member by member.
 *
 * A struct is described by a table: the member's name in Consul's API, its kind, and its place. The
 * same table says what goes into the content's hash. Texts that occur again and again (a status, a
 * datacenter, the node in each of its checks) and lists that equal the one before are kept once. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/slice.h"
#include "content.h"
#include "data/json.h"
#include "data/value.h"

#define PARTS_KNOWN_TEXTS 512 /* a power of two */
#define PARTS_LAST_LISTS  16

struct parts {
    struct json_reader json; /* over the element at hand */
    struct error *err;
    struct arena *arena;  /* the document's */
    struct arena scratch; /* lives as long as one element is read */
    bool drops_output;    /* what checks have said is not kept */
    struct slice known_texts[PARTS_KNOWN_TEXTS];
    struct array last_texts[PARTS_LAST_LISTS], last_pairs[PARTS_LAST_LISTS];
};

enum member_kind {
    MEMBER_TEXT,   /* struct slice */
    MEMBER_OUTPUT, /* struct slice, cut at LIMIT_CHECK_OUTPUT, no part of the content */
    MEMBER_INT,    /* int64_t */
    MEMBER_UINT,   /* uint64_t */
    MEMBER_BOOL,
    MEMBER_TAGS,   /* struct array of slices, sorted */
    MEMBER_TEXTS,  /* struct array of slices, as they come; their order is no part of the content */
    MEMBER_PAIRS,  /* struct array of struct pair, sorted by key */
    MEMBER_MOMENT, /* struct value: a time or nil; no part of the content */
    MEMBER_OTHER,  /* read by a function, which may hash it, too */
};

struct member {
    struct slice name;
    enum member_kind kind;
    size_t offset;
    bool (*read)(struct parts *parts, void *place);           /* MEMBER_OTHER */
    void (*hash)(const void *place, struct content *content); /* MEMBER_OTHER; NULL: not at all */
    void (*write)(struct buf *out, const void *place);        /* MEMBER_OTHER; NULL: not at all */
};

#define MEMBER(member_name, kind, of, place)                                                    \
    {                                                                                           \
        { member_name, sizeof(member_name) - 1 }, kind, offsetof(struct of, place), NULL, NULL, \
            NULL                                                                                \
    }
#define MEMBER_BY(member_name, of, place, read, hash, write)                                      \
    {                                                                                             \
        { member_name, sizeof(member_name) - 1 }, MEMBER_OTHER, offsetof(struct of, place), read, \
            hash, write                                                                           \
    }
/* The functions get the whole object. */
#define MEMBER_OF_ALL(member_name, read, write)                                      \
    {                                                                                \
        { member_name, sizeof(member_name) - 1 }, MEMBER_OTHER, 0, read, NULL, write \
    }

struct members {
    const struct member *items;
    size_t n;
};

#define MEMBERS(array) ((struct members){ (array), ARRAY_SIZE(array) })

void parts_init(struct parts *parts, struct arena *arena);
void parts_fini(struct parts *parts);

/* Starts with the next element. What the scratch arena held is gone. */
void parts_begin(struct parts *parts, struct slice json, struct error *err);
/* Another text in the middle of an element; the reader before it is handed to parts_return(). */
struct json_reader parts_enter(struct parts *parts, struct slice json);
void parts_return(struct parts *parts, struct json_reader outer);

/* Each consumes one value. False: parts->err says why. */
bool parts_read_members(struct parts *parts, struct members members, void *object);
bool parts_read_text(struct parts *parts, struct slice *ret_text);
bool parts_read_texts(struct parts *parts, bool is_sorted, size_t place, struct array *ret_texts);
bool parts_refuse(struct parts *parts, const char *why); /* returns false */

/* The document's copy of a text that may go away. */
struct slice parts_keep_text(struct parts *parts, struct slice text);
/* The document's copy of n items of that size. */
struct array parts_keep_items(struct parts *parts, const void *items, size_t n, size_t size);

void content_add_members(struct content *content, struct members members, const void *object);
