/* SPDX-License-Identifier: MIT */
/* The files of writeToFile that this process has installed, and may remove. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "delivery/claims.h"
#include "io/file.h"
#include "parcel.h"

struct installed_file {
    char *path;
    struct file_id id;
};

struct installed {
    struct installed_file *files;
    size_t n, cap;
};

#define INSTALLED_NONE ((struct installed){ NULL, 0, 0 })

void installed_add(struct installed *installed, const char *path, struct file_id id);
void installed_add_all(struct installed *installed, const struct installed *others);
void installed_fini(struct installed *installed);

/* Removes the files that the parcel does not bring any more, says so, and forgets them. One that
 * another delivery has claimed meanwhile, or that somebody has put another file in the place of, is
 * only forgotten. After an error the rest is still there. */
MUST_CHECK bool installed_remove_rest(struct installed *installed, const struct parcel *parcel,
                                      struct claims *claims, const char *name, size_t *n_removed,
                                      struct error *err);
