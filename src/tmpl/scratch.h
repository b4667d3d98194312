/* SPDX-License-Identifier: MIT */
/* The scratch: a store of named values, one for each rendering. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "data/value.h"

struct error;
struct eval;
struct function;

/* `scratch`: the rendering's store, made when it is first asked for. */
bool call_scratch(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                  struct error *err);

/* A method of the store (Key, Get, Set …) by its exact name, as a row like those of functions:
 * number and types of the arguments are checked from it, the store itself is not among them. NULL:
 * no such method. */
const struct function *scratch_find_method(struct slice name);
