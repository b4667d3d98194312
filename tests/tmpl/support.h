/* SPDX-License-Identifier: MIT */
/* Calls functions of the language without an evaluator: values from a short notation, results as
 * text in which types and foreign bytes can be seen. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "data/json.h"
#include "tmpl/eval.h"
#include "tmpl/function.h"

#include "unit.h"

/* What a function needs of a running render. */
struct support {
    struct arena arena;
    struct eval eval;
    struct error err;
};

static inline void support_init(struct support *support)
{
    *support = (struct support){ .arena = ARENA_EMPTY, .err = ERROR_EMPTY };
    support->eval.arena = &support->arena;
    support->eval.max_steps = LIMIT_RENDER_STEPS;
}

static inline void support_fini(struct support *support)
{
    arena_fini(&support->arena);
}

/* The evaluator's, when a test links it. */
__attribute__((weak)) bool eval_check_size(const struct eval *eval, size_t n_bytes,
                                           struct error *err)
{
    (void)eval;
    return n_bytes <= LIMIT_OUTPUT_BYTES || error_set(err, ERROR_LIMIT, "too large");
}

/* A text from a picture of it: foreign bytes stand between '<' and '>'. */
static inline struct text support_text(struct arena *arena, struct slice picture)
{
    struct text_builder builder;
    bool is_foreign = false;

    text_builder_init(&builder, arena);
    for (size_t i = 0; i < picture.len; i++) {
        struct slice byte = slice_sub(picture, i, i + 1);

        if (slice_is(byte, "<") || slice_is(byte, ">"))
            is_foreign = slice_is(byte, "<");
        else if (is_foreign)
            text_builder_add_foreign(&builder, byte);
        else
            text_builder_add(&builder, byte);
    }
    return text_builder_finish(&builder);
}

static inline struct value support_strings(struct arena *arena, const struct type *type,
                                           struct slice pictures)
{
    struct text *items = ARENA_ARRAY(arena, pictures.len + 1, struct text);
    struct slice item;
    size_t n = 0;

    while (pictures.len && slice_next(&pictures, ',', &item))
        items[n++] = support_text(arena, item);
    return value_list(type, STORED_TEXTS, items, n);
}

/* A value from its notation: "s:PICTURE", "t:TEXT" (any bytes), "i:" int, "l:" int64, "u:" uint64,
 * "f:" float64, "b:true", "S:a,b" []string, "T:a,b" tags, "j:JSON", "nil". */
static inline struct value support_value(struct arena *arena, struct slice notation)
{
    struct slice rest = slice_sub(notation, 2, notation.len);
    const char *digits = arena_copy(arena, rest).ptr;
    struct error err;
    struct value value;

    if (slice_is(notation, "nil"))
        return VALUE_NIL;
    assert_true(notation.len >= 2 && notation.ptr[1] == ':');
    switch (notation.ptr[0]) {
    case 's': return value_text(support_text(arena, rest));
    case 't': return value_string(rest);
    case 'i': return value_int(strtoll(digits, NULL, 10));
    case 'l': return value_int64(strtoll(digits, NULL, 10));
    case 'u': return value_uint64(strtoull(digits, NULL, 10));
    case 'f': return value_float(strtod(digits, NULL));
    case 'b': return value_bool(slice_is(rest, "true"));
    case 'S': return support_strings(arena, &type_string_list, rest);
    case 'T': return support_strings(arena, &type_tags, rest);
    case 'j':
        if (!json_parse_value(rest, arena, &value, &err))
            fail_msg("%s", err.text);
        return value;
    default: fail_msg("no such notation: %.*s", SLICE_ARG(notation)); return VALUE_NIL;
    }
}

static inline void support_show_text(struct buf *out, const struct text *text)
{
    size_t n = text->foreign && text->foreign != SPANS_ALL ? text->foreign->n : 0, at = 0;

    if (text->foreign == SPANS_ALL) {
        buf_printf(out, "<%.*s>", (int)text->len, text->ptr);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        struct span span = text->foreign->items[i];

        buf_add(out, slice_of(text->ptr + at, span.from - at));
        buf_printf(out, "<%.*s>", (int)(span.to - span.from), text->ptr + span.from);
        at = span.to;
    }
    buf_add(out, slice_of(text->ptr + at, text->len - at));
}

