/* SPDX-License-Identifier: MIT */
/* What a template may take out of a value is hidden with it. */
#include "app/secret.h"

#include <stdio.h>

#include "base/base64.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/redact.h"
#include "unit.h"

static const struct {
    const char *name, *value, *text, *want;
} cases[] = {
    { "a value", "hunter2 x", "is hunter2 x", "is (hidden)" },
    { "a member", "{\"password\": \"hunter2\"}", "password hunter2", "password (hidden)" },
    { "a number", "{\"pin\": 4711}", "pin 4711", "pin (hidden)" },
    { "a list in an object", "{\"users\":\n [{\"name\": \"operator\", \"password\": \"hunter2\"}]}",
      "users operator hunter2", "users (hidden) (hidden)" },
    { "escapes of JSON", "[\"hunter\\u0032\\/\\ud83d\\ude00\"]", "hunter2/\xf0\x9f\x98\x80",
      "(hidden)" },
    { "a string of JSON", "\"hunter2\"", "hunter2 \"hunter2\"", "(hidden) (hidden)" },
    { "JSON that is cut", "{\"a\": \"hunter2\", \"b\": ", "hunter2", "(hidden)" },
    { "YAML", "users:\n  - name: operator\n    password: 'hunter2'\n", "users operator hunter2",
      "users (hidden) (hidden)" },
    { "a list of YAML", "- hunter2\n- operator\n", "hunter2 operator", "(hidden) (hidden)" },
    { "an anchor", "&a [hunter2, operator]", "hunter2 operator", "(hidden) (hidden)" },
    { "a block", "key: |\n  hunter2\n  operator\n", "operator hunter2", "(hidden) (hidden)" },
    { "Base64", "aHVudGVyMg==", "hunter2 aHVudGVyMg==", "(hidden) (hidden)" },
    { "Base64 for URLs", "aHVudGVyPj4-", "hunter>>>", "(hidden)" },
    { "Base64 with a line end", "aHVudGVyMg==\n", "hunter2", "(hidden)" },
    { "Base64 of JSON", "eyJwYXNzd29yZCI6ICJodW50ZXIyIn0=", "password hunter2",
      "password (hidden)" },
    { "JSON in JSON", "{\"a\": \"{\\\"b\\\": \\\"hunter2\\\"}\"}", "hunter2", "(hidden)" },
    { "Base64 in JSON", "{\"key\": \"aHVudGVyMg==\"}", "hunter2", "(hidden)" },
    { "a word is no Base64", "password", "password \xa5\xab\x2c\xc2", "(hidden) \xa5\xab\x2c\xc2" },
    { "a user with a password", "operator:hunter2", "hunter2 of operator", "(hidden) of (hidden)" },
    { "a list", "hunter1,hunter2", "hunter2", "(hidden)" },
    { "a URL", "http://bob:hunter2@db.example/x", "http://bob with hunter2",
      "http://bob with (hidden)" },
    { "a part of a configuration", "option httplog,x\ntimeout  server=10s",
      "option server httplog option httplog,x", "option server httplog (hidden)" },
};

static void test_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP(buf_fini) struct buf got = BUF_EMPTY;

        assert_true(secret_hide(slice_from(cases[i].value)));
        redact_text(slice_from(cases[i].text), &got);
        if (!slice_is(buf_slice(&got), cases[i].want))
            fail_msg("%s: want '%s', got '%s'", cases[i].name, cases[i].want, got.ptr);
        redact_forget();
    }
}

/* Each is looked into, but not for ever. */
static void test_values_within_values(void **state)
{
    CLEANUP(buf_fini) struct buf value = BUF_EMPTY;

    (void)state;
    buf_add_string(&value, "hunter2");
    for (int i = 0; i < 20; i++) {
        CLEANUP(buf_fini) struct buf inner = value;

        value = BUF_EMPTY;
        base64_encode(buf_slice(&inner), &value);
    }
    assert_true(secret_hide(buf_slice(&value)));
    redact_forget();
}

/* Its pieces would take the room of others' values. */
static void test_a_long_value_is_no_list(void **state)
{
    CLEANUP(buf_fini) struct buf value = BUF_EMPTY, got = BUF_EMPTY;

    (void)state;
    for (int i = 0; i < 1000; i++)
        buf_printf(&value, "piece%03d/", i);
    assert_true(secret_hide(buf_slice(&value)));
    redact_text(SLICE("piece123"), &got);
    assert_string_equal(got.ptr, "piece123");
    buf_clear(&got);
    redact_text(buf_slice(&value), &got);
    assert_string_equal(got.ptr, REDACTED);
    redact_forget();
}

static void test_no_room(void **state)
{
    CLEANUP(buf_fini) struct buf value = BUF_EMPTY;

    (void)state;
    buf_add_byte(&value, '[');
    for (int i = 0; i <= LIMIT_SECRETS; i++)
        buf_printf(&value, "%s\"secret-%d\"", i ? ",\n" : "", i);
    buf_add_byte(&value, ']');
    assert_false(secret_hide(buf_slice(&value)));
    redact_forget();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_values_within_values),
        cmocka_unit_test(test_a_long_value_is_no_list),
        cmocka_unit_test(test_no_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
