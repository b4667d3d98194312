/* SPDX-License-Identifier: MIT */
/* The blocks of a template: sections 5 and 6 of the language, recursive descent. */
#include "parser.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "replay_plan.h"

/* --- Nodes --------------------------------------------------------------------------------- */

struct node *parser_new_node(struct parser *parser, enum node_kind kind, size_t offset)
{
    struct node *node = ARENA_NEW(&parser->tmpl->arena, struct node);

    node->kind = kind;
    node->offset = (uint32_t)offset;
    return node;
}

void parser_push_node(struct parser *parser, struct node *node)
{
    GROW(parser->nodes, parser->n_nodes, parser->cap_nodes);
    parser->nodes[parser->n_nodes++] = node;
}

struct body parser_take_nodes(struct parser *parser, size_t from)
{
    size_t n = parser->n_nodes - from;
    struct node **nodes = ARENA_ARRAY(&parser->tmpl->arena, n, struct node *);

    if (n)
        memcpy(nodes, parser->nodes + from, n * sizeof(struct node *));
    parser->n_nodes = from;
    return (struct body){ nodes, n };
}

/* --- Bodies -------------------------------------------------------------------------------- */

enum body_end { BODY_END, BODY_ELSE };

static bool parse_action(struct parser *parser, const struct token *open, bool *ret_has_ended,
                         enum body_end *ret_end);

/* What an unclosed block is called and where it began. */
struct opener {
    const char *what;
    struct token token;
};

/* Up to the {{end}} or {{else}} that closes it. Of {{else if}} only the else is read. */
static bool parse_body(struct parser *parser, const struct opener *opener, struct body *ret_body,
                       enum body_end *ret_end)
{
    size_t from = parser->n_nodes;
    bool has_ended = false;

    if (!parser_enter(parser, &opener->token))
        return false;
    while (!has_ended) {
        struct token token = parser_next(parser);

        if (token.kind == TOKEN_TEXT) {
            struct node *node = parser_new_node(parser, NODE_TEXT, token.offset);

            node->text = token.text;
            parser_push_node(parser, node);
        } else if (token.kind == TOKEN_OPEN) {
            if (!parse_action(parser, &token, &has_ended, ret_end))
                return false;
        } else if (token.kind == TOKEN_END) {
            return error_set_at(parser->err, ERROR_SYNTAX,
                                template_position(parser->tmpl, opener->token.offset),
                                "'%s' is never closed: expected {{end}}, found the end of the "
                                "template in line %u",
                                opener->what, template_position(parser->tmpl, token.offset).line);
        } else {
            return parser_unexpected(parser, &token, "'}}' after 'else'");
        }
    }
    parser_leave(parser);
    *ret_body = parser_take_nodes(parser, from);
    return true;
}

static bool expect_close(struct parser *parser, const char *after)
{
    struct token token = parser_next(parser);
    char expected[64];

    if (token.kind == TOKEN_CLOSE)
        return true;
    snprintf(expected, sizeof(expected), "'}}' after '%s'", after);
    return parser_unexpected(parser, &token, expected);
}

/* if and with: they differ in what follows an else. */
static bool parse_condition(struct parser *parser, const struct token *open, enum node_kind kind)
{
    bool is_if = kind == NODE_IF;
    struct opener opener = { is_if ? "if" : "with", *open };
    struct node *node = parser_new_node(parser, kind, open->offset);
    struct branch **tail = &node->condition.branches;
    size_t n_visible = parser->scope->n_visible;
    enum body_end end;

    for (;;) {
        struct branch *branch = ARENA_NEW(&parser->tmpl->arena, struct branch);

        if (!parse_pipeline(parser, is_if ? "'if'" : "'with'", TOKEN_CLOSE, &branch->pipeline) ||
            !parse_body(parser, &opener, &branch->body, &end))
            return false;
        *tail = branch;
        tail = &branch->next;
        if (end == BODY_END || parser_peek(parser).kind != (is_if ? TOKEN_IF : TOKEN_WITH))
            break;
        parser_next(parser);
    }
    if (end == BODY_ELSE && !parse_body(parser, &opener, &node->condition.otherwise, &end))
        return false;
    if (end == BODY_ELSE)
        return parser_fail(parser, &parser->newest, "expected {{end}}, found a second {{else}}");
    scope_pop_to(parser->scope, n_visible);
    parser_push_node(parser, node);
    return true;
}

