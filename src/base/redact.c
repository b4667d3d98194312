/* SPDX-License-Identifier: MIT */
/* Takes out of a text what those who may read logs must not. */
#include "base/redact.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/limits.h"
#include "base/map.h"
#include "base/memory.h"

/* What is longer is not likely to be there by chance: it is hidden inside of words, too. */
#define LONG_BYTES 6
/* What is shorter says nothing. */
#define LEAST_BYTES 3

struct secret {
    struct secret *next; /* of those that begin with the same bytes */
    size_t len;
    char text[];
};

static struct {
    struct map by_start; /* of struct secret, by their first LONG_BYTES; a short one by all of it */
    struct map by_text;  /* all of them: many begin alike, as addresses do */
    size_t n, n_short, n_bytes;
} secrets;

/* --- Secrets --------------------------------------------------------------------------------- */

static struct slice text_of(const struct secret *secret)
{
    return slice_of(secret->text, secret->len);
}

static struct slice start_of(struct slice text)
{
    return slice_sub(text, 0, LONG_BYTES);
}

/* Line numbers, weights, switches. */
static bool says_nothing(struct slice text)
{
    static const char *const words[] = { "true", "false", "yes", "off", "none", "null" };
    uint64_t number;

    if (text.len < LEAST_BYTES || (text.len == 3 && slice_parse_u64(text, 999, &number)))
        return true;
    for (size_t i = 0; i < ARRAY_SIZE(words); i++)
        if (text.len == strlen(words[i]) && strncasecmp(text.ptr, words[i], text.len) == 0)
            return true;
    return false;
}

static bool add_secret(struct slice text)
{
    struct secret *secret;

    if (says_nothing(text) || map_find(&secrets.by_text, text))
        return true;
    if (secrets.n == LIMIT_SECRETS || secrets.n_bytes + text.len > LIMIT_SECRET_BYTES)
        return false;
    secret = memory_alloc(sizeof(*secret) + text.len);
    secret->len = text.len;
    memcpy(secret->text, text.ptr, text.len);
    secret->next = map_put(&secrets.by_start, start_of(text_of(secret)), secret);
    map_put(&secrets.by_text, text_of(secret), secret);
    secrets.n++;
    secrets.n_short += text.len < LONG_BYTES;
    secrets.n_bytes += text.len;
    return true;
}

bool redact_hide(struct slice value)
{
    struct slice line;

    while (slice_next(&value, '\n', &line)) {
        if (!add_secret(slice_trim(line)))
            return false;
    }
    return true;
}

void redact_forget(void)
{
    struct secret *secret;

    for (size_t i = 0; (secret = map_next(&secrets.by_text, &i)) != NULL;)
        free(secret);
    map_fini(&secrets.by_start);
    map_fini(&secrets.by_text);
    secrets.n = secrets.n_short = secrets.n_bytes = 0;
}

/* The length of the longest secret of LONG_BYTES or more that the text begins with; 0: it begins
 * with none. */
static size_t match_long(struct slice text)
{
    size_t longest = 0;

    if (text.len < LONG_BYTES)
        return 0;
    for (const struct secret *secret = map_find(&secrets.by_start, start_of(text)); secret;
         secret = secret->next) {
        if (secret->len > longest && slice_starts_with(text, text_of(secret)))
            longest = secret->len;
    }
    return longest;
}

static bool is_word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           (c & 0x80);
}

/* Whether a word goes on from one byte of the line to the next. */
static bool is_inside_word(struct slice line, size_t at)
{
    return at > 0 && at < line.len && is_word_byte(line.ptr[at - 1]) && is_word_byte(line.ptr[at]);
}

/* The same for shorter ones, which must not be a part of a word. */
static size_t match_short(struct slice line, size_t at)
{
    if (secrets.n_short == 0 || is_inside_word(line, at))
        return 0;
    for (size_t len = LONG_BYTES - 1; len >= LEAST_BYTES; len--)
        if (at + len <= line.len && !is_inside_word(line, at + len) &&
            map_find(&secrets.by_start, slice_sub(line, at, at + len)))
            return len;
    return 0;
}

/* --- Texts ----------------------------------------------------------------------------------- */

static void hide_secrets(struct slice line, struct buf *out)
{
    size_t from = 0;

    for (size_t at = 0; secrets.n > 0 && at + LEAST_BYTES <= line.len;) {
        size_t len = match_long(slice_sub(line, at, line.len));

        if (len == 0)
            len = match_short(line, at);
        if (len == 0) {
            at++;
            continue;
        }
        buf_add(out, slice_sub(line, from, at));
        buf_add_string(out, REDACTED);
        at += len;
        from = at;
    }
    buf_add(out, slice_sub(line, from, line.len));
}

void redact_line(struct redaction *redaction, struct slice line, struct buf *out)
{
    bool is_end = slice_find(line, SLICE("-----END ")) != SLICE_NOT_FOUND;

    if (is_end)
        redaction->is_in_pem = false;
    if (redaction->is_in_pem)
        buf_add_string(out, REDACTED);
    else
        hide_secrets(line, out);
    if (!is_end && slice_find(line, SLICE("-----BEGIN ")) != SLICE_NOT_FOUND)
        redaction->is_in_pem = true;
}

void redact_text(struct slice text, struct buf *out)
{
    struct redaction redaction = { .is_in_pem = false };
    struct slice line;

    for (bool is_first = true; slice_next(&text, '\n', &line); is_first = false) {
        if (!is_first)
            buf_add_byte(out, '\n');
        redact_line(&redaction, line, out);
    }
}

void redact_error(struct error *err)
{
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;

    redact_text(slice_from(err->text), &text);
    snprintf(err->text, sizeof(err->text), "%s", buf_slice(&text).ptr);
}
