/* SPDX-License-Identifier: MIT */
/* One request: reads the answer as curl hands it on, and says in the end what became of it. */
#include "http_request.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/memory.h"

#define HEADER_NAME_BYTES 128 /* a longer name is none that anybody here knows */

/* ---- the answer ----
 *
 * Curl takes any number but the one it gave as the wish to end the transfer. */

#define END_TRANSFER 0

static size_t request_end(struct http_request *request, enum http_outcome verdict)
{
    request->verdict = verdict;
    return END_TRANSFER;
}

/* "HTTP/1.1 200 OK", "HTTP/2 200 ": the code, or 0. */
static long parse_status(struct slice line)
{
    size_t space = slice_find_byte(line, ' ');
    uint64_t status;

    if (space == SLICE_NOT_FOUND ||
        !slice_parse_u64(slice_sub(line, space + 1, space + 4), 999, &status))
        return 0;
    return (long)status;
}

static void request_tell_header(struct http_request *request, struct slice line)
{
    size_t colon = slice_find_byte(line, ':');
    char name[HEADER_NAME_BYTES];

    if (!request->handler.on_header || colon == SLICE_NOT_FOUND || colon > sizeof(name))
        return;
    for (size_t i = 0; i < colon; i++)
        name[i] = (char)tolower((unsigned char)line.ptr[i]);
    request->handler.on_header(request->ctx, slice_of(name, colon),
                               slice_trim(slice_sub(line, colon + 1, line.len)));
}

/* An interim answer (1xx) is followed by another one; it is nobody's business. */
static bool request_is_interim(const struct http_request *request)
{
    return request->status >= 100 && request->status < 200;
}

static void request_take_line(struct http_request *request, struct slice line)
{
    switch (request->part) {
    case HTTP_PART_STATUS:
        request->status = parse_status(line);
        request->part = HTTP_PART_HEADERS;
        return;
    case HTTP_PART_HEADERS:
        if (line.len > 0) {
            if (!request_is_interim(request))
                request_tell_header(request, line);
            return;
        }
        request->part = request_is_interim(request) ? HTTP_PART_STATUS : HTTP_PART_BODY;
        if (request->part == HTTP_PART_BODY && request->handler.on_status)
            request->handler.on_status(request->ctx, request->status);
        return;
    case HTTP_PART_BODY: return; /* trailers */
    }
}

static size_t on_header_line(char *ptr, size_t size, size_t n, void *ctx)
{
    struct http_request *request = ctx;
    size_t n_bytes = size * n;

    if (request->state == HTTP_STATE_DROPPED)
        return END_TRANSFER;
    request->n_header_bytes += n_bytes;
    if (request->n_header_bytes > LIMIT_HEADER_BYTES)
        return request_end(request, HTTP_TOO_LARGE);
    request_take_line(request, slice_trim(slice_of(ptr, n_bytes)));
    return request->state == HTTP_STATE_DROPPED ? END_TRANSFER : n_bytes;
}

static size_t on_body_piece(char *ptr, size_t size, size_t n, void *ctx)
{
    struct http_request *request = ctx;
    size_t n_bytes = size * n;

    if (request->state == HTTP_STATE_DROPPED)
        return END_TRANSFER;
    if (n_bytes > request->max_bytes - request->n_body_bytes)
        return request_end(request, HTTP_TOO_LARGE);
    request->n_body_bytes += n_bytes;
    if (request->handler.on_body && !request->handler.on_body(request->ctx, slice_of(ptr, n_bytes)))
        return request_end(request, HTTP_REJECTED);
    return request->state == HTTP_STATE_DROPPED ? END_TRANSFER : n_bytes;
}

/* ---- the question ---- */

/* A kept connection that dies under a request makes curl send it again over a new one, unasked.
 * Whether that is right only the caller knows: what it asks may make no sense to a peer that has
 * been restarted. */
