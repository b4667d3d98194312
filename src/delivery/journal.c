/* SPDX-License-Identifier: MIT */
/* What deliveries remember beyond the process. */
#include "journal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/map.h"
#include "base/memory.h"
#include "io/file.h"
#include "io/shelf.h"
#include "journal_text.h"

#define FOLDER_MODE 0700
#define FILE_MODE   0600

/* A file or a folder of ours. */
struct place {
    char *path;
    bool has_failed; /* to be written: said once */
};

struct journal {
    struct place file, texts, rejected, foreign;
    struct journal_records records;
    struct buf orphans; /* hashes of texts that the process before was about to install, a line each
                         */
    bool is_lost;
    bool is_marked;
    struct loop_source *saver; /* deferred */
};

/* --- The file -------------------------------------------------------------------------------- */

static const struct file_attributes attributes = { FILE_MODE, FILE_KEEP_OWNER, FILE_KEEP_GROUP };

/* The first failure is news, and that it is over. */
static void place_report(struct place *place, bool is_ok, const struct error *err)
{
    if (!is_ok && !place->has_failed)
        log_warn("'%s': %s; deliveries go on without it", place->path, err->text);
    else if (is_ok && place->has_failed)
        log_info("'%s': can be written again", place->path);
    place->has_failed = !is_ok;
}

void journal_save(struct journal *journal)
{
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;
    struct error err = ERROR_EMPTY;

    journal->is_marked = false;
    journal_format(&journal->records, &text);
    place_report(&journal->file,
                 file_install(journal->file.path, buf_slice(&text), &attributes, &err), &err);
}

static void journal_on_turn(void *ctx)
{
    journal_flush(ctx);
}

void journal_mark(struct journal *journal)
{
    journal->is_marked = true;
    loop_defer(journal->saver);
}

void journal_flush(struct journal *journal)
{
    if (journal->is_marked)
        journal_save(journal);
}

/* Under one name, so that a journal that is lost again and again does not fill the disk. */
static void journal_set_aside(struct journal *journal, const struct error *why)
{
    CLEANUP(buf_fini) struct buf aside = BUF_EMPTY;

    journal->is_lost = true;
    buf_printf(&aside, "%s.bad-last", journal->file.path);
    if (rename(journal->file.path, aside.ptr) == 0)
        log_warn("'%s': %s; it is '%s' now, and commands run once more", journal->file.path,
                 why->text, aside.ptr);
    else
        log_warn("'%s': %s; commands run once more", journal->file.path, why->text);
}

static bool is_absent(const struct error *err)
{
    return err->code == ERROR_SYSTEM && err->sys_errno == ENOENT;
}

static void journal_load(struct journal *journal)
{
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;
    struct error err = ERROR_EMPTY;

    if (!file_read(journal->file.path, LIMIT_JOURNAL_BYTES, &text, &err)) {
        if (!is_absent(&err))
            journal_set_aside(journal, &err);
    } else if (!journal_parse(&journal->records, buf_slice(&text), &err)) {
        journal_set_aside(journal, &err);
    }
}

/* --- Texts ----------------------------------------------------------------------------------- */

static void add_set_names(struct map *names, struct journal_set *set)
{
    for (size_t i = 0; i < set->n; i++)
        map_put(names, slice_from(set->files[i].digest.hex), set);
}

/* Those that are in place, or about to be. */
static void journal_list_present_texts(const struct journal *journal, struct map *names)
{
    for (size_t i = 0; i < journal->records.n; i++) {
        add_set_names(names, &journal->records.items[i]->installed);
        add_set_names(names, &journal->records.items[i]->pending);
    }
}

/* The texts that some set has. */
static void journal_list_texts(const struct journal *journal, struct map *names)
{
    for (size_t i = 0; i < journal->records.n; i++) {
        struct journal_record *record = journal->records.items[i];

        add_set_names(names, &record->installed);
        add_set_names(names, &record->pending);
        for (size_t k = 0; k < record->n_generations; k++)
            add_set_names(names, &record->generations[k]);
    }
}

static bool is_kept(void *ctx, struct slice name)
{
    return map_find(ctx, name);
}

struct pruning {
    struct journal *journal;
    struct map names;
};

