/* SPDX-License-Identifier: MIT */
/* What curl asks of the loop: sockets to be watched, and one timer. */
#pragma once

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "io/loop.h"
#include "io/timer.h"

/* Curl's callbacks never call back into curl: what they ask is noted. */
struct http_sockets {
    struct loop *loop;
    CURLM *multi;
    struct loop_source **sources; /* by descriptor; NULL: not waited for */
    size_t n_sources;
    struct timer timer;
    bool is_due;                 /* curl wants to be called without a wait */
    bool is_in_curl;             /* one of its functions is on the stack */
    bool is_acting;              /* http_sockets_act() is, or what it has led to */
    void (*on_due)(void *ctx);   /* is_due is set: to be obeyed when curl is not on the stack */
    void (*on_acted)(void *ctx); /* curl has done something, and is not on the stack any more */
    void *ctx;
};

/* From then on curl's wishes for this multi handle are obeyed. */
void http_sockets_init(struct http_sockets *sockets, struct loop *loop, void (*on_due)(void *ctx),
                       void (*on_acted)(void *ctx), void *ctx);
MUST_CHECK bool http_sockets_attach(struct http_sockets *sockets, CURLM *multi, struct error *err);
void http_sockets_fini(struct http_sockets *sockets); /* after the multi handle is gone */

/* Lets curl do what is due without a socket. */
void http_sockets_act(struct http_sockets *sockets);
