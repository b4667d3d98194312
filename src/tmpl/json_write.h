/* SPDX-License-Identifier: MIT */
/* toJSON and its kin; their rows are in encoding.c. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "data/value.h"

struct eval;

bool call_to_json(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                  struct error *err);
bool call_to_json_pretty(struct eval *eval, const struct value *args, size_t n_args,
                         struct value *ret, struct error *err);
bool call_to_unescaped_json(struct eval *eval, const struct value *args, size_t n_args,
                            struct value *ret, struct error *err);
bool call_to_unescaped_json_pretty(struct eval *eval, const struct value *args, size_t n_args,
                                   struct value *ret, struct error *err);
