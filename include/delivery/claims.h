/* SPDX-License-Identifier: MIT */
/* Which delivery writes which file: no two write one, or each would undo what the other did. */
#pragma once

#include <stddef.h>

#include "base/cleanup.h"

struct claims;

struct claims *claims_new(void);
void claims_free(struct claims *claims);
DEFINE_FREEP(struct claims, claims_free)

/* Claims a path, as text and taken from the working directory, for an owner. NULL: it is his now.
 * Else somebody has it, perhaps he himself: that one's name. The name is borrowed until the claim
 * is dropped. */
const char *claims_take(struct claims *claims, const char *path, const void *owner,
                        const char *name);
void claims_drop(struct claims *claims, const char *path, const void *owner); /* if it is his */
