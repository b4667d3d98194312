/* SPDX-License-Identifier: MIT */
/* What curl asks of the loop: sockets to be watched, and one timer. */
#include "http_sockets.h"

#include <stdlib.h>
#include <sys/epoll.h>

#include "base/log.h"
#include "base/memory.h"

static void act(struct http_sockets *sockets, curl_socket_t fd, int events)
{
    int n_running;

    sockets->is_in_curl = sockets->is_acting = true;
    curl_multi_socket_action(sockets->multi, fd, events, &n_running);
    sockets->is_in_curl = false;
    sockets->on_acted(sockets->ctx);
    sockets->is_acting = false;
    /* Behind what has become of the answers. */
    if (sockets->is_due)
        sockets->on_due(sockets->ctx);
}

void http_sockets_act(struct http_sockets *sockets)
{
    act(sockets, CURL_SOCKET_TIMEOUT, 0);
}

static void on_timer(void *ctx)
{
    http_sockets_act(ctx);
}

static void on_ready(void *ctx, int fd, uint32_t events)
{
    int curl_events = 0;

    if (events & EPOLLIN)
        curl_events |= CURL_CSELECT_IN;
    if (events & EPOLLOUT)
        curl_events |= CURL_CSELECT_OUT;
    /* Not CURL_CSELECT_ERR, which hides the reason: reading or writing will tell it. */
    if (events & (EPOLLERR | EPOLLHUP))
        curl_events |= CURL_CSELECT_IN | CURL_CSELECT_OUT;
    act(ctx, fd, curl_events);
}

static struct loop_source **source_of(struct http_sockets *sockets, curl_socket_t fd)
{
    size_t needed = (size_t)fd + 1;

    if (needed > sockets->n_sources) {
        sockets->sources = memory_resize_array(sockets->sources, needed, sizeof(*sockets->sources));
        while (sockets->n_sources < needed)
            sockets->sources[sockets->n_sources++] = NULL;
    }
    return &sockets->sources[fd];
}

/* Always 0: curl would take anything else as the end of all transfers, while here one of them waits
 * in vain for its timeout. */
static int on_curl_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *socket_ctx)
{
    struct http_sockets *sockets = ctx;
    struct loop_source **source = source_of(sockets, fd);
    uint32_t events = (what & CURL_POLL_IN ? EPOLLIN : 0u) | (what & CURL_POLL_OUT ? EPOLLOUT : 0u);
    struct error err;
    bool ok = true;

    (void)easy;
    (void)socket_ctx;
    if (what == CURL_POLL_REMOVE)
        loop_source_free(TAKE(*source));
    else if (*source)
        ok = loop_set_io_events(*source, events, &err);
    else
        ok = loop_add_io(sockets->loop, fd, events, on_ready, sockets, source, &err);
    if (!ok)
        log_err("http: %s", err.text);
    return 0;
}

static int on_curl_timer(CURLM *multi, long timeout_ms, void *ctx)
{
    struct http_sockets *sockets = ctx;

    (void)multi;
    sockets->is_due = timeout_ms == 0;
    if (timeout_ms > 0)
        timer_start_ms(&sockets->timer, (uint64_t)timeout_ms);
    else
        timer_stop(&sockets->timer);
    if (sockets->is_due && !sockets->is_acting)
        sockets->on_due(sockets->ctx);
    return 0;
}

void http_sockets_init(struct http_sockets *sockets, struct loop *loop, void (*on_due)(void *ctx),
                       void (*on_acted)(void *ctx), void *ctx)
{
    *sockets =
        (struct http_sockets){ .loop = loop, .on_due = on_due, .on_acted = on_acted, .ctx = ctx };
    timer_init(&sockets->timer, loop, on_timer, sockets);
}

bool http_sockets_attach(struct http_sockets *sockets, CURLM *multi, struct error *err)
{
    CURLMcode code = CURLM_OK;

    sockets->multi = multi;
#define SET(option, value)                                    \
    do {                                                      \
        if (code == CURLM_OK)                                 \
            code = curl_multi_setopt(multi, (option), value); \
    } while (0)
    SET(CURLMOPT_SOCKETFUNCTION, on_curl_socket);
    SET(CURLMOPT_SOCKETDATA, sockets);
    SET(CURLMOPT_TIMERFUNCTION, on_curl_timer);
    SET(CURLMOPT_TIMERDATA, sockets);
    SET(CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
#undef SET
    return code == CURLM_OK ||
           error_set(err, ERROR_UNAVAILABLE, "curl: %s", curl_multi_strerror(code));
}

void http_sockets_fini(struct http_sockets *sockets)
{
    for (size_t i = 0; i < sockets->n_sources; i++)
        loop_source_free(sockets->sources[i]);
    free(sockets->sources);
    timer_fini(&sockets->timer);
}
