/* SPDX-License-Identifier: MIT */
/* Any text for the functions on strings, lists, maps and encodings: they end, say why they fail,
 * mark what is foreign, and those that are each other's opposite are.
 *
 * An input is a byte that picks the function, and its arguments, each in a line: JSON where the
 * parameter is no string. */
#include <string.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "fuzz/fuzz.h"
#include "tmpl/eval.h"
#include "tmpl/function.h"
#include "tmpl/json_write.h"

#define MAX_STEPS 200000
#define MAX_ARGS  3

static const struct function_group *const groups[] = { &functions_string, &functions_collection,
                                                       &functions_encoding, &functions_yaml };

static const struct function *find_function(const char *name)
{
    const struct function *function = function_find(slice_from(name));

    FUZZ_CHECK(function);
    return function;
}

static const struct function *pick_function(unsigned char byte)
{
    size_t n = 0;

    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
        n += groups[i]->n;

    size_t picked = byte % n;

    for (size_t i = 0;; i++) {
        if (picked < groups[i]->n)
            return &groups[i]->items[picked];
        picked -= groups[i]->n;
    }
}

/* The argument as the parameter wants it; false: the text is none. */
static bool read_argument(struct eval *eval, const struct type *type, struct slice text,
                          struct value *ret_value)
{
    struct value string = value_foreign_string(text);
    struct error err;

    if (type == &type_string) {
        *ret_value = string;
        return true;
    }
    if (type == &type_string_list)
        return find_function("split")->call(
            eval, (struct value[]){ value_string(SLICE(" ")), string }, 2, ret_value, &err);
    if (!find_function("parseJSON")->call(eval, &string, 1, ret_value, &err)) {
        *ret_value = string; /* for any type */
        return type == &type_any;
    }
    if (type == &type_int && value_kind(ret_value) == KIND_FLOAT && ret_value->real >= -2 &&
        ret_value->real < 1000) {
        *ret_value = value_int((int64_t)ret_value->real);
        return true;
    }
    return type == &type_any || type == ret_value->type;
}

/* Decoding brings back what was encoded. */
static void check_there_and_back(struct eval *eval, const char *encode, const char *decode,
                                 struct slice text)
{
    struct value plain = value_string(text), encoded, decoded;
    struct error err;

    FUZZ_CHECK(find_function(encode)->call(eval, &plain, 1, &encoded, &err));
    FUZZ_CHECK(find_function(decode)->call(eval, &encoded, 1, &decoded, &err));
    if (utf8_valid_len(text) == text.len || strcmp(encode, "toJSON") != 0)
        FUZZ_CHECK(slice_equal(value_slice(&decoded), text));
}

/* Whatever JSON is written can be read. What was read and written once stays the same from then on:
 * before, invalid bytes were not yet U+FFFD. */
static void check_json(struct eval *eval, const struct value *value)
{
    struct value texts[3], parsed = *value;
    struct error err;

    if (!call_to_json(eval, value, 1, &texts[0], &err))
        return;
    for (size_t i = 1; i < 3; i++) {
        FUZZ_CHECK(find_function("parseJSON")->call(eval, &texts[i - 1], 1, &parsed, &err));
        FUZZ_CHECK(call_to_json(eval, &parsed, 1, &texts[i], &err));
    }
    FUZZ_CHECK(slice_equal(value_slice(&texts[1]), value_slice(&texts[2])));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    struct eval eval = { .arena = &arena, .max_steps = MAX_STEPS };
    const struct function *function = pick_function(size ? data[0] : 0);
    struct slice rest = fuzz_text(data + (size > 0), size - (size > 0)), text = SLICE_EMPTY;
    struct error err = ERROR_EMPTY;
    struct value args[MAX_ARGS], ret;
    size_t n = 0;

    for (; n < function->max_args && n < MAX_ARGS; n++) {
        size_t i = n;

        while (!function->params[i])
            i--;
        text = n + 1 == function->max_args && rest.ptr ? rest : text; /* the last has all lines */
        if (n + 1 < function->max_args && !slice_next(&rest, '\n', &text))
            text = SLICE_EMPTY;
        if (!read_argument(&eval, function->params[i], text, &args[n]))
            return 0;
    }
    if (!function->call(&eval, args, n, &ret, &err)) {
        FUZZ_CHECK(err.code == ERROR_LIMIT || err.code == ERROR_EXECUTE);
        FUZZ_CHECK(err.text[0] != '\0');
        return 0;
    }
    check_there_and_back(&eval, "base64Encode", "base64Decode", text);
    check_there_and_back(&eval, "base64URLEncode", "base64URLDecode", text);
    check_there_and_back(&eval, "toJSON", "parseJSON", text);
    check_json(&eval, &ret);
    return 0;
}
