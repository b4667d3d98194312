/* SPDX-License-Identifier: MIT */
/* What one pass brings. */
#include "parcel.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/memory.h"
#include "haproxy/binds.h"
#include "haproxy/names.h"
#include "io/file.h"

/* The path without "." and empty names, as far as it names a file. Its text may come from a
 * catalogue: ".." would let a service's name choose the folder, a line break end a line of the log
 * and of EDGEWRIGHT_FILES. */
static bool clean_path(struct slice path, struct buf *out, struct error *err)
{
    struct slice name = SLICE_EMPTY;
    bool is_first = true, is_file = false;

    if (memchr(path.ptr, '\n', path.len))
        return error_set(err, ERROR_INVALID, "the path has a line break in it");
    if (slice_starts_with(path, SLICE("/")))
        buf_add_byte(out, '/');
    while (slice_next(&path, '/', &name)) {
        if (slice_is(name, ".."))
            return error_set(err, ERROR_INVALID, "the path has '..' in it");
        is_file = name.len > 0 && !slice_is(name, ".");
        if (!is_file)
            continue;
        if (!is_first)
            buf_add_byte(out, '/');
        buf_add(out, name);
        is_first = false;
    }
    return is_file || error_set(err, ERROR_INVALID, "is a folder");
}

static char *copy_text(struct arena *arena, struct slice text)
{
    char *copy = arena_alloc(arena, text.len + 1);

    if (text.len > 0)
        memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    return copy;
}

/* A path that is no good stays as it is, for parcel_check(). */
static char *copy_path(struct arena *arena, struct slice path)
{
    CLEANUP(buf_fini) struct buf clean = BUF_EMPTY;
    struct error err;
    bool is_good = clean_path(path, &clean, &err);

    return copy_text(arena, is_good ? buf_slice(&clean) : path);
}

static char *copy_name(struct arena *arena, struct slice name)
{
    return name.len > 0 ? copy_text(arena, name) : NULL;
}

/* Two servers of one name are no mistake of the template: their file gets distinct ones. What does
 * not parse is HAProxy's to refuse. */
static void name_servers(struct parcel *parcel, struct parcel_file *file)
{
    CLEANUP(haproxy_config_freep) struct haproxy_config *config = NULL, *before = NULL;
    CLEANUP(buf_fini) struct buf installed = BUF_EMPTY, out = BUF_EMPTY, report = BUF_EMPTY;
    struct haproxy_file own = { file->how.destination, file->text };
    struct haproxy_file earlier = { file->how.destination, SLICE_EMPTY };
    struct error err;

    if (!haproxy_config_new(&own, 1, &config, &err))
        return;
    if (file_read(file->how.destination, LIMIT_HAPROXY_BYTES, &installed, &err)) {
        earlier.text = buf_slice(&installed);
        if (!haproxy_config_new(&earlier, 1, &before, &err))
            before = NULL;
    }
    if (!names_make_distinct(config, 0, before, &out, &report, &err)) {
        parcel->trouble = copy_text(&parcel->arena, slice_from(err.text));
    } else if (report.len > 0) {
        file->text = arena_copy(&parcel->arena, buf_slice(&out));
        parcel->renames = arena_copy(&parcel->arena, buf_slice(&report));
    }
}

static void copy_places(struct parcel *parcel, const struct delivery_pass *pass)
{
    if (!pass->places)
        return;
    parcel->places = memory_alloc(pass->n_texts * sizeof(*parcel->places));
    parcel->n_places = pass->n_texts;
    for (size_t i = 0; i < parcel->n_places; i++) {
        parcel->places[i] = PLACES_EMPTY;
        places_copy(&parcel->places[i], pass->places[i]);
    }
}

