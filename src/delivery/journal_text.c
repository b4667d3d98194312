/* SPDX-License-Identifier: MIT */
/* The journal's records as a text, and back. */
#include "journal_text.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/memory.h"
#include "data/json.h"
#include "data/json_document.h"

#define JOURNAL_VERSION 1

/* --- Sets ------------------------------------------------------------------------------------ */

void journal_set_fini(struct journal_set *set)
{
    for (size_t i = 0; i < set->n; i++) {
        free(set->files[i].path);
        free(set->files[i].user);
        free(set->files[i].group);
    }
    free(set->files);
    *set = JOURNAL_SET_NONE;
}

void journal_set_add(struct journal_set *set, const struct journal_file *file)
{
    struct journal_file *copy;

    GROW(set->files, set->n, set->cap);
    copy = &set->files[set->n++];
    *copy = *file;
    copy->path = memory_copy_string(file->path);
    copy->user = memory_copy_string(file->user);
    copy->group = memory_copy_string(file->group);
}

struct journal_set journal_set_copy(const struct journal_set *set)
{
    struct journal_set copy = JOURNAL_SET_NONE;

    copy.time = set->time;
    for (size_t i = 0; i < set->n; i++)
        journal_set_add(&copy, &set->files[i]);
    return copy;
}

const struct journal_file *journal_set_find(const struct journal_set *set, const char *path)
{
    for (size_t i = 0; i < set->n; i++)
        if (strcmp(set->files[i].path, path) == 0)
            return &set->files[i];
    return NULL;
}

