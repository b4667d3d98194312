/* SPDX-License-Identifier: MIT */
/* Any bytes as a snapshot: what is accepted can be found, written and read again as the same. */
#include <string.h>

#include "consul/snapshot.h"
#include "fuzz/fuzz.h"

static struct dep dep_of(struct slice question)
{
    struct dep dep = { .key = question };

    while (!slice_starts_with(question, slice_from(dep_kind_name(dep.kind))) ||
           question.ptr[strlen(dep_kind_name(dep.kind))] != '(')
        dep.kind++;
    return dep;
}

static void check_entry(const struct snapshot *snapshot, const struct snapshot_entry *entry)
{
    CLEANUP(snapshot_fini) struct snapshot again = SNAPSHOT_EMPTY;
    CLEANUP(document_unrefp) struct document *doc = NULL, *second = NULL;
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;
    struct dep dep = dep_of(entry->question);
    struct error err = ERROR_EMPTY;

    FUZZ_CHECK(entry->line > 0 && entry->column > 0);
    FUZZ_CHECK(snapshot_get(snapshot, &dep) == entry);
    FUZZ_CHECK(snapshot_find(snapshot, &dep, &doc, &err));
    snapshot_begin(&text, 0, "x", NULL);
    snapshot_add(&text, &dep, &entry->facts, doc ? &doc->root : NULL);
    snapshot_end(&text);
    FUZZ_CHECK(snapshot_parse("again", buf_slice(&text), &again, &err));
    FUZZ_CHECK(snapshot_get(&again, &dep)->facts.index == entry->facts.index);
    FUZZ_CHECK(snapshot_find(&again, &dep, &second, &err));
    FUZZ_CHECK((doc != NULL) == (second != NULL));
    FUZZ_CHECK(!doc || doc->content_hash == second->content_hash);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(snapshot_fini) struct snapshot snapshot = SNAPSHOT_EMPTY;
    const struct snapshot_entry *entry;
    struct error err = ERROR_EMPTY;

    if (!snapshot_parse("s", fuzz_text(data, size), &snapshot, &err)) {
        FUZZ_CHECK(err.line > 0 && err.text[0]);
        FUZZ_CHECK(snapshot.by_question.n == 0);
        return 0;
    }
    for (size_t i = 0; (entry = map_next(&snapshot.by_question, &i)) != NULL;)
        check_entry(&snapshot, entry);
    return 0;
}
