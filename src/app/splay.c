/* SPDX-License-Identifier: MIT */
/* This machine's share of a delay. */
#include "splay.h"

#include "io/machine.h"

uint64_t splay_of(uint64_t span_ms)
{
    return span_ms == 0 ? 0 : machine_hash() % (span_ms + 1);
}
