/* SPDX-License-Identifier: MIT */
/* YAML text as a tree with positions, made from libyaml's events. */
#include "data/yaml.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/limits.h"
#include "base/map.h"
#include "base/memory.h"
#include "yaml_error.h"

/* What it takes to walk and copy a part of the document in which aliases count as copies. */
struct weight {
    size_t nodes, bytes;
};

struct anchor {
    struct yaml_node *node;
    struct weight weight;
    unsigned height; /* of nested collections */
    bool is_open;    /* its node has not ended yet */
};

/* A collection whose end has not come yet. */
struct frame {
    struct yaml_node *node;
    struct anchor *anchor; /* NULL: it has none */
    size_t first_item;     /* its items are the pile's from here on */
    struct weight before;  /* of all that precedes it */
    unsigned height;       /* of what it contains so far */
};

struct reader {
    yaml_parser_t parser;
    const char *name;
    struct arena *arena;
    struct error *err;
    struct yaml_cursor cursor;

    struct frame frames[LIMIT_YAML_DEPTH];
    size_t depth;
    struct yaml_node **pile; /* items of the open collections, the outermost first */
    size_t n_pile, cap_pile;
    struct weight total; /* of the document so far */
    struct map anchors;  /* struct anchor by name, in the arena */
};

static struct source_pos reader_pos(struct reader *reader, yaml_mark_t mark)
{
    struct source_pos pos = { .source = reader->name };

    yaml_cursor_seek(&reader->cursor, mark.index, &pos.line, &pos.column);
    return pos;
}

static struct source_pos node_pos(const struct reader *reader, const struct yaml_node *node)
{
    return (struct source_pos){ reader->name, node->line, node->column };
}

static bool reader_add_weight(struct reader *reader, struct weight weight, struct source_pos pos)
{
    reader->total.nodes += weight.nodes; /* no overflow: both are below the limits */
    reader->total.bytes += weight.bytes;
    if (reader->total.nodes > LIMIT_YAML_NODES)
        return error_set_at(reader->err, ERROR_LIMIT, pos,
                            "more than %d values, aliases counted as what they stand for",
                            LIMIT_YAML_NODES);
    if (reader->total.bytes > LIMIT_YAML_BYTES)
        return error_set_at(reader->err, ERROR_LIMIT, pos,
                            "more than %u bytes of text, aliases counted as what they stand for",
                            LIMIT_YAML_BYTES);
    return true;
}

static bool reader_check_depth(const struct reader *reader, unsigned height, struct source_pos pos)
{
    return reader->depth + height <= LIMIT_YAML_DEPTH ||
           error_set_at(reader->err, ERROR_LIMIT, pos, "nested deeper than %d levels",
                        LIMIT_YAML_DEPTH);
}

/* What libyaml spells "tag:yaml.org,2002:str" is "!!str" again. */
static struct slice reader_copy_tag(struct reader *reader, const yaml_char_t *tag)
{
    const struct slice prefix = SLICE("tag:yaml.org,2002:");
    struct slice text = slice_from((const char *)tag);

    if (text.len == 0)
        return SLICE_EMPTY;
    if (!slice_starts_with(text, prefix))
        return arena_copy(reader->arena, text);
    text = slice_sub(text, prefix.len, text.len);

    char *copy = arena_alloc(reader->arena, text.len + 3);

    memcpy(copy, "!!", 2);
    memcpy(copy + 2, text.ptr, text.len);
    copy[text.len + 2] = '\0';
    return slice_of(copy, text.len + 2);
}

static struct yaml_node *reader_new_node(struct reader *reader, enum yaml_kind kind,
                                         yaml_mark_t mark, const yaml_char_t *tag)
{
    struct yaml_node *node = ARENA_NEW(reader->arena, struct yaml_node);
    struct source_pos pos = reader_pos(reader, mark);

    node->kind = kind;
    node->tag = reader_copy_tag(reader, tag);
    node->line = pos.line;
    node->column = pos.column;
    return node;
}

static struct anchor *reader_new_anchor(struct reader *reader, const yaml_char_t *name,
                                        struct yaml_node *node)
{
    if (!name)
        return NULL;

