/* SPDX-License-Identifier: MIT */
/* What an earlier process has left in place, for a start that has nothing newer. */
#include "base/log.h"
#include "delivery.h"

static bool exists(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0;
}

static const struct journal_set *installed_of(const struct delivery *delivery)
{
    static const struct journal_set none;

    return delivery->history.record ? &delivery->history.record->installed : &none;
}

static bool is_all_there(const struct delivery *delivery)
{
    const struct journal_set *installed = installed_of(delivery);

    for (size_t i = 0; i < delivery->options->n_files; i++)
        if (!exists(delivery->options->files[i].destination))
            return false;
    for (size_t i = 0; i < installed->n; i++)
        if (installed->files[i].is_output && !exists(installed->files[i].path))
            return false;
    return true;
}

static void tell(const struct delivery *delivery, const char *path, const char *what)
{
    const struct log_about about = { LOG_EVENT_FOREIGN, .group = delivery->options->name };

    log_about(LOG_LEVEL_WARN, &about, "delivery '%s': '%s' %s; it stays until there is a new text",
              delivery->options->name, path, what);
}

/* Without a journal nothing was known before, which was said. */
static bool is_all_known(const struct delivery *delivery)
{
    bool is_known = delivery->history.record;

    for (size_t i = 0; delivery->history.record && i < delivery->options->n_files; i++) {
        const char *path = delivery->options->files[i].destination;

        if (journal_set_find(installed_of(delivery), path))
            continue;
        tell(delivery, path, "is there, and was not installed by us");
        is_known = false;
    }
    return is_known;
}

/* A file that the group does not have any more does not count. */
static bool is_all_same(const struct delivery *delivery)
{
    const struct journal_set *installed = installed_of(delivery);
    bool is_same = true;

    for (size_t i = 0; i < installed->n; i++) {
        const struct journal_file *file = &installed->files[i];

        if (history_is_as_installed(file) || !history_has_file(&delivery->history, file))
            continue;
        tell(delivery, file->path, "was changed by somebody else since it was installed");
        is_same = false;
    }
    return is_same;
}

/* A crash has come between the files of a set, and it could not be completed. */
static bool is_half_a_set(const struct delivery *delivery)
{
    return delivery->is_half && delivery->history.record && delivery->history.record->pending.n > 0;
}

enum delivery_remains delivery_look_at_remains(struct delivery *delivery)
{
    if (!is_all_there(delivery) || is_half_a_set(delivery))
        return DELIVERY_REMAINS_MISSING;
    if (!delivery->has_looked) {
        bool is_known = is_all_known(delivery), is_same = is_all_same(delivery);

        delivery->has_looked = true;
        delivery->remains = !is_known  ? DELIVERY_REMAINS_UNKNOWN
                            : !is_same ? DELIVERY_REMAINS_EDITED
                                       : DELIVERY_REMAINS_WHOLE;
    }
    return delivery->remains;
}
