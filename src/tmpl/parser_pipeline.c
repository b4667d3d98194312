/* SPDX-License-Identifier: MIT */
/* Pipelines, commands, operands and variables: sections 3 and 4 of the language. */
#include "parser.h"

#include <assert.h>
#include <stdio.h>
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

static struct variable_name *scope_declare(struct scope *scope, struct arena *arena,
                                           struct slice name)
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
        steps[path.n++] = (struct step){ slice_sub(token.text, 1, token.text.len), NULL, NULL };
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

static bool parse_operand(struct parser *parser, struct node **ret_node)
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

/* --- Commands ------------------------------------------------------------------------------ */

/* A function whose first argument is a constant may keep what it makes of it. */
static void give_memo(struct parser *parser, const struct command *command)
{
    struct node *node = command->words[0];

    if (node->kind != NODE_FUNCTION || command->n_words < 2 ||
        command->words[1]->kind != NODE_STRING)
        return;
    node->function.memo = ARENA_NEW(&parser->tmpl->arena, struct call_memo);
    node->function.memo->arena = &parser->tmpl->arena;
}

/* What follows an operand: more of the command, or its end. */
static bool parse_after_operand(struct parser *parser, const struct node *operand,
                                bool *ret_has_ended)
{
    struct token token = parser_next(parser);

    *ret_has_ended = true;
    switch (token.kind) {
    case TOKEN_PIPE: return true;
    case TOKEN_CLOSE:
    case TOKEN_RIGHT_PAREN: parser_unread(parser, &token); return true;
    default: break;
    }
    if (token.has_space_before && operand) {
        *ret_has_ended = false;
        parser_unread(parser, &token);
        return true;
    }
    if (token.kind == TOKEN_LEFT_PAREN && operand && operand->kind == NODE_FUNCTION)
        return parser_unexpected(parser, &token,
                                 "a space after the function's name (arguments are separated by "
                                 "spaces)");
    return parser_unexpected(parser, &token,
                             operand ? "white space, '|' or the end of the action after an operand"
                                     : "an operand, '|' or the end of the action");
}

static bool parse_command(struct parser *parser)
{
    size_t from = parser->n_nodes;
    struct command command = { .offset = (uint32_t)parser_peek(parser).offset };

    for (bool has_ended = false; !has_ended;) {
        struct node *operand;

        if (!parse_operand(parser, &operand))
            return false;
        if (operand)
            parser_push_node(parser, operand);
        if (!parse_after_operand(parser, operand, &has_ended))
            return false;
    }

    struct body words = parser_take_nodes(parser, from);

    command.words = words.nodes;
    command.n_words = words.n;
    give_memo(parser, &command);
    GROW(parser->commands, parser->n_commands, parser->cap_commands);
    parser->commands[parser->n_commands++] = command;
    return true;
}

/* --- Pipelines ----------------------------------------------------------------------------- */

static void add_variable(struct parser *parser, struct pipeline *pipeline,
                         struct variable_name **variables, const struct token *token)
{
    variables[pipeline->n_variables++] =
        scope_declare(parser->scope, &parser->tmpl->arena, token->text);
}

static bool is_comma(const struct token *token)
{
    return token->kind == TOKEN_PUNCTUATION && slice_is(token->text, ",");
}

#define MAX_VARIABLES 2

/* "$x :=", "$x =", "$i, $v :=": the variables before a pipeline, if there are any. */
static bool parse_declarations(struct parser *parser, const char *what, struct pipeline *pipeline)
{
    bool is_range = strcmp(what, "'range'") == 0;
    struct variable_name **variables =
        ARENA_ARRAY(&parser->tmpl->arena, MAX_VARIABLES, struct variable_name *);

    pipeline->variables = variables;
    while (parser_peek(parser).kind == TOKEN_VARIABLE) {
        struct token variable = parser_next(parser);
        struct token after = parser_peek(parser);

        if (after.kind == TOKEN_ASSIGN || after.kind == TOKEN_DECLARE) {
            parser_next(parser);
            pipeline->is_assignment = after.kind == TOKEN_ASSIGN;
            add_variable(parser, pipeline, variables, &variable);
            for (size_t i = 0; i < pipeline->n_variables && pipeline->is_assignment; i++)
                variables[i]->is_assigned = true;
            return true;
        }
        if (!is_comma(&after)) {
            parser_unread(parser, &variable);
            return true;
        }
        parser_next(parser);
        if (!is_range || pipeline->n_variables + 1 >= MAX_VARIABLES)
            return parser_fail(parser, &after,
                               is_range ? "'range' declares at most two variables"
                                        : "only 'range' declares more than one variable");
        add_variable(parser, pipeline, variables, &variable);

        struct token next = parser_peek(parser);

        if (next.kind != TOKEN_VARIABLE && next.kind != TOKEN_CLOSE &&
            next.kind != TOKEN_RIGHT_PAREN)
            return parser_unexpected(parser, &next, "a variable after ','");
    }
    return true;
}

