/* SPDX-License-Identifier: MIT */
/* The comparisons of section 9 of the language. */
#include "compare.h"

#include "function.h"

/* Kinds that are compared by value, and all others. */
enum basic {
    BASIC_NONE,
    BASIC_BOOL,
    BASIC_INT,
    BASIC_UINT,
    BASIC_FLOAT,
    BASIC_COMPLEX,
    BASIC_STRING
};

static enum basic basic_kind(const struct value *value)
{
    switch (value_kind(value)) {
    case KIND_BOOL: return BASIC_BOOL;
    case KIND_INT:
    case KIND_DURATION: return BASIC_INT;
    case KIND_UINT: return BASIC_UINT;
    case KIND_FLOAT: return BASIC_FLOAT;
    case KIND_COMPLEX: return BASIC_COMPLEX;
    case KIND_STRING: return BASIC_STRING;
    default: return BASIC_NONE;
    }
}

static const char *type_name(const struct value *value)
{
    return value->type ? value->type->name : "nil";
}

static bool fail_incompatible(const struct value *a, const struct value *b, struct error *err)
{
    return function_error(err, "values of type %s and %s cannot be compared", type_name(a),
                          type_name(b));
}

/* A signed and an unsigned integer: -1, 0 or 1. */
static int compare_signs(int64_t a, uint64_t b)
{
    if (a < 0)
        return -1;
    return ((uint64_t)a > b) - ((uint64_t)a < b);
}

/* Two values of one basic kind. */
static bool is_basic_equal(enum basic basic, const struct value *a, const struct value *b)
{
    switch (basic) {
    case BASIC_BOOL: return a->boolean == b->boolean;
    case BASIC_INT: return a->integer == b->integer;
    case BASIC_UINT: return a->natural == b->natural;
    case BASIC_FLOAT: return a->real == b->real;
    case BASIC_COMPLEX:
        return a->complex.real == b->complex.real && a->complex.imaginary == b->complex.imaginary;
    case BASIC_STRING: return slice_equal(value_slice(a), value_slice(b));
    case BASIC_NONE: break;
    }
    return false;
}

/* The structs that are compared field by field have no list or map in them. */
static bool is_struct_comparable(const struct type *type)
{
    for (size_t i = 0; i < type->n_fields; i++) {
        const struct type *field = type->fields[i].type;

        if (field->kind == KIND_LIST || field->kind == KIND_MAP ||
            (field->kind == KIND_STRUCT && !is_struct_comparable(field)))
            return false;
    }
    return true;
}

static bool is_equal(const struct value *a, const struct value *b);

static bool is_struct_equal(const struct value *a, const struct value *b)
{
    for (size_t i = 0; i < a->type->n_fields; i++) {
        struct value left = value_field(a->object, &a->type->fields[i]);
        struct value right = value_field(b->object, &b->type->fields[i]);

        if (!is_equal(&left, &right))
            return false;
    }
    return true;
}

/* Two values of one type that can be compared. */
static bool is_equal(const struct value *a, const struct value *b)
{
    switch (value_kind(a)) {
    case KIND_ANY: return !b->type;
    case KIND_STRUCT: return is_struct_equal(a, b);
    case KIND_POINTER: return a->object == b->object;
    case KIND_CHANNEL:
    case KIND_SCRATCH: return a->state == b->state;
    case KIND_TIME: return a->time.tv_sec == b->time.tv_sec && a->time.tv_nsec == b->time.tv_nsec;
    default: return is_basic_equal(basic_kind(a), a, b);
    }
}

static bool is_nil(const struct value *value)
{
    return !value->type || (value->type->kind == KIND_POINTER && !value->object);
}

/* Two values of which neither is basic. */
static bool compare_others(const struct value *a, const struct value *b, bool *ret_is_equal,
                           struct error *err)
{
    if (!is_nil(a) && !is_nil(b) && value_kind(a) != value_kind(b))
        return fail_incompatible(a, b, err);
    if (is_nil(a) || is_nil(b)) {
        *ret_is_equal = is_nil(a) && is_nil(b);
        return true;
    }
    if (a->type->kind == KIND_LIST || a->type->kind == KIND_MAP ||
        (b->type->kind == KIND_STRUCT && !is_struct_comparable(b->type)))
        return function_error(err, "values of type %s cannot be compared", b->type->name);
    *ret_is_equal = a->type == b->type && is_equal(a, b);
    return true;
}