    struct anchor *anchor = ARENA_NEW(reader->arena, struct anchor);

    anchor->node = node;
    /* A name that is given again means the newer node from there on. */
    map_put(&reader->anchors, arena_copy(reader->arena, slice_from((const char *)name)), anchor);
    return anchor;
}

static void reader_pile_up(struct reader *reader, struct yaml_node *node, unsigned height)
{
    GROW(reader->pile, reader->n_pile, reader->cap_pile);
    reader->pile[reader->n_pile++] = node;
    if (reader->depth > 0 && reader->frames[reader->depth - 1].height < height)
        reader->frames[reader->depth - 1].height = height;
}

static bool reader_add_scalar(struct reader *reader, const yaml_event_t *event)
{
    struct slice text = slice_of((const char *)event->data.scalar.value, event->data.scalar.length);
    struct yaml_node *node =
        reader_new_node(reader, YAML_SCALAR, event->start_mark, event->data.scalar.tag);
    const struct weight weight = { 1, text.len };

    if (!reader_add_weight(reader, weight, node_pos(reader, node)))
        return false;
    node->text = arena_copy(reader->arena, text);
    node->is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;

    struct anchor *anchor = reader_new_anchor(reader, event->data.scalar.anchor, node);

    if (anchor)
        anchor->weight = weight;
    reader_pile_up(reader, node, 0);
    return true;
}

static bool reader_add_alias(struct reader *reader, const yaml_event_t *event)
{
    struct slice name = slice_from((const char *)event->data.alias.anchor);
    const struct anchor *anchor = map_find(&reader->anchors, name);
    struct source_pos pos = reader_pos(reader, event->start_mark);

    if (!anchor)
        return error_set_at(reader->err, ERROR_SYNTAX, pos,
                            "this alias has no anchor before it (quote a text that begins "
                            "with '*')");
    if (anchor->is_open)
        return error_set_at(reader->err, ERROR_SYNTAX, pos,
                            "this alias stands inside of what it names");
    if (!reader_check_depth(reader, anchor->height, pos) ||
        !reader_add_weight(reader, anchor->weight, pos))
        return false;
    reader_pile_up(reader, anchor->node, anchor->height);
    return true;
}

static bool reader_open(struct reader *reader, enum yaml_kind kind, const yaml_event_t *event,
                        const yaml_char_t *tag, const yaml_char_t *anchor_name)
{
    struct yaml_node *node = reader_new_node(reader, kind, event->start_mark, tag);
    struct weight before = reader->total;

    if (!reader_check_depth(reader, 1, node_pos(reader, node)) ||
        !reader_add_weight(reader, (struct weight){ 1, 0 }, node_pos(reader, node)))
        return false;

    struct anchor *anchor = reader_new_anchor(reader, anchor_name, node);

    if (anchor)
        anchor->is_open = true;
    reader->frames[reader->depth++] = (struct frame){
        .node = node,
        .anchor = anchor,
        .first_item = reader->n_pile,
        .before = before,
    };
    return true;
}

static void reader_close(struct reader *reader)
{
    struct frame *frame = &reader->frames[--reader->depth];
    struct yaml_node *node = frame->node;

    node->n_items = reader->n_pile - frame->first_item;
    node->items = ARENA_ARRAY(reader->arena, node->n_items, struct yaml_node *);
    if (node->n_items)
        memcpy(node->items, reader->pile + frame->first_item,
               node->n_items * sizeof(struct yaml_node *));
    reader->n_pile = frame->first_item;
    if (frame->anchor) {
        frame->anchor->is_open = false;
        frame->anchor->height = frame->height + 1;
        frame->anchor->weight.nodes = reader->total.nodes - frame->before.nodes;
        frame->anchor->weight.bytes = reader->total.bytes - frame->before.bytes;
    }
    reader_pile_up(reader, node, frame->height + 1);
}

static bool reader_next(struct reader *reader, yaml_event_t *ret_event)
{
    return yaml_parser_parse(&reader->parser, ret_event) ||
           yaml_error_from_parser(&reader->parser, reader->name, &reader->cursor, reader->err);
}

