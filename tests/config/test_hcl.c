/* SPDX-License-Identifier: MIT */
/* HCL 1: trees, and mistakes with their place. */
#include "base/buf.h"
#include "base/limits.h"
#include "config/hcl.h"
#include "unit.h"

/* {key: 'text', number: 1, list: ['a']}; only texts are in quotes. */
static void add_node(struct buf *out, const struct yaml_node *node)
{
    bool is_mapping = node->kind == YAML_MAPPING;

    if (node->kind == YAML_SCALAR) {
        buf_printf(out, node->is_plain ? "%.*s" : "'%.*s'", SLICE_ARG(node->text));
        return;
    }
    buf_add_byte(out, is_mapping ? '{' : '[');
    for (size_t i = 0; i < node->n_items; i++) {
        if (i > 0)
            buf_add_string(out, is_mapping && i % 2 ? ": " : ", ");
        add_node(out, node->items[i]);
    }
    buf_add_byte(out, is_mapping ? '}' : ']');
}

static const struct {
    const char *name, *text, *want;
} good_cases[] = {
    { "nothing", "", "{}" },
    { "only comments", "# a\n// b = 1\n/* c\n d = 2 */", "{}" },
    { "attributes", "a = 1\nb = \"x\"\nc-d.e_f = true\n\"g h\" = false", //
      "{a: 1, b: 'x', c-d.e_f: true, 'g h': false}" },
    { "a byte order mark",
      "\xef\xbb\xbf"
      "a = 1",
      "{a: 1}" },
    { "lines that end as on Windows", "a = 1\r\nb {\r\n  c = 2\r\n}\r\n", "{a: 1, b: {c: 2}}" },
    { "several in a line, with commas or without", "a = 1, b = 2 c = 3 d { e = 4, } f = 5",
      "{a: 1, b: 2, c: 3, d: {e: 4}, f: 5}" },
    { "a block, nested", "a {\n  b {\n    c = 1\n  }\n}", "{a: {b: {c: 1}}}" },
    { "an object that is assigned", "a = { b = 1 }", "{a: {b: 1}}" },
    { "an empty block", "a {}\nb = {}", "{a: {}, b: {}}" },
    { "blocks that are repeated", "t { a = 1 }\nx = 1\nt { a = 2 }\nt = { a = 3 }",
      "{t: {a: 1}, x: 1, t: {a: 2}, t: {a: 3}}" },
    { "labels", "a \"b\" c { d = 1 }\na \"e\" { }", "{a: {'b': {c: {d: 1}}}, a: {'e': {}}}" },
    { "an attribute that is there twice", "a = 1\na = 2", "{a: 1, a: 2}" },
    { "an attribute and a block of one name", "a = 1\na { }", "{a: 1, a: {}}" },
    { "names that look like values", "true = 1\nnull = 2", "{true: 1, null: 2}" },

    { "lists", "a = []\nb = [1, \"x\", true,]\nc = [ # d\n [1], // e\n {f = 1} /* g */\n]",
      "{a: [], b: [1, 'x', true], c: [[1], {f: 1}]}" },
    { "numbers", "a = [0, -1, 0600, 1.5, -1.5e-3, 2E+8, 0x1F, -0Xff, 0x0]",
      "{a: [0, -1, 0600, 1.5, -1.5e-3, 2E+8, 31, -255, 0]}" },

    { "escapes", "a = \"\\a\\b\\f\\n\\r\\t\\v\\\\\\\"\"", "{a: '\a\b\f\n\r\t\v\\\"'}" },
    { "escapes by number", "a = \"\\101\\x42\\u00e4\\U0001f600\"", "{a: 'AB\u00e4\U0001f600'}" },
    { "an action of a template", "a = \"{{ key \\\"x\\\" }}\"", "{a: '{{ key \"x\" }}'}" },
    { "what looks like a comment", "a = \"# // /* \"", "{a: '# // /* '}" },
    { "interpolation is left alone", "a = \"x ${b(\"{c}\", \\n)\n} $ $$ {d}\"",
      "{a: 'x ${b(\"{c}\", \\n)\n} $ $$ {d}'}" },

    { "a heredoc", "a = <<EOF\nb\n  c \"\\n\nEOF\nd = 1", "{a: 'b\n  c \"\\n\n', d: 1}" },
    { "an empty heredoc", "a = <<EOF\nEOF\n", "{a: ''}" },
    { "a heredoc at the end of the file", "a = <<x_1\nb\nx_1", "{a: 'b\n'}" },
    { "its word in other words", "a = <<EOF\nEOFx\nEOF \nx EOF\nEOF\n",
      "{a: 'EOFx\nEOF \nx EOF\n'}" },
    { "a word that is indented, as its blanks are text", "a = <<EOF\n  b\n  EOF\n",
      "{a: '  b\n  '}" },
    { "an indented heredoc", "a = <<-EOF\n    b\n      c\n    EOF\n", "{a: 'b\n  c\n'}" },
    { "an indented heredoc by tabs", "a = <<-EOF\n\t\tb\n\tEOF\n", "{a: '\tb\n'}" },
    { "one whose lines are not all indented", "a = <<-EOF\n    b\n  c\n    EOF\n",
      "{a: '    b\n  c\n'}" },
    { "one with an empty line", "a = <<-EOF\n  b\n\n  EOF\n", "{a: '  b\n\n'}" },
    { "one whose word is not indented", "a = <<-EOF\n  b\nEOF\n", "{a: '  b\n'}" },
    { "a heredoc on Windows", "a = <<EOF\r\nb\r\nEOF\r\nc = 1", "{a: 'b\r\n', c: 1}" },
    { "a heredoc in a list", "a = [<<E\nb\nE\n, 1]", "{a: ['b\n', 1]}" },
};

