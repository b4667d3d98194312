/* SPDX-License-Identifier: MIT */
/* Templates in the making. */
#include "templates.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/map.h"
#include "base/memory.h"
#include "compound.h"
#include "haproxy.h"
#include "schema.h"
#include "transaction.h"

void template_config_fini(struct template_config *config)
{
    free(config->source);
    free(config->contents);
    free(config->left_delimiter);
    free(config->right_delimiter);
    for (size_t i = 0; i < config->n_denylist; i++)
        free(config->denylist[i]);
    free(config->denylist);
    free(config->sandbox_path);
    free(config->transaction);
    delivery_options_fini(&config->delivery);
}

/* File and command become the delivery's; the group is named after what it writes. */
static void template_attach(struct template_draft *tmpl)
{
    struct delivery_options *delivery = &tmpl->config.delivery;
    const char *name = tmpl->file.destination ? tmpl->file.destination
                       : tmpl->config.source  ? tmpl->config.source
                                              : "(contents)";

    delivery->name = memory_copy_string(name);
    delivery->files = NEW(struct delivery_file);
    delivery->files[0] = tmpl->file;
    delivery->n_files = 1;
    if (tmpl->has_haproxy) {
        delivery->haproxy = NEW(struct haproxy_options);
        *delivery->haproxy = tmpl->haproxy;
    } else {
        haproxy_options_fini(&tmpl->haproxy);
    }
    if (tmpl->command.command.n_words == 0 || !tmpl->is_run_enabled) {
        delivery_command_fini(&tmpl->command);
        return;
    }
    delivery->commands = NEW(struct delivery_command);
    delivery->commands[0] = tmpl->command;
    delivery->n_commands = 1;
}

/* A path from the root without empty, "." and ".." parts, so that two ways to write one file are
 * found equal. What links make of them only the file system knows. */
static char *normal_path(const char *path)
{
    char *folder = path[0] == '/' ? NULL : getcwd(NULL, 0);
    struct buf whole = BUF_EMPTY, normal = BUF_EMPTY;
    struct slice rest, part;

    buf_printf(&whole, "%s/%s", folder ? folder : "", path);
    free(folder);
    rest = buf_slice(&whole);
    while (slice_next(&rest, '/', &part)) {
        if (part.len == 0 || slice_is(part, "."))
            continue;
        if (slice_is(part, "..")) {
            while (normal.len > 0 && normal.ptr[--normal.len] != '/')
                ;
            continue;
        }
        buf_add_byte(&normal, '/');
        buf_add(&normal, part);
    }
    buf_fini(&whole);
    return buf_take(&normal);
}

/* One name of the same file, or two of one that is there. */
static bool is_same_file(const char *a, const char *b)
{
    char *normal_a = normal_path(a), *normal_b = normal_path(b);
    bool is_same = strcmp(normal_a, normal_b) == 0;
    struct stat stat_a, stat_b;

    free(normal_a);
    free(normal_b);
    return is_same || (stat(a, &stat_a) == 0 && stat(b, &stat_b) == 0 &&
                       stat_a.st_dev == stat_b.st_dev && stat_a.st_ino == stat_b.st_ino);
}

static void template_check(struct reading *reading, const struct yaml_node *node,
                           const struct template_draft *tmpl)
{
    const struct template_config *config = &tmpl->config;

    if (!config->source && !config->contents)
        reading_add_mistake(reading, NULL, node, "a template needs 'source' or 'contents'");
    else if (config->source && config->contents)
        reading_add_mistake(reading, NULL, node, "a template has 'source' or 'contents', not both");
    if (!tmpl->file.destination && !reading->draft->may_lack_destination)
        reading_add_mistake(reading, NULL, node, "a template needs a 'destination'");
    else if (tmpl->file.destination && config->source &&
             is_same_file(tmpl->file.destination, config->source))
        reading_add_mistake(reading, NULL, node, "this template would overwrite its own source");
}

/* The peer ends when a template cannot be executed, by default. Here the old file stays and the
 * daemon lives; who asks for the other thing is told. */
static void warn_of_error_fatal(struct reading *reading, const struct yaml_node *node)
{
    buf_printf(&reading->draft->config.warnings,
               "%s:%u:%u: 'error_fatal: true' has no effect: an error in a template ends --once, "
               "never the daemon\n",
               reading->source ? reading->source->path : "--template", node->line, node->column);
}

static void read_template(struct reading *reading, const struct yaml_node *node)
{
    struct draft *draft = reading->draft;
    struct template_draft tmpl = { .config.source = NULL };
    size_t n_before = reading->report->n;

    if (draft->config.n_templates == LIMIT_TEMPLATES) {
        reading_add_mistake(reading, NULL, node, "more than %d templates", LIMIT_TEMPLATES);
        return;
    }
    schema_apply_defaults(reading, &setting_template, &tmpl);
    read_section(reading, &setting_template, node, &tmpl);
    if (reading->report->n == n_before)
        template_check(reading, node, &tmpl);
    if (tmpl.config.error_fatal)
        warn_of_error_fatal(reading, node);
    template_settle_group(reading, &tmpl);
    template_settle_haproxy(reading, node, &tmpl);
    template_attach(&tmpl);
    tmpl.config.pos = (struct source_pos){
        .source = reading->source ? reading->source->path : "--template",
        .line = node->line,
        .column = node->column,
    };
    GROW(draft->config.templates, draft->config.n_templates, draft->cap_templates);
    draft->config.templates[draft->config.n_templates++] = tmpl.config;
}

