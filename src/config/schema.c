/* SPDX-License-Identifier: MIT */
/* Mappings read by tables. */
#include "schema.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"

static const struct setting *find_row(const struct setting *section, struct slice name)
{
    for (size_t i = 0; i < section->n_rows; i++) {
        if (slice_is(name, section->rows[i].name))
            return &section->rows[i];
    }
    return NULL;
}

static void read_row(struct reading *reading, const struct setting *row,
                     const struct yaml_node *node, void *base)
{
    row->read(reading, row, node, base);
    if (row->from_at)
        *(unsigned *)(void *)((char *)reading->draft + row->from_at) = reading->number;
}

static bool is_served(const struct setting *row)
{
    return row->read != read_refused && row->read != read_ignored;
}

#define SECTION_MAX_ROWS 48

static const char *nearest_name(const struct setting *section, struct slice word)
{
    const char *names[SECTION_MAX_ROWS];
    size_t n = 0;

    assert(section->n_rows <= SECTION_MAX_ROWS);
    for (size_t i = 0; i < section->n_rows; i++) {
        if (is_served(&section->rows[i]))
            names[n++] = section->rows[i].name;
    }
    return slice_nearest(word, names, n);
}

/* The section, this one or one in it, that knows the name; NULL: none. */
static const struct setting *section_of(const struct setting *section, struct slice name)
{
    if (find_row(section, name))
        return section;
    for (size_t i = 0; i < section->n_rows; i++) {
        const struct setting *found =
            section->rows[i].rows ? section_of(&section->rows[i], name) : NULL;

        if (found)
            return found;
    }
    return NULL;
}

#define SHOWN_KEY_BYTES 64

static void add_unknown_key(struct reading *reading, const struct setting *section,
                            const struct yaml_node *key)
{
    struct slice name = slice_sub(key->text, 0, SHOWN_KEY_BYTES);
    const char *nearest = nearest_name(section, key->text);
    const struct setting *home = section_of(&setting_root, key->text);

    if (!home)
        home = section_of(&setting_template, key->text);
    if (nearest)
        reading_add_bad_key(reading, key, "unknown key '%.*s', did you mean '%s'?", SLICE_ARG(name),
                            nearest);
    else if (home)
        reading_add_bad_key(reading, key, "'%.*s' does not belong here but %s%s%s", SLICE_ARG(name),
                            home->name[0] ? "into '" : "to the top level", home->name,
                            home->name[0] ? "'" : "");
    else
        reading_add_bad_key(reading, key, "unknown key '%.*s'", SLICE_ARG(name));
}

static void read_entry(struct reading *reading, const struct setting *section,
                       const struct yaml_node *key, const struct yaml_node *value, void *base)
{
    const struct setting *row = find_row(section, key->text);

    if (!row)
        add_unknown_key(reading, section, key);
    else if (!is_served(row))
        row->read(reading, row, key, base);
    else if (!yaml_node_is_null(value) || row->counts_empty)
        read_row(reading, row, value, base);
}

static bool is_merge_key(const struct yaml_node *key)
{
    return key->is_plain && slice_is(key->text, "<<");
}

/* In HCL, as with consul-template, the last one of a name counts. */
static void add_repeated_key(struct reading *reading, const struct yaml_node *earlier,
                             const struct yaml_node *key)
{
    struct slice name = slice_sub(key->text, 0, SHOWN_KEY_BYTES);

    if (reading_is_hcl(reading))
        buf_printf(&reading->draft->config.warnings,
                   "%s:%u:%u: '%.*s' is ignored: it is here again in line %u\n",
                   reading->source->path, earlier->line, earlier->column, SLICE_ARG(name),
                   key->line);
    else
        reading_add_bad_key(reading, key, "key '%.*s' is here twice, first in line %u",
                            SLICE_ARG(name), earlier->line);
}

/* Whether it may be there several times, and each of them counts. */
static bool adds_up(const struct reading *reading, const struct setting *section, struct slice name)
{
    const struct setting *row = find_row(section, name);

    return row && row->adds_up && reading_is_hcl(reading);
}

/* Where a mapping has its keys, each one the last of its name. */
static void find_keys(struct reading *reading, const struct setting *section,
                      const struct yaml_node *node, struct map *keys)
{
    for (size_t i = 0; i + 1 < node->n_items; i += 2) {
        struct yaml_node *key = node->items[i];

        if (is_merge_key(key))
            continue;
        if (key->kind != YAML_SCALAR) {
            reading_add_mistake(reading, NULL, key, "expected a key, found %s",
                                yaml_kind_name(key->kind));
            continue;
        }

        const struct yaml_node *earlier = map_put(keys, key->text, key);

        if (earlier && !adds_up(reading, section, key->text))
            add_repeated_key(reading, earlier, key);
    }
}