static bool compare_pair(const struct value *a, const struct value *b, bool *ret_is_equal,
                         struct error *err)
{
    enum basic kind_a = basic_kind(a), kind_b = basic_kind(b);

    *ret_is_equal = false;
    if (kind_a == BASIC_INT && kind_b == BASIC_UINT)
        *ret_is_equal = compare_signs(a->integer, b->natural) == 0;
    else if (kind_a == BASIC_UINT && kind_b == BASIC_INT)
        *ret_is_equal = compare_signs(b->integer, a->natural) == 0;
    else if (kind_a == BASIC_NONE && kind_b == BASIC_NONE)
        return compare_others(a, b, ret_is_equal, err);
    else if (kind_a == kind_b)
        *ret_is_equal = is_basic_equal(kind_a, a, b);
    else if (a->type && b->type)
        return fail_incompatible(a, b, err);
    return true;
}

bool compare_eq(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                struct error *err)
{
    bool is_found = false;

    (void)eval;
    if (n_args < 2)
        return function_error(err, "there is nothing to compare with");
    for (size_t i = 1; i < n_args && !is_found; i++) {
        if (!compare_pair(&args[0], &args[i], &is_found, err))
            return false;
    }
    *ret = value_bool(is_found);
    return true;
}

bool compare_ne(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                struct error *err)
{
    if (!compare_eq(eval, args, n_args, ret, err))
        return false;
    ret->boolean = !ret->boolean;
    return true;
}

static bool is_less(const struct value *a, const struct value *b, bool *ret_is_less,
                    struct error *err)
{
    enum basic kind_a = basic_kind(a), kind_b = basic_kind(b);

    if (kind_a == BASIC_NONE || kind_b == BASIC_NONE)
        return function_error(err, "values of type %s have no order",
                              type_name(kind_a == BASIC_NONE ? a : b));
    if (kind_a == BASIC_INT && kind_b == BASIC_UINT) {
        *ret_is_less = compare_signs(a->integer, b->natural) < 0;
        return true;
    }
    if (kind_a == BASIC_UINT && kind_b == BASIC_INT) {
        *ret_is_less = compare_signs(b->integer, a->natural) > 0;
        return true;
    }
    if (kind_a != kind_b)
        return fail_incompatible(a, b, err);
    switch (kind_a) {
    case BASIC_INT: *ret_is_less = a->integer < b->integer; return true;
    case BASIC_UINT: *ret_is_less = a->natural < b->natural; return true;
    case BASIC_FLOAT: *ret_is_less = a->real < b->real; return true;
    case BASIC_STRING:
        *ret_is_less = slice_compare(value_slice(a), value_slice(b)) < 0;
        return true;
    default: return function_error(err, "values of type %s have no order", type_name(a));
    }
}

bool compare_lt(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                struct error *err)
{
    bool is_true = false;

    (void)eval, (void)n_args;
    if (!is_less(&args[0], &args[1], &is_true, err))
        return false;
    *ret = value_bool(is_true);
    return true;
}

bool compare_le(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                struct error *err)
{
    if (!compare_lt(eval, args, n_args, ret, err))
        return false;
    return ret->boolean || compare_eq(eval, args, n_args, ret, err);
}

/* As the peer does it: gt is "not le" and ge "not lt", so that both are true of NaN. */
bool compare_gt(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                struct error *err)
{
    if (!compare_le(eval, args, n_args, ret, err))
        return false;
    ret->boolean = !ret->boolean;
    return true;
}

bool compare_ge(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                struct error *err)
{
    if (!compare_lt(eval, args, n_args, ret, err))
        return false;
    ret->boolean = !ret->boolean;
    return true;
}
