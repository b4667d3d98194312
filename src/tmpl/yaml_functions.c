/* SPDX-License-Identifier: MIT */
/* The table of the functions that read and write YAML and TOML. */
#include "yaml_functions.h"

#include "function.h"

static const struct function functions[] = {
    { "parseYAML", call_parse_yaml, 1, 1, { &type_string }, &type_any, 0 },
    { "toYAML", call_to_yaml, 1, 1, { &type_any }, &type_string, FUNCTION_SHOWS_ALL },
    { "toTOML", call_to_toml, 1, 1, { &type_any }, &type_string, FUNCTION_SHOWS_ALL },
};

const struct function_group functions_yaml = { functions, ARRAY_SIZE(functions) };
