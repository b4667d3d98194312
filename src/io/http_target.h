/* SPDX-License-Identifier: MIT */
/* Where the requests of a client go, and what all of them have in common. */
#pragma once

#include <curl/curl.h>

#include "io/http.h"

struct http_target {
    char *base_url;                /* no slash at its end, no credentials */
    char *host_header;             /* NULL: what curl makes of the URL */
    struct curl_slist *connect_to; /* NULL: the URL's host */
    char *unix_socket, *user_password, *ca_file, *ca_path, *client_cert, *client_key;
    bool is_tls, verify_peer, is_tls_1_3_only;
    long connect_timeout_ms, buffer_bytes;
};

/* Copies the options and checks the address. After an error there is nothing to release. */
MUST_CHECK bool http_target_init(struct http_target *target, const struct http_options *options,
                                 struct error *err);
void http_target_fini(struct http_target *target);
/* A body of which more is read at once: each piece costs two calls of the system. */
#define HTTP_LARGE_BODY_BYTES (256u << 10)

/* A handle that lacks only what differs from request to request. Curl lets nobody change the size
 * of its buffer once it has one. */
MUST_CHECK bool http_target_new_handle(const struct http_target *target, bool is_large,
                                       CURL **ret_easy, struct error *err);

/* What curl takes of a number of milliseconds. */
long http_clamp_ms(uint64_t ms);
