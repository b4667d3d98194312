/* SPDX-License-Identifier: MIT */
/* Go's syntax of regular expressions (RE2's), checked and written as PCRE2's in one pass: items,
 * groups. */
#include "regex_translate.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/utf8.h"

#include "regex_translator.h"

bool translator_fail(struct translator *tr, size_t at, const char *fmt, ...)
{
    char text[256];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    return error_set(tr->err, ERROR_EXECUTE, "regular expression: offset %zu: %s", at, text);
}

struct slice translator_rest(const struct translator *tr)
{
    return slice_sub(tr->pattern, tr->at, tr->pattern.len);
}

bool translator_is_next(const struct translator *tr, const char *text)
{
    return slice_starts_with(translator_rest(tr), slice_from(text));
}

bool translator_take(struct translator *tr, const char *text)
{
    if (!translator_is_next(tr, text))
        return false;
    tr->at += strlen(text);
    return true;
}

/* The next character, 0 at the end; a NUL in the pattern is told apart by tr->at. */
uint32_t translator_peek(const struct translator *tr)
{
    uint32_t rune = 0;

    utf8_decode(translator_rest(tr), &rune);
    return rune;
}

uint32_t translator_next(struct translator *tr)
{
    uint32_t rune = 0;

    tr->at += utf8_decode(translator_rest(tr), &rune);
    return rune;
}

bool translator_is_at_end(const struct translator *tr)
{
    return tr->at == tr->pattern.len;
}

/* --- Items --------------------------------------------------------------------------------- */

static struct group *current_group(struct translator *tr)
{
    return &tr->groups[tr->depth];
}

/* The last item is complete as it is. */
static void settle(struct translator *tr)
{
    struct group *group = current_group(tr);

    if (!tr->item.exists)
        return;
    if (tr->item.needs_callout)
        buf_add_string(tr->out, "(?C)");
    if (tr->item.repeat > group->repeat)
        group->repeat = tr->item.repeat;
    group->cost += tr->item.cost;
    if (group->cost > TRANSLATOR_MAX_COST)
        group->cost = TRANSLATOR_MAX_COST;
    tr->item = (struct item){ .exists = false };
}

/* A new item begins where the translation ends. */
void translator_begin_item(struct translator *tr, bool has_case)
{
    bool is_folding = tr->flags & FLAG_FOLD;

    settle(tr);
    if (has_case && is_folding != tr->is_folding) {
        buf_add_string(tr->out, is_folding ? "(?i)" : "(?-i)");
        tr->is_folding = is_folding;
    }
    tr->item = (struct item){ .exists = true, .out_at = tr->out->len, .repeat = 1, .cost = 1 };
}

static void add_assertion(struct translator *tr, const char *text)
{
    translator_begin_item(tr, false);
    buf_add_string(tr->out, text);
    tr->item.needs_group = true;
}

static void add_item(struct translator *tr, const char *text)
{
    translator_begin_item(tr, false);
    buf_add_string(tr->out, text);
}

void translator_add_literal(struct translator *tr, uint32_t rune)
{
    bool is_letter = (rune | 0x20) >= 'a' && (rune | 0x20) <= 'z';

    translator_begin_item(tr, true);
    if (rune < 0x80 && (is_letter || (rune >= '0' && rune <= '9')))
        buf_add_byte(tr->out, (char)rune);
    else if (rune >= 0xd800 && rune <= 0xdfff)
        buf_add_string(tr->out, REGEX_NO_CHARACTER);
    else
        buf_printf(tr->out, "\\x{%x}", rune);
}

/* --- Groups -------------------------------------------------------------------------------- */

static void add_capture(struct translator *tr, struct slice name)
{
    if (tr->captures.n == tr->cap_captures) {
        size_t cap = tr->cap_captures ? tr->cap_captures * 2 : 4;
        struct regex_group *items = ARENA_ARRAY(tr->arena, cap, struct regex_group);

        if (tr->captures.n)
            memcpy(items, tr->captures.items, tr->captures.n * sizeof(*items));
        tr->captures.items = items;
        tr->cap_captures = cap;
    }
    tr->captures.items[tr->captures.n++].name = arena_copy(tr->arena, name);
}

/* Opens a group: "(" or "(?:". flags are those inside. */
static bool open_group(struct translator *tr, size_t from, const char *text, unsigned flags)
{
    if (tr->depth == MAX_DEPTH)
        return translator_fail(tr, from, "groups nest deeper than %d", MAX_DEPTH);
    settle(tr);
    tr->depth++;
    *current_group(tr) = (struct group){ .opened_at = from,
                                         .out_at = tr->out->len,
                                         .flags = tr->flags,
                                         .is_folding = tr->is_folding,
                                         .repeat = 1 };
    buf_add_string(tr->out, text);
    tr->flags = flags;
    return true;
}

