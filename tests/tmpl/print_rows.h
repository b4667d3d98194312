/* SPDX-License-Identifier: MIT */
/* Rows for printf: a format, arguments, the text they make. */
#pragma once

#include <math.h>
#include <stdio.h>

#include "tmpl/print.h"

#include "unit.h"

#define NIL     VALUE_NIL
#define B(x)    value_bool(x)
#define I(n)    value_int(n)
#define L(n)    value_int64(n)
#define U(n)    value_uint64(n)
#define F(x)    value_float(x)
#define S(lit)  value_string(SLICE(lit))
#define C(a, b) ((struct value){ .type = &type_complex128, .complex = { (a), (b) } })
#define D(n)    ((struct value){ .type = &type_duration, .integer = (n) })
/* 2024-03-05 06:07:08.09 UTC */
#define MOMENT ((struct value){ .type = &type_time, .time = { 1709618828, 90000000 } })

#define MAX_ARGS 10

struct row {
    struct slice format, want;
    size_t n_args;
    struct value args[MAX_ARGS + 1]; /* from 1 on */
};

#define ROW(format, want, ...)                                                                \
    {                                                                                         \
        SLICE(format), SLICE(want), ARRAY_SIZE(((struct value[]){ NIL, ##__VA_ARGS__ })) - 1, \
        {                                                                                     \
            NIL, ##__VA_ARGS__                                                                \
        }                                                                                     \
    }

/* A struct of two fields, a pointer to it, lists, a map. */
struct pair_struct {
    struct slice name;
    int64_t port;
};

static const struct field pair_struct_fields[] = {
    { "A", &type_string, STORED_FOREIGN_SLICES, offsetof(struct pair_struct, name) },
    { "B", &type_int, STORED_NUMBERS, offsetof(struct pair_struct, port) },
};
static const struct type pair_struct_type = { .name = "demo.Pair",
                                              .kind = KIND_STRUCT,
                                              .fields = pair_struct_fields,
                                              .n_fields = 2,
                                              .size = sizeof(struct pair_struct) };
static const struct type pair_pointer_type = { .name = "*demo.Pair",
                                               .kind = KIND_POINTER,
                                               .elem = &pair_struct_type };
static const struct pair_struct web_pair = { { "web", 3 }, 80 };
static const struct slice two_strings[] = { { "a", 1 }, { "b c", 3 } };

#define STRUCT      ((struct value){ .type = &pair_struct_type, .object = &web_pair })
#define POINTER     ((struct value){ .type = &pair_pointer_type, .object = &web_pair })
#define NIL_POINTER ((struct value){ .type = &pair_pointer_type, .object = NULL })
#define STRINGS     value_list(&type_string_list, STORED_SLICES, two_strings, 2)
#define BYTES       value_list(&type_bytes, STORED_BYTES, "hi\xff", 3)

static struct arena fixtures = ARENA_EMPTY; /* what the rows are made of; freed by nobody */

static inline struct value any_list(void) /* [1 x <nil> 1.5] */
{
    struct value *items = ARENA_ARRAY(&fixtures, 4, struct value);

    items[0] = I(1);
    items[1] = S("x");
    items[2] = NIL;
    items[3] = F(1.5);
    return value_list(&type_any_list, STORED_VALUES, items, 4);
}

static inline struct value any_map(void) /* map[k:v n:<nil>] */
{
    struct value map = value_map_new(&fixtures, &type_any_map);

    value_map_put(&map, &fixtures, S("n"), NIL);
    value_map_put(&map, &fixtures, S("k"), S("v"));
    return map;
}

#define ANYS any_list()
#define MAP  any_map()

static inline void check_rows(const struct row *rows, size_t n_rows)
{
    struct arena arena = ARENA_EMPTY;

    for (size_t i = 0; i < n_rows; i++) {
        struct text format = { rows[i].format.ptr, rows[i].format.len, NULL };
        struct text_builder out;
        struct error err = ERROR_EMPTY;

        text_builder_init(&out, &arena);
        if (!print_formatted(&out, &format, rows[i].args + 1, rows[i].n_args, &err))
            fail_msg("'%s': %s", rows[i].format.ptr, err.text);

        struct text got = text_builder_finish(&out);

        if (!slice_equal(slice_of(got.ptr, got.len), rows[i].want))
            fail_msg("row %zu, '%s': want '%.*s', got '%.*s'", i, rows[i].format.ptr,
                     SLICE_ARG(rows[i].want), (int)got.len, got.ptr);
        arena_reset(&arena);
    }
    arena_fini(&arena);
}
