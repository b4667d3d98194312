/* SPDX-License-Identifier: MIT */
/* What `range` iterates over. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "data/value.h"

struct eval;
struct node;

/* The elements of a range. */
struct range {
    const struct node *node;
    struct value subject;
    size_t i, n;
    const struct value_pair *pairs; /* of a map that may change: its entries at the start */
};

/* Fails, with a position, for a value that has no elements. The subject may be nil. */
MUST_CHECK bool range_init(struct range *range, struct eval *eval, const struct node *node,
                           const struct value *subject, struct error *err);
/* The next element, with its index or key; false at the end. */
bool range_next(struct range *range, struct value *ret_index, struct value *ret_element);
