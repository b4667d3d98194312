/* SPDX-License-Identifier: MIT */
/* Text that grows. buf.ptr is NUL-terminated whenever it is not NULL; the NUL is not counted. */
#pragma once

#include <stddef.h>

#include "base/cleanup.h"
#include "base/slice.h"

struct buf {
    char *ptr;
    size_t len, cap;
};

#define BUF_EMPTY ((struct buf){ NULL, 0, 0 })

void buf_fini(struct buf *buf);  /* releases the memory; the buf is empty and usable afterwards */
void buf_clear(struct buf *buf); /* keeps the memory */
void buf_reserve(struct buf *buf, size_t extra);
void buf_add(struct buf *buf, struct slice text);
void buf_add_string(struct buf *buf, const char *text);
void buf_add_byte(struct buf *buf, char byte);
void buf_add_repeated(struct buf *buf, char byte, size_t n);
/* One Unicode code point as UTF-8; what is no code point becomes U+FFFD. */
void buf_add_rune(struct buf *buf, uint32_t rune);
void buf_printf(struct buf *buf, const char *fmt, ...) PRINTF(2, 3);

static inline struct slice buf_slice(const struct buf *buf)
{
    return (struct slice){ buf->ptr ? buf->ptr : "", buf->len };
}

/* The terminated text, owned by the caller (free()); the buf is empty afterwards. */
char *buf_take(struct buf *buf);
