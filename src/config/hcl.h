/* SPDX-License-Identifier: MIT */
/* HCL 1 as the tree that YAML becomes, too. */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/slice.h"
#include "data/yaml.h"

/* A mapping in the arena, never NULL. A block with labels (`a "b" { … }`) becomes a mapping in a
 * mapping. A key that is assigned, or a block that stands there, twice is there twice: that is the
 * consumer's business. Numbers, true and false are plain scalars, texts are not.
 *
 * The limits are YAML's. Errors (ERROR_SYNTAX, ERROR_LIMIT) have the position and quote nothing of
 * the text; name is what they call it. */
MUST_CHECK bool hcl_parse(const char *name, struct slice text, struct arena *arena,
                          struct yaml_node **ret_root, struct error *err);
