/* SPDX-License-Identifier: MIT */
/* The words of a template: what is text, what is a token, where each begins. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "tmpl/lexer.h"

static const char *kind_name(enum token_kind kind)
{
    static const char *const names[] = {
        [TOKEN_END] = "END",
        [TOKEN_ERROR] = "error",
        [TOKEN_TEXT] = "text",
        [TOKEN_OPEN] = "{",
        [TOKEN_CLOSE] = "}",
        [TOKEN_BOOL] = "bool",
        [TOKEN_NUMBER] = "number",
        [TOKEN_CHARACTER] = "char",
        [TOKEN_STRING] = "string",
        [TOKEN_RAW_STRING] = "raw",
        [TOKEN_IDENTIFIER] = "name",
        [TOKEN_FIELD] = "field",
        [TOKEN_VARIABLE] = "variable",
        [TOKEN_DOT] = "dot",
        [TOKEN_NIL] = "nil",
        [TOKEN_PIPE] = "pipe",
        [TOKEN_LEFT_PAREN] = "(",
        [TOKEN_RIGHT_PAREN] = ")",
        [TOKEN_ASSIGN] = "assign",
        [TOKEN_DECLARE] = "declare",
        [TOKEN_PUNCTUATION] = "punctuation",
        [TOKEN_BLOCK] = "block",
        [TOKEN_BREAK] = "break",
        [TOKEN_CONTINUE] = "continue",
        [TOKEN_DEFINE] = "define",
        [TOKEN_ELSE] = "else",
        [TOKEN_END_KEYWORD] = "end",
        [TOKEN_IF] = "if",
        [TOKEN_RANGE] = "range",
        [TOKEN_TEMPLATE] = "template",
        [TOKEN_WITH] = "with",
    };

    return names[kind];
}

/* Tokens separated by blanks; the text of those that have one in angle brackets; an error with its
 * line and column. */
static void dump_tokens(struct slice source, const char *left, const char *right, struct buf *out)
{
    struct lexer lexer;
    struct token token;

    lexer_init(&lexer, source, slice_from(left), slice_from(right));
    do {
        unsigned line, column;

        lexer_next(&lexer, &token);
        if (out->len)
            buf_add_byte(out, ' ');
        buf_add_string(out, kind_name(token.kind));
        lexer_locate(source, token.offset, &line, &column);
        assert_int_equal(token.line, line);
        if (token.kind == TOKEN_ERROR)
            buf_printf(out, ":%u:%u:", line, column);
        if ((token.kind <= TOKEN_TEXT || token.kind >= TOKEN_BOOL) && token.kind < TOKEN_DOT &&
            token.kind != TOKEN_END)
            buf_printf(out, "<%.*s>", SLICE_ARG(token.text));
    } while (token.kind != TOKEN_END && token.kind != TOKEN_ERROR);
}

