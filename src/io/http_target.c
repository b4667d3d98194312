/* SPDX-License-Identifier: MIT */
/* The address of a client and the options that curl gets with every request to it. */
#include "http_target.h"

#include <arpa/inet.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/memory.h"

#define DEFAULT_BUFFER_BYTES 4096
#define LARGE_BUFFER_BYTES   (64L << 10)
#define UPLOAD_BUFFER_BYTES  16384 /* the least that curl takes; TLS requests are copied into it */

/* A peer that is not on this machine can vanish without a word. It is given up 30 s after it was
 * last heard of, and 20 s after it ceases to acknowledge what we sent. */
#define KEEPALIVE_IDLE_S     15
#define KEEPALIVE_INTERVAL_S 5
#define KEEPALIVE_PROBES     3
#define USER_TIMEOUT_MS      20000

long http_clamp_ms(uint64_t ms)
{
    return ms < INT_MAX ? (long)ms : INT_MAX;
}

/* ---- the address ---- */

static void url_freep(CURLU **url)
{
    curl_url_cleanup(*url);
}

static void curl_freep(char **text)
{
    curl_free(*text);
}

static bool error_set_url(struct error *err, CURLUcode code)
{
    return error_set(err, ERROR_INVALID, "not a usable URL: %s", curl_url_strerror(code));
}

/* ret_part is NULL if the URL has none. The text is curl's, released with curl_free(). */
static void url_get(CURLU *url, CURLUPart part, unsigned flags, char **ret_part)
{
    if (curl_url_get(url, part, ret_part, flags) != CURLUE_OK)
        *ret_part = NULL;
}

static bool target_check_url(struct http_target *target, CURLU *url, struct error *err)
{
    CLEANUP(curl_freep) char *scheme = NULL;
    CLEANUP(curl_freep) char *query = NULL;
    CLEANUP(curl_freep) char *fragment = NULL;

    url_get(url, CURLUPART_SCHEME, 0, &scheme);
    url_get(url, CURLUPART_QUERY, 0, &query);
    url_get(url, CURLUPART_FRAGMENT, 0, &fragment);
    if (!scheme || (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0))
        return error_set(err, ERROR_INVALID, "not a usable URL: neither http nor https");
    if (query || fragment)
        return error_set(err, ERROR_INVALID, "not a usable URL: it has a query or a fragment");
    target->is_tls = strcmp(scheme, "https") == 0;
    return true;
}

/* "user:password@" leaves the URL, which may be shown, and becomes what the option would say. */
static void target_take_credentials(struct http_target *target, CURLU *url)
{
    CLEANUP(curl_freep) char *user = NULL;
    CLEANUP(curl_freep) char *password = NULL;

    url_get(url, CURLUPART_USER, CURLU_URLDECODE, &user);
    url_get(url, CURLUPART_PASSWORD, CURLU_URLDECODE, &password);
    if (user && !target->user_password) {
        struct buf both = BUF_EMPTY;

        buf_printf(&both, "%s:%s", user, password ? password : "");
        target->user_password = buf_take(&both);
    }
    curl_url_set(url, CURLUPART_USER, NULL, 0);
    curl_url_set(url, CURLUPART_PASSWORD, NULL, 0);
}

/* curl asks for the certificate of the URL's host, so the name wanted goes there, and the host
 * moves to where the connection goes and to the Host header. */
static bool target_rename_server(struct http_target *target, CURLU *url, const char *server_name,
                                 struct error *err)
{
    CLEANUP(curl_freep) char *host = NULL;
    CLEANUP(curl_freep) char *port = NULL;
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;

    url_get(url, CURLUPART_HOST, 0, &host);
    url_get(url, CURLUPART_PORT, CURLU_DEFAULT_PORT, &port);
    buf_printf(&text, "Host: %s:%s", host, port);
    target->host_header = buf_take(&text);
    buf_printf(&text, "::%s:%s", host, port);
    target->connect_to = curl_slist_append(NULL, text.ptr);

