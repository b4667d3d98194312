/* SPDX-License-Identifier: MIT */
/* The places of all templates as they were delivered last: state_dir/places.
 *
 * It is written after the files are in place. A process that dies in between finds the places of
 * before; the same members then get the same new places again. */
#pragma once

#include <stddef.h>

#include "base/cleanup.h"
#include "data/places.h"

struct config;
struct place_book;

/* state_dir NULL: nothing is kept beyond the process. A file that is not understood is set aside,
 * with a word in the log. */
struct place_book *place_book_new(const char *state_dir);
void place_book_free(struct place_book *book);
DEFINE_FREEP(struct place_book, place_book_free)

/* Templates that are not configured any more are forgotten, in the file with the next commit. */
void place_book_keep_only(struct place_book *book, const struct config *config);
/* Borrowed until the next commit for this template; NULL: it has none. */
const struct places *place_book_get(const struct place_book *book, const char *tmpl);
/* These have been delivered: copied, and written if they differ. Members without a place are said
 * in the log when there are some, and when there are none any more. */
void place_book_commit(struct place_book *book, const char *tmpl, const struct places *places);
