/* SPDX-License-Identifier: MIT */
/* The text type. */
#include "base/slice.h"

#include <endian.h>
#include <stdlib.h>

#include "base/memory.h"

struct slice slice_sub(struct slice a, size_t from, size_t to)
{
    if (to > a.len)
        to = a.len;
    if (from > to)
        from = to;
    return slice_of(a.ptr + from, to - from);
}

int slice_compare(struct slice a, struct slice b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int order = n ? memcmp(a.ptr, b.ptr, n) : 0;

    return order ? order : (a.len > b.len) - (a.len < b.len);
}

bool slice_starts_with(struct slice a, struct slice prefix)
{
    return a.len >= prefix.len && slice_equal(slice_sub(a, 0, prefix.len), prefix);
}

bool slice_ends_with(struct slice a, struct slice suffix)
{
    return a.len >= suffix.len && slice_equal(slice_sub(a, a.len - suffix.len, a.len), suffix);
}

size_t slice_find(struct slice a, struct slice needle)
{
    if (needle.len == 0)
        return 0;

    const char *hit = a.len ? memmem(a.ptr, a.len, needle.ptr, needle.len) : NULL;

    return hit ? (size_t)(hit - a.ptr) : SLICE_NOT_FOUND;
}

size_t slice_find_byte(struct slice a, char byte)
{
    const char *hit = a.len ? memchr(a.ptr, byte, a.len) : NULL;

    return hit ? (size_t)(hit - a.ptr) : SLICE_NOT_FOUND;
}

size_t slice_find_last_byte(struct slice a, char byte)
{
    const char *hit = a.len ? memrchr(a.ptr, byte, a.len) : NULL;

    return hit ? (size_t)(hit - a.ptr) : SLICE_NOT_FOUND;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct slice slice_trim(struct slice a)
{
    while (a.len && is_space(a.ptr[0]))
        a = slice_sub(a, 1, a.len);
    while (a.len && is_space(a.ptr[a.len - 1]))
        a.len--;
    return a;
}

bool slice_next(struct slice *rest, char byte, struct slice *ret_head)
{
    if (!rest->ptr)
        return false;

    size_t at = slice_find_byte(*rest, byte);

    if (at == SLICE_NOT_FOUND) {
        *ret_head = *rest;
        *rest = (struct slice){ NULL, 0 };
    } else {
        *ret_head = slice_sub(*rest, 0, at);
        *rest = slice_sub(*rest, at + 1, rest->len);
    }
    return true;
}

/* Each step is a bijection of the state, so nothing can wipe out what was hashed before it. The odd
 * constant is 2^64 divided by the golden ratio. */
static uint64_t hash_step(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 32;
}

uint64_t slice_hash(struct slice a)
{
    uint64_t hash = hash_step(0x243f6a8885a308d3u, a.len), word;

    for (; a.len >= sizeof(word); a.ptr += sizeof(word), a.len -= sizeof(word)) {
        memcpy(&word, a.ptr, sizeof(word));
        hash = hash_step(hash, le64toh(word));
    }
    if (a.len > 0) {
        word = 0;
        memcpy(&word, a.ptr, a.len);
        hash = hash_step(hash, le64toh(word));
    }
    return hash_step(hash, 0);
}

bool slice_parse_u64(struct slice a, uint64_t max, uint64_t *ret_number)
{
    uint64_t number = 0;

    if (a.len == 0)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        if (a.ptr[i] < '0' || a.ptr[i] > '9' || __builtin_mul_overflow(number, 10u, &number) ||
            __builtin_add_overflow(number, (uint64_t)(a.ptr[i] - '0'), &number))
            return false;
    }
    if (number > max)
        return false;
    *ret_number = number;
    return true;
}

/* Nanoseconds of a duration's unit, which is cut from the front of *rest; 0: no such unit. */
static uint64_t take_unit_ns(struct slice *rest)
{
    static const struct {
        const char *name;
        uint64_t ns;
    } units[] = {
        { "ns", 1 },         { "us", 1000 },       { "\xc2\xb5s", 1000 },  { "ms", 1000000 },
        { "s", 1000000000 }, { "m", 60000000000 }, { "h", 3600000000000 },
    };

    for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
        struct slice name = slice_from(units[i].name);

        if (slice_starts_with(*rest, name)) {
            *rest = slice_sub(*rest, name.len, rest->len);
            return units[i].ns;
        }
    }
    return 0;
}

