/* SPDX-License-Identifier: MIT */
/* Snapshots: answers to questions in one JSON document. */
#include "consul/snapshot.h"

#include <inttypes.h>
#include <string.h>

#include "base/limits.h"
#include "consul/answer.h"
#include "data/json.h"
#include "encode.h"
#include "moment.h"

#define SNAPSHOT_VERSION 1

/* --- Reading --------------------------------------------------------------------------------- */

struct snapshot_reader {
    const char *name;
    struct slice text;
    struct snapshot *snapshot;
    struct json_reader json;
    size_t n_counted; /* bytes of the text that line and column are behind */
    unsigned line, column;
    struct error json_err;
    struct error *err;
};

/* Where the reader stands, behind white space; each byte is counted once. */
static struct source_pos get_pos(struct snapshot_reader *reader)
{
    (void)json_peek(&reader->json);
    for (; reader->n_counted < reader->json.at; reader->n_counted++) {
        bool is_end = reader->text.ptr[reader->n_counted] == '\n';

        reader->line += is_end;
        reader->column = is_end ? 1 : reader->column + 1;
    }
    return (struct source_pos){ reader->name, reader->line, reader->column };
}

/* The JSON reader says "JSON: offset N: …", which nobody can count. */
static bool fail_json(struct snapshot_reader *reader)
{
    struct slice text = slice_from(reader->json_err.text), number;

    if (slice_starts_with(text, SLICE("JSON: offset "))) {
        slice_next(&text, ':', &number);
        slice_next(&text, ':', &number);
    }
    return error_set_at(reader->err, ERROR_SYNTAX, get_pos(reader), "%.*s",
                        SLICE_ARG(slice_trim(text)));
}

/* "health.service(web)": what it asks, as far as an answer must be like it. */
static bool parse_question(struct slice question, struct dep *ret_dep)
{
    size_t paren = slice_find_byte(question, '(');

    if (paren == SLICE_NOT_FOUND || !slice_ends_with(question, SLICE(")")))
        return false;
    for (enum dep_kind kind = 0; kind < DEP_FILE; kind++) {
        if (!slice_is(slice_sub(question, 0, paren), dep_kind_name(kind)))
            continue;
        *ret_dep = (struct dep){ .kind = kind, .key = question };
        return true;
    }
    return false;
}

static bool fail_at_entry(struct snapshot_reader *reader, const struct snapshot_entry *entry,
                          const char *why)
{
    struct source_pos pos = { reader->name, entry->line, entry->column };

    return error_set_at(reader->err, ERROR_INVALID, pos, "%s", why);
}

static bool check_entry(struct snapshot_reader *reader, const struct snapshot_entry *entry)
{
    CLEANUP(document_unrefp) struct document *doc = NULL;
    CLEANUP(buf_fini) struct buf why = BUF_EMPTY;
    struct error own = ERROR_EMPTY;
    struct dep dep;

    if (entry->question.len == 0)
        return fail_at_entry(reader, entry, "an entry without a question");
    if (!entry->answer.ptr)
        return fail_at_entry(reader, entry, "an entry without an answer");
    if (!parse_question(entry->question, &dep)) {
        buf_printf(&why, "'%.*s' is no question such as health.service(web) or kv.get(a/b)",
                   SLICE_ARG(slice_sub(entry->question, 0, 128)));
        return fail_at_entry(reader, entry, why.ptr);
    }
    if (answer_decode(&dep, entry->answer, &doc, &own))
        return true;
    buf_printf(&why, "answer to %.*s: %s", SLICE_ARG(slice_sub(entry->question, 0, 256)), own.text);
    return fail_at_entry(reader, entry, why.ptr);
}

static bool read_answer(struct snapshot_reader *reader, struct snapshot_entry *entry)
{
    struct source_pos pos;

    pos = get_pos(reader);
    entry->line = pos.line;
    entry->column = pos.column;
    return json_read_raw(&reader->json, &entry->answer);
}

static bool read_entry_member(struct snapshot_reader *reader, struct slice key,
                              struct snapshot_entry *entry)
{
    if (slice_is(key, "question"))
        return json_read_string(&reader->json, &entry->question);
    if (slice_is(key, "index"))
        return json_read_uint(&reader->json, &entry->facts.index);
    if (slice_is(key, "most"))
        return json_read_uint(&reader->json, &entry->facts.most);
    if (slice_is(key, "held_since"))
        return json_read_uint(&reader->json, &entry->facts.held_since);
    if (slice_is(key, "answer"))
        return read_answer(reader, entry);
    return json_skip(&reader->json);
}

static bool read_entry(struct snapshot_reader *reader)
{
    struct snapshot_entry *entry = ARENA_NEW(&reader->snapshot->arena, struct snapshot_entry);
    struct source_pos pos = get_pos(reader);
    struct slice key;

    *entry =
        (struct snapshot_entry){ .question = SLICE_EMPTY, .line = pos.line, .column = pos.column };
    json_enter_object(&reader->json);
    while (json_next_member(&reader->json, &key)) {
        if (!read_entry_member(reader, key, entry))
            break;
    }
    if (reader->json.has_failed)
        return fail_json(reader);
    if (!check_entry(reader, entry))
        return false;
    if (map_find(&reader->snapshot->by_question, entry->question))
        return fail_at_entry(reader, entry, "this question has an answer above");
    map_put(&reader->snapshot->by_question, entry->question, entry);
    return true;
}

