/* SPDX-License-Identifier: MIT */
/* The order in which toYAML writes the keys of a map: b9 before b10. */
#pragma once

#include "data/value.h"

/* For qsort(). Numbers and booleans by value, before nil, before strings. In strings a run of
 * digits compares as a number; letters come after everything that is no letter. */
int key_order_compare(const struct value *a, const struct value *b);
