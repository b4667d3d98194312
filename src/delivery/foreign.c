/* SPDX-License-Identifier: MIT */
/* Files that somebody else has written where ours go. */
#include "foreign.h"

#include "base/diff.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/redact.h"
#include "io/file.h"

/* What is there now. A template chooses where its outputs go: no link is followed there. */
static bool read_present(const struct parcel_file *file, struct buf *text)
{
    const char *path = file->how.destination;
    struct stat st = { 0 };
    struct error err;
    bool exists;

    if (file->is_output && (!file_look_unlinked(path, &exists, &st, &err) || !exists))
        return false;
    return file_read(path, LIMIT_OUTPUT_BYTES, text, &err) && text->len > 0;
}

/* From what was installed; where that is not kept any more, there is nothing to compare with. */
static void log_difference(const struct journal *journal, const struct journal_file *before,
                           struct slice found)
{
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY, difference = BUF_EMPTY, shown = BUF_EMPTY;
    struct error err;

    if (!journal_get_text(journal, &before->digest, &text, &err))
        return;
    diff_format(&(struct diff_side){ "installed", buf_slice(&text) },
                &(struct diff_side){ before->path, found }, LIMIT_DIFF_LOGGED, &difference);
    redact_text(buf_slice(&difference), &shown);
    log_lines(LOG_LEVEL_WARN, buf_slice(&shown));
}

/* Whether it was ours before. */
static bool keep(const struct history *history, const char *path, struct slice found)
{
    const struct journal_file *before = journal_set_find(&history->record->installed, path);
    const struct log_about about = { LOG_EVENT_FOREIGN, .group = history->options->name };
    CLEANUP(buf_fini) struct buf kept = BUF_EMPTY;

    journal_keep_foreign(history->journal, path, found, &kept);
    log_about(before ? LOG_LEVEL_WARN : LOG_LEVEL_INFO, &about,
              "delivery '%s': '%s' %s; it is replaced, and what it held is %s%s",
              history->options->name, path,
              before ? "was changed by somebody else" : "was there before",
              kept.len > 0 ? "in " : "lost, as it could not be kept",
              kept.len > 0 ? buf_slice(&kept).ptr : "");
    if (before)
        log_difference(history->journal, before, found);
    return before;
}

bool foreign_keep(const struct history *history, const struct stage *stage)
{
    bool is_edited = false;

    for (size_t i = 0; history->journal && i < stage->n_files; i++) {
        const struct parcel_file *file = &stage->parcel->files[i];
        CLEANUP(buf_fini) struct buf found = BUF_EMPTY;
        struct digest digest;

        if (!stage->files[i].is_changed || !read_present(file, &found) ||
            slice_equal(buf_slice(&found), file->text)) /* only its mode or owner is another */
            continue;
        digest = digest_of(buf_slice(&found));
        if (!journal_knows_text(history->journal, history->record, &digest))
            is_edited |= keep(history, file->how.destination, buf_slice(&found));
    }
    return is_edited;
}
