/* SPDX-License-Identifier: MIT */
/* What one delivery remembers beyond the process, in the journal. Without a journal nothing of this
 * does anything. */
#pragma once

#include <stdbool.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "delivery/options.h"
#include "installed.h"
#include "journal.h"
#include "parcel.h"
#include "stage.h"
#include "take_up.h"

struct history {
    struct journal *journal; /* borrowed; NULL: there is none */
    struct journal_record *record;
    const struct delivery_options *options;
    bool is_resumed; /* an earlier process has left the record, and this is the first to read it */
    bool is_unsure;  /* the same, but the journal was lost */
    bool is_settled; /* the record says what is installed, as this process knows it */
    struct journal_set staged; /* what is about to be put in place */
};

/* Options are borrowed. */
void history_init(struct history *history, struct journal *journal,
                  const struct delivery_options *options);

void history_fini(struct history *history);

/* --- At the start ---------------------------------------------------------------------------- */

/* The files of a set that a crash may have left half replaced; ret_parcel has none if there is no
 * such set. Its texts are its own. */
MUST_CHECK bool history_get_pending(const struct history *history, struct parcel *ret_parcel,
                                    struct error *err);
/* Commands are owed for what was installed; it is added for them. */
bool history_owes(const struct history *history, struct take_up *take_up);
/* Files of writeToFile that are as they were installed are added. */
void history_list_outputs(const struct history *history, struct installed *installed);
/* A file of a set is the group's, as it is configured now. */
bool history_has_file(const struct history *history, const struct journal_file *file);
/* It holds what was installed. */
bool history_is_as_installed(const struct journal_file *file);
/* All of them do. */
bool history_is_intact(const struct history *history);
/* The first texts of this process are in place and nothing was changed for them: whether they are
 * others than those that were last taken up. */
bool history_must_take_up(struct history *history, const struct parcel *parcel);

/* --- A delivery ------------------------------------------------------------------------------ */

/* The staged files are about to be put in place. */
void history_begin(struct history *history, const struct stage *stage);
/* They are in place, and so is the rest of the parcel. is_changed: any of them was not before. */
void history_end(struct history *history, const struct parcel *parcel, bool is_changed,
                 bool is_owed);
void history_taken_up(struct history *history);
/* The disk is full. False: there is nothing of ours that could go. */
bool history_make_room(const struct history *history);
/* What was refused, and why, for people; where it is, or "". */
void history_reject(struct history *history, const struct stage *stage, const char *text,
                    struct slice words, struct buf *ret_paths);

/* --- Back ------------------------------------------------------------------------------------ */

/* Whether the commands of exactly this set have failed, and it was taken back. */
bool history_was_rolled_back(const struct history *history, const struct parcel *parcel);
/* There is a generation that was taken up, another one than what is installed. */
bool history_can_roll_back(const struct history *history);
/* Its files, and what is installed is remembered as what they replace. */
MUST_CHECK bool history_roll_back(struct history *history, struct parcel *ret_parcel,
                                  struct error *err);