enum step { STEP_FAILED, STEP_GO_ON, STEP_DOCUMENT_ENDS, STEP_TEXT_ENDS };

static enum step reader_take(struct reader *reader, const yaml_event_t *event)
{
    bool is_good = true;

    switch (event->type) {
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_DOCUMENT_START_EVENT: break;
    case YAML_STREAM_END_EVENT: return STEP_TEXT_ENDS;
    case YAML_DOCUMENT_END_EVENT: return STEP_DOCUMENT_ENDS;
    case YAML_SCALAR_EVENT: is_good = reader_add_scalar(reader, event); break;
    case YAML_ALIAS_EVENT: is_good = reader_add_alias(reader, event); break;
    case YAML_SEQUENCE_START_EVENT:
        is_good = reader_open(reader, YAML_SEQUENCE, event, event->data.sequence_start.tag,
                              event->data.sequence_start.anchor);
        break;
    case YAML_MAPPING_START_EVENT:
        is_good = reader_open(reader, YAML_MAPPING, event, event->data.mapping_start.tag,
                              event->data.mapping_start.anchor);
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT: reader_close(reader); break;
    }
    return is_good ? STEP_GO_ON : STEP_FAILED;
}

/* Reads up to the end of the first document; ret_is_last: the text ends there, too. */
static bool reader_read_document(struct reader *reader, bool *ret_is_last)
{
    enum step step;

    do {
        yaml_event_t event;

        if (!reader_next(reader, &event))
            return false;
        step = reader_take(reader, &event);
        yaml_event_delete(&event);
    } while (step == STEP_GO_ON);
    *ret_is_last = step == STEP_TEXT_ENDS;
    return step != STEP_FAILED;
}

static bool reader_expect_end(struct reader *reader)
{
    yaml_event_t event;
    bool is_end;

    if (!reader_next(reader, &event))
        return false;
    is_end = event.type == YAML_STREAM_END_EVENT;
    if (!is_end)
        error_set_at(reader->err, ERROR_SYNTAX, reader_pos(reader, event.start_mark),
                     "a second document begins here; only one is read");
    yaml_event_delete(&event);
    return is_end;
}

#define BYTE_ORDER_MARK SLICE("\xef\xbb\xbf")

static bool yaml_read(const char *name, struct slice text, bool is_single, struct arena *arena,
                      struct yaml_node **ret_root, struct error *err)
{
    /* To libyaml the mark is a character: the first line would seem to be indented by one. */
    size_t n_mark = slice_starts_with(text, BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.len : 0;
    struct reader reader = {
        .name = name,
        .arena = arena,
        .err = err,
        .cursor = { .text = slice_sub(text, n_mark, text.len), .n_mark = n_mark, .line = 1 },
        .anchors = MAP_EMPTY,
    };
    bool is_last = false, is_good;

    if (!yaml_parser_initialize(&reader.parser))
        abort(); /* out of memory, which nothing here survives */
    text = reader.cursor.text;
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *)text.ptr, text.len);
    /* Otherwise a byte order mark could make it UTF-16, and positions would count other bytes. */
    yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
    is_good = reader_read_document(&reader, &is_last) &&
              (is_last || !is_single || reader_expect_end(&reader));
    if (is_good)
        *ret_root = reader.n_pile ? reader.pile[0] : NULL;
    yaml_parser_delete(&reader.parser);
    map_fini(&reader.anchors);
    free(reader.pile);
    return is_good;
}

bool yaml_parse(const char *name, struct slice text, struct arena *arena,
                struct yaml_node **ret_root, struct error *err)
{
    return yaml_read(name, text, false, arena, ret_root, err);
}

bool yaml_parse_single(const char *name, struct slice text, struct arena *arena,
                       struct yaml_node **ret_root, struct error *err)
{
    return yaml_read(name, text, true, arena, ret_root, err);
}

const char *yaml_kind_name(enum yaml_kind kind)
{
    switch (kind) {
    case YAML_SCALAR: return "a scalar";
    case YAML_SEQUENCE: return "a list";
    case YAML_MAPPING: return "a mapping";
    }
    return "?";
}
