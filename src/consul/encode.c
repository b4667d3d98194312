/* SPDX-License-Identifier: MIT */
/* From C structs back to JSON. */
#include "encode.h"

#include <inttypes.h>

#include "base/utf8.h"
#include "moment.h"

/* --- Texts ----------------------------------------------------------------------------------- */

static void add_rune(struct buf *out, uint32_t rune)
{
    if (rune == '"' || rune == '\\')
        buf_printf(out, "\\%c", (char)rune);
    else if (rune < 0x20 || rune == 0x7f)
        buf_printf(out, "\\u%04" PRIx32, rune);
    else
        buf_add_rune(out, rune);
}

static bool is_plain(unsigned char byte)
{
    return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

/* Runs of plain bytes are most of it. */
void encode_text(struct buf *out, struct slice text)
{
    buf_add_byte(out, '"');
    while (text.len) {
        size_t n = 0;
        uint32_t rune;

        while (n < text.len && is_plain((unsigned char)text.ptr[n]))
            n++;
        buf_add(out, slice_sub(text, 0, n));
        text = slice_sub(text, n, text.len);
        if (text.len) {
            n = utf8_decode(text, &rune);
            add_rune(out, rune);
            text = slice_sub(text, n, text.len);
        }
    }
    buf_add_byte(out, '"');
}

void encode_texts(struct buf *out, const struct array *texts)
{
    const struct slice *items = texts->items;

    buf_add_byte(out, '[');
    for (size_t i = 0; i < texts->n; i++) {
        if (i)
            buf_add_byte(out, ',');
        encode_text(out, items[i]);
    }
    buf_add_byte(out, ']');
}

static void add_pairs(struct buf *out, const struct array *pairs)
{
    const struct pair *items = pairs->items;

    buf_add_byte(out, '{');
    for (size_t i = 0; i < pairs->n; i++) {
        if (i)
            buf_add_byte(out, ',');
        encode_text(out, items[i].key);
        buf_add_byte(out, ':');
        encode_text(out, items[i].value);
    }
    buf_add_byte(out, '}');
}

static void add_moment(struct buf *out, const struct value *moment)
{
    buf_add_byte(out, '"');
    moment_format(&moment->time, out);
    buf_add_byte(out, '"');
}

/* --- Members --------------------------------------------------------------------------------- */

static bool is_empty(const struct member *member, const void *place)
{
    switch (member->kind) {
    case MEMBER_TEXT:
    case MEMBER_OUTPUT: return ((const struct slice *)place)->len == 0;
    case MEMBER_TAGS:
    case MEMBER_TEXTS:
    case MEMBER_PAIRS: return ((const struct array *)place)->n == 0;
    case MEMBER_MOMENT: return !((const struct value *)place)->type;
    case MEMBER_OTHER: return !member->write;
    case MEMBER_INT:
    case MEMBER_UINT:
    case MEMBER_BOOL: return false;
    }
    return false;
}

static void add_member(struct buf *out, const struct member *member, const void *place)
{
    switch (member->kind) {
    case MEMBER_TEXT:
    case MEMBER_OUTPUT: encode_text(out, *(const struct slice *)place); return;
    case MEMBER_INT: buf_printf(out, "%" PRId64, *(const int64_t *)place); return;
    case MEMBER_UINT: buf_printf(out, "%" PRIu64, *(const uint64_t *)place); return;
    case MEMBER_BOOL: buf_add_string(out, *(const bool *)place ? "true" : "false"); return;
    case MEMBER_TAGS:
    case MEMBER_TEXTS: encode_texts(out, place); return;
    case MEMBER_PAIRS: add_pairs(out, place); return;
    case MEMBER_MOMENT: add_moment(out, place); return;
    case MEMBER_OTHER: member->write(out, place); return;
    }
}

void encode_members(struct buf *out, struct members members, const void *object)
{
    bool is_first = true;

    buf_add_byte(out, '{');
    for (size_t i = 0; i < members.n; i++) {
        const struct member *member = &members.items[i];
        const void *place = (const char *)object + member->offset;

        if (is_empty(member, place))
            continue;
        if (!is_first)
            buf_add_byte(out, ',');
        is_first = false;
        encode_text(out, member->name);
        buf_add_byte(out, ':');
        add_member(out, member, place);
    }
    buf_add_byte(out, '}');
}

void encode_list(struct buf *out, const struct value *list, struct members members)
{
    buf_add_byte(out, '[');
    for (size_t i = 0; i < list->list.n; i++) {
        struct value item = value_list_get(list, i);

        buf_add_string(out, i ? ",\n" : "");
        encode_members(out, members, item.object);
    }
    buf_add_byte(out, ']');
}

void encode_objects(struct buf *out, const struct array *objects, size_t size,
                    struct members members)
{
    buf_add_byte(out, '[');
    for (size_t i = 0; i < objects->n; i++) {
        if (i)
            buf_add_byte(out, ',');
        encode_members(out, members, (const char *)objects->items + i * size);
    }
    buf_add_byte(out, ']');
}
