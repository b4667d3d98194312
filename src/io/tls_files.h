/* SPDX-License-Identifier: MIT */
/* The authorities, the certificate and the key that connections over TLS use, as they were when
 * they last made sense together.
 *
 * They are replaced one after the other, by whoever renews them: a certificate whose key is not
 * there yet, or half of a file, must not be used for a connection. So they are held in memory, and
 * others are taken only when all of them can be read and the key is the certificate's. */
#pragma once

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"

/* Immutable; counted, because requests in flight still point to what was replaced. */
struct tls_files {
    unsigned n_refs;
    struct buf ca, cert, key; /* empty: not configured */
};

/* NULL: no such file. Without a key the certificate's file holds it. */
struct tls_paths {
    const char *ca_file, *client_cert, *client_key;
};

/* What a file was when it was read. */
struct tls_stamps {
    struct timespec modified[3];
    ino_t inode[3];
    off_t size[3];
};

/* The caller gets a reference. */
MUST_CHECK bool tls_files_read(const struct tls_paths *paths, struct tls_files **ret_files,
                               struct error *err);
struct tls_files *tls_files_ref(struct tls_files *files);
void tls_files_unref(struct tls_files *files); /* NULL is fine */

/* Gives them to a handle, which points to them from then on; NULL takes them away again. */
CURLcode tls_files_attach(const struct tls_files *files, CURL *easy);

/* Those of a client, looked at again and again. */
struct tls_keeper {
    struct tls_paths paths;  /* borrowed */
    struct tls_files *files; /* NULL: they have never made sense; curl reads them, and says so */
    struct tls_stamps stamps;
    uint64_t due_ms;
    bool is_told;
};

/* What is wrong with the files is said; there is nothing else to do about it. */
void tls_keeper_init(struct tls_keeper *keeper, const struct tls_paths *paths);
void tls_keeper_fini(struct tls_keeper *keeper);
/* Once a second at most. True: the files are others now. */
bool tls_keeper_look(struct tls_keeper *keeper, uint64_t now_ms);
