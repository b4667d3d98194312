/* SPDX-License-Identifier: MIT */
/* How YAML lies on the page: indentation, the styles of scalars, where a long line is folded.
 *
 * The rules are those of the emitter inside the peer's library, libyaml's of 2014 with lists not
 * indented under their key. Today's libyaml writes other bytes, so it is not used for this. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/slice.h"

struct yaml_emitter {
    struct buf *out;
    size_t column; /* characters of the line so far */
    int indent;    /* of the collection that is open; -1: none is */
    bool is_after_space;
    bool is_at_indent;  /* nothing but indentation and "- ", "? ", ": " in this line */
    bool is_in_mapping; /* what comes next is a key or a value of a mapping */
    bool is_simple_key; /* … a key that ends in its line */
};

enum scalar_style { SCALAR_PLAIN, SCALAR_SINGLE_QUOTED, SCALAR_DOUBLE_QUOTED, SCALAR_LITERAL };

struct yaml_scalar {
    struct slice text;       /* UTF-8 */
    enum scalar_style style; /* another one is taken where it cannot be */
    bool is_binary;          /* tagged !!binary */
};

void yaml_emitter_init(struct yaml_emitter *emitter, struct buf *out);
/* More was written than LIMIT_OUTPUT_BYTES: nothing is added any more. */
bool yaml_emitter_is_full(const struct yaml_emitter *emitter);

void yaml_emit_scalar(struct yaml_emitter *emitter, const struct yaml_scalar *scalar);
void yaml_emit_empty(struct yaml_emitter *emitter, const char *brackets); /* "[]" or "{}" */

/* A block of at least one item: open, item and its value for each, close. What open returns is
 * close's to take. */
int yaml_emit_open_list(struct yaml_emitter *emitter);
void yaml_emit_item(struct yaml_emitter *emitter);
int yaml_emit_open_mapping(struct yaml_emitter *emitter);
void yaml_emit_key(struct yaml_emitter *emitter, const struct yaml_scalar *key);
void yaml_emit_close(struct yaml_emitter *emitter, int indent);
