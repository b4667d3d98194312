/* SPDX-License-Identifier: MIT */
/* Operands and variables: constants, functions, chains; section 3 of the language. */
#include "parser.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "function.h"
#include "literal.h"

/* --- Variables ----------------------------------------------------------------------------- */

static struct variable_name *scope_intern(struct scope *scope, struct arena *arena,
                                          struct slice name)
{
    struct variable_name *found = map_find(&scope->names, name);

    if (!found) {
        found = ARENA_NEW(arena, struct variable_name);
        found->name = name;
        map_put(&scope->names, name, found);
    }
    return found;
}

struct variable_name *scope_declare(struct scope *scope, struct arena *arena, struct slice name)
{
    struct variable_name *declared = scope_intern(scope, arena, name);

    GROW(scope->visible, scope->n_visible, scope->cap_visible);
    scope->visible[scope->n_visible++] = declared;
    declared->n_visible++;
    return declared;
}

void scope_init(struct scope *scope, struct parser *parser)
{
    *scope = (struct scope){ .names = MAP_EMPTY };
    scope->dollar = scope_declare(scope, &parser->tmpl->arena, SLICE("$"));
}

void scope_fini(struct scope *scope)
{
    map_fini(&scope->names);
    free(scope->visible);
}

void scope_pop_to(struct scope *scope, size_t n_visible)
{
    while (scope->n_visible > n_visible)
        scope->visible[--scope->n_visible]->n_visible--;
}

/* --- Operands ------------------------------------------------------------------------------ */

bool parser_unquote(struct parser *parser, const struct token *token, struct slice *ret_text)
{
    size_t bad_at;

    if (literal_unquote(token->text, &parser->tmpl->arena, ret_text, &bad_at))
        return true;

    struct token bad = *token;

    bad.offset += bad_at;
    return parser_fail(parser, &bad, "wrong escape sequence in the string %.*s",
                       SLICE_ARG(slice_sub(token->text, 0, 40)));
}

static bool is_denied(const struct template_options *options, struct slice name)
{
    for (size_t i = 0; i < options->n_denylist; i++) {
        if (slice_is(name, options->denylist[i]))
            return true;
    }
    return false;
}

static bool parse_function(struct parser *parser, const struct token *token, struct node **ret_node)
{
    const struct function *function = function_find(token->text);

    if (!function) {
        const char *nearest = function_nearest(token->text);
        struct slice shown = slice_sub(token->text, 0, 64);

        if (nearest)
            return parser_fail(parser, token, "unknown function '%.*s', did you mean '%s'?",
                               SLICE_ARG(shown), nearest);
        return parser_fail(parser, token, "unknown function '%.*s'", SLICE_ARG(shown));
    }
    *ret_node = parser_new_node(parser, NODE_FUNCTION, token->offset);
    (*ret_node)->function.function = function;
    (*ret_node)->function.is_denied = is_denied(&parser->tmpl->options, token->text);
    parser->tmpl->reads_output |= (function->flags & FUNCTION_SHOWS_ALL) != 0;
    return true;
}

static bool parse_variable(struct parser *parser, const struct token *token, struct node **ret_node)
{
    struct variable_name *name = map_find(&parser->scope->names, token->text);

    if (!name || name->n_visible == 0)
        return parser_fail(parser, token, "undefined variable '%.*s'",
                           SLICE_ARG(slice_sub(token->text, 0, 64)));
    *ret_node = parser_new_node(parser, NODE_VARIABLE, token->offset);
    (*ret_node)->variable.name = name;
    return true;
}

static bool parse_number(struct parser *parser, const struct token *token, struct node **ret_node)
{
    *ret_node = parser_new_node(parser, NODE_NUMBER, token->offset);
    switch (number_parse_literal(token->text, &(*ret_node)->number)) {
    case NUMBER_OK: return true;
    case NUMBER_BAD_SYNTAX: return parser_unexpected(parser, token, "a number");
    case NUMBER_OUT_OF_RANGE:
        return parser_fail(parser, token, "the number '%.*s' is too large",
                           SLICE_ARG(slice_sub(token->text, 0, 40)));
    }
    return false;
}

static bool parse_character(struct parser *parser, const struct token *token,
                            struct node **ret_node)
{
    uint32_t rune;

    if (!literal_parse_rune(token->text, &rune))
        return parser_fail(parser, token, "expected one character or escape sequence, found %.*s",
                           SLICE_ARG(slice_sub(token->text, 0, 40)));
    *ret_node = parser_new_node(parser, NODE_NUMBER, token->offset);
    (*ret_node)->number = number_from_rune(rune);
    return true;
}

