/* SPDX-License-Identifier: MIT */
/* A gate that lets so many through at a time, in the order they came: checkers are heavy, and a
 * thousand groups may want theirs at once. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "io/loop.h"

struct gate;

/* Embedded in whoever wants to pass. */
struct gate_ticket {
    struct gate *gate; /* NULL: neither waiting nor inside */
    struct gate_ticket *next, *prev;
    bool is_inside;
    loop_fn fn;
    void *ctx;
};

#define GATE_TICKET_NONE ((struct gate_ticket){ .gate = NULL })

struct gate *gate_new(struct loop *loop, size_t n_places);
void gate_free(struct gate *gate); /* after all tickets have left */
DEFINE_FREEP(struct gate, gate_free)

/* fn is called from the loop when there is a place; it has it until gate_leave(). */
void gate_enter(struct gate *gate, struct gate_ticket *ticket, loop_fn fn, void *ctx);
void gate_leave(struct gate_ticket *ticket); /* also one that waits, or was never used */
