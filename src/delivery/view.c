/* SPDX-License-Identifier: MIT */
/* A group's files as its checkers see them. */
#include "view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/map.h"
#include "base/memory.h"

/* --- What the checker finds elsewhere -------------------------------------------------------- */

/* Places: files that are new, or have a copy, and the folders that hold one of these. */
struct moves {
    const struct view *view;
    bool *is_moved;
};

static void move(struct moves *moves, const char *path)
{
    const struct mentions *mentions = &moves->view->mentions;

    for (size_t i = mentions->n_files; i < mentions_count_places(mentions); i++)
        moves->is_moved[i] |= mentions_is_in(mentions, path, i);
}

static void move_file(struct moves *moves, size_t i)
{
    moves->is_moved[i] = true;
    move(moves, moves->view->parcel->files[i].how.destination);
}

static bool will_be_gone(const struct view *view, size_t i)
{
    return !parcel_has(view->parcel, view->installed->files[i].path);
}

static void moves_init(struct moves *moves, const struct view *view, const struct stage *stage)
{
    moves->view = view;
    moves->is_moved = memory_alloc(mentions_count_places(&view->mentions) * sizeof(bool));
    for (size_t i = 0; i < view->n; i++)
        if (stage->files[i].is_changed)
            move_file(moves, i);
    for (size_t i = 0; view->installed && i < view->installed->n; i++)
        if (will_be_gone(view, i))
            move(moves, view->installed->files[i].path);
}

static void moves_fini(struct moves *moves)
{
    free(moves->is_moved);
}

static bool names_a_moved(const struct moves *moves, size_t file)
{
    const struct mentions *mentions = &moves->view->mentions;

    for (size_t i = 0; i < mentions_count_places(mentions); i++)
        if (moves->is_moved[i] && mentions_name(mentions, file, i))
            return true;
    return false;
}

static bool is_named(const struct view *view, size_t place)
{
    for (size_t i = 0; i <= view->n; i++)
        if (mentions_name(&view->mentions, i, place))
            return true;
    return false;
}

/* --- Copies and mirrors ---------------------------------------------------------------------- */

static char *path_of(const struct temp_file *temp)
{
    struct buf path = BUF_EMPTY;

    temp_file_format_path(temp, &path);
    return buf_take(&path);
}

/* Until no copy makes another one necessary. */
static bool make_copies(struct view *view, struct moves *moves, struct error *err)
{
    bool is_settled = false;

    while (!is_settled) {
        is_settled = true;
        for (size_t i = 0; i < view->n; i++) {
            if (view->copies[i].fd >= 0 || !names_a_moved(moves, i))
                continue;
            if (!stage_make_temp(&view->parcel->files[i], &view->copies[i], err))
                return error_wrap(err, "copy '%s' for the check",
                                  view->parcel->files[i].how.destination);
            move_file(moves, i);
            is_settled = false;
        }
    }
    return true;
}

static void find_files(struct view *view, const struct stage *stage, const struct moves *moves)
{
    for (size_t i = 0; i < view->n; i++)
        view->paths[i] = view->copies[i].fd >= 0 ? path_of(&view->copies[i])
                         : moves->is_moved[i]
                             ? path_of(&stage->files[i].temp)
                             : memory_copy_string(view->parcel->files[i].how.destination);
}

/* All of the group that is not found where it will be. */
static size_t list_changes(const struct view *view, const struct moves *moves,
                           struct mirror_change *changes)
{
    size_t n = 0;

    for (size_t i = 0; i < view->n; i++)
        if (moves->is_moved[i])
            changes[n++] =
                (struct mirror_change){ view->parcel->files[i].how.destination, view->paths[i] };
    for (size_t i = 0; view->installed && i < view->installed->n; i++)
        if (will_be_gone(view, i))
            changes[n++] = (struct mirror_change){ view->installed->files[i].path, NULL };
    return n;
}

/* One of the folder's own, if there is one. NULL: nothing is staged. */
static const struct temp_file *find_staged(const struct view *view, const struct stage *stage,
                                           size_t folder)
{
    const struct temp_file *any = NULL;

    for (size_t i = 0; i < view->n; i++) {
        const struct temp_file *temp =
            view->copies[i].fd >= 0 ? &view->copies[i] : &stage->files[i].temp;

        if (temp->fd < 0)
            continue;
        any = temp;
        if (mentions_is_in(&view->mentions, view->parcel->files[i].how.destination, folder))
            return temp;
    }
    return any;
}

/* What will not be otherwise by the next time: we may not list it, it is too large, or where it
 * would be there are no links. Anything else may pass, and the check with it. */
static bool is_lasting(const struct error *err)
{
    return err->code == ERROR_LIMIT || err->sys_errno == EACCES || err->sys_errno == EPERM;
}

/* Once for each folder: checks are many. */
static void tell_seen_as_is(const char *path, const struct error *err)
{
    static struct map told; /* the process's, like the log; values are the keys */
    char *copy;

    if (map_find(&told, slice_from(path)))
        return;
    copy = memory_copy_string(path);
    map_put(&told, slice_from(copy), copy);
    log_warn("checks see '%s' as it is, not as it will be: %s", path, err->text);
}

/* Without anything staged there is no place where it could be: then it is seen as it is. */
static bool make_mirror(struct view *view, const struct stage *stage,
                        const struct mirror_change *changes, size_t n_changes, size_t folder,
                        struct error *err)
{
    const struct temp_file *beside = find_staged(view, stage, folder);
    const char *path = view->mentions.folders[folder - view->n];
    struct mirror *mirror = &view->mirrors[folder - view->n];

