/* SPDX-License-Identifier: MIT */
/* What every fuzz target includes: the function that a fuzzer calls, and how a target says that
 * something which must hold does not.
 *
 * tests/fuzz/fuzz_NAME.c defines LLVMFuzzerTestOneInput() and nothing else that is not static.
 * tests/fuzz/corpus/NAME/ holds at least one seed: `make unit` replays them all (replay.c), `make
 * fuzz` starts from them. tests/fuzz/NAME.dict, if there is one, is its dictionary. */
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/slice.h"

/* Called for each input, in one process: it must leave nothing behind, and must not take longer
 * than a few hundred milliseconds for any input. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* As assert(), and it says so where a fuzzer looks: nothing is printed twice or lost. */
#define FUZZ_CHECK(claim)                                                              \
    do {                                                                               \
        if (!(claim)) {                                                                \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #claim); \
            abort();                                                                   \
        }                                                                              \
    } while (0)

static inline struct slice fuzz_text(const uint8_t *data, size_t size)
{
    return slice_of((const char *)data, size);
}
