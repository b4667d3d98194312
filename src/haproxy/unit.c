/* SPDX-License-Identifier: MIT */
/* Units of HAProxy's lines: bytes, escapes, quotes, variables. */
#include "unit.h"

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static int hex_digit(char byte)
{
    if (is_digit(byte))
        return byte - '0';
    if (byte >= 'a' && byte <= 'f')
        return byte - 'a' + 10;
    return byte >= 'A' && byte <= 'F' ? byte - 'A' + 10 : -1;
}

/* A part that the text is too short for: more may come, or never will. */
static struct unit unit_cut(bool is_final, enum unit_kind otherwise)
{
    return (struct unit){ is_final ? otherwise : UNIT_PARTIAL, 0, 0 };
}

static struct unit unit_byte(char byte, size_t len)
{
    return (struct unit){ UNIT_BYTE, len, byte };
}

/* \xNN */
static struct unit take_hex(struct slice text, bool is_final)
{
    int digits[2];

    for (size_t i = 0; i < 2; i++) {
        if (2 + i >= text.len)
            return unit_cut(is_final, UNIT_BAD_HEX);
        digits[i] = hex_digit(text.ptr[2 + i]);
        if (digits[i] < 0)
            return (struct unit){ UNIT_BAD_HEX, 2, 0 };
    }
    return unit_byte((char)(digits[0] << 4 | digits[1]), 4);
}

/* A backslash that is followed by nothing special is a backslash. */
static struct unit take_escape(struct slice text, bool is_double, bool is_final)
{
    if (text.len < 2)
        return is_final ? unit_byte('\\', 1) : unit_cut(false, UNIT_PARTIAL);
    switch (text.ptr[1]) {
    case ' ':
    case '\\':
    case '#':
    case '\'':
    case '"': return unit_byte(text.ptr[1], 2);
    case 't': return unit_byte('\t', 2);
    case 'n': return unit_byte('\n', 2);
    case 'r': return unit_byte('\r', 2);
    case '$': return is_double ? unit_byte('$', 2) : unit_byte('\\', 1);
    case 'x': return take_hex(text, is_final);
    default: return unit_byte('\\', 1);
    }
}

/* What follows the name inside of braces, up to the closing one. */
static struct unit take_brace_end(struct slice text, size_t at, bool is_final)
{
    static const char expansion[] = "[*]";

    if (at < text.len && text.ptr[at] == '[') {
        for (size_t i = 0; i < sizeof(expansion) - 1; i++, at++) {
            if (at >= text.len)
                return unit_cut(is_final, UNIT_BAD_EXPANSION);
            if (text.ptr[at] != expansion[i])
                return (struct unit){ UNIT_BAD_EXPANSION, at, 0 };
        }
    }
    if (at < text.len && text.ptr[at] == '-') {
        while (at < text.len && text.ptr[at] != '}' && text.ptr[at] != '\n')
            at++;
    }
    if (at >= text.len)
        return unit_cut(is_final, UNIT_BAD_BRACE);
    if (text.ptr[at] != '}')
        return (struct unit){ UNIT_BAD_BRACE, at, 0 };
    return (struct unit){ UNIT_VARIABLE, at + 1, 0 };
}

static struct unit take_variable(struct slice text, bool is_final)
{
    bool has_brace = text.len > 1 && text.ptr[1] == '{';
    size_t at = has_brace ? 2 : 1;

    if (at >= text.len)
        return unit_cut(is_final, UNIT_BAD_NAME);
    if ((!unit_is_alphanumeric(text.ptr[at]) || is_digit(text.ptr[at])) && text.ptr[at] != '_' &&
        text.ptr[at] != '.')
        return (struct unit){ UNIT_BAD_NAME, at, 0 };
    at++;
    while (at < text.len && (unit_is_alphanumeric(text.ptr[at]) || text.ptr[at] == '_'))
        at++;
    if (has_brace)
        return take_brace_end(text, at, is_final);
    if (at >= text.len && !is_final)
        return unit_cut(false, UNIT_PARTIAL);
    return (struct unit){ UNIT_VARIABLE, at, 0 };
}

struct unit unit_take(struct slice text, bool is_double, bool is_single, bool is_final)
{
    char byte = text.ptr[0];

    switch (byte) {
    case '\n':
    case '\r':
    case '\0': return (struct unit){ UNIT_END, 1, byte };
    default: break;
    }
    if (is_single)
        return (struct unit){ byte == '\'' ? UNIT_QUOTE : UNIT_BYTE, 1, byte };
    switch (byte) {
    case '"': return (struct unit){ UNIT_QUOTE, 1, byte };
    case '\\': return take_escape(text, is_double, is_final);
    default: break;
    }
    if (is_double)
        return byte == '$' ? take_variable(text, is_final) : unit_byte(byte, 1);
    switch (byte) {
    case '\'': return (struct unit){ UNIT_QUOTE, 1, byte };
    case '#': return (struct unit){ UNIT_COMMENT, 1, byte };
    default: return (struct unit){ unit_is_space(byte) ? UNIT_SPACE : UNIT_BYTE, 1, byte };
    }
}

size_t unit_plain_len(struct slice text)
{
    static const bool is_special[256] = {
        ['\0'] = true, ['\t'] = true, ['\n'] = true, ['\v'] = true, ['\f'] = true, ['\r'] = true,
        [' '] = true,  ['"'] = true,  ['#'] = true,  ['$'] = true,  ['\''] = true, ['\\'] = true,
    };
    size_t len = 0;

    while (len < text.len && !is_special[(unsigned char)text.ptr[len]])
        len++;
    return len;
}