static bool translate_close(struct translator *tr)
{
    struct group group;

    if (tr->depth == 0)
        return translator_fail(tr, tr->at, "')' closes nothing");
    translator_next(tr);
    settle(tr);
    group = *current_group(tr);
    tr->depth--;
    buf_add_byte(tr->out, ')');
    tr->flags = group.flags;
    tr->is_folding = group.is_folding;
    tr->item = (struct item){ .exists = true,
                              .out_at = group.out_at,
                              .needs_callout = group.has_branches,
                              .repeat = group.repeat,
                              .cost = group.cost };
    return true;
}

static bool is_name(struct slice name)
{
    for (size_t i = 0; i < name.len; i++) {
        unsigned char byte = (unsigned char)name.ptr[i];

        if (byte != '_' && !(byte >= '0' && byte <= '9') &&
            !((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z'))
            return false;
    }
    return name.len > 0;
}

/* (?P<name> or (?<name>; tr->at is behind the '<'. */
static bool translate_named_group(struct translator *tr, size_t from)
{
    size_t end = slice_find_byte(translator_rest(tr), '>');
    struct slice name = slice_sub(translator_rest(tr), 0, end);

    if (end == SLICE_NOT_FOUND || !is_name(name))
        return translator_fail(tr, from, "a group's name is letters, digits and '_', and then '>'");
    tr->at += end + 1;
    add_capture(tr, name);
    return open_group(tr, from, "(", tr->flags);
}

/* (?flags) or (?flags:; tr->at is behind the "(?". */
static bool translate_flags(struct translator *tr, size_t from)
{
    unsigned flags = tr->flags;
    bool is_negated = false, has_flag = false;

    for (;;) {
        uint32_t rune = translator_is_at_end(tr) ? 0 : translator_next(tr);
        unsigned flag = 0;

        switch (rune) {
        case 'i': flag = FLAG_FOLD; break;
        case 'm': flag = FLAG_LINES; break;
        case 's': flag = FLAG_DOT_ALL; break;
        case 'U': flag = FLAG_UNGREEDY; break;
        case '-':
            if (is_negated)
                return translator_fail(tr, from, "there are two '-' among the flags");
            is_negated = true;
            has_flag = false;
            continue;
        case ':':
        case ')':
            if (is_negated && !has_flag)
                return translator_fail(tr, from, "there are no flags behind '-'");
            if (rune == ':')
                return open_group(tr, from, "(?:", flags);
            tr->flags = flags;
            return true;
        default:
            return translator_fail(tr, from, "'%.*s' is not supported",
                                   SLICE_ARG(slice_sub(tr->pattern, from, tr->at)));
        }
        flags = is_negated ? flags & ~flag : flags | flag;
        has_flag = true;
    }
}

/* What Perl has and an engine of linear time cannot have, by what follows "(?". */
static const char *lookup_unsupported(const struct translator *tr)
{
    static const struct {
        const char *text, *what;
    } unsupported[] = {
        { "=", "lookahead" },        { "!", "lookahead" },
        { "<=", "lookbehind" },      { "<!", "lookbehind" },
        { ">", "an atomic group" },  { "(", "a condition" },
        { "#", "a comment" },        { "|", "a branch reset group" },
        { "R", "recursion" },        { "&", "recursion" },
        { "P>", "recursion" },       { "P=", "a back reference" },
        { "'", "a name in quotes" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(unsupported); i++) {
        if (translator_is_next(tr, unsupported[i].text))
            return unsupported[i].what;
    }
    return NULL;
}

static bool translate_open(struct translator *tr)
{
    size_t from = tr->at;
    const char *what;

    translator_next(tr);
    if (!translator_take(tr, "?")) {
        add_capture(tr, SLICE_EMPTY);
        return open_group(tr, from, "(", tr->flags);
    }
    what = lookup_unsupported(tr);
    if (what)
        return translator_fail(tr, from, "%s is not supported", what);
    if (translator_take(tr, "P<") || translator_take(tr, "<"))
        return translate_named_group(tr, from);
    return translate_flags(tr, from);
}

/* --- The whole ----------------------------------------------------------------------------- */

/* \Q…\E: every character in between stands for itself. */
static void translate_quoted(struct translator *tr)
{
    struct slice text;
    size_t end;

    tr->at += 2;
    end = slice_find(translator_rest(tr), SLICE("\\E"));
    text = slice_sub(translator_rest(tr), 0, end);
    tr->at += text.len + (end == SLICE_NOT_FOUND ? 0 : 2);
    for (size_t at = 0; at < text.len;) {
        uint32_t rune;

        at += utf8_decode(slice_sub(text, at, text.len), &rune);
        translator_add_literal(tr, rune);
    }
}

static bool translate_backslash(struct translator *tr)
{
    static const char *const assertions[] = { "\\A", "\\b", "\\B", "\\z" };
    uint32_t rune;
    bool is_set;

    for (size_t i = 0; i < ARRAY_SIZE(assertions); i++) {
        if (translator_take(tr, assertions[i])) {
            add_assertion(tr, assertions[i]);
            return true;
        }
    }
    if (translator_is_next(tr, "\\Q")) {
        translate_quoted(tr);
        return true;
    }
    if (!translator_try_set(tr, &is_set))
        return false;
    if (is_set)
        return true;
    if (!translator_take_escape(tr, &rune))
        return false;
    translator_add_literal(tr, rune);
    return true;
}

static void translate_branch(struct translator *tr)
{
    translator_next(tr);
    settle(tr);
    current_group(tr)->has_branches = true;
    buf_add_byte(tr->out, '|');
}

/* The next element of the pattern: an item, a repetition, a bracket of a group. */
static bool translate_next(struct translator *tr)
{
    uint32_t rune = translator_peek(tr);

    switch (rune) {
    case '(': return translate_open(tr);
    case ')': return translate_close(tr);
    case '|': translate_branch(tr); return true;
    case '[': return translator_add_class(tr);
    case '\\': return translate_backslash(tr);
    case '{':
    case '*':
    case '+':
    case '?': return translator_add_repeat(tr);
    default: break;
    }
    translator_next(tr);
    switch (rune) {
    case '^': add_assertion(tr, tr->flags & FLAG_LINES ? "^" : "\\A"); break;
    case '$': add_assertion(tr, tr->flags & FLAG_LINES ? "$" : "\\z"); break;
    case '.': add_item(tr, tr->flags & FLAG_DOT_ALL ? REGEX_ANY_CHARACTER : "\\N"); break;
    default: translator_add_literal(tr, rune); break;
    }
    return true;
}

/* A pattern of many items before its first callout is charged for at each place where it may begin.
 */
#define ITEMS_A_WEIGHT 16
#define MAX_WEIGHT     255 /* a callout's number is a byte */

static void add_start_weight(struct translator *tr, size_t out_at)
{
    CLEANUP(buf_fini) struct buf body = BUF_EMPTY;
    unsigned weight = tr->groups[0].cost / ITEMS_A_WEIGHT;

    if (weight == 0)
        return;
    buf_add(&body, slice_sub(buf_slice(tr->out), out_at, tr->out->len));
    tr->out->len = out_at;
    buf_printf(tr->out, "(?C%u)", weight < MAX_WEIGHT ? weight : MAX_WEIGHT);
    if (tr->groups[0].has_branches) {
        buf_add_string(tr->out, "(?:");
        buf_add_byte(&body, ')');
    }
    buf_add(tr->out, buf_slice(&body));
}

bool regex_translate(struct slice pattern, struct arena *arena, struct buf *out,
                     struct regex_groups *ret_groups, struct error *err)
{
    struct translator tr = { .pattern = pattern, .out = out, .arena = arena, .err = err };
    size_t out_at = out->len, n_valid = utf8_valid_len(pattern);

    if (pattern.len > LIMIT_REGEX_BYTES)
        return error_set(err, ERROR_LIMIT, "the regular expression is longer than %u bytes",
                         LIMIT_REGEX_BYTES);
    if (n_valid < pattern.len)
        return translator_fail(&tr, n_valid, "the expression is not UTF-8");
    tr.groups[0].repeat = 1;
    add_capture(&tr, SLICE_EMPTY);
    while (!translator_is_at_end(&tr)) {
        tr.is_after_repeat = tr.is_repeat;
        tr.is_repeat = false;
        if (!translate_next(&tr))
            return false;
    }
    if (tr.depth)
        return translator_fail(&tr, current_group(&tr)->opened_at, "'(' is never closed");
    settle(&tr);
    add_start_weight(&tr, out_at);
    *ret_groups = tr.captures;
    return true;
}
