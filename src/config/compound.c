/* SPDX-License-Identifier: MIT */
/* Values with parts. */
#include "compound.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/memory.h"
#include "reading.h"
#include "schema.h"
#include "value.h"

struct strings {
    char **items;
    size_t n, cap;
};

static void strings_add(struct strings *strings, struct slice text)
{
    GROW(strings->items, strings->n, strings->cap);
    strings->items[strings->n++] = slice_to_string(text);
}

static void strings_fini(struct strings *strings)
{
    for (size_t i = 0; i < strings->n; i++)
        free(strings->items[i]);
    free(strings->items);
}

/* One item of a list of texts; none of ours may be empty. */
static bool strings_read_item(struct strings *strings, struct reading *reading,
                              const struct setting *setting, const struct yaml_node *node)
{
    const char *complaint;
    struct slice text;

    if (!reading_get_text(reading, setting, node, "a text", &text))
        return false;
    complaint = text.len == 0    ? "an empty text means nothing here"
                : setting->check ? setting->check(text)
                                 : NULL;
    if (complaint) {
        reading_add_mistake(reading, setting, node, "%s", complaint);
        return false;
    }
    strings_add(strings, text);
    return true;
}

static bool strings_read_list(struct strings *strings, struct reading *reading,
                              const struct setting *setting, const struct yaml_node *list)
{
    bool is_good = true;

    for (size_t i = 0; i < list->n_items; i++)
        is_good = strings_read_item(strings, reading, setting, list->items[i]) && is_good;
    return is_good;
}

void read_strings(struct reading *reading, const struct setting *setting,
                  const struct yaml_node *node, void *base)
{
    char ***place = setting_place(setting, base);
    size_t *n_place = (size_t *)(void *)((char *)base + setting->n_at);
    struct strings strings = { NULL, 0, 0 };
    bool is_good;

    if (node->kind == YAML_SEQUENCE)
        is_good = strings_read_list(&strings, reading, setting, node);
    else
        is_good = strings_read_item(&strings, reading, setting, node);
    if (!is_good) {
        strings_fini(&strings);
        return;
    }
    strings_fini(&(struct strings){ *place, *n_place, 0 });
    *place = strings.items;
    *n_place = strings.n;
}

static void warn_of_single_word(struct reading *reading, const struct setting *setting,
                                const struct yaml_node *node, const struct command *command)
{
    if (command->n_words == 1 &&
        slice_find_byte(slice_from(command->words[0]), ' ') != SLICE_NOT_FOUND && reading->source)
        buf_printf(&reading->draft->config.warnings,
                   "%s:%u:%u: '%s': a list is executed as it stands, and its only word contains "
                   "spaces; write a text instead of a list to have a shell split it\n",
                   reading->source->path, node->line, node->column, setting->name);
}

void read_command(struct reading *reading, const struct setting *setting,
                  const struct yaml_node *node, void *base)
{
    struct command *place = setting_place(setting, base);
    struct strings words = { NULL, 0, 0 };
    bool is_shell = node->kind == YAML_SCALAR, is_good = true;
    struct slice text;

    if (node->kind == YAML_SEQUENCE) {
        is_good = strings_read_list(&words, reading, setting, node);
    } else if (!reading_get_text(reading, setting, node, "a text for the shell or a list of words",
                                 &text)) {
        is_good = false;
    } else if (slice_trim(text).len > 0) {
        strings_add(&words, text);
    }
    if (!is_good) {
        strings_fini(&words);
        return;
    }
    /* To consul-template a list of one word is for the shell, too: ["restart service foo"]. */
    if (words.n == 1 && reading_is_hcl(reading))
        is_shell = true;
    command_fini(place);
    *place = (struct command){ words.items, words.n, is_shell && words.n > 0 };
    if (!is_shell)
        warn_of_single_word(reading, setting, node, place);
}

bool wait_parse(struct slice text, struct wait_options *ret_wait)
{
    struct wait_options wait = { .is_set = true };
    struct slice rest = text, min, max;

    if (!slice_next(&rest, ':', &min) || !slice_parse_duration_ms(slice_trim(min), &wait.min_ms))
        return false;
    if (!rest.ptr)
        wait.max_ms = wait.min_ms * 4;
    else if (!slice_next(&rest, ':', &max) || rest.ptr ||
             !slice_parse_duration_ms(slice_trim(max), &wait.max_ms))
        return false;
    *ret_wait = wait;
    return true;
}

