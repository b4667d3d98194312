/* SPDX-License-Identifier: MIT */
/* What one delivery remembers beyond the process. */
#include "history.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/memory.h"
#include "io/file.h"

void history_init(struct history *history, struct journal *journal,
                  const struct delivery_options *options)
{
    *history = (struct history){ .journal = journal, .options = options };
    if (!journal)
        return;
    history->record = journal_take(journal, options->name);
    history->is_resumed = history->record->is_known && !history->record->is_taken;
    history->is_unsure = journal_is_lost(journal) && !history->record->is_taken;
    history->record->is_taken = true;
    if (!history->record->is_known)
        journal_mark(journal); /* from then on it is known that nothing was taken up */
}

void history_fini(struct history *history)
{
    journal_set_fini(&history->staged);
}

/* --- Sets and parcels ------------------------------------------------------------------------ */

static struct journal_file describe(const struct parcel_file *file)
{
    return (struct journal_file){
        .path = file->how.destination,
        .digest = digest_of(file->text),
        .is_output = file->is_output,
        .perms = file->how.perms,
        .user = file->is_output ? file->how.user : NULL,
        .group = file->is_output ? file->how.group : NULL,
    };
}

static struct journal_set set_of(const struct parcel *parcel)
{
    struct journal_set set = JOURNAL_SET_NONE;

    for (size_t i = 0; i < parcel->n_files; i++) {
        struct journal_file file = describe(&parcel->files[i]);

        journal_set_add(&set, &file);
    }
    return set;
}

static const struct delivery_file *find_option(const struct history *history, const char *path)
{
    for (size_t i = 0; i < history->options->n_files; i++)
        if (strcmp(history->options->files[i].destination, path) == 0)
            return &history->options->files[i];
    return NULL;
}

bool history_has_file(const struct history *history, const struct journal_file *file)
{
    return file->is_output || find_option(history, file->path);
}

static char *copy_name(struct arena *arena, const char *name)
{
    return name ? (char *)(uintptr_t)arena_copy(arena, slice_from(name)).ptr : NULL;
}

static struct delivery_file output_of(struct arena *arena, const struct journal_file *file)
{
    return (struct delivery_file){
        .destination = copy_name(arena, file->path),
        .perms = file->perms,
        .user = copy_name(arena, file->user),
        .group = copy_name(arena, file->group),
        .create_dest_dirs = true,
    };
}

/* A file that is not the group's any more is left out. */
static bool add_file(const struct history *history, const struct journal_file *file,
                     struct parcel *parcel, struct error *err)
{
    const struct delivery_file *option = find_option(history, file->path);
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;
    struct parcel_file *added;

    if (!option && !file->is_output)
        return true;
    if (!journal_get_text(history->journal, &file->digest, &text, err))
        return error_wrap(err, "the text of '%s'", file->path);
    added = &parcel->files[parcel->n_files++];
    *added = (struct parcel_file){
        .how = option ? *option : output_of(&parcel->arena, file),
        .text = arena_copy(&parcel->arena, buf_slice(&text)),
        .is_output = !option,
    };
    return true;
}

static bool parcel_of(const struct history *history, const struct journal_set *set,
                      struct parcel *ret_parcel, struct error *err)
{
    CLEANUP(parcel_fini) struct parcel parcel = parcel_make_part(set->n);

    for (size_t i = 0; i < set->n; i++)
        if (!add_file(history, &set->files[i], &parcel, err))
            return false;
    *ret_parcel = parcel_take(&parcel);
    return true;
}

/* --- At the start ---------------------------------------------------------------------------- */

bool history_get_pending(const struct history *history, struct parcel *ret_parcel,
                         struct error *err)
{
    *ret_parcel = PARCEL_NONE;
    return !history->is_resumed || history->record->pending.n == 0 ||
           parcel_of(history, &history->record->pending, ret_parcel, err);
}