bool journal_set_equal(const struct journal_set *a, const struct journal_set *b)
{
    for (size_t i = 0; i < a->n; i++) {
        const struct journal_file *other = journal_set_find(b, a->files[i].path);

        if (!other || !digest_equal(&other->digest, &a->files[i].digest))
            return false;
    }
    return a->n == b->n;
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Whatever the order of its files. */
struct digest journal_set_digest(const struct journal_set *set)
{
    char **lines = memory_resize_array(NULL, set->n, sizeof(*lines));
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;

    for (size_t i = 0; i < set->n; i++) {
        struct buf line = BUF_EMPTY;

        buf_printf(&line, "%s %s\n", set->files[i].digest.hex, set->files[i].path);
        lines[i] = buf_take(&line);
    }
    if (set->n > 0)
        qsort(lines, set->n, sizeof(*lines), compare_lines);
    for (size_t i = 0; i < set->n; i++) {
        buf_add_string(&text, lines[i]);
        free(lines[i]);
    }
    free(lines);
    return digest_of(buf_slice(&text));
}

/* --- Records --------------------------------------------------------------------------------- */

struct journal_record *journal_records_add(struct journal_records *records, struct slice name)
{
    struct journal_record *record = NEW(struct journal_record);

    record->name = slice_to_string(name);
    GROW(records->items, records->n, records->cap);
    records->items[records->n++] = record;
    return record;
}

static void record_free(struct journal_record *record)
{
    journal_set_fini(&record->installed);
    journal_set_fini(&record->pending);
    for (size_t i = 0; i < record->n_generations; i++)
        journal_set_fini(&record->generations[i]);
    free(record->name);
    free(record);
}

void journal_records_fini(struct journal_records *records)
{
    for (size_t i = 0; i < records->n; i++)
        record_free(records->items[i]);
    free(records->items);
    *records = (struct journal_records){ NULL, 0, 0 };
}

/* --- Writing --------------------------------------------------------------------------------- */

static void add_set(struct json_node *to, const char *name, const struct journal_set *set)
{
    struct json_node *node = json_add_object(to, name);
    struct json_node *files;

    json_add_integer(node, "time", set->time);
    files = json_add_array(node, "files");
    for (size_t i = 0; i < set->n; i++) {
        const struct journal_file *file = &set->files[i];
        struct json_node *entry = json_add_object(files, NULL);

        json_add_string(entry, "path", slice_from(file->path));
        json_add_string(entry, "sha256", slice_from(file->digest.hex));
        if (!file->is_output)
            continue;
        json_add_integer(entry, "perms", file->perms);
        json_add_string(entry, "user", slice_from(file->user));
        json_add_string(entry, "group", slice_from(file->group));
    }
}

static void add_record(struct json_node *list, const struct journal_record *record)
{
    struct json_node *node = json_add_object(list, NULL);
    struct json_node *generations;

    json_add_string(node, "name", slice_from(record->name));
    json_add_bool(node, "owed", record->is_owed);
    add_set(node, "installed", &record->installed);
    if (record->pending.n > 0)
        add_set(node, "pending", &record->pending);
    generations = json_add_array(node, "taken_up");
    for (size_t i = 0; i < record->n_generations; i++)
        add_set(generations, NULL, &record->generations[i]);
    if (record->rolled_back.hex[0])
        json_add_string(node, "rolled_back", slice_from(record->rolled_back.hex));
}

void journal_format(const struct journal_records *records, struct buf *out)
{
    CLEANUP(json_document_freep) struct json_node *document = json_document_new();
    struct json_node *list;

    json_add_integer(document, "version", JOURNAL_VERSION);
    list = json_add_array(document, "groups");
    for (size_t i = 0; i < records->n; i++)
        if (records->items[i]->is_taken)
            add_record(list, records->items[i]);
    json_format(document, true, out);
}

/* --- Reading --------------------------------------------------------------------------------- */

static bool is_name(struct slice text)
{
    return text.len > 0 && slice_find_byte(text, '\0') == SLICE_NOT_FOUND;
}

static char *read_name(struct json_reader *reader)
{
    struct slice text;

    return json_read_string(reader, &text) && is_name(text) ? slice_to_string(text) : NULL;
}

static bool fail(struct json_reader *reader, const char *text)
{
    if (!reader->has_failed) /* the reader's own error is the first one */
        error_set(reader->err, ERROR_INVALID, "%s", text);
    reader->has_failed = true;
    return false;
}

static bool read_file(struct json_reader *reader, struct journal_file *file)
{
    struct slice key, digest = SLICE_EMPTY;
    uint64_t perms = 0;

    json_enter_object(reader);
    while (json_next_member(reader, &key)) {
        char **text = slice_is(key, "path")    ? &file->path
                      : slice_is(key, "user")  ? &file->user
                      : slice_is(key, "group") ? &file->group
                                               : NULL;

        if (text) {
            free(*text);
            *text = read_name(reader);
        } else if (slice_is(key, "sha256")) {
            json_read_string(reader, &digest);
        } else if (slice_is(key, "perms")) {
            file->is_output = json_read_uint(reader, &perms);
        } else {
            json_skip(reader);
        }
    }
    file->perms = (mode_t)(perms & 07777);
    if (!file->path || !digest_parse(digest, &file->digest))
        return fail(reader, "a file without its path or its hash");
    return !reader->has_failed;
}

static bool read_set(struct json_reader *reader, struct journal_set *set)
{
    struct slice key;

    journal_set_fini(set);
    json_enter_object(reader);
    while (json_next_member(reader, &key)) {
        if (slice_is(key, "time")) {
            json_read_uint(reader, &set->time);
            continue;
        }
        if (!slice_is(key, "files")) {
            json_skip(reader);
            continue;
        }
        json_enter_array(reader);
        while (json_next_element(reader)) {
            GROW(set->files, set->n, set->cap);
            set->files[set->n] = (struct journal_file){ .path = NULL };
            if (!read_file(reader, &set->files[set->n++]))
                return false;
        }
    }
    return !reader->has_failed;
}

static bool read_generations(struct json_reader *reader, struct journal_record *record)
{
    json_enter_array(reader);
    while (json_next_element(reader)) {
        if (record->n_generations == JOURNAL_MOST_GENERATIONS)
            return fail(reader, "too many generations");
        if (!read_set(reader, &record->generations[record->n_generations++]))
            return false;
    }
    return !reader->has_failed;
}

static bool read_member(struct json_reader *reader, struct slice key, struct journal_record *record)
{
    struct slice text;

    if (slice_is(key, "owed"))
        return json_read_bool(reader, &record->is_owed);
    if (slice_is(key, "installed"))
        return read_set(reader, &record->installed);
    if (slice_is(key, "pending"))
        return read_set(reader, &record->pending);
    if (slice_is(key, "taken_up"))
        return read_generations(reader, record);
    return json_read_string(reader, &text) &&
           (digest_parse(text, &record->rolled_back) || fail(reader, "a hash that is none"));
}

static bool is_member(struct slice key)
{
    static const char *const names[] = { "owed", "installed", "pending", "taken_up",
                                         "rolled_back" };

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (slice_is(key, names[i]))
            return true;
    return false;
}

static bool read_record(struct json_reader *reader, struct journal_records *records)
{
    struct journal_record *record = journal_records_add(records, SLICE_EMPTY);
    struct slice key, name = SLICE_EMPTY;

    record->is_known = true;
    json_enter_object(reader);
    while (json_next_member(reader, &key)) {
        if (slice_is(key, "name"))
            json_read_string(reader, &name);
        else if (is_member(key))
            read_member(reader, key, record);
        else
            json_skip(reader);
    }
    free(record->name);
    record->name = slice_to_string(name);
    return is_name(name) ? !reader->has_failed : fail(reader, "a group without its name");
}

static bool read_document(struct json_reader *reader, struct journal_records *records,
                          uint64_t *ret_version)
{
    struct slice key;

    json_enter_object(reader);
    while (json_next_member(reader, &key)) {
        if (slice_is(key, "version")) {
            json_read_uint(reader, ret_version);
            continue;
        }
        if (!slice_is(key, "groups")) {
            json_skip(reader);
            continue;
        }
        json_enter_array(reader);
        while (json_next_element(reader)) {
            if (records->n == LIMIT_TEMPLATES)
                return fail(reader, "too many groups");
            if (!read_record(reader, records))
                return false;
        }
    }
    return !reader->has_failed && json_expect_end(reader);
}

bool journal_parse(struct journal_records *records, struct slice text, struct error *err)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    CLEANUP(journal_records_fini) struct journal_records read = { NULL, 0, 0 };
    struct json_reader reader;
    uint64_t version = 0;

    json_init(&reader, text, LIMIT_JSON_DEPTH, &arena, err);
    if (!read_document(&reader, &read, &version))
        return false;
    if (version != JOURNAL_VERSION)
        return error_set(err, ERROR_INVALID, "version %llu is not known here",
                         (unsigned long long)version);

    struct journal_records before = *records;

    *records = read;
    read = before;
    return true;
}
