/* SPDX-License-Identifier: MIT */
/* One group's new files, before they are put in place. */
#include "stage.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/memory.h"
#include "delivery/difference.h"

/* What mkdir gives a folder that nobody said anything about. */
#define FOLDER_MODE 0755

static void stage_init(struct stage *stage, const struct parcel *parcel)
{
    stage->parcel = parcel;
    stage->n_files = parcel->n_files;
    stage->files = memory_alloc(parcel->n_files * sizeof(*stage->files));
    for (size_t i = 0; i < parcel->n_files; i++)
        stage->files[i].temp = TEMP_FILE_NONE;
}

void stage_fini(struct stage *stage)
{
    for (size_t i = 0; i < stage->n_files; i++)
        temp_file_discard(&stage->files[i].temp);
    free(stage->files);
    *stage = STAGE_NONE;
}

static bool find_attributes(const struct parcel_file *file, struct file_attributes *ret_attributes,
                            struct error *err)
{
    struct file_attributes attributes = FILE_ATTRIBUTES_KEEP;

    if (file->is_output) { /* where writeToFile names nobody it means us */
        attributes.owner = geteuid();
        attributes.group = getegid();
    }
    attributes.mode = file->how.perms;
    if ((file->how.user && !file_find_user(file->how.user, &attributes.owner, err)) ||
        (file->how.group && !file_find_group(file->how.group, &attributes.group, err)))
        return false;
    *ret_attributes = attributes;
    return true;
}

/* A file of the options: its text alone says whether it is up to date. */
static bool is_current(const struct parcel_file *file, bool *ret_is_current, struct error *err)
{
    enum file_match match;

    if (!file_compare(file->how.destination, file->text, &match, err))
        return false;
    *ret_is_current = match == FILE_SAME;
    return true;
}

/* One that the template asked for, with mode and owner. */
static bool is_current_output(const struct parcel_file *file,
                              const struct file_attributes *attributes, bool *ret_is_current,
                              struct error *err)
{
    struct stat st = { 0 };
    bool exists;

    *ret_is_current = false;
    if (!file_look_unlinked(file->how.destination, &exists, &st, err))
        return false;
    if (!exists || (st.st_mode & 07777) != attributes->mode || st.st_uid != attributes->owner ||
        st.st_gid != attributes->group)
        return true;
    return is_current(file, ret_is_current, err);
}

static bool create_temp(const struct parcel_file *file, const struct file_attributes *attributes,
                        struct temp_file *temp, struct error *err)
{
    const char *path = file->how.destination;

    if (file->how.create_dest_dirs && !file_make_parents(path, FOLDER_MODE, err))
        return false;
    return file->is_output ? temp_file_create_unlinked(temp, path, attributes, err)
                           : temp_file_create(temp, path, attributes, err);
}

bool stage_make_temp(const struct parcel_file *file, struct temp_file *ret_temp, struct error *err)
{
    struct file_attributes attributes;

    return find_attributes(file, &attributes, err) && create_temp(file, &attributes, ret_temp, err);
}

/* One file; nothing to do if the destination holds the text already. */
static bool write_file(const struct parcel_file *file, struct staged_file *staged,
                       struct error *err)
{
    struct file_attributes attributes;
    bool is_same;

    /* The names of an owner are looked up only for what needs them. */
    if (file->is_output) {
        if (!find_attributes(file, &attributes, err) ||
            !is_current_output(file, &attributes, &is_same, err))
            return false;
    } else if (!is_current(file, &is_same, err) ||
               (!is_same && !find_attributes(file, &attributes, err))) {
        return false;
    }
    staged->is_changed = !is_same;
    return is_same || (create_temp(file, &attributes, &staged->temp, err) &&
                       temp_file_write(&staged->temp, file->text, err) &&
                       temp_file_get_id(&staged->temp, &staged->id, err));
}

bool stage_write(struct stage *stage, const struct parcel *parcel, struct error *err)
{
    stage_init(stage, parcel);
    for (size_t i = 0; i < parcel->n_files; i++) {
        if (!write_file(&parcel->files[i], &stage->files[i], err))
            return error_wrap(err, "install '%s'", parcel->files[i].how.destination);
        stage->n_changed += stage->files[i].is_changed;
        /* Where a template has named the file, it may be a link to anything. */
        if (stage->files[i].is_changed && !parcel->files[i].is_output)
            difference_log(parcel->files[i].how.destination, parcel->files[i].text);
    }
    return true;
}

bool stage_sync(struct stage *stage, struct error *err)
{
    for (size_t i = 0; i < stage->n_files; i++) {
        struct staged_file *staged = &stage->files[i];

        if (!staged->is_changed || staged->is_synced)
            continue;
        if (!temp_file_sync(&staged->temp, err))
            return error_wrap(err, "install '%s'", stage->parcel->files[i].how.destination);
        staged->is_synced = true;
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

static bool put_in_place(const struct parcel_file *file, struct temp_file *temp, struct error *err)
{
    return file->how.is_in_place ? temp_file_overwrite(temp, file->text, err)
                                 : temp_file_rename(temp, err);
}

bool stage_install(struct stage *stage, struct error *err)
{
    const struct parcel *parcel = stage->parcel;

    if (!stage_sync(stage, err))
        return false;
    for (size_t i = 0; i < stage->n_files; i++)
        if (stage->files[i].is_changed && parcel->files[i].how.backup &&
            !back_up(&parcel->files[i].how, err))
            return false;

    for (size_t i = 0; i < stage->n_files; i++) {
        if (!stage->files[i].is_changed)
            continue;
        if (!put_in_place(&parcel->files[i], &stage->files[i].temp, err))
            return error_wrap(err, "install '%s'", parcel->files[i].how.destination);
        stage->files[i].is_installed = true;
        stage->n_installed++;
    }
    return true;
}
