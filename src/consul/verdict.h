/* SPDX-License-Identifier: MIT */
/* Whether an answer of Consul's is believed.
 *
 * Its index orders answers, and its emptiness can be a lie: an agent that has lost its rights, its
 * leader or its data answers 200 with an empty list. A snapshot that is restored wakes every
 * blocked query with the old body and the old index, and later answers have lower ones. The rules
 * are one pure function, so that a table can test them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ask {
    ASK_FETCH,   /* without an index: answers at once, from any server */
    ASK_BLOCKED, /* waits for an index above the one we have */
    ASK_VERIFY,  /* without an index, answered by the leader */
};

/* What is known about an answer with status 200 (or 404 of a key) when it is complete. */
struct reading {
    enum ask ask;
    bool needs_index;       /* the kind of question has one */
    bool gone_lowers_index; /* what is gone answers with a lower index */
    uint64_t index;         /* 0: the answer has none that can be used */
    bool is_early;          /* a blocking query that ended well before its wait */
    bool is_doubtful;       /* from a server without a leader, or a stale read from too long ago */
    bool is_filtered;       /* rights were missing for a part of it */
    bool is_same;           /* as what we have */
    bool may_lack_rights; /* if nothing is left of it, that may be for lack of rights: not asked */
    bool lost_consul;     /* a list of services had Consul itself and has not any more */
    size_t n_items;

    /* What we have. */
    bool has_answer;
    uint64_t old_index;
    size_t n_old_items;
};

enum verdict {
    VERDICT_BELIEVE,
    VERDICT_BELIEVE_AND_VERIFY, /* better than nothing; ask the leader next */
    VERDICT_VERIFY,             /* ask the leader before believing it */
    VERDICT_ASK_RIGHTS,         /* nothing is left; believed if we could still see it */
    VERDICT_DENY,               /* not believed: rights are missing, or data */
    VERDICT_REFUSE,             /* no answer of Consul's */
};

const char *verdict_name(enum verdict verdict);
/* ret_reason: in words, for DENY and REFUSE. */
enum verdict verdict_of(const struct reading *reading, const char **ret_reason);
