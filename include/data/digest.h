/* SPDX-License-Identifier: MIT */
/* Texts by their SHA-256: the same for the same text only, whoever wrote it. */
#pragma once

#include <stdbool.h>

#include "base/slice.h"

struct digest {
    char hex[65]; /* 64 lower-case digits; "": none */
};

#define DIGEST_NONE ((struct digest){ "" })

struct digest digest_of(struct slice text);
bool digest_equal(const struct digest *a, const struct digest *b);
/* False if it is none; "" is none, too. */
bool digest_parse(struct slice text, struct digest *ret_digest);
