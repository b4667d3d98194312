/* SPDX-License-Identifier: MIT */
/* Configuration files: found, read, and parsed by what they look like. */
#include "source.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "base/memory.h"
#include "hcl.h"
#include "io/file.h"
#include "mask.h"

static bool source_list_add_file(struct source_list *list, const char *path, struct error *err)
{
    if (list->n == LIMIT_CONFIG_FILES)
        return error_set(err, ERROR_LIMIT, "'%s': more than %d configuration files", path,
                         LIMIT_CONFIG_FILES);
    GROW(list->sources, list->n, list->cap);
    list->sources[list->n++] = (struct source){ .path = memory_copy_string(path) };
    return true;
}

static char *path_join(const char *folder, const char *name)
{
    struct buf path = BUF_EMPTY;
    struct slice stem = slice_from(folder);

    while (stem.len > 1 && slice_ends_with(stem, SLICE("/")))
        stem.len--;
    buf_printf(&path, "%.*s%s%s", SLICE_ARG(stem), slice_is(stem, "/") ? "" : "/", name);
    return buf_take(&path);
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static bool source_list_add_folder(struct source_list *list, const char *path, unsigned depth,
                                   struct error *err);

/* What a folder contains. A link to a folder is left out, so that no link makes a loop. */
static bool source_list_add_entry(struct source_list *list, const char *path, unsigned depth,
                                  struct error *err)
{
    struct stat own, target;

    if (lstat(path, &own) < 0 || stat(path, &target) < 0)
        return error_set_errno(err, "'%s'", path);
    if (S_ISDIR(own.st_mode))
        return source_list_add_folder(list, path, depth + 1, err);
    return !S_ISREG(target.st_mode) || source_list_add_file(list, path, err);
}

static bool source_list_add_folder(struct source_list *list, const char *path, unsigned depth,
                                   struct error *err)
{
    struct dirent **entries;
    int n;
    bool is_good = true;

    if (depth > LIMIT_CONFIG_FOLDERS)
        return error_set(err, ERROR_LIMIT, "'%s': folders nested deeper than %d levels", path,
                         LIMIT_CONFIG_FOLDERS);
    n = scandir(path, &entries, is_visible, by_name);
    if (n < 0)
        return error_set_errno(err, "folder '%s'", path);
    for (int i = 0; i < n; i++) {
        char *entry_path = path_join(path, entries[i]->d_name);

        is_good = is_good && source_list_add_entry(list, entry_path, depth, err);
        free(entry_path);
        free(entries[i]);
    }
    free(entries);
    return is_good;
}

bool source_list_add(struct source_list *list, const char *path, struct error *err)
{
    struct stat target;

    if (stat(path, &target) < 0)
        return error_set_errno(err, "'%s'", path);
    if (S_ISDIR(target.st_mode))
        return source_list_add_folder(list, path, 1, err);
    return source_list_add_file(list, path, err);
}

void source_list_fini(struct source_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        free(list->sources[i].path);
        buf_fini(&list->sources[i].text);
        buf_fini(&list->sources[i].masked);
    }
    free(list->sources);
    *list = SOURCE_LIST_EMPTY;
}

bool source_read(struct source *source, struct error *err)
{
    return file_read(source->path, LIMIT_CONFIG_BYTES, &source->text, err) ||
           error_wrap(err, "'%s'", source->path);
}

/* Without white space and HCL's comments (YAML's '#' is one of them) in front. */
static struct slice skip_to_content(struct slice text)
{
    for (;;) {
        size_t end;

        text = slice_trim(text);
        if (slice_starts_with(text, SLICE("/*"))) {
            end = slice_find(text, SLICE("*/"));
            end = end == SLICE_NOT_FOUND ? end : end + 2;
        } else if (slice_starts_with(text, SLICE("#")) || slice_starts_with(text, SLICE("//"))) {
            end = slice_find_byte(text, '\n');
        } else {
            return text;
        }
        text = slice_sub(text, end, text.len);
    }
}

static bool is_name_byte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '_' || byte == '-' || byte == '"';
}

#define BYTE_ORDER_MARK SLICE("\xef\xbb\xbf")

/* HCL begins with `name = ` or `name {`, which no YAML of ours does; with '{' begins JSON, which
 * may be called .hcl, too. */
bool source_is_hcl(const struct source *source)
{
    struct slice text = buf_slice(&source->text);
    size_t i = 0;

    if (slice_starts_with(text, BYTE_ORDER_MARK))
        text = slice_sub(text, BYTE_ORDER_MARK.len, text.len);
    text = skip_to_content(text);
    if (slice_starts_with(text, SLICE("{")))
        return false;
    if (slice_ends_with(slice_from(source->path), SLICE(".hcl")))
        return true;
    while (i < text.len && is_name_byte(text.ptr[i]))
        i++;
    if (i == 0)
        return false;
    text = slice_trim(slice_sub(text, i, text.len));
    return slice_starts_with(text, SLICE("=")) || slice_starts_with(text, SLICE("{"));
}

bool source_parse(const struct source *source, struct arena *arena, struct yaml_node **ret_root,
                  struct error *err)
{
    struct yaml_node *root;

    if (source_is_hcl(source))
        return hcl_parse(source->path, buf_slice(&source->text), arena, ret_root, err);
    if (!yaml_parse_single(source->path, buf_slice(&source->text), arena, &root, err))
        return false;
    if (root && root->kind == YAML_SCALAR && root->is_plain && root->text.len == 0)
        root = NULL;
    /* The place is told, but nothing is set that would show the line: a text without keys may well
     * be a token, whose file was taken for a configuration. */
    if (root && root->kind != YAML_MAPPING)
        return error_set(err, ERROR_SYNTAX, "%s:%u:%u: expected settings ('key: value'), found %s",
                         source->path, root->line, root->column,
                         root->kind == YAML_SCALAR ? "text without a key"
                                                   : yaml_kind_name(root->kind));
    *ret_root = root;
    return true;
}

struct slice source_shown(struct source *source)
{
    if (!source->masked.ptr)
        mask_secrets(buf_slice(&source->text), &source->masked);
    return buf_slice(&source->masked);
}