/* A text without a set: its file may be in place already, though nobody could say so any more. */
static bool is_kept_or_noted(void *ctx, struct slice name)
{
    struct pruning *pruning = ctx;

    if (map_find(&pruning->names, name))
        return true;
    buf_add(&pruning->journal->orphans, name);
    buf_add_byte(&pruning->journal->orphans, '\n');
    return false;
}

static void journal_prune(struct journal *journal)
{
    struct pruning pruning = { journal, MAP_EMPTY };

    journal_list_texts(journal, &pruning.names);
    shelf_keep_only(journal->texts.path, is_kept_or_noted, &pruning);
    map_fini(&pruning.names);
}

void journal_make_room(const struct journal *journal)
{
    struct map names = MAP_EMPTY;

    journal_list_present_texts(journal, &names);
    shelf_clear(journal->rejected.path);
    shelf_keep_only(journal->texts.path, is_kept, &names);
    map_fini(&names);
}

static bool set_has_text(const struct journal_set *set, const struct digest *digest)
{
    for (size_t i = 0; i < set->n; i++)
        if (digest_equal(&set->files[i].digest, digest))
            return true;
    return false;
}

bool journal_knows_text(const struct journal *journal, const struct journal_record *record,
                        const struct digest *digest)
{
    bool is_known =
        set_has_text(&record->installed, digest) || set_has_text(&record->pending, digest) ||
        slice_find(buf_slice(&journal->orphans), slice_from(digest->hex)) != SLICE_NOT_FOUND;

    for (size_t i = 0; !is_known && i < record->n_generations; i++)
        is_known = set_has_text(&record->generations[i], digest);
    return is_known;
}

static void format_path(const struct journal *journal, const struct digest *digest, struct buf *out)
{
    buf_printf(out, "%s/%s", journal->texts.path, digest->hex);
}

static bool write_text(const char *path, struct slice text, struct error *err)
{
    return file_make_parents(path, FOLDER_MODE, err) && file_install(path, text, &attributes, err);
}

bool journal_put_text(struct journal *journal, struct slice text, const struct digest *digest)
{
    CLEANUP(buf_fini) struct buf path = BUF_EMPTY;
    enum file_match match;
    struct error err = ERROR_EMPTY;
    bool is_ok;

    format_path(journal, digest, &path);
    is_ok = file_compare(path.ptr, text, &match, &err);
    if (is_ok && match == FILE_SAME)
        return true;
    is_ok = write_text(path.ptr, text, &err);
    if (!is_ok && err.code == ERROR_SYSTEM && err.sys_errno == ENOSPC) {
        journal_make_room(journal);
        is_ok = write_text(path.ptr, text, &err);
    }
    place_report(&journal->texts, is_ok, &err);
    return is_ok;
}

bool journal_get_text(const struct journal *journal, const struct digest *digest, struct buf *out,
                      struct error *err)
{
    CLEANUP(buf_fini) struct buf path = BUF_EMPTY, text = BUF_EMPTY;
    struct digest found;

    format_path(journal, digest, &path);
    if (!file_read(path.ptr, LIMIT_OUTPUT_BYTES, &text, err))
        return error_wrap(err, "'%s'", path.ptr);
    found = digest_of(buf_slice(&text));
    if (!digest_equal(&found, digest))
        return error_set(err, ERROR_INVALID, "'%s': is not what was kept", path.ptr);
    buf_add(out, buf_slice(&text));
    return true;
}

static void format_shelf_path(const struct place *place, const char *destination, struct buf *out)
{
    const char *slash = strrchr(destination, '/');

    shelf_format_path(place->path, slash ? slash + 1 : destination, out);
}

void journal_keep_foreign(struct journal *journal, const char *destination, struct slice text,
                          struct buf *ret_path)
{
    const struct shelf_limits limits = { LIMIT_FOREIGN_FILES, LIMIT_FOREIGN_BYTES };
    CLEANUP(buf_fini) struct buf path = BUF_EMPTY;
    struct error err = ERROR_EMPTY;
    bool is_ok;

    format_shelf_path(&journal->foreign, destination, &path);
    is_ok = shelf_put(path.ptr, text, &limits, &err);
    place_report(&journal->foreign, is_ok, &err);
    if (is_ok)
        buf_add(ret_path, buf_slice(&path));
}

