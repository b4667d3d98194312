/* SPDX-License-Identifier: MIT */
/* Configuration text without its secrets, for excerpts in errors. */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/slice.h"

/* Appends a copy of the text, byte for byte as long, in which everything that may be a token or a
 * password is asterisks. It must do so for texts that do not parse and for misspelt keys, too, so
 * it goes by what a key looks like and rather hides too much. */
void mask_secrets(struct slice text, struct buf *out);
