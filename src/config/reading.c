/* SPDX-License-Identifier: MIT */
/* What every reader of a value needs: its text, and mistakes with their place. */
#include "reading.h"

#include <stdarg.h>
#include <stdio.h>

#define FOUND_BYTES 48 /* of a wrong value that an error shows */

/* An error at the node, or, where nodes have no place, one that begins with the source's name. */
static struct error error_at_node(const struct reading *reading, const struct yaml_node *node,
                                  const char *key, const char *text)
{
    struct error err;

    if (reading->source && node->line) {
        struct source_pos pos = { reading->source->path, node->line, node->column };

        if (key)
            error_set_at(&err, ERROR_INVALID, pos, "'%s': %s", key, text);
        else
            error_set_at(&err, ERROR_INVALID, pos, "%s", text);
    } else {
        error_set(&err, ERROR_INVALID, "%s: %s", reading->name ? reading->name : "defaults", text);
    }
    return err;
}

void reading_add_mistake(struct reading *reading, const struct setting *setting,
                         const struct yaml_node *node, const char *fmt, ...)
{
    char text[ERROR_TEXT_BYTES];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);

    struct error err = error_at_node(reading, node, setting ? setting->name : NULL, text);

    report_add(reading->report, &err,
               reading->source ? source_shown(reading->source) : SLICE_EMPTY);
}

/* Text for an error: one line, not too long, no control bytes. */
static void add_sample(struct slice text, struct buf *out)
{
    size_t n = text.len < FOUND_BYTES ? text.len : FOUND_BYTES;

    while (n > 0 && n < text.len && ((unsigned char)text.ptr[n] & 0xc0) == 0x80)
        n--; /* not in the middle of a character */
    buf_add_byte(out, '\'');
    for (size_t i = 0; i < n; i++) {
        unsigned char byte = (unsigned char)text.ptr[i];

        buf_add_byte(out, byte < 0x20 || byte == 0x7f ? '?' : (char)byte);
    }
    buf_add_string(out, n < text.len ? "...'" : "'");
}

void reading_add_unexpected(struct reading *reading, const struct setting *setting,
                            const struct yaml_node *node, const char *expected)
{
    struct buf found = BUF_EMPTY;

    if (node->kind != YAML_SCALAR)
        buf_add_string(&found, yaml_kind_name(node->kind));
    else if (setting->is_secret)
        buf_add_string(&found, "something else");
    else if (yaml_node_is_null(node))
        buf_add_string(&found, "nothing");
    else
        add_sample(node->text, &found);
    reading_add_mistake(reading, setting, node, "expected %s, found %s", expected, found.ptr);
    buf_fini(&found);
}

/* The shown text up to the end of this key. */
static struct slice shown_up_to(const struct source *source, struct slice shown,
                                const struct yaml_node *key)
{
    struct slice rest = buf_slice(&source->text), line = rest;

    for (unsigned i = 0; i < key->line; i++) {
        if (!slice_next(&rest, '\n', &line))
            return SLICE_EMPTY;
    }

    size_t begin = (size_t)(line.ptr - source->text.ptr) + key->column - 1;

    return slice_sub(shown, 0, begin + key->text.len + (key->is_plain ? 0 : 2));
}

void reading_add_bad_key(struct reading *reading, const struct yaml_node *key, const char *fmt, ...)
{
    char text[ERROR_TEXT_BYTES];
    struct slice shown = SLICE_EMPTY;
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);

    struct error err = error_at_node(reading, key, NULL, text);

    if (reading->source)
        shown = shown_up_to(reading->source, source_shown(reading->source), key);
    report_add(reading->report, &err, shown);
}

bool yaml_node_is_null(const struct yaml_node *node)
{
    return node->kind == YAML_SCALAR && node->is_plain &&
           (node->text.len == 0 || slice_is(node->text, "~") || slice_is(node->text, "null") ||
            slice_is(node->text, "Null") || slice_is(node->text, "NULL"));
}

/* Tags that change nothing about a text which we read by what its key wants. */
static bool is_harmless_tag(struct slice tag)
{
    static const char *const tags[] = { "", "!", "!!str", "!!int", "!!float", "!!bool", "!!null" };

    for (size_t i = 0; i < ARRAY_SIZE(tags); i++) {
        if (slice_is(tag, tags[i]))
            return true;
    }
    return false;
}

bool reading_get_text(struct reading *reading, const struct setting *setting,
                      const struct yaml_node *node, const char *expected, struct slice *ret_text)
{
    if (node->kind != YAML_SCALAR || yaml_node_is_null(node)) {
        reading_add_unexpected(reading, setting, node, expected);
        return false;
    }
    if (!is_harmless_tag(node->tag)) {
        reading_add_mistake(reading, setting, node, "a tag ('!...') means nothing here");
        return false;
    }
    if (slice_find_byte(node->text, '\0') != SLICE_NOT_FOUND) {
        reading_add_mistake(reading, setting, node, "a NUL byte cannot be part of it");
        return false;
    }
    *ret_text = node->text;
    return true;
}

bool reading_is_hcl(const struct reading *reading)
{
    return reading->source && source_is_hcl(reading->source);
}

void *setting_place(const struct setting *setting, void *base)
{
    return (char *)base + setting->at;
}