void parcel_init(struct parcel *parcel, const struct delivery_options *options,
                 const struct delivery_pass *pass)
{
    size_t n_own = options->n_files, n = n_own + pass->n_outputs;

    *parcel = PARCEL_NONE;
    parcel->files = memory_alloc(n * sizeof(*parcel->files));
    parcel->n_files = n;
    for (size_t i = 0; i < n_own; i++)
        parcel->files[i] = (struct parcel_file){ options->files[i], pass->texts[i], false };
    for (size_t i = 0; i < n_own; i++)
        if (options->haproxy && options->haproxy->has_unique_names &&
            haproxy_options_has_file(options->haproxy, options->files[i].destination))
            name_servers(parcel, &parcel->files[i]);
    copy_places(parcel, pass);
    for (size_t i = 0; i < pass->n_outputs; i++) {
        const struct delivery_output *output = &pass->outputs[i];

        parcel->files[n_own + i] = (struct parcel_file){
            .how = {
                .destination = copy_path(&parcel->arena, output->path),
                .perms = output->perms,
                .user = copy_name(&parcel->arena, output->user),
                .group = copy_name(&parcel->arena, output->group),
                .create_dest_dirs = true,
            },
            .text = output->text,
            .is_output = true,
        };
    }
}

struct parcel parcel_make_part(size_t n_files)
{
    struct parcel parcel = PARCEL_NONE;

    parcel.files = memory_alloc(n_files * sizeof(*parcel.files));
    parcel.is_kept = parcel.is_part = true;
    return parcel;
}

void parcel_keep(struct parcel *parcel)
{
    for (size_t i = 0; !parcel->is_kept && i < parcel->n_files; i++)
        parcel->files[i].text = arena_copy(&parcel->arena, parcel->files[i].text);
    parcel->is_kept = true;
}

struct parcel parcel_take(struct parcel *parcel)
{
    struct parcel taken = *parcel;

    *parcel = PARCEL_NONE;
    return taken;
}

void parcel_fini(struct parcel *parcel)
{
    free(parcel->files);
    for (size_t i = 0; i < parcel->n_places; i++)
        places_fini(&parcel->places[i]);
    free(parcel->places);
    arena_fini(&parcel->arena);
    *parcel = PARCEL_NONE;
}

bool parcel_check(const struct parcel *parcel, struct error *err)
{
    if (parcel->trouble)
        return error_set(err, ERROR_INVALID, "%s", parcel->trouble);
    for (size_t i = 0; i < parcel->n_files; i++) {
        const struct parcel_file *file = &parcel->files[i];
        CLEANUP(buf_fini) struct buf clean = BUF_EMPTY;

        if (file->is_output && !clean_path(slice_from(file->how.destination), &clean, err))
            return error_wrap(err, "install '%s'", file->how.destination);
    }
    return true;
}

bool parcel_can_bind(const struct parcel *parcel, const struct haproxy_options *haproxy,
                     struct error *err)
{
    bool is_good = true;

    for (size_t i = 0; haproxy && is_good && i < parcel->n_files; i++) {
        const struct parcel_file *file = &parcel->files[i];
        CLEANUP(buf_fini) struct buf installed = BUF_EMPTY;

        if (haproxy_options_has_file(haproxy, file->how.destination) &&
            file_read(file->how.destination, LIMIT_HAPROXY_BYTES, &installed, err))
            is_good = binds_check(file->how.destination, buf_slice(&installed), file->text, err);
    }
    return is_good;
}

uint64_t parcel_hash(const struct parcel *parcel)
{
    uint64_t hash = 0;

    for (size_t i = 0; i < parcel->n_files; i++) {
        hash = hash * 31 + slice_hash(slice_from(parcel->files[i].how.destination));
        hash = hash * 31 + slice_hash(parcel->files[i].text);
    }
    return hash;
}

bool parcel_has(const struct parcel *parcel, const char *path)
{
    for (size_t i = 0; i < parcel->n_files; i++)
        if (strcmp(parcel->files[i].how.destination, path) == 0)
            return true;
    return false;
}
