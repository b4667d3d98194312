/* SPDX-License-Identifier: MIT */
/* One request: what it asks, and what curl says of its answer. */
#pragma once

#include <curl/curl.h>

#include "http_streams.h"
#include "http_target.h"
#include "tls_files.h"

/*   QUEUED ---> RUNNING ---> ENDED
 *                  '-------> DROPPED  (freed while curl was at work)
 */
enum http_state {
    HTTP_STATE_QUEUED,  /* waits for the client's turn */
    HTTP_STATE_RUNNING, /* curl has it */
    HTTP_STATE_DROPPED, /* its owner has forgotten it, curl not yet */
    HTTP_STATE_ENDED,   /* belongs to its owner alone */
};

enum http_part { HTTP_PART_STATUS, HTTP_PART_HEADERS, HTTP_PART_BODY };

struct http_request {
    struct http_client *client;           /* NULL in ENDED */
    struct http_request *previous, *next; /* of the same state and client */
    struct http_streams *streams;         /* the client's */
    enum http_state state;
    struct http_handler handler;
    void *ctx;
    CURL *easy;              /* NULL in QUEUED and ENDED */
    struct tls_files *files; /* what the handle points to; a reference */

    char *url;
    struct curl_slist *headers;
    char *body; /* NULL: a GET */
    uint64_t timeout_ms, max_bytes, start_ms;
    bool is_fresh, is_large;
    unsigned n_sends;  /* how often curl was about to send it */
    int own_port;      /* of the connection it was sent on */
    bool is_malformed; /* a header with a line break: it would become two */

    enum http_part part; /* of the answer: what comes next */
    long status;         /* of the headers that are being read */
    uint64_t n_header_bytes, n_body_bytes;
    enum http_outcome verdict;       /* ours, when it was we who ended it; else HTTP_DONE */
    char curl_text[CURL_ERROR_SIZE]; /* curl writes here while it has the request */
};

struct http_request *http_request_new(const struct http_target *target,
                                      struct http_streams *streams, const struct http_call *call,
                                      const struct http_handler *handler, void *ctx);
/* Releases the request itself; curl must have given it back. */
void http_request_release(struct http_request *request);

/* Gives a handle of the target what is this request's own, and takes it away again. */
MUST_CHECK bool http_request_attach(struct http_request *request, CURL *easy,
                                    struct tls_files *files, struct error *err);
void http_request_detach(struct http_request *request);

#define HTTP_REASON_BYTES (CURL_ERROR_SIZE + 64)

/* What became of it, before it is detached. Writes to `reason`, which the reply refers to. */
void http_request_conclude(const struct http_request *request, CURLcode code, uint64_t now_ms,
                           char reason[HTTP_REASON_BYTES], struct http_reply *ret_reply);
