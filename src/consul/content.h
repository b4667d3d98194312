/* SPDX-License-Identifier: MIT */
/* A running hash over what templates can see of an answer: equal contents, equal hashes.
 *
 * As slice_hash(), but over many parts. Each step is a bijection of the state, so no input can wipe
 * out what was hashed before it. */
#pragma once

#include <stdint.h>
#include <string.h>

#include "base/slice.h"

struct content {
    uint64_t state;
};

#define CONTENT_START ((struct content){ 0x243f6a8885a308d3u })

static inline void content_add_u64(struct content *content, uint64_t word)
{
    uint64_t state = (content->state ^ word) * 0x9e3779b97f4a7c15u;

    content->state = state ^ (state >> 32);
}

static inline void content_add(struct content *content, struct slice text)
{
    uint64_t word;

    content_add_u64(content, text.len);
    while (text.len >= sizeof(word)) {
        memcpy(&word, text.ptr, sizeof(word));
        content_add_u64(content, word);
        text = (struct slice){ text.ptr + sizeof(word), text.len - sizeof(word) };
    }
    if (text.len) {
        word = 0;
        memcpy(&word, text.ptr, text.len);
        content_add_u64(content, word);
    }
}
