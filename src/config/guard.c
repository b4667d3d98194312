/* SPDX-License-Identifier: MIT */
/* Reads the guard of a template; data/guard.c knows the settings. */
#include "guard.h"

#include "reading.h"
#include "schema.h"

/* The words for a boolean, as everywhere; YAML has turned none of them into anything else. */
static bool read_switch(struct slice text, struct guard *ret_guard)
{
    static const char *const on[] = { "on", "true", "yes" }, *const off[] = { "off", "false",
                                                                              "no" };

    for (size_t i = 0; i < ARRAY_SIZE(on); i++) {
        if (slice_is(text, on[i]) || slice_is(text, off[i])) {
            *ret_guard = slice_is(text, on[i]) ? GUARD_ON : GUARD_OFF;
            return true;
        }
    }
    return false;
}

void read_guard_member(struct reading *reading, const struct setting *setting,
                       const struct yaml_node *node, void *base)
{
    struct error err = ERROR_EMPTY;
    struct slice text;

    if (reading_get_text(reading, setting, node, "a text", &text) &&
        !guard_set(setting_place(setting, base), slice_from(setting->name), text, &err))
        reading_add_mistake(reading, NULL, node, "%s", err.text);
}

void read_guard(struct reading *reading, const struct setting *setting,
                const struct yaml_node *node, void *base)
{
    struct guard *guard = setting_place(setting, base);
    struct slice text;

    if (node->kind == YAML_MAPPING) {
        *guard = GUARD_ON;
        read_section(reading, setting, node, base);
    } else if (reading_get_text(reading, setting, node, "on, off or a mapping", &text) &&
               !read_switch(text, guard)) {
        reading_add_unexpected(reading, setting, node, "on, off or a mapping");
    }
}
