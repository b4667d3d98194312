/* SPDX-License-Identifier: MIT */
/* The way back to an earlier address, after one that follows it had to be asked.
 *
 * One question now and then, whether there is a leader, shows that an earlier address works again.
 * It is asked for everything when it has answered so several times in a row. When it fails again
 * soon after that, more answers are wanted the next time: each change of the address costs a round
 * of questions, and one that comes and goes must not be followed each time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "io/http.h"
#include "io/loop.h"
#include "io/timer.h"

struct homing {
    struct loop *loop;
    /* Sends a question to the address. */
    struct http_request *(*ask)(void *ctx, size_t address, const char *path,
                                const struct http_handler *handler, void *handler_ctx);
    void (*on_home)(void *ctx, size_t address, uint64_t good_ms);
    void *ctx;
    uint64_t interval_ms;
    struct timer timer; /* runs while not at home */
    struct http_request *request;
    struct buf answer;
    size_t away;       /* the present address: those before it are asked in turn */
    size_t candidate;  /* the one that is asked */
    unsigned n_good;   /* answers of it in a row */
    unsigned n_wanted; /* such answers */
    bool has_returned;
    uint64_t good_since_ms, home_ms; /* the first of those answers; the last return */
};

/* The functions and interval_ms are set by the caller, who may change the latter later. */
void homing_init(struct homing *homing, struct loop *loop);
void homing_fini(struct homing *homing);
/* This address is asked from now on; 0 is home. */
void homing_leave(struct homing *homing, size_t address);
