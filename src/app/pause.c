/* SPDX-License-Identifier: MIT */
/* Whose deliveries an operator has stopped for a while. */
#include "pause.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/memory.h"
#include "data/json.h"
#include "data/json_document.h"
#include "state_file.h"

#define PAUSE_NAMES LIMIT_TEMPLATES

struct pause {
    char *path; /* NULL: nothing is kept */
    bool is_all;
    char **names;
    size_t n_names, cap_names;
};

static size_t find(const struct pause *pause, struct slice name)
{
    size_t i = 0;

    while (i < pause->n_names && !slice_is(name, pause->names[i]))
        i++;
    return i;
}

static void add(struct pause *pause, struct slice name)
{
    if (name.len == 0) {
        pause->is_all = true;
    } else if (find(pause, name) == pause->n_names && pause->n_names < PAUSE_NAMES) {
        GROW(pause->names, pause->n_names, pause->cap_names);
        pause->names[pause->n_names++] = slice_to_string(name);
    }
}

static void forget(struct pause *pause, size_t i)
{
    free(pause->names[i]);
    pause->names[i] = pause->names[--pause->n_names];
}

static void clear(struct pause *pause)
{
    pause->is_all = false;
    while (pause->n_names > 0)
        forget(pause, 0);
}

/* --- The file -------------------------------------------------------------------------------- */

static void read_names(struct json_reader *reader, struct pause *pause)
{
    struct slice name;

    json_enter_array(reader);
    while (json_next_element(reader)) {
        if (json_read_string(reader, &name) && name.len > 0)
            add(pause, name);
    }
}

static void read_member(struct json_reader *reader, struct slice key, void *ctx)
{
    struct pause *pause = ctx;

    if (slice_is(key, "all"))
        json_read_bool(reader, &pause->is_all);
    else if (slice_is(key, "groups"))
        read_names(reader, pause);
    else
        json_skip(reader);
}

static const struct state_file state_file = {
    .name = "paused",
    .version = 1,
    .max_bytes = 1u << 20,
    .consequence = "nothing is paused",
    .read_member = read_member,
};

static void load(struct pause *pause)
{
    CLEANUP(buf_fini) struct buf names = BUF_EMPTY;

    if (!state_file_read(&state_file, pause->path, pause))
        clear(pause);
    if (pause_is_empty(pause))
        return;
    pause_describe(pause, &names);
    log_warn("paused since before this start: %s", names.ptr);
}

static bool save(const struct pause *pause, struct error *err)
{
    CLEANUP(json_document_freep) struct json_node *document = NULL;
    struct json_node *names;

    if (!pause->path)
        return error_set(err, ERROR_INVALID, "no state_dir is configured");
    document = state_file_begin(&state_file);
    json_add_bool(document, "all", pause->is_all);
    names = json_add_array(document, "groups");
    for (size_t i = 0; i < pause->n_names; i++)
        json_add_string(names, NULL, slice_from(pause->names[i]));
    return state_file_write(pause->path, document, err) || error_wrap(err, "'%s'", pause->path);
}

/* --- All of it ------------------------------------------------------------------------------- */

struct pause *pause_new(const char *state_dir)
{
    struct pause *pause = NEW(struct pause);

    pause->path = state_file_path(&state_file, state_dir);
    if (pause->path)
        load(pause);
    return pause;
}

void pause_free(struct pause *pause)
{
    if (!pause)
        return;
    clear(pause);
    free(pause->names);
    free(pause->path);
    free(pause);
}

bool pause_is_empty(const struct pause *pause)
{
    return !pause->is_all && pause->n_names == 0;
}

bool pause_covers_all(const struct pause *pause)
{
    return pause->is_all;
}

bool pause_has(const struct pause *pause, struct slice name)
{
    return find(pause, name) < pause->n_names;
}

bool pause_add(struct pause *pause, struct slice name, struct error *err)
{
    add(pause, name);
    return save(pause, err);
}

bool pause_remove(struct pause *pause, struct slice name, struct error *err)
{
    size_t i = find(pause, name);

    if (name.len == 0)
        clear(pause);
    else if (i < pause->n_names)
        forget(pause, i);
    return save(pause, err);
}

void pause_describe(const struct pause *pause, struct buf *out)
{
    if (pause->is_all) {
        buf_add_string(out, "all deliveries");
        return;
    }
    for (size_t i = 0; i < pause->n_names; i++)
        buf_printf(out, "%s%s", i ? ", " : "", pause->names[i]);
}

void pause_add_status(const struct pause *pause, struct json_node *to)
{
    struct json_node *node = json_add_object(to, "paused"), *names;

    json_add_bool(node, "all", pause->is_all);
    names = json_add_array(node, "groups");
    for (size_t i = 0; i < pause->n_names; i++)
        json_add_string(names, NULL, slice_from(pause->names[i]));
}