void journal_reject(struct journal *journal, const char *destination, struct slice text,
                    struct slice why, struct buf *ret_path)
{
    const struct shelf_limits limits = { LIMIT_REJECTED_FILES, LIMIT_REJECTED_BYTES };
    CLEANUP(buf_fini) struct buf path = BUF_EMPTY, why_path = BUF_EMPTY;
    struct error err = ERROR_EMPTY;
    bool is_ok;

    format_shelf_path(&journal->rejected, destination, &path);
    buf_printf(&why_path, "%s.why", path.ptr);
    is_ok = shelf_put(path.ptr, text, &limits, &err) && shelf_put(why_path.ptr, why, &limits, &err);
    place_report(&journal->rejected, is_ok, &err);
    if (is_ok)
        buf_add(ret_path, buf_slice(&path));
}

/* --- Records --------------------------------------------------------------------------------- */

struct journal_record *journal_take(struct journal *journal, const char *name)
{
    struct journal_record *record = NULL;

    for (size_t i = 0; !record && i < journal->records.n; i++)
        if (strcmp(journal->records.items[i]->name, name) == 0)
            record = journal->records.items[i];
    if (!record)
        record = journal_records_add(&journal->records, slice_from(name));
    return record;
}

bool journal_is_lost(const struct journal *journal)
{
    return journal->is_lost;
}

/* Of what is dropped, the texts that nobody else has go, too. */
static void journal_drop(struct journal *journal, struct journal_set *set)
{
    struct map names = MAP_EMPTY;

    journal_list_texts(journal, &names);
    for (size_t i = 0; i < set->n; i++) {
        CLEANUP(buf_fini) struct buf path = BUF_EMPTY;

        if (map_find(&names, slice_from(set->files[i].digest.hex)))
            continue;
        format_path(journal, &set->files[i].digest, &path);
        unlink(path.ptr);
    }
    map_fini(&names);
    journal_set_fini(set);
}

static void drop_oldest(struct journal *journal, struct journal_record *record)
{
    struct journal_set oldest = record->generations[--record->n_generations];

    record->generations[record->n_generations] = JOURNAL_SET_NONE;
    journal_drop(journal, &oldest);
}

void journal_set_installed(struct journal *journal, struct journal_record *record,
                           struct journal_set *set)
{
    struct journal_set before = record->installed;

    record->installed = *set;
    *set = JOURNAL_SET_NONE;
    journal_drop(journal, &before);
}

void journal_add_generation(struct journal *journal, struct journal_record *record, size_t n_kept)
{
    if (record->n_generations > 0 && journal_set_equal(&record->generations[0], &record->installed))
        return;
    while (record->n_generations > 0 &&
           record->n_generations >=
               (n_kept < JOURNAL_MOST_GENERATIONS ? n_kept : JOURNAL_MOST_GENERATIONS))
        drop_oldest(journal, record);
    memmove(&record->generations[1], &record->generations[0],
            record->n_generations * sizeof(record->generations[0]));
    record->generations[0] = journal_set_copy(&record->installed);
    record->generations[0].time = (uint64_t)time(NULL);
    record->n_generations++;
}

/* --- Life ------------------------------------------------------------------------------------ */

static char *path_below(const char *folder, const char *name)
{
    struct buf path = BUF_EMPTY;

    buf_printf(&path, "%s/%s", folder, name);
    return buf_take(&path);
}

struct journal *journal_open(struct loop *loop, const char *state_dir)
{
    struct journal *journal = NEW(struct journal);
    struct error err;

    journal->file.path = path_below(state_dir, "journal.json");
    journal->texts.path = path_below(state_dir, "generations");
    journal->rejected.path = path_below(state_dir, "rejected");
    journal->foreign.path = path_below(state_dir, "foreign");
    if (!loop_add_deferred(loop, journal_on_turn, journal, &journal->saver, &err)) {
        log_err("journal: %s", err.text);
        abort(); /* nothing but memory can be missing here */
    }
    temp_file_remove_leftovers(journal->file.path);
    journal_load(journal);
    journal_prune(journal);
    return journal;
}

void journal_free(struct journal *journal)
{
    if (!journal)
        return;
    journal_flush(journal);
    loop_source_free(journal->saver);
    journal_records_fini(&journal->records);
    free(journal->file.path);
    free(journal->texts.path);
    free(journal->rejected.path);
    free(journal->foreign.path);
    buf_fini(&journal->orphans);
    free(journal);
}