    if (!beside || mirror_make(mirror, beside, path, changes, n_changes, err))
        return true;
    if (!is_lasting(err))
        return error_wrap(err, "show '%s' to the check as it will be", path);
    tell_seen_as_is(path, err);
    return true;
}

static bool make_mirrors(struct view *view, const struct stage *stage, const struct moves *moves,
                         struct error *err)
{
    size_t n_installed = view->installed ? view->installed->n : 0;
    struct mirror_change *changes =
        memory_alloc((view->n + n_installed) * sizeof(struct mirror_change));
    size_t n_changes = list_changes(view, moves, changes);
    bool is_ok = true;

    for (size_t i = view->n; is_ok && i < mentions_count_places(&view->mentions); i++)
        if (moves->is_moved[i] && is_named(view, i))
            is_ok = make_mirror(view, stage, changes, n_changes, i, err);
    free(changes);
    return is_ok;
}

static void find_folders(struct view *view)
{
    for (size_t i = 0; i < view->mentions.n_folders; i++) {
        struct buf path = BUF_EMPTY;

        if (view->mirrors[i].fd >= 0)
            mirror_format_path(&view->mirrors[i], &path);
        else
            buf_add_string(&path, view->mentions.folders[i]);
        view->paths[view->n + i] = buf_take(&path);
    }
}

static bool write_copy(const struct view *view, size_t i, struct error *err)
{
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;
    struct slice rest = view->parcel->files[i].text, before, slashes;
    size_t place;

    while (mentions_next(&view->mentions, &rest, &before, &place, &slashes)) {
        buf_add(&text, before);
        buf_add_string(&text, view->paths[place]);
        buf_add(&text, slashes);
    }
    buf_add(&text, before);
    return temp_file_write(&view->copies[i], buf_slice(&text), err) ||
           error_wrap(err, "copy '%s' for the check", view->parcel->files[i].how.destination);
}

static bool view_fill(struct view *view, const struct stage *stage, struct moves *moves,
                      struct error *err)
{
    if (!make_copies(view, moves, err))
        return false;
    find_files(view, stage, moves);
    if (!make_mirrors(view, stage, moves, err))
        return false;
    find_folders(view);
    for (size_t i = 0; i < view->n; i++)
        if (view->copies[i].fd >= 0 && !write_copy(view, i, err))
            return false;
    return true;
}

bool view_make(struct view *view, const struct stage *stage, const struct installed *installed,
               struct error *err)
{
    struct moves moves;

    *view = (struct view){ .parcel = stage->parcel, .installed = installed, .n = stage->n_files };
    mentions_init(&view->mentions, stage->parcel, installed);
    view->paths = memory_alloc(mentions_count_places(&view->mentions) * sizeof(char *));
    view->copies = memory_resize_array(NULL, view->n, sizeof(*view->copies));
    for (size_t i = 0; i < view->n; i++)
        view->copies[i] = TEMP_FILE_NONE;
    view->mirrors = memory_resize_array(NULL, view->mentions.n_folders, sizeof(*view->mirrors));
    for (size_t i = 0; i < view->mentions.n_folders; i++)
        view->mirrors[i] = MIRROR_NONE;
    moves_init(&moves, view, stage);

    bool is_ok = view_fill(view, stage, &moves, err);

    moves_fini(&moves);
    return is_ok;
}

void view_fini(struct view *view)
{
    for (size_t i = 0; i < mentions_count_places(&view->mentions) && view->paths; i++)
        free(view->paths[i]);
    for (size_t i = 0; i < view->n; i++)
        temp_file_discard(&view->copies[i]);
    for (size_t i = 0; i < view->mentions.n_folders; i++)
        mirror_discard(&view->mirrors[i]);
    free(view->copies);
    free(view->mirrors);
    free(view->paths);
    mentions_fini(&view->mentions);
    *view = VIEW_NONE;
}

/* --- To and fro ------------------------------------------------------------------------------ */

const char *view_find(const struct view *view, struct slice path)
{
    size_t place;

    return mentions_find(&view->mentions, path, &place) ? view->paths[place] : NULL;
}

void view_show_folders(const struct view *view, struct slice text,
                       void (*add_path)(void *ctx, const char *path, struct buf *out), void *ctx,
                       struct buf *out)
{
    struct slice before, slashes;
    size_t place;

    while (mentions_next(&view->mentions, &text, &before, &place, &slashes)) {
        buf_add(out, before);
        if (place < view->n)
            buf_add_string(out, view->parcel->files[place].how.destination);
        else
            add_path(ctx, view->paths[place], out);
        buf_add(out, slashes);
    }
    buf_add(out, before);
}

/* A mirror's path at the beginning of a word is the folder's. */
static bool translate_folder(const struct view *view, struct slice word, struct buf *out)
{
    for (size_t i = 0; i < view->mentions.n_folders; i++) {
        struct slice path = slice_from(view->paths[view->n + i]);

        if (view->mirrors[i].fd < 0 || !slice_starts_with(word, path) ||
            (word.len > path.len && word.ptr[path.len] != '/'))
            continue;
        buf_add_string(out, view->mentions.folders[i]);
        buf_add(out, slice_sub(word, path.len, word.len));
        return true;
    }
    return false;
}

static bool translate_file(const struct view *view, struct slice word, struct buf *out)
{
    for (size_t i = 0; i < view->n; i++) {
        if (!slice_is(word, view->paths[i]))
            continue;
        buf_add_string(out, view->parcel->files[i].how.destination);
        return true;
    }
    return false;
}

void view_translate(const struct view *view, struct slice line, struct buf *out)
{
    struct slice before, word;

    while (mentions_next_word(&line, &before, &word)) {
        buf_add(out, before);
        if (!translate_file(view, word, out) && !translate_folder(view, word, out))
            buf_add(out, word);
    }
    buf_add(out, before);
}
