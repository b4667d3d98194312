/* SPDX-License-Identifier: MIT */
/* Writes what a template prints to the sink, split by whose bytes they are. */
#include "eval_internal.h"

#include "print.h"

bool eval_fail_output(const struct eval *eval, struct error *err)
{
    return eval_fail_limit(eval, err, "the output is longer than %u MB, the limit",
                           LIMIT_OUTPUT_BYTES >> 20);
}

bool eval_fail_write(const struct eval *eval, bool is_foreign, struct slice text, struct error *err)
{
    if (is_foreign)
        eval->render->culprit = text;
    return eval_locate(eval, NULL, err);
}

/* A text by its spans. */
static bool write_mixed(struct eval *eval, const struct text *text, struct error *err)
{
    struct span span;
    size_t at = 0;

    for (size_t i = 0; text_next_span(text, &i, &span);) {
        if (!eval_write(eval, false, slice_of(text->ptr + at, span.from - at), err) ||
            !eval_write(eval, true, slice_of(text->ptr + span.from, span.to - span.from), err))
            return false;
        at = span.to;
    }
    return eval_write(eval, false, slice_of(text->ptr + at, text->len - at), err);
}

static bool write_text(struct eval *eval, const struct text *text, struct error *err)
{
    if (text->foreign && text->foreign != SPANS_ALL)
        return write_mixed(eval, text, err);
    return eval_write(eval, text->foreign != NULL, slice_of(text->ptr, text->len), err);
}

static bool write_integer(struct eval *eval, bool is_negative, uint64_t magnitude,
                          struct error *err)
{
    char digits[24], *end = digits + sizeof(digits), *next = end;

    do
        *--next = (char)('0' + magnitude % 10);
    while (magnitude /= 10);
    if (is_negative)
        *--next = '-';
    return eval_write(eval, false, slice_of(next, (size_t)(end - next)), err);
}

static bool write_signed(struct eval *eval, int64_t number, struct error *err)
{
    return write_integer(eval, number < 0, number < 0 ? 0 - (uint64_t)number : (uint64_t)number,
                         err);
}

bool eval_write_value(struct eval *eval, const struct value *value, struct error *err)
{
    struct text text;

    switch (value_kind(value)) {
    case KIND_STRING: return write_text(eval, &value->text, err);
    case KIND_INT: return write_signed(eval, value->integer, err);
    case KIND_UINT: return write_integer(eval, false, value->natural, err);
    default: break;
    }
    if (!print_value(eval->arena, value, &text, err))
        return eval_locate(eval, NULL, err);
    return write_text(eval, &text, err);
}

enum written eval_write_known_field(struct eval *eval, const struct node *node,
                                    const struct value *dot, struct error *err)
{
    const struct step *step = node->path.steps;

    if (node->kind != NODE_FIELD || node->path.n != 1 || !dot->type ||
        step->seen_type != dot->type || !dot->object)
        return NOT_WRITTEN;

    const struct field *field = step->seen_field;
    const void *place = (const char *)dot->object + field->offset;
    bool is_good;

    if (field->type == &type_string && field->storage == STORED_FOREIGN_SLICES)
        is_good = eval_write(eval, true, *(const struct slice *)place, err);
    else if (field->type == &type_int && field->storage == STORED_NUMBERS)
        is_good = write_signed(eval, *(const int64_t *)place, err);
    else
        return NOT_WRITTEN;
    return is_good ? WRITTEN : WRITE_FAILED;
}
