/* SPDX-License-Identifier: MIT */
/* From JSON to C structs, member by member. */
#include "parts.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/limits.h"
#include "moment.h"

#define KNOWN_TEXT_MAX_BYTES 128

void parts_init(struct parts *parts, struct arena *arena)
{
    memset(parts, 0, sizeof(*parts));
    parts->arena = arena;
}

void parts_fini(struct parts *parts)
{
    arena_fini(&parts->scratch);
}

void parts_begin(struct parts *parts, struct slice json, struct error *err)
{
    arena_reset(&parts->scratch);
    parts->err = err;
    json_init(&parts->json, json, LIMIT_JSON_DEPTH, &parts->scratch, err);
}

struct json_reader parts_enter(struct parts *parts, struct slice json)
{
    struct json_reader outer = parts->json;

    json_init(&parts->json, json, LIMIT_JSON_DEPTH, &parts->scratch, parts->err);
    return outer;
}

void parts_return(struct parts *parts, struct json_reader outer)
{
    parts->json = outer;
}

bool parts_refuse(struct parts *parts, const char *why)
{
    return error_set(parts->err, ERROR_INVALID, "%s", why);
}

/* --- Texts and lists ------------------------------------------------------------------------ */

struct slice parts_keep_text(struct parts *parts, struct slice text)
{
    if (text.len == 0)
        return SLICE_EMPTY;
    if (text.len > KNOWN_TEXT_MAX_BYTES)
        return arena_copy(parts->arena, text);

    struct content hash = CONTENT_START;

    content_add(&hash, text);

    /* A cache, not a table: what occurs again and again stays in, and it takes no memory that grows
     * with the answer. */
    struct slice *known = &parts->known_texts[hash.state % PARTS_KNOWN_TEXTS];

    if (!slice_equal(*known, text))
        *known = arena_copy(parts->arena, text);
    return *known;
}

struct array parts_keep_items(struct parts *parts, const void *items, size_t n, size_t size)
{
    if (n == 0)
        return (struct array){ NULL, 0 };

    void *copy = arena_alloc_array(parts->arena, n, size);

    memcpy(copy, items, n * size);
    return (struct array){ copy, n };
}

bool parts_read_text(struct parts *parts, struct slice *ret_text)
{
    struct slice text;

    if (!json_read_string(&parts->json, &text))
        return false;
    *ret_text = parts_keep_text(parts, text);
    return true;
}

static bool read_output(struct parts *parts, struct slice *ret_text)
{
    struct slice text;

    if (!json_read_string(&parts->json, &text))
        return false;
    if (parts->drops_output)
        text.len = 0;
    if (text.len > LIMIT_CHECK_OUTPUT) {
        text.len = LIMIT_CHECK_OUTPUT;
        while (text.len > 0 && ((unsigned char)text.ptr[text.len] & 0xc0) == 0x80)
            text.len--; /* not in the middle of a character */
    }
    *ret_text = parts_keep_text(parts, text);
    return true;
}

static int compare_texts(const void *a, const void *b)
{
    return slice_compare(*(const struct slice *)a, *(const struct slice *)b);
}

static bool are_same_texts(struct array a, const struct slice *texts, size_t n)
{
    const struct slice *own = a.items;

    if (a.n != n)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!slice_equal(own[i], texts[i]))
            return false;
    }
    return true;
}

bool parts_read_texts(struct parts *parts, bool is_sorted, size_t place, struct array *ret_texts)
{
    struct array *last = &parts->last_texts[place / sizeof(void *) % PARTS_LAST_LISTS];
    struct slice *texts = NULL;
    size_t n = 0, cap = 0;

    if (!json_enter_array(&parts->json))
        return false;
    while (json_next_element(&parts->json)) {
        ARENA_GROW(&parts->scratch, texts, n, cap);
        if (!parts_read_text(parts, &texts[n++]))
            return false;
    }
    if (parts->json.has_failed)
        return false;
    if (is_sorted && n > 1)
        qsort(texts, n, sizeof(*texts), compare_texts);
    if (!are_same_texts(*last, texts, n))
        *last = parts_keep_items(parts, texts, n, sizeof(*texts));
    *ret_texts = *last;
    return true;
}

static int compare_pairs(const void *a, const void *b)
{
    const struct pair *left = a, *right = b;
    int order = slice_compare(left->key, right->key);

    return order ? order : slice_compare(left->value, right->value);
}

static bool are_same_pairs(struct array a, const struct pair *pairs, size_t n)
{
    const struct pair *own = a.items;

    if (a.n != n)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!slice_equal(own[i].key, pairs[i].key) || !slice_equal(own[i].value, pairs[i].value))
            return false;
    }
    return true;
}

/* Sorts by key and drops all but the last of equal keys (Consul sends none). */
static size_t sort_pairs(struct pair *pairs, size_t n)
{
    size_t kept = 0;

    if (n > 1)
        qsort(pairs, n, sizeof(*pairs), compare_pairs);
    for (size_t i = 0; i < n; i++) {
        if (i + 1 == n || !slice_equal(pairs[i].key, pairs[i + 1].key))
            pairs[kept++] = pairs[i];
    }
    return kept;
}

