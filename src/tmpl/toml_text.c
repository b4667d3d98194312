/* SPDX-License-Identifier: MIT */
/* Keys, strings and numbers of TOML. */
#include "toml_text.h"

#include <math.h>

#include "base/limits.h"

#include "moment.h"
#include "print.h"

void toml_add_quoted(struct buf *out, struct slice text)
{
    static const char letters[] = "btn fr"; /* of the bytes 8 to 13; 11 has none */

    buf_add_byte(out, '"');
    for (size_t i = 0; i < text.len && out->len <= LIMIT_OUTPUT_BYTES; i++) {
        unsigned char c = (unsigned char)text.ptr[i];

        if (c == '"' || c == '\\') {
            buf_add_byte(out, '\\');
            buf_add_byte(out, (char)c);
        } else if (c >= '\b' && c <= '\r' && c != '\v') {
            buf_add_byte(out, '\\');
            buf_add_byte(out, letters[c - '\b']);
        } else if (c < ' ' || c == 0x7f) {
            buf_printf(out, "\\u%04x", c);
        } else {
            buf_add_byte(out, (char)c);
        }
    }
    buf_add_byte(out, '"');
}

static bool is_bare(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

void toml_add_key(struct buf *out, struct slice key)
{
    size_t i = 0;

    while (i < key.len && is_bare(key.ptr[i]))
        i++;
    if (key.len && i == key.len)
        buf_add(out, key);
    else
        toml_add_quoted(out, key);
}

void toml_add_double(struct buf *out, double number)
{
    size_t from = out->len;

    if (isnan(number) || isinf(number)) {
        buf_add_string(out, signbit(number) ? "-" : "");
        buf_add_string(out, isnan(number) ? "nan" : "inf");
        return;
    }
    print_add_double(out, number, 'f', -1, 0);
    if (slice_find_byte(slice_sub(buf_slice(out), from, out->len), '.') == SLICE_NOT_FOUND)
        buf_add_string(out, ".0");
}

void toml_add_duration(struct buf *out, int64_t nanoseconds)
{
    buf_add_byte(out, '"');
    moment_add_duration(out, nanoseconds);
    buf_add_byte(out, '"');
}
