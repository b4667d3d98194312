/* SPDX-License-Identifier: MIT */
/* One request of a test, and all that its callbacks heard. */
#pragma once

#include "io/fake_http.h"
#include "io/http.h"

#define SECRET "s3cret-t0ken"

/* Answers of the fake server. */
#define OK       "HTTP/1.1 200 OK\r\n"
#define FIVE     OK "Content-Length: 5\r\n\r\n"
#define FIVE_GOT "content-length=5|<200>"

/* It may react at one of the stages "header", "status", "body", "done". */
struct heard {
    struct rig *rig;
    struct http_request *request;
    const char *frees_at; /* frees itself, and another one with it */
    struct heard *also_frees;
    const char *starts_at; /* starts another one at this client */
    struct heard *starts;
    struct http_client *client;
    size_t rejects_at;  /* refuses the body when it has heard this much */
    bool keeps_running; /* its end is not the end of the run */

    struct buf trace; /* "name=value|" of headers, "<status>", the body */
    struct http_reply reply;
    char error[512];
    unsigned n_done;
    bool is_starting;
};

/* How many requests of a test are not done yet; the last one ends the run. */
static unsigned n_expected;

static inline void heard_start(struct heard *heard, struct rig *rig, struct http_client *client,
                               const struct http_call *call);

static inline void heard_react(struct heard *heard, const char *at)
{
    static const struct http_call call = { .path = "/next", .max_bytes = 1000 };

    if (heard->starts_at && strcmp(heard->starts_at, at) == 0) {
        heard->starts_at = NULL;
        heard_start(heard->starts, heard->rig, heard->client, &call);
    }
    if (heard->frees_at && strcmp(heard->frees_at, at) == 0) {
        http_request_free(TAKE(heard->request));
        if (heard->also_frees)
            http_request_free(TAKE(heard->also_frees->request));
    }
}

static inline void heard_on_header(void *ctx, struct slice name, struct slice value)
{
    struct heard *heard = ctx;

    buf_printf(&heard->trace, "%.*s=%.*s|", SLICE_ARG(name), SLICE_ARG(value));
    heard_react(heard, "header");
}

static inline void heard_on_status(void *ctx, long status)
{
    struct heard *heard = ctx;

    buf_printf(&heard->trace, "<%ld>", status);
    heard_react(heard, "status");
}

static inline bool heard_on_body(void *ctx, struct slice piece)
{
    struct heard *heard = ctx;

    assert_true(piece.len > 0);
    buf_add(&heard->trace, piece);
    heard_react(heard, "body");
    return heard->rejects_at == 0 || heard->trace.len < heard->rejects_at;
}

static inline void heard_end(struct heard *heard)
{
    assert_true(n_expected > 0);
    if (--n_expected == 0 && !heard->keeps_running)
        loop_quit(heard->rig->loop, 0);
}

static inline void heard_on_done(void *ctx, const struct http_reply *reply)
{
    struct heard *heard = ctx;

    heard->n_done++;
    assert_int_equal(heard->n_done, 1);
    assert_false(heard->is_starting);
    heard->reply = *reply;
    snprintf(heard->error, sizeof(heard->error), "%s", reply->error);
    if (strstr(heard->error, SECRET))
        fail_msg("the error text holds the token: %s", heard->error);
    heard_react(heard, "done");
    heard_end(heard);
}

static const struct http_handler heard_handler = { heard_on_header, heard_on_status, heard_on_body,
                                                   heard_on_done };

static inline void heard_start(struct heard *heard, struct rig *rig, struct http_client *client,
                               const struct http_call *call)
{
    heard->rig = rig;
    heard->is_starting = true;
    n_expected++;
    heard->request = http_start(client, call, &heard_handler, heard);
    heard->is_starting = false;
}

static inline void heard_fini(struct heard *heard)
{
    http_request_free(heard->request);
    buf_fini(&heard->trace);
}

static inline struct http_client *new_client(struct rig *rig, const char *url)
{
    struct http_options options = { .base_url = url, .connect_timeout_ms = 5000 };
    struct http_client *client;

    n_expected = 0;
    if (!http_client_new(rig->loop, &options, &client, &rig->err))
        fail_msg("http_client_new: %s", rig->err.text);
    return client;
}

static inline void assert_heard(const char *name, const struct heard *heard,
                                enum http_outcome outcome, const char *error, const char *trace)
{
    struct slice want = slice_from(trace);

    if (heard->n_done != 1 || heard->reply.outcome != outcome || strcmp(heard->error, error) != 0)
        fail_msg("%s: %s (%s)", name, http_outcome_name(heard->reply.outcome), heard->error);
    if (!slice_equal(buf_slice(&heard->trace), want))
        fail_msg("%s: '%s'", name, heard->trace.ptr);
}
