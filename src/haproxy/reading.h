/* SPDX-License-Identifier: MIT */
/* The configurations as they are installed: all files that HAProxy reads, in its order. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "haproxy/config.h"

struct reading {
    struct haproxy_config *config; /* NULL: nothing was read */
    uint64_t hash;                 /* of all texts */
    uint64_t changed;              /* seconds since 1970: when the newest of them was put there */
};

#define READING_NONE ((struct reading){ .config = NULL })

/* Files, and folders of which HAProxy reads those that end in ".cfg", in lexical order. */
MUST_CHECK bool reading_take(char *const *paths, size_t n_paths, struct reading *ret_reading,
                             struct error *err);
void reading_fini(struct reading *reading);
