/* SPDX-License-Identifier: MIT */
/* Splits a template into text and the tokens of its actions. */
#include "lexer.h"

#include <stdarg.h>
#include <stdio.h>
#include <unictype.h>

#include "base/utf8.h"
#include "number.h"

#define TRIM_MARKER_LEN 2 /* the dash and the white space beside it */

void lexer_init(struct lexer *lexer, struct slice text, struct slice left, struct slice right)
{
    *lexer = (struct lexer){
        .text = text,
        .left = left.len ? left : SLICE("{{"),
        .right = right.len ? right : SLICE("}}"),
        .line = 1,
    };
}

void lexer_locate(struct slice text, size_t offset, unsigned *ret_line, unsigned *ret_column)
{
    struct slice before = slice_sub(text, 0, offset);
    size_t line_end;

    for (*ret_line = 1; (line_end = slice_find_byte(before, '\n')) != SLICE_NOT_FOUND; ++*ret_line)
        before = slice_sub(before, line_end + 1, before.len);
    *ret_column = (unsigned)before.len + 1;
}

/* --- Looking around ------------------------------------------------------------------------ */

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_space_at(const struct lexer *lexer, size_t at)
{
    return at < lexer->text.len && is_space(lexer->text.ptr[at]);
}

static bool is_byte_at(const struct lexer *lexer, size_t at, char byte)
{
    return at < lexer->text.len && lexer->text.ptr[at] == byte;
}

static bool is_text_at(const struct lexer *lexer, size_t at, struct slice word)
{
    return at <= lexer->text.len &&
           slice_starts_with(slice_sub(lexer->text, at, lexer->text.len), word);
}

static bool is_name_rune(uint32_t rune)
{
    if (rune < 0x80)
        return rune == '_' || (rune >= '0' && rune <= '9') ||
               ((rune | 0x20) >= 'a' && (rune | 0x20) <= 'z');
    return uc_is_general_category_withtable(rune, UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_Nd);
}

/* The end of the run of letters, digits and '_' that begins there. */
static size_t name_end(const struct lexer *lexer, size_t at)
{
    while (at < lexer->text.len) {
        uint32_t rune;
        size_t n = utf8_decode(slice_sub(lexer->text, at, lexer->text.len), &rune);

        if (!is_name_rune(rune))
            break;
        at += n;
    }
    return at;
}

/* What may follow a name. */
static bool is_terminator_at(const struct lexer *lexer, size_t at)
{
    if (at >= lexer->text.len || is_space(lexer->text.ptr[at]))
        return true;
    switch (lexer->text.ptr[at]) {
    case '.':
    case ',':
    case '|':
    case ':':
    case '(':
    case ')': return true;
    default: return is_text_at(lexer, at, lexer->right);
    }
}

/* White space, a dash and the right delimiter. */
static bool is_trimming_close_at(const struct lexer *lexer, size_t at)
{
    return is_space_at(lexer, at) && is_byte_at(lexer, at + 1, '-') &&
           is_text_at(lexer, at + TRIM_MARKER_LEN, lexer->right);
}

/* --- Tokens -------------------------------------------------------------------------------- */

/* A token from `from` to `to`, behind which the next one begins. */
static void emit(struct lexer *lexer, enum token_kind kind, size_t from, size_t to,
                 struct token *ret_token)
{
    for (; lexer->counted < from; lexer->counted++)
        lexer->line += lexer->text.ptr[lexer->counted] == '\n';
    ret_token->kind = kind;
    ret_token->text = slice_sub(lexer->text, from, to);
    ret_token->offset = from;
    ret_token->line = lexer->line;
    lexer->at = to;
}

static void __attribute__((format(printf, 4, 5)))
emit_error(struct lexer *lexer, size_t at, struct token *ret_token, const char *fmt, ...)
{
    va_list args;

    emit(lexer, TOKEN_ERROR, at, at, ret_token);
    va_start(args, fmt);
    vsnprintf(lexer->message, sizeof(lexer->message), fmt, args);
    va_end(args);
    ret_token->text = slice_from(lexer->message);
}