/* Strings as pictures, everything else with its type. */
static inline void support_show(struct buf *out, const struct value *value)
{
    struct value key, item;

    if (value_is_string(value)) {
        support_show_text(out, &value->text);
        return;
    }
    buf_printf(out, "%s", value->type ? value->type->name : "nil");
    switch (value_kind(value)) {
    case KIND_BOOL: buf_printf(out, "(%s)", value->boolean ? "true" : "false"); return;
    case KIND_INT: buf_printf(out, "(%jd)", (intmax_t)value->integer); return;
    case KIND_UINT: buf_printf(out, "(%ju)", (uintmax_t)value->natural); return;
    case KIND_FLOAT: buf_printf(out, "(%.17g)", value->real); return;
    case KIND_LIST:
        buf_add_string(out, "{");
        for (size_t i = 0; i < value->list.n; i++) {
            item = value_list_get(value, i);
            buf_add_string(out, i ? ", " : "");
            support_show(out, &item);
        }
        buf_add_string(out, "}");
        return;
    case KIND_MAP:
        buf_add_string(out, "{");
        for (size_t i = 0; i < value_map_len(value); i++) {
            value_map_at(value, i, &key, &item);
            buf_add_string(out, i ? ", " : "");
            support_show(out, &key);
            buf_add_string(out, ": ");
            support_show(out, &item);
        }
        buf_add_string(out, "}");
        return;
    default: return;
    }
}

static inline const struct function *support_find(const struct function_group *group,
                                                  const char *name)
{
    for (size_t i = 0; i < group->n; i++) {
        if (strcmp(group->items[i].name, name) == 0)
            return &group->items[i];
    }
    fail_msg("no function %s", name);
    return NULL;
}

/* Calls a function of the group; a string result is wholly foreign where the evaluator makes it so.
 */
static inline bool support_call(struct support *support, const struct function *function,
                                const struct value *args, size_t n_args, struct value *ret)
{
    bool is_foreign = false;

    assert_true(n_args >= function->min_args && n_args <= function->max_args);
    if (!function->call(&support->eval, args, n_args, ret, &support->err))
        return false;
    for (size_t i = 0; i < n_args; i++)
        is_foreign |= value_is_string(&args[i]) && text_is_foreign(&args[i].text);
    if (is_foreign && value_is_string(ret) &&
        !(function->flags & (FUNCTION_KEEPS_SPANS | FUNCTION_RESULT_OWN)))
        *ret = value_foreign_string(value_slice(ret));
    return true;
}

/* One case of a table: fails the test with its name unless the result, shown, is `want`, or the
 * error `want_error`. Arguments are notations, up to the first NULL. */
struct support_case {
    const char *name, *function;
    const char *args[5];
    const char *want, *want_error;
};

static inline void support_run(const struct function_group *group, const struct support_case *cases,
                               size_t n)
{
    for (size_t i = 0; i < n; i++) {
        CLEANUP(buf_fini) struct buf shown = BUF_EMPTY;
        struct support support;
        struct value args[5], ret;
        size_t n_args = 0;

        support_init(&support);
        for (; n_args < ARRAY_SIZE(args) && cases[i].args[n_args]; n_args++)
            args[n_args] = support_value(&support.arena, slice_from(cases[i].args[n_args]));
        if (support_call(&support, support_find(group, cases[i].function), args, n_args, &ret))
            support_show(&shown, &ret);
        if (!slice_is(buf_slice(&shown), cases[i].want ? cases[i].want : "") ||
            strcmp(support.err.text, cases[i].want_error ? cases[i].want_error : "") != 0)
            fail_msg("%s: '%.*s', error '%s'", cases[i].name, SLICE_ARG(buf_slice(&shown)),
                     support.err.text);
        support_fini(&support);
    }
}
