/* SPDX-License-Identifier: MIT */
/* Any pattern on any text: what the translation lets through PCRE2 compiles, everything ends within
 * the budget, and a text whose matches are replaced by themselves stays as it is.
 *
 * An input is the pattern, the replacement and the text, each in a line; the text is the rest. */
#include <string.h>

#include "base/limits.h"
#include "fuzz/fuzz.h"
#include "tmpl/eval.h"
#include "tmpl/regex.h"

#define MAX_STEPS 200000 /* of one input: it must be quick */

static void check_error(const struct error *err)
{
    FUZZ_CHECK(err->code == ERROR_LIMIT || err->code == ERROR_EXECUTE);
    FUZZ_CHECK(err->text[0] != '\0');
}

/* The only thing that PCRE2 has to refuse is what grows too large. */
static void check_refusal(const struct error *err)
{
    static const char refusal[] = "regular expression: cannot be compiled: ";

    check_error(err);
    if (strncmp(err->text, refusal, strlen(refusal)) == 0)
        FUZZ_CHECK(strcmp(err->text + strlen(refusal), "regular expression is too large") == 0);
}

static void check_replacing(const struct regex *regex, struct eval *eval, struct slice replacement,
                            struct slice bytes)
{
    const struct text same = { "$0", 2, NULL };
    struct text with = { replacement.ptr, replacement.len, NULL };
    struct text text = { bytes.ptr, bytes.len, bytes.len ? SPANS_ALL : NULL }, out;
    struct error err = ERROR_EMPTY;

    if (!regex_replace_all(regex, eval, &with, &text, &out, &err))
        check_error(&err);
    if (!regex_replace_all(regex, eval, &same, &text, &out, &err)) {
        check_error(&err);
        return;
    }
    FUZZ_CHECK(slice_equal(slice_of(out.ptr, out.len), bytes));
    FUZZ_CHECK(out.foreign == text.foreign);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    struct eval eval = { .arena = &arena, .max_steps = MAX_STEPS };
    struct slice rest = fuzz_text(data, size), pattern = SLICE_EMPTY, replacement = SLICE_EMPTY;
    struct error err = ERROR_EMPTY;
    struct regex *regex;
    bool is_match;

    (void)slice_next(&rest, '\n', &pattern);
    (void)slice_next(&rest, '\n', &replacement);
    if (!regex_new(&arena, pattern, &regex, &err)) {
        check_refusal(&err);
        return 0;
    }
    if (!rest.ptr)
        rest = SLICE_EMPTY;
    if (!regex_match(regex, &eval, rest, &is_match, &err)) {
        check_error(&err);
        return 0;
    }
    check_replacing(regex, &eval, replacement, rest);
    return 0;
}
