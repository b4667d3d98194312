/* SPDX-License-Identifier: MIT */
/* How many connections the requests of a client take.
 *
 * Over TLS they share connections if the peer speaks HTTP/2. Curl would open one for each request
 * that finds the others full, even before it knows how much they take (Consul: 753 for 1000
 * requests), so the cap is computed: enough for all, and one more, so that questions that are
 * answered at once never wait behind those that block. How many requests a peer takes on one
 * connection curl tells only in its debugging texts, and not in each version.
 *
 * So all connections may be in use while none of them takes what is still to be sent: the peer
 * takes fewer than is thought; it has said that it will close them (GOAWAY), as a proxy does that
 * reloads, while what blocks on them goes on for minutes; or they were made with certificates that
 * are others now. Which of these it is cannot be seen, nor does it matter: what waits gets
 * connections of its own, until fewer are in use. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_SHARE_STEP 16 /* shares go up and down by so many */

struct http_streams {
    bool is_tls;
    bool is_shared, is_single; /* as the peer has shown; neither: not known yet */
    size_t n_each;             /* requests at once on one connection */
    bool is_told;              /* ... as the peer has said */
    size_t n_said;             /* by curl of late, of a connection that is full; 0: nothing */
    size_t max;                /* connections; 0: no cap */
    size_t n_extra;            /* connections beyond those that should do */
    size_t n_unsent;           /* requests that curl has and no connection yet */
    uint64_t n_sent;           /* so far */
};

void http_streams_init(struct http_streams *streams, bool is_tls, size_t max);
/* What the last answer came over. */
void http_streams_see(struct http_streams *streams, bool is_http2);
/* The peer takes that many requests at once on one connection, says curl: it may still be what curl
 * takes for granted until the peer has said its own number. */
void http_streams_say(struct http_streams *streams, size_t n);
/* That was long enough ago for the peer's own number. False: nothing was said. */
bool http_streams_believe(struct http_streams *streams);
/* Of n_requests some have not been sent for a while, though all connections are in use; each was to
 * take n_share, and the fullest has n_most. */
void http_streams_widen(struct http_streams *streams, size_t n_requests, size_t n_share,
                        size_t n_most);
/* All of them have been sent, over n_used connections. */
void http_streams_narrow(struct http_streams *streams, size_t n_requests, size_t n_used);

/* The cap for that many requests in flight; 0: none. */
size_t http_streams_cap(const struct http_streams *streams, size_t n_requests);
/* How many of them one connection is to take: about as many as the others, as curl looks at all
 * that share a connection for each piece of an answer to any of them. */
size_t http_streams_share(const struct http_streams *streams, size_t n_requests);
/* The requests that may be in flight, where they share connections; else 0. */
size_t http_streams_room(const struct http_streams *streams);