    CURLUcode code = curl_url_set(url, CURLUPART_HOST, server_name, 0);

    if (code != CURLUE_OK)
        return error_set(err, ERROR_INVALID, "not a usable server name: %s",
                         curl_url_strerror(code));
    return true;
}

static bool target_parse_url(struct http_target *target, const struct http_options *options,
                             struct error *err)
{
    CLEANUP(url_freep) CURLU *url = curl_url();
    CLEANUP(curl_freep) char *text = NULL;
    CURLUcode code;

    if (!options->base_url || options->base_url[0] == '\0')
        return error_set(err, ERROR_INVALID, "not a usable URL: it is empty");
    code = curl_url_set(url, CURLUPART_URL, options->base_url, 0);
    if (code != CURLUE_OK)
        return error_set_url(err, code);
    if (!target_check_url(target, url, err))
        return false;
    target_take_credentials(target, url);
    if (options->server_name && target->is_tls &&
        !target_rename_server(target, url, options->server_name, err))
        return false;
    code = curl_url_get(url, CURLUPART_URL, &text, 0);
    if (code != CURLUE_OK)
        return error_set_url(err, code);

    size_t len = strlen(text);

    while (len > 0 && text[len - 1] == '/')
        len--;
    target->base_url = slice_to_string(slice_of(text, len));
    return true;
}

static bool target_check_socket(const struct http_options *options, struct error *err)
{
    size_t room = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1;

    if (options->unix_socket && strlen(options->unix_socket) > room)
        return error_set(err, ERROR_INVALID, "the socket's path is longer than %zu bytes", room);
    return true;
}

bool http_target_init(struct http_target *target, const struct http_options *options,
                      struct error *err)
{
    uint64_t connect_ms = options->connect_timeout_ms;

    *target = (struct http_target){
        .unix_socket = memory_copy_string(options->unix_socket),
        .user_password = memory_copy_string(options->user_password),
        .ca_file = memory_copy_string(options->ca_file),
        .ca_path = memory_copy_string(options->ca_path),
        .client_cert = memory_copy_string(options->client_cert),
        .client_key = memory_copy_string(options->client_key),
        .verify_peer = options->verify_peer,
        .is_tls_1_3_only = options->is_tls_1_3_only,
        .buffer_bytes = options->buffer_bytes ? (long)options->buffer_bytes : DEFAULT_BUFFER_BYTES,
    };
    if (!target_check_socket(options, err) || !target_parse_url(target, options, err)) {
        http_target_fini(target);
        return false;
    }
    if (target->is_tls && connect_ms > 0)
        connect_ms += options->tls_timeout_ms;
    target->connect_timeout_ms = http_clamp_ms(connect_ms);
    return true;
}

void http_target_fini(struct http_target *target)
{
    curl_slist_free_all(target->connect_to);
    free(target->base_url);
    free(target->host_header);
    free(target->unix_socket);
    free(target->user_password);
    free(target->ca_file);
    free(target->ca_path);
    free(target->client_cert);
    free(target->client_key);
    *target = (struct http_target){ 0 };
}

/* ---- sockets ---- */

static bool is_remote(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const void *)address;

        return (ntohl(in->sin_addr.s_addr) >> IN_CLASSA_NSHIFT) != IN_LOOPBACKNET;
    }
    if (address->sa_family == AF_INET6) {
        const struct in6_addr *in6 =
            &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;

        return !IN6_IS_ADDR_LOOPBACK(in6) &&
               !(IN6_IS_ADDR_V4MAPPED(in6) && in6->s6_addr[12] == IN_LOOPBACKNET);
    }
    return false;
}

static int set_number(int fd, int level, int option, int number)
{
    return setsockopt(fd, level, option, &number, sizeof(number));
}

