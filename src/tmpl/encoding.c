/* SPDX-License-Identifier: MIT */
/* Functions on encodings: the table, Base64, hashes, parseJSON. */
#include "json_write.h"

#include <limits.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/base64.h"
#include "base/limits.h"
#include "data/json.h"

#include "eval.h"
#include "function.h"

/* --- Base64 -------------------------------------------------------------------------------- */

static bool encode_base64(struct eval *eval, const struct base64_alphabet *alphabet,
                          struct slice bytes, struct value *ret, struct error *err)
{
    CLEANUP(buf_fini) struct buf out = BUF_EMPTY;

    if (!eval_check_size(eval, base64_encoded_len(bytes.len), err))
        return false;
    base64_encode_with(alphabet, bytes, &out);
    *ret = value_string(arena_copy(eval->arena, buf_slice(&out)));
    return true;
}

static bool decode_base64(struct eval *eval, const struct base64_alphabet *alphabet,
                          struct slice text, struct value *ret, struct error *err)
{
    CLEANUP(buf_fini) struct buf out = BUF_EMPTY;
    size_t bad_at;

    if (!eval_check_size(eval, text.len, err))
        return false;
    if (!base64_decode_with(alphabet, text, &out, &bad_at))
        return function_error(err, "no Base64 at offset %zu", bad_at);
    *ret = value_string(arena_copy(eval->arena, buf_slice(&out)));
    return true;
}

static bool call_base64_decode(struct eval *eval, const struct value *args, size_t n_args,
                               struct value *ret, struct error *err)
{
    (void)n_args;
    return decode_base64(eval, &base64_standard, value_slice(&args[0]), ret, err);
}

static bool call_base64_encode(struct eval *eval, const struct value *args, size_t n_args,
                               struct value *ret, struct error *err)
{
    (void)n_args;
    return encode_base64(eval, &base64_standard, value_slice(&args[0]), ret, err);
}

static bool call_base64_url_decode(struct eval *eval, const struct value *args, size_t n_args,
                                   struct value *ret, struct error *err)
{
    (void)n_args;
    return decode_base64(eval, &base64_url, value_slice(&args[0]), ret, err);
}

static bool call_base64_url_encode(struct eval *eval, const struct value *args, size_t n_args,
                                   struct value *ret, struct error *err)
{
    (void)n_args;
    return encode_base64(eval, &base64_url, value_slice(&args[0]), ret, err);
}

/* --- Hashes -------------------------------------------------------------------------------- */

static struct value hex_value(struct eval *eval, const unsigned char *bytes, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    char *text = arena_alloc(eval->arena, 2 * n + 1);

    for (size_t i = 0; i < n; i++) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 15];
    }
    return value_string(slice_of(text, 2 * n));
}

static bool hash(struct eval *eval, const EVP_MD *digest, struct slice text, struct value *ret,
                 struct error *err)
{
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned n;

    /* A library in FIPS mode has no MD5. */
    if (!EVP_Digest(text.ptr, text.len, bytes, &n, digest, NULL))
        return function_error(err, "the system's OpenSSL does not offer this hash");
    *ret = hex_value(eval, bytes, n);
    return true;
}

static bool call_md5sum(struct eval *eval, const struct value *args, size_t n_args,
                        struct value *ret, struct error *err)
{
    (void)n_args;
    return hash(eval, EVP_md5(), value_slice(&args[0]), ret, err);
}

static bool call_sha256_hex(struct eval *eval, const struct value *args, size_t n_args,
                            struct value *ret, struct error *err)
{
    (void)n_args;
    return hash(eval, EVP_sha256(), value_slice(&args[0]), ret, err);
}

static bool call_hmac_sha256_hex(struct eval *eval, const struct value *args, size_t n_args,
                                 struct value *ret, struct error *err)
{
    struct slice message = value_slice(&args[0]), key = value_slice(&args[1]);
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned n;

    (void)n_args;
    if (key.len > INT_MAX || !HMAC(EVP_sha256(), key.ptr, (int)key.len,
                                   (const unsigned char *)message.ptr, message.len, bytes, &n))
        return function_error(err, "the system's OpenSSL does not offer this hash");
    *ret = hex_value(eval, bytes, n);
    return true;
}

