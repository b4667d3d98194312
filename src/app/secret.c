/* SPDX-License-Identifier: MIT */
/* What a log must not show of a value of the KV store. */
#include "secret.h"

#include "base/arena.h"
#include "base/base64.h"
#include "base/limits.h"
#include "base/redact.h"
#include "base/utf8.h"
#include "data/json.h"
#include "data/yaml.h"

/* Base64 in JSON in Base64 in JSON. */
#define MAX_DEPTH 4

/* What is shorter is no secret behind Base64, and a piece no secret of its own: pieces are words
 * more often than values are. */
#define LEAST_BASE64 8
#define LEAST_PIECE  6

/* What is longer is no list, but a file that happens to have these bytes. */
#define MOST_OF_PIECES 4096

static bool hide(struct slice value, unsigned depth);

/* --- JSON and YAML --------------------------------------------------------------------------- */

/* False, too, if it is no JSON: the reader knows. */
static bool hide_json(struct json_reader *json, unsigned depth)
{
    struct slice text;
    bool ok = true;

    switch (json_peek(json)) {
    case JSON_OBJECT:
        ok = json_enter_object(json);
        while (ok && json_next_member(json, &text))
            ok = hide_json(json, depth);
        return ok;
    case JSON_ARRAY:
        ok = json_enter_array(json);
        while (ok && json_next_element(json))
            ok = hide_json(json, depth);
        return ok;
    case JSON_STRING: return json_read_string(json, &text) && hide(text, depth + 1);
    default: return json_read_raw(json, &text) && hide(text, depth + 1);
    }
}

static bool hide_yaml(const struct yaml_node *node, unsigned depth)
{
    size_t n_each = node->kind == YAML_MAPPING ? 2 : 1;

    if (node->kind == YAML_SCALAR)
        return hide(node->text, depth + 1);
    for (size_t i = n_each - 1; i < node->n_items; i += n_each)
        if (!hide_yaml(node->items[i], depth))
            return false;
    return true;
}

/* Most values are not worth the reading. */
static bool may_be_document(struct slice value)
{
    static const char starts[] = "{[-\"'&!?%";
    struct slice text = slice_trim(value), line;

    for (size_t i = 0; text.len > 0 && starts[i]; i++)
        if (text.ptr[0] == starts[i])
            return true;
    while (slice_next(&text, '\n', &line)) {
        line = slice_trim(line);
        if (slice_find(line, SLICE(": ")) != SLICE_NOT_FOUND || slice_ends_with(line, SLICE(":")))
            return true;
    }
    return false;
}

static bool hide_document(struct slice value, unsigned depth)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    struct json_reader json;
    struct yaml_node *root;
    struct error err;

    if (!may_be_document(value))
        return true;
    json_init(&json, value, LIMIT_YAML_DEPTH, &arena, &err);

    bool is_hidden = hide_json(&json, depth);

    if (!json.has_failed && json_at_end(&json))
        return is_hidden;
    if (!yaml_parse("value", value, &arena, &root, &err) || !root || root->kind == YAML_SCALAR)
        return true;
    return hide_yaml(root, depth);
}

/* --- Base64 and pieces ----------------------------------------------------------------------- */

static bool hide_base64(struct slice value, unsigned depth)
{
    CLEANUP(buf_fini) struct buf bytes = BUF_EMPTY;
    size_t bad_at;

    if (value.len < LEAST_BASE64)
        return true;
    if (!base64_decode(value, &bytes)) {
        buf_clear(&bytes);
        if (!base64_decode_with(&base64_url, value, &bytes, &bad_at))
            return true;
    }
    /* Words are Base64, too, but of no text. */
    if (utf8_valid_len(buf_slice(&bytes)) < bytes.len)
        return true;
    return hide(buf_slice(&bytes), depth + 1);
}

static bool is_space(char byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static bool is_separator(char byte)
{
    return byte == ',' || byte == ';' || byte == '|' || byte == ':' || byte == '=' || byte == '@' ||
           byte == '/';
}

/* Lists, a user with a password, a URL with both. A text with white space is a part of a
 * configuration more often, whose words are nobody's secret. */
static bool hide_pieces(struct slice value)
{
    size_t from = 0;

    if (value.len > MOST_OF_PIECES)
        return true;
    for (size_t i = 0; i < value.len; i++)
        if (is_space(value.ptr[i]))
            return true;
    for (size_t i = 0; i <= value.len; i++) {
        if (i < value.len && !is_separator(value.ptr[i]))
            continue;
        if (i - from >= LEAST_PIECE && !redact_hide(slice_sub(value, from, i)))
            return false;
        from = i + 1;
    }
    return true;
}

/* --- Values ---------------------------------------------------------------------------------- */

static bool hide(struct slice value, unsigned depth)
{
    struct slice text = slice_trim(value);

    return redact_hide(value) &&
           (depth == MAX_DEPTH ||
            (hide_pieces(text) && hide_base64(text, depth) && hide_document(value, depth)));
}

bool secret_hide(struct slice value)
{
    return hide(value, 0);
}
