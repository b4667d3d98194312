/* SPDX-License-Identifier: MIT */
/* One group's new files, before they are put in place. */
#include "stage.h"

#include <stdlib.h>

#include "base/memory.h"

/* What mkdir gives a folder that nobody said anything about. */
#define FOLDER_MODE 0755

static void stage_init(struct stage *stage, const struct delivery_options *options)
{
    stage->options = options;
    stage->temps = memory_resize_array(NULL, options->n_files, sizeof(*stage->temps));
    stage->is_changed = memory_alloc(options->n_files * sizeof(*stage->is_changed));
    for (size_t i = 0; i < options->n_files; i++)
        stage->temps[i] = TEMP_FILE_NONE;
}

void stage_fini(struct stage *stage)
{
    for (size_t i = 0; stage->temps && i < stage->options->n_files; i++)
        temp_file_discard(&stage->temps[i]);
    free(stage->temps);
    free(stage->is_changed);
    *stage = STAGE_NONE;
}

static bool find_attributes(const struct delivery_file *file,
                            struct file_attributes *ret_attributes, struct error *err)
{
    struct file_attributes attributes = FILE_ATTRIBUTES_KEEP;

    attributes.mode = file->perms;
    if ((file->user && !file_find_user(file->user, &attributes.owner, err)) ||
        (file->group && !file_find_group(file->group, &attributes.group, err)))
        return false;
    *ret_attributes = attributes;
    return true;
}

/* One file; nothing to do if the destination holds the text already. */
static bool write_file(const struct delivery_file *file, struct slice text, struct temp_file *temp,
                       bool *ret_is_changed, struct error *err)
{
    struct file_attributes attributes;
    enum file_match match;

    if (!file_compare(file->destination, text, &match, err))
        return false;
    *ret_is_changed = match != FILE_SAME;
    if (match == FILE_SAME)
        return true;
    return (!file->create_dest_dirs || file_make_parents(file->destination, FOLDER_MODE, err)) &&
           find_attributes(file, &attributes, err) &&
           temp_file_create(temp, file->destination, &attributes, err) &&
           temp_file_write(temp, text, err) && temp_file_sync(temp, err);
}

bool stage_write(struct stage *stage, const struct delivery_options *options,
                 const struct slice *texts, struct error *err)
{
    stage_init(stage, options);
    for (size_t i = 0; i < options->n_files; i++) {
        const struct delivery_file *file = &options->files[i];

        if (!write_file(file, texts[i], &stage->temps[i], &stage->is_changed[i], err))
            return error_wrap(err, "install '%s'", file->destination);
        stage->n_changed += stage->is_changed[i];
    }
    return true;
}

static bool back_up(const struct delivery_file *file, struct error *err)
{
    CLEANUP(buf_fini) struct buf path = BUF_EMPTY;

    buf_printf(&path, "%s.bak", file->destination);
    if (!file_backup(file->destination, path.ptr, err))
        return error_wrap(err, "back up '%s'", file->destination);
    return true;
}

bool stage_install(struct stage *stage, bool *is_installed, struct error *err)
{
    const struct delivery_options *options = stage->options;

    for (size_t i = 0; i < options->n_files; i++)
        if (stage->is_changed[i] && options->files[i].backup && !back_up(&options->files[i], err))
            return false;

    for (size_t i = 0; i < options->n_files; i++) {
        if (!stage->is_changed[i])
            continue;
        if (!temp_file_rename(&stage->temps[i], err))
            return error_wrap(err, "install '%s'", options->files[i].destination);
        is_installed[i] = true;
        stage->n_installed++;
    }
    return true;
}
