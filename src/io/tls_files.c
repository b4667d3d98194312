/* SPDX-License-Identifier: MIT */
/* The authorities, the certificate and the key that connections over TLS use. */
#include "tls_files.h"

#include <assert.h>
#include <limits.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/memory.h"
#include "io/file.h"

DEFINE_FREEP(BIO, BIO_free)
DEFINE_FREEP(X509, X509_free)
DEFINE_FREEP(EVP_PKEY, EVP_PKEY_free)
DEFINE_FREEP(struct tls_files, tls_files_unref)

static_assert(LIMIT_TLS_FILE_BYTES < INT_MAX, "OpenSSL takes an int");

static BIO *open_text(const struct buf *text)
{
    BIO *bio = BIO_new_mem_buf(text->ptr, (int)text->len);

    if (!bio)
        abort(); /* out of memory */
    return bio;
}

/* A key with a password is none of ours; without this OpenSSL would ask at the terminal. */
static int no_password(char *text, int size, int is_writing, void *ctx)
{
    (void)text;
    (void)size;
    (void)is_writing;
    (void)ctx;
    return -1;
}

/* Every certificate of the text, to its end: a file that is half there ends within one. Returns the
 * first, the caller's; NULL: there is none, or a broken one. */
static X509 *read_certificates(const struct buf *text)
{
    CLEANUP(BIO_freep) BIO *bio = open_text(text);
    X509 *first = PEM_read_bio_X509(bio, NULL, no_password, NULL), *next;

    while (first && (next = PEM_read_bio_X509(bio, NULL, no_password, NULL)) != NULL)
        X509_free(next);
    if (first && ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
        X509_free(first);
        first = NULL;
    }
    ERR_clear_error();
    return first;
}

static bool check_authorities(const struct buf *text, const char *path, struct error *err)
{
    CLEANUP(X509_freep) X509 *first = read_certificates(text);

    return first ||
           error_set(err, ERROR_INVALID, "'%s' holds no certificate, or a broken one", path);
}

static bool check_pair(const struct tls_files *files, const struct tls_paths *paths,
                       struct error *err)
{
    const struct buf *key_text = paths->client_key ? &files->key : &files->cert;
    const char *key_path = paths->client_key ? paths->client_key : paths->client_cert;
    CLEANUP(X509_freep) X509 *cert = read_certificates(&files->cert);
    CLEANUP(BIO_freep) BIO *bio = open_text(key_text);
    CLEANUP(EVP_PKEY_freep) EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
    bool is_pair = cert && key && X509_check_private_key(cert, key) == 1;

    ERR_clear_error();
    if (!cert)
        return error_set(err, ERROR_INVALID, "'%s' holds no certificate, or a broken one",
                         paths->client_cert);
    if (!key)
        return error_set(err, ERROR_INVALID, "'%s' holds no key that can be read", key_path);
    return is_pair || error_set(err, ERROR_INVALID, "the key in '%s' is not that of '%s'", key_path,
                                paths->client_cert);
}

static bool read_one(const char *path, struct buf *text, struct error *err)
{
    return !path || file_read(path, LIMIT_TLS_FILE_BYTES, text, err) ||
           error_wrap(err, "'%s'", path);
}

bool tls_files_read(const struct tls_paths *paths, struct tls_files **ret_files, struct error *err)
{
    CLEANUP(tls_files_unrefp) struct tls_files *files = NEW(struct tls_files);

    files->n_refs = 1;
    if (!read_one(paths->ca_file, &files->ca, err) ||
        !read_one(paths->client_cert, &files->cert, err) ||
        !read_one(paths->client_key, &files->key, err) ||
        (paths->ca_file && !check_authorities(&files->ca, paths->ca_file, err)) ||
        (paths->client_cert && !check_pair(files, paths, err)))
        return false;
    *ret_files = TAKE(files);
    return true;
}

struct tls_files *tls_files_ref(struct tls_files *files)
{
    if (files)
        files->n_refs++;
    return files;
}

/* A key is overwritten before its memory is used again. */
static void forget(struct buf *text)
{
    if (text->ptr)
        explicit_bzero(text->ptr, text->cap);
    buf_fini(text);
}

void tls_files_unref(struct tls_files *files)
{
    if (!files || --files->n_refs > 0)
        return;
    buf_fini(&files->ca);
    forget(&files->cert);
    forget(&files->key);
    free(files);
}

static void stamp(const struct tls_paths *paths, struct tls_stamps *ret_stamps)
{
    const char *const all[] = { paths->ca_file, paths->client_cert, paths->client_key };
    struct stat stat_buf;

    memset(ret_stamps, 0, sizeof(*ret_stamps));
    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        if (!all[i] || stat(all[i], &stat_buf) != 0)
            continue;
        ret_stamps->modified[i] = stat_buf.st_mtim;
        ret_stamps->inode[i] = stat_buf.st_ino;
        ret_stamps->size[i] = stat_buf.st_size;
    }
}

static CURLcode attach(CURL *easy, CURLoption option, const struct buf *text)
{
    struct curl_blob blob = { text->ptr, text->len, CURL_BLOB_NOCOPY };

    return text->len > 0 ? curl_easy_setopt(easy, option, &blob)
                         : curl_easy_setopt(easy, option, (struct curl_blob *)NULL);
}

CURLcode tls_files_attach(const struct tls_files *files, CURL *easy)
{
    static const struct tls_files none = { .n_refs = 0 };
    CURLcode code;

    if (!files)
        files = &none;
    code = attach(easy, CURLOPT_CAINFO_BLOB, &files->ca);
    if (code == CURLE_OK)
        code = attach(easy, CURLOPT_SSLCERT_BLOB, &files->cert);
    if (code == CURLE_OK)
        code = attach(easy, CURLOPT_SSLKEY_BLOB, &files->key);
    return code;
}

/* --- Kept up to date ------------------------------------------------------------------------ */

#define LOOK_MS 1000

void tls_keeper_init(struct tls_keeper *keeper, const struct tls_paths *paths)
{
    struct error err = ERROR_EMPTY;

    *keeper = (struct tls_keeper){ .paths = *paths };
    /* Before they are read: what is written in between is seen as a change later. */
    stamp(paths, &keeper->stamps);
    if (!tls_files_read(paths, &keeper->files, &err))
        log_warn("tls: %s", err.text);
}

void tls_keeper_fini(struct tls_keeper *keeper)
{
    tls_files_unref(TAKE(keeper->files));
}

static void take(struct tls_keeper *keeper, struct tls_files *files)
{
    tls_files_unref(keeper->files);
    keeper->files = files;
    keeper->is_told = false;
    log_info("tls: the files of certificates have changed: used for new connections");
}

bool tls_keeper_look(struct tls_keeper *keeper, uint64_t now_ms)
{
    struct error err = ERROR_EMPTY;
    struct tls_stamps stamps;
    struct tls_files *files;

    if (now_ms < keeper->due_ms)
        return false;
    keeper->due_ms = now_ms + LOOK_MS;
    stamp(&keeper->paths, &stamps);
    if (memcmp(&stamps, &keeper->stamps, sizeof(stamps)) == 0)
        return false;
    if (!tls_files_read(&keeper->paths, &files, &err)) {
        if (!keeper->is_told)
            log_warn("tls: %s; what was read before stays in use", err.text);
        keeper->is_told = true;
        return false;
    }
    keeper->stamps = stamps;
    take(keeper, files);
    return true;
}
