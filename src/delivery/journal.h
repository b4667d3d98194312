/* SPDX-License-Identifier: MIT */
/* The journal as deliveries see it: a record for each group. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "data/digest.h"
#include "delivery/journal.h"

struct journal_file {
    char *path;
    struct digest digest;
    bool is_output;
    mode_t perms;       /* of an output */
    char *user, *group; /* the same; may be NULL */
};

/* Texts that belong together. */
struct journal_set {
    struct journal_file *files;
    size_t n, cap;
    uint64_t time; /* seconds since 1970 */
};

#define JOURNAL_SET_NONE ((struct journal_set){ NULL, 0, 0, 0 })

#define JOURNAL_MOST_GENERATIONS 100

struct journal_record {
    char *name;
    bool is_known; /* of an earlier process; read by whoever takes the record first */
    bool is_taken; /* by a delivery of this process; others are not written any more */
    bool is_owed;  /* commands, for what is installed */
    struct journal_set installed; /* all files of the group */
    struct journal_set pending;   /* files that are being replaced; n 0: none are */
    struct journal_set generations[JOURNAL_MOST_GENERATIONS]; /* taken up, the newest first */
    size_t n_generations;
    struct digest rolled_back; /* of the set of texts whose commands failed; DIGEST_NONE */
};

void journal_set_fini(struct journal_set *set);
void journal_set_add(struct journal_set *set, const struct journal_file *file); /* copies */
struct journal_set journal_set_copy(const struct journal_set *set);
const struct journal_file *journal_set_find(const struct journal_set *set, const char *path);
bool journal_set_equal(const struct journal_set *a, const struct journal_set *b);
struct digest journal_set_digest(const struct journal_set *set);

/* The record of a group, made if there is none; good until the journal is freed. */
struct journal_record *journal_take(struct journal *journal, const char *name);
/* The journal of the process before was lost: what it would have said is not known. */
bool journal_is_lost(const struct journal *journal);

void journal_save(struct journal *journal); /* before this returns */
void journal_mark(struct journal *journal); /* at the end of the turn */

/* Takes over the set as what is installed. Texts that nobody has any more go. */
void journal_set_installed(struct journal *journal, struct journal_record *record,
                           struct journal_set *set);
/* The group's installed files were taken up: they become its newest generation, of n_kept. */
void journal_add_generation(struct journal *journal, struct journal_record *record, size_t n_kept);

/* Keeps a text until no set of any record has it any more. False: it could not be written, which
 * was said. */
bool journal_put_text(struct journal *journal, struct slice text, const struct digest *digest);
MUST_CHECK bool journal_get_text(const struct journal *journal, const struct digest *digest,
                                 struct buf *out, struct error *err);
/* Whether the group has put a text with that hash in place, or was about to, as far as that is
 * remembered. */
bool journal_knows_text(const struct journal *journal, const struct journal_record *record,
                        const struct digest *digest);
/* The disk is full: texts that were refused, and those of generations that are not in place, go. */
void journal_make_room(const struct journal *journal);
/* Keeps what others had written where one of our files is. ret_path: where; "" if it could not. */
void journal_keep_foreign(struct journal *journal, const char *destination, struct slice text,
                          struct buf *ret_path);
/* Keeps a text that was refused, and why, for people. ret_path: where; "" if it could not. */
void journal_reject(struct journal *journal, const char *destination, struct slice text,
                    struct slice why, struct buf *ret_path);
