/* SPDX-License-Identifier: MIT */
/* A hash over the bytes of an element of an answer, to know it again in the next one.
 *
 * Its key is chosen at random by each process: who may register a service must not be able to make
 * up two registrations that are taken for the same. The folded product of two keyed words depends
 * on all of their bits, and takes sixteen bytes a step. */
#pragma once

#include <stdint.h>

#include "base/slice.h"

uint64_t fingerprint_of(struct slice bytes);
