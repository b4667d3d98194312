/* SPDX-License-Identifier: MIT */
/* A configuration's text with the servers of another one: what can be had of a text that HAProxy's
 * check refuses. Pure: (accepted text, refused text, who serves) -> text, to be checked itself.
 *
 * Of the refused text a proxy's list of servers is taken, and nothing of its structure: proxies
 * that only one of both has stay as they were. What is missing in that list may be gone, or may
 * have been edited away: it leaves if it serves no more, and as long as half of its proxy's servers
 * are in both. */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/slice.h"
#include "haproxy/address.h"

enum splice_form {
    SPLICE_AS_WRITTEN, /* lines as the refused text has them */
    /* As the accepted text has them: what is said of a server stays, its address may be another
     * one, and a new server is like the others of its proxy, where these are all alike. */
    SPLICE_AS_BEFORE,
};

struct splice {
    struct slice accepted, refused; /* of the same file */
    enum splice_form form;
    /* The instance at this address is registered, healthy and in no maintenance. NULL: unknown. */
    bool (*is_serving)(void *ctx, const struct haproxy_address *address);
    void *ctx;
};

/* Appends the text. False, and nothing is appended, if it would be the accepted one. A line of the
 * refused text that cannot be read counts as a comment. */
MUST_CHECK bool splice_servers(const struct splice *splice, struct buf *out);