static int on_send(void *ctx, char *peer_ip, char *own_ip, int peer_port, int own_port)
{
    struct http_request *request = ctx;

    (void)peer_ip;
    (void)own_ip;
    (void)peer_port;
    request->own_port = own_port;
    if (request->n_sends++ == 0) {
        request->streams->n_unsent--;
        request->streams->n_sent++;
        return CURL_PREREQFUNC_OK;
    }
    request->verdict = HTTP_CLOSED;
    return CURL_PREREQFUNC_ABORT;
}

/* "MAX_CONCURRENT_STREAMS reached, skip (250)", of a connection that is full: there is no other way
 * to hear of the peer's number than among the texts that are meant for those who look for bugs. */
static int on_debug_text(CURL *easy, curl_infotype type, char *ptr, size_t len, void *ctx)
{
    struct slice text = slice_of(ptr, len), start = SLICE("MAX_CONCURRENT_STREAMS reached, skip (");
    struct http_request *request = ctx;
    uint64_t n;

    (void)easy;
    if (type != CURLINFO_TEXT || !slice_starts_with(text, start))
        return 0;
    text = slice_sub(text, start.len, text.len);
    text = slice_sub(text, 0, slice_find_byte(text, ')'));
    if (slice_parse_u64(text, UINT32_MAX, &n))
        http_streams_say(request->streams, (size_t)n);
    return 0;
}

static void request_add_header(struct http_request *request, const char *line)
{
    struct curl_slist *headers = curl_slist_append(request->headers, line);

    if (headers)
        request->headers = headers;
    if (!headers || strpbrk(line, "\r\n"))
        request->is_malformed = true;
}

struct http_request *http_request_new(const struct http_target *target,
                                      struct http_streams *streams, const struct http_call *call,
                                      const struct http_handler *handler, void *ctx)
{
    struct http_request *request = NEW(struct http_request);
    struct buf url = BUF_EMPTY;

    buf_add_string(&url, target->base_url);
    buf_add_string(&url, call->path);
    request->url = buf_take(&url);
    request->streams = streams;
    request->handler = *handler;
    request->ctx = ctx;
    request->timeout_ms = call->timeout_ms;
    request->max_bytes = call->max_bytes;
    request->is_large = call->expected_bytes > HTTP_LARGE_BODY_BYTES;
    request->is_fresh = call->is_fresh;
    request->verdict = HTTP_DONE;
    if (target->host_header)
        request_add_header(request, target->host_header);
    for (const char *const *line = call->headers; line && *line; line++)
        request_add_header(request, *line);
    if (call->body) {
        request_add_header(request, "Content-Type: application/json");
        request->body = memory_copy_string(call->body);
    }
    return request;
}

void http_request_release(struct http_request *request)
{
    curl_slist_free_all(request->headers);
    free(request->url);
    free(request->body);
    free(request);
}

#define SET(option, value)                                           \
    do {                                                             \
        if (code == CURLE_OK)                                        \
            code = curl_easy_setopt(request->easy, (option), value); \
    } while (0)

bool http_request_attach(struct http_request *request, CURL *easy, struct tls_files *files,
                         struct error *err)
{
    CURLcode code = CURLE_OK;

