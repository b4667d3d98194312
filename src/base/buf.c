/* SPDX-License-Identifier: MIT */
/* Text that grows. */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

void buf_fini(struct buf *buf)
{
    free(buf->ptr);
    *buf = BUF_EMPTY;
}

void buf_clear(struct buf *buf)
{
    buf->len = 0;
    if (buf->ptr)
        buf->ptr[0] = '\0';
}

void buf_reserve(struct buf *buf, size_t extra)
{
    size_t need;

    /* An overflow makes a size that no allocation grants: it ends in memory_resize. */
    if (__builtin_add_overflow(buf->len, extra, &need) || need == SIZE_MAX)
        need = SIZE_MAX - 1;
    if (need < buf->cap)
        return;

    size_t cap = buf->cap > SIZE_MAX / 2 ? SIZE_MAX : buf->cap * 2;

    if (cap < need + 1)
        cap = need + 1;
    if (cap < 64)
        cap = 64;
    buf->ptr = memory_resize(buf->ptr, cap);
    buf->ptr[buf->len] = '\0';
    buf->cap = cap;
}

void buf_add(struct buf *buf, struct slice text)
{
    buf_reserve(buf, text.len);
    if (text.len)
        memcpy(buf->ptr + buf->len, text.ptr, text.len);
    buf->len += text.len;
    buf->ptr[buf->len] = '\0';
}

void buf_add_string(struct buf *buf, const char *text)
{
    buf_add(buf, slice_from(text));
}

void buf_add_byte(struct buf *buf, char byte)
{
    buf_add(buf, slice_of(&byte, 1));
}

void buf_add_repeated(struct buf *buf, char byte, size_t n)
{
    buf_reserve(buf, n);
    memset(buf->ptr + buf->len, byte, n);
    buf->len += n;
    buf->ptr[buf->len] = '\0';
}

void buf_add_rune(struct buf *buf, uint32_t rune)
{
    char bytes[4];
    size_t n = 0;

    if (rune > 0x10ffff || (rune >= 0xd800 && rune <= 0xdfff))
        rune = 0xfffd;
    if (rune < 0x80) {
        bytes[n++] = (char)rune;
    } else if (rune < 0x800) {
        bytes[n++] = (char)(0xc0 | rune >> 6);
        bytes[n++] = (char)(0x80 | (rune & 0x3f));
    } else if (rune < 0x10000) {
        bytes[n++] = (char)(0xe0 | rune >> 12);
        bytes[n++] = (char)(0x80 | (rune >> 6 & 0x3f));
        bytes[n++] = (char)(0x80 | (rune & 0x3f));
    } else {
        bytes[n++] = (char)(0xf0 | rune >> 18);
        bytes[n++] = (char)(0x80 | (rune >> 12 & 0x3f));
        bytes[n++] = (char)(0x80 | (rune >> 6 & 0x3f));
        bytes[n++] = (char)(0x80 | (rune & 0x3f));
    }
    buf_add(buf, slice_of(bytes, n));
}

void buf_printf(struct buf *buf, const char *fmt, ...)
{
    va_list args, again;

    va_start(args, fmt);
    va_copy(again, args);

    int n = vsnprintf(NULL, 0, fmt, args);

    if (n > 0) {
        buf_reserve(buf, (size_t)n);
        vsnprintf(buf->ptr + buf->len, (size_t)n + 1, fmt, again);
        buf->len += (size_t)n;
    }
    va_end(again);
    va_end(args);
}

char *buf_take(struct buf *buf)
{
    buf_reserve(buf, 0);
    buf->ptr[buf->len] = '\0';

    char *text = buf->ptr;

    *buf = BUF_EMPTY;
    return text;
}
