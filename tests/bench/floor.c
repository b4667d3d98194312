/* SPDX-License-Identifier: MIT */
/* The floor of the benchmark: how fast a change in Consul can become a file at all. It asks the
 * blocking queries that edgewright asks and replaces a file, as durably, with each answer as it is:
 * nothing is parsed, compared or rendered.
 *
 * usage: floor ADDRESS FILE SERVICE... */
#include <curl/curl.h>
#include <err.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

struct query {
    CURL *easy;
    char url[512];
    const char *service;
    char index[32]; /* of the last answer */
    char *body;
    size_t len, cap;
};

static const char *address, *path;
static char temp_path[4096];
static int dir_fd;

static size_t on_body(char *data, size_t size, size_t n, void *ctx)
{
    struct query *query = ctx;
    size_t len = size * n;

    if (query->len + len > query->cap) {
        query->cap = (query->len + len) * 2;
        query->body = realloc(query->body, query->cap);
        if (!query->body)
            err(EXIT_FAILURE, "body");
    }
    memcpy(query->body + query->len, data, len);
    query->len += len;
    return len;
}

static size_t on_header(char *line, size_t size, size_t n, void *ctx)
{
    static const char name[] = "X-Consul-Index: ";
    struct query *query = ctx;
    size_t len = size * n, name_len = strlen(name);

    if (len > name_len && strncasecmp(line, name, name_len) == 0)
        snprintf(query->index, sizeof(query->index), "%.*s",
                 (int)strspn(line + name_len, "0123456789"), line + name_len);
    return len;
}

/* The first query asks for what is there, those after it for what is newer. */
static void query_ask(CURLM *multi, struct query *query)
{
    snprintf(query->url, sizeof(query->url), "http://%s/v1/health/service/%s?%s%s%sstale", address,
             query->service, *query->index ? "index=" : "", query->index,
             *query->index ? "&wait=55000ms&" : "");
    query->len = 0;
    curl_easy_setopt(query->easy, CURLOPT_URL, query->url);
    curl_multi_add_handle(multi, query->easy);
}

static void query_init(struct query *query, const char *service)
{
    query->service = service;
    query->easy = curl_easy_init();
    if (!query->easy)
        errx(EXIT_FAILURE, "curl_easy_init");
    curl_easy_setopt(query->easy, CURLOPT_PRIVATE, query);
    curl_easy_setopt(query->easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(query->easy, CURLOPT_WRITEDATA, query);
    curl_easy_setopt(query->easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(query->easy, CURLOPT_HEADERDATA, query);
    curl_easy_setopt(query->easy, CURLOPT_FAILONERROR, 1L);
}

static void replace_file(const struct query *query)
{
    int fd = open(temp_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    if (fd < 0 || write(fd, query->body, query->len) != (ssize_t)query->len || fsync(fd) < 0 ||
        close(fd) < 0 || rename(temp_path, path) < 0 || fsync(dir_fd) < 0)
        err(EXIT_FAILURE, "%s", path);
}

static void take_answers(CURLM *multi)
{
    CURLMsg *message;
    int n_left;

    while ((message = curl_multi_info_read(multi, &n_left)) != NULL) {
        struct query *query = NULL;

        if (message->data.result != CURLE_OK)
            errx(EXIT_FAILURE, "%s", curl_easy_strerror(message->data.result));
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&query);
        curl_multi_remove_handle(multi, query->easy);
        replace_file(query);
        query_ask(multi, query);
    }
}

int main(int argc, char **argv)
{
    int n_running;

    if (argc < 4)
        errx(2, "usage: floor ADDRESS FILE SERVICE...");
    address = argv[1];
    path = argv[2];
    snprintf(temp_path, sizeof(temp_path), "%s.new", path);

    char *folder = strdup(path);

    dir_fd = open(dirname(folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(folder);
    curl_global_init(CURL_GLOBAL_DEFAULT);

    CURLM *multi = curl_multi_init();
    struct query *queries = calloc((size_t)argc - 3, sizeof(*queries));

    if (dir_fd < 0 || !multi || !queries)
        err(EXIT_FAILURE, "%s", path);
    for (int i = 3; i < argc; i++) {
        query_init(&queries[i - 3], argv[i]);
        query_ask(multi, &queries[i - 3]);
    }
    for (;;) {
        if (curl_multi_perform(multi, &n_running) != CURLM_OK)
            errx(EXIT_FAILURE, "curl_multi_perform");
        take_answers(multi); /* what it adds is due at once: the poll does not wait then */
        if (curl_multi_poll(multi, NULL, 0, 60000, NULL) != CURLM_OK)
            errx(EXIT_FAILURE, "curl_multi_poll");
    }
}
