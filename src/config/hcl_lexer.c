/* SPDX-License-Identifier: MIT */
/* HCL text into words. */
#include "hcl_lexer.h"

#include "base/buf.h"
#include "base/utf8.h"
#include "hcl_text.h"

const char *hcl_token_kind_name(enum hcl_token_kind kind)
{
    switch (kind) {
    case HCL_END: return "the end of the file";
    case HCL_NAME: return "a name";
    case HCL_STRING: return "a text in quotes";
    case HCL_HEREDOC: return "a heredoc";
    case HCL_NUMBER: return "a number";
    case HCL_BOOL: return "true or false";
    case HCL_ASSIGN: return "'='";
    case HCL_COMMA: return "','";
    case HCL_OPEN_BRACE: return "'{'";
    case HCL_CLOSE_BRACE: return "'}'";
    case HCL_OPEN_BRACKET: return "'['";
    case HCL_CLOSE_BRACKET: return "']'";
    }
    return "?";
}

struct source_pos hcl_lexer_pos(const struct hcl_lexer *lexer, size_t at)
{
    return (struct source_pos){ lexer->name, lexer->line, (unsigned)(at - lexer->line_start) + 1 };
}

void hcl_lexer_start_line(struct hcl_lexer *lexer, size_t at)
{
    lexer->line++;
    lexer->line_start = at;
}

static bool fail(struct hcl_lexer *lexer, const char *what)
{
    return error_set_at(lexer->err, ERROR_SYNTAX, hcl_lexer_pos(lexer, lexer->at), "%s", what);
}

/* Whether there are nothing but characters of UTF-8; no NUL, so that one can stand for the end. */
static bool check_text(struct hcl_lexer *lexer)
{
    struct slice text = lexer->text;
    size_t n_valid = utf8_valid_len(text), nul = slice_find_byte(text, '\0');
    size_t bad = nul < n_valid ? nul : n_valid;
    struct slice rest = slice_sub(text, 0, bad), line;

    if (bad == text.len)
        return true;
    lexer->line = 0;
    while (slice_next(&rest, '\n', &line))
        hcl_lexer_start_line(lexer, (size_t)(line.ptr - text.ptr));
    lexer->at = bad;
    return fail(lexer, bad == nul ? "a NUL byte cannot be part of it"
                                  : "this byte is not part of a UTF-8 character");
}

#define BYTE_ORDER_MARK SLICE("\xef\xbb\xbf")

bool hcl_lexer_init(struct hcl_lexer *lexer, const char *name, struct slice text,
                    struct arena *arena, struct error *err)
{
    *lexer =
        (struct hcl_lexer){ .name = name, .text = text, .arena = arena, .err = err, .line = 1 };
    if (!check_text(lexer))
        return false;
    if (slice_starts_with(text, BYTE_ORDER_MARK))
        lexer->at = BYTE_ORDER_MARK.len;
    return true;
}

static char peek(const struct hcl_lexer *lexer, size_t ahead)
{
    size_t at = lexer->at + ahead;

    return at < lexer->text.len ? lexer->text.ptr[at] : '\0';
}

/* --- What is left out ---------------------------------------------------------------------- */

static void skip_line(struct hcl_lexer *lexer)
{
    while (peek(lexer, 0) != '\0' && peek(lexer, 0) != '\n')
        lexer->at++;
}

static bool skip_block_comment(struct hcl_lexer *lexer)
{
    struct source_pos opened = hcl_lexer_pos(lexer, lexer->at);

    for (lexer->at += 2; peek(lexer, 0) != '*' || peek(lexer, 1) != '/'; lexer->at++) {
        if (peek(lexer, 0) == '\0')
            return error_set_at(lexer->err, ERROR_SYNTAX, opened, "this comment is never closed");
        if (peek(lexer, 0) == '\n')
            hcl_lexer_start_line(lexer, lexer->at + 1);
    }
    lexer->at += 2;
    return true;
}

static bool skip_blanks(struct hcl_lexer *lexer)
{
    for (;;) {
        char byte = peek(lexer, 0);

        if (byte == '\n')
            hcl_lexer_start_line(lexer, lexer->at + 1);
        if (byte == '\n' || byte == ' ' || byte == '\t' || byte == '\r')
            lexer->at++;
        else if (byte == '#' || (byte == '/' && peek(lexer, 1) == '/'))
            skip_line(lexer);
        else if (byte != '/' || peek(lexer, 1) != '*')
            return true;
        else if (!skip_block_comment(lexer))
            return false;
    }
}

/* --- Words --------------------------------------------------------------------------------- */

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_letter(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_' ||
           (byte & 0x80);
}

static void read_name(struct hcl_lexer *lexer, struct hcl_token *token)
{
    size_t begin = lexer->at;

    while (is_letter(peek(lexer, 0)) || is_digit(peek(lexer, 0)) || peek(lexer, 0) == '-' ||
           peek(lexer, 0) == '.')
        lexer->at++;
    token->text = arena_copy(lexer->arena, slice_sub(lexer->text, begin, lexer->at));
    token->kind =
        slice_is(token->text, "true") || slice_is(token->text, "false") ? HCL_BOOL : HCL_NAME;
}

