/* SPDX-License-Identifier: MIT */
/* How many connections the requests of a client take. */
#include "http_streams.h"

#include <stdint.h>

/* Consul takes 250 at once. */
#define USUAL_REQUESTS 250

/* What curl takes for granted until a peer has said its own number. */
#define CURLS_GUESS 100

/* A few are left free, so that a request that follows another finds room before the peer has
 * counted that one off. */
#define SLACK_PART 25

void http_streams_init(struct http_streams *streams, bool is_tls, size_t max)
{
    *streams = (struct http_streams){ .is_tls = is_tls, .max = max };
    streams->n_each = USUAL_REQUESTS - USUAL_REQUESTS / SLACK_PART;
}

void http_streams_see(struct http_streams *streams, bool is_http2)
{
    streams->is_shared = is_http2;
    streams->is_single = !is_http2;
}

void http_streams_say(struct http_streams *streams, size_t n)
{
    if (n != CURLS_GUESS)
        streams->n_said = n > 0 ? n : 1;
}

bool http_streams_believe(struct http_streams *streams)
{
    if (streams->n_said == 0)
        return false;
    streams->is_told = true;
    streams->n_each = streams->n_said - streams->n_said / SLACK_PART;
    streams->n_said = streams->n_extra = 0;
    return true;
}

/* Enough for all, and one to spare. */
static size_t count_needed(const struct http_streams *streams, size_t n_requests)
{
    return n_requests / streams->n_each + (n_requests % streams->n_each > 0) + 1;
}

void http_streams_widen(struct http_streams *streams, size_t n_requests, size_t n_share,
                        size_t n_most)
{
    bool is_at_max = streams->max > 0 && http_streams_cap(streams, n_requests) == streams->max;

    /* The room is smaller than it was thought to be. */
    if (is_at_max && !streams->is_told && n_share == streams->n_each && n_most < n_share)
        streams->n_each = n_most > 0 ? n_most : 1;
    else if (!is_at_max || n_share < streams->n_each)
        streams->n_extra += streams->n_unsent / n_share + 1;
}

void http_streams_narrow(struct http_streams *streams, size_t n_requests, size_t n_used)
{
    size_t n_needed = count_needed(streams, n_requests);
    size_t n_extra = n_used > n_needed ? n_used - n_needed : 0;

    if (n_extra < streams->n_extra)
        streams->n_extra = n_extra;
}

size_t http_streams_cap(const struct http_streams *streams, size_t n_requests)
{
    if (!streams->is_tls || streams->is_single)
        return streams->max;

    size_t n = count_needed(streams, n_requests) + streams->n_extra;

    return streams->max > 0 && n > streams->max ? streams->max : n;
}

size_t http_streams_share(const struct http_streams *streams, size_t n_requests)
{
    size_t cap = http_streams_cap(streams, n_requests);

    if (!streams->is_tls || streams->is_single || cap <= streams->n_extra)
        return streams->n_each;

    size_t n = (n_requests / (cap - streams->n_extra) / HTTP_SHARE_STEP + 1) * HTTP_SHARE_STEP;

    return n < streams->n_each ? n : streams->n_each;
}

size_t http_streams_room(const struct http_streams *streams)
{
    if (!streams->is_shared)
        return 0;
    if (streams->max == 0 || streams->max > SIZE_MAX / streams->n_each)
        return SIZE_MAX;
    return streams->max * streams->n_each;
}
