/* SPDX-License-Identifier: MIT */
/* A text, looked at before and while it is written as YAML. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

struct yaml_character {
    uint32_t rune;
    size_t n; /* bytes; 0: none is left */
};

struct yaml_character yaml_character_at(struct slice text, size_t at);
bool yaml_is_line_end(uint32_t rune);
/* As the peer's library sees it: nothing beyond the basic plane is. */
bool yaml_is_printable(uint32_t rune);

/* What reads back as the same text, numbers and other words aside. In double quotes all does. */
struct yaml_analysis {
    bool is_multiline;
    bool can_be_plain, can_be_single_quoted, can_be_literal;
};

struct yaml_analysis yaml_analyze(struct slice text);