static void test_good_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(good_cases); i++) {
        CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
        CLEANUP(buf_fini) struct buf got = BUF_EMPTY;
        struct error err = ERROR_EMPTY;
        struct yaml_node *root;

        print_message("%s\n", good_cases[i].name);
        if (!hcl_parse("t", slice_from(good_cases[i].text), &arena, &root, &err))
            fail_msg("%s", err.text);
        add_node(&got, root);
        assert_string_equal(got.ptr, good_cases[i].want);
    }
}

static const struct {
    const char *name, *text, *want;
} bad_cases[] = {
    { "a key alone", "a", "t:1:2: expected '=' or '{', found the end of the file" },
    { "a key without a value", "a = \nb = 1",
      "t:2:1: expected a value (a text needs quotes), found a name" },
    { "no value at all", "a = }", "t:1:5: expected a value, found '}'" },
    { "a value without a key", "\n  = 1", "t:2:3: expected a key, found '='" },
    { "a number as a key", "a = 1 2 = 3", "t:1:7: expected a key, found a number" },
    { "a heredoc as a key", "<<A\nb\nA\n= 1", "t:1:1: expected a key, found a heredoc" },
    { "a label before '='", "a \"b\" = 1", "t:1:7: expected '{', found '='" },
    { "a block that is not closed", "a {\n  b = 1\n",
      "t:3:1: expected a key or '}', found the end of the file ('{' is open since line 1)" },
    { "one brace too many", "a { }\n}", "t:2:1: expected a key, found '}'" },
    { "a list that is not closed", "a = [1\nb = 2",
      "t:2:1: expected ',' or ']', found a name ('[' is open since line 1)" },
    { "two commas", "a = [1,,2]", "t:1:8: expected a value, found ','" },
    { "commas between keys alone", "a = 1,, b = 2", "t:1:7: expected a key, found ','" },

    { "a colon", "a: 1", "t:1:2: HCL has '=' between a key and its value" },
    { "single quotes", "a = 'b'", "t:1:5: a text stands in double quotes" },
    { "a sign", "a = 1;", "t:1:6: this character means nothing in HCL" },
    { "a minus alone", "a = -b", "t:1:5: this character means nothing in HCL" },
    { "a slash alone", "a = /b", "t:1:5: this character means nothing in HCL" },
    { "a comment that is not closed", "a = 1\n /* b\n", "t:2:2: this comment is never closed" },

    { "a text that is not closed", "a = \"b\nc = \"d\"",
      "t:1:5: this text is not closed in its line" },
    { "a text that is not closed at the end", "\na = \"b",
      "t:2:5: this text is not closed in its line" },
    { "an escape that there is not", "a = \"b\\q\"",
      "t:1:7: there is no such escape; a backslash is written '\\\\'" },
    { "an escape that ends", "a = \"\\u12\"", "t:1:10: an escape has too few digits here" },
    { "an octal escape that ends", "a = \"\\12\"", "t:1:9: an escape has too few digits here" },
    { "half of a pair", "a = \"\\ud800\"", "t:1:6: this escape is no Unicode character" },
    { "beyond Unicode", "a = \"\\Uffffffff\"", "t:1:6: this escape is no Unicode character" },
    { "beyond a byte", "a = \"\\777\"", "t:1:6: this escape is larger than a byte" },
    { "interpolation that is not closed", "a = \"${b{}\nc\"", "t:1:6: '${' is never closed" },

    { "a duration", "a = 30s", "t:1:7: a number ends here; a text such as \"30s\" needs quotes" },
    { "a version", "a = 1.2.3", "t:1:8: a number ends here; a text such as \"30s\" needs quotes" },
    { "an exponent without digits", "a = 1e", "t:1:7: an exponent needs digits" },
    { "a hexadecimal number without digits", "a = 0x",
      "t:1:5: a hexadecimal number has 1 to 15 digits" },
    { "a hexadecimal number that is too large", "a = 0x1234567890abcdef",
      "t:1:5: a hexadecimal number has 1 to 15 digits" },

    { "a heredoc that is not closed", "a = <<EOF\nb\n",
      "t:1:5: this heredoc is never closed: a line with nothing but the word behind '<<' is "
      "missing" },
    { "a heredoc without a word", "a = <<-\nb\n",
      "t:1:5: a word is missing behind '<<', as in '<<EOF'" },
    { "a heredoc that begins at once", "a = <<EOF b\nEOF\n",
      "t:1:10: the text of a heredoc begins in the next line" },

    { "behind a heredoc", "a = <<E\nb\nE\n  c",
      "t:4:4: expected '=' or '{', found the end of the file" },
    { "behind interpolation over lines", "a = \"${\n\n}\" b",
      "t:3:5: expected '=' or '{', found the end of the file" },
    { "not UTF-8", "a = 1\nb = \"\xff\"", "t:2:6: this byte is not part of a UTF-8 character" },
};