static bool parse_string(struct parser *parser, const struct token *token, struct node **ret_node)
{
    struct slice text;

    if (!parser_unquote(parser, token, &text))
        return false;
    *ret_node = parser_new_node(parser, NODE_STRING, token->offset);
    (*ret_node)->constant = value_string(text);
    return true;
}

static bool parse_parenthesis(struct parser *parser, const struct token *token,
                              struct node **ret_node)
{
    struct pipeline *pipeline;

    if (!parser_enter(parser, token) ||
        !parse_pipeline(parser, "parentheses", TOKEN_RIGHT_PAREN, &pipeline))
        return false;
    parser_leave(parser);
    *ret_node = parser_new_node(parser, NODE_PIPELINE, pipeline->offset);
    (*ret_node)->pipeline = pipeline;
    return true;
}

/* An operand without the fields behind it; *ret_node stays NULL, and nothing is read, when none
 * begins here. */
static bool parse_term(struct parser *parser, struct node **ret_node)
{
    struct token token = parser_next(parser);

    switch (token.kind) {
    case TOKEN_IDENTIFIER: return parse_function(parser, &token, ret_node);
    case TOKEN_VARIABLE: return parse_variable(parser, &token, ret_node);
    case TOKEN_NUMBER: return parse_number(parser, &token, ret_node);
    case TOKEN_CHARACTER: return parse_character(parser, &token, ret_node);
    case TOKEN_STRING:
    case TOKEN_RAW_STRING: return parse_string(parser, &token, ret_node);
    case TOKEN_LEFT_PAREN: return parse_parenthesis(parser, &token, ret_node);
    case TOKEN_DOT: *ret_node = parser_new_node(parser, NODE_DOT, token.offset); return true;
    case TOKEN_NIL: *ret_node = parser_new_node(parser, NODE_NIL, token.offset); return true;
    case TOKEN_BOOL:
        *ret_node = parser_new_node(parser, NODE_BOOL, token.offset);
        (*ret_node)->constant = value_bool(slice_is(token.text, "true"));
        return true;
    case TOKEN_FIELD:
        *ret_node = parser_new_node(parser, NODE_FIELD, token.offset);
        parser_unread(parser, &token);
        return true;
    default: parser_unread(parser, &token); return true;
    }
}

static bool is_field_next(struct parser *parser)
{
    struct token token = parser_peek(parser);

    return token.kind == TOKEN_FIELD && !token.has_space_before;
}

/* What a check has said is read by its name, or printed with the check. Pointers within what is
 * printed, as from an instance to its checks, are not followed. */
static bool leads_to_output(struct slice field)
{
    return slice_is(field, "Output") || slice_is(field, "Checks");
}

/* The fields that follow an operand without white space. An error in the chain is shown, as the
 * peer's, at its second name for .A.B.C, at its first one for anything else. */
static bool parse_path(struct parser *parser, struct node **node)
{
    enum node_kind kind = (*node)->kind;
    struct path path = { 0 };
    size_t cap = 0, offset = 0;
    struct step *steps = NULL;

    while (path.n == 0 ? parser_peek(parser).kind == TOKEN_FIELD : is_field_next(parser)) {
        struct token token = parser_next(parser);

        if (path.n <= (kind == NODE_FIELD))
            offset = token.offset;
        GROW(steps, path.n, cap);
        steps[path.n] = (struct step){ slice_sub(token.text, 1, token.text.len), NULL, NULL };
        parser->tmpl->reads_output |= leads_to_output(steps[path.n++].name);
    }
    assert(steps); /* the caller has seen the first field */
    path.steps = ARENA_ARRAY(&parser->tmpl->arena, path.n, struct step);
    memcpy(path.steps, steps, path.n * sizeof(*steps));
    free(steps);
    if (kind == NODE_FIELD) {
        (*node)->path = path;
    } else if (kind == NODE_VARIABLE) {
        (*node)->variable.path = path;
    } else {
        struct node *head = *node;

        *node = parser_new_node(parser, NODE_CHAIN, offset);
        (*node)->chain.head = head;
        (*node)->chain.path = path;
    }
    (*node)->offset = (uint32_t)offset;
    return true;
}

bool parse_operand(struct parser *parser, struct node **ret_node)
{
    *ret_node = NULL;
    if (!parse_term(parser, ret_node))
        return false;
    if (!*ret_node || ((*ret_node)->kind != NODE_FIELD && !is_field_next(parser)))
        return true;

    switch ((*ret_node)->kind) {
    case NODE_BOOL:
    case NODE_NUMBER:
    case NODE_STRING:
    case NODE_NIL:
    case NODE_DOT: {
        struct token token = parser_peek(parser);

        return parser_fail(parser, &token, "unexpected '%.*s': a constant has no fields",
                           SLICE_ARG(slice_sub(token.text, 0, 40)));
    }
    default: return parse_path(parser, ret_node);
    }
}
