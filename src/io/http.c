/* SPDX-License-Identifier: MIT */
/* Requests and the loop: curl's multi interface driven by its socket actions.
 *
 * Curl's callbacks never call back into curl: they note what to do. Whatever needs curl is done in
 * client_turn() or after a socket action, when no function of curl is on the stack. */
#include "io/http.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"
#include "http_request.h"
#include "http_sockets.h"
#include "http_streams.h"
#include "io/timer.h"

/* Without a cap. Curl's own number follows that of the requests in flight: when an outage ends them
 * all at once, it would close their connections just before they are needed again. */
#define MAX_IDLE_CONNECTIONS 1000L

/* So long may requests wait for a connection, with none of them sent, until it is taken for a sign
 * that those there are take no more of them; or so long one, whatever becomes of others. */
#define STARVED_MS  50
#define PATIENCE_MS 1000

/* How often is looked, after that, whether fewer connections do. */
#define CALM_MS 10000

/* Handles that are kept for the next requests. Each holds some 6 kB. */
#define MAX_IDLE_HANDLES 4

/* In the order in which they were added. */
struct request_list {
    struct http_request *first, *last;
    size_t n;
};

struct http_client {
    struct loop *loop;
    struct http_target target;
    CURLM *multi;
    CURL *idle[MAX_IDLE_HANDLES];
    size_t n_idle;

    struct request_list queued, running, dropped;

    struct http_sockets sockets; /* curl's */
    struct loop_source *turn;    /* deferred */
    bool is_telling;             /* a callback on_done is on the stack */

    struct http_streams streams;
    size_t n_connections; /* as curl was told; 0: no cap */
    size_t n_each;        /* requests on each of them, likewise */
    /* Runs while requests share connections and some are not sent, or more are in use than needed.
     */
    struct timer starved_timer;
    uint64_t n_sent_before; /* when it was started */
    bool has_asked_again;   /* curl has looked anew at what waits */
    bool is_calm;           /* nothing waits */
    struct tls_keeper keeper;
};

/* ---- handles ---- */

static bool client_take_handle(struct http_client *client, bool is_large, CURL **ret_easy,
                               struct error *err)
{
    if (is_large || client->n_idle == 0)
        return http_target_new_handle(&client->target, is_large, ret_easy, err);
    *ret_easy = client->idle[--client->n_idle];
    return true;
}

static void client_give_handle(struct http_client *client, bool is_large, CURL *easy)
{
    if (is_large || client->n_idle == MAX_IDLE_HANDLES)
        curl_easy_cleanup(easy);
    else
        client->idle[client->n_idle++] = easy;
}

/* ---- requests ---- */

static void list_add(struct request_list *list, struct http_request *request)
{
    request->previous = list->last;
    request->next = NULL;
    *(list->last ? &list->last->next : &list->first) = request;
    list->last = request;
    list->n++;
}

static void list_remove(struct request_list *list, struct http_request *request)
{
    *(request->previous ? &request->previous->next : &list->first) = request->next;
    *(request->next ? &request->next->previous : &list->last) = request->previous;
    list->n--;
}

static struct request_list *client_list(struct http_client *client, enum http_state state)
{
    switch (state) {
    case HTTP_STATE_QUEUED: return &client->queued;
    case HTTP_STATE_RUNNING: return &client->running;
    case HTTP_STATE_DROPPED: return &client->dropped;
    case HTTP_STATE_ENDED: return NULL;
    }
    return NULL;
}

/* From one list of the client to another; an ended request is in none. */
static void request_enter(struct http_request *request, enum http_state next)
{
    struct http_client *client = request->client;
    struct request_list *from = client_list(client, request->state);
    struct request_list *to = client_list(client, next);

    assert(from);
    list_remove(from, request);
    request->state = next;
    if (to)
        list_add(to, request);
    else
        request->client = NULL;
}

/* Takes it away from curl, which closes its connection if it is in the middle of an answer. */
static void request_take_from_curl(struct http_request *request)
{
    struct http_client *client = request->client;
    CURL *easy = request->easy;

    assert(!client->sockets.is_in_curl);
    client->sockets.is_in_curl = true;
    curl_multi_remove_handle(client->multi, easy);
    client->sockets.is_in_curl = false;
    http_request_detach(request);
    client->streams.n_unsent -= request->n_sends == 0;
    client_give_handle(client, request->is_large, easy);
}

/* The last that the client does for a request; the callback may free it. */
static void request_tell(struct http_client *client, struct http_request *request,
                         const struct http_reply *reply)
{
    bool was_telling = client->is_telling;

    request_enter(request, HTTP_STATE_ENDED);
    client->is_telling = true;
    request->handler.on_done(request->ctx, reply);
    client->is_telling = was_telling;
}

