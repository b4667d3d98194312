/* SPDX-License-Identifier: MIT */
/* Texts that remember which of their bytes came from Consul's catalogue. */
#include <assert.h>
#include <string.h>

#include "data/value.h"

/* Its address is its meaning; n is never looked at. */
const struct spans spans_all = { .n = 0 };

struct value value_text(struct text text)
{
    return (struct value){ .type = &type_string, .text = text };
}

struct value value_string_of(struct slice text, bool is_foreign)
{
    return is_foreign ? value_foreign_string(text) : value_string(text);
}

bool text_next_span(const struct text *text, size_t *next, struct span *ret_span)
{
    if (text->foreign == SPANS_ALL) {
        *ret_span = (struct span){ 0, text->len };
        return (*next)++ == 0;
    }
    if (!text->foreign || *next == text->foreign->n)
        return false;
    *ret_span = text->foreign->items[(*next)++];
    return true;
}

void text_builder_init(struct text_builder *builder, struct arena *arena)
{
    *builder = (struct text_builder){ .arena = arena };
}

static void text_builder_reserve(struct text_builder *builder, size_t extra)
{
    if (extra <= builder->cap - builder->len)
        return;

    size_t cap = builder->cap * 2;

    if (cap < builder->len + extra)
        cap = builder->len + extra;
    if (cap < 64)
        cap = 64;

    char *ptr = arena_alloc(builder->arena, cap);

    if (builder->len)
        memcpy(ptr, builder->ptr, builder->len);
    builder->ptr = ptr;
    builder->cap = cap;
}

/* Marks [from, to) of what was built; grows the last span where they touch. */
static void text_builder_add_span(struct text_builder *builder, size_t from, size_t to)
{
    builder->has_foreign = true;
    if (from == to)
        return;
    if (builder->n_spans && builder->spans->items[builder->n_spans - 1].to == from) {
        builder->spans->items[builder->n_spans - 1].to = to;
        return;
    }
    if (builder->n_spans == builder->cap_spans) {
        size_t cap = builder->cap_spans ? builder->cap_spans * 2 : 4;
        struct spans *spans =
            arena_alloc(builder->arena, sizeof(*spans) + cap * sizeof(struct span));

        if (builder->n_spans)
            memcpy(spans->items, builder->spans->items, builder->n_spans * sizeof(struct span));
        builder->spans = spans;
        builder->cap_spans = cap;
    }
    builder->spans->items[builder->n_spans++] = (struct span){ from, to };
}

void text_builder_add(struct text_builder *builder, struct slice own)
{
    text_builder_reserve(builder, own.len);
    if (own.len)
        memcpy(builder->ptr + builder->len, own.ptr, own.len);
    builder->len += own.len;
}

void text_builder_add_foreign(struct text_builder *builder, struct slice foreign)
{
    size_t from = builder->len;

    text_builder_add(builder, foreign);
    text_builder_add_span(builder, from, builder->len);
}

void text_builder_add_text(struct text_builder *builder, const struct text *text)
{
    size_t from = builder->len;

    text_builder_add(builder, slice_of(text->ptr, text->len));
    if (text->foreign == SPANS_ALL) {
        text_builder_add_span(builder, from, builder->len);
    } else if (text->foreign) {
        for (size_t i = 0; i < text->foreign->n; i++)
            text_builder_add_span(builder, from + text->foreign->items[i].from,
                                  from + text->foreign->items[i].to);
    }
}

struct text text_builder_finish(struct text_builder *builder)
{
    struct text text = { builder->ptr ? builder->ptr : "", builder->len, NULL };

    if (builder->cap > builder->len)
        arena_trim(builder->arena, builder->ptr, builder->cap, builder->len);
    if (text.len == 0) {
        text.foreign = builder->has_foreign ? SPANS_ALL : NULL;
    } else if (builder->n_spans == 1 && builder->spans->items[0].from == 0 &&
               builder->spans->items[0].to == builder->len) {
        text.foreign = SPANS_ALL;
    } else if (builder->n_spans) {
        builder->spans->n = builder->n_spans;
        text.foreign = builder->spans;
    }
    text_builder_init(builder, builder->arena);
    return text;
}

/* The first span that ends behind the offset: where a search for spans from there on begins. */
static size_t spans_search(const struct spans *spans, size_t offset)
{
    size_t from = 0, to = spans->n;

    while (from < to) {
        size_t middle = from + (to - from) / 2;

        if (spans->items[middle].to <= offset)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

struct text text_sub(struct arena *arena, const struct text *text, size_t from, size_t to)
{
    assert(from <= to && to <= text->len);

    struct text sub = { text->ptr + from, to - from, NULL };

    if (text->foreign == SPANS_ALL)
        sub.foreign = SPANS_ALL;
    if (from == to || !text->foreign || sub.foreign)
        return sub;

    /* Only what is kept is paid for: a text of many spans may be cut into as many pieces. */
    const struct span *old = text->foreign->items;
    size_t first = spans_search(text->foreign, from), end = first;

    while (end < text->foreign->n && old[end].from < to)
        end++;
    if (first == end)
        return sub;
    if (end == first + 1 && old[first].from <= from && old[first].to >= to) {
        sub.foreign = SPANS_ALL;
        return sub;
    }

    struct spans *spans = arena_alloc(arena, sizeof(*spans) + (end - first) * sizeof(struct span));

    spans->n = end - first;
    for (size_t i = 0; i < spans->n; i++) {
        size_t begin = old[first + i].from > from ? old[first + i].from : from;
        size_t stop = old[first + i].to < to ? old[first + i].to : to;

        spans->items[i] = (struct span){ begin - from, stop - from };
    }
    sub.foreign = spans;
    return sub;
}
