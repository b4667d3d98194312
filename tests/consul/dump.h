/* SPDX-License-Identifier: MIT */
/* A value as text: what a template could see of it, on one line. */
#pragma once

#include <inttypes.h>

#include "base/buf.h"
#include "data/value.h"

static void dump_value(const struct value *value, struct buf *out);

static void dump_fields(const void *object, const struct type *type, struct buf *out)
{
    buf_add_byte(out, '{');
    for (size_t i = 0; i < type->n_fields; i++) {
        struct value field = value_field(object, &type->fields[i]);

        buf_printf(out, "%s%s:", i ? " " : "", type->fields[i].name);
        dump_value(&field, out);
    }
    buf_add_byte(out, '}');
}

static void dump_map(const struct value *map, struct buf *out)
{
    buf_add_byte(out, '[');
    for (size_t i = 0; i < value_map_len(map); i++) {
        struct value key, item;

        value_map_at(map, i, &key, &item);
        buf_add_string(out, i ? " " : "");
        dump_value(&key, out);
        buf_add_byte(out, '=');
        dump_value(&item, out);
    }
    buf_add_byte(out, ']');
}

static void dump_list(const struct value *list, struct buf *out)
{
    buf_add_byte(out, '[');
    for (size_t i = 0; i < list->list.n; i++) {
        struct value item = value_list_get(list, i);

        buf_add_string(out, i ? " " : "");
        dump_value(&item, out);
    }
    buf_add_byte(out, ']');
}

static void dump_value(const struct value *value, struct buf *out)
{
    switch (value_kind(value)) {
    case KIND_BOOL: buf_add_string(out, value->boolean ? "true" : "false"); return;
    case KIND_INT: buf_printf(out, "%" PRId64, value->integer); return;
    case KIND_UINT: buf_printf(out, "%" PRIu64, value->natural); return;
    case KIND_STRING: buf_printf(out, "'%.*s'", SLICE_ARG(value_slice(value))); return;
    case KIND_LIST: dump_list(value, out); return;
    case KIND_MAP: dump_map(value, out); return;
    case KIND_STRUCT: dump_fields(value->object, value->type, out); return;
    case KIND_POINTER:
        if (value->object)
            dump_fields(value->object, value->type->elem, out);
        else
            buf_add_string(out, "nil");
        return;
    case KIND_TIME:
        buf_printf(out, "%lld.%09ld", (long long)value->time.tv_sec, value->time.tv_nsec);
        return;
    case KIND_ANY:
    case KIND_FLOAT:
    case KIND_COMPLEX:
    case KIND_CHANNEL:
    case KIND_SCRATCH:
    case KIND_DURATION: buf_add_string(out, "nil"); return;
    }
}