static const struct {
    const char *name, *source, *want;
} cases[] = {
    { "an empty text", "", "END" },
    { "text passes through", "a } b { c \r\n}}", "text<a } b { c \r\n}}> END" },
    { "an action", "a{{ .X }}b", "text<a> { field<.X> } text<b> END" },
    { "names, dots and variables", "{{f . $ $x .A.B $x.Y}}",
      "{ name<f> dot variable<$> variable<$x> field<.A> field<.B> variable<$x> field<.Y> } END" },
    { "keywords and constants", "{{if true false nil else end with range}}",
      "{ if bool<true> bool<false> nil else end with range } END" },
    { "more keywords", "{{block break continue define template}}",
      "{ block break continue define template } END" },
    { "keywords are names behind a dot", "{{ .range }}", "{ field<.range> } END" },
    { "letters are Unicode's", "{{ é名x1 $ж .ß }}", "{ name<é名x1> variable<$ж> field<.ß> } END" },
    { "strings", "{{ \"a\\\"}}\" `b\n}}` 'c' '\\'' }}",
      "{ string<\"a\\\"}}\"> raw<`b\n}}`> char<'c'> char<'\\''> } END" },
    { "numbers", "{{ 1 -2 +3 .5 1.5e-3 0x1F 1_000 2i 1+2i }}",
      "{ number<1> number<-2> number<+3> number<.5> number<1.5e-3> number<0x1F> number<1_000> "
      "number<2i> number<1+2i> } END" },
    { "operators", "{{ $x := (f | g) , = }}",
      "{ variable<$x> declare ( name<f> pipe name<g> ) punctuation assign } END" },
    { "a declaration without spaces", "{{$x:=1}}", "{ variable<$x> declare number<1> } END" },
    { "trimming to the left", "a \n\t{{- 1 }}", "text<a> { number<1> } END" },
    { "trimming to the right", "{{ 1 -}} \r\n b", "{ number<1> } text<b> END" },
    { "trimming removes a text", "{{ 1 -}}  {{- 2 }}", "{ number<1> } { number<2> } END" },
    { "a dash without space is a sign", "a {{-3}}", "text<a > { number<-3> } END" },
    { "many spaces before a trimming end", "{{ 1  \n -}} b", "{ number<1> } text<b> END" },
    { "form feeds and vertical tabs stay", "a\f\v{{- 1 }}", "text<a\f\v> { number<1> } END" },
    { "a comment", "a{{/* x }} y */}}b", "text<a> text<b> END" },
    { "a trimming comment", "a {{- /* x */ -}} b", "text<a> text<b> END" },
    { "end without an action", "x }}", "text<x }}> END" },
    { "an action at the end of the text", "{{",
      "{ error:1:3:<expected '}}' for the action opened at "
      "1:1, found the end of the template>" },
    { "an unclosed action", "a\n{{ .X\n",
      "text<a\n> { field<.X> error:3:1:<expected '}}' for the action opened at 2:1, found the end "
      "of "
      "the template>" },
    { "an unclosed comment", "\n{{/* a",
      "text<\n> error:2:3:<the comment is never closed: expected '*/'>" },
    { "a comment that is not all", "{{/* a */ b }}",
      "error:1:3:<expected '}}' right behind the comment (a comment is the whole action)>" },
    { "a space before a comment", "{{ /* a */ }}",
      "{ punctuation punctuation name<a> punctuation punctuation } END" },
    { "an unclosed string", "{{ \"a\n\" }}",
      "{ error:1:4:<expected \" at the end of the string before the end of the line>" },
    { "an escaped end of line", "{{ \"a\\\n\" }}",
      "{ error:1:4:<expected \" at the end of the string before the end of the line>" },
    { "an unclosed raw string", "a\n{{ `b\n",
      "text<a\n> { error:2:4:<the raw string is never closed: expected a '`'>" },
    { "an unclosed character", "{{ 'a }}",
      "{ error:1:4:<expected ' at the end of the character constant before the end of the line>" },
    { "a bad number", "{{ 12abc }}", "{ error:1:4:<expected a number, found '12abc'>" },
    { "a number that meets a dash", "{{ 3-}}", "{ error:1:4:<expected a number, found '3-'>" },
    { "a name that meets a dash", "{{ $j.a-b }}",
      "{ variable<$j> error:1:8:<expected white space or an operator after '.a', found '-'>" },
    { "a name that meets an equals sign", "{{$x=1}}",
      "{ error:1:5:<expected white space or an operator after '$x', found '='>" },
    { "a colon", "{{ $x : 1 }}", "{ variable<$x> error:1:7:<expected ':=', found ':'>" },
    { "an open parenthesis", "{{ (1 }}",
      "{ ( number<1> error:1:7:<expected ')' for the '(' opened at 1:4, found '}}'>" },
    { "a closing parenthesis", "{{ ) }}", "{ error:1:4:<unexpected ')': no '(' is open>" },
    { "a control byte", "{{ \001 }}",
      "{ error:1:4:<expected a name, a constant or an operator, found U+0001>" },
    { "a byte that is not UTF-8", "{{ \xff }}",
      "{ error:1:4:<expected a name, a constant or an operator, found byte 0xff>" },
    { "a character that is no letter", "{{ € }}",
      "{ error:1:4:<expected a name, a constant or an operator, found U+20AC>" },
};

static void test_tokens(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP(buf_fini) struct buf got = BUF_EMPTY;

        print_message("%s\n", cases[i].name);
        dump_tokens(slice_from(cases[i].source), "", "", &got);
        assert_string_equal(got.ptr, cases[i].want);
    }
}

static void test_delimiters(void **state)
{
    CLEANUP(buf_fini) struct buf got = BUF_EMPTY;

    (void)state;
    dump_tokens(SLICE("{{ a }} <<- \" >>\" ->> b"), "<<", ">>", &got);
    assert_string_equal(got.ptr, "text<{{ a }}> { string<\" >>\"> } text<b> END");
}

static void test_white_space_is_remembered(void **state)
{
    struct lexer lexer;
    struct token token;

    (void)state;
    lexer_init(&lexer, SLICE("{{a (b)}}"), SLICE_EMPTY, SLICE_EMPTY);
    lexer_next(&lexer, &token);
    lexer_next(&lexer, &token);
    assert_false(token.has_space_before);
    lexer_next(&lexer, &token);
    assert_true(token.has_space_before);
    lexer_next(&lexer, &token);
    assert_false(token.has_space_before);
}

static void test_nul_bytes_are_text(void **state)
{
    struct lexer lexer;
    struct token token;

    (void)state;
    lexer_init(&lexer, SLICE("a\0b{{ . }}"), SLICE_EMPTY, SLICE_EMPTY);
    lexer_next(&lexer, &token);
    assert_int_equal(token.kind, TOKEN_TEXT);
    assert_int_equal(token.text.len, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tokens),
        cmocka_unit_test(test_delimiters),
        cmocka_unit_test(test_white_space_is_remembered),
        cmocka_unit_test(test_nul_bytes_are_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
