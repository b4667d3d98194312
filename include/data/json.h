/* SPDX-License-Identifier: MIT */
/* Reading JSON from outside: a strict pull reader over one text in memory.
 *
 * Why not cJSON here: it accepts `01`, `1.` and raw newlines in strings, cuts a text at \u0000,
 * refuses lone surrogates and keeps integers as doubles; it keeps no positions, so what it lost
 * cannot be repaired afterwards, and a scan before it would be as long as this reader. The reader
 * also builds no tree: an answer of Consul's goes straight into its C structs. cJSON writes our own
 * documents (status, journal).
 *
 * Usage: each json_* call consumes one value. Errors stick: after the first, every call returns
 * false and reader->err holds what was wrong and where, so a decoder checks once at the end. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/slice.h"
#include "data/value.h"

enum json_kind {
    JSON_NULL,
    JSON_BOOL,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT,
    JSON_NONE
};

/* Where the reader stands in the object or array around it. */
enum json_place { JSON_AT_FIRST, JSON_AT_NEXT, JSON_IN_NULL };

struct json_reader {
    struct slice text;
    size_t at;
    enum json_place place;
    unsigned depth, max_depth;
    struct arena *arena; /* decoded strings go here */
    bool has_failed;
    struct error *err; /* the caller's; "offset N: …" */
};

void json_init(struct json_reader *reader, struct slice text, unsigned max_depth,
               struct arena *arena, struct error *err);
enum json_kind json_peek(struct json_reader *reader); /* JSON_NONE: end, or after an error */
const char *json_kind_name(enum json_kind kind);

/* json_enter_object() + `while (json_next_member(reader, &key))` with one value consumed in each
 * turn; the same with json_enter_array() and json_next_element(). The end is consumed, too. A null
 * where an object or array was wanted reads as an empty one. */
bool json_enter_object(struct json_reader *reader);
bool json_next_member(struct json_reader *reader, struct slice *ret_key);
bool json_enter_array(struct json_reader *reader);
bool json_next_element(struct json_reader *reader);

/* Lone surrogates and invalid UTF-8 become U+FFFD. Null reads as "". */
bool json_read_string(struct json_reader *reader, struct slice *ret_text);
bool json_read_bool(struct json_reader *reader, bool *ret_bool);      /* null: false */
bool json_read_int(struct json_reader *reader, int64_t *ret_integer); /* plain integers only */
bool json_read_uint(struct json_reader *reader, uint64_t *ret_natural);
bool json_read_double(struct json_reader *reader, double *ret_number);
bool json_skip(struct json_reader *reader); /* a value of any kind, checked */
/* As json_skip(), and the bytes that were skipped. */
bool json_read_raw(struct json_reader *reader, struct slice *ret_raw);
/* True when nothing but white space is left. */
bool json_at_end(struct json_reader *reader);
bool json_expect_end(struct json_reader *reader); /* the same; anything else is an error */

/* One whole text as a value of the language: objects are map[string]interface {} (the last
 * duplicate wins), numbers float64. White space around it only. */
MUST_CHECK bool json_parse_value(struct slice text, struct arena *arena, struct value *ret_value,
                                 struct error *err);