static void request_tell_failure(struct http_client *client, struct http_request *request,
                                 const char *reason)
{
    struct http_reply reply = {
        .outcome = HTTP_OTHER,
        .elapsed_ms = loop_now_ms(client->loop) - request->start_ms,
        .error = reason,
    };

    request_tell(client, request, &reply);
}

static void request_finish(struct http_request *request, CURLcode code)
{
    struct http_client *client = request->client;
    char reason[HTTP_REASON_BYTES];
    struct http_reply reply;

    http_request_conclude(request, code, loop_now_ms(client->loop), reason, &reply);
    if (reply.outcome == HTTP_DONE)
        http_streams_see(&client->streams, reply.is_http2);
    reply.n_room = http_streams_room(&client->streams);
    request_take_from_curl(request);
    request_tell(client, request, &reply);
    /* Another cap may follow. What becomes of the answer comes first: a request for the next one
     * makes curl look at all the others. */
    loop_defer_last(client->turn);
}

static void client_remove_dropped(struct http_client *client)
{
    struct http_request *request;

    while ((request = client->dropped.first)) {
        request_take_from_curl(request);
        request_enter(request, HTTP_STATE_ENDED);
        http_request_release(request);
    }
}

/* Callbacks may start and free requests meanwhile, so curl is asked anew after each of them. What
 * is dropped goes first: nobody wants to hear of it any more. */
static void client_collect(struct http_client *client)
{
    struct http_request *request;
    CURLMsg *message;
    int n_left;

    client_remove_dropped(client);
    while ((message = curl_multi_info_read(client->multi, &n_left))) {
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode code = message->data.result;

        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&request);
        request_finish(request, code);
    }
}

static bool client_add(struct http_client *client, struct http_request *request, struct error *err)
{
    CURL *easy;
    CURLMcode code;

    if (request->is_malformed)
        return error_set(err, ERROR_INVALID, "a header of the request has a line break");
    if (!client_take_handle(client, request->is_large, &easy, err))
        return false;
    /* One that is broken curl takes out of use by itself; each fresh one would be for one alone. */
    request->is_fresh = request->is_fresh && !client->streams.is_shared;
    if (!http_request_attach(request, easy, client->keeper.files, err)) {
        http_request_detach(request);
        client_give_handle(client, request->is_large, easy);
        return false;
    }
    client->sockets.is_in_curl = true;
    code = curl_multi_add_handle(client->multi, easy);
    client->sockets.is_in_curl = false;
    if (code != CURLM_OK) {
        http_request_detach(request);
        client_give_handle(client, request->is_large, easy);
        return error_set(err, ERROR_UNAVAILABLE, "curl: %s", curl_multi_strerror(code));
    }
    client->streams.n_unsent++;
    request_enter(request, HTTP_STATE_RUNNING);
    return true;
}

/* As many as there are now: one that fails at once and is started anew waits for the next turn. */
static void client_add_queued(struct http_client *client)
{
    struct http_request *request;
    struct error err;

    for (size_t n = client->queued.n; n > 0; n--) {
        request = client->queued.first;
        if (!request)
            return;
        if (!client_add(client, request, &err))
            request_tell_failure(client, request, err.text);
    }
}

/* Curl looks at the requests that wait for a connection when another handle leaves it, and not when
 * there is room for more: an idle handle comes and goes for them. */
static void client_wake_waiting(struct http_client *client)
{
    struct error err;
    CURL *easy;

    if (!client_take_handle(client, false, &easy, &err)) {
        log_err("http: %s", err.text);
        return;
    }
    client->sockets.is_in_curl = true;
    curl_multi_add_handle(client->multi, easy);
    curl_multi_remove_handle(client->multi, easy);
    client->sockets.is_in_curl = false;
    client_give_handle(client, false, easy);
}

static void client_tell_limit(struct http_client *client, size_t n, size_t n_each)
{
    long max = n < LONG_MAX ? (long)n : LONG_MAX;

    client->n_connections = n;
    client->n_each = n_each;
    curl_multi_setopt(client->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, max);
    curl_multi_setopt(client->multi, CURLMOPT_MAX_HOST_CONNECTIONS, max);
    /* What is sent before the peer has said how much it takes. */
    curl_multi_setopt(client->multi, CURLMOPT_MAX_CONCURRENT_STREAMS, (long)client->n_each);
    curl_multi_setopt(client->multi, CURLMOPT_MAXCONNECTS, max > 0 ? max : MAX_IDLE_CONNECTIONS);
    client_wake_waiting(client);
}

