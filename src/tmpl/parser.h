/* SPDX-License-Identifier: MIT */
/* Parsing, shared by its parts: parser.c reads blocks, parser_pipeline.c what stands in an action,
 * parser_operand.c its words; parser_tokens.c has the tokens ahead. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "ast.h"
#include "base/error.h"
#include "base/map.h"
#include "lexer.h"

/* What may be named while one text, define or block is parsed. */
struct scope {
    struct map names; /* of struct variable_name */
    struct variable_name **visible;
    size_t n_visible, cap_visible;
    const struct variable_name *dollar;
    unsigned n_ranges; /* open ones: break and continue are for them */
};

struct parser {
    struct template *tmpl;
    struct lexer lexer;
    struct token ahead[3]; /* read and given back, the next one last */
    size_t n_ahead;
    struct token newest; /* the last one that the lexer made: its line is the peer's in errors */
    struct scope *scope;
    unsigned depth;
    struct error *err;
    /* Parts of what is being read, innermost last, until it is known how many there are. */
    struct node **nodes;
    size_t n_nodes, cap_nodes;
    struct command *commands;
    size_t n_commands, cap_commands;
    struct node **calls; /* of named templates, resolved at the end */
    size_t n_calls, cap_calls;
};

/* --- parser_tokens.c ----------------------------------------------------------------------- */

#define PARSER_SHOWN_BYTES 40 /* of a token, in an error */

struct token parser_next(struct parser *parser);
struct token parser_peek(struct parser *parser);
void parser_unread(struct parser *parser, const struct token *token);

/* Fails: the line is that of the last token that was read, the column that of `about` if it is in
 * this line. */
bool parser_fail(struct parser *parser, const struct token *about, const char *fmt, ...)
    PRINTF(3, 4);
/* Fails with "expected …, found …", or with what the lexer says. */
bool parser_unexpected(struct parser *parser, const struct token *token, const char *expected);
MUST_CHECK bool parser_enter(struct parser *parser,
                             const struct token *token); /* one level deeper */
void parser_leave(struct parser *parser);

/* --- parser.c ------------------------------------------------------------------------------ */

struct node *parser_new_node(struct parser *parser, enum node_kind kind, size_t offset);
/* The nodes that were pushed since there were `from` of them. */
struct body parser_take_nodes(struct parser *parser, size_t from);
void parser_push_node(struct parser *parser, struct node *node);

/* --- parser_operand.c ---------------------------------------------------------------------- */

/* An operand with its fields; NULL, and nothing read, when none begins here. */
MUST_CHECK bool parse_operand(struct parser *parser, struct node **ret_node);
/* The text of a string constant. */
MUST_CHECK bool parser_unquote(struct parser *parser, const struct token *token,
                               struct slice *ret_text);

void scope_init(struct scope *scope, struct parser *parser); /* "$" is declared in it */
void scope_fini(struct scope *scope);
void scope_pop_to(struct scope *scope, size_t n_visible);
struct variable_name *scope_declare(struct scope *scope, struct arena *arena, struct slice name);

/* --- parser_pipeline.c --------------------------------------------------------------------- */

/* A pipeline and the token that ends it; what: how errors call the place, "'range'", "the action" …
 * Two variables may be declared in "'range'". */
MUST_CHECK bool parse_pipeline(struct parser *parser, const char *what, enum token_kind end,
                               struct pipeline **ret_pipeline);

/* --- The whole ------------------------------------------------------------------------------ */

/* Parses tmpl->text into tmpl->main and tmpl->defines. */
MUST_CHECK bool parse_template(struct template *tmpl, struct error *err);
