/* SPDX-License-Identifier: MIT */
/* The files of writeToFile that this process has installed. */
#include "installed.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"

static struct installed_file *installed_find(const struct installed *installed, const char *path)
{
    for (size_t i = 0; i < installed->n; i++)
        if (strcmp(installed->files[i].path, path) == 0)
            return &installed->files[i];
    return NULL;
}

void installed_add(struct installed *installed, const char *path, struct file_id id)
{
    struct installed_file *file = installed_find(installed, path);

    if (!file) {
        GROW(installed->files, installed->n, installed->cap);
        file = &installed->files[installed->n++];
        file->path = memory_copy_string(path);
    }
    file->id = id;
}

void installed_add_all(struct installed *installed, const struct installed *others)
{
    for (size_t i = 0; i < others->n; i++)
        installed_add(installed, others->files[i].path, others->files[i].id);
}

void installed_fini(struct installed *installed)
{
    for (size_t i = 0; i < installed->n; i++)
        free(installed->files[i].path);
    free(installed->files);
    *installed = INSTALLED_NONE;
}

static void installed_forget(struct installed *installed, size_t i)
{
    free(installed->files[i].path);
    installed->n--;
    memmove(&installed->files[i], &installed->files[i + 1],
            (installed->n - i) * sizeof(*installed->files));
}

static bool remove_file(const struct installed_file *file, const char *name, size_t *n_removed,
                        struct error *err)
{
    bool is_removed;

    if (!file_remove(file->path, file->id, &is_removed, err))
        return error_wrap(err, "remove '%s'", file->path);
    if (is_removed)
        log_info("delivery '%s': removed '%s', which its template does not write any more", name,
                 file->path);
    *n_removed += is_removed;
    return true;
}

bool installed_remove_rest(struct installed *installed, const struct parcel *parcel,
                           struct claims *claims, const char *name, size_t *n_removed,
                           struct error *err)
{
    size_t i = 0;

    while (i < installed->n) {
        const struct installed_file *file = &installed->files[i];

        if (parcel_has(parcel, file->path)) {
            i++;
            continue;
        }
        if (!claims_take(claims, file->path, installed, name)) {
            bool is_ok = remove_file(file, name, n_removed, err);

            claims_drop(claims, file->path, installed);
            if (!is_ok)
                return false;
        }
        installed_forget(installed, i);
    }
    return true;
}
