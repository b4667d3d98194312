/* SPDX-License-Identifier: MIT */
/* What a YAML scalar without quotes stands for: the rules of YAML 1.1 as the peer's library applies
 * them. parseYAML reads by them, and toYAML quotes what they would read as something else. */
#pragma once

#include <stdbool.h>

#include "base/slice.h"
#include "data/value.h"

enum scalar_type {
    SCALAR_STRING,
    SCALAR_NULL,
    SCALAR_BOOL,
    SCALAR_INT, /* a number of type int, or uint64 where that is too small */
    SCALAR_FLOAT,
    SCALAR_TIMESTAMP, /* read as the text that it is */
};

/* *ret_value is set for null, booleans and numbers. is_time_tried: a timestamp is looked for. */
enum scalar_type scalar_resolve(struct slice text, bool is_time_tried, struct value *ret_value);

/* 1:30 and 190:20:30.15, numbers to other readers of YAML. */
bool scalar_is_base60(struct slice text);
