/* SPDX-License-Identifier: MIT */
/* YAML as a tree: kinds, positions, aliases, limits, and what the errors say. */
#include "data/yaml.h"

#include "base/buf.h"
#include "base/limits.h"
#include "unit.h"

/* A tree on one line: [a b] lists, {k=v} mappings, 'quoted', plain text as it is, tags in front. */
static void dump(const struct yaml_node *node, bool with_positions, struct buf *out)
{
    if (node->tag.len)
        buf_printf(out, "%.*s ", SLICE_ARG(node->tag));
    if (node->kind == YAML_SCALAR) {
        buf_add_string(out, node->is_plain ? "" : "'");
        buf_add(out, node->text);
        buf_add_string(out, node->is_plain ? "" : "'");
    }
    if (with_positions)
        buf_printf(out, "@%u:%u", node->line, node->column);
    if (node->kind == YAML_SCALAR)
        return;
    buf_add_byte(out, node->kind == YAML_SEQUENCE ? '[' : '{');
    for (size_t i = 0; i < node->n_items; i++) {
        bool is_value = node->kind == YAML_MAPPING && i % 2 == 1;

        if (i > 0)
            buf_add_byte(out, is_value ? '=' : ' ');
        dump(node->items[i], with_positions, out);
    }
    buf_add_byte(out, node->kind == YAML_SEQUENCE ? ']' : '}');
}