bool history_owes(const struct history *history, struct take_up *take_up)
{
    if (!history->is_resumed || !history->record->is_owed)
        return false;
    for (size_t i = 0; i < history->record->installed.n; i++)
        take_up_add_file(take_up, history->record->installed.files[i].path);
    return true;
}

bool history_is_as_installed(const struct journal_file *file)
{
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;
    struct digest digest;
    struct error err;

    if (!file_read(file->path, LIMIT_OUTPUT_BYTES, &text, &err))
        return false;
    digest = digest_of(buf_slice(&text));
    return digest_equal(&digest, &file->digest);
}

bool history_is_intact(const struct history *history)
{
    const struct journal_set *installed = &history->record->installed;

    for (size_t i = 0; i < installed->n; i++)
        if (!history_is_as_installed(&installed->files[i]))
            return false;
    return installed->n > 0;
}

static void list_outputs(const struct journal_set *set, struct installed *installed)
{
    for (size_t i = 0; i < set->n; i++) {
        const struct journal_file *file = &set->files[i];
        struct stat st = { 0 };
        struct error err;
        bool exists;

        if (file->is_output && file_look_unlinked(file->path, &exists, &st, &err) && exists &&
            history_is_as_installed(file))
            installed_add(installed, file->path, (struct file_id){ st.st_dev, st.st_ino });
    }
}

void history_list_outputs(const struct history *history, struct installed *installed)
{
    if (!history->is_resumed)
        return;
    list_outputs(&history->record->installed, installed);
    list_outputs(&history->record->pending, installed);
}

bool history_must_take_up(struct history *history, const struct parcel *parcel)
{
    bool was_unsure = history->is_unsure, was_resumed = history->is_resumed;
    bool is_other = was_unsure;

    history->is_unsure = history->is_resumed = false;
    if (was_resumed) {
        struct journal_set set = set_of(parcel);

        is_other |= !journal_set_equal(&set, &history->record->generations[0]); /* or none */
        journal_set_fini(&set);
    }
    return is_other;
}

/* --- A delivery ------------------------------------------------------------------------------ */

static bool is_installed_as(const struct journal_record *record, const struct journal_file *file)
{
    const struct journal_file *before = journal_set_find(&record->installed, file->path);

    return before && digest_equal(&before->digest, &file->digest);
}

/* A set that could not be written down is not announced: half of it could not be completed. */
static bool keep_texts(struct history *history, const struct parcel *parcel,
                       const struct journal_set *set)
{
    bool is_ok = true;

    for (size_t i = 0; i < parcel->n_files; i++)
        if (!is_installed_as(history->record, &set->files[i]))
            is_ok &=
                journal_put_text(history->journal, parcel->files[i].text, &set->files[i].digest);
    return is_ok;
}

/* A crash may leave half of its text. */
static bool is_any_in_place(const struct stage *stage)
{
    for (size_t i = 0; i < stage->n_files; i++)
        if (stage->files[i].is_changed && stage->parcel->files[i].how.is_in_place)
            return true;
    return false;
}

/* Also a file that the process before had put in place already: the record does not have it yet. */
static void announce(struct history *history, const struct stage *stage)
{
    struct journal_record *record = history->record;

    for (size_t i = 0; i < stage->n_files; i++)
        if (stage->files[i].is_changed || !is_installed_as(record, &history->staged.files[i]))
            journal_set_add(&record->pending, &history->staged.files[i]);
    if (record->pending.n == 1 && !is_any_in_place(stage))
        journal_set_fini(&record->pending); /* it is the old or the new one at any moment */
}

void history_begin(struct history *history, const struct stage *stage)
{
    struct journal_record *record = history->record;

    if (!record || stage->n_changed == 0)
        return;
    journal_set_fini(&history->staged);
    history->staged = set_of(stage->parcel);

    bool is_kept = keep_texts(history, stage->parcel, &history->staged);

    journal_set_fini(&record->pending);
    if (is_kept)
        announce(history, stage);
    if (record->pending.n > 0) {
        record->is_owed = true; /* where there is nothing to take up, nothing comes of it */
        journal_save(history->journal);
    }
}