static void read_mapping(struct reading *reading, const struct setting *section,
                         const struct yaml_node *node, void *base);

/* `<<: *anchor`, or a list of these: of two that give the same key the first one counts. */
static void read_merged(struct reading *reading, const struct setting *section,
                        const struct yaml_node *node, void *base)
{
    if (node->kind == YAML_MAPPING) {
        read_mapping(reading, section, node, base);
        return;
    }
    if (node->kind != YAML_SEQUENCE) {
        reading_add_mistake(reading, NULL, node, "'<<': expected a mapping, found %s",
                            yaml_kind_name(node->kind));
        return;
    }
    for (size_t i = node->n_items; i-- > 0;)
        read_merged(reading, section, node->items[i], base);
}

/* The recursion is bounded by the depth of the tree, LIMIT_YAML_DEPTH. */
static void read_mapping(struct reading *reading, const struct setting *section,
                         const struct yaml_node *node, void *base)
{
    struct map keys = MAP_EMPTY;

    find_keys(reading, section, node, &keys);
    /* What is merged in comes first, so that the mapping's own keys override it. */
    for (size_t i = 0; i + 1 < node->n_items; i += 2) {
        if (is_merge_key(node->items[i]))
            read_merged(reading, section, node->items[i + 1], base);
    }
    for (size_t i = 0; i + 1 < node->n_items; i += 2) {
        const struct yaml_node *key = node->items[i];

        if (key->kind == YAML_SCALAR && !is_merge_key(key) &&
            (map_find(&keys, key->text) == key || adds_up(reading, section, key->text)))
            read_entry(reading, section, key, node->items[i + 1], base);
    }
    map_fini(&keys);
}

void read_section(struct reading *reading, const struct setting *setting,
                  const struct yaml_node *node, void *base)
{
    if (node->kind == YAML_MAPPING)
        read_mapping(reading, setting, node, base);
    else if (node->kind == YAML_SCALAR && setting->short_form)
        read_row(reading, find_row(setting, slice_from(setting->short_form)), node, base);
    else
        reading_add_unexpected(reading, setting, node, "a mapping");
}

void read_refused(struct reading *reading, const struct setting *setting,
                  const struct yaml_node *key, void *base)
{
    if (reading->draft->is_lenient)
        read_ignored(reading, setting, key, base);
    else
        reading_add_bad_key(reading, key, "'%s' is not served: %s", setting->name, setting->note);
}

void read_ignored(struct reading *reading, const struct setting *setting,
                  const struct yaml_node *key, void *base)
{
    (void)base;
    buf_printf(&reading->draft->config.warnings, "%s:%u:%u: '%s' is ignored: %s\n",
               reading->source ? reading->source->path : reading->name, key->line, key->column,
               setting->name, setting->note);
}

/* Quoted, so that no text of it means null. */
static struct yaml_node node_of_text(struct slice text)
{
    return (struct yaml_node){ .kind = YAML_SCALAR, .tag = SLICE_EMPTY, .text = text };
}

void schema_apply_defaults(struct reading *reading, const struct setting *section, void *base)
{
    for (size_t i = 0; i < section->n_rows; i++) {
        const struct setting *row = &section->rows[i];
        struct yaml_node node = node_of_text(slice_from(row->initial));

        if (row->initial)
            row->read(reading, row, &node, base);
        else if (row->rows)
            schema_apply_defaults(reading, row, base);
    }
}

/* The first one of a row's variables that is set, and not empty. */
static void apply_variables(struct reading *reading, const struct setting *row,
                            const char *(*get_env)(const char *name), void *base)
{
    struct slice rest = slice_from(row->env), word;
    bool is_found = false;

    while (!is_found && slice_next(&rest, ' ', &word)) {
        char *name = slice_to_string(word);
        const char *text = get_env(name);
        struct yaml_node node = node_of_text(slice_from(text));

        is_found = text && *text;
        reading->name = name;
        if (is_found)
            read_row(reading, row, &node, base);
        reading->name = NULL;
        free(name);
    }
}

void schema_apply_environment(struct reading *reading, const struct setting *section,
                              const char *(*get_env)(const char *name), void *base)
{
    for (size_t i = 0; i < section->n_rows; i++) {
        const struct setting *row = &section->rows[i];

        if (row->rows)
            schema_apply_environment(reading, row, get_env, base);
        if (row->env)
            apply_variables(reading, row, get_env, base);
    }
}

void schema_apply_text(struct reading *reading, const char *key, struct slice text)
{
    struct yaml_node node = node_of_text(text);
    struct slice rest = slice_from(key), name;
    const struct setting *row = &setting_root;

    while (slice_next(&rest, '.', &name)) {
        row = find_row(row, name);
        assert(row && is_served(row));
    }
    read_row(reading, row, &node, reading->draft);
}