static const struct {
    const char *name, *text, *want, *want_error;
    bool with_positions;
} cases[] = {
    { "nothing", "", "(null)", NULL, false },
    { "comments alone", "# a\n\n# b\n", "(null)", NULL, false },
    { "a document without content", "---\n", "", NULL, false },
    { "a scalar", "a b", "a b", NULL, false },
    { "a mapping", "a: 1\nb: two\n", "{a=1 b=two}", NULL, false },
    { "a key without a value", "a:\nb: 1\n", "{a= b=1}", NULL, false },
    { "keys twice are the consumer's", "a: 1\na: 2\n", "{a=1 a=2}", NULL, false },
    { "merge keys are the consumer's", "<<: {a: 1}\n", "{<<={a=1}}", NULL, false },
    { "lists", "- 1\n- [x, y]\n- - deep\n", "[1 [x y] [deep]]", NULL, false },
    { "empty collections", "a: []\nb: {}\n", "{a=[] b={}}", NULL, false },
    { "quotes are remembered", "[a, 'a', \"a\\n\"]", "[a 'a' 'a\n']", NULL, false },
    { "block text", "a: |\n  x\n  y\nb: >\n  x\n  y\n", "{a='x\ny\n' b='x y\n'}", NULL, false },
    { "JSON", "{\"a\": [1, true, null, \"x\"],\n\t\"b\": {}}", "{'a'=[1 true null 'x'] 'b'={}}",
      NULL, false },
    { "tags", "[!!str 1, !x y, !!map {a: b}, ! z]", "[!!str 1 !x y !!map {a=b} ! z]", NULL, false },
    { "aliases", "a: &x [1, &y 2]\nb: *x\nc: *y\n", "{a=[1 2] b=[1 2] c=2}", NULL, false },
    { "an anchor given again", "[&x 1, *x, &x 2, *x]", "[1 1 2 2]", NULL, false },
    { "the first document alone", "a: 1\n---\n]", "{a=1}", NULL, false },
    { "a byte order mark",
      "\xef\xbb\xbf"
      "a: 1",
      "{a=1}", NULL, false },
    { "a byte order mark indents nothing",
      "\xef\xbb\xbf"
      "a: 1\nb: 2\n",
      "{a=1 b=2}", NULL, false },
    { "a byte order mark before a marked document", "\xef\xbb\xbf---\na: 1\n", "{a=1}", NULL,
      false },
    { "columns count a byte order mark",
      "\xef\xbb\xbf"
      "a: 1\nb: 2\n",
      "@1:4{a@1:4=1@1:7 b@2:1=2@2:4}", NULL, true },
    { "line ends of DOS", "a: 1\r\nb: 2\r\n", "{a=1 b=2}", NULL, false },

    { "positions", "a: 1\nbb:\n  - x\n  - { k: v }\n",
      "@1:1{a@1:1=1@1:4 bb@2:1=@3:3[x@3:5 @4:5{k@4:7=v@4:10}]}", NULL, true },
    { "columns count bytes", "\xc3\xa9: \xe2\x82\xac\n\"\xf0\x9f\x98\x80\": x\n",
      "@1:1{\xc3\xa9@1:1=\xe2\x82\xac@1:5 '\xf0\x9f\x98\x80'@2:1=x@2:9}", NULL, true },
    { "only a newline ends a line", "a: \"\xe2\x80\xa8\"\nb: 1\n",
      "@1:1{a@1:1='\xe2\x80\xa8'@1:4 b@2:1=1@2:4}", NULL, true },

    { "an unclosed quote names its start", "a: 1\nb: \"x\nc: 2\n", NULL,
      "t:2:4: this quoted text is never closed", false },
    { "an unclosed quote before a marker", "a: 'x\n---\n", NULL,
      "t:1:4: this quoted text is never closed", false },
    { "an unknown escape", "a: \"\\q\"", NULL,
      "t:1:5: unknown escape in double quotes (a backslash is written \\\\)", false },
    { "a short escape", "a: \"\\x4\"", NULL, "t:1:7: expected hexadecimal digits in this escape",
      false },
    { "an escape that is no character", "a: \"\\ud800\"", NULL,
      "t:1:7: this escape is no Unicode character", false },
    { "a colon too many", "a: b: c\n", NULL,
      "t:1:5: a ':' cannot stand here; quote a text that contains ': ', or check the indentation",
      false },
    { "an item out of place", "a: - b\n", NULL, "t:1:4: a list item ('- ') cannot stand here",
      false },
    { "a key out of place", "a: ? b\n", NULL, "t:1:4: a key ('? ') cannot stand here", false },
    { "a key without a colon", "a: 1\nbcd\nc: 2\n", NULL, "t:2:1: expected ':' after this key",
      false },
    { "wrong indentation in a mapping", "a:\n    b: 1\n  c: 2\n", NULL,
      "t:3:3: check the indentation: expected the next key of the mapping that begins in line 1",
      false },
    { "wrong indentation in a list", "- a\nb: 1\n", NULL,
      "t:2:1: check the indentation: expected the next '- ' of the list that begins in line 1",
      false },
    { "an unclosed list", "a: [1,\n  2\n", NULL,
      "t:3:1: expected ',' or ']' in the list that is opened in line 1", false },
    { "an unclosed mapping", "{a: 1,\n b: 2\n", NULL,
      "t:3:1: expected ',' or '}' in the mapping that is opened in line 1", false },
    { "no value", "a: [,]", NULL, "t:1:5: expected a value", false },
    { "a tab that indents", "a:\n\tb: 1\n", NULL, "t:2:1: a tab cannot indent; use spaces", false },
    { "a tab that indents a block text", "a: |\n\tb\n", NULL,
      "t:2:1: a tab cannot indent; use spaces", false },
    { "a character that begins nothing", "a: @b\n", NULL,
      "t:1:4: no value can begin with '@'; quote it", false },
    { "a template that is no YAML", "a: {{ b }}\n{% if %}", NULL,
      "t:2:2: no value can begin with '%'; quote it", false },
    { "an alias without a name", "a: *.log\n", NULL,
      "t:1:4: expected a name after '*' (quote a text that begins with '*')", false },
    { "an anchor without a name", "a: &.x\n", NULL,
      "t:1:4: expected a name after '&' (quote a text that begins with '&')", false },
    { "an alias of nothing", "a: 1\nb: *a\n", NULL,
      "t:2:4: this alias has no anchor before it (quote a text that begins with '*')", false },
    { "a node that contains itself", "a: &x [1, *x]\n", NULL,
      "t:1:11: this alias stands inside of what it names", false },
    { "a mapping that is its own key", "&x {*x : 1}\n", NULL,
      "t:1:5: this alias stands inside of what it names", false },
    { "an undeclared tag", "a: !e!x y\n", NULL, "t:1:4: this tag is not declared", false },
    { "another YAML", "%YAML 3.0\n--- a\n", NULL, "t:1:1: only YAML 1.1 and 1.2 can be read",
      false },
    { "what has no words of ours", "%TAG ! x\n%TAG ! x\n--- a", NULL,
      "t:2:1: not valid YAML (found duplicate %TAG directive)", false },
    { "a control character", "a: 1\nb: x\x01y\n", NULL,
      "t:2:5: control character 0x01 is not allowed", false },
    { "text that is not UTF-8", "a: 1\nb: \xff\n", NULL, "t:2:4: the text is not UTF-8", false },
    { "UTF-16",
      "\xff\xfe"
      "a",
      NULL, "t:1:1: the text is not UTF-8", false },
};

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct arena arena = ARENA_EMPTY;
        struct yaml_node *root = NULL;
        struct error err = ERROR_EMPTY;
        struct buf got = BUF_EMPTY;
        bool is_good = yaml_parse("t", slice_from(cases[i].text), &arena, &root, &err);

        print_message("%s\n", cases[i].name);
        if (!is_good)
            buf_add_string(&got, err.text);
        else if (!root)
            buf_add_string(&got, "(null)");
        else
            dump(root, cases[i].with_positions, &got);
        assert_string_equal(buf_slice(&got).ptr,
                            cases[i].want ? cases[i].want : cases[i].want_error);
        assert_int_equal(is_good, cases[i].want != NULL);
        if (!is_good)
            assert_int_equal(err.code, ERROR_SYNTAX);
        buf_fini(&got);
        arena_fini(&arena);
    }
}

static void test_nul_bytes(void **state)
{
    struct arena arena = ARENA_EMPTY;
    struct yaml_node *root;
    struct error err;

    (void)state;
    assert_true(yaml_parse("t", slice_from("\"a\\0b\""), &arena, &root, &err));
    assert_true(slice_equal(root->text, SLICE("a\0b")));
    assert_false(yaml_parse("t", SLICE("a: x\0y"), &arena, &root, &err));
    assert_string_equal(err.text, "t:1:5: control character 0x00 is not allowed");
    arena_fini(&arena);
}

