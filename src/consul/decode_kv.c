/* SPDX-License-Identifier: MIT */
/* /v1/kv: one key, or all keys below a prefix. */
#include <string.h>

#include "decode_kinds.h"

/* --- Base64 --------------------------------------------------------------------------------- */

static int base64_digit(char byte)
{
    if (byte >= 'A' && byte <= 'Z')
        return byte - 'A';
    if (byte >= 'a' && byte <= 'z')
        return byte - 'a' + 26;
    if (byte >= '0' && byte <= '9')
        return byte - '0' + 52;
    return byte == '+' ? 62 : byte == '/' ? 63 : -1;
}

/* The standard alphabet with its padding, as Go's encoding/json writes bytes. */
static bool decode_base64(struct slice text, struct arena *arena, struct slice *ret_bytes)
{
    size_t n_padding = slice_ends_with(text, SLICE("==")) ? 2 : slice_ends_with(text, SLICE("="));
    size_t n_bytes = text.len / 4 * 3;
    uint32_t bits = 0;

    if (text.len % 4 != 0)
        return false;

    char *bytes = arena_alloc(arena, n_bytes + 1);
    char *next = bytes;

    for (size_t i = 0; i < text.len; i++) {
        int digit = i < text.len - n_padding ? base64_digit(text.ptr[i]) : 0;

        if (digit < 0)
            return false;
        bits = bits << 6 | (uint32_t)digit;
        if (i % 4 == 3) {
            *next++ = (char)(bits >> 16 & 0xff);
            *next++ = (char)(bits >> 8 & 0xff);
            *next++ = (char)(bits & 0xff);
        }
    }
    *ret_bytes = slice_of(bytes, n_bytes - n_padding);
    return true;
}

/* An empty value is a null. */
static bool read_value(struct parts *parts, void *place)
{
    struct slice text, *value = place;

    if (!json_read_string(&parts->json, &text))
        return false;
    *value = SLICE_EMPTY;
    if (text.len == 0)
        return true;
    if (!decode_base64(text, parts->arena, value))
        return parts_refuse(parts, "a value that is not base64");
    return true;
}

/* Bytes of any kind survive. */
static void write_value(struct buf *out, const void *place)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const struct slice *value = place;

    if (value->len == 0) {
        buf_add_string(out, "null");
        return;
    }
    buf_add_byte(out, '"');
    for (size_t i = 0; i < value->len; i += 3) {
        size_t n = value->len - i < 3 ? value->len - i : 3;
        unsigned char group[3] = { 0, 0, 0 };

        memcpy(group, value->ptr + i, n);
        buf_add_byte(out, digits[group[0] >> 2]);
        buf_add_byte(out, digits[(group[0] & 3) << 4 | group[1] >> 4]);
        buf_add_byte(out, (char)(n > 1 ? digits[(group[1] & 15) << 2 | group[2] >> 6] : '='));
        buf_add_byte(out, (char)(n > 2 ? digits[group[2] & 63] : '='));
    }
    buf_add_byte(out, '"');
}

static void hash_value(const void *place, struct content *content)
{
    content_add(content, *(const struct slice *)place);
}

/* --- Pairs ---------------------------------------------------------------------------------- */

static const struct member pair_members[] = {
    MEMBER("Key", MEMBER_TEXT, kv_pair, path),
    MEMBER_BY("Value", kv_pair, value, read_value, hash_value, write_value),
    MEMBER("CreateIndex", MEMBER_UINT, kv_pair, create_index),
    MEMBER("ModifyIndex", MEMBER_UINT, kv_pair, modify_index),
    MEMBER("LockIndex", MEMBER_UINT, kv_pair, lock_index),
    MEMBER("Flags", MEMBER_UINT, kv_pair, flags),
    MEMBER("Session", MEMBER_TEXT, kv_pair, session),
};

/* What is left of a path behind the prefix, which is a text and need not end at a slash. */
static struct slice path_below(struct slice path, struct slice prefix)
{
    struct slice key =
        slice_starts_with(path, prefix) ? slice_sub(path, prefix.len, path.len) : path;

    while (slice_starts_with(key, SLICE("/")))
        key = slice_sub(key, 1, key.len);
    return key;
}

static bool read_pair(struct parts *parts, struct kv_pair *pair)
{
    if (!parts_read_members(parts, MEMBERS(pair_members), pair))
        return false;
    return pair->path.len > 0 || parts_refuse(parts, "a pair without a Key");
}

static bool read_listed_pair(struct parts *parts, struct slice prefix, const void **ret_object,
                             struct content *content)
{
    struct kv_pair pair = { .path = SLICE_EMPTY };

    if (!read_pair(parts, &pair))
        return false;
    pair.key = path_below(pair.path, prefix);
    content_add_members(content, MEMBERS(pair_members), &pair);
    *ret_object = parts_keep_items(parts, &pair, 1, sizeof(pair)).items;
    return true;
}

/* Of one key templates see the value alone: a lock that is taken changes nothing for them. */
static bool read_single_pair(struct parts *parts, struct slice name, const void **ret_object,
                             struct content *content)
{
    struct kv_pair pair = { .path = SLICE_EMPTY };

    (void)name;
    if (!read_pair(parts, &pair))
        return false;
    pair.key = pair.path;
    content_add(content, pair.value);
    *ret_object = parts_keep_items(parts, &pair, 1, sizeof(pair)).items;
    return true;
}

static void write_pair(struct buf *out, const struct value *root)
{
    buf_add_byte(out, '[');
    encode_members(out, MEMBERS(pair_members), root->object);
    buf_add_byte(out, ']');
}

static void write_pairs(struct buf *out, const struct value *root)
{
    encode_list(out, root, MEMBERS(pair_members));
}

const struct decode_kind decode_kv_get = {
    .shape = SCANNER_ELEMENTS,
    .element = read_single_pair,
    .is_single = true,
    .type = &type_kv_pair_ptr,
    .write = write_pair,
};

const struct decode_kind decode_kv_list = {
    .shape = SCANNER_ELEMENTS,
    .element = read_listed_pair,
    .type = &type_kv_pair_list,
    .write = write_pairs,
};
