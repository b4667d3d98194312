/* SPDX-License-Identifier: MIT */
/* Any bytes as YAML and as JSON, and what they read as through toYAML and toTOML; any bytes as a
 * text that toYAML writes and parseYAML reads back. */
#include <string.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "data/json.h"
#include "fuzz/fuzz.h"
#include "tmpl/eval.h"
#include "tmpl/function.h"

/* Instead of the evaluator's: nothing else of it is needed here. */
bool eval_check_size(const struct eval *eval, size_t n_bytes, struct error *err)
{
    (void)eval;
    return n_bytes <= LIMIT_OUTPUT_BYTES || error_set(err, ERROR_LIMIT, "too large");
}

static const struct function *find(const char *name)
{
    size_t i = 0;

    while (i < functions_yaml.n && strcmp(functions_yaml.items[i].name, name) != 0)
        i++;
    FUZZ_CHECK(i < functions_yaml.n);
    return &functions_yaml.items[i];
}

static bool call(struct eval *eval, const char *name, const struct value *arg, struct value *ret)
{
    struct error err = ERROR_EMPTY;

    if (find(name)->call(eval, arg, 1, ret, &err))
        return true;
    FUZZ_CHECK(err.code == ERROR_EXECUTE || err.code == ERROR_LIMIT);
    FUZZ_CHECK(err.text[0] && err.line == 0);
    return false;
}

/* What is written has no white space at the ends, and is the same each time. */
static bool check_written(struct eval *eval, const char *name, const struct value *value,
                          struct slice *ret_text)
{
    struct value first, second;

    if (!call(eval, name, value, &first))
        return false;
    FUZZ_CHECK(call(eval, name, value, &second));

    struct slice text = value_slice(&first);

    FUZZ_CHECK(slice_equal(text, value_slice(&second)));
    FUZZ_CHECK(slice_equal(text, slice_trim(text)));
    *ret_text = text;
    return true;
}

static void check_value(struct eval *eval, const struct value *value)
{
    struct slice written;

    if (check_written(eval, "toYAML", value, &written))
        FUZZ_CHECK(utf8_valid_len(written) == written.len);
    (void)check_written(eval, "toTOML", value, &written);
}

/* Line ends other than \n fold when they are read, and the library writes them as they are. */
static bool has_odd_line_ends(struct slice text)
{
    return slice_find(text, SLICE("\xc2\x85")) != SLICE_NOT_FOUND ||
           slice_find(text, SLICE("\xe2\x80\xa8")) != SLICE_NOT_FOUND ||
           slice_find(text, SLICE("\xe2\x80\xa9")) != SLICE_NOT_FOUND;
}

/* As an item of a list, because white space at the ends of the whole is cut off. */
static void check_read_back(struct eval *eval, struct slice text)
{
    struct value items[2] = { value_string(text), value_string(SLICE("end")) };
    struct value list = value_list(&type_any_list, STORED_VALUES, items, 2), yaml, back, item;

    FUZZ_CHECK(call(eval, "toYAML", &list, &yaml));
    if (has_odd_line_ends(text))
        return;
    FUZZ_CHECK(call(eval, "parseYAML", &yaml, &back));
    FUZZ_CHECK(back.type == &type_any_list && back.list.n == 2);
    item = value_list_get(&back, 0);
    FUZZ_CHECK(value_is_string(&item) && slice_equal(value_slice(&item), text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    struct eval eval = { .arena = &arena, .max_steps = LIMIT_RENDER_STEPS };
    struct slice text = fuzz_text(data, size);
    struct value arg = value_string(text), value;
    struct error err;

    if (call(&eval, "parseYAML", &arg, &value))
        check_value(&eval, &value);
    if (json_parse_value(text, &arena, &value, &err))
        check_value(&eval, &value);
    check_read_back(&eval, text);
    return 0;
}
