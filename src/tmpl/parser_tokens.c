/* SPDX-License-Identifier: MIT */
/* The parser's view of the lexer: tokens ahead, and errors about them. */
#include "parser.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/limits.h"

/* --- Tokens -------------------------------------------------------------------------------- */

struct token parser_next(struct parser *parser)
{
    if (parser->n_ahead)
        return parser->ahead[--parser->n_ahead];
    lexer_next(&parser->lexer, &parser->newest);
    return parser->newest;
}

void parser_unread(struct parser *parser, const struct token *token)
{
    assert(parser->n_ahead < ARRAY_SIZE(parser->ahead));
    parser->ahead[parser->n_ahead++] = *token;
}

struct token parser_peek(struct parser *parser)
{
    struct token token = parser_next(parser);

    parser_unread(parser, &token);
    return token;
}

/* --- Errors -------------------------------------------------------------------------------- */

bool parser_fail(struct parser *parser, const struct token *about, const char *fmt, ...)
{
    const struct token *newest = &parser->newest;
    bool is_same_line = about->line == newest->line;
    struct source_pos pos =
        template_position(parser->tmpl, is_same_line ? about->offset : newest->offset);
    char text[ERROR_TEXT_BYTES / 2];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    if (is_same_line)
        return error_set_at(parser->err, ERROR_SYNTAX, pos, "%s", text);

    struct source_pos where = template_position(parser->tmpl, about->offset);

    return error_set_at(parser->err, ERROR_SYNTAX, pos, "%s (at %u:%u)", text, where.line,
                        where.column);
}

bool parser_unexpected(struct parser *parser, const struct token *token, const char *expected)
{
    struct slice shown = slice_sub(token->text, 0, PARSER_SHOWN_BYTES);

    switch (token->kind) {
    case TOKEN_ERROR: return parser_fail(parser, token, "%.*s", SLICE_ARG(token->text));
    case TOKEN_END:
        return parser_fail(parser, token, "expected %s, found the end of the template", expected);
    case TOKEN_TEXT: return parser_fail(parser, token, "expected %s, found text", expected);
    case TOKEN_STRING:
    case TOKEN_RAW_STRING:
        return parser_fail(parser, token, "expected %s, found the string %.*s", expected,
                           SLICE_ARG(shown));
    default:
        return parser_fail(parser, token, "expected %s, found '%.*s'", expected, SLICE_ARG(shown));
    }
}

bool parser_enter(struct parser *parser, const struct token *token)
{
    if (parser->depth >= LIMIT_PARSE_DEPTH)
        return parser_fail(parser, token,
                           "blocks and parentheses are nested more than %u deep, the limit",
                           LIMIT_PARSE_DEPTH);
    parser->depth++;
    return true;
}

void parser_leave(struct parser *parser)
{
    parser->depth--;
}
