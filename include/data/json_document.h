/* SPDX-License-Identifier: MIT */
/* JSON documents of our own (status, journal, snapshots): built as a tree, written as a text, and
 * read again. The only door to cJSON; what comes from outside is read by data/json.h. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/slice.h"

struct json_node;

/* A new, empty object; the caller owns it and, through it, all that is added. */
struct json_node *json_document_new(void);
void json_document_free(struct json_node *document); /* the root only; NULL is fine */
DEFINE_FREEP(struct json_node, json_document_free)

/* `name` is the member's name in an object, NULL in an array. Bytes that are no UTF-8 are written
 * as U+FFFD, a NUL byte ends the text: what must be exact goes through base64. */
void json_add_string(struct json_node *to, const char *name, struct slice text);
void json_add_integer(struct json_node *to, const char *name, uint64_t number); /* exact */
void json_add_bool(struct json_node *to, const char *name, bool boolean);
void json_add_null(struct json_node *to, const char *name);
/* The new object or array belongs to `to`; borrowed to be filled. */
struct json_node *json_add_object(struct json_node *to, const char *name);
struct json_node *json_add_array(struct json_node *to, const char *name);

/* Appends the text, with line breaks and indentation for people if asked, and a final newline. */
void json_format(const struct json_node *document, bool is_pretty, struct buf *out);

/* Reads a document back. Half a text, or one that is no object, is an error. */
MUST_CHECK bool json_document_parse(struct slice text, struct json_node **ret_document,
                                    struct error *err);

/* Of all of these a node may be NULL: so is what is in it. What a reader asks for may be missing in
 * a document of another version, or be something else: then it is NULL, "", 0 or false. */
const struct json_node *json_get(const struct json_node *object, const char *name);
const char *json_get_string(const struct json_node *object, const char *name); /* borrowed */
uint64_t json_get_integer(const struct json_node *object, const char *name);   /* below 2^53 */
bool json_get_bool(const struct json_node *object, const char *name);
/* Members of an array or an object in their order. */
const struct json_node *json_first(const struct json_node *list);
const struct json_node *json_next(const struct json_node *node);
size_t json_count(const struct json_node *list);
const char *json_name(const struct json_node *member); /* of an object's; else "" */
const char *json_string(const struct json_node *node); /* "" if it is none */
uint64_t json_integer(const struct json_node *node);
bool json_is_true(const struct json_node *node);
/* Control characters in texts become '?': they are for a terminal. */
void json_make_printable(struct json_node *document);
