/* SPDX-License-Identifier: MIT */
/* The files of a configuration: which ones, their text, and the tree in it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "data/yaml.h"

struct source {
    char *path;
    struct buf text, masked; /* masked: made when an excerpt is shown for the first time */
};

struct source_list {
    struct source *sources;
    size_t n, cap;
};

#define SOURCE_LIST_EMPTY ((struct source_list){ NULL, 0, 0 })

/* Adds the file, or all files in and below a folder in lexical order; hidden ones and symbolic
 * links to folders are left out. Nothing is read yet. */
MUST_CHECK bool source_list_add(struct source_list *list, const char *path, struct error *err);
void source_list_fini(struct source_list *list);

MUST_CHECK bool source_read(struct source *source, struct error *err);
/* Whether what was read is consul-template's own form, and not YAML (or JSON, which is YAML). */
bool source_is_hcl(const struct source *source);
/* ret_root: a mapping, or NULL for a file without any setting. */
MUST_CHECK bool source_parse(const struct source *source, struct arena *arena,
                             struct yaml_node **ret_root, struct error *err);
/* The text with secrets hidden; borrowed. */
struct slice source_shown(struct source *source);
