/* SPDX-License-Identifier: MIT */
/* Regular expressions over PCRE2: compiling, and whether a text matches. */
#include "regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "regex_search.h"
#include "regex_translate.h"

static void *arena_malloc(size_t size, void *arena)
{
    return arena_alloc(arena, size);
}

static void arena_no_free(void *ptr, void *arena)
{
    (void)ptr, (void)arena;
}

/* PCRE2 keeps what it compiles in the arena; the little that it frees meanwhile stays there. */
static pcre2_compile_context *compile_context_new(struct arena *arena)
{
    pcre2_general_context *memory =
        pcre2_general_context_create(arena_malloc, arena_no_free, arena);
    pcre2_compile_context *context = pcre2_compile_context_create(memory);

    pcre2_set_newline(context, PCRE2_NEWLINE_LF);
    pcre2_set_parens_nest_limit(context, REGEX_MAX_DEPTH);
    return context;
}

static bool fail_compile(int code, struct error *err)
{
    unsigned char text[256] = "";

    pcre2_get_error_message(code, text, sizeof(text));
    return error_set(err, ERROR_EXECUTE, "regular expression: cannot be compiled: %s",
                     (const char *)text);
}

bool regex_new(struct arena *arena, struct slice pattern, struct regex **ret_regex,
               struct error *err)
{
    CLEANUP(buf_fini) struct buf translated = BUF_EMPTY;
    struct regex *regex = ARENA_NEW(arena, struct regex);
    PCRE2_SIZE offset;
    int code;

    if (!regex_translate(pattern, arena, &translated, &regex->groups, err))
        return false;
    regex->code = pcre2_compile((PCRE2_SPTR)buf_slice(&translated).ptr, translated.len,
                                REGEX_COMPILE_OPTIONS, &code, &offset, compile_context_new(arena));
    if (!regex->code)
        return fail_compile(code, err);
    *ret_regex = regex;
    return true;
}

bool regex_match(const struct regex *regex, struct eval *eval, struct slice text,
                 bool *ret_is_match, struct error *err)
{
    CLEANUP(search_fini) struct search search = { .regex = regex };

    return search_init(&search, regex, eval, text, err) &&
           search_next(&search, 0, ret_is_match, err);
}