static bool parse_range(struct parser *parser, const struct token *open)
{
    struct opener opener = { "range", *open };
    struct node *node = parser_new_node(parser, NODE_RANGE, open->offset);
    size_t n_visible = parser->scope->n_visible;
    enum body_end end;

    if (!parse_pipeline(parser, "'range'", TOKEN_CLOSE, &node->range.pipeline))
        return false;
    parser->scope->n_ranges++;
    if (!parse_body(parser, &opener, &node->range.body, &end))
        return false;
    parser->scope->n_ranges--;
    if (end == BODY_ELSE && !parse_body(parser, &opener, &node->range.otherwise, &end))
        return false;
    if (end == BODY_ELSE)
        return parser_fail(parser, &parser->newest, "expected {{end}}, found a second {{else}}");
    scope_pop_to(parser->scope, n_visible);
    parser_push_node(parser, node);
    return true;
}

static bool parse_jump(struct parser *parser, const struct token *token, enum node_kind kind)
{
    const char *name = kind == NODE_BREAK ? "break" : "continue";

    if (!expect_close(parser, name))
        return false;
    if (parser->scope->n_ranges == 0)
        return parser_fail(parser, token, "'%s' is only allowed inside a 'range'", name);
    parser_push_node(parser, parser_new_node(parser, kind, token->offset));
    return true;
}

/* --- Named templates ----------------------------------------------------------------------- */

static bool parse_name(struct parser *parser, const char *expected, struct token *ret_token,
                       struct slice *ret_name)
{
    *ret_token = parser_next(parser);
    if (ret_token->kind != TOKEN_STRING && ret_token->kind != TOKEN_RAW_STRING)
        return parser_unexpected(parser, ret_token, expected);
    return parser_unquote(parser, ret_token, ret_name);
}

/* An empty definition never replaces another one and may be replaced by any. */
static bool add_define(struct parser *parser, const struct token *about, struct slice name,
                       struct body body)
{
    struct template *tmpl = parser->tmpl;
    struct define *define = map_find(&tmpl->defines, name);
    bool is_empty = body_is_empty(&body);

    if (define && !define->is_empty) {
        if (is_empty)
            return true;
        return parser_fail(parser, about, "the template '%.*s' is defined twice",
                           SLICE_ARG(slice_sub(name, 0, PARSER_SHOWN_BYTES)));
    }
    if (!define) {
        define = ARENA_NEW(&tmpl->arena, struct define);
        define->name = name;
        map_put(&tmpl->defines, name, define);
    }
    define->body = body;
    define->dollar = parser->scope->dollar;
    define->is_empty = is_empty;
    return true;
}

/* close: the end of the clause, where the peer reports a wrong end of a block; NULL: at that end.
 */
static bool parse_definition_body(struct parser *parser, const char *what, const struct token *open,
                                  const struct token *close, struct slice name)
{
    struct opener opener = { what, *open };
    struct body body;
    enum body_end end;

    if (!parse_body(parser, &opener, &body, &end))
        return false;
    if (end == BODY_ELSE) {
        if (close)
            parser->newest = *close;
        return parser_fail(parser, &parser->newest, "expected {{end}} for '%s', found {{else}}",
                           what);
    }
    return add_define(parser, open, name, body);
}

/* The body of a define or block, which sees no variable of what is around it. */
static bool parse_definition(struct parser *parser, const char *what, const struct token *open,
                             const struct token *close, struct slice name)
{
    CLEANUP(scope_fini) struct scope scope;
    struct scope *outer = parser->scope;

    scope_init(&scope, parser);
    parser->scope = &scope;

    bool is_ok = parse_definition_body(parser, what, open, close, name);

    parser->scope = outer;
    return is_ok;
}

/* open: the delimiter before the keyword, which was read. */
static bool parse_define(struct parser *parser, const struct token *open)
{
    struct token token;
    struct slice name;

    return parse_name(parser, "the name of the template as a string constant", &token, &name) &&
           expect_close(parser, "define") && parse_definition(parser, "define", open, NULL, name);
}

static struct node *add_call(struct parser *parser, const struct token *token, struct slice name,
                             struct pipeline *argument)
{
    struct node *node = parser_new_node(parser, NODE_TEMPLATE, token->offset);

    node->call.name = name;
    node->call.argument = argument;
    GROW(parser->calls, parser->n_calls, parser->cap_calls);
    parser->calls[parser->n_calls++] = node;
    return node;
}

static bool parse_call(struct parser *parser)
{
    struct pipeline *argument = NULL;
    struct token token;
    struct slice name;

    if (!parse_name(parser, "the name of a template as a string constant", &token, &name))
        return false;
    if (parser_peek(parser).kind == TOKEN_CLOSE)
        parser_next(parser);
    else if (!parse_pipeline(parser, "'template'", TOKEN_CLOSE, &argument))
        return false;
    parser_push_node(parser, add_call(parser, &token, name, argument));
    return true;
}

