/* SPDX-License-Identifier: MIT */
/* What a log must not show of a value of the KV store. */
#pragma once

#include <stdbool.h>

#include "base/slice.h"

/* Hides (base/redact.h) the value and what a template may take out of it: the values inside of JSON
 * and YAML, what stands behind Base64, the pieces of a text without white space. The names of
 * members are not hidden. False: there was no room for all of it. */
bool secret_hide(struct slice value);
