/* SPDX-License-Identifier: MIT */
/* The journal's records as a text, and back. */
#pragma once

#include "base/buf.h"
#include "journal.h"

struct journal_records {
    struct journal_record **items;
    size_t n, cap;
};

struct journal_record *journal_records_add(struct journal_records *records, struct slice name);
void journal_records_fini(struct journal_records *records);

/* Those that are taken. */
void journal_format(const struct journal_records *records, struct buf *out);
/* After an error the records are what they were. */
MUST_CHECK bool journal_parse(struct journal_records *records, struct slice text,
                              struct error *err);
