/* SPDX-License-Identifier: MIT */
/* Finding the parts of a JSON text that arrives in pieces. */
#include <string.h>

#include "base/buf.h"
#include "consul/scanner.h"
#include "unit.h"

#define MAX_BYTES 32

/* Each part as "key=value;" — a part that was too large as "!". */
static bool on_part(void *ctx, const struct scanner_part *part, struct error *err)
{
    struct buf *found = ctx;

    (void)err;
    if (part->key.len) {
        buf_add(found, part->key);
        buf_add_byte(found, '=');
    }
    if (part->is_too_large)
        buf_add_byte(found, '!');
    buf_add(found, part->value);
    buf_add_byte(found, ';');
    return true;
}

static bool scan(enum scanner_shape shape, struct slice text, size_t piece, struct buf *found,
                 struct error *err)
{
    CLEANUP(scanner_fini) struct scanner scanner;

    scanner_init(&scanner, shape, MAX_BYTES, on_part, found);
    for (size_t i = 0; i < text.len; i += piece) {
        if (!scanner_feed(&scanner, slice_sub(text, i, i + piece), err))
            return false;
    }
    return scanner_finish(&scanner, err);
}

static const struct {
    const char *name;
    enum scanner_shape shape;
    const char *text, *want, *want_error;
} cases[] = {
    { "an empty array", SCANNER_ELEMENTS, " [ ] ", "", NULL },
    { "numbers and words", SCANNER_ELEMENTS, "[1,-2.5e3 ,true\n,null]", "1;-2.5e3;true;null;",
      NULL },
    { "strings", SCANNER_ELEMENTS, "[\"a\", \"b,]\",\"\\\"\\\\\"]", "\"a\";\"b,]\";\"\\\"\\\\\";",
      NULL },
    { "nested", SCANNER_ELEMENTS, "[{\"a\":[1,{}]},[[]]]", "{\"a\":[1,{}]};[[]];", NULL },
    { "brackets in strings", SCANNER_ELEMENTS, "[{\"}\":\"]\\\"}\"}]", "{\"}\":\"]\\\"}\"};",
      NULL },
    { "members", SCANNER_MEMBERS, "{\"a\": [] ,\"b\\\"\":{\"c\":1}}",
      "\"a\"=[];\"b\\\"\"={\"c\":1};", NULL },
    { "no members", SCANNER_MEMBERS, "{}", "", NULL },
    { "the whole of an object", SCANNER_WHOLE, " {\"a\":[1]} ", "{\"a\":[1]};", NULL },
    { "the whole of a word", SCANNER_WHOLE, "null", "null;", NULL },
    { "the whole of a string", SCANNER_WHOLE, "\"x y\"\n", "\"x y\";", NULL },
    { "an element at the limit", SCANNER_ELEMENTS, "[\"123456789012345678901234567890\",2]",
      "\"123456789012345678901234567890\";2;", NULL },
    { "an element above it", SCANNER_ELEMENTS, "[1,\"1234567890123456789012345678901\",2]",
      "1;!;2;", NULL },

    { "nothing", SCANNER_ELEMENTS, " ", NULL, "the text is empty" },
    { "a page of a proxy", SCANNER_ELEMENTS, "<html>", NULL, "offset 0: expected '[', found '<'" },
    { "null for a list", SCANNER_ELEMENTS, "null", NULL, "offset 0: expected '[', found 'n'" },
    { "an array for an object", SCANNER_MEMBERS, "[]", NULL, "offset 0: expected '{', found '['" },
    { "the end in an element", SCANNER_ELEMENTS, "[{\"a\":1}, {\"b", NULL,
      "the text ends too early, after 13 bytes" },
    { "the end between two", SCANNER_ELEMENTS, "[1,", NULL,
      "the text ends too early, after 3 bytes" },
    { "the end before ]", SCANNER_ELEMENTS, "[1", NULL, "the text ends too early, after 2 bytes" },
    { "a comma before ]", SCANNER_ELEMENTS, "[1,]", NULL, "offset 3: expected a value, found ']'" },
    { "a comma first", SCANNER_ELEMENTS, "[,1]", NULL, "offset 1: expected a value, found ','" },
    { "no comma", SCANNER_ELEMENTS, "[\"a\" \"b\"]", NULL,
      "offset 5: expected ',' or ']', found '\"'" },
    { "the wrong bracket", SCANNER_ELEMENTS, "[1}", NULL,
      "offset 2: expected ',' or ']', found '}'" },
    { "more behind it", SCANNER_ELEMENTS, "[] []", NULL, "offset 3: expected the end, found '['" },
    { "a number for a name", SCANNER_MEMBERS, "{1:2}", NULL,
      "offset 1: expected a member's name, found '1'" },
    { "no colon", SCANNER_MEMBERS, "{\"a\" 1}", NULL, "offset 5: expected ':', found '1'" },
    { "no value", SCANNER_MEMBERS, "{\"a\":}", NULL, "offset 5: expected a value, found '}'" },
    { "a control byte", SCANNER_ELEMENTS, "\x01", NULL, "offset 0: expected '[', found '\\x01'" },
};

