/* SPDX-License-Identifier: MIT */
/* HCL's texts, read as HashiCorp's reader of HCL 1 reads them. */
#include "hcl_text.h"

#include "base/buf.h"
#include "base/utf8.h"

/* The byte at an offset; NUL, which no text contains, behind the end. */
static char peek(const struct hcl_lexer *lexer, size_t at)
{
    return at < lexer->text.len ? lexer->text.ptr[at] : '\0';
}

static bool fail(struct hcl_lexer *lexer, size_t at, const char *what)
{
    return error_set_at(lexer->err, ERROR_SYNTAX, hcl_lexer_pos(lexer, at), "%s", what);
}

/* --- Quoted texts -------------------------------------------------------------------------- */

static int digit_value(char byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    byte = (char)(byte | 0x20);
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : 16;
}

/* Exactly n digits of the base, behind the backslash and its letter. */
static bool read_digits(struct hcl_lexer *lexer, size_t at, size_t n, uint32_t base,
                        uint32_t *ret_value)
{
    uint32_t value = 0;

    for (size_t i = 0; i < n; i++) {
        uint32_t digit = (uint32_t)digit_value(peek(lexer, at + i));

        if (digit >= base)
            return fail(lexer, at + i, "an escape has too few digits here");
        value = value * base + digit;
    }
    *ret_value = value;
    return true;
}

/* "\x41" and "\101" are a byte, "\u00e4" and "\U000000e4" are a code point. */
static bool read_numeric_escape(struct hcl_lexer *lexer, struct buf *out)
{
    size_t backslash = lexer->at, n = 3, digits = backslash + 2;
    char kind = peek(lexer, backslash + 1);
    uint32_t base = 16, value = 0;

    switch (kind) {
    case 'x': n = 2; break;
    case 'u': n = 4; break;
    case 'U': n = 8; break;
    default: base = 8; digits--;
    }
    if (!read_digits(lexer, digits, n, base, &value))
        return false;
    lexer->at = digits + n;
    if (kind == 'u' || kind == 'U') {
        if (!rune_is_valid(value))
            return fail(lexer, backslash, "this escape is no Unicode character");
        buf_add_rune(out, value);
    } else {
        if (value > 0xff)
            return fail(lexer, backslash, "this escape is larger than a byte");
        buf_add_byte(out, (char)value);
    }
    return true;
}

static bool read_escape(struct hcl_lexer *lexer, struct buf *out)
{
    static const char values[] = "\a\b\f\n\r\t\v\\\"";
    char byte = peek(lexer, lexer->at + 1);
    size_t i = slice_find_byte(SLICE("abfnrtv\\\""), byte);

    if (i != SLICE_NOT_FOUND) {
        buf_add_byte(out, values[i]);
        lexer->at += 2;
        return true;
    }
    if (byte == 'x' || byte == 'u' || byte == 'U' || (byte >= '0' && byte <= '7'))
        return read_numeric_escape(lexer, out);
    return fail(lexer, lexer->at, "there is no such escape; a backslash is written '\\\\'");
}

/* "${...}" stays as it is, with quotes, backslashes and newlines: consul-template leaves it alone,
 * too, so a shell's variables reach the shell. */
static bool read_interpolation(struct hcl_lexer *lexer, struct buf *out)
{
    struct source_pos opened = hcl_lexer_pos(lexer, lexer->at);
    size_t begin = lexer->at, depth = 0;

    do {
        char byte = peek(lexer, ++lexer->at);

        if (byte == '\0')
            return error_set_at(lexer->err, ERROR_SYNTAX, opened, "'${' is never closed");
        depth += byte == '{';
        depth -= byte == '}';
        if (byte == '\n')
            hcl_lexer_start_line(lexer, lexer->at + 1);
    } while (depth > 0);
    lexer->at++;
    buf_add(out, slice_sub(lexer->text, begin, lexer->at));
    return true;
}

static bool read_quoted(struct hcl_lexer *lexer, struct buf *out)
{
    struct source_pos opened = hcl_lexer_pos(lexer, lexer->at);

    for (lexer->at++;;) {
        char byte = peek(lexer, lexer->at);

        switch (byte) {
        case '"': lexer->at++; return true;
        case '\0':
        case '\n':
            return error_set_at(lexer->err, ERROR_SYNTAX, opened,
                                "this text is not closed in its line");
        case '\\':
            if (!read_escape(lexer, out))
                return false;
            break;
        case '$':
            if (peek(lexer, lexer->at + 1) == '{') {
                if (!read_interpolation(lexer, out))
                    return false;
                break;
            }
            /* fallthrough */
        default: buf_add_byte(out, byte); lexer->at++;
        }
    }
}

