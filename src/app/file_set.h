/* SPDX-License-Identifier: MIT */
/* The local files that templates read (`file`), each watched for changes: the same face towards the
 * cycle as consul/watch_set.h. */
#pragma once

#include <stdbool.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "data/dep.h"
#include "data/document.h"
#include "io/loop.h"

struct file_set;

/* on_answer takes over the document; a file that does not exist (any more) is no answer: what was
 * read before stays good. */
MUST_CHECK bool file_set_new(struct loop *loop,
                             void (*on_answer)(void *ctx, const struct dep *dep,
                                               struct document *doc),
                             void *ctx, struct file_set **ret_set, struct error *err);
void file_set_free(struct file_set *set);
DEFINE_FREEP(struct file_set, file_set_free)

/* Of `wanted`, only DEP_FILE counts. */
void file_set_add(struct file_set *set, const struct dep_set *wanted);
void file_set_keep_only(struct file_set *set, const struct dep_set *wanted);
/* Why there is no answer; borrowed until the next turn. */
const char *file_set_reason(const struct file_set *set, const struct dep *dep);