static bool read_entries(struct snapshot_reader *reader)
{
    json_enter_array(&reader->json);
    while (json_next_element(&reader->json)) {
        if (!read_entry(reader))
            return false;
    }
    return !reader->json.has_failed || fail_json(reader);
}

static bool read_version(struct snapshot_reader *reader)
{
    struct source_pos pos = get_pos(reader);
    uint64_t version;

    if (!json_read_uint(&reader->json, &version))
        return fail_json(reader);
    if (version != SNAPSHOT_VERSION)
        return error_set_at(reader->err, ERROR_INVALID, pos,
                            "version %" PRIu64 " is not known here, only %d", version,
                            SNAPSHOT_VERSION);
    return true;
}

static bool read_member(struct snapshot_reader *reader, struct slice key, bool *ret_has_entries)
{
    struct snapshot *snapshot = reader->snapshot;
    bool is_ok = true;

    if (slice_is(key, "entries")) {
        *ret_has_entries = true;
        return read_entries(reader);
    }
    if (slice_is(key, "version"))
        return read_version(reader);
    if (slice_is(key, "taken"))
        is_ok = json_read_string(&reader->json, &snapshot->taken);
    else if (slice_is(key, "from"))
        is_ok = json_read_string(&reader->json, &snapshot->from);
    else if (slice_is(key, "machine"))
        is_ok = json_read_string(&reader->json, &snapshot->machine);
    else
        is_ok = json_skip(&reader->json);
    return is_ok || fail_json(reader);
}

static bool read_document(struct snapshot_reader *reader)
{
    bool has_entries = false;
    struct slice key;

    json_enter_object(&reader->json);
    while (json_next_member(&reader->json, &key)) {
        if (!read_member(reader, key, &has_entries))
            return false;
    }
    if (reader->json.has_failed || !json_expect_end(&reader->json))
        return fail_json(reader);
    if (!has_entries)
        return error_set_at(reader->err, ERROR_INVALID, (struct source_pos){ reader->name, 1, 1 },
                            "expected {\"entries\": [...]}");
    return true;
}

bool snapshot_parse(const char *name, struct slice text, struct snapshot *snapshot,
                    struct error *err)
{
    struct snapshot_reader reader = { .name = name,
                                      .text = text,
                                      .snapshot = snapshot,
                                      .line = 1,
                                      .column = 1,
                                      .json_err = ERROR_EMPTY,
                                      .err = err };

    json_init(&reader.json, text, LIMIT_JSON_DEPTH, &snapshot->arena, &reader.json_err);
    if (read_document(&reader))
        return true;
    snapshot_fini(snapshot);
    return false;
}

void snapshot_fini(struct snapshot *snapshot)
{
    map_fini(&snapshot->by_question);
    arena_fini(&snapshot->arena);
    *snapshot = SNAPSHOT_EMPTY;
}

const struct snapshot_entry *snapshot_get(const struct snapshot *snapshot, const struct dep *dep)
{
    return map_find(&snapshot->by_question, dep->key);
}

bool snapshot_find(const struct snapshot *snapshot, const struct dep *dep,
                   struct document **ret_doc, struct error *err)
{
    const struct snapshot_entry *entry = snapshot_get(snapshot, dep);

    *err = ERROR_EMPTY;
    return entry && answer_decode(dep, entry->answer, ret_doc, err);
}

/* --- Writing --------------------------------------------------------------------------------- */

static void add_text_member(struct buf *out, const char *name, struct slice text)
{
    buf_printf(out, "\"%s\": ", name);
    encode_text(out, text);
    buf_add_string(out, ",\n");
}

void snapshot_begin(struct buf *out, int64_t taken, const char *from, const char *machine)
{
    struct timespec time = { .tv_sec = (time_t)taken };

    buf_printf(out, "{\n\"version\": %d,\n\"taken\": \"", SNAPSHOT_VERSION);
    moment_format(&time, out);
    buf_add_string(out, "\",\n");
    add_text_member(out, "from", slice_from(from));
    if (machine)
        add_text_member(out, "machine", slice_from(machine));
    buf_add_string(out, "\"entries\": [");
}

static void add_number(struct buf *out, const char *name, uint64_t number)
{
    if (number)
        buf_printf(out, ", \"%s\": %" PRIu64, name, number);
}

void snapshot_add(struct buf *out, const struct dep *dep, const struct snapshot_facts *facts,
                  const struct value *root)
{
    bool is_first = slice_ends_with(buf_slice(out), SLICE("["));

    buf_add_string(out, is_first ? "\n{\"question\": " : ",\n{\"question\": ");
    encode_text(out, dep->key);
    buf_printf(out, ", \"index\": %" PRIu64, facts->index);
    add_number(out, "most", facts->most);
    add_number(out, "held_since", facts->held_since);
    buf_add_string(out, ", \"answer\":\n");
    answer_encode(dep, root, out);
    buf_add_byte(out, '}');
}

void snapshot_end(struct buf *out)
{
    buf_add_string(out, "\n]\n}\n");
}