static void check_case(size_t i, size_t piece)
{
    CLEANUP(buf_fini) struct buf found = BUF_EMPTY;
    struct error err = ERROR_EMPTY;
    bool is_good = scan(cases[i].shape, slice_from(cases[i].text), piece, &found, &err);

    if (is_good != (cases[i].want_error == NULL))
        fail_msg("%s, pieces of %zu: %s", cases[i].name, piece, is_good ? "accepted" : err.text);
    if (is_good && !slice_is(buf_slice(&found), cases[i].want))
        fail_msg("%s, pieces of %zu: want '%s', got '%.*s'", cases[i].name, piece, cases[i].want,
                 SLICE_ARG(buf_slice(&found)));
    if (!is_good && strcmp(err.text, cases[i].want_error) != 0)
        fail_msg("%s, pieces of %zu: want '%s', got '%s'", cases[i].name, piece,
                 cases[i].want_error, err.text);
}

static void test_parts_do_not_depend_on_pieces(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        for (size_t piece = 1; piece <= 4; piece++)
            check_case(i, piece);
        check_case(i, 1000);
    }
}

static void test_nul_bytes_are_refused(void **state)
{
    static const struct slice texts[] = { { "\0[]", 3 }, { "[\0]", 3 }, { "[1\0]", 4 } };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        CLEANUP(buf_fini) struct buf found = BUF_EMPTY;
        struct error err = ERROR_EMPTY;

        if (scan(SCANNER_ELEMENTS, texts[i], 1, &found, &err))
            fail_msg("text %zu was accepted", i);
    }
}

static bool refuse(void *ctx, const struct scanner_part *part, struct error *err)
{
    (void)ctx;
    (void)part;
    return error_set(err, ERROR_INVALID, "no more of them");
}

static void test_the_callback_can_end_the_scan(void **state)
{
    CLEANUP(scanner_fini) struct scanner scanner;
    struct error err = ERROR_EMPTY;

    (void)state;
    scanner_init(&scanner, SCANNER_ELEMENTS, MAX_BYTES, refuse, NULL);
    assert_false(scanner_feed(&scanner, SLICE("[1,2]"), &err));
    assert_string_equal(err.text, "no more of them");
}

static void test_endless_names_are_refused(void **state)
{
    CLEANUP(buf_fini) struct buf found = BUF_EMPTY;
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;
    struct error err = ERROR_EMPTY;

    (void)state;
    buf_add_string(&text, "{\"");
    buf_add_repeated(&text, 'x', 70000);
    buf_add_string(&text, "\":1}");
    assert_false(scan(SCANNER_MEMBERS, buf_slice(&text), 4096, &found, &err));
    assert_string_equal(err.text, "a member's name has more than 65536 bytes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts_do_not_depend_on_pieces),
        cmocka_unit_test(test_nul_bytes_are_refused),
        cmocka_unit_test(test_the_callback_can_end_the_scan),
        cmocka_unit_test(test_endless_names_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
