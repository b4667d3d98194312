/* SPDX-License-Identifier: MIT */
/* The grammar of HCL 1, by recursive descent. */
#include "hcl.h"

#include "base/limits.h"
#include "base/memory.h"
#include "hcl_lexer.h"

struct parser {
    struct hcl_lexer lexer;
    struct arena *arena;
    struct error *err;
    struct hcl_token token; /* the one that decides what follows */
    unsigned depth;
    size_t n_nodes;
};

static struct source_pos token_pos(const struct parser *parser, const struct hcl_token *token)
{
    return (struct source_pos){ parser->lexer.name, token->line, token->column };
}

static bool parser_advance(struct parser *parser)
{
    return hcl_lexer_next(&parser->lexer, &parser->token);
}

static bool parser_fail(struct parser *parser, const char *expected)
{
    return error_set_at(parser->err, ERROR_SYNTAX, token_pos(parser, &parser->token),
                        "expected %s, found %s", expected, hcl_token_kind_name(parser->token.kind));
}

/* The same for what is open since another place. */
static bool parser_fail_inside(struct parser *parser, const char *expected,
                               const struct hcl_token *opener)
{
    return error_set_at(parser->err, ERROR_SYNTAX, token_pos(parser, &parser->token),
                        "expected %s, found %s (%s is open since line %u)", expected,
                        hcl_token_kind_name(parser->token.kind), hcl_token_kind_name(opener->kind),
                        opener->line);
}

static bool parser_new_node(struct parser *parser, enum yaml_kind kind,
                            const struct hcl_token *token, struct yaml_node **ret_node)
{
    if (++parser->n_nodes > LIMIT_YAML_NODES)
        return error_set_at(parser->err, ERROR_LIMIT, token_pos(parser, token),
                            "more than %d values", LIMIT_YAML_NODES);

    struct yaml_node *node = ARENA_NEW(parser->arena, struct yaml_node);

    node->kind = kind;
    node->tag = SLICE_EMPTY;
    node->text = SLICE_EMPTY;
    node->line = token->line;
    node->column = token->column;
    *ret_node = node;
    return true;
}

static bool parser_new_scalar(struct parser *parser, const struct hcl_token *token,
                              struct yaml_node **ret_node)
{
    if (!parser_new_node(parser, YAML_SCALAR, token, ret_node))
        return false;
    (*ret_node)->text = token->text;
    (*ret_node)->is_plain =
        token->kind == HCL_NAME || token->kind == HCL_NUMBER || token->kind == HCL_BOOL;
    return true;
}

/* The depth is what bounds the recursion. */
static bool parser_enter(struct parser *parser, const struct hcl_token *token)
{
    return ++parser->depth <= LIMIT_YAML_DEPTH ||
           error_set_at(parser->err, ERROR_LIMIT, token_pos(parser, token),
                        "nested deeper than %d levels", LIMIT_YAML_DEPTH);
}

/* --- Grammar ------------------------------------------------------------------------------- */

static bool parse_value(struct parser *parser, struct yaml_node **ret_node);
static bool parse_body(struct parser *parser, enum hcl_token_kind end,
                       const struct hcl_token *opener, struct yaml_node *body);

/* object := "{" body "}"; `at` is where people would say that it begins. */
static bool parse_object(struct parser *parser, const struct hcl_token *at,
                         struct yaml_node **ret_node)
{
    const struct hcl_token opener = parser->token;

    if (!parser_enter(parser, &opener) || !parser_advance(parser) ||
        !parser_new_node(parser, YAML_MAPPING, at, ret_node) ||
        !parse_body(parser, HCL_CLOSE_BRACE, &opener, *ret_node) || !parser_advance(parser))
        return false;
    parser->depth--;
    return true;
}

/* list := "[" [value {"," value} [","]] "]" */
static bool parse_list_items(struct parser *parser, const struct hcl_token *opener,
                             struct yaml_node *list)
{
    size_t cap = 0;

    while (parser->token.kind != HCL_CLOSE_BRACKET) {
        struct yaml_node *item;

        if (!parse_value(parser, &item))
            return false;
        ARENA_GROW(parser->arena, list->items, list->n_items, cap);
        list->items[list->n_items++] = item;
        if (parser->token.kind == HCL_CLOSE_BRACKET)
            break;
        if (parser->token.kind != HCL_COMMA)
            return parser_fail_inside(parser, "',' or ']'", opener);
        if (!parser_advance(parser))
            return false;
    }
    return true;
}

