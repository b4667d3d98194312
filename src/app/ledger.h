/* SPDX-License-Identifier: MIT */
/* What has become of a group's deliveries: one line of the log for each, and numbers for the
 * status. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/buf.h"
#include "data/json_document.h"
#include "delivery/delivery.h"

struct ledger {
    uint64_t n_deliveries;  /* that changed a file */
    time_t delivered_at;    /* the last of them; 0: none */
    time_t succeeded_at;    /* when all was last known to be taken up; 0: never */
    uint64_t owed_since_ms; /* on the loop's clock; 0: nothing is owed */
    struct buf change;      /* what the last one changed */
    size_t named_len;       /* of it, without how many more there were */
    size_t last_at;         /* where the last one that is named begins */
    size_t n_more;

    bool is_open;       /* one is under way */
    bool has_installed; /* it has changed files */
    bool has_salvaged;  /* the last one that did had nothing but the servers of what was refused */
    bool has_owed;      /* something was to be taken up */
    uint64_t opened_ms; /* on the loop's clock */
    size_t n_updates_before, n_reloads_before; /* of HAProxy */
};

void ledger_fini(struct ledger *ledger);
/* Texts are handed over, because of that. */
void ledger_open(struct ledger *ledger, const struct delivery *delivery, struct slice reason,
                 uint64_t now_ms);
void ledger_on_installed(struct ledger *ledger, const struct delivery *delivery, bool is_salvage,
                         uint64_t now_ms);
/* The delivery has come to a state; says in the log when it is done. */
void ledger_on_state(struct ledger *ledger, const char *group, const struct delivery *delivery,
                     uint64_t now_ms);
/* The group after a configuration was read again goes on counting. */
void ledger_inherit(struct ledger *ledger, const struct ledger *earlier);
/* As members of the group's object. */
void ledger_add_status(const struct ledger *ledger, const struct delivery *delivery,
                       uint64_t now_ms, struct json_node *to);