    request->easy = easy;
    request->files = tls_files_ref(files);
    if (files)
        code = tls_files_attach(files, easy);
    SET(CURLOPT_PRIVATE, request);
    SET(CURLOPT_ERRORBUFFER, request->curl_text);
    SET(CURLOPT_URL, request->url);
    SET(CURLOPT_HTTPHEADER, request->headers);
    SET(CURLOPT_HTTPGET, 1L); /* the handle may have posted before */
    if (request->body) {
        SET(CURLOPT_POSTFIELDSIZE, (long)strlen(request->body));
        SET(CURLOPT_POSTFIELDS, request->body);
    }
    SET(CURLOPT_TIMEOUT_MS, http_clamp_ms(request->timeout_ms));
    SET(CURLOPT_FRESH_CONNECT, request->is_fresh ? 1L : 0L);
    SET(CURLOPT_PREREQFUNCTION, on_send);
    SET(CURLOPT_PREREQDATA, request);
    SET(CURLOPT_DEBUGDATA, request);
    SET(CURLOPT_DEBUGFUNCTION, on_debug_text);
    SET(CURLOPT_VERBOSE, request->streams->is_tls ? 1L : 0L);
    SET(CURLOPT_HEADERFUNCTION, on_header_line);
    SET(CURLOPT_HEADERDATA, request);
    SET(CURLOPT_WRITEFUNCTION, on_body_piece);
    SET(CURLOPT_WRITEDATA, request);
    if (code != CURLE_OK)
        return error_set(err, ERROR_UNAVAILABLE, "curl: %s", curl_easy_strerror(code));
    return true;
}

/* The handle waits for its next request and must not refer to this one. */
void http_request_detach(struct http_request *request)
{
    curl_easy_setopt(request->easy, CURLOPT_VERBOSE, 0L);
    curl_easy_setopt(request->easy, CURLOPT_PRIVATE, NULL);
    curl_easy_setopt(request->easy, CURLOPT_ERRORBUFFER, NULL);
    curl_easy_setopt(request->easy, CURLOPT_HTTPHEADER, NULL);
    if (request->files)
        tls_files_attach(NULL, request->easy);
    tls_files_unref(TAKE(request->files));
    request->easy = NULL;
}

/* ---- what became of it ---- */

/* Curl's codes do not tell a handshake that the peer broke off from one that failed, nor a failed
 * one from a broken connection where TLS 1.3 learns of it only with the first read. Its text, which
 * is OpenSSL's, does. */
static enum http_outcome classify_handshake(const char *text)
{
    bool is_closed = strstr(text, "unexpected eof") || strstr(text, "SSL_ERROR_SYSCALL") ||
                     strstr(text, "Connection reset");

    return is_closed ? HTTP_CLOSED : HTTP_TLS_FAILED;
}

static enum http_outcome classify_broken(const struct http_request *request)
{
    if (request->n_header_bytes > 0)
        return HTTP_CUT;
    return strstr(request->curl_text, "SSL routines::") && strstr(request->curl_text, " alert ")
               ? HTTP_TLS_FAILED
               : HTTP_CLOSED;
}

/* The time for the connection ran out, not that for the answer (nor for the wait for one that is
 * free: that lasts to the end). */
static bool request_never_connected(const struct http_request *request, uint64_t elapsed_ms)
{
    return request->n_sends == 0 && (request->timeout_ms == 0 || elapsed_ms < request->timeout_ms);
}

static enum http_outcome classify(const struct http_request *request, CURLcode code,
                                  uint64_t elapsed_ms)
{
    switch ((int)code) {
    case CURLE_OK: /* also of a connection that ends within the headers */
        return request->part == HTTP_PART_BODY ? HTTP_DONE : HTTP_CUT;
    case CURLE_COULDNT_CONNECT:
    case CURLE_COULDNT_RESOLVE_HOST: return HTTP_REFUSED;
    case CURLE_OPERATION_TIMEDOUT:
        return request_never_connected(request, elapsed_ms) ? HTTP_REFUSED : HTTP_TIMED_OUT;
    case CURLE_SSL_CONNECT_ERROR: return classify_handshake(request->curl_text);
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CLIENTCERT:
    case CURLE_SSL_CRL_BADFILE:
    case CURLE_SSL_ENGINE_INITFAILED:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_SSL_ENGINE_SETFAILED:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_USE_SSL_FAILED: return HTTP_TLS_FAILED;
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM: return classify_broken(request);
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_PARTIAL_FILE:
    case CURLE_UNSUPPORTED_PROTOCOL: /* no status line */
    case CURLE_WEIRD_SERVER_REPLY: return HTTP_CUT;
    /* A header line that curl's own limit, 100 KiB, cuts short. */
    case CURLE_OUT_OF_MEMORY: return request->part == HTTP_PART_BODY ? HTTP_OTHER : HTTP_TOO_LARGE;
    default: return HTTP_OTHER;
    }
}