/* How a message shows the character there. */
static const char *describe(const struct lexer *lexer, size_t at, char (*ret_text)[24])
{
    uint32_t rune;

    if (at >= lexer->text.len)
        return "the end of the template";

    unsigned char byte = (unsigned char)lexer->text.ptr[at];
    size_t n = utf8_decode(slice_sub(lexer->text, at, lexer->text.len), &rune);

    if (byte > 0x20 && byte < 0x7f)
        snprintf(*ret_text, sizeof(*ret_text), "'%c'", byte);
    else if (byte >= 0x80 && n == 1)
        snprintf(*ret_text, sizeof(*ret_text), "byte 0x%02x", byte);
    else
        snprintf(*ret_text, sizeof(*ret_text), "U+%04X", (unsigned)rune);
    return *ret_text;
}

static void emit_bad_follower(struct lexer *lexer, size_t from, size_t at, struct token *ret_token)
{
    struct slice name = slice_sub(lexer->text, from, at < from + 40 ? at : from + 40);
    char found[24];

    emit_error(lexer, at, ret_token, "expected white space or an operator after '%.*s', found %s",
               SLICE_ARG(name), describe(lexer, at, &found));
}

static enum token_kind name_kind(struct slice name)
{
    static const struct {
        const char *name;
        enum token_kind kind;
    } keywords[] = {
        { "block", TOKEN_BLOCK },       { "break", TOKEN_BREAK },
        { "continue", TOKEN_CONTINUE }, { "define", TOKEN_DEFINE },
        { "else", TOKEN_ELSE },         { "end", TOKEN_END_KEYWORD },
        { "false", TOKEN_BOOL },        { "if", TOKEN_IF },
        { "nil", TOKEN_NIL },           { "range", TOKEN_RANGE },
        { "template", TOKEN_TEMPLATE }, { "true", TOKEN_BOOL },
        { "with", TOKEN_WITH },
    };

    for (size_t i = 0; i < ARRAY_SIZE(keywords); i++) {
        if (slice_is(name, keywords[i].name))
            return keywords[i].kind;
    }
    return TOKEN_IDENTIFIER;
}

static void lex_name(struct lexer *lexer, size_t from, struct token *ret_token)
{
    size_t to = name_end(lexer, from);

    if (!is_terminator_at(lexer, to))
        emit_bad_follower(lexer, from, to, ret_token);
    else
        emit(lexer, name_kind(slice_sub(lexer->text, from, to)), from, to, ret_token);
}

/* A dot or dollar, alone or in front of a name. */
static void lex_sigil(struct lexer *lexer, size_t from, struct token *ret_token)
{
    bool is_variable = lexer->text.ptr[from] == '$';
    size_t to = from + 1;

    if (is_terminator_at(lexer, to)) {
        emit(lexer, is_variable ? TOKEN_VARIABLE : TOKEN_DOT, from, to, ret_token);
        return;
    }
    to = name_end(lexer, to);
    if (!is_terminator_at(lexer, to))
        emit_bad_follower(lexer, from, to, ret_token);
    else
        emit(lexer, is_variable ? TOKEN_VARIABLE : TOKEN_FIELD, from, to, ret_token);
}

static void lex_number(struct lexer *lexer, size_t from, struct token *ret_token)
{
    struct slice text = lexer->text;
    size_t to = from + number_scan(slice_sub(text, from, text.len));
    bool is_good = name_end(lexer, to) == to;

    if (is_good && (is_byte_at(lexer, to, '+') || is_byte_at(lexer, to, '-'))) {
        to += number_scan(slice_sub(text, to, text.len)); /* complex: 1+2i */
        is_good = text.ptr[to - 1] == 'i' && name_end(lexer, to) == to;
    }
    if (is_good) {
        emit(lexer, TOKEN_NUMBER, from, to, ret_token);
        return;
    }
    if (to < text.len)
        to = name_end(lexer, to);

    struct slice shown = slice_sub(text, from, to < from + 40 ? to : from + 40);

    emit_error(lexer, from, ret_token, "expected a number, found '%.*s'", SLICE_ARG(shown));
}

