/* SPDX-License-Identifier: MIT */
/* HTTP requests through libcurl's multi interface, driven by the loop. The only file that knows
 * curl.
 *
 * Bodies are handed on in pieces as they arrive: nobody below holds a whole answer. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/slice.h"
#include "io/loop.h"

struct http_client;
struct http_request;

/* All texts are copied. NULL: not set. */
struct http_options {
    const char *base_url;      /* "http://127.0.0.1:8500", "https://…" */
    const char *unix_socket;   /* path, instead of the host in base_url */
    const char *user_password; /* "user:password" for basic authentication */
    const char *ca_file, *ca_path, *client_cert, *client_key, *server_name;
    bool verify_peer;
    bool is_tls_1_3_only;        /* else 1.2 and newer */
    size_t max_connections;      /* towards this address; 0: no cap */
    uint64_t connect_timeout_ms; /* name and connection; 0: curl's own, 5 minutes */
    uint64_t tls_timeout_ms;     /* what https may take on top of that */
    size_t buffer_bytes;         /* held by each request in flight; 0: 4096 */
};

/* A proxy of the environment is not used, no redirect followed, no cookie kept. Over https HTTP/2
 * is preferred, and requests share connections then: few more than they need are opened, and
 * is_fresh means nothing. Files of certificates are read anew when they have changed; new
 * connections use them once they make sense together. */
MUST_CHECK bool http_client_new(struct loop *loop, const struct http_options *options,
                                struct http_client **ret_client, struct error *err);
/* Whether the files of certificates that a client with these options would use can be read and
 * belong together now. True if there are none. */
MUST_CHECK bool http_check_tls_files(const struct http_options *options, struct error *err);
/* Not from a callback of its requests. Those that still run end without a callback; like all others
 * they remain their owners' to free, before or after this. */
void http_client_free(struct http_client *client);
DEFINE_FREEP(struct http_client, http_client_free)
/* Connections beyond a new, lower cap are not closed before they are idle. 0: no cap. */
void http_client_set_max_connections(struct http_client *client, size_t n);

enum http_outcome {
    HTTP_DONE,    /* a whole answer arrived: status, headers and body are good */
    HTTP_REFUSED, /* no connection: refused, unreachable, no such socket, name not resolved, or not
                   * within connect_timeout_ms */
    HTTP_CLOSED, /* the connection ended before any byte of the answer; one that was_reused may have
                  * been closed just as we sent, so that asking again is worth it */
    HTTP_CUT,    /* it ended in the middle of the answer, or the framing was wrong */
    HTTP_TIMED_OUT,
    HTTP_TLS_FAILED, /* handshake, certificate, name */
    HTTP_TOO_LARGE,  /* more than request.max_bytes, or its headers more than the limit */
    HTTP_REJECTED,   /* on_body returned false */
    HTTP_OTHER,
};

const char *http_outcome_name(enum http_outcome outcome);

struct http_reply {
    enum http_outcome outcome;
    long status;     /* 0 if no status line arrived */
    bool was_reused; /* the connection had carried a request before this one */
    bool is_http2;
    size_t n_room;       /* requests that may be in flight where they share connections; else 0 */
    uint64_t elapsed_ms; /* from start to end */
    uint64_t n_body_bytes;
    const char *error; /* what went wrong in words; "" with HTTP_DONE */
};

/* All are optional except on_done, which is called exactly once unless the request is freed first.
 * All may free the request and start others; a request that is freed in its own callback gets no
 * further one. None is called before http_start() has returned. */
struct http_handler {
    /* One header line of the final answer, name lower-cased. */
    void (*on_header)(void *ctx, struct slice name, struct slice value);
    /* The status line and all headers are in. */
    void (*on_status)(void *ctx, long status);
    /* False ends the request with HTTP_REJECTED. */
    bool (*on_body)(void *ctx, struct slice piece);
    void (*on_done)(void *ctx, const struct http_reply *reply);
};

struct http_call {
    const char *path;           /* absolute, with the query, already escaped */
    const char *const *headers; /* "Name: value" lines, NULL-terminated; may be NULL. Copied. */
    uint64_t timeout_ms;        /* from start to end, waiting for a connection included; 0: none */
    uint64_t max_bytes;         /* of the body */
    uint64_t expected_bytes;    /* as many as the last one had, say; 0: few, or not known */
    bool is_fresh;              /* not over a connection that was used before */
    const char *body;           /* JSON, for a POST; NULL: a GET. Copied. */
};

/* Never fails here: what goes wrong is told to on_done, from the loop. The caller owns the
 * request and frees it, in on_done at the earliest or as early as it likes. No text that comes out
 * of it holds a header. */
struct http_request *http_start(struct http_client *client, const struct http_call *call,
                                const struct http_handler *handler, void *ctx);
/* Ends it without a callback if it still runs. NULL is fine; fine inside its own callbacks. */
void http_request_free(struct http_request *request);
DEFINE_FREEP(struct http_request, http_request_free)