static void skip_digits(struct hcl_lexer *lexer)
{
    while (is_digit(peek(lexer, 0)))
        lexer->at++;
}

/* "0x1F": what reads values knows decimal numbers alone. */
static bool read_hexadecimal(struct hcl_lexer *lexer, size_t begin, struct hcl_token *token)
{
    struct buf number = BUF_EMPTY;
    uint64_t value = 0;
    size_t n_digits = 0;

    for (lexer->at += 2;; lexer->at++, n_digits++) {
        char byte = peek(lexer, 0), letter = (char)(byte | 0x20);
        bool is_hex_letter = letter >= 'a' && letter <= 'f';

        if (!is_digit(byte) && !is_hex_letter)
            break;
        value = value << 4 | (uint64_t)(is_digit(byte) ? byte - '0' : letter - 'a' + 10);
    }
    if (n_digits == 0 || n_digits > 15) {
        lexer->at = begin;
        return fail(lexer, "a hexadecimal number has 1 to 15 digits");
    }
    buf_printf(&number, "%s%llu", lexer->text.ptr[begin] == '-' ? "-" : "",
               (unsigned long long)value);
    token->text = arena_copy(lexer->arena, buf_slice(&number));
    buf_fini(&number);
    return true;
}

static bool read_exponent(struct hcl_lexer *lexer)
{
    lexer->at++;
    if (peek(lexer, 0) == '+' || peek(lexer, 0) == '-')
        lexer->at++;
    if (!is_digit(peek(lexer, 0)))
        return fail(lexer, "an exponent needs digits");
    skip_digits(lexer);
    return true;
}

/* Whether a name or a number begins where a number has ended: "10s", "1.2.3". */
static bool check_number_end(struct hcl_lexer *lexer)
{
    if (!is_letter(peek(lexer, 0)) && peek(lexer, 0) != '.')
        return true;
    return fail(lexer, "a number ends here; a text such as \"30s\" needs quotes");
}

static bool read_number(struct hcl_lexer *lexer, struct hcl_token *token)
{
    size_t begin = lexer->at;

    token->kind = HCL_NUMBER;
    lexer->at += peek(lexer, 0) == '-';
    if (peek(lexer, 0) == '0' && (peek(lexer, 1) | 0x20) == 'x')
        return read_hexadecimal(lexer, begin, token) && check_number_end(lexer);
    skip_digits(lexer);
    if (peek(lexer, 0) == '.' && is_digit(peek(lexer, 1))) {
        lexer->at++;
        skip_digits(lexer);
    }
    if ((peek(lexer, 0) | 0x20) == 'e' && !read_exponent(lexer))
        return false;
    token->text = arena_copy(lexer->arena, slice_sub(lexer->text, begin, lexer->at));
    return check_number_end(lexer);
}

static bool read_sign(struct hcl_lexer *lexer, struct hcl_token *token)
{
    static const struct {
        char byte;
        enum hcl_token_kind kind;
    } signs[] = {
        { '=', HCL_ASSIGN },      { ',', HCL_COMMA },        { '{', HCL_OPEN_BRACE },
        { '}', HCL_CLOSE_BRACE }, { '[', HCL_OPEN_BRACKET }, { ']', HCL_CLOSE_BRACKET },
    };

    for (size_t i = 0; i < ARRAY_SIZE(signs); i++) {
        if (peek(lexer, 0) != signs[i].byte)
            continue;
        token->kind = signs[i].kind;
        lexer->at++;
        return true;
    }
    if (peek(lexer, 0) == '\'')
        return fail(lexer, "a text stands in double quotes");
    if (peek(lexer, 0) == ':')
        return fail(lexer, "HCL has '=' between a key and its value");
    return fail(lexer, "this character means nothing in HCL");
}

bool hcl_lexer_next(struct hcl_lexer *lexer, struct hcl_token *ret_token)
{
    struct hcl_token token = { .kind = HCL_END, .text = SLICE_EMPTY };
    bool is_good = true;

    if (!skip_blanks(lexer))
        return false;

    struct source_pos pos = hcl_lexer_pos(lexer, lexer->at);
    char byte = peek(lexer, 0);

    token.line = pos.line;
    token.column = pos.column;
    if (lexer->at >= lexer->text.len) {
        token.kind = HCL_END;
    } else if (is_letter(byte)) {
        read_name(lexer, &token);
    } else if (is_digit(byte) || (byte == '-' && is_digit(peek(lexer, 1)))) {
        is_good = read_number(lexer, &token);
    } else if (byte == '"') {
        token.kind = HCL_STRING;
        is_good = hcl_read_quoted(lexer, &token.text);
    } else if (byte == '<' && peek(lexer, 1) == '<') {
        token.kind = HCL_HEREDOC;
        is_good = hcl_read_heredoc(lexer, &token.text);
    } else {
        is_good = read_sign(lexer, &token);
    }
    if (is_good)
        *ret_token = token;
    return is_good;
}