/* A string or character constant: up to the next such quote on the same line. */
static void lex_quoted(struct lexer *lexer, size_t from, struct token *ret_token)
{
    char quote = lexer->text.ptr[from];

    for (size_t at = from + 1; at < lexer->text.len && lexer->text.ptr[at] != '\n'; at++) {
        if (lexer->text.ptr[at] == quote) {
            emit(lexer, quote == '"' ? TOKEN_STRING : TOKEN_CHARACTER, from, at + 1, ret_token);
            return;
        }
        if (lexer->text.ptr[at] == '\\' && !is_byte_at(lexer, at + 1, '\n'))
            at++;
    }
    emit_error(lexer, from, ret_token,
               "expected %c at the end of the %s before the end of the line", quote,
               quote == '"' ? "string" : "character constant");
}

static void lex_raw_string(struct lexer *lexer, size_t from, struct token *ret_token)
{
    struct slice rest = slice_sub(lexer->text, from + 1, lexer->text.len);
    size_t length = slice_find_byte(rest, '`');

    if (length == SLICE_NOT_FOUND)
        emit_error(lexer, from, ret_token, "the raw string is never closed: expected a '`'");
    else
        emit(lexer, TOKEN_RAW_STRING, from, from + length + 2, ret_token);
}

static void lex_paren(struct lexer *lexer, size_t from, struct token *ret_token)
{
    if (lexer->text.ptr[from] == '(') {
        lexer->n_parens++;
        lexer->paren_at = from;
        emit(lexer, TOKEN_LEFT_PAREN, from, from + 1, ret_token);
    } else if (lexer->n_parens == 0) {
        emit_error(lexer, from, ret_token, "unexpected ')': no '(' is open");
    } else {
        lexer->n_parens--;
        emit(lexer, TOKEN_RIGHT_PAREN, from, from + 1, ret_token);
    }
}

static void lex_other(struct lexer *lexer, size_t from, struct token *ret_token)
{
    uint32_t rune;
    unsigned char byte = (unsigned char)lexer->text.ptr[from];
    char found[24];

    utf8_decode(slice_sub(lexer->text, from, lexer->text.len), &rune);
    if (is_name_rune(rune))
        lex_name(lexer, from, ret_token);
    else if (byte > 0x20 && byte < 0x7f)
        emit(lexer, TOKEN_PUNCTUATION, from, from + 1, ret_token);
    else
        emit_error(lexer, from, ret_token, "expected a name, a constant or an operator, found %s",
                   describe(lexer, from, &found));
}

/* --- Actions ------------------------------------------------------------------------------- */

/* The end of the action; `from` is the delimiter itself. */
static void lex_close(struct lexer *lexer, size_t from, bool is_trimming, struct token *ret_token)
{
    if (lexer->n_parens) {
        unsigned line, column;

        lexer_locate(lexer->text, lexer->paren_at, &line, &column);
        emit_error(lexer, from, ret_token, "expected ')' for the '(' opened at %u:%u, found '%.*s'",
                   line, column, SLICE_ARG(slice_sub(lexer->right, 0, 16)));
        return;
    }
    emit(lexer, TOKEN_CLOSE, from, from + lexer->right.len, ret_token);
    lexer->is_inside = false;
    if (is_trimming) {
        while (is_space_at(lexer, lexer->at))
            lexer->at++;
    }
}

static void lex_unclosed(struct lexer *lexer, size_t at, struct token *ret_token)
{
    unsigned line, column;

    lexer_locate(lexer->text, lexer->action_at, &line, &column);
    emit_error(lexer, at, ret_token,
               "expected '%.*s' for the action opened at %u:%u, found the end of the template",
               SLICE_ARG(slice_sub(lexer->right, 0, 16)), line, column);
}

/* One token of an action that is neither white space nor its end. */
static void lex_token(struct lexer *lexer, size_t at, struct token *ret_token)
{
    switch (lexer->text.ptr[at]) {
    case '=': emit(lexer, TOKEN_ASSIGN, at, at + 1, ret_token); return;
    case '|': emit(lexer, TOKEN_PIPE, at, at + 1, ret_token); return;
    case ':':
        if (is_byte_at(lexer, at + 1, '='))
            emit(lexer, TOKEN_DECLARE, at, at + 2, ret_token);
        else
            emit_error(lexer, at, ret_token, "expected ':=', found ':'");
        return;
    case '"':
    case '\'': lex_quoted(lexer, at, ret_token); return;
    case '`': lex_raw_string(lexer, at, ret_token); return;
    case '$': lex_sigil(lexer, at, ret_token); return;
    case '.':
        if (at + 1 < lexer->text.len &&
            (lexer->text.ptr[at + 1] < '0' || lexer->text.ptr[at + 1] > '9'))
            lex_sigil(lexer, at, ret_token);
        else
            lex_number(lexer, at, ret_token);
        return;
    case '(':
    case ')': lex_paren(lexer, at, ret_token); return;
    case '+':
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9': lex_number(lexer, at, ret_token); return;
    default: lex_other(lexer, at, ret_token); return;
    }
}