void read_templates(struct reading *reading, const struct setting *setting,
                    const struct yaml_node *node, void *base)
{
    (void)base;
    if (node->kind == YAML_MAPPING) {
        read_template(reading, node);
        return;
    }
    if (node->kind != YAML_SEQUENCE) {
        reading_add_unexpected(reading, setting, node, "a mapping or a list of mappings");
        return;
    }
    for (size_t i = 0; i < node->n_items; i++) {
        if (node->items[i]->kind == YAML_MAPPING)
            read_template(reading, node->items[i]);
        else
            reading_add_unexpected(reading, setting, node->items[i], "a mapping");
    }
}

/* Splits "COMMAND[:WAIT]". A wait needs a unit, so that `haproxy:80` is no wait; and since a
 * command may contain colons itself, only what is a wait as a whole is taken from its end. */
static void split_command(struct slice text, struct slice *ret_command, struct slice *ret_wait)
{
    struct wait_options wait;
    size_t at = text.len;

    *ret_command = text;
    *ret_wait = SLICE_EMPTY;
    for (int n_parts = 0; n_parts < 2; n_parts++) {
        at = slice_find_last_byte(slice_sub(text, 0, at), ':');
        if (at == SLICE_NOT_FOUND)
            return;

        struct slice tail = slice_sub(text, at + 1, text.len);
        bool has_unit = tail.len > 0 && tail.ptr[tail.len - 1] > '9';

        if (!has_unit || !wait_parse(tail, &wait))
            return;
        *ret_command = slice_sub(text, 0, at);
        *ret_wait = tail;
    }
}

static struct yaml_node text_node(struct slice text)
{
    return (struct yaml_node){ .kind = YAML_SCALAR, .tag = SLICE_EMPTY, .text = text };
}

void template_read_flag(struct reading *reading, struct slice text)
{
    struct slice rest = text, source = SLICE_EMPTY, destination = SLICE_EMPTY;
    struct slice command = SLICE_EMPTY, wait = SLICE_EMPTY;

    slice_next(&rest, ':', &source);
    if (rest.ptr)
        slice_next(&rest, ':', &destination);
    if (rest.ptr)
        split_command(rest, &command, &wait);

    struct yaml_node keys[] = { text_node(SLICE("source")), text_node(SLICE("destination")),
                                text_node(SLICE("command")), text_node(SLICE("wait")) };
    struct yaml_node values[] = { text_node(source), text_node(destination), text_node(command),
                                  text_node(wait) };
    struct yaml_node *items[2 * ARRAY_SIZE(keys)];
    struct yaml_node entry = { .kind = YAML_MAPPING, .tag = SLICE_EMPTY, .items = items };

    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        if (values[i].text.len == 0)
            continue;
        items[entry.n_items++] = &keys[i];
        items[entry.n_items++] = &values[i];
    }
    read_template(reading, &entry);
}

static struct source *find_source(struct source_list *sources, const char *path)
{
    for (size_t i = 0; i < sources->n; i++) {
        if (strcmp(sources->sources[i].path, path) == 0)
            return &sources->sources[i];
    }
    return NULL;
}

void templates_add_clash(struct reading *reading, struct source_list *sources,
                         const struct template_config *later, const struct template_config *earlier,
                         const char *what)
{
    const struct yaml_node at = { .line = later->pos.line, .column = later->pos.column };
    char where[ERROR_SOURCE_BYTES + 32];

    if (earlier->pos.line)
        snprintf(where, sizeof(where), "%s:%u", earlier->pos.source, earlier->pos.line);
    else
        snprintf(where, sizeof(where), "%s", earlier->pos.source);
    reading->source = find_source(sources, later->pos.source);
    reading->name = later->pos.source;
    reading_add_mistake(reading, NULL, &at, "%s; the other one: %s", what, where);
}

void templates_check_destinations(struct reading *reading, struct source_list *sources)
{
    const struct config *config = &reading->draft->config;
    struct arena arena = ARENA_EMPTY;
    struct map seen = MAP_EMPTY;

    for (size_t i = 0; i < config->n_templates; i++) {
        struct template_config *tmpl = &config->templates[i];
        const char *destination = tmpl->delivery.files[0].destination;

        if (!destination)
            continue;

        char *normal = normal_path(destination);
        struct template_config *earlier =
            map_put(&seen, arena_copy(&arena, slice_from(normal)), tmpl);

        free(normal);
        if (earlier) {
            CLEANUP(buf_fini) struct buf what = BUF_EMPTY;

            buf_printf(&what, "two templates write '%s'", destination);
            templates_add_clash(reading, sources, tmpl, earlier, what.ptr);
        }
    }
    map_fini(&seen);
    arena_fini(&arena);
}
