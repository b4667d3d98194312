/* SPDX-License-Identifier: MIT */
/* White space and letter case, with libunistring's tables. */
#include "unicode.h"

#include <string.h>
#include <unicase.h>
#include <unictype.h>
#include <uniwbrk.h>

#include "base/utf8.h"

bool rune_is_space(uint32_t rune)
{
    if (rune < 0x80)
        return rune == ' ' || (rune >= '\t' && rune <= '\r');
    return uc_is_property_white_space(rune);
}

struct text text_trim_space(struct arena *arena, const struct text *text)
{
    struct slice bytes = slice_of(text->ptr, text->len);
    size_t from = 0, to = text->len, n;
    uint32_t rune;

    while ((n = utf8_decode(slice_sub(bytes, from, to), &rune)) && rune_is_space(rune))
        from += n;
    while ((n = utf8_decode_last(slice_sub(bytes, from, to), &rune)) && rune_is_space(rune))
        to -= n;
    return text_sub(arena, text, from, to);
}

/* The title case of one character: the only mapping here that may yield several ("ß": "Ss"). */
#define TITLE_MAX_BYTES 16 /* three characters at most (Unicode, SpecialCasing.txt) */

static size_t map_title(struct slice character, char bytes[static TITLE_MAX_BYTES])
{
    size_t n = TITLE_MAX_BYTES;
    uint8_t *mapped =
        u8_totitle((const uint8_t *)character.ptr, character.len, "", NULL, (uint8_t *)bytes, &n);

    if ((char *)mapped == bytes)
        return n;
    memcpy(bytes, character.ptr, character.len);
    return character.len;
}

/* What a character that is no cased letter does to the word around it. An approximation of
 * Unicode's word boundaries (UAX #29), the same as that of the peer's library. */
enum word_part { WORD_GOES_ON, WORD_MIDDLE, WORD_ENDS };

static enum word_part word_part(uint32_t rune)
{
    switch (uc_wordbreak_property(rune)) {
    case WBP_ALETTER:
    case WBP_HL:
    case WBP_NUMERIC:
    case WBP_EXTENDNUMLET:
    case WBP_EXTEND:
    case WBP_FORMAT:
    case WBP_ZWJ: return WORD_GOES_ON;
    case WBP_MIDLETTER:
    case WBP_MIDNUMLET:
    case WBP_SQ: return WORD_MIDDLE;
    default: return WORD_ENDS;
    }
}

struct title_state {
    bool is_in_word;      /* a cased letter was seen since the last boundary */
    bool is_after_middle; /* two middles in a row are a boundary */
};

/* One character (n bytes, or one invalid byte) in title case. */
static size_t title_step(struct title_state *state, struct slice character, uint32_t rune,
                         char bytes[static TITLE_MAX_BYTES])
{
    bool is_invalid = rune == RUNE_REPLACEMENT && character.len == 1;
    bool is_cased = !is_invalid && uc_is_property_cased(rune);
    enum word_part part = is_cased ? WORD_GOES_ON : is_invalid ? WORD_ENDS : word_part(rune);
    bool is_first = is_cased && !state->is_in_word;

    if (part == WORD_ENDS || (part == WORD_MIDDLE && state->is_after_middle))
        state->is_in_word = false;
    else if (is_cased)
        state->is_in_word = true;
    state->is_after_middle = part == WORD_MIDDLE;
    if (is_first)
        return map_title(character, bytes);
    memcpy(bytes, character.ptr, character.len);
    return character.len;
}

size_t case_map(enum letter_case letter_case, struct slice text, char *out)
{
    struct title_state state = { false, false };
    size_t length = 0;

    for (size_t at = 0; at < text.len;) {
        char bytes[TITLE_MAX_BYTES];
        uint32_t rune;
        size_t n = utf8_decode(slice_sub(text, at, text.len), &rune), n_mapped = 0;

        switch (letter_case) {
        case CASE_UPPER: n_mapped = utf8_encode(uc_toupper(rune), bytes); break;
        case CASE_LOWER: n_mapped = utf8_encode(uc_tolower(rune), bytes); break;
        case CASE_TITLE:
            n_mapped = title_step(&state, slice_sub(text, at, at + n), rune, bytes);
            break;
        }
        if (out)
            memcpy(out + length, bytes, n_mapped);
        length += n_mapped;
        at += n;
    }
    return length;
}