static void expect_error(struct slice text, enum error_code code, const char *want)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    struct error err = ERROR_EMPTY;
    struct yaml_node *root;

    assert_false(hcl_parse("t", text, &arena, &root, &err));
    assert_string_equal(err.text, want);
    assert_int_equal(err.code, code);
}

static void test_bad_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad_cases); i++) {
        print_message("%s\n", bad_cases[i].name);
        expect_error(slice_from(bad_cases[i].text), ERROR_SYNTAX, bad_cases[i].want);
    }
    expect_error(SLICE("a = \"\0\""), ERROR_SYNTAX, "t:1:6: a NUL byte cannot be part of it");
}

/* Places are those of keys and values; a block begins with its name, what is
 * assigned with its brace. */
static void test_positions(void **state)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    struct error err = ERROR_EMPTY;
    struct yaml_node *root, *block, *value;

    (void)state;
    assert_true(
        hcl_parse("t", SLICE("\n  t {\n    a = \"b\"\n  }\n  x = {\n}\n"), &arena, &root, &err));
    block = root->items[1];
    assert_int_equal(block->line, 2);
    assert_int_equal(block->column, 3);
    value = block->items[1];
    assert_int_equal(value->line, 3);
    assert_int_equal(value->column, 9);
    assert_int_equal(root->items[3]->line, 5);
    assert_int_equal(root->items[3]->column, 7);
}

static void test_limits(void **state)
{
    CLEANUP(buf_fini) struct buf lists = BUF_EMPTY, labels = BUF_EMPTY, values = BUF_EMPTY;

    (void)state;
    buf_add_string(&lists, "a = ");
    buf_add_repeated(&lists, '[', LIMIT_YAML_DEPTH + 1);
    expect_error(buf_slice(&lists), ERROR_LIMIT, "t:1:69: nested deeper than 64 levels");

    for (int i = 0; i < LIMIT_YAML_DEPTH + 2; i++)
        buf_add_string(&labels, "a ");
    expect_error(buf_slice(&labels), ERROR_LIMIT, "t:1:131: nested deeper than 64 levels");

    buf_add_string(&values, "a = [");
    for (int i = 0; i < LIMIT_YAML_NODES; i++)
        buf_add_string(&values, "1,");
    expect_error(buf_slice(&values), ERROR_LIMIT, "t:1:2000000: more than 1000000 values");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_cases),
        cmocka_unit_test(test_bad_cases),
        cmocka_unit_test(test_positions),
        cmocka_unit_test(test_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
