/* SPDX-License-Identifier: MIT */
/* Sets of characters for a PCRE2 class. */
#include "regex_class.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unicase.h>
#include <unictype.h>

#include "base/memory.h"
#include "base/utf8.h"

void class_add_range(struct buf *out, uint32_t from, uint32_t to)
{
    /* No text holds a surrogate, and PCRE2 refuses them. */
    if (from >= 0xd800 && from <= 0xdfff)
        from = 0xe000;
    if (to >= 0xd800 && to <= 0xdfff)
        to = 0xd7ff;
    if (from == to)
        buf_printf(out, "\\x{%x}", from);
    else if (from < to)
        buf_printf(out, "\\x{%x}-\\x{%x}", from, to);
}

/* --- Named sets of ASCII characters -------------------------------------------------------- */

struct class_set {
    const char *name;
    struct {
        unsigned char from, to;
    } ranges[4]; /* sorted; from the first {0, 0} behind the first entry on, unused */
};

static const struct class_set posix_sets[] = {
    { "alnum", { { '0', '9' }, { 'A', 'Z' }, { 'a', 'z' } } },
    { "alpha", { { 'A', 'Z' }, { 'a', 'z' } } },
    { "ascii", { { 0, 0x7f } } },
    { "blank", { { '\t', '\t' }, { ' ', ' ' } } },
    { "cntrl", { { 0, 0x1f }, { 0x7f, 0x7f } } },
    { "digit", { { '0', '9' } } },
    { "graph", { { '!', '~' } } },
    { "lower", { { 'a', 'z' } } },
    { "print", { { ' ', '~' } } },
    { "punct", { { '!', '/' }, { ':', '@' }, { '[', '`' }, { '{', '~' } } },
    { "space", { { '\t', '\r' }, { ' ', ' ' } } },
    { "upper", { { 'A', 'Z' } } },
    { "word", { { '0', '9' }, { 'A', 'Z' }, { '_', '_' }, { 'a', 'z' } } },
    { "xdigit", { { '0', '9' }, { 'A', 'F' }, { 'a', 'f' } } },
};

static const struct class_set perl_sets[] = {
    { "d", { { '0', '9' } } },
    { "s", { { '\t', '\n' }, { '\f', '\r' }, { ' ', ' ' } } }, /* no vertical tab */
    { "w", { { '0', '9' }, { 'A', 'Z' }, { '_', '_' }, { 'a', 'z' } } },
};

const struct class_set *class_find_posix(struct slice name)
{
    for (size_t i = 0; i < ARRAY_SIZE(posix_sets); i++) {
        if (slice_is(name, posix_sets[i].name))
            return &posix_sets[i];
    }
    return NULL;
}

const struct class_set *class_find_perl(char letter)
{
    for (size_t i = 0; i < ARRAY_SIZE(perl_sets); i++) {
        if (letter == perl_sets[i].name[0])
            return &perl_sets[i];
    }
    return NULL;
}

static bool class_set_has(const struct class_set *set, uint32_t rune)
{
    for (size_t i = 0; i < ARRAY_SIZE(set->ranges); i++) {
        if (i && !set->ranges[i].to)
            break;
        if (rune >= set->ranges[i].from && rune <= set->ranges[i].to)
            return true;
    }
    return false;
}

/* The only characters beyond ASCII that equal ASCII letters but for case. */
#define LONG_S      0x17fu
#define KELVIN_SIGN 0x212au

static bool class_set_has_folded(const struct class_set *set, uint32_t rune)
{
    if (rune == LONG_S)
        rune = 's';
    if (rune == KELVIN_SIGN)
        rune = 'k';
    if (rune >= 0x80)
        return false;
    return class_set_has(set, rune) ||
           ((rune | 0x20) >= 'a' && (rune | 0x20) <= 'z' && class_set_has(set, rune ^ 0x20));
}

void class_add_set(struct buf *out, const struct class_set *set, bool is_negated, bool is_folding)
{
    /* Where membership may change; between two of them it does not. */
    static const uint32_t steps[] = { 0x80, LONG_S, LONG_S + 1, KELVIN_SIGN, KELVIN_SIGN + 1 };
    uint32_t from = 0;

    for (uint32_t i = 0; i < 0x80 + ARRAY_SIZE(steps); i++) {
        uint32_t rune = i < 0x80 ? i : steps[i - 0x80];
        uint32_t end = i + 1 < 0x80                       ? i + 1
                       : i + 1 < 0x80 + ARRAY_SIZE(steps) ? steps[i + 1 - 0x80]
                                                          : RUNE_MAX + 1;
        bool is_in = is_folding ? class_set_has_folded(set, rune) : class_set_has(set, rune);

        if (is_in == is_negated) {
            if (from < rune)
                class_add_range(out, from, rune - 1);
            from = end;
        }
    }
    if (from <= RUNE_MAX)
        class_add_range(out, from, RUNE_MAX);
}