/* What can never be called cannot be given the value of the stage before it. */
static bool check_stages(struct parser *parser, const struct pipeline *pipeline)
{
    for (size_t i = 1; i < pipeline->n_commands; i++) {
        const struct node *first = pipeline->commands[i].words[0];
        struct token about = parser->newest;

        switch (first->kind) {
        case NODE_BOOL:
        case NODE_DOT:
        case NODE_NIL:
        case NODE_NUMBER:
        case NODE_PIPELINE:
        case NODE_STRING:
            about.offset = first->offset;
            lexer_locate(parser->tmpl->text, about.offset, &about.line, &(unsigned){ 0 });
            return parser_fail(parser, &about,
                               "expected a function in stage %zu of the pipeline: a constant, dot "
                               "or parentheses take no argument",
                               i + 1);
        default: break;
        }
    }
    return true;
}

static bool is_operand_start(enum token_kind kind)
{
    switch (kind) {
    case TOKEN_BOOL:
    case TOKEN_CHARACTER:
    case TOKEN_DOT:
    case TOKEN_FIELD:
    case TOKEN_IDENTIFIER:
    case TOKEN_LEFT_PAREN:
    case TOKEN_NIL:
    case TOKEN_NUMBER:
    case TOKEN_RAW_STRING:
    case TOKEN_STRING:
    case TOKEN_VARIABLE: return true;
    default: return false;
    }
}

static void take_commands(struct parser *parser, size_t from, struct pipeline *pipeline)
{
    size_t n = parser->n_commands - from;
    struct command *commands = ARENA_ARRAY(&parser->tmpl->arena, n, struct command);

    memcpy(commands, parser->commands + from, n * sizeof(*commands));
    pipeline->commands = commands;
    pipeline->n_commands = n;
    parser->n_commands = from;
}

/* What most actions are: {{ .Field }}. */
static struct node *plain_operand(const struct pipeline *pipeline)
{
    struct node *node = pipeline->commands[0].words[0];

    if (pipeline->n_commands > 1 || pipeline->commands[0].n_words > 1 || pipeline->n_variables)
        return NULL;
    return node->kind == NODE_DOT || node->kind == NODE_FIELD || node->kind == NODE_VARIABLE ? node
                                                                                             : NULL;
}

bool parse_pipeline(struct parser *parser, const char *what, enum token_kind end,
                    struct pipeline **ret_pipeline)
{
    struct pipeline *pipeline = ARENA_NEW(&parser->tmpl->arena, struct pipeline);
    size_t from = parser->n_commands;
    struct token token;

    pipeline->offset = (uint32_t)parser_peek(parser).offset;
    if (!parse_declarations(parser, what, pipeline))
        return false;
    while ((token = parser_next(parser)).kind != end) {
        char expected[64];

        snprintf(expected, sizeof(expected), "a value in %s", what);
        if (!is_operand_start(token.kind))
            return parser_unexpected(parser, &token, expected);
        parser_unread(parser, &token);
        if (!parse_command(parser))
            return false;
    }
    if (parser->n_commands == from)
        return parser_fail(parser, &token, "expected a value in %s, found none", what);
    take_commands(parser, from, pipeline);
    if (!check_stages(parser, pipeline))
        return false;
    pipeline->plain = plain_operand(pipeline);
    *ret_pipeline = pipeline;
    return true;
}