static void test_aliases_share(void **state)
{
    struct arena arena = ARENA_EMPTY;
    struct yaml_node *root;
    struct error err;

    (void)state;
    assert_true(yaml_parse("t", slice_from("[&x [1], *x]"), &arena, &root, &err));
    assert_ptr_equal(root->items[0], root->items[1]);
    arena_fini(&arena);
}

static void test_single(void **state)
{
    static const struct {
        const char *name, *text, *want_error;
    } rows[] = {
        { "one", "a: 1\n", NULL },
        { "one, marked", "---\na: 1\n...\n", NULL },
        { "none", "", NULL },
        { "two", "a: 1\n---\nb: 1\n", "t:2:1: a second document begins here; only one is read" },
        { "a broken second", "a: 1\n---\n]",
          "t:2:1: a second document begins here; only one is read" },
        { "more after the end", "[a]\nb\n",
          "t:2:1: expected the end of the text; check the indentation" },
        { "rubbish behind", "a: 1\n...\n]",
          "t:3:1: expected the end of the text; check the indentation" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct arena arena = ARENA_EMPTY;
        struct yaml_node *root;
        struct error err = ERROR_EMPTY;

        print_message("%s\n", rows[i].name);
        assert_int_equal(yaml_parse_single("t", slice_from(rows[i].text), &arena, &root, &err),
                         rows[i].want_error == NULL);
        assert_string_equal(err.text, rows[i].want_error ? rows[i].want_error : "");
        arena_fini(&arena);
    }
}

static void expect_limit(const struct buf *text, const char *want_error)
{
    struct arena arena = ARENA_EMPTY;
    struct yaml_node *root = NULL;
    struct error err = ERROR_EMPTY;

    assert_int_equal(yaml_parse("t", buf_slice(text), &arena, &root, &err), want_error == NULL);
    assert_string_equal(err.text, want_error ? want_error : "");
    if (want_error)
        assert_int_equal(err.code, ERROR_LIMIT);
    arena_fini(&arena);
}

static void nest(struct buf *text, size_t n)
{
    buf_add_repeated(text, '[', n);
    buf_add_repeated(text, ']', n);
}

static void test_depth(void **state)
{
    struct buf text = BUF_EMPTY;

    (void)state;
    nest(&text, LIMIT_YAML_DEPTH);
    expect_limit(&text, NULL);
    buf_clear(&text);
    nest(&text, LIMIT_YAML_DEPTH + 1);
    expect_limit(&text, "t:1:65: nested deeper than 64 levels");
    buf_clear(&text);
    buf_add_repeated(&text, '[', 100000);
    expect_limit(&text, "t:1:65: nested deeper than 64 levels");

    /* Through an alias: 40 levels inside of 24 fit, inside of 25 they do not. */
    buf_clear(&text);
    buf_add_string(&text, "[&x ");
    nest(&text, 40);
    buf_add_byte(&text, ',');
    buf_add_repeated(&text, '[', 23);
    buf_add_string(&text, "*x");
    buf_add_repeated(&text, ']', 24);
    expect_limit(&text, NULL);
    buf_clear(&text);
    buf_add_string(&text, "[&x ");
    nest(&text, 40);
    buf_add_byte(&text, ',');
    buf_add_repeated(&text, '[', 24);
    buf_add_string(&text, "*x");
    expect_limit(&text, "t:1:110: nested deeper than 64 levels");
    buf_fini(&text);
}

static void test_alias_bombs(void **state)
{
    struct buf text = BUF_EMPTY;

    (void)state;
    /* "A billion laughs": nine levels of ten. */
    buf_add_string(&text, "- &x0 [1,1,1,1,1,1,1,1,1,1]\n");
    for (int i = 1; i < 9; i++) {
        buf_printf(&text, "- &x%d [", i);
        for (int j = 0; j < 10; j++)
            buf_printf(&text, "%s*x%d", j ? "," : "", i - 1);
        buf_add_string(&text, "]\n");
    }
    expect_limit(&text, "t:6:36: more than 1000000 values, aliases counted as what they stand for");

    buf_clear(&text);
    buf_add_string(&text, "- &x \"");
    buf_add_repeated(&text, 'a', 1 << 20);
    buf_add_string(&text, "\"\n");
    for (int i = 0; i < 64; i++)
        buf_add_string(&text, "- *x\n");
    expect_limit(
        &text, "t:65:3: more than 67108864 bytes of text, aliases counted as what they stand for");
    buf_fini(&text);
}

static void test_kind_names(void **state)
{
    (void)state;
    assert_string_equal(yaml_kind_name(YAML_SCALAR), "a scalar");
    assert_string_equal(yaml_kind_name(YAML_SEQUENCE), "a list");
    assert_string_equal(yaml_kind_name(YAML_MAPPING), "a mapping");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),         cmocka_unit_test(test_nul_bytes),
        cmocka_unit_test(test_aliases_share), cmocka_unit_test(test_single),
        cmocka_unit_test(test_depth),         cmocka_unit_test(test_alias_bombs),
        cmocka_unit_test(test_kind_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
