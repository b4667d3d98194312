/* SPDX-License-Identifier: MIT */
/* JSON documents of our own, through cJSON. A struct json_node is a cJSON item. */
#include "data/json_document.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/slice.h"
#include "base/utf8.h"

static cJSON *item_of(struct json_node *node)
{
    return (cJSON *)(void *)node;
}

static struct json_node *node_of(cJSON *item)
{
    return (struct json_node *)(void *)item;
}

static const cJSON *const_item_of(const struct json_node *node)
{
    return (const cJSON *)(const void *)node;
}

static const struct json_node *const_node_of(const cJSON *item)
{
    return (const struct json_node *)(const void *)item;
}

/* Running out of memory is as fatal in cJSON as everywhere else. */
static void use_our_memory(void)
{
    static bool is_set;
    cJSON_Hooks hooks = { memory_alloc, free };

    if (!is_set)
        cJSON_InitHooks(&hooks);
    is_set = true;
}

static cJSON *json_add(struct json_node *to, const char *name, cJSON *item)
{
    if (name)
        cJSON_AddItemToObject(item_of(to), name, item);
    else
        cJSON_AddItemToArray(item_of(to), item);
    return item;
}

struct json_node *json_document_new(void)
{
    use_our_memory();
    return node_of(cJSON_CreateObject());
}

void json_document_free(struct json_node *document)
{
    cJSON_Delete(item_of(document));
}

void json_add_string(struct json_node *to, const char *name, struct slice text)
{
    CLEANUP(buf_fini) struct buf clean = BUF_EMPTY;

    while (text.len) {
        uint32_t rune;
        size_t n = utf8_decode(text, &rune);

        buf_add_rune(&clean, rune);
        text = slice_sub(text, n, text.len);
    }
    json_add(to, name, cJSON_CreateString(buf_slice(&clean).ptr));
}

void json_add_integer(struct json_node *to, const char *name, uint64_t number)
{
    char digits[24]; /* cJSON keeps numbers as doubles: above 2^53 they would change */

    snprintf(digits, sizeof(digits), "%" PRIu64, number);
    json_add(to, name, cJSON_CreateRaw(digits));
}

void json_add_bool(struct json_node *to, const char *name, bool boolean)
{
    json_add(to, name, cJSON_CreateBool(boolean));
}

void json_add_null(struct json_node *to, const char *name)
{
    json_add(to, name, cJSON_CreateNull());
}

struct json_node *json_add_object(struct json_node *to, const char *name)
{
    return node_of(json_add(to, name, cJSON_CreateObject()));
}

struct json_node *json_add_array(struct json_node *to, const char *name)
{
    return node_of(json_add(to, name, cJSON_CreateArray()));
}

/* Beyond what cJSON escapes: somebody will look at it on a terminal. Such a character is part of a
 * text, but for the blanks between members. */
static void add_escaped(struct buf *out, struct slice text)
{
    size_t begin = 0, n;

    for (size_t at = 0; at < text.len; at += n) {
        uint32_t rune = (unsigned char)text.ptr[at];

        n = rune < 0x7f ? 1 : utf8_decode(slice_sub(text, at, text.len), &rune);
        if (rune < 0x7f || !rune_is_control(rune))
            continue;
        buf_add(out, slice_sub(text, begin, at));
        buf_printf(out, "\\u%04x", rune);
        begin = at + n;
    }
    buf_add(out, slice_sub(text, begin, text.len));
}

void json_format(const struct json_node *document, bool is_pretty, struct buf *out)
{
    const cJSON *item = const_item_of(document);
    char *text = is_pretty ? cJSON_Print(item) : cJSON_PrintUnformatted(item);

    add_escaped(out, slice_from(text));
    buf_add_byte(out, '\n');
    cJSON_free(text);
}

bool json_document_parse(struct slice text, struct json_node **ret_document, struct error *err)
{
    use_our_memory();

    cJSON *item = cJSON_ParseWithLength(text.ptr, text.len);

    if (!cJSON_IsObject(item)) {
        cJSON_Delete(item);
        return error_set(err, ERROR_INVALID, "it is no JSON document");
    }
    *ret_document = node_of(item);
    return true;
}

const struct json_node *json_get(const struct json_node *object, const char *name)
{
    return const_node_of(cJSON_GetObjectItemCaseSensitive(const_item_of(object), name));
}

const char *json_get_string(const struct json_node *object, const char *name)
{
    return json_string(json_get(object, name));
}

uint64_t json_get_integer(const struct json_node *object, const char *name)
{
    return json_integer(json_get(object, name));
}

bool json_get_bool(const struct json_node *object, const char *name)
{
    return json_is_true(json_get(object, name));
}

const struct json_node *json_first(const struct json_node *list)
{
    return list ? const_node_of(const_item_of(list)->child) : NULL;
}

const struct json_node *json_next(const struct json_node *node)
{
    return const_node_of(const_item_of(node)->next);
}

size_t json_count(const struct json_node *list)
{
    size_t n = 0;

    for (const struct json_node *node = json_first(list); node; node = json_next(node))
        n++;
    return n;
}

const char *json_name(const struct json_node *member)
{
    const cJSON *item = const_item_of(member);

    return item && item->string ? item->string : "";
}

const char *json_string(const struct json_node *node)
{
    const char *text = cJSON_GetStringValue(const_item_of(node));

    return text ? text : "";
}

uint64_t json_integer(const struct json_node *node)
{
    const cJSON *item = const_item_of(node);
    uint64_t number;

    if (cJSON_IsRaw(item)) /* json_add_integer()'s */
        return slice_parse_u64(slice_from(item->valuestring), UINT64_MAX, &number) ? number : 0;
    return cJSON_IsNumber(item) && item->valuedouble >= 0 && item->valuedouble < 0x1p53
               ? (uint64_t)item->valuedouble
               : 0;
}

bool json_is_true(const struct json_node *node)
{
    return cJSON_IsTrue(const_item_of(node));
}

static void make_printable(char *text)
{
    size_t len = strlen(text), n;

    for (size_t at = 0; at < len; at += n) {
        uint32_t rune;

        n = utf8_decode(slice_of(text + at, len - at), &rune);
        if (rune_is_control(rune))
            memset(text + at, '?', n);
    }
}

/* cJSON reads nothing that is nested deeper than CJSON_NESTING_LIMIT. */
static void item_make_printable(cJSON *item)
{
    for (; item; item = item->next) {
        if (cJSON_IsString(item))
            make_printable(item->valuestring);
        item_make_printable(item->child);
    }
}

void json_make_printable(struct json_node *document)
{
    item_make_printable(item_of(document));
}
