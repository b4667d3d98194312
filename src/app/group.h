/* SPDX-License-Identifier: MIT */
/* Templates that are delivered as a whole: what each of them rendered last, and the delivery that
 * takes it all.
 *
 * By default a template is a group of its own, and its texts pass through without being kept. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "delivery/delivery.h"
#include "job.h"
#include "ledger.h"
#include "quarantine.h"

/* What a template has brought, of its last complete pass. */
struct group_part {
    struct job *job;    /* borrowed */
    struct arena arena; /* of the rest */
    struct slice text;
    struct delivery_output *outputs;
    size_t n_outputs;
    struct places places; /* what `slots` gave to whom */
    bool has_pass;
};

struct hunt;
struct watched_files;

struct group {
    const char *name;                /* the config's */
    struct delivery_options options; /* arrays of its own, all else is the config's */
    struct delivery *delivery;       /* NULL with -dry */
    struct quarantine *quarantine;   /* owned */
    struct hunt *hunt;               /* owned; NULL: nobody looks for what was refused */
    struct group_part *parts;
    size_t n_parts, cap_parts;
    struct ledger ledger;
    struct loop *loop;
    struct loop_source *turn; /* deferred when its delivery gets on; the cycle's */
    size_t *n_installs;       /* counts what changes files; the cycle's */
    bool is_stirred;          /* a file of others has changed; the reason says which */
    bool is_changed;          /* a part was rendered since the last hand over */
    struct buf reason;        /* why, since then */
};

struct groups {
    struct group **items;
    size_t n, cap;
    struct watched_files *watched; /* owned; NULL: they depend on none */
};

#define GROUPS_NONE ((struct groups){ NULL, 0, 0, NULL })

/* The groups of these jobs, in the order of their first templates; each job learns of its group.
 * Jobs and store are borrowed and must outlive them. */
void groups_init(struct groups *groups, struct job *const *jobs, size_t n_jobs,
                 const struct store *store);
void groups_fini(struct groups *groups);

/* Its delivery, from now on. The counter and the source are the cycle's. */
void group_set_delivery(struct group *group, const struct delivery_means *means,
                        struct loop_source *turn, size_t *n_installs);

/* A file of others that it depends on has changed: what it has is checked and taken up again. */
void group_stir(struct group *group, const char *path);

/* A complete pass of a job: handed over at once if the job is alone in its group, else kept until
 * group_deliver(). Texts and outputs are copied. */
void group_take(struct group *group, struct job *job, struct slice text,
                const struct render *render);
/* A file of writeToFile as a delivery takes it; nothing is copied. */
struct delivery_output group_make_output(const struct render_output *output);
/* All that its templates ask. */
void group_add_questions(const struct group *group, struct dep_set *ret_asked);
/* Quarantine and hunt learn what became of the latest texts, as soon as the delivery knows. */
void group_judge(struct group *group);

/* Hands over what is new, if the last pass of every template was complete: half a set is none. */
void group_deliver(struct group *group);
/* One of its templates is due: those that wait for a moment of quiet come along, so that they are
 * delivered together. */
void group_align(struct group *group);
/* What an earlier group owes that writes one of this group's files, this one owes, too. */
void group_inherit(struct group *group, const struct group *earlier);
