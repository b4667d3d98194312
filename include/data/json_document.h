/* SPDX-License-Identifier: MIT */
/* JSON documents of our own (status, journal, snapshots): built as a tree, written as a text. The
 * only door to cJSON; what comes from outside is read by data/json.h. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/cleanup.h"
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
