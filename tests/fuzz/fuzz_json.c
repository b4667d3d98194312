/* SPDX-License-Identifier: MIT */
/* Any bytes as JSON: the pull reader and the reader of whole values accept the same texts, never
 * look past the end, and hand out nothing but UTF-8. */
#include "base/arena.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "data/json.h"
#include "fuzz/fuzz.h"

/* Reads one value the way decoders do, each kind by its own function. */
static void read_by_kind(struct json_reader *reader);

static void check_text(const struct json_reader *reader, struct slice text)
{
    FUZZ_CHECK(!reader->has_failed);
    FUZZ_CHECK(utf8_valid_len(text) == text.len);
    FUZZ_CHECK(text.ptr[text.len] == '\0' || text.len == 0);
}

static void read_object(struct json_reader *reader)
{
    struct slice name = SLICE_EMPTY;

    if (!json_enter_object(reader))
        return;
    while (json_next_member(reader, &name)) {
        check_text(reader, name);
        read_by_kind(reader);
    }
}

static void read_array(struct json_reader *reader)
{
    if (!json_enter_array(reader))
        return;
    while (json_next_element(reader))
        read_by_kind(reader);
}

/* A number may be none that the type holds, and then the same text is still a number. */
static void read_number(struct json_reader *reader)
{
    struct error ignored;
    struct json_reader as_integer = *reader, as_natural = *reader;
    int64_t integer;
    uint64_t natural;
    double real;

    as_integer.err = as_natural.err = &ignored;
    bool is_integer = json_read_int(&as_integer, &integer);
    bool is_natural = json_read_uint(&as_natural, &natural);

    if (is_integer && is_natural)
        FUZZ_CHECK(integer >= 0 && (uint64_t)integer == natural);
    if (json_read_double(reader, &real)) {
        FUZZ_CHECK(!is_integer || ((double)integer == real && as_integer.at == reader->at));
        FUZZ_CHECK(!is_natural || ((double)natural == real && as_natural.at == reader->at));
    }
}

static void read_by_kind(struct json_reader *reader)
{
    struct slice text;
    bool boolean;

    switch (json_peek(reader)) {
    case JSON_STRING:
        if (json_read_string(reader, &text))
            check_text(reader, text);
        return;
    case JSON_NUMBER: read_number(reader); return;
    case JSON_BOOL: (void)json_read_bool(reader, &boolean); return;
    case JSON_OBJECT: read_object(reader); return;
    case JSON_ARRAY: read_array(reader); return;
    case JSON_NULL:
    case JSON_NONE: (void)json_skip(reader); return;
    }
}

/* What a failure leaves behind: a text, and a reader that goes no further. */
static void check_failure(struct json_reader *reader, const struct error *err)
{
    struct slice raw;

    FUZZ_CHECK(reader->has_failed);
    FUZZ_CHECK(err->code == ERROR_SYNTAX && err->text[0] != '\0');
    FUZZ_CHECK(json_peek(reader) == JSON_NONE);
    FUZZ_CHECK(!json_read_raw(reader, &raw) && !json_at_end(reader));
}

/* Reads the text piece by piece; what is read so can also be skipped, to the same place. */
static bool read_whole(struct slice text, struct arena *arena)
{
    struct error err = ERROR_EMPTY, skip_err = ERROR_EMPTY;
    struct json_reader reader, skipper;
    struct slice raw;

    json_init(&skipper, text, LIMIT_VALUE_DEPTH, arena, &skip_err);
    if (!json_read_raw(&skipper, &raw))
        check_failure(&skipper, &skip_err);
    json_init(&reader, text, LIMIT_VALUE_DEPTH, arena, &err);
    read_by_kind(&reader);
    if (reader.has_failed) {
        check_failure(&reader, &err);
        return false;
    }
    FUZZ_CHECK(!skipper.has_failed && skipper.at == reader.at);
    FUZZ_CHECK(raw.ptr + raw.len == text.ptr + reader.at && reader.depth == 0);
    return json_at_end(&reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    struct error err = ERROR_EMPTY;
    struct value value;

    bool is_good = read_whole(fuzz_text(data, size), &arena);
    bool is_value = json_parse_value(fuzz_text(data, size), &arena, &value, &err);

    FUZZ_CHECK(is_value == is_good);
    FUZZ_CHECK(is_value || err.text[0] != '\0');
    return 0;
}
