/* SPDX-License-Identifier: MIT */
/* writeToFile: a function of the table in questions.c. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "data/value.h"

struct eval;

bool output_write_to_file(struct eval *eval, const struct value *args, size_t n_args,
                          struct value *ret, struct error *err);