bool hcl_read_quoted(struct hcl_lexer *lexer, struct slice *ret_text)
{
    CLEANUP(buf_fini) struct buf out = BUF_EMPTY;

    if (!read_quoted(lexer, &out))
        return false;
    *ret_text = arena_copy(lexer->arena, buf_slice(&out));
    return true;
}

/* --- Heredocs ------------------------------------------------------------------------------ */

static bool is_anchor_byte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '_' || (byte & 0x80);
}

/* The line from an offset on, without its newline. */
static struct slice line_at(const struct hcl_lexer *lexer, size_t at)
{
    struct slice rest = slice_sub(lexer->text, at, lexer->text.len), line = SLICE_EMPTY;

    slice_next(&rest, '\n', &line);
    return line;
}

static size_t count_blanks(struct slice line)
{
    size_t n = 0;

    while (n < line.len && (line.ptr[n] == ' ' || line.ptr[n] == '\t'))
        n++;
    return n;
}

static bool ends_heredoc(struct slice line, struct slice anchor)
{
    line = slice_sub(line, count_blanks(line), line.len);
    while (line.len > 0 && line.ptr[line.len - 1] == '\r')
        line.len--;
    return slice_equal(line, anchor);
}

static bool all_begin_with(struct slice lines, struct slice prefix)
{
    struct slice line;

    while (lines.len > 0 && slice_next(&lines, '\n', &line)) {
        if (!slice_starts_with(line, prefix))
            return false;
    }
    return true;
}

/* "<<-": every line loses what stands in front of the anchor at the end. If one of them does not
 * begin with that, all stay as they are. */
static struct slice unindent(struct arena *arena, struct slice lines, struct slice prefix)
{
    CLEANUP(buf_fini) struct buf out = BUF_EMPTY;
    struct slice line;

    if (prefix.len == 0 || !all_begin_with(lines, prefix))
        return lines;
    while (lines.len > 0 && slice_next(&lines, '\n', &line)) {
        buf_add(&out, slice_sub(line, prefix.len, line.len));
        buf_add_byte(&out, '\n');
    }
    return arena_copy(arena, buf_slice(&out));
}

/* "EOF" of "<<EOF" and "<<-EOF". */
static bool read_anchor(struct hcl_lexer *lexer, bool *ret_is_indented, struct slice *ret_anchor)
{
    size_t begin = lexer->at + 2, end;

    *ret_is_indented = peek(lexer, begin) == '-';
    begin += *ret_is_indented;
    for (end = begin; is_anchor_byte(peek(lexer, end)); end++)
        ;
    if (end == begin)
        return fail(lexer, lexer->at, "a word is missing behind '<<', as in '<<EOF'");
    *ret_anchor = slice_sub(lexer->text, begin, end);
    end += peek(lexer, end) == '\r';
    if (peek(lexer, end) != '\n')
        return fail(lexer, end, "the text of a heredoc begins in the next line");
    lexer->at = end + 1;
    return true;
}

bool hcl_read_heredoc(struct hcl_lexer *lexer, struct slice *ret_text)
{
    struct source_pos opened = hcl_lexer_pos(lexer, lexer->at);
    struct slice anchor, line, lines;
    bool is_indented;
    size_t begin;

    if (!read_anchor(lexer, &is_indented, &anchor))
        return false;
    begin = lexer->at;
    for (;;) {
        if (lexer->at >= lexer->text.len)
            return error_set_at(lexer->err, ERROR_SYNTAX, opened,
                                "this heredoc is never closed: a line with nothing but the word "
                                "behind '<<' is missing");
        hcl_lexer_start_line(lexer, lexer->at);
        line = line_at(lexer, lexer->at);
        if (ends_heredoc(line, anchor))
            break;
        lexer->at += line.len + 1;
    }

    /* Without '-', what stands in front of the anchor belongs to the text, as with HashiCorp's. */
    struct slice prefix = slice_sub(line, 0, count_blanks(line));

    lines = slice_sub(lexer->text, begin, lexer->at + (is_indented ? 0 : prefix.len));
    lexer->at += line.len;
    *ret_text = is_indented ? unindent(lexer->arena, lines, prefix) : lines;
    *ret_text = arena_copy(lexer->arena, *ret_text);
    return true;
}
