/* SPDX-License-Identifier: MIT */
/* Which files of a group, and which folders of these, texts and checks name. */
#include "mentions.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* --- Words ----------------------------------------------------------------------------------- */

static bool is_path_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-' || c == '/';
}

bool mentions_next_word(struct slice *rest, struct slice *ret_before, struct slice *ret_word)
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

/* --- Places ---------------------------------------------------------------------------------- */

bool mentions_find(const struct mentions *mentions, struct slice path, size_t *ret_place)
{
    const void *found = map_find(&mentions->places, path);

    if (found)
        *ret_place = (size_t)(uintptr_t)found - 1;
    return found;
}

static bool find_word(const struct mentions *mentions, struct slice word, size_t *ret_place,
                      struct slice *ret_slashes)
{
    size_t len = word.len;

    if (!slice_starts_with(word, SLICE("/")))
        return false;
    while (len > 0 && word.ptr[len - 1] == '/')
        len--;
    *ret_slashes = slice_sub(word, len, word.len);
    return mentions_find(mentions, slice_sub(word, 0, len), ret_place) &&
           (len == word.len || *ret_place >= mentions->n_files);
}

bool mentions_next(const struct mentions *mentions, struct slice *rest, struct slice *ret_before,
                   size_t *ret_place, struct slice *ret_slashes)
{
    const char *start = rest->ptr;
    struct slice before, word;

    while (mentions_next_word(rest, &before, &word)) {
        if (!find_word(mentions, word, ret_place, ret_slashes))
            continue;
        *ret_before = slice_of(start, (size_t)(word.ptr - start));
        return true;
    }
    *ret_before = slice_of(start, (size_t)(rest->ptr - start));
    return false;
}

static void add_folders(struct mentions *mentions, const char *path)
{
    struct slice whole = slice_from(path);
    size_t place;

    for (size_t i = 1; path[0] == '/' && i < whole.len; i++) {
        if (path[i] != '/' || mentions_find(mentions, slice_sub(whole, 0, i), &place))
            continue;

        char *folder = slice_to_string(slice_sub(whole, 0, i));

        GROW(mentions->folders, mentions->n_folders, mentions->cap_folders);
        mentions->folders[mentions->n_folders++] = folder;
        map_put(&mentions->places, slice_from(folder),
                (void *)(uintptr_t)mentions_count_places(mentions));
    }
}

/* The same place by the path behind the links in its folder's; real NULL: there is none. */
static void add_alias(struct mentions *mentions, const char *real, const char *name, size_t place)
{
    struct buf path = BUF_EMPTY;
    size_t other;

    if (real)
        buf_printf(&path, "%s%s", strcmp(real, "/") == 0 ? "" : real, name);
    if (path.len == 0 || mentions_find(mentions, buf_slice(&path), &other)) {
        buf_fini(&path);
        return;
    }
    GROW(mentions->aliases, mentions->n_aliases, mentions->cap_aliases);
    mentions->aliases[mentions->n_aliases] = buf_take(&path);
    map_put(&mentions->places, slice_from(mentions->aliases[mentions->n_aliases++]),
            (void *)(uintptr_t)(place + 1));
}

/* After all of them have their own names, which count first. */
static void add_aliases(struct mentions *mentions, const struct parcel *parcel)
{
    char **reals = memory_resize_array(NULL, mentions->n_folders, sizeof(*reals));
    size_t place;

    for (size_t i = 0; i < mentions->n_folders; i++) {
        reals[i] = realpath(mentions->folders[i], NULL);
        add_alias(mentions, reals[i], "", mentions->n_files + i);
    }
    for (size_t i = 0; i < parcel->n_files; i++) {
        const char *path = parcel->files[i].how.destination, *name = strrchr(path, '/');
        struct slice folder = slice_of(path, name ? (size_t)(name - path) : 0);

        if (mentions_find(mentions, folder, &place) && place >= mentions->n_files)
            add_alias(mentions, reals[place - mentions->n_files], name, i);
    }
    for (size_t i = 0; i < mentions->n_folders; i++)
        free(reals[i]);
    free(reals);
}

size_t mentions_count_places(const struct mentions *mentions)
{
    return mentions->n_files + mentions->n_folders;
}

bool mentions_is_in(const struct mentions *mentions, const char *path, size_t folder)
{
    const char *name = mentions->folders[folder - mentions->n_files];
    size_t len = strlen(name);

    return strncmp(path, name, len) == 0 && path[len] == '/';
}

/* --- The grid -------------------------------------------------------------------------------- */

bool mentions_name(const struct mentions *mentions, size_t row, size_t place)
{
    return mentions->grid[row * mentions_count_places(mentions) + place];
}

static void read_text(struct mentions *mentions, size_t row, struct slice text)
{
    struct slice before, slashes;
    size_t place;

    while (mentions_next(mentions, &text, &before, &place, &slashes))
        if (place != row)
            mentions->grid[row * mentions_count_places(mentions) + place] = true;
}

static void read_check(struct mentions *mentions, const struct command *check)
{
    for (size_t i = 0; i < check->n_words; i++)
        read_text(mentions, mentions->n_files, slice_from(check->words[i]));
}

void mentions_init(struct mentions *mentions, const struct parcel *parcel,
                   const struct installed *removed)
{
    size_t n = parcel->n_files, n_cells;

    *mentions = MENTIONS_NONE;
    mentions->n_files = n;
    for (size_t i = 0; i < n; i++)
        map_put(&mentions->places, slice_from(parcel->files[i].how.destination),
                (void *)(uintptr_t)(i + 1));
    for (size_t i = 0; i < n; i++)
        add_folders(mentions, parcel->files[i].how.destination);
    for (size_t i = 0; removed && i < removed->n; i++)
        add_folders(mentions, removed->files[i].path);
    add_aliases(mentions, parcel);
    n_cells = (n + 1) * mentions_count_places(mentions);
    mentions->grid = memory_resize_array(NULL, n_cells, sizeof(bool));
    memset(mentions->grid, 0, n_cells * sizeof(bool));
    for (size_t i = 0; i < n; i++) {
        read_text(mentions, i, parcel->files[i].text);
        read_check(mentions, &parcel->files[i].how.check);
    }
}

void mentions_fini(struct mentions *mentions)
{
    for (size_t i = 0; i < mentions->n_folders; i++)
        free(mentions->folders[i]);
    free(mentions->folders);
    for (size_t i = 0; i < mentions->n_aliases; i++)
        free(mentions->aliases[i]);
    free(mentions->aliases);
    free(mentions->grid);
    map_fini(&mentions->places);
    *mentions = MENTIONS_NONE;
}
