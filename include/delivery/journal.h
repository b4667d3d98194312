/* SPDX-License-Identifier: MIT */
/* What deliveries remember beyond the process: state_dir/journal.json, and the texts of the last
 * good generations beside it.
 *
 * For each group it has what was installed, what was last taken up and whether commands are owed.
 * Before the files of a set are replaced, the set is written down with its texts: a crash between
 * two of its renames is completed at the next start, never undone, because the new set was checked.
 * For a single file that is not necessary: it is the old or the new one at any moment.
 *
 * A journal that cannot be read is set aside, and costs each group at most one run of its commands;
 * one that cannot be written is said once, and stops no delivery. */
#pragma once

#include <stdbool.h>

#include "base/cleanup.h"
#include "io/loop.h"

struct journal;

/* The folder must exist, and be ours. */
struct journal *journal_open(struct loop *loop, const char *state_dir);
/* Writes what waits for the end of the turn: after deliveries were made, before they deliver. */
void journal_flush(struct journal *journal);
void journal_free(struct journal *journal); /* what was not written yet is; NULL is fine */
DEFINE_FREEP(struct journal, journal_free)