/* --- parseJSON ----------------------------------------------------------------------------- */

/* What a value of JSON takes in memory, at most, for each byte of the text that begins one. */
#define BYTES_A_NODE 160

/* A text of a few megabytes can hold so many small values that they fill the memory. */
static bool check_json_size(struct eval *eval, struct slice text, struct error *err)
{
    size_t n = 1;

    for (size_t i = 0; i < text.len; i++)
        n += text.ptr[i] == ',' || text.ptr[i] == '[' || text.ptr[i] == '{';
    if (eval->arena->used + text.len + n * BYTES_A_NODE > LIMIT_RENDER_BYTES)
        return error_set(err, ERROR_LIMIT, "the values of this JSON text need more than %u MB",
                         LIMIT_RENDER_BYTES >> 20);
    return true;
}

/* The same value with all its texts foreign. The depth is that of a value read from JSON, which is
 * limited. */
static struct value make_foreign(struct arena *arena, const struct value *value)
{
    switch (value_kind(value)) {
    case KIND_STRING: return value_foreign_string(value_slice(value));
    case KIND_LIST: {
        struct value *items = ARENA_ARRAY(arena, value->list.n, struct value);

        for (size_t i = 0; i < value->list.n; i++) {
            struct value item = value_list_get(value, i);

            items[i] = make_foreign(arena, &item);
        }
        return value_list(value->type, STORED_VALUES, items, value->list.n);
    }
    case KIND_MAP: {
        size_t n = value_map_len(value);
        struct value_pair *pairs = ARENA_ARRAY(arena, n, struct value_pair);

        for (size_t i = 0; i < n; i++) {
            struct value key, item;

            value_map_at(value, i, &key, &item);
            pairs[i] = (struct value_pair){ make_foreign(arena, &key), make_foreign(arena, &item) };
        }
        return value_map_from_pairs(arena, value->type, pairs, n);
    }
    default: return *value;
    }
}

static bool call_parse_json(struct eval *eval, const struct value *args, size_t n_args,
                            struct value *ret, struct error *err)
{
    struct slice text = value_slice(&args[0]);
    struct value value;

    (void)n_args;
    if (text.len == 0) {
        *ret = value_map_new(eval->arena, &type_any_map);
        return true;
    }
    if (!check_json_size(eval, text, err))
        return false;
    if (!json_parse_value(text, eval->arena, &value, err)) {
        if (err->code == ERROR_SYNTAX) /* of the text, not of the template */
            err->code = ERROR_EXECUTE;
        return false;
    }
    *ret = text_is_foreign(&args[0].text) ? make_foreign(eval->arena, &value) : value;
    return true;
}

#define ANY    &type_any
#define STRING &type_string

#define SHOWING (FUNCTION_KEEPS_SPANS | FUNCTION_SHOWS_ALL)

static const struct function rows[] = {
    { "base64Decode", call_base64_decode, { STRING }, STRING, 1, 1, 0 },
    { "base64Encode", call_base64_encode, { STRING }, STRING, 1, 1, 0 },
    { "base64URLDecode", call_base64_url_decode, { STRING }, STRING, 1, 1, 0 },
    { "base64URLEncode", call_base64_url_encode, { STRING }, STRING, 1, 1, 0 },
    { "hmacSHA256Hex", call_hmac_sha256_hex, { STRING }, STRING, 2, 2, 0 },
    { "md5sum", call_md5sum, { STRING }, STRING, 1, 1, 0 },
    { "parseJSON", call_parse_json, { STRING }, ANY, 1, 1, 0 },
    { "sha256Hex", call_sha256_hex, { STRING }, STRING, 1, 1, 0 },
    { "toJSON", call_to_json, { ANY }, STRING, 1, 1, SHOWING },
    { "toJSONPretty", call_to_json_pretty, { ANY }, STRING, 1, 1, SHOWING },
    { "toUnescapedJSON", call_to_unescaped_json, { ANY }, STRING, 1, 1, SHOWING },
    { "toUnescapedJSONPretty", call_to_unescaped_json_pretty, { ANY }, STRING, 1, 1, SHOWING },
};

const struct function_group functions_encoding = { rows, ARRAY_SIZE(rows) };
