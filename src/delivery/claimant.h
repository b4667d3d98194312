/* SPDX-License-Identifier: MIT */
/* One delivery's claims: its own files for life, and the outputs of its latest pass. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "delivery/claims.h"
#include "parcel.h"

struct claimant {
    struct claims *claims;
    const struct delivery_options *options; /* whose files are its own */
    char **outputs;
    size_t n_outputs, cap_outputs;
};

/* A file of its own that has an owner already is no error yet: claimant_take() reports it. */
void claimant_init(struct claimant *claimant, struct claims *claims,
                   const struct delivery_options *options);
void claimant_fini(struct claimant *claimant);

/* Claims what the parcel brings, and drops the outputs of the one before. After an error it has
 * claimed a part. */
MUST_CHECK bool claimant_take(struct claimant *claimant, const struct parcel *parcel,
                              struct error *err);
/* One more output. NULL, or the name of who has it. */
const char *claimant_take_output(struct claimant *claimant, const char *path);
