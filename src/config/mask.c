/* SPDX-License-Identifier: MIT */
/* Hides what stands behind a key that looks like a secret's. */
#include "mask.h"

#include "base/cleanup.h"

#define SECRET_KEY_BYTES 24 /* longer words are not taken for a misspelling */

static bool is_word_byte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '_' || byte == '-';
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r';
}

/* The key that ends before a ':' or '=', which may be in quotes. */
static struct slice word_before(struct slice text, size_t at)
{
    size_t end = at, begin;

    while (end > 0 && is_blank(text.ptr[end - 1]))
        end--;
    if (end > 0 && (text.ptr[end - 1] == '"' || text.ptr[end - 1] == '\''))
        end--;
    for (begin = end; begin > 0 && is_word_byte(text.ptr[begin - 1]); begin--)
        ;
    return slice_sub(text, begin, end);
}

static bool is_secret_key(struct slice word)
{
    static const char *const parts[] = { "token", "secret", "passw", "auth" };
    static const char *const names[] = { "token", "password", "auth", "secret" };
    char lower[SECRET_KEY_BYTES + 1];

    if (word.len == 0 || word.len > SECRET_KEY_BYTES)
        return false;
    for (size_t i = 0; i < word.len; i++)
        lower[i] =
            word.ptr[i] >= 'A' && word.ptr[i] <= 'Z' ? (char)(word.ptr[i] | 0x20) : word.ptr[i];
    word.ptr = lower;
    if (slice_is(word, "token_file"))
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
        if (slice_find(word, slice_from(parts[i])) != SLICE_NOT_FOUND)
            return true;
    }
    return slice_nearest(word, names, ARRAY_SIZE(names)) != NULL;
}

static size_t line_end(struct slice text, size_t from)
{
    size_t length = slice_find_byte(slice_sub(text, from, text.len), '\n');

    return length == SLICE_NOT_FOUND ? text.len : from + length;
}

static size_t indentation(struct slice text, size_t line_start)
{
    size_t i = line_start;

    while (i < text.len && (text.ptr[i] == ' ' || text.ptr[i] == '\t'))
        i++;
    return i - line_start;
}

/* Behind the quoted text that begins at `from`; the end of the text if it is not closed. */
static size_t quoted_end(struct slice text, size_t from)
{
    char quote = text.ptr[from];

    for (size_t i = from + 1; i < text.len; i++) {
        if (text.ptr[i] == '\\' && quote == '"')
            i++;
        else if (text.ptr[i] == quote)
            return i + 1;
    }
    return text.len;
}

/* Behind the bracket that closes the one at `from`. */
static size_t bracket_end(struct slice text, size_t from)
{
    size_t depth = 0, i = from;

    while (i < text.len) {
        char byte = text.ptr[i];

        if (byte == '"' || byte == '\'') {
            i = quoted_end(text, i);
            continue;
        }
        i++;
        if (byte == '[' || byte == '{')
            depth++;
        else if ((byte == ']' || byte == '}') && --depth == 0)
            return i;
    }
    return text.len;
}

/* Behind the last line of the HCL heredoc ("<<EOF", "<<-EOF") that begins at `from`. */
static size_t heredoc_end(struct slice text, size_t from)
{
    size_t i = line_end(text, from);
    struct slice anchor = slice_trim(slice_sub(text, from + 2, i));

    if (slice_starts_with(anchor, SLICE("-")))
        anchor = slice_sub(anchor, 1, anchor.len);
    while (i < text.len) {
        size_t begin = i + 1;

        i = line_end(text, begin);
        if (slice_equal(slice_trim(slice_sub(text, begin, i)), anchor))
            break;
    }
    return i;
}

/* Where the value ends that begins somewhere behind `from`: its line, its quotes or brackets, and
 * the lines below that are indented deeper than the key's. */
static size_t value_end(struct slice text, size_t from)
{
    size_t key_line = slice_find_last_byte(slice_sub(text, 0, from), '\n');
    size_t depth = indentation(text, key_line == SLICE_NOT_FOUND ? 0 : key_line + 1);
    size_t i = from;

    while (i < text.len && (is_blank(text.ptr[i]) || text.ptr[i] == '\n'))
        i++;
    if (slice_starts_with(slice_sub(text, i, text.len), SLICE("<<")))
        return heredoc_end(text, i);
    if (i < text.len && (text.ptr[i] == '"' || text.ptr[i] == '\''))
        i = quoted_end(text, i);
    else if (i < text.len && (text.ptr[i] == '[' || text.ptr[i] == '{'))
        i = bracket_end(text, i);
    i = line_end(text, i);
    while (i < text.len) {
        size_t next_end = line_end(text, i + 1);
        size_t next_depth = indentation(text, i + 1);

        if (next_depth <= depth && slice_trim(slice_sub(text, i + 1, next_end)).len > 0)
            break;
        i = next_end;
    }
    return i;
}

/* The end of "user:password@" in "http://user:password@host"; `from` if there is none. */
static size_t userinfo_end(struct slice text, size_t from)
{
    for (size_t i = from; i < text.len; i++) {
        char byte = text.ptr[i];

        if (byte == '@')
            return i;
        if (is_blank(byte) || byte == '\n' || byte == '/' || byte == '"' || byte == '\'')
            return from;
    }
    return from;
}

static void add_hidden(struct slice text, struct buf *out)
{
    for (size_t i = 0; i < text.len; i++)
        buf_add_byte(out, is_blank(text.ptr[i]) || text.ptr[i] == '\n' ? text.ptr[i] : '*');
}

void mask_secrets(struct slice text, struct buf *out)
{
    const struct slice scheme_end = SLICE("://");
    size_t i = 0;

    while (i < text.len) {
        size_t from, end;

        if (slice_starts_with(slice_sub(text, i, text.len), scheme_end)) {
            from = i + scheme_end.len;
            end = userinfo_end(text, from);
        } else if (text.ptr[i] == ':' || text.ptr[i] == '=') {
            from = i + 1;
            end = is_secret_key(word_before(text, i)) ? value_end(text, from) : from;
        } else {
            from = end = i + 1;
        }
        buf_add(out, slice_sub(text, i, from));
        add_hidden(slice_sub(text, from, end), out);
        i = end;
    }
}