static void lex_inside(struct lexer *lexer, struct token *ret_token)
{
    size_t at = lexer->at;

    ret_token->has_space_before = is_space_at(lexer, at);
    if (is_text_at(lexer, at, lexer->right)) { /* the delimiter may begin with white space */
        lex_close(lexer, at, false, ret_token);
        return;
    }
    while (is_space_at(lexer, at))
        at++;
    if (ret_token->has_space_before && is_trimming_close_at(lexer, at - 1)) {
        lex_close(lexer, at + TRIM_MARKER_LEN - 1, true, ret_token);
        return;
    }
    if (is_text_at(lexer, at, lexer->right)) {
        lex_close(lexer, at, false, ret_token);
        return;
    }
    if (at == lexer->text.len) {
        lex_unclosed(lexer, at, ret_token);
        return;
    }
    lex_token(lexer, at, ret_token);
}

/* --- Text ---------------------------------------------------------------------------------- */

/* Moves behind a comment, of which `from` is the first byte; false: an error token was made. */
static bool skip_comment(struct lexer *lexer, size_t from, struct token *ret_token)
{
    struct slice body = slice_sub(lexer->text, from + 2, lexer->text.len);
    size_t length = slice_find(body, SLICE("*/"));

    if (length == SLICE_NOT_FOUND) {
        emit_error(lexer, from, ret_token, "the comment is never closed: expected '*/'");
        return false;
    }

    size_t to = from + 2 + length + 2;
    bool is_trimming = is_trimming_close_at(lexer, to);

    if (is_trimming)
        to += TRIM_MARKER_LEN;
    if (!is_text_at(lexer, to, lexer->right)) {
        emit_error(lexer, from, ret_token,
                   "expected '%.*s' right behind the comment (a comment is the whole action)",
                   SLICE_ARG(slice_sub(lexer->right, 0, 16)));
        return false;
    }
    lexer->at = to + lexer->right.len;
    while (is_trimming && is_space_at(lexer, lexer->at))
        lexer->at++;
    return true;
}

static size_t without_trailing_space(const struct lexer *lexer, size_t from, size_t to)
{
    while (to > from && is_space(lexer->text.ptr[to - 1]))
        to--;
    return to;
}

static void lex_outside(struct lexer *lexer, struct token *ret_token)
{
    ret_token->has_space_before = false;
    for (;;) {
        size_t from = lexer->at;
        size_t length = slice_find(slice_sub(lexer->text, from, lexer->text.len), lexer->left);

        if (length == SLICE_NOT_FOUND) {
            emit(lexer, from < lexer->text.len ? TOKEN_TEXT : TOKEN_END, from, lexer->text.len,
                 ret_token);
            return;
        }

        size_t open = from + length, after = open + lexer->left.len, text_end = open;

        if (is_byte_at(lexer, after, '-') && is_space_at(lexer, after + 1)) {
            after += TRIM_MARKER_LEN;
            text_end = without_trailing_space(lexer, from, open);
        }
        if (text_end > from) {
            emit(lexer, TOKEN_TEXT, from, text_end, ret_token);
            lexer->at = open;
            return;
        }
        if (!is_text_at(lexer, after, SLICE("/*"))) {
            emit(lexer, TOKEN_OPEN, open, after, ret_token);
            lexer->is_inside = true;
            lexer->action_at = open;
            return;
        }
        if (!skip_comment(lexer, after, ret_token))
            return;
    }
}

void lexer_next(struct lexer *lexer, struct token *ret_token)
{
    if (lexer->is_inside)
        lex_inside(lexer, ret_token);
    else
        lex_outside(lexer, ret_token);
}
