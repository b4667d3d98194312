/* SPDX-License-Identifier: MIT */
/* What a function of the language is: one row of a table. Number and types of the arguments are
 * checked from the row, once, before the call. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/slice.h"
#include "data/value.h"

struct eval; /* a running render: src/tmpl/eval.h */

/* Arguments have the types of the row. *ret is set only on success. An error is ERROR_EXECUTE (or
 * ERROR_LIMIT) without position or function name: the caller of the function adds both. */
typedef bool (*function_fn)(struct eval *eval, const struct value *args, size_t n_args,
                            struct value *ret, struct error *err);

#define FUNCTION_MAX_PARAMS 5
#define FUNCTION_VARIADIC   UINT8_MAX

enum function_flags {
    /* The evaluator computes the arguments one by one, and the function (and, or) is asked after
     * each of them, as its only argument, whether that decides: its result is then a bool, and the
     * result of the call the argument. */
    FUNCTION_LAZY = 1 << 0,
    /* The result keeps the spans of foreign bytes by itself. Without it a string result is wholly
     * foreign as soon as one argument holds a foreign byte. */
    FUNCTION_KEEPS_SPANS = 1 << 1,
    /* Its string result is the operator's own whatever the arguments are (KV values, files). */
    FUNCTION_RESULT_OWN = 1 << 2,
    /* Its result shows all that an argument holds, however deep. */
    FUNCTION_SHOWS_ALL = 1 << 3,
    /* It asks the outside, through eval_ask() alone. */
    FUNCTION_ASKS = 1 << 4,
    /* Called again with the same arguments and answers, it may give or do something else. */
    FUNCTION_UNREPEATABLE = 1 << 5,
};

struct function {
    const char *name;
    function_fn call;
    /* Parameter types; the last one given serves all further arguments. &type_any: everything. */
    const struct type *params[FUNCTION_MAX_PARAMS];
    const struct type *result;  /* &type_any where it depends on the arguments */
    uint8_t min_args, max_args; /* max_args: FUNCTION_VARIADIC for no upper bound */
    uint8_t flags;
};

struct function_group {
    const struct function *items;
    size_t n;
};

/* One table a concern, each in the file of that name. */
extern const struct function_group functions_builtin; /* Go's own: and, len, index, printf, eq … */
extern const struct function_group functions_consul;  /* service, key, ls … and file, env */
extern const struct function_group functions_collection; /* byTag, contains, explode, mergeMap … */
extern const struct function_group functions_string; /* split, join, trim, toUpper, indent … */
extern const struct function_group functions_regex;
extern const struct function_group functions_encoding; /* JSON, base64, hashes */
extern const struct function_group functions_yaml;     /* parseYAML, toYAML, toTOML */
extern const struct function_group functions_math;     /* parseInt, add, loop … */
extern const struct function_group functions_time;
extern const struct function_group functions_foreign; /* raw, words */
extern const struct function_group functions_slots;   /* slots */

const struct function *function_find(struct slice name); /* NULL: no such function */
/* All of them, i from 0; NULL after the last. */
const struct function *function_at(size_t i);
/* The nearest name, for "did you mean"; NULL if none is near. */
const char *function_nearest(struct slice name);

/* For functions: sets ERROR_EXECUTE. */
#define function_error(err, ...) error_set((err), ERROR_EXECUTE, __VA_ARGS__)
