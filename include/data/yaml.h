/* SPDX-License-Identifier: MIT */
/* YAML text as a tree with positions. The only door to libyaml; JSON is YAML. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/slice.h"

enum yaml_kind { YAML_SCALAR, YAML_SEQUENCE, YAML_MAPPING };

struct yaml_node {
    enum yaml_kind kind;
    bool is_plain;            /* a scalar without quotes: may be a number, a boolean, null */
    struct slice tag;         /* explicit: "!!str", "!x"; empty if none */
    struct slice text;        /* of a scalar */
    struct yaml_node **items; /* of a sequence; of a mapping: key, value, key, value … */
    size_t n_items;           /* a mapping has n_items / 2 entries */
    unsigned line, column;    /* from 1; columns count bytes */
};

/* The first document of the text; NULL for an empty one. Everything lives in the arena.
 *
 * Aliases share their node, so the tree may be smaller than what walking it visits; the limits
 * (LIMIT_YAML_DEPTH, _NODES, _BYTES) count an alias as all it stands for: a consumer may recurse
 * into it and copy from it without counting again. No node contains itself. Keys that occur twice
 * and merge keys (`<<`) are the consumer's business. A scalar may contain NUL ("\0").
 *
 * Errors (ERROR_SYNTAX, ERROR_LIMIT) have the position and quote nothing of the text; name is what
 * they call it. */
MUST_CHECK bool yaml_parse(const char *name, struct slice text, struct arena *arena,
                           struct yaml_node **ret_root, struct error *err);
/* The same, for a text that is to have one document: a second one is an error. */
MUST_CHECK bool yaml_parse_single(const char *name, struct slice text, struct arena *arena,
                                  struct yaml_node **ret_root, struct error *err);

const char *yaml_kind_name(enum yaml_kind kind); /* "a scalar", "a list", "a mapping" */
