/* SPDX-License-Identifier: MIT */
/* What is asked of a syntax tree besides running it. */
#include "ast.h"

#include <unictype.h>

#include "base/utf8.h"
#include "lexer.h"

struct source_pos template_position(const struct template *tmpl, size_t offset)
{
    struct source_pos pos = { .source = tmpl->name };

    lexer_locate(tmpl->text, offset, &pos.line, &pos.column);
    return pos;
}

/* White space as Unicode defines it: what Go's strings.TrimSpace removes. */
static bool is_white_space(struct slice text)
{
    for (size_t at = 0; at < text.len;) {
        uint32_t rune;

        at += utf8_decode(slice_sub(text, at, text.len), &rune);
        if (!uc_is_property_white_space(rune))
            return false;
    }
    return true;
}

bool body_is_empty(const struct body *body)
{
    for (size_t i = 0; i < body->n; i++) {
        if (body->nodes[i]->kind != NODE_TEXT || !is_white_space(body->nodes[i]->text))
            return false;
    }
    return true;
}
