/* SPDX-License-Identifier: MIT */
/* Any bytes as the journal: what is read is whole, and reads the same when it is written again. */
#include <string.h>

#include "base/error.h"
#include "delivery/journal_text.h"
#include "fuzz/fuzz.h"

static void check_set(const struct journal_set *set)
{
    for (size_t i = 0; i < set->n; i++)
        FUZZ_CHECK(set->files[i].path && strlen(set->files[i].digest.hex) == 64);
}

static void check_records(const struct journal_records *records)
{
    for (size_t i = 0; i < records->n; i++) {
        struct journal_record *record = records->items[i];

        FUZZ_CHECK(*record->name && record->is_known && !record->is_taken);
        FUZZ_CHECK(record->n_generations <= JOURNAL_MOST_GENERATIONS);
        check_set(&record->installed);
        check_set(&record->pending);
        for (size_t k = 0; k < record->n_generations; k++)
            check_set(&record->generations[k]);
        record->is_taken = true; /* to be written */
    }
}

static void write_again(const struct journal_records *records, struct buf *out)
{
    CLEANUP(journal_records_fini) struct journal_records again = { NULL, 0, 0 };
    CLEANUP(buf_fini) struct buf twice = BUF_EMPTY;
    struct error err = ERROR_EMPTY;

    journal_format(records, out);
    FUZZ_CHECK(journal_parse(&again, buf_slice(out), &err));
    check_records(&again);
    FUZZ_CHECK(again.n == records->n);
    journal_format(&again, &twice);
    FUZZ_CHECK(slice_equal(buf_slice(out), buf_slice(&twice)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(journal_records_fini) struct journal_records records = { NULL, 0, 0 };
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;
    struct error err = ERROR_EMPTY;

    if (!journal_parse(&records, slice_of((const char *)data, size), &err)) {
        FUZZ_CHECK(records.n == 0 && err.code != ERROR_NONE && err.text[0]);
        return 0;
    }
    check_records(&records);
    write_again(&records, &text);
    return 0;
}
