/* SPDX-License-Identifier: MIT */
/* What `{{ value }}`, print and println write. */
#include "print.h"

#include <string.h>

#include "format.h"

bool print_add(struct text_builder *out, const struct value *value, struct error *err)
{
    return print_all(out, value, 1, false, err);
}

bool print_all(struct text_builder *out, const struct value *args, size_t n_args, bool is_line,
               struct error *err)
{
    struct printer printer;

    printer_init(&printer, out, err);
    for (size_t i = 0; i < n_args && !printer.has_failed; i++) {
        bool is_beside_text = i > 0 && (value_is_string(&args[i - 1]) || value_is_string(&args[i]));

        if (i > 0 && (is_line || !is_beside_text))
            printer_add(&printer, SLICE(" "));
        printer_add_value(&printer, &args[i], 'v');
    }
    if (is_line)
        printer_add(&printer, SLICE("\n"));
    return printer_finish(&printer);
}

bool print_value(struct arena *arena, const struct value *value, struct text *ret_text,
                 struct error *err)
{
    struct value shown = *value;
    struct text_builder out;

    switch (value_kind(value)) {
    case KIND_ANY:
        *ret_text = (struct text){ "<no value>", strlen("<no value>"), NULL };
        return true;
    case KIND_STRING: *ret_text = value->text; return true;
    case KIND_CHANNEL:
        return error_set(err, ERROR_EXECUTE, "a value of type %s cannot be printed",
                         value->type->name);
    case KIND_POINTER:
        if (value->object)
            shown.type = value->type->elem;
        break;
    default: break;
    }
    text_builder_init(&out, arena);
    if (!print_add(&out, &shown, err))
        return false;
    *ret_text = text_builder_finish(&out);
    return true;
}
