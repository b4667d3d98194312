/* SPDX-License-Identifier: MIT */
/* One source (a file, a flag, the environment, the defaults) being read into a draft. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/slice.h"
#include "report.h"
#include "setting.h"
#include "source.h"

struct reading {
    struct draft *draft;
    struct report *report;
    unsigned number;       /* of the source; the later one wins */
    const char *name;      /* "--consul-addr", "CONSUL_HTTP_ADDR"; NULL for a file */
    struct source *source; /* a file; NULL for others */
};

/* "file:3:5: 'key': TEXT" with an excerpt, or "--flag: TEXT". */
void reading_add_mistake(struct reading *reading, const struct setting *setting,
                         const struct yaml_node *node, const char *fmt, ...) PRINTF(4, 5);
/* "expected WHAT, found a list"; a secret's text is not shown. */
void reading_add_unexpected(struct reading *reading, const struct setting *setting,
                            const struct yaml_node *node, const char *expected);
/* An unknown key, or one in the wrong place: the excerpt ends with the key, because what follows
 * may be a secret under a wrong name. */
void reading_add_bad_key(struct reading *reading, const struct yaml_node *key, const char *fmt, ...)
    PRINTF(3, 4);

/* Nothing, `null` or `~`: as if the key were not there. */
bool yaml_node_is_null(const struct yaml_node *node);
/* The text of a scalar that can be a C string; else a mistake. */
bool reading_get_text(struct reading *reading, const struct setting *setting,
                      const struct yaml_node *node, const char *expected, struct slice *ret_text);

/* What is read is consul-template's own form: where it means something else than YAML, that counts.
 */
bool reading_is_hcl(const struct reading *reading);

/* The place of a setting in its base. */
void *setting_place(const struct setting *setting, void *base);
