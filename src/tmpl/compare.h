/* SPDX-License-Identifier: MIT */
/* eq, ne, lt, le, gt, ge: functions of the table in builtin.c. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "data/value.h"

struct eval;

bool compare_eq(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                struct error *err);
bool compare_ne(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                struct error *err);
bool compare_lt(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                struct error *err);
bool compare_le(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                struct error *err);
bool compare_gt(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                struct error *err);
bool compare_ge(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                struct error *err);
