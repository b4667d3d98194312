/* SPDX-License-Identifier: MIT */
/* libyaml's complaints in the words of people who edit a configuration. */
#include "yaml_error.h"

#include <stdlib.h>
#include <yaml.h>

static bool is_continuation(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

/* One character on. A line ends at '\n' alone, as in the excerpts that show it. */
static void cursor_step(struct yaml_cursor *cursor)
{
    bool is_line_end = cursor->text.ptr[cursor->offset] == '\n';

    do
        cursor->offset++;
    while (cursor->offset < cursor->text.len && is_continuation(cursor->text.ptr[cursor->offset]));
    cursor->index++;
    if (is_line_end) {
        cursor->line++;
        cursor->line_start = cursor->offset;
    }
}

static void cursor_rewind(struct yaml_cursor *cursor)
{
    *cursor = (struct yaml_cursor){ .text = cursor->text, .n_mark = cursor->n_mark, .line = 1 };
}

static void cursor_tell(const struct yaml_cursor *cursor, unsigned *ret_line, unsigned *ret_column)
{
    size_t n_before = cursor->offset - cursor->line_start;

    *ret_line = cursor->line;
    *ret_column = (unsigned)(n_before + (cursor->line == 1 ? cursor->n_mark : 0)) + 1;
}

void yaml_cursor_seek(struct yaml_cursor *cursor, size_t index, unsigned *ret_line,
                      unsigned *ret_column)
{
    if (index < cursor->index)
        cursor_rewind(cursor);
    while (cursor->index < index && cursor->offset < cursor->text.len)
        cursor_step(cursor);
    cursor_tell(cursor, ret_line, ret_column);
}

/* The same for a byte's offset, where libyaml's reader stopped. */
static struct source_pos pos_of_offset(struct yaml_cursor *cursor, size_t offset, const char *name)
{
    struct source_pos pos = { .source = name };

    if (offset < cursor->offset)
        cursor_rewind(cursor);
    while (cursor->offset < offset && cursor->offset < cursor->text.len)
        cursor_step(cursor);
    cursor_tell(cursor, &pos.line, &pos.column);
    return pos;
}

static struct source_pos pos_of_mark(struct yaml_cursor *cursor, yaml_mark_t mark, const char *name)
{
    struct source_pos pos = { .source = name };

    yaml_cursor_seek(cursor, mark.index, &pos.line, &pos.column);
    return pos;
}

/* Which place a complaint is about. */
enum place {
    AT_PROBLEM,
    AT_CONTEXT, /* where the thing begins that cannot be finished */
    AT_BOTH,    /* the problem; the line of the context follows the text */
};

static const struct complaint {
    const char *context; /* libyaml's; NULL: any */
    const char *problem;
    enum place place;
    const char *text;
} complaints[] = {
    { "while scanning a quoted scalar", "found unexpected end of stream", AT_CONTEXT,
      "this quoted text is never closed" },
    { "while scanning a quoted scalar", "found unexpected document indicator", AT_CONTEXT,
      "this quoted text is never closed" },
    { "while parsing a quoted scalar", "found unknown escape character", AT_PROBLEM,
      "unknown escape in double quotes (a backslash is written \\\\)" },
    { "while parsing a quoted scalar", "did not find expected hexdecimal number", AT_PROBLEM,
      "expected hexadecimal digits in this escape" },
    { "while parsing a quoted scalar", "found invalid Unicode character escape code", AT_PROBLEM,
      "this escape is no Unicode character" },
    { NULL, "mapping values are not allowed in this context", AT_PROBLEM,
      "a ':' cannot stand here; quote a text that contains ': ', or check the indentation" },
    { NULL, "block sequence entries are not allowed in this context", AT_PROBLEM,
      "a list item ('- ') cannot stand here" },
    { NULL, "mapping keys are not allowed in this context", AT_PROBLEM,
      "a key ('? ') cannot stand here" },
    { "while scanning a simple key", "could not find expected ':'", AT_CONTEXT,
      "expected ':' after this key" },
    { "while parsing a block mapping", "did not find expected key", AT_BOTH,
      "check the indentation: expected the next key of the mapping that begins in line" },
    { "while parsing a block collection", "did not find expected '-' indicator", AT_BOTH,
      "check the indentation: expected the next '- ' of the list that begins in line" },
    { "while parsing a flow sequence", "did not find expected ',' or ']'", AT_BOTH,
      "expected ',' or ']' in the list that is opened in line" },
    { "while parsing a flow mapping", "did not find expected ',' or '}'", AT_BOTH,
      "expected ',' or '}' in the mapping that is opened in line" },
    { "while parsing a block node", "did not find expected node content", AT_PROBLEM,
      "expected a value" },
    { "while parsing a flow node", "did not find expected node content", AT_PROBLEM,
      "expected a value" },
    { NULL, "did not find expected <document start>", AT_PROBLEM,
      "expected the end of the text; check the indentation" },
    { NULL, "found a tab character where an indentation space is expected", AT_PROBLEM,
      "a tab cannot indent; use spaces" },
    { NULL, "found a tab character that violates indentation", AT_PROBLEM,
      "a tab cannot indent; use spaces" },
    { "while scanning an alias", "did not find expected alphabetic or numeric character",
      AT_CONTEXT, "expected a name after '*' (quote a text that begins with '*')" },
    { "while scanning an anchor", "did not find expected alphabetic or numeric character",
      AT_CONTEXT, "expected a name after '&' (quote a text that begins with '&')" },
    { NULL, "found undefined tag handle", AT_PROBLEM, "this tag is not declared" },
    { NULL, "found incompatible YAML document", AT_PROBLEM, "only YAML 1.1 and 1.2 can be read" },
};

static const struct complaint *find_complaint(const yaml_parser_t *parser)
{
    struct slice problem = slice_from(parser->problem);
    struct slice context = slice_from(parser->context);

    for (size_t i = 0; i < ARRAY_SIZE(complaints); i++) {
        if (slice_is(problem, complaints[i].problem) &&
            (!complaints[i].context || slice_is(context, complaints[i].context)))
            return &complaints[i];
    }
    return NULL;
}

/* "no value can begin with '%'", whatever the byte is. */
static bool error_cannot_start(struct yaml_cursor *cursor, struct source_pos pos, struct error *err)
{
    char byte = cursor->offset < cursor->text.len ? cursor->text.ptr[cursor->offset] : '\0';

    if (byte == '\t')
        return error_set_at(err, ERROR_SYNTAX, pos, "a tab cannot indent; use spaces");
    return error_set_at(err, ERROR_SYNTAX, pos, "no value can begin with '%c'; quote it", byte);
}

static bool error_from_reader(const yaml_parser_t *parser, const char *name,
                              struct yaml_cursor *cursor, struct error *err)
{
    struct source_pos pos = pos_of_offset(cursor, parser->problem_offset, name);

    if (slice_is(slice_from(parser->problem), "control characters are not allowed"))
        return error_set_at(err, ERROR_SYNTAX, pos, "control character 0x%02x is not allowed",
                            (unsigned)parser->problem_value);
    return error_set_at(err, ERROR_SYNTAX, pos, "the text is not UTF-8");
}

bool yaml_error_from_parser(const struct yaml_parser_s *parser, const char *name,
                            struct yaml_cursor *cursor, struct error *err)
{
    if (parser->error == YAML_MEMORY_ERROR)
        abort(); /* which nothing here survives */
    if (parser->error == YAML_READER_ERROR)
        return error_from_reader(parser, name, cursor, err);

    const struct complaint *complaint = find_complaint(parser);
    struct source_pos context = pos_of_mark(cursor, parser->context_mark, name);
    struct source_pos problem = pos_of_mark(cursor, parser->problem_mark, name);

    if (slice_is(slice_from(parser->problem), "found character that cannot start any token"))
        return error_cannot_start(cursor, problem, err);
    if (!complaint)
        return error_set_at(err, ERROR_SYNTAX, problem, "not valid YAML (%s)", parser->problem);

    switch (complaint->place) {
    case AT_PROBLEM: return error_set_at(err, ERROR_SYNTAX, problem, "%s", complaint->text);
    case AT_CONTEXT: return error_set_at(err, ERROR_SYNTAX, context, "%s", complaint->text);
    case AT_BOTH: break;
    }
    return error_set_at(err, ERROR_SYNTAX, problem, "%s %u", complaint->text, context.line);
}