static bool parse_block(struct parser *parser, const struct token *open)
{
    struct pipeline *argument;
    struct token token, close;
    struct slice name;

    if (!parse_name(parser, "the name of the block as a string constant", &token, &name) ||
        !parse_pipeline(parser, "'block'", TOKEN_CLOSE, &argument))
        return false;
    close = parser->newest;
    if (!parse_definition(parser, "block", open, &close, name))
        return false;
    parser->newest = close; /* the peer reads the body with a parser of its own */
    parser_push_node(parser, add_call(parser, &token, name, argument));
    return true;
}

/* --- Actions ------------------------------------------------------------------------------- */

static bool parse_else(struct parser *parser)
{
    enum token_kind kind = parser_peek(parser).kind;

    return kind == TOKEN_IF || kind == TOKEN_WITH || expect_close(parser, "else");
}

static bool parse_plain_action(struct parser *parser, const struct token *first)
{
    struct node *node = parser_new_node(parser, NODE_ACTION, first->offset);

    parser_unread(parser, first);
    if (!parse_pipeline(parser, "the action", TOKEN_CLOSE, &node->pipeline))
        return false;
    parser_push_node(parser, node);
    return true;
}

/* What follows the left delimiter. Pushes a node, or ends the body. */
static bool parse_action(struct parser *parser, const struct token *open, bool *ret_has_ended,
                         enum body_end *ret_end)
{
    struct token token = parser_next(parser);

    *ret_has_ended = false;
    switch (token.kind) {
    case TOKEN_IF: return parse_condition(parser, open, NODE_IF);
    case TOKEN_WITH: return parse_condition(parser, open, NODE_WITH);
    case TOKEN_RANGE: return parse_range(parser, open);
    case TOKEN_TEMPLATE: return parse_call(parser);
    case TOKEN_BLOCK: return parse_block(parser, open);
    case TOKEN_BREAK: return parse_jump(parser, &token, NODE_BREAK);
    case TOKEN_CONTINUE: return parse_jump(parser, &token, NODE_CONTINUE);
    case TOKEN_DEFINE:
        return parser_fail(parser, &token, "'define' is only allowed outside of all blocks");
    case TOKEN_END_KEYWORD:
        *ret_has_ended = true;
        *ret_end = BODY_END;
        return expect_close(parser, "end");
    case TOKEN_ELSE:
        *ret_has_ended = true;
        *ret_end = BODY_ELSE;
        return parse_else(parser);
    default: return parse_plain_action(parser, &token);
    }
}

/* --- The whole ------------------------------------------------------------------------------ */

static bool parse_top_action(struct parser *parser, const struct token *open)
{
    struct token token = parser_peek(parser);
    enum body_end end;
    bool has_ended;

    if (token.kind == TOKEN_DEFINE) {
        parser_next(parser);
        return parse_define(parser, open);
    }
    if (!parse_action(parser, open, &has_ended, &end))
        return false;
    if (has_ended)
        return parser_fail(parser, &token, "unexpected {{%s}}: no block is open",
                           end == BODY_END ? "end" : "else");
    return true;
}

static bool parse_main(struct parser *parser, struct body *ret_body)
{
    for (;;) {
        struct token token = parser_next(parser);

        if (token.kind == TOKEN_END)
            break;
        if (token.kind == TOKEN_TEXT) {
            struct node *node = parser_new_node(parser, NODE_TEXT, token.offset);

            node->text = token.text;
            parser_push_node(parser, node);
        } else if (token.kind != TOKEN_OPEN) {
            return parser_unexpected(parser, &token, "text or an action");
        } else if (!parse_top_action(parser, &token)) {
            return false;
        }
    }
    *ret_body = parser_take_nodes(parser, 0);
    return add_define(parser, &parser->newest, SLICE_EMPTY, *ret_body);
}

static void parser_fini(struct parser *parser)
{
    free(parser->nodes);
    free(parser->commands);
    free(parser->calls);
}

bool parse_template(struct template *tmpl, struct error *err)
{
    CLEANUP(parser_fini) struct parser parser = { .tmpl = tmpl, .err = err };
    CLEANUP(scope_fini) struct scope scope;
    struct body body;

    lexer_init(&parser.lexer, tmpl->text, slice_from(tmpl->options.left_delimiter),
               slice_from(tmpl->options.right_delimiter));
    scope_init(&scope, &parser);
    parser.scope = &scope;
    if (!parse_main(&parser, &body))
        return false;
    for (size_t i = 0; i < parser.n_calls; i++)
        parser.calls[i]->call.define = map_find(&tmpl->defines, parser.calls[i]->call.name);
    tmpl->main = map_find(&tmpl->defines, SLICE_EMPTY);
    if (!tmpl->reads_output)
        replay_plan_template(tmpl);
    return true;
}
