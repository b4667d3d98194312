/* SPDX-License-Identifier: MIT */
/* Finds the parts of a JSON text that arrives in pieces: the elements of its top-level array, the
 * members of its top-level object, or the one value as a whole.
 *
 * An answer of ten thousand instances has 12 MB; held is only the part at hand. The scanner knows
 * strings and brackets, no more: what it finds is checked by the strict reader of data/json.h. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/slice.h"

enum scanner_shape {
    SCANNER_ELEMENTS, /* of an array */
    SCANNER_MEMBERS,  /* of an object */
    SCANNER_WHOLE,    /* any one value */
};

struct scanner_part {
    struct slice key;   /* JSON, with its quotes; of a member */
    struct slice value; /* JSON; good until the callback returns */
    bool is_too_large;  /* more than max_bytes, so it was not kept: value is empty */
};

/* False, with err set, ends the scan. */
typedef bool (*scanner_fn)(void *ctx, const struct scanner_part *part, struct error *err);

/* How many bytes the text begins with that are a whole value and known, which is thereby taken; 0:
 * none. The text begins with an object. */
typedef size_t (*scanner_known_fn)(void *ctx, struct slice text);

enum scanner_state {
    SCANNER_START,
    SCANNER_FIRST,      /* after the opening bracket: a part or the closing one */
    SCANNER_BEFORE_KEY, /* after a comma */
    SCANNER_KEY,        /* in a member's name */
    SCANNER_BEFORE_COLON,
    SCANNER_BEFORE_VALUE,
    SCANNER_VALUE,
    SCANNER_AFTER_VALUE, /* a comma or the closing bracket */
    SCANNER_END,
};

struct scanner {
    enum scanner_shape shape;
    enum scanner_state state;
    bool is_in_string, is_escaped, is_scalar, is_too_large;
    size_t depth; /* of brackets in the value at hand */
    size_t max_bytes;
    uint64_t offset; /* of the piece in the text */
    struct buf key, held;
    scanner_fn fn;
    scanner_known_fn known_fn; /* NULL: nothing is known */
    void *ctx;
};

void scanner_init(struct scanner *scanner, enum scanner_shape shape, size_t max_bytes,
                  scanner_fn fn, void *ctx);
void scanner_fini(struct scanner *scanner);

/* After an error the scanner is of no more use. */
MUST_CHECK bool scanner_feed(struct scanner *scanner, struct slice piece, struct error *err);
/* The text is over: an error if it ended too early. */
MUST_CHECK bool scanner_finish(struct scanner *scanner, struct error *err);
