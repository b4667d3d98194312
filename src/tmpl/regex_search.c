/* SPDX-License-Identifier: MIT */
/* One text searched for matches of a regular expression, within the budget of the rendering. */
#include "regex_search.h"

#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/limits.h"
#include "base/memory.h"
#include "base/utf8.h"

#include "eval.h"

/* --- The text ------------------------------------------------------------------------------ */

#define FIX_GROWS_BY 2 /* one byte becomes three */

static size_t count_invalid(struct slice text)
{
    size_t n = 0;

    for (size_t at = 0; at < text.len;) {
        at += utf8_valid_len(slice_sub(text, at, text.len));
        if (at < text.len) {
            n++;
            at++;
        }
    }
    return n;
}

static bool subject_init(struct subject *subject, const struct eval *eval, struct slice text,
                         struct error *err)
{
    size_t n = count_invalid(text), length = 0;

    *subject = (struct subject){ .text = text };
    if (n == 0)
        return true;
    if (!eval_check_size(eval, text.len + n * (FIX_GROWS_BY + sizeof(uint32_t)), err))
        return false;
    subject->copy = memory_alloc(text.len + n * FIX_GROWS_BY);
    subject->fixes = memory_resize_array(NULL, n, sizeof(*subject->fixes));
    for (size_t at = 0; at < text.len; at++) {
        size_t n_valid = utf8_valid_len(slice_sub(text, at, text.len));

        memcpy(subject->copy + length, text.ptr + at, n_valid);
        length += n_valid;
        at += n_valid;
        if (at == text.len)
            break;
        subject->fixes[subject->n_fixes++] = (uint32_t)length;
        length += utf8_encode(RUNE_REPLACEMENT, subject->copy + length);
    }
    subject->text = slice_of(subject->copy, length);
    return true;
}

static void subject_fini(struct subject *subject)
{
    free(subject->copy);
    free(subject->fixes);
}

/* The offset in the original. */
size_t search_original(const struct search *search, size_t offset)
{
    const struct subject *subject = &search->subject;
    size_t from = 0, to = subject->n_fixes;

    while (from < to) {
        size_t middle = from + (to - from) / 2;

        if (subject->fixes[middle] < offset)
            from = middle + 1;
        else
            to = middle;
    }
    return offset - from * FIX_GROWS_BY;
}

/* --- Matching within a budget -------------------------------------------------------------- */

#define BYTES_A_STEP 16 /* that an item passes over without a callout */

/* PCRE2's own limit counts anew at each place where a match might begin, so that a long text makes
 * a stall of it. This one sees every place where a match could go on in another way, and how far
 * PCRE2 ran to get there. */
static int on_callout(pcre2_callout_block *block, void *ctx)
{
    struct search *search = ctx;
    size_t at = block->current_position;

    if (block->start_match != search->start)
        search->start = search->passed = block->start_match;
    search->eval->n_steps += 1 + block->callout_number;
    if (at > search->passed)
        search->eval->n_steps += (at - search->passed) / BYTES_A_STEP;
    search->passed = at;
    return search->eval->n_steps > search->eval->max_steps ? PCRE2_ERROR_CALLOUT : 0;
}

static void *never_null_malloc(size_t size, void *ctx)
{
    (void)ctx;
    return memory_resize(NULL, size);
}

static void plain_free(void *ptr, void *ctx)
{
    (void)ctx;
    free(ptr);
}

bool search_init(struct search *search, const struct regex *regex, struct eval *eval,
                 struct slice text, struct error *err)
{
    *search = (struct search){ .regex = regex, .eval = eval };
    if (!subject_init(&search->subject, eval, text, err))
        return false;
    search->memory = pcre2_general_context_create(never_null_malloc, plain_free, NULL);
    search->context = pcre2_match_context_create(search->memory);
    search->match = pcre2_match_data_create_from_pattern(regex->code, search->memory);
    pcre2_set_match_limit(search->context, LIMIT_REGEX_MATCH);
    pcre2_set_heap_limit(search->context, LIMIT_REGEX_HEAP_KB);
    pcre2_set_callout(search->context, on_callout, search);
    return true;
}

void search_fini(struct search *search)
{
    pcre2_match_data_free(search->match);
    pcre2_match_context_free(search->context);
    pcre2_general_context_free(search->memory);
    subject_fini(&search->subject);
}

static bool fail_match(struct search *search, int code, struct error *err)
{
    unsigned char text[256] = "";

    switch (code) {
    case PCRE2_ERROR_CALLOUT: return eval_charge(search->eval, 0, err);
    case PCRE2_ERROR_MATCHLIMIT:
        return error_set(err, ERROR_LIMIT, "the regular expression takes more than %u steps",
                         LIMIT_REGEX_MATCH);
    case PCRE2_ERROR_HEAPLIMIT:
        return error_set(err, ERROR_LIMIT, "the regular expression takes more than %u KiB",
                         LIMIT_REGEX_HEAP_KB);
    default:
        pcre2_get_error_message(code, text, sizeof(text));
        return error_set(err, ERROR_EXECUTE, "regular expression: %s", (const char *)text);
    }
}

/* The first match at `from` or behind it; its groups are in search->match. */
bool search_next(struct search *search, size_t from, bool *ret_is_match, struct error *err)
{
    struct slice text = search->subject.text;

    if (!eval_charge(search->eval, 1, err))
        return false;
    search->start = search->passed = from;

    int n = pcre2_match(search->regex->code, (PCRE2_SPTR)(text.ptr ? text.ptr : ""), text.len, from,
                        PCRE2_NO_UTF_CHECK, search->match, search->context);

    if (n < 0 && n != PCRE2_ERROR_NOMATCH)
        return fail_match(search, n, err);
    *ret_is_match = n >= 0;
    return true;
}

bool search_group(const struct search *search, size_t i, size_t *ret_from, size_t *ret_to)
{
    const PCRE2_SIZE *offsets = pcre2_get_ovector_pointer(search->match);

    if (offsets[2 * i] == PCRE2_UNSET)
        return false;
    *ret_from = offsets[2 * i];
    *ret_to = offsets[2 * i + 1];
    return true;
}