/* What the parcel does not have stays installed, if it is only a part. */
static void add_rest(const struct journal_record *record, struct journal_set *set)
{
    for (size_t i = 0; i < record->installed.n; i++)
        if (!journal_set_find(set, record->installed.files[i].path))
            journal_set_add(set, &record->installed.files[i]);
}

/* Hashing 64 MB for a pass that has changed nothing would be felt. */
static bool is_old_news(const struct history *history, bool is_changed, bool is_owed)
{
    return history->is_settled && !is_changed && history->record->pending.n == 0 &&
           history->record->is_owed == is_owed;
}

void history_end(struct history *history, const struct parcel *parcel, bool is_changed,
                 bool is_owed)
{
    struct journal_record *record = history->record;
    struct journal_set set = history->staged;

    if (!record || is_old_news(history, is_changed, is_owed))
        return;
    history->staged = JOURNAL_SET_NONE;
    if (set.n == 0)
        set = set_of(parcel);
    (void)keep_texts(history, parcel, &set);
    if (parcel->is_part)
        add_rest(record, &set);
    else
        history->is_settled = true;

    bool is_news = record->pending.n > 0 || record->is_owed != is_owed ||
                   !journal_set_equal(&set, &record->installed);

    journal_set_fini(&record->pending);
    record->is_owed = is_owed;
    if (is_news) {
        journal_set_installed(history->journal, record, &set);
        journal_mark(history->journal);
    }
    journal_set_fini(&set);
}

void history_taken_up(struct history *history)
{
    struct journal_record *record = history->record;

    if (!record || (!record->is_owed && record->n_generations > 0 &&
                    journal_set_equal(&record->generations[0], &record->installed)))
        return;
    record->is_owed = false;
    if (record->n_generations == 0 ||
        !journal_set_equal(&record->generations[0], &record->installed))
        record->rolled_back = DIGEST_NONE; /* something else is good: that may be, too, by now */
    journal_add_generation(history->journal, record, history->options->keep);
    journal_mark(history->journal);
}

bool history_make_room(const struct history *history)
{
    if (history->journal)
        journal_make_room(history->journal);
    return history->journal;
}

void history_reject(struct history *history, const struct stage *stage, const char *text,
                    struct slice words, struct buf *ret_paths)
{
    CLEANUP(buf_fini) struct buf why = BUF_EMPTY;

    if (!history->journal)
        return;
    buf_printf(&why, "%s\n%.*s", text, SLICE_ARG(words));
    for (size_t i = 0; i < stage->n_files; i++) {
        CLEANUP(buf_fini) struct buf path = BUF_EMPTY;

        if (!stage->files[i].is_changed)
            continue;
        journal_reject(history->journal, stage->parcel->files[i].how.destination,
                       stage->parcel->files[i].text, buf_slice(&why), &path);
        if (path.len > 0)
            buf_printf(ret_paths, "%s'%s'", ret_paths->len > 0 ? ", " : "", path.ptr);
    }
}

/* --- Back ------------------------------------------------------------------------------------ */

bool history_was_rolled_back(const struct history *history, const struct parcel *parcel)
{
    if (!history->record || !history->record->rolled_back.hex[0])
        return false;

    struct journal_set set = set_of(parcel);
    struct digest digest = journal_set_digest(&set);

    journal_set_fini(&set);
    return digest_equal(&digest, &history->record->rolled_back);
}

bool history_can_roll_back(const struct history *history)
{
    const struct journal_record *record = history->record;

    return record && record->n_generations > 0 &&
           !journal_set_equal(&record->generations[0], &record->installed);
}

bool history_roll_back(struct history *history, struct parcel *ret_parcel, struct error *err)
{
    struct journal_record *record = history->record;

    if (!parcel_of(history, &record->generations[0], ret_parcel, err))
        return false;
    record->rolled_back = journal_set_digest(&record->installed);
    journal_save(history->journal);
    return true;
}