/* One "12.5m" of a duration, cut from the front of *rest. */
static bool take_duration_part(struct slice *rest, uint64_t *ret_ns)
{
    uint64_t whole = 0, fraction = 0, scale = 1;
    size_t i = 0, n_digits = 0;

    for (; i < rest->len && rest->ptr[i] >= '0' && rest->ptr[i] <= '9'; i++, n_digits++) {
        if (whole > UINT64_MAX / 100)
            return false;
        whole = whole * 10 + (uint64_t)(rest->ptr[i] - '0');
    }
    if (i < rest->len && rest->ptr[i] == '.') {
        for (i++; i < rest->len && rest->ptr[i] >= '0' && rest->ptr[i] <= '9'; i++, n_digits++) {
            if (scale >= 1000000000)
                continue;
            scale *= 10;
            fraction = fraction * 10 + (uint64_t)(rest->ptr[i] - '0');
        }
    }
    if (n_digits == 0)
        return false;
    *rest = slice_sub(*rest, i, rest->len);

    uint64_t unit = take_unit_ns(rest), ns;

    if (unit == 0 || __builtin_mul_overflow(whole, unit, &ns))
        return false;
    /* In floating point: the fraction has nine digits at most, the result needs milliseconds. */
    ns += (uint64_t)((double)fraction * (double)unit / (double)scale);
    *ret_ns = ns;
    return true;
}

bool slice_parse_duration_ms(struct slice a, uint64_t *ret_ms)
{
    const uint64_t max_ns = INT64_MAX; /* what Go's time.Duration holds */
    uint64_t total = 0;

    if (slice_is(a, "0")) {
        *ret_ms = 0;
        return true;
    }
    if (a.len == 0)
        return false;
    while (a.len) {
        uint64_t ns;

        if (!take_duration_part(&a, &ns) || ns > max_ns || total > max_ns - ns)
            return false;
        total += ns;
    }
    *ret_ms = total / 1000000 + (total % 1000000 != 0);
    return true;
}

char *slice_to_string(struct slice a)
{
    char *text = memory_alloc(a.len + 1);

    if (a.len)
        memcpy(text, a.ptr, a.len);
    return text;
}

#define DISTANCE_MAX_LEN 64

size_t slice_edit_distance(struct slice a, struct slice b)
{
    /* Optimal string alignment: three rows of the usual table are enough. */
    size_t rows[3][DISTANCE_MAX_LEN + 1];
    size_t *before = rows[0], *last = rows[1], *now = rows[2];

    if (a.len > DISTANCE_MAX_LEN || b.len > DISTANCE_MAX_LEN)
        return slice_equal(a, b) ? 0 : SIZE_MAX;
    for (size_t j = 0; j <= b.len; j++)
        last[j] = before[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        now[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t best = last[j - 1] + (a.ptr[i - 1] != b.ptr[j - 1]);

            if (last[j] + 1 < best)
                best = last[j] + 1;
            if (now[j - 1] + 1 < best)
                best = now[j - 1] + 1;
            if (i > 1 && j > 1 && a.ptr[i - 1] == b.ptr[j - 2] && a.ptr[i - 2] == b.ptr[j - 1] &&
                before[j - 2] + 1 < best)
                best = before[j - 2] + 1;
            now[j] = best;
        }

        size_t *spare = before;

        before = last;
        last = now;
        now = spare;
    }
    return last[b.len];
}

const char *slice_nearest(struct slice word, const char *const *candidates, size_t n_candidates)
{
    const char *nearest = NULL;
    size_t best = word.len < 4 ? 1 : word.len / 3;

    /* Case alone is the commonest slip and costs nothing. */
    for (size_t i = 0; i < n_candidates; i++) {
        if (strlen(candidates[i]) == word.len &&
            strncasecmp(candidates[i], word.ptr, word.len) == 0)
            return candidates[i];
    }
    for (size_t i = 0; i < n_candidates; i++) {
        size_t distance = slice_edit_distance(word, slice_from(candidates[i]));

        if (distance < best || (distance == best && !nearest)) {
            best = distance;
            nearest = candidates[i];
        }
    }
    return nearest;
}
