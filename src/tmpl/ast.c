/* SPDX-License-Identifier: MIT */
/* What is asked of a syntax tree besides running it. */
#include "ast.h"

#include <unictype.h>
#include <unistr.h>

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
    const uint8_t *bytes = (const uint8_t *)text.ptr;

    for (size_t at = 0; at < text.len;) {
        ucs4_t rune;
        int n = u8_mbtoucr(&rune, bytes + at, text.len - at);

        if (n <= 0 || !uc_is_property_white_space(rune))
            return false;
        at += (size_t)n;
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