static bool read_wait_mapping(struct reading *reading, const struct setting *setting,
                              const struct yaml_node *node, struct wait_options *ret_wait)
{
    struct wait_draft wait = { true, WAIT_DRAFT_UNSET, WAIT_DRAFT_UNSET };
    size_t n_before = reading->report->n;

    read_section(reading, setting, node, &wait);
    if (reading->report->n > n_before)
        return false;
    if (wait.is_enabled && wait.min_ms == WAIT_DRAFT_UNSET) {
        reading_add_mistake(reading, setting, node, "'min' is missing");
        return false;
    }
    if (!wait.is_enabled)
        wait.min_ms = wait.max_ms = 0;
    if (wait.max_ms == WAIT_DRAFT_UNSET)
        wait.max_ms = wait.min_ms * 4;
    *ret_wait = (struct wait_options){ true, wait.min_ms, wait.max_ms };
    return true;
}

void read_wait(struct reading *reading, const struct setting *setting, const struct yaml_node *node,
               void *base)
{
    const char *expected = "MIN or MIN:MAX such as 5s:20s";
    struct wait_options *place = setting_place(setting, base);
    struct wait_options wait;
    struct slice text;

    if (node->kind == YAML_MAPPING) {
        if (!read_wait_mapping(reading, setting, node, &wait))
            return;
    } else if (!reading_get_text(reading, setting, node, expected, &text)) {
        return;
    } else if (!wait_parse(text, &wait)) {
        reading_add_unexpected(reading, setting, node, expected);
        return;
    }
    if (wait.max_ms < wait.min_ms)
        reading_add_mistake(reading, setting, node, "MAX is less than MIN");
    else
        *place = wait;
}

static void filter_put(struct consul_filter **filters, size_t *n_filters, struct slice name,
                       struct slice expression)
{
    size_t i = 0;

    while (i < *n_filters && !slice_is(name, (*filters)[i].name))
        i++;
    if (i == *n_filters) {
        *filters = memory_resize_array(*filters, i + 1, sizeof(**filters));
        (*filters)[i] = (struct consul_filter){ .name = slice_to_string(name) };
        *n_filters = i + 1;
    }
    replace_string(&(*filters)[i].expression, expression);
}

/* Files add up: a name that is given again gets the later expression. */
void read_filters(struct reading *reading, const struct setting *setting,
                  const struct yaml_node *node, void *base)
{
    struct consul_filter **place = setting_place(setting, base);
    size_t *n_place = (size_t *)(void *)((char *)base + setting->n_at);

    if (node->kind != YAML_MAPPING) {
        reading_add_unexpected(reading, setting, node, "a mapping of names to expressions");
        return;
    }
    for (size_t i = 0; i + 1 < node->n_items; i += 2) {
        struct slice name, expression;

        if (!reading_get_text(reading, setting, node->items[i], "a name", &name) ||
            !reading_get_text(reading, setting, node->items[i + 1], "an expression", &expression))
            continue;
        if (name.len == 0 || expression.len == 0)
            reading_add_mistake(reading, setting, node->items[i],
                                "a filter needs a name and an expression");
        else if (*n_place == LIMIT_FILTERS)
            reading_add_mistake(reading, setting, node->items[i], "more than %d filters",
                                LIMIT_FILTERS);
        else
            filter_put(place, n_place, name, expression);
    }
}

void read_credentials(struct reading *reading, const struct setting *setting,
                      const struct yaml_node *node, void *base)
{
    struct draft *draft = base;
    struct slice rest, user;

    if (node->kind != YAML_SCALAR) {
        read_section(reading, setting, node, base);
        return;
    }
    if (!reading_get_text(reading, setting, node, "user:password", &rest))
        return;
    if (slice_next(&rest, ':', &user))
        replace_string(&draft->auth_user, user);
    replace_string(&draft->auth_password, rest.ptr ? rest : SLICE_EMPTY);
    draft->auth_enabled = true;
}