static void explain(const struct http_request *request, enum http_outcome outcome, CURLcode code,
                    char reason[HTTP_REASON_BYTES])
{
    const char *text = request->curl_text[0] ? request->curl_text
                       : code == CURLE_OK    ? "the connection ended within the headers"
                                             : curl_easy_strerror(code);
    long os_errno = 0;

    switch (outcome) {
    case HTTP_DONE: reason[0] = '\0'; return;
    case HTTP_TOO_LARGE:
        if (request->n_header_bytes <= LIMIT_HEADER_BYTES && request->part == HTTP_PART_BODY)
            snprintf(reason, HTTP_REASON_BYTES, "the body is larger than the limit of %llu bytes",
                     (unsigned long long)request->max_bytes);
        else
            snprintf(reason, HTTP_REASON_BYTES, "the headers are larger than the limit of %u bytes",
                     LIMIT_HEADER_BYTES);
        return;
    case HTTP_REJECTED: snprintf(reason, HTTP_REASON_BYTES, "the body was refused"); return;
    case HTTP_REFUSED:
        /* Curl's text names host and port, also where a socket's path took their place. */
        if (code == CURLE_COULDNT_CONNECT)
            curl_easy_getinfo(request->easy, CURLINFO_OS_ERRNO, &os_errno);
        if (os_errno != 0) {
            snprintf(reason, HTTP_REASON_BYTES, "connect: %s", strerror((int)os_errno));
            return;
        }
        break;
    case HTTP_CLOSED:
        if (request->n_sends < 2)
            break;
        snprintf(reason, HTTP_REASON_BYTES, "the connection was closed, which had been kept");
        return;
    case HTTP_CUT:
    case HTTP_TIMED_OUT:
    case HTTP_TLS_FAILED:
    case HTTP_OTHER: break;
    }
    snprintf(reason, HTTP_REASON_BYTES, "%s", text);
}

void http_request_conclude(const struct http_request *request, CURLcode code, uint64_t now_ms,
                           char reason[HTTP_REASON_BYTES], struct http_reply *ret_reply)
{
    long n_connects = 1, version = CURL_HTTP_VERSION_NONE;
    uint64_t elapsed_ms = now_ms - request->start_ms;

    curl_easy_getinfo(request->easy, CURLINFO_NUM_CONNECTS, &n_connects);
    curl_easy_getinfo(request->easy, CURLINFO_HTTP_VERSION, &version);
    *ret_reply = (struct http_reply){
        .outcome =
            request->verdict != HTTP_DONE ? request->verdict : classify(request, code, elapsed_ms),
        .status = request_is_interim(request) ? 0 : request->status,
        .was_reused = n_connects == 0 || request->n_sends > 1,
        .is_http2 = version == CURL_HTTP_VERSION_2_0,
        .elapsed_ms = elapsed_ms,
        .n_body_bytes = request->n_body_bytes,
        .error = reason,
    };
    explain(request, ret_reply->outcome, code, reason);
}

const char *http_outcome_name(enum http_outcome outcome)
{
    switch (outcome) {
    case HTTP_DONE: return "done";
    case HTTP_REFUSED: return "refused";
    case HTTP_CLOSED: return "closed";
    case HTTP_CUT: return "cut";
    case HTTP_TIMED_OUT: return "timed out";
    case HTTP_TLS_FAILED: return "TLS failed";
    case HTTP_TOO_LARGE: return "too large";
    case HTTP_REJECTED: return "rejected";
    case HTTP_OTHER: return "other";
    }
    return "?";
}
