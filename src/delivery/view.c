/* SPDX-License-Identifier: MIT */
/* A group's files as its checkers see them. */
#include "view.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/memory.h"

/* --- Which file names which ---------------------------------------------------------------- */

/* Destinations and, for each file, those that its text names. */
struct mentions {
    struct map places; /* destination -> its file's number, plus one */
    bool *grid;        /* n rows of n */
    size_t n;
};

static bool is_path_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-' || c == '/';
}

/* The next word that may be a path, and what is in front of it. False at the end, where only
 * ret_before has something. */
static bool next_word(struct slice *rest, struct slice *ret_before, struct slice *ret_word)
{
    size_t start = 0, end;

    while (start < rest->len && !is_path_byte(rest->ptr[start]))
        start++;
    end = start;
    while (end < rest->len && is_path_byte(rest->ptr[end]))
        end++;
    *ret_before = slice_sub(*rest, 0, start);
    *ret_word = slice_sub(*rest, start, end);
    *rest = slice_sub(*rest, end, rest->len);
    return ret_word->len > 0;
}

static bool mentions_find(const struct mentions *mentions, struct slice word, size_t *ret_file)
{
    const void *place =
        slice_starts_with(word, SLICE("/")) ? map_find(&mentions->places, word) : NULL;

    if (!place)
        return false;
    *ret_file = (size_t)(uintptr_t)place - 1;
    return true;
}

static void mentions_read(struct mentions *mentions, size_t i, struct slice text)
{
    struct slice before, word;
    size_t named;

    while (next_word(&text, &before, &word))
        if (mentions_find(mentions, word, &named) && named != i)
            mentions->grid[i * mentions->n + named] = true;
}

static void mentions_init(struct mentions *mentions, const struct parcel *parcel)
{
    size_t n = parcel->n_files;

    *mentions = (struct mentions){ .places = MAP_EMPTY, .n = n };
    mentions->grid = memory_resize_array(NULL, n * n, sizeof(bool));
    memset(mentions->grid, 0, n * n * sizeof(bool));
    for (size_t i = 0; i < n; i++)
        map_put(&mentions->places, slice_from(parcel->files[i].how.destination),
                (void *)(uintptr_t)(i + 1));
    for (size_t i = 0; n > 1 && i < n; i++)
        mentions_read(mentions, i, parcel->files[i].text);
}

static void mentions_fini(struct mentions *mentions)
{
    map_fini(&mentions->places);
    free(mentions->grid);
}

/* Whether a file names one that the checker finds elsewhere. */
static bool names_a_moved(const struct mentions *mentions, size_t i, const bool *is_moved)
{
    for (size_t k = 0; k < mentions->n; k++)
        if (mentions->grid[i * mentions->n + k] && is_moved[k])
            return true;
    return false;
}

/* --- Copies -------------------------------------------------------------------------------- */

static char *path_of(const struct temp_file *temp)
{
    struct buf path = BUF_EMPTY;

    temp_file_format_path(temp, &path);
    return buf_take(&path);
}

/* Until no copy makes another one necessary. */
static bool make_copies(struct view *view, const struct mentions *mentions, bool *is_moved,
                        struct error *err)
{
    bool is_settled = false;

    while (!is_settled) {
        is_settled = true;
        for (size_t i = 0; i < view->n; i++) {
            if (view->copies[i].fd >= 0 || !names_a_moved(mentions, i, is_moved))
                continue;
            if (!stage_make_temp(&view->parcel->files[i], &view->copies[i], err))
                return error_wrap(err, "copy '%s' for the check",
                                  view->parcel->files[i].how.destination);
            is_moved[i] = true;
            is_settled = false;
        }
    }
    return true;
}

static bool write_copy(const struct view *view, size_t i, const struct mentions *mentions,
                       struct error *err)
{
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;
    struct slice rest = view->parcel->files[i].text, before, word;
    size_t named;

    while (next_word(&rest, &before, &word)) {
        buf_add(&text, before);
        if (mentions_find(mentions, word, &named))
            buf_add_string(&text, view->paths[named]);
        else
            buf_add(&text, word);
    }
    buf_add(&text, before);
    return temp_file_write(&view->copies[i], buf_slice(&text), err) ||
           error_wrap(err, "copy '%s' for the check", view->parcel->files[i].how.destination);
}

static bool view_fill(struct view *view, const struct stage *stage, const struct mentions *mentions,
                      bool *is_moved, struct error *err)
{
    for (size_t i = 0; i < view->n; i++)
        is_moved[i] = stage->files[i].is_changed;
    if (!make_copies(view, mentions, is_moved, err))
        return false;
    for (size_t i = 0; i < view->n; i++)
        view->paths[i] = view->copies[i].fd >= 0 ? path_of(&view->copies[i])
                         : is_moved[i]           ? path_of(&stage->files[i].temp)
                                       : memory_copy_string(view->parcel->files[i].how.destination);
    for (size_t i = 0; i < view->n; i++)
        if (view->copies[i].fd >= 0 && !write_copy(view, i, mentions, err))
            return false;
    return true;
}

bool view_make(struct view *view, const struct stage *stage, struct error *err)
{
    size_t n = stage->n_files;
    bool *is_moved = memory_resize_array(NULL, n, sizeof(bool));
    struct mentions mentions;

    *view = (struct view){ .parcel = stage->parcel, .n = n };
    view->paths = memory_alloc(n * sizeof(char *));
    view->copies = memory_resize_array(NULL, n, sizeof(*view->copies));
    for (size_t i = 0; i < n; i++)
        view->copies[i] = TEMP_FILE_NONE;
    mentions_init(&mentions, stage->parcel);

    bool is_ok = view_fill(view, stage, &mentions, is_moved, err);

    mentions_fini(&mentions);
    free(is_moved);
    return is_ok;
}

void view_fini(struct view *view)
{
    for (size_t i = 0; i < view->n; i++) {
        temp_file_discard(&view->copies[i]);
        free(view->paths[i]);
    }
    free(view->copies);
    free(view->paths);
    *view = VIEW_NONE;
}

/* --- To and fro ---------------------------------------------------------------------------- */

const char *view_find(const struct view *view, struct slice destination)
{
    for (size_t i = 0; i < view->n; i++)
        if (slice_is(destination, view->parcel->files[i].how.destination))
            return view->paths[i];
    return NULL;
}

void view_translate(const struct view *view, struct slice line, struct buf *out)
{
    struct slice before, word;

    while (next_word(&line, &before, &word)) {
        const char *shown = NULL;

        buf_add(out, before);
        for (size_t i = 0; !shown && i < view->n; i++)
            if (slice_is(word, view->paths[i]))
                shown = view->parcel->files[i].how.destination;
        buf_add(out, shown ? slice_from(shown) : word);
    }
    buf_add(out, before);
}