static bool read_pairs(struct parts *parts, size_t place, struct array *ret_pairs)
{
    struct array *last = &parts->last_pairs[place / sizeof(void *) % PARTS_LAST_LISTS];
    struct pair *pairs = NULL;
    size_t n = 0, cap = 0;
    struct slice key;

    if (!json_enter_object(&parts->json))
        return false;
    while (json_next_member(&parts->json, &key)) {
        ARENA_GROW(&parts->scratch, pairs, n, cap);
        pairs[n].key = parts_keep_text(parts, key);
        if (!parts_read_text(parts, &pairs[n++].value))
            return false;
    }
    if (parts->json.has_failed)
        return false;
    n = sort_pairs(pairs, n);
    if (!are_same_pairs(*last, pairs, n))
        *last = parts_keep_items(parts, pairs, n, sizeof(*pairs));
    *ret_pairs = *last;
    return true;
}

static bool read_moment(struct parts *parts, struct value *ret_time)
{
    struct slice text;

    if (!json_read_string(&parts->json, &text))
        return false;
    *ret_time = VALUE_NIL;
    if (text.len == 0)
        return true;

    struct value time = { .type = &type_time };

    if (!moment_parse(text, &time.time))
        return parts_refuse(parts, "a time that is not as RFC 3339 has it");
    *ret_time = time;
    return true;
}

/* --- Members -------------------------------------------------------------------------------- */

static bool read_member(struct parts *parts, const struct member *member, void *object)
{
    void *place = (char *)object + member->offset;

    switch (member->kind) {
    case MEMBER_TEXT: return parts_read_text(parts, place);
    case MEMBER_OUTPUT: return read_output(parts, place);
    case MEMBER_INT: return json_read_int(&parts->json, place);
    case MEMBER_UINT: return json_read_uint(&parts->json, place);
    case MEMBER_BOOL: return json_read_bool(&parts->json, place);
    case MEMBER_TAGS: return parts_read_texts(parts, true, member->offset, place);
    case MEMBER_TEXTS: return parts_read_texts(parts, false, member->offset, place);
    case MEMBER_PAIRS: return read_pairs(parts, member->offset, place);
    case MEMBER_MOMENT: return read_moment(parts, place);
    case MEMBER_OTHER: return member->read(parts, place);
    }
    return false;
}

/* What the answer leaves out is an empty text, not a null pointer. */
static void clear_texts(struct members members, void *object)
{
    for (size_t i = 0; i < members.n; i++) {
        enum member_kind kind = members.items[i].kind;
        struct slice *text = (struct slice *)(void *)((char *)object + members.items[i].offset);

        if ((kind == MEMBER_TEXT || kind == MEMBER_OUTPUT) && !text->ptr)
            *text = SLICE_EMPTY;
    }
}

/* The member of that name. Consul sends them in the same order each time: the search begins behind
 * the one found last. */
static const struct member *find_member(struct members members, struct slice name, size_t *next)
{
    for (size_t i = 0; i < members.n; i++) {
        size_t at = *next;

        *next = at + 1 < members.n ? at + 1 : 0;
        if (slice_equal(name, members.items[at].name))
            return members.items + at;
    }
    return NULL;
}

bool parts_read_members(struct parts *parts, struct members members, void *object)
{
    struct slice name;
    size_t next = 0;

    clear_texts(members, object);
    if (!json_enter_object(&parts->json))
        return false;
    while (json_next_member(&parts->json, &name)) {
        const struct member *member = find_member(members, name, &next);

        if (member ? !read_member(parts, member, object) : !json_skip(&parts->json))
            return false;
    }
    return !parts->json.has_failed;
}

/* --- Content -------------------------------------------------------------------------------- */

static void add_texts(struct content *content, const struct array *texts, bool is_ordered)
{
    const struct slice *items = texts->items;
    uint64_t sum = 0;

    content_add_u64(content, texts->n);
    for (size_t i = 0; i < texts->n; i++) {
        struct content one = CONTENT_START;

        content_add(&one, items[i]);
        if (is_ordered)
            content_add_u64(content, one.state);
        else
            sum += one.state;
    }
    content_add_u64(content, sum);
}

static void add_pairs(struct content *content, const struct array *pairs)
{
    const struct pair *items = pairs->items;

    content_add_u64(content, pairs->n);
    for (size_t i = 0; i < pairs->n; i++) {
        content_add(content, items[i].key);
        content_add(content, items[i].value);
    }
}

void content_add_members(struct content *content, struct members members, const void *object)
{
    for (size_t i = 0; i < members.n; i++) {
        const struct member *member = &members.items[i];
        const void *place = (const char *)object + member->offset;

        switch (member->kind) {
        case MEMBER_TEXT: content_add(content, *(const struct slice *)place); break;
        case MEMBER_INT: content_add_u64(content, (uint64_t) * (const int64_t *)place); break;
        case MEMBER_UINT: content_add_u64(content, *(const uint64_t *)place); break;
        case MEMBER_BOOL: content_add_u64(content, *(const bool *)place); break;
        case MEMBER_TAGS: add_texts(content, place, true); break;
        case MEMBER_TEXTS: add_texts(content, place, false); break;
        case MEMBER_PAIRS: add_pairs(content, place); break;
        case MEMBER_OTHER:
            if (member->hash)
                member->hash(place, content);
            break;
        case MEMBER_OUTPUT:
        case MEMBER_MOMENT: break;
        }
    }
}
