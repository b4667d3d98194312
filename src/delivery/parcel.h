/* SPDX-License-Identifier: MIT */
/* What one pass brings: the texts of the group's own files, then the files that the template asked
 * for. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/slice.h"
#include "delivery/delivery.h"

struct parcel_file {
    struct delivery_file how; /* borrowed strings */
    struct slice text;
    bool is_output; /* of the template, not of the options */
};

struct parcel {
    struct parcel_file *files;
    size_t n_files;
    struct arena arena; /* of the outputs' names, and of texts that are kept */
    bool is_kept;
    bool is_part;          /* of the group's files: the others stay as they are */
    bool is_salvage;       /* the installed texts with servers of refused ones */
    bool awaits_address;   /* refused, only because this machine does not have it */
    struct slice renames;  /* of servers, see haproxy/names.h: a line each */
    char *trouble;         /* why there are none; NULL: all is well */
    struct places *places; /* one for each of the group's own files; NULL: nobody knows */
    size_t n_places;
};

#define PARCEL_NONE ((struct parcel){ .arena = ARENA_EMPTY })

/* Options and texts are borrowed. */
void parcel_init(struct parcel *parcel, const struct delivery_options *options,
                 const struct delivery_pass *pass);
/* Without any file yet, of at most so many; texts are to be its own. */
struct parcel parcel_make_part(size_t n_files);
void parcel_keep(struct parcel *parcel); /* the texts are its own from now on */
struct parcel parcel_take(struct parcel *parcel);
void parcel_fini(struct parcel *parcel);

/* Whether the paths that the template made are ones that a file may be written to. */
MUST_CHECK bool parcel_check(const struct parcel *parcel, struct error *err);
/* Whether this machine has the addresses that HAProxy is to listen at now and was not before; its
 * own check does not look. Where there is no file yet, none runs that a reload could harm. */
MUST_CHECK bool parcel_can_bind(const struct parcel *parcel, const struct haproxy_options *haproxy,
                                struct error *err);
/* What is to be where, as one number. */
uint64_t parcel_hash(const struct parcel *parcel);
bool parcel_has(const struct parcel *parcel, const char *path);
