/* SPDX-License-Identifier: MIT */
/* A gate that lets so many through at a time. */
#include "delivery/gate.h"

#include <assert.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"

struct gate {
    struct loop_source *opener; /* deferred */
    size_t n_places, n_inside;
    struct gate_ticket *first, *last; /* those that wait */
};

static void gate_unlink(struct gate *gate, struct gate_ticket *ticket)
{
    *(ticket->prev ? &ticket->prev->next : &gate->first) = ticket->next;
    *(ticket->next ? &ticket->next->prev : &gate->last) = ticket->prev;
    ticket->next = ticket->prev = NULL;
}

static void gate_open(void *ctx)
{
    struct gate *gate = ctx;

    while (gate->first && gate->n_inside < gate->n_places) {
        struct gate_ticket *ticket = gate->first;

        gate_unlink(gate, ticket);
        ticket->is_inside = true;
        gate->n_inside++;
        ticket->fn(ticket->ctx);
    }
}

struct gate *gate_new(struct loop *loop, size_t n_places)
{
    struct gate *gate = NEW(struct gate);
    struct error err;

    gate->n_places = n_places;
    if (!loop_add_deferred(loop, gate_open, gate, &gate->opener, &err)) {
        log_err("checks: %s", err.text);
        abort(); /* nothing but memory can be missing here */
    }
    return gate;
}

void gate_free(struct gate *gate)
{
    if (!gate)
        return;
    assert(!gate->first && gate->n_inside == 0);
    loop_source_free(gate->opener);
    free(gate);
}

void gate_enter(struct gate *gate, struct gate_ticket *ticket, loop_fn fn, void *ctx)
{
    assert(!ticket->gate);
    *ticket = (struct gate_ticket){ .gate = gate, .prev = gate->last, .fn = fn, .ctx = ctx };
    *(gate->last ? &gate->last->next : &gate->first) = ticket;
    gate->last = ticket;
    loop_defer(gate->opener);
}

void gate_leave(struct gate_ticket *ticket)
{
    struct gate *gate = ticket->gate;

    if (!gate)
        return;
    if (ticket->is_inside)
        gate->n_inside--;
    else
        gate_unlink(gate, ticket);
    *ticket = GATE_TICKET_NONE;
    loop_defer(gate->opener);
}
