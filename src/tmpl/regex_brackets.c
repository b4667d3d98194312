/* SPDX-License-Identifier: MIT */
/* Sets of characters in a regular expression: escapes, properties, what stands between brackets. */
#include <string.h>

#include "base/utf8.h"

#include "regex_class.h"
#include "regex_translator.h"

/* --- Escapes ------------------------------------------------------------------------------- */

static int hex_digit(uint32_t rune)
{
    if (rune >= '0' && rune <= '9')
        return (int)(rune - '0');
    if ((rune | 0x20) >= 'a' && (rune | 0x20) <= 'f')
        return (int)((rune | 0x20) - 'a' + 10);
    return -1;
}

/* Behind "\x": two digits, or any number of them in braces. */
static bool take_hex(struct translator *tr, uint32_t *ret_rune)
{
    bool has_braces = translator_take(tr, "{");
    uint32_t rune = 0;
    size_t n = 0;

    while (hex_digit(translator_peek(tr)) >= 0 && (has_braces || n < 2)) {
        rune = rune << 4 | (uint32_t)hex_digit(translator_next(tr));
        if (rune > RUNE_MAX)
            return false;
        n++;
    }
    *ret_rune = rune;
    return has_braces ? n > 0 && translator_take(tr, "}") : n == 2;
}

/* Behind a backslash: three octal digits at most; a digit alone would be a back reference. */
static bool take_octal(struct translator *tr, uint32_t *ret_rune)
{
    size_t from = tr->at;
    uint32_t rune = 0;

    while (tr->at - from < 3 && translator_peek(tr) >= '0' && translator_peek(tr) <= '7')
        rune = rune << 3 | (translator_next(tr) - '0');
    *ret_rune = rune;
    return tr->pattern.ptr[from] == '0' || tr->at - from > 1;
}

static bool fail_escape(struct translator *tr, size_t from)
{
    uint32_t rune;
    struct slice shown = slice_sub(tr->pattern, from, tr->pattern.len);

    tr->at = from + 1;
    rune = translator_peek(tr);
    shown = slice_sub(shown, 0, 1 + utf8_prefix(translator_rest(tr), 1));
    if (rune >= '1' && rune <= '9')
        return translator_fail(tr, from, "a back reference is not supported: '%.*s'",
                               SLICE_ARG(shown));
    return translator_fail(tr, from, "there is no escape '%.*s'", SLICE_ARG(shown));
}

/* An escape that stands for one character; tr->at is at the backslash. */
bool translator_take_escape(struct translator *tr, uint32_t *ret_rune)
{
    static const char letters[] = "afnrtv", values[] = "\a\f\n\r\t\v";
    size_t from = tr->at;
    const char *letter;
    uint32_t rune;

    translator_next(tr);
    if (translator_is_at_end(tr))
        return translator_fail(tr, from, "a backslash ends the expression");
    rune = translator_peek(tr);
    if (rune >= '0' && rune <= '7')
        return take_octal(tr, ret_rune) || fail_escape(tr, from);
    translator_next(tr);
    if (rune == 'x')
        return take_hex(tr, ret_rune) || fail_escape(tr, from);
    letter = rune && rune < 0x80 ? strchr(letters, (int)rune) : NULL;
    if (letter)
        *ret_rune = (uint32_t)values[letter - letters];
    else if (rune < 0x80 && rune != '8' && rune != '9' &&
             !((rune | 0x20) >= 'a' && (rune | 0x20) <= 'z'))
        *ret_rune = rune; /* punctuation */
    else
        return fail_escape(tr, from);
    return true;
}

/* --- Classes ------------------------------------------------------------------------------- */

/* \d \D \s \S \w \W: appends their items. False: something else stands here. */
static bool take_perl_class(struct translator *tr, struct buf *out)
{
    struct slice text = translator_rest(tr);
    const struct class_set *set;

    if (text.len < 2 || text.ptr[0] != '\\')
        return false;
    set = class_find_perl((char)(text.ptr[1] | 0x20));
    if (!set)
        return false;
    class_add_set(out, set, !(text.ptr[1] & 0x20), tr->flags & FLAG_FOLD);
    tr->at += 2;
    return true;
}

/* \pL, \p{Greek}, \P{^Greek}: the property and whether it is negated; tr->at is at the backslash.
 */
static bool take_property(struct translator *tr, struct class_property *ret_property,
                          bool *ret_is_negated)
{
    size_t from = tr->at, end;
    struct slice name;

    *ret_is_negated = tr->pattern.ptr[from + 1] == 'P';
    tr->at += 2;
    if (translator_take(tr, "{")) {
        end = slice_find_byte(translator_rest(tr), '}');
        if (end == SLICE_NOT_FOUND)
            return translator_fail(tr, from, "the braces of a property are never closed");
        name = slice_sub(translator_rest(tr), 0, end);
        tr->at += end + 1;
    } else {
        name = slice_sub(translator_rest(tr), 0, utf8_prefix(translator_rest(tr), 1));
        tr->at += name.len;
    }
    if (slice_starts_with(name, SLICE("^"))) {
        *ret_is_negated = !*ret_is_negated;
        name = slice_sub(name, 1, name.len);
    }
    if (!class_find_property(name, ret_property))
        return translator_fail(tr, from, "there is no Unicode property '%.*s'",
                               SLICE_ARG(slice_sub(name, 0, 64)));
    return true;
}

static bool is_property(const struct translator *tr)
{
    return translator_is_next(tr, "\\p") || translator_is_next(tr, "\\P");
}

