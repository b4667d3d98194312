/* SPDX-License-Identifier: MIT */
/* The structure of a configuration, and where two of them begin to differ. */
#include "structure.h"

#include "base/buf.h"
#include "base/memory.h"

#define SHOWN_BYTES 40 /* of a keyword or a section's name, in messages */

/* No word has a NUL, so that nothing else gives the same bytes. */
static struct slice line_content(struct arena *arena, const struct quote_line *line,
                                 struct slice written)
{
    size_t len = 0;

    if (line->is_scope || line->n_sure < line->n_words)
        return arena_copy(arena, slice_trim(written));
    for (size_t i = 0; i < line->n_words; i++)
        len += line->words[i].text.len + 1;

    char *content = arena_alloc(arena, len + 1), *next = content;

    *next++ = '\0'; /* a line of words: written ones begin otherwise */
    for (size_t i = 0; i < line->n_words; i++) {
        memcpy(next, line->words[i].text.ptr, line->words[i].text.len);
        next += line->words[i].text.len;
        *next++ = '\0';
    }
    return slice_of(content, len + 1);
}

void structure_add(struct haproxy_config *config, size_t *cap, const struct quote_line *line,
                   struct slice written, struct slice section, struct haproxy_place place)
{
    GROW(config->lines, config->n_lines, *cap);
    config->lines[config->n_lines++] = (struct haproxy_line){
        .content = line_content(&config->arena, line, written),
        .keyword = line->n_words > 0 ? line->words[0].text : slice_trim(written),
        .section = section,
        .place = place,
    };
}

static void add_shown(struct buf *out, struct slice text)
{
    for (size_t i = 0; i < text.len && i < SHOWN_BYTES; i++)
        buf_add_byte(out, text.ptr[i] >= ' ' && text.ptr[i] < 0x7f ? text.ptr[i] : '?');
    if (text.len > SHOWN_BYTES)
        buf_add_string(out, "...");
}

static void add_difference(struct buf *out, const struct haproxy_config *config,
                           const struct haproxy_line *line, const char *what)
{
    buf_add_byte(out, '\'');
    add_shown(out, line->keyword);
    buf_add_byte(out, '\'');
    if (line->section.len > 0) {
        buf_add_string(out, " of '");
        add_shown(out, line->section);
        buf_add_byte(out, '\'');
    }
    buf_printf(out, "%s (%s:%u)", what, haproxy_config_path(config, line->place), line->place.line);
}

bool haproxy_config_same_structure(const struct haproxy_config *before,
                                   const struct haproxy_config *after, struct buf *difference)
{
    size_t n = before->n_lines < after->n_lines ? before->n_lines : after->n_lines;
    size_t i = 0;

    while (i < n && slice_equal(before->lines[i].content, after->lines[i].content))
        i++;
    if (i == before->n_lines && i == after->n_lines)
        return true;
    if (i < after->n_lines)
        add_difference(difference, after, &after->lines[i], "");
    else
        add_difference(difference, before, &before->lines[i], " is gone");
    return false;
}