/* --- Unicode properties -------------------------------------------------------------------- */

static bool is_ignored(char byte)
{
    return byte == ' ' || byte == '_' || byte == '-';
}

static bool equals_loosely(struct slice a, const char *b)
{
    size_t i = 0;

    for (;;) {
        while (i < a.len && is_ignored(a.ptr[i]))
            i++;
        while (is_ignored(*b))
            b++;
        if (i == a.len || !*b)
            return i == a.len && !*b;

        unsigned char x = (unsigned char)a.ptr[i++], y = (unsigned char)*b++;

        if ((x >= 'A' && x <= 'Z' ? x | 0x20 : x) != (y >= 'A' && y <= 'Z' ? y | 0x20 : y))
            return false;
    }
}

static void set_property(struct class_property *property, enum class_property_kind kind,
                         const char *prefix, const char *name)
{
    *property = (struct class_property){ .kind = kind };
    snprintf(property->name, sizeof(property->name), "%s%s", prefix, name);
}

static bool find_category(struct slice name, struct class_property *ret_property)
{
    static const char *const names[] = {
        "C",  "Cc", "Cf", "Cn", "Co", "Cs", "L",  "LC", "Ll", "Lm", "Lo", "Lt", "Lu",
        "M",  "Mc", "Me", "Mn", "N",  "Nd", "Nl", "No", "P",  "Pc", "Pd", "Pe", "Pf",
        "Pi", "Po", "Ps", "S",  "Sc", "Sk", "Sm", "So", "Z",  "Zl", "Zp", "Zs",
    };

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        uc_general_category_t category = uc_general_category_byname(names[i]);

        if (equals_loosely(name, names[i]) ||
            equals_loosely(name, uc_general_category_long_name(category))) {
            set_property(ret_property, CLASS_CATEGORY, "",
                         strcmp(names[i], "LC") ? names[i] : "L&");
            ret_property->category = category.bitmask;
            return true;
        }
    }
    return false;
}

static bool find_script(struct slice name, struct class_property *ret_property)
{
    const uc_script_t *scripts;
    size_t n;

    uc_all_scripts(&scripts, &n);
    for (size_t i = 0; i < n; i++) {
        if (equals_loosely(name, scripts[i].name)) {
            /* Without "sc:" PCRE2 takes the characters that other scripts use, too. */
            set_property(ret_property, CLASS_SCRIPT, "sc:", scripts[i].name);
            ret_property->script = &scripts[i];
            return true;
        }
    }
    return false;
}

bool class_find_property(struct slice name, struct class_property *ret_property)
{
    if (equals_loosely(name, "Any")) {
        set_property(ret_property, CLASS_ANY, "", "Any");
        return true;
    }
    if (equals_loosely(name, "Assigned")) {
        if (!find_category(SLICE("Cn"), ret_property))
            return false;
        ret_property->is_inverted = true;
        return true;
    }
    return find_category(name, ret_property) || find_script(name, ret_property);
}

void class_add_property(struct buf *out, const struct class_property *property, bool is_negated)
{
    buf_printf(out, "\\%c{%s}", is_negated == property->is_inverted ? 'p' : 'P', property->name);
}

static bool has_property(const struct class_property *property, uint32_t rune)
{
    switch (property->kind) {
    case CLASS_ANY: return true;
    case CLASS_CATEGORY:
        return uc_is_general_category_withtable(rune, property->category) != property->is_inverted;
    case CLASS_SCRIPT: return uc_is_script(rune, property->script);
    }
    return false;
}

/* One of all characters that equal each other but for case. The dotted and the dotless i of Turkish
 * have no partners (Unicode, CaseFolding.txt, status T). */
static uint32_t fold(uint32_t rune)
{
    return rune == 0x130 || rune == 0x131 ? rune : uc_tolower(uc_toupper(rune));
}

#define CASED_END 0x20000u /* all letters that have a case are below */

void class_add_partners(struct buf *out, const struct class_property *property)
{
    bool *is_hit = memory_alloc(CASED_END);

    for (uint32_t rune = 0; rune < CASED_END; rune++) {
        uint32_t folded = fold(rune);

        if (folded < CASED_END && has_property(property, rune))
            is_hit[folded] = true;
    }
    for (uint32_t rune = 0; rune < CASED_END; rune++) {
        uint32_t folded = fold(rune);

        if (folded < CASED_END && is_hit[folded] && !has_property(property, rune))
            class_add_range(out, rune, rune);
    }
    free(is_hit);
}