/* Of all descriptors only these are curl's to open: here they get O_CLOEXEC from birth. */
static curl_socket_t on_open_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                    address->protocol);

    (void)ctx;
    (void)purpose;
    if (fd < 0)
        return CURL_SOCKET_BAD;
    if (is_remote(&address->addr) &&
        (set_number(fd, SOL_SOCKET, SO_KEEPALIVE, 1) < 0 ||
         set_number(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S) < 0 ||
         set_number(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S) < 0 ||
         set_number(fd, IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_PROBES) < 0 ||
         set_number(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, USER_TIMEOUT_MS) < 0)) {
        close(fd);
        return CURL_SOCKET_BAD;
    }
    return fd;
}

/* ---- options of curl ---- */

/* The first option that fails decides; `code` is the caller's. */
#define SET(option, value)                                  \
    do {                                                    \
        if (code == CURLE_OK)                               \
            code = curl_easy_setopt(easy, (option), value); \
    } while (0)

static CURLcode set_general(CURL *easy, const struct http_target *target)
{
    CURLcode code = CURLE_OK;

    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_PROXY, ""); /* not even that of the environment */
    SET(CURLOPT_PATH_AS_IS, 1L);
    SET(CURLOPT_USERAGENT, "edgewright/" EDGEWRIGHT_VERSION);
    SET(CURLOPT_UPLOAD_BUFFERSIZE, (long)UPLOAD_BUFFER_BYTES);
    SET(CURLOPT_CONNECTTIMEOUT_MS, target->connect_timeout_ms);
    SET(CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    if (target->unix_socket)
        SET(CURLOPT_UNIX_SOCKET_PATH, target->unix_socket);
    if (target->connect_to)
        SET(CURLOPT_CONNECT_TO, target->connect_to);
    if (target->user_password) {
        SET(CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
        SET(CURLOPT_USERPWD, target->user_password);
    }
    return code;
}

/* Who names authorities trusts them alone, not those of the system as well: what is not named is
 * taken away. */
static CURLcode set_authorities(CURL *easy, const struct http_target *target)
{
    CURLcode code = CURLE_OK;

    if (target->ca_file || target->ca_path) {
        SET(CURLOPT_CAINFO, target->ca_file);
        SET(CURLOPT_CAPATH, target->ca_path);
    }
    return code;
}

static CURLcode set_tls(CURL *easy, const struct http_target *target)
{
    CURLcode code = set_authorities(easy, target);

    SET(CURLOPT_SSLVERSION,
        (long)(target->is_tls_1_3_only ? CURL_SSLVERSION_TLSv1_3 : CURL_SSLVERSION_TLSv1_2));
    SET(CURLOPT_SSL_VERIFYPEER, target->verify_peer ? 1L : 0L);
    SET(CURLOPT_SSL_VERIFYHOST, target->verify_peer ? 2L : 0L);
    if (target->client_cert)
        SET(CURLOPT_SSLCERT, target->client_cert);
    if (target->client_key)
        SET(CURLOPT_SSLKEY, target->client_key);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    SET(CURLOPT_PIPEWAIT, 1L); /* rather share a connection than open one */
    return code;
}

static void easy_freep(CURL **easy)
{
    curl_easy_cleanup(*easy);
}

bool http_target_new_handle(const struct http_target *target, bool is_large, CURL **ret_easy,
                            struct error *err)
{
    CLEANUP(easy_freep) CURL *easy = curl_easy_init();
    CURLcode code = easy ? set_general(easy, target) : CURLE_OUT_OF_MEMORY;

    SET(CURLOPT_BUFFERSIZE, is_large ? LARGE_BUFFER_BYTES : target->buffer_bytes);

    if (target->is_tls && code == CURLE_OK)
        code = set_tls(easy, target);
    else if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    if (code != CURLE_OK)
        return error_set(err, ERROR_UNAVAILABLE, "curl: %s", curl_easy_strerror(code));
    *ret_easy = TAKE(easy);
    return true;
}