/* A property outside of brackets. */
static bool add_property(struct translator *tr)
{
    struct class_property property;
    bool is_negated;

    if (!take_property(tr, &property, &is_negated))
        return false;
    if (!(tr->flags & FLAG_FOLD)) {
        class_add_property(tr->out, &property, is_negated);
        return true;
    }
    buf_add_string(tr->out, is_negated ? "[^" : "[");
    class_add_property(tr->out, &property, false);
    class_add_partners(tr->out, &property);
    buf_add_byte(tr->out, ']');
    return true;
}

bool translator_try_set(struct translator *tr, bool *ret_is_set)
{
    CLEANUP(buf_fini) struct buf items = BUF_EMPTY;

    *ret_is_set = true;
    if (is_property(tr)) {
        translator_begin_item(tr, true);
        return add_property(tr);
    }
    *ret_is_set = take_perl_class(tr, &items);
    if (*ret_is_set) {
        translator_begin_item(tr, true);
        buf_printf(tr->out, "[%s]", items.ptr);
    }
    return true;
}

/* What stands between brackets. Where letter case is ignored, a negated property cannot be said
 * there: it lacks the partners of what it excludes. It becomes a class of its own. */
struct class_items {
    struct buf items;
    struct buf others; /* "|[^…]" for each of them */
};

static void class_items_fini(struct class_items *class)
{
    buf_fini(&class->items);
    buf_fini(&class->others);
}

static bool add_class_property(struct translator *tr, struct class_items *class)
{
    CLEANUP(buf_fini) struct buf partners = BUF_EMPTY;
    struct class_property property;
    bool is_negated;

    if (!take_property(tr, &property, &is_negated))
        return false;
    if (tr->flags & FLAG_FOLD)
        class_add_partners(&partners, &property);
    if (!is_negated || partners.len == 0) {
        class_add_property(&class->items, &property, is_negated);
        buf_add(&class->items, buf_slice(&partners));
        return true;
    }
    buf_add_string(&class->others, "|[^");
    class_add_property(&class->others, &property, false);
    buf_add(&class->others, buf_slice(&partners));
    buf_add_byte(&class->others, ']');
    return true;
}

/* [:alpha:] or [:^alpha:] between brackets. *ret_is_class false: a plain '['. */
static bool add_posix_class(struct translator *tr, struct buf *items, bool *ret_is_class)
{
    size_t from = tr->at;
    size_t end = slice_find(slice_sub(translator_rest(tr), 2, SIZE_MAX), SLICE(":]"));
    const struct class_set *set;
    struct slice name;
    bool is_negated;

    *ret_is_class = end != SLICE_NOT_FOUND;
    if (end == SLICE_NOT_FOUND)
        return true;
    name = slice_sub(translator_rest(tr), 2, 2 + end);
    is_negated = slice_starts_with(name, SLICE("^"));
    set = class_find_posix(slice_sub(name, is_negated, name.len));
    if (!set)
        return translator_fail(tr, from, "there is no class '[:%.*s:]'",
                               SLICE_ARG(slice_sub(name, 0, 64)));
    class_add_set(items, set, is_negated, tr->flags & FLAG_FOLD);
    tr->at += end + 4;
    return true;
}

static bool take_class_rune(struct translator *tr, size_t class_at, uint32_t *ret_rune)
{
    if (translator_is_at_end(tr))
        return translator_fail(tr, class_at, "'[' is never closed");
    if (translator_is_next(tr, "\\"))
        return translator_take_escape(tr, ret_rune);
    *ret_rune = translator_next(tr);
    return true;
}

static bool add_class_range(struct translator *tr, struct buf *items, size_t class_at)
{
    size_t from = tr->at;
    uint32_t low, high;

    if (!take_class_rune(tr, class_at, &low))
        return false;
    high = low;
    if (translator_is_next(tr, "-") && !translator_is_next(tr, "-]") &&
        tr->at + 1 < tr->pattern.len) {
        translator_next(tr);
        if (!take_class_rune(tr, class_at, &high))
            return false;
        if (high < low)
            return translator_fail(tr, from, "'%.*s' is no range",
                                   SLICE_ARG(slice_sub(tr->pattern, from, tr->at)));
    }
    class_add_range(items, low, high);
    return true;
}

static bool add_class_item(struct translator *tr, struct class_items *class, size_t class_at)
{
    bool is_posix = false;

    if (translator_is_next(tr, "[:") && !add_posix_class(tr, &class->items, &is_posix))
        return false;
    if (is_posix)
        return true;
    if (is_property(tr))
        return add_class_property(tr, class);
    return take_perl_class(tr, &class->items) || add_class_range(tr, &class->items, class_at);
}

static void write_class(struct buf *out, const struct class_items *class, bool is_negated)
{
    const char *items = class->items.len ? class->items.ptr : NULL;

    if (class->others.len)
        buf_printf(out, is_negated ? "(?:(?![%s]%s).)" : "(?:[%s]%s)",
                   items ? items : "^\\x{0}-\\x{10ffff}", class->others.ptr);
    else if (items)
        buf_printf(out, "[%s%s]", is_negated ? "^" : "", items);
    else
        buf_add_string(out, is_negated ? REGEX_ANY_CHARACTER : REGEX_NO_CHARACTER);
}

bool translator_add_class(struct translator *tr)
{
    CLEANUP(class_items_fini) struct class_items class = { BUF_EMPTY, BUF_EMPTY };
    size_t from = tr->at;
    bool is_negated;

    translator_next(tr);
    is_negated = translator_take(tr, "^");
    translator_begin_item(tr, true);
    for (bool is_first = true; is_first || !translator_take(tr, "]"); is_first = false) {
        if (!add_class_item(tr, &class, from))
            return false;
    }
    write_class(tr->out, &class, is_negated);
    return true;
}
