/* SPDX-License-Identifier: MIT */
/* Pipelines, commands and declarations: sections 3 and 4 of the language. */
#include "parser.h"

#include <stdio.h>

#include "base/memory.h"

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
