/* SPDX-License-Identifier: MIT */
/* Takes out of a text what those who may read logs must not. */
#include "base/redact.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/map.h"
#include "base/memory.h"

struct secret {
    struct secret *next; /* of those that begin with the same bytes */
    size_t len;
    char text[];
};

static struct {
    struct map by_start; /* of struct secret, by their first REDACT_LEAST_BYTES */
    size_t n, n_bytes;
} secrets;

/* --- Secrets --------------------------------------------------------------------------------- */

static struct slice text_of(const struct secret *secret)
{
    return slice_of(secret->text, secret->len);
}

static struct slice start_of(struct slice text)
{
    return slice_sub(text, 0, REDACT_LEAST_BYTES);
}

static bool is_known(struct slice text)
{
    const struct secret *secret = map_find(&secrets.by_start, start_of(text));

    while (secret && !slice_equal(text_of(secret), text))
        secret = secret->next;
    return secret;
}

static bool add_secret(struct slice text)
{
    struct secret *secret;

    if (text.len < REDACT_LEAST_BYTES || is_known(text))
        return true;
    if (secrets.n == LIMIT_SECRETS || secrets.n_bytes + text.len > LIMIT_SECRET_BYTES)
        return false;
    secret = memory_alloc(sizeof(*secret) + text.len);
    secret->len = text.len;
    memcpy(secret->text, text.ptr, text.len);
    secret->next = map_put(&secrets.by_start, start_of(text_of(secret)), secret);
    secrets.n++;
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

    for (size_t i = 0; (secret = map_next(&secrets.by_start, &i)) != NULL;) {
        while (secret) {
            struct secret *next = secret->next;

            free(secret);
            secret = next;
        }
    }
    map_fini(&secrets.by_start);
    secrets.by_start = MAP_EMPTY;
    secrets.n = secrets.n_bytes = 0;
}

/* The length of the longest secret that the text begins with; 0: it begins with none. */
static size_t match(struct slice text)
{
    size_t longest = 0;

    if (text.len < REDACT_LEAST_BYTES)
        return 0;
    for (const struct secret *secret = map_find(&secrets.by_start, start_of(text)); secret;
         secret = secret->next) {
        if (secret->len > longest && slice_starts_with(text, text_of(secret)))
            longest = secret->len;
    }
    return longest;
}

/* --- Texts ----------------------------------------------------------------------------------- */

static void hide_secrets(struct slice line, struct buf *out)
{
    size_t from = 0;

    for (size_t at = 0; secrets.n > 0 && at + REDACT_LEAST_BYTES <= line.len;) {
        size_t len = match(slice_sub(line, at, line.len));

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
