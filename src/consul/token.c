/* SPDX-License-Identifier: MIT */
/* The ACL token. */
#include "token.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/memory.h"
#include "io/file.h"

/* Overwrites a secret before its memory is used again. */
static void forget(char *secret)
{
    if (secret)
        explicit_bzero(secret, strlen(secret));
    free(secret);
}

static bool is_token(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < ' ' || text.ptr[i] > '~') /* a line end would add a header */
            return false;
    }
    return text.len > 0 && text.len <= LIMIT_TOKEN_BYTES;
}

/* The line of the header, or NULL for what cannot be a token. */
static char *make_header(struct slice text)
{
    text = slice_trim(text);
    if (!is_token(text))
        return NULL;

    size_t size = sizeof("X-Consul-Token: ") + text.len;
    char *header = memory_alloc(size);

    snprintf(header, size, "X-Consul-Token: %.*s", SLICE_ARG(text));
    return header;
}

static bool read_file(const char *path, char **ret_header, struct error *err)
{
    struct buf text = BUF_EMPTY;
    bool is_read = file_read(path, LIMIT_TOKEN_BYTES, &text, err);

    if (is_read) {
        *ret_header = make_header(buf_slice(&text));
        is_read = *ret_header || error_set(err, ERROR_INVALID, "the file holds no token");
    }
    if (text.ptr)
        explicit_bzero(text.ptr, text.cap);
    buf_fini(&text);
    return is_read || error_wrap(err, "consul.token_file '%s'", path);
}

static bool identify(const char *path, struct token_file *ret_file)
{
    struct stat stat_buf;

    if (stat(path, &stat_buf) != 0)
        return false;
    *ret_file =
        (struct token_file){ stat_buf.st_dev, stat_buf.st_ino, stat_buf.st_size, stat_buf.st_mtim };
    return true;
}

static bool is_same_file(const struct token_file *a, const struct token_file *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           a->modified.tv_sec == b->modified.tv_sec && a->modified.tv_nsec == b->modified.tv_nsec;
}

bool token_init(struct token *token, const char *text, const char *path, struct error *err)
{
    *token = TOKEN_NONE;
    if (!path || !path[0]) {
        if (!text || !text[0])
            return true;
        token->header = make_header(slice_from(text));
        return token->header || error_set(err, ERROR_INVALID, "consul.token is not a token");
    }
    /* Identified before it is read: what is written in between is seen as a change later. */
    identify(path, &token->file);
    if (!read_file(path, &token->header, err))
        return false;
    token->path = memory_copy_string(path);
    return true;
}

void token_fini(struct token *token)
{
    forget(token->header);
    free(token->path);
    *token = TOKEN_NONE;
}

bool token_refresh(struct token *token)
{
    struct error err = ERROR_EMPTY;
    struct token_file file = { .size = -1 };
    char *header;

    if (!token->path || (identify(token->path, &file) && is_same_file(&file, &token->file)))
        return false;
    if (!read_file(token->path, &header, &err)) {
        if (!token->is_unreadable)
            log_warn("%s; the token read before stays in use", err.text);
        token->is_unreadable = true;
        return false;
    }
    token->is_unreadable = false;
    token->file = file;
    if (strcmp(header, token->header) == 0) {
        forget(header);
        return false;
    }
    forget(token->header);
    token->header = header;
    log_info("consul: the token in '%s' has changed", token->path);
    return true;
}
