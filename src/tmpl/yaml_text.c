/* SPDX-License-Identifier: MIT */
/* Characters as YAML sees them, and which styles a text can be written in. */
#include "yaml_text.h"

#include <string.h>

#include "base/utf8.h"

struct yaml_character yaml_character_at(struct slice text, size_t at)
{
    struct yaml_character character;

    if (at < text.len && (unsigned char)text.ptr[at] < 0x80)
        return (struct yaml_character){ (unsigned char)text.ptr[at], 1 };
    character.n = utf8_decode(slice_sub(text, at, text.len), &character.rune);
    return character;
}

bool yaml_is_line_end(uint32_t rune)
{
    return rune == '\r' || rune == '\n' || rune == 0x85 || rune == 0x2028 || rune == 0x2029;
}

bool yaml_is_printable(uint32_t rune)
{
    return rune == '\n' || (rune >= 0x20 && rune <= 0x7e) || (rune >= 0xa0 && rune <= 0xd7ff) ||
           (rune >= 0xe000 && rune <= 0xfffd && rune != 0xfeff);
}

/* --- Styles -------------------------------------------------------------------------------- */

static bool is_blank_or_end(struct slice text, size_t at)
{
    return at >= text.len || text.ptr[at] == ' ' || text.ptr[at] == '\t';
}

/* Whether a character, where it stands, would be taken for YAML's own. */
static bool is_indicator(struct slice text, size_t at, bool is_after_blank)
{
    char c = text.ptr[at];

    if (at == 0 && c && strchr("#,[]{}&*!|>'\"%@`", c))
        return true;
    if (c == ':' || (at == 0 && (c == '?' || c == '-')))
        return is_blank_or_end(text, at + 1);
    return c == '#' && is_after_blank;
}

struct yaml_analysis yaml_analyze(struct slice text)
{
    struct yaml_analysis analysis = { .can_be_plain = true,
                                      .can_be_single_quoted = true,
                                      .can_be_literal = text.len > 0 };
    enum { OTHER, SPACE, LINE_END } last = OTHER;
    bool is_after_blank = true;
    struct yaml_character c;

    if (slice_starts_with(text, SLICE("---")) || slice_starts_with(text, SLICE("...")))
        analysis.can_be_plain = false;
    for (size_t at = 0; (c = yaml_character_at(text, at)).n; at += c.n) {
        bool is_first = at == 0, is_last = at + c.n == text.len;

        if (is_indicator(text, at, is_after_blank))
            analysis.can_be_plain = false;
        if (!yaml_is_printable(c.rune))
            analysis.can_be_plain = analysis.can_be_single_quoted = analysis.can_be_literal = false;
        if (c.rune == ' ') {
            if (is_first || is_last)
                analysis.can_be_plain = false;
            if (is_last)
                analysis.can_be_literal = false;
            if (last == LINE_END)
                analysis.can_be_plain = analysis.can_be_single_quoted = false;
            last = SPACE;
        } else if (yaml_is_line_end(c.rune)) {
            analysis.is_multiline = true;
            analysis.can_be_plain = false;
            if (last == SPACE)
                analysis.can_be_single_quoted = analysis.can_be_literal = false;
            last = LINE_END;
        } else {
            last = OTHER;
        }
        is_after_blank = last != OTHER || c.rune == '\t' || c.rune == 0;
    }
    return analysis;
}
