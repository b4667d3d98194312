/* SPDX-License-Identifier: MIT */
/* The words of HCL 1, consul-template's own form of configuration. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/slice.h"

enum hcl_token_kind {
    HCL_END,
    HCL_NAME,    /* address, log-level, a.b */
    HCL_STRING,  /* "..."; text is what it stands for */
    HCL_HEREDOC, /* <<EOF; the same */
    HCL_NUMBER,  /* as written, but for hexadecimal ones, which become decimal */
    HCL_BOOL,
    HCL_ASSIGN,
    HCL_COMMA,
    HCL_OPEN_BRACE,
    HCL_CLOSE_BRACE,
    HCL_OPEN_BRACKET,
    HCL_CLOSE_BRACKET,
};

const char *hcl_token_kind_name(enum hcl_token_kind kind); /* "a name", "'{'", for errors */

struct hcl_token {
    enum hcl_token_kind kind;
    struct slice text; /* of the text or in the arena; terminated for what is a value */
    unsigned line, column;
};

/* It knows lines and columns, not grammar. Its errors quote nothing: it may be a secret. */
struct hcl_lexer {
    const char *name; /* what errors call the text */
    struct slice text;
    struct arena *arena;
    struct error *err;
    size_t at;         /* of the next byte */
    size_t line_start; /* of its line */
    unsigned line;     /* from 1 */
};

/* ERROR_SYNTAX for what is not UTF-8. */
MUST_CHECK bool hcl_lexer_init(struct hcl_lexer *lexer, const char *name, struct slice text,
                               struct arena *arena, struct error *err);
MUST_CHECK bool hcl_lexer_next(struct hcl_lexer *lexer, struct hcl_token *ret_token);

struct source_pos hcl_lexer_pos(const struct hcl_lexer *lexer, size_t at); /* in this line */
/* For every newline that was gone over; at: of the byte behind it. */
void hcl_lexer_start_line(struct hcl_lexer *lexer, size_t at);