/* A lower cap waits until it is lower by two, a lower share by two steps: the number of requests
 * goes up and down. */
static void client_set_limit(struct http_client *client)
{
    const struct http_streams *streams = &client->streams;
    size_t now = client->n_connections, n_requests = client->queued.n + client->running.n;
    size_t n = http_streams_cap(streams, n_requests);
    size_t n_each = http_streams_share(streams, n_requests);
    bool is_same = n == now || (streams->is_shared && n + 1 == now);
    bool is_same_share = n_each <= client->n_each && n_each + HTTP_SHARE_STEP >= client->n_each;

    if (!is_same || !is_same_share)
        client_tell_limit(client, n, n_each);
}

/* ---- requests that share connections ---- */

struct used_connection {
    int own_port; /* tells them apart */
    size_t n_requests;
};

static void count_request(struct used_connection **used, size_t *n_used, size_t *cap, int own_port)
{
    size_t i = 0;

    while (i < *n_used && (*used)[i].own_port != own_port)
        i++;
    if (i == *n_used) {
        GROW(*used, *n_used, *cap);
        (*used)[(*n_used)++] = (struct used_connection){ own_port, 0 };
    }
    (*used)[i].n_requests++;
}

/* How many connections carry requests, and how many the fullest of them carries. */
static size_t client_count_used(const struct http_client *client, size_t *ret_n_most)
{
    struct used_connection *used = NULL;
    size_t n_used = 0, cap = 0, n_most = 0;

    for (const struct http_request *r = client->running.first; r; r = r->next) {
        if (r->n_sends > 0)
            count_request(&used, &n_used, &cap, r->own_port);
    }
    for (size_t i = 0; i < n_used; i++)
        n_most = used[i].n_requests > n_most ? used[i].n_requests : n_most;
    free(used);
    *ret_n_most = n_most;
    return n_used;
}

static void client_start_looking(struct http_client *client, bool is_calm)
{
    client->is_calm = is_calm;
    client->n_sent_before = client->streams.n_sent;
    timer_start_ms(&client->starved_timer, is_calm ? CALM_MS : STARVED_MS);
}

static bool client_is_starved(const struct http_client *client)
{
    uint64_t now_ms = loop_now_ms(client->loop);

    if (client->streams.n_sent == client->n_sent_before)
        return client->streams.n_unsent > 0;
    for (const struct http_request *r = client->running.first; r; r = r->next)
        if (r->n_sends == 0)
            return now_ms - r->start_ms >= PATIENCE_MS; /* the oldest */
    return false;
}

/* Something has waited for a while. Curl may have overlooked that there is room, as it does when a
 * peer's settings arrive after the requests: it is asked once more, and what it says of full
 * connections then is believed. */
static void client_on_starved(void *ctx)
{
    struct http_client *client = ctx;
    struct http_streams *streams = &client->streams;
    size_t n_requests = client->queued.n + client->running.n, n_most;
    bool has_learnt;

    if (streams->is_single)
        return;

    size_t n_used = client_count_used(client, &n_most);

    has_learnt = client->has_asked_again && http_streams_believe(streams);
    streams->n_said = 0;
    if (streams->n_unsent == 0)
        http_streams_narrow(streams, n_requests, n_used);
    else if (client->has_asked_again && !has_learnt && n_used >= client->n_connections &&
             client_is_starved(client))
        http_streams_widen(streams, n_requests, client->n_each, n_most);
    client_set_limit(client);
    client_wake_waiting(client);
    client->has_asked_again =
        streams->n_unsent > 0 || !(client->has_asked_again || client->is_calm);
    if (client->has_asked_again)
        client_start_looking(client, false);
    else if (streams->n_extra > 0)
        client_start_looking(client, true);
}

static void client_watch_waiting(struct http_client *client)
{
    struct http_streams *streams = &client->streams;
    bool is_any = streams->n_unsent > 0 || streams->n_said > 0;
    bool is_looking = client->starved_timer.is_running && !client->is_calm;

    if (!streams->is_tls || streams->is_single || !is_any || is_looking)
        return;
    client->has_asked_again = false;
    client_start_looking(client, false);
}

static void client_look_at_files(struct http_client *client)
{
    if (client->streams.is_tls && client->queued.n > 0)
        tls_keeper_look(&client->keeper, loop_now_ms(client->loop));
}

static void client_turn(void *ctx)
{
    struct http_client *client = ctx;

    client_remove_dropped(client);
    client_look_at_files(client);
    client_set_limit(client);
    client_add_queued(client);
    client_watch_waiting(client);
    if (client->sockets.is_due) {
        client->sockets.is_due = false;
        http_sockets_act(&client->sockets);
    }
}

