/* SPDX-License-Identifier: MIT */
/* The words of a template: section 1 of the language. Knows lines and columns, not grammar. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

enum token_kind {
    TOKEN_END, /* of the text */
    TOKEN_ERROR,
    TOKEN_TEXT, /* outside of actions, already trimmed */
    TOKEN_OPEN, /* the left delimiter */
    TOKEN_CLOSE,
    TOKEN_BOOL,
    TOKEN_NUMBER,
    TOKEN_CHARACTER,
    TOKEN_STRING,
    TOKEN_RAW_STRING,
    TOKEN_IDENTIFIER,
    TOKEN_FIELD,    /* with its dot */
    TOKEN_VARIABLE, /* with its dollar */
    TOKEN_DOT,
    TOKEN_NIL,
    TOKEN_PIPE,
    TOKEN_LEFT_PAREN,
    TOKEN_RIGHT_PAREN,
    TOKEN_ASSIGN,
    TOKEN_DECLARE,
    TOKEN_PUNCTUATION, /* a comma, or what no rule accepts */
    TOKEN_BLOCK,
    TOKEN_BREAK,
    TOKEN_CONTINUE,
    TOKEN_DEFINE,
    TOKEN_ELSE,
    TOKEN_END_KEYWORD,
    TOKEN_IF,
    TOKEN_RANGE,
    TOKEN_TEMPLATE,
    TOKEN_WITH,
};

struct token {
    enum token_kind kind;
    bool has_space_before;
    struct slice text; /* its bytes, borrowed; of an error: what was expected and what was found */
    size_t offset;
    unsigned line; /* of its first byte, from 1 */
};

struct lexer {
    struct slice text;
    struct slice left, right; /* the delimiters */
    size_t at;
    bool is_inside;    /* an action */
    size_t action_at;  /* where it began */
    unsigned n_parens; /* open ones in it */
    size_t paren_at;   /* the last one that was opened */
    size_t counted;    /* lines are counted up to here */
    unsigned line;     /* the one of that byte */
    char message[160]; /* text of an error */
};

/* Borrows all texts. Empty delimiters are the usual ones. */
void lexer_init(struct lexer *lexer, struct slice text, struct slice left, struct slice right);
/* After TOKEN_ERROR or TOKEN_END it must not be called again. */
void lexer_next(struct lexer *lexer, struct token *ret_token);

/* Line and column, both from 1, of a byte; the column counts bytes. */
void lexer_locate(struct slice text, size_t offset, unsigned *ret_line, unsigned *ret_column);
