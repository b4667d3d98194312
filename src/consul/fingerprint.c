/* SPDX-License-Identifier: MIT */
/* A keyed hash over bytes. */
#include "fingerprint.h"

#include <stdbool.h>
#include <string.h>

#include "io/loop.h"

struct block {
    uint64_t words[2];
};

static const struct block *get_key(void)
{
    static struct block key;
    static bool is_chosen;

    if (!is_chosen)
        key = (struct block){ { random_u64(), random_u64() } };
    is_chosen = true;
    return &key;
}

static uint64_t fold(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;

    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t add(uint64_t state, const struct block *key, const char *bytes, size_t n)
{
    struct block block = { { 0, 0 } };

    memcpy(&block, bytes, n);
    return fold(state ^ block.words[0], key->words[1] ^ block.words[1]);
}

uint64_t fingerprint_of(struct slice bytes)
{
    const struct block *key = get_key();
    uint64_t state = key->words[0] ^ bytes.len;
    size_t i = 0;

    for (; bytes.len - i >= sizeof(*key); i += sizeof(*key))
        state = add(state, key, bytes.ptr + i, sizeof(*key));
    if (i < bytes.len)
        state = add(state, key, bytes.ptr + i, bytes.len - i);
    return fold(state ^ key->words[1], key->words[0]);
}
