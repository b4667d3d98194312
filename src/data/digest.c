/* SPDX-License-Identifier: MIT */
/* Texts by their SHA-256. */
#include "data/digest.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_BYTES 32

struct digest digest_of(struct slice text)
{
    unsigned char bytes[EVP_MAX_MD_SIZE];
    struct digest digest = DIGEST_NONE;
    unsigned n = 0;

    if (!EVP_Digest(text.ptr, text.len, bytes, &n, EVP_sha256(), NULL) || n != N_BYTES)
        abort(); /* nothing but memory can be missing here */
    for (unsigned i = 0; i < n; i++)
        snprintf(digest.hex + (size_t)2 * i, 3, "%02x", bytes[i]);
    return digest;
}

bool digest_equal(const struct digest *a, const struct digest *b)
{
    return strcmp(a->hex, b->hex) == 0;
}

bool digest_parse(struct slice text, struct digest *ret_digest)
{
    if (text.len != (size_t)2 * N_BYTES)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (!((text.ptr[i] >= '0' && text.ptr[i] <= '9') ||
              (text.ptr[i] >= 'a' && text.ptr[i] <= 'f')))
            return false;
    memcpy(ret_digest->hex, text.ptr, text.len);
    ret_digest->hex[text.len] = '\0';
    return true;
}
