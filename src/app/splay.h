/* SPDX-License-Identifier: MIT */
/* This machine's share of a delay that keeps a fleet from doing the same thing in one moment. */
#pragma once

#include <stdint.h>

/* From 0 to span_ms: the same on this machine every time (by /etc/machine-id, else the host's
 * name), so that the order in which machines follow a change is always the same. */
uint64_t splay_of(uint64_t span_ms);
