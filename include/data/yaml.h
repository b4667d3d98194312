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

/* The first document of the text; NULL for an empty one. Aliases share their node. Nesting, size
 * and the expansion of aliases are limited. Errors have the position; name is what they call the
 * text. */
MUST_CHECK bool yaml_parse(const char *name, struct slice text, struct arena *arena,
                           struct yaml_node **ret_root, struct error *err);

const char *yaml_kind_name(enum yaml_kind kind); /* "a scalar", "a list", "a mapping" */