static bool parse_list(struct parser *parser, struct yaml_node **ret_node)
{
    const struct hcl_token opener = parser->token;

    if (!parser_enter(parser, &opener) || !parser_advance(parser) ||
        !parser_new_node(parser, YAML_SEQUENCE, &opener, ret_node) ||
        !parse_list_items(parser, &opener, *ret_node) || !parser_advance(parser))
        return false;
    parser->depth--;
    return true;
}

/* value := text | number | bool | object | list */
static bool parse_value(struct parser *parser, struct yaml_node **ret_node)
{
    const struct hcl_token token = parser->token;

    switch (token.kind) {
    case HCL_STRING:
    case HCL_HEREDOC:
    case HCL_NUMBER:
    case HCL_BOOL: return parser_advance(parser) && parser_new_scalar(parser, &token, ret_node);
    case HCL_OPEN_BRACE: return parse_object(parser, &token, ret_node);
    case HCL_OPEN_BRACKET: return parse_list(parser, ret_node);
    case HCL_NAME: return parser_fail(parser, "a value (a text needs quotes)");
    case HCL_END:
    case HCL_ASSIGN:
    case HCL_COMMA:
    case HCL_CLOSE_BRACE:
    case HCL_CLOSE_BRACKET: break;
    }
    return parser_fail(parser, "a value");
}

static bool is_key(const struct hcl_token *token)
{
    return token->kind == HCL_NAME || token->kind == HCL_STRING || token->kind == HCL_BOOL;
}

/* rest := "=" value | label rest | object; a label is a key whose value is the mapping around the
 * rest. */
static bool parse_item_rest(struct parser *parser, const struct hcl_token *key, bool is_label,
                            struct yaml_node **ret_value)
{
    if (parser->token.kind == HCL_OPEN_BRACE)
        return parse_object(parser, key, ret_value);
    if (parser->token.kind == HCL_ASSIGN && !is_label)
        return parser_advance(parser) && parse_value(parser, ret_value);
    if (!is_key(&parser->token))
        return parser_fail(parser, is_label ? "'{'" : "'=' or '{'");

    const struct hcl_token label = parser->token;
    struct yaml_node *node, *inner;

    if (!parser_enter(parser, &label) || !parser_advance(parser) ||
        !parser_new_node(parser, YAML_MAPPING, &label, &node))
        return false;
    node->items = ARENA_ARRAY(parser->arena, 2, struct yaml_node *);
    node->n_items = 2;
    if (!parser_new_scalar(parser, &label, &node->items[0]) ||
        !parse_item_rest(parser, &label, true, &inner))
        return false;
    node->items[1] = inner;
    parser->depth--;
    *ret_value = node;
    return true;
}

/* item := key rest */
static bool parse_item(struct parser *parser, struct yaml_node *body, size_t *cap)
{
    const struct hcl_token key = parser->token;
    struct yaml_node *name, *value;

    if (!parser_new_scalar(parser, &key, &name) || !parser_advance(parser) ||
        !parse_item_rest(parser, &key, false, &value))
        return false;
    ARENA_GROW(parser->arena, body->items, body->n_items, *cap);
    body->items[body->n_items++] = name;
    ARENA_GROW(parser->arena, body->items, body->n_items, *cap);
    body->items[body->n_items++] = value;
    return true;
}

/* body := {item [","]}; opener: of what it stands in, NULL for the file. A key may be there again:
 * what that means is the reader's business. */
static bool parse_body(struct parser *parser, enum hcl_token_kind end,
                       const struct hcl_token *opener, struct yaml_node *body)
{
    size_t cap = 0;

    while (parser->token.kind != end) {
        if (!is_key(&parser->token))
            return opener ? parser_fail_inside(parser, "a key or '}'", opener)
                          : parser_fail(parser, "a key");
        if (!parse_item(parser, body, &cap) ||
            (parser->token.kind == HCL_COMMA && !parser_advance(parser)))
            return false;
    }
    return true;
}

bool hcl_parse(const char *name, struct slice text, struct arena *arena,
               struct yaml_node **ret_root, struct error *err)
{
    struct parser parser = { .arena = arena, .err = err };
    struct yaml_node *root;

    if (!hcl_lexer_init(&parser.lexer, name, text, arena, err) || !parser_advance(&parser) ||
        !parser_new_node(&parser, YAML_MAPPING, &parser.token, &root) ||
        !parse_body(&parser, HCL_END, NULL, root))
        return false;
    *ret_root = root;
    return true;
}
