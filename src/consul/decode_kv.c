/* SPDX-License-Identifier: MIT */
/* /v1/kv: one key, or all keys below a prefix. */
#include "base/base64.h"
#include "decode_kinds.h"

/* --- Values --------------------------------------------------------------------------------- */

/* An empty value is a null. */
static bool read_value(struct parts *parts, void *place)
{
    CLEANUP(buf_fini) struct buf bytes = BUF_EMPTY;
    struct slice text, *value = place;

    if (!json_read_string(&parts->json, &text))
        return false;
    *value = SLICE_EMPTY;
    if (text.len == 0)
        return true;
    if (!base64_decode(text, &bytes))
        return parts_refuse(parts, "a value that is not base64");
    *value = arena_copy(parts->arena, buf_slice(&bytes));
    return true;
}

/* Bytes of any kind survive. */
static void write_value(struct buf *out, const void *place)
{
    const struct slice *value = place;

    if (value->len == 0) {
        buf_add_string(out, "null");
        return;
    }
    buf_add_byte(out, '"');
    base64_encode(*value, out);
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
