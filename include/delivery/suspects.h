/* SPDX-License-Identifier: MIT */
/* Which of several changes a text is refused for: a search by trials, each of which takes some of
 * the changes and leaves the others out. It knows nothing of texts and answers: its owner renders,
 * asks a checker, and says what came out.
 *
 *   REPEAT  all changes once more: does the refusal repeat at all?
 *   BASE    none of them: is what runs accepted, or is the fault elsewhere?
 *   SPLIT   what is known to hold a culprit is halved, first between questions, then inside of one,
 *           until a single change is left; what was accepted stays in from then on, and the rest
 *           is tried as a whole again
 *   DONE */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum suspects_state { SUSPECTS_REPEAT, SUSPECTS_BASE, SUSPECTS_SPLIT, SUSPECTS_DONE };

enum suspects_outcome {
    SUSPECTS_SEARCHING,
    SUSPECTS_NOT_REPEATED, /* all of them are accepted now */
    SUSPECTS_NOT_AMONG,    /* even without them all it is refused: they are not the cause */
    SUSPECTS_FOUND,        /* without the guilty ones it is accepted */
};

struct suspects_range {
    size_t from, to;
    bool is_guilty; /* known to hold a culprit, given all that is cleared */
    bool is_left;   /* its right half is looked at next: guilty if this one is not */
};

#define SUSPECTS_MAX_RANGES 128 /* twice the bits of a count */

struct suspects {
    enum suspects_state state;
    enum suspects_outcome outcome;
    const size_t *questions; /* of each change, ascending; borrowed */
    size_t n;
    bool *is_cleared;            /* owned, n of them */
    bool *is_tried;              /* owned: what the present trial takes */
    size_t n_trials, max_trials; /* beyond, what is not cleared counts as guilty */
    struct suspects_range ranges[SUSPECTS_MAX_RANGES]; /* to be looked at, the next one last */
    size_t n_ranges;
};

/* n changes, each of the question with the number questions[i]. */
void suspects_init(struct suspects *suspects, const size_t *questions, size_t n, size_t max_trials);
void suspects_fini(struct suspects *suspects);

/* Which changes to take in the next trial, one bool for each; NULL when the search is over. Asked
 * twice, it says the same. */
const bool *suspects_next(const struct suspects *suspects);
/* What came out of that trial. */
void suspects_judge(struct suspects *suspects, bool is_accepted);
/* The trial could not be made: the search ends with what is cleared until now, which is a result
 * only if the base was accepted. */
void suspects_stop(struct suspects *suspects);