static void client_on_due(void *ctx)
{
    struct http_client *client = ctx;

    loop_defer(client->turn);
}

static void client_on_acted(void *ctx)
{
    client_collect(ctx);
    client_watch_waiting(ctx);
}

/* ---- the face ---- */

static bool curl_init_once(struct error *err)
{
    static bool is_done;
    CURLcode code = is_done ? CURLE_OK : curl_global_init(CURL_GLOBAL_DEFAULT);

    if (code != CURLE_OK)
        return error_set(err, ERROR_UNAVAILABLE, "curl: %s", curl_easy_strerror(code));
    is_done = true;
    return true;
}

static void client_keep_files(struct http_client *client)
{
    const struct http_target *target = &client->target;
    struct tls_paths paths = { target->ca_file, target->client_cert, target->client_key };

    tls_keeper_init(&client->keeper, &paths);
}

static bool client_open(struct http_client *client, struct error *err)
{
    client->multi = curl_multi_init();
    if (!client->multi)
        return error_set(err, ERROR_UNAVAILABLE, "curl: out of memory");
    if (!http_sockets_attach(&client->sockets, client->multi, err))
        return false;
    client_tell_limit(client, http_streams_cap(&client->streams, 0), client->streams.n_each);
    return true;
}

bool http_check_tls_files(const struct http_options *options, struct error *err)
{
    struct tls_paths paths = { options->ca_file, options->client_cert, options->client_key };
    struct tls_files *files;

    if (!tls_files_read(&paths, &files, err))
        return false;
    tls_files_unref(files);
    return true;
}

bool http_client_new(struct loop *loop, const struct http_options *options,
                     struct http_client **ret_client, struct error *err)
{
    CLEANUP(http_client_freep) struct http_client *client = NEW(struct http_client);

    client->loop = loop;
    http_sockets_init(&client->sockets, loop, client_on_due, client_on_acted, client);
    timer_init(&client->starved_timer, loop, client_on_starved, client);
    if (!curl_init_once(err) || !http_target_init(&client->target, options, err) ||
        !loop_add_deferred(loop, client_turn, client, &client->turn, err) ||
        !http_target_new_handle(&client->target, false, &client->idle[0], err))
        return false;
    client->n_idle = 1;
    if (client->target.is_tls)
        client_keep_files(client);
    http_streams_init(&client->streams, client->target.is_tls, options->max_connections);
    if (!client_open(client, err))
        return false;
    *ret_client = TAKE(client);
    return true;
}

void http_client_free(struct http_client *client)
{
    struct http_request *request;

    if (!client)
        return;
    assert(!client->sockets.is_in_curl && !client->is_telling);
    client_remove_dropped(client);
    while ((request = client->queued.first))
        request_enter(request, HTTP_STATE_ENDED);
    while ((request = client->running.first)) {
        request_take_from_curl(request);
        request_enter(request, HTTP_STATE_ENDED);
    }
    while (client->n_idle > 0)
        curl_easy_cleanup(client->idle[--client->n_idle]);
    curl_multi_cleanup(client->multi); /* still calls back for the sockets that it closes */
    http_sockets_fini(&client->sockets);
    timer_fini(&client->starved_timer);
    loop_source_free(client->turn);
    tls_keeper_fini(&client->keeper);
    http_target_fini(&client->target);
    free(client);
}

void http_client_set_max_connections(struct http_client *client, size_t n)
{
    client->streams.max = n;
    loop_defer(client->turn); /* this may be one of curl's callbacks */
}

struct http_request *http_start(struct http_client *client, const struct http_call *call,
                                const struct http_handler *handler, void *ctx)
{
    struct http_request *request =
        http_request_new(&client->target, &client->streams, call, handler, ctx);

    request->client = client;
    request->start_ms = loop_now_ms(client->loop);
    list_add(&client->queued, request);
    loop_defer(client->turn);
    return request;
}

void http_request_free(struct http_request *request)
{
    if (!request)
        return;
    assert(request->state != HTTP_STATE_DROPPED); /* freed twice */

    switch (request->state) {
    case HTTP_STATE_RUNNING:
        if (request->client->sockets.is_in_curl) {
            loop_defer(request->client->turn);
            request_enter(request, HTTP_STATE_DROPPED);
            return;
        }
        request_take_from_curl(request);
        request_enter(request, HTTP_STATE_ENDED);
        break;
    case HTTP_STATE_QUEUED: request_enter(request, HTTP_STATE_ENDED); break;
    case HTTP_STATE_DROPPED:
    case HTTP_STATE_ENDED: break;
    }
    http_request_release(request);
}
