/* SPDX-License-Identifier: MIT */
/* The natural order of map keys, as yaml.v2 has it. */
#include "key_order.h"

#include <unictype.h>

#include "base/utf8.h"

static bool is_letter(uint32_t rune)
{
    if (rune < 0x80)
        return (rune >= 'A' && rune <= 'Z') || (rune >= 'a' && rune <= 'z');
    return uc_is_general_category_withtable(rune, UC_CATEGORY_MASK_L);
}

static bool is_digit(uint32_t rune)
{
    if (rune < 0x80)
        return rune >= '0' && rune <= '9';
    return uc_is_general_category_withtable(rune, UC_CATEGORY_MASK_Nd);
}

/* --- Strings ------------------------------------------------------------------------------- */

/* A run of digits from its first differing one on. */
struct run {
    int64_t number;
    size_t n_digits;
};

/* The arithmetic is the library's: it wraps, and digits of other scripts are only large. */
static struct run read_run(struct slice text, uint64_t number)
{
    struct run run = { 0, 0 };
    uint32_t rune;
    size_t n;

    while ((n = utf8_decode(text, &rune)) && is_digit(rune)) {
        number = number * 10 + rune - '0';
        run.n_digits++;
        text = slice_sub(text, n, text.len);
    }
    run.number = (int64_t)number;
    return run;
}

/* Two strings from their first difference on. is_in_number: digits before it, and not only zeros:
 * then a zero here counts as a digit more, not as one that leads. */
static int compare_difference(struct slice a, struct slice b, bool is_in_number)
{
    uint32_t rune_a, rune_b;

    utf8_decode(a, &rune_a);
    utf8_decode(b, &rune_b);

    bool is_letter_a = is_letter(rune_a), is_letter_b = is_letter(rune_b);

    if (is_letter_a != is_letter_b)
        return is_letter_b ? -1 : 1;
    if (!is_letter_a) {
        bool has_zero = rune_a == '0' || rune_b == '0';
        uint64_t start = has_zero && is_in_number;
        struct run run_a = read_run(a, start), run_b = read_run(b, start);

        if (run_a.number != run_b.number)
            return run_a.number < run_b.number ? -1 : 1;
        if (run_a.n_digits != run_b.n_digits)
            return run_a.n_digits < run_b.n_digits ? -1 : 1;
    }
    return rune_a < rune_b ? -1 : 1;
}

static int compare_strings(struct slice a, struct slice b)
{
    bool is_in_number = false;

    while (a.len && b.len) {
        uint32_t rune_a, rune_b;
        size_t n_a = utf8_decode(a, &rune_a), n_b = utf8_decode(b, &rune_b);

        if (rune_a != rune_b)
            return compare_difference(a, b, is_in_number);
        is_in_number = is_digit(rune_a) && (is_in_number || rune_a != '0');
        a = slice_sub(a, n_a, a.len);
        b = slice_sub(b, n_b, b.len);
    }
    return (a.len > 0) - (b.len > 0);
}

/* --- Other keys ---------------------------------------------------------------------------- */

/* Go numbers the kinds of its types; where nothing else decides, they do. */
static int kind_rank(const struct value *key)
{
    switch (value_kind(key)) {
    case KIND_BOOL: return 1;
    case KIND_INT: return key->type == &type_int ? 2 : 3;
    case KIND_UINT: return key->type == &type_uint8 ? 4 : 5;
    case KIND_FLOAT: return 6;
    case KIND_STRING: return 8;
    default: return 7; /* nil */
    }
}

static bool key_to_double(const struct value *key, double *ret_number)
{
    switch (value_kind(key)) {
    case KIND_BOOL: *ret_number = key->boolean ? 1 : 0; return true;
    case KIND_INT: *ret_number = (double)key->integer; return true;
    case KIND_UINT: *ret_number = (double)key->natural; return true;
    case KIND_FLOAT: *ret_number = key->real; return true;
    default: return false;
    }
}

/* Numbers of one kind that are the same as doubles. */
static int compare_exactly(const struct value *a, const struct value *b)
{
    switch (value_kind(a)) {
    case KIND_INT: return (a->integer > b->integer) - (a->integer < b->integer);
    case KIND_UINT: return (a->natural > b->natural) - (a->natural < b->natural);
    default: return 0;
    }
}

int key_order_compare(const struct value *a, const struct value *b)
{
    double number_a, number_b;
    int rank = kind_rank(a) - kind_rank(b);

    if (key_to_double(a, &number_a) && key_to_double(b, &number_b)) {
        if (number_a != number_b)
            return (number_a > number_b) - (number_a < number_b);
        return rank ? rank : compare_exactly(a, b);
    }
    if (value_is_string(a) && value_is_string(b))
        return compare_strings(value_slice(a), value_slice(b));
    return rank;
}
