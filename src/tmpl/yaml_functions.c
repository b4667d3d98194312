/* SPDX-License-Identifier: MIT */
/* The table of the functions that read and write YAML and TOML. */
#include "yaml_functions.h"

#include "function.h"

static const struct function functions[] = {
    { "parseYAML", call_parse_yaml, { &type_string }, &type_any, 1, 1, 0 },
    { "toYAML", call_to_yaml, { &type_any }, &type_string, 1, 1, FUNCTION_SHOWS_ALL },
    { "toTOML", call_to_toml, { &type_any }, &type_string, 1, 1, FUNCTION_SHOWS_ALL },
};

const struct function_group functions_yaml = { functions, ARRAY_SIZE(functions) };
