/* SPDX-License-Identifier: MIT */
/* What a configuration of HAProxy says of its servers, and, as a text that is only compared, what
 * it says of everything else: two configurations differ in their servers, or in their structure.
 *
 * Read is what passes HAProxy's own check. What we do not understand makes us careful, not wrong:
 * the servers of such a proxy are `fixed`, which means that only a reload changes them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/map.h"
#include "base/slice.h"
#include "haproxy/address.h"
#include "haproxy/keyword.h"

/* One of the files that HAProxy reads, in the order in which it reads them. */
struct haproxy_file {
    const char *path; /* for messages */
    struct slice text;
};

struct haproxy_place {
    size_t file; /* index of the file */
    unsigned line;
};

struct haproxy_server {
    struct slice name;
    struct slice address_word;
    bool has_address; /* in figures; else it is a name, a socket or without a port */
    struct haproxy_address address;
    struct keyword_list defaults; /* what the default-server lines before it say */
    struct keyword_list own;
    const struct slice *words; /* all behind its address */
    size_t n_words;

    /* What both add up to. */
    bool is_disabled, is_backup, has_check, has_agent_check, has_minconn;
    bool cuts_sessions; /* on-marked-down shutdown-sessions */
    unsigned weight;    /* 0..256 */
    unsigned maxconn;   /* 0: no limit */
    uint64_t id;        /* 0: HAProxy gives it one */
    uint64_t inter_ms;
    struct slice check_port, check_address, cookie, track; /* empty: not given */
    struct slice unknown; /* a keyword that we do not know, or not with such a value; or empty */

    size_t index; /* in its proxy */
    struct haproxy_place place;
    /* The bytes of the file that they are written with. */
    size_t name_from, name_to, address_from, address_to;
};

/* The servers of a server-template line. */
struct haproxy_template {
    struct slice prefix;
    uint64_t from, to; /* inclusive */
};

enum haproxy_mode { HAPROXY_TCP, HAPROXY_HTTP, HAPROXY_OTHER_MODE };

enum haproxy_balance {
    HAPROXY_BALANCE_DYNAMIC, /* roundrobin, leastconn, random */
    HAPROXY_BALANCE_FIRST,   /* by identifiers */
    HAPROXY_BALANCE_HASH,    /* source, uri, …; see is_consistent */
    HAPROXY_BALANCE_STATIC,  /* static-rr */
    HAPROXY_BALANCE_OTHER,
};

/* A `listen` or `backend` section. */
struct haproxy_proxy {
    struct slice name;
    struct haproxy_place place;
    struct haproxy_server *servers; /* in the order of the file */
    size_t n_servers;
    struct haproxy_template *templates;
    size_t n_templates;

    enum haproxy_mode mode;
    enum haproxy_balance balance;
    bool is_consistent; /* hash-type */
    bool is_disabled;
    bool has_cookie, is_cookie_dynamic;
    bool has_fullconn, has_dispatch;
    bool has_stick; /* remembers servers, in a table */
    /* Why its servers can only be changed by a reload; or empty. */
    struct slice fixed;

    struct map by_name; /* of servers */
};

struct haproxy_line;

struct haproxy_config {
    struct arena arena; /* holds everything, the texts of the files too */
    struct haproxy_file *files;
    size_t n_files;
    struct haproxy_proxy *proxies; /* in the order of the files */
    size_t n_proxies;
    bool has_peers;     /* tables are shared */
    struct slice fixed; /* why no server at all can be changed without a reload; or empty */

    struct map by_name;         /* of proxies */
    struct map references;      /* "PROXY/SERVER": what names it, as struct haproxy_reference */
    struct haproxy_line *lines; /* the structure */
    size_t n_lines;
};

/* Why a server must keep its name and cannot be deleted. */
struct haproxy_reference {
    struct slice target; /* "PROXY/SERVER" */
    const char *by;      /* "track", "use-server", "a fetch" */
    struct haproxy_place place;
};

/* Files of at most LIMIT_HAPROXY_BYTES together; the texts are copied. An error has its position:
 * ERROR_SYNTAX for what HAProxy would refuse, too, ERROR_LIMIT. Linear in the length of the texts.
 */
MUST_CHECK bool haproxy_config_new(const struct haproxy_file *files, size_t n_files,
                                   struct haproxy_config **ret_config, struct error *err);
void haproxy_config_free(struct haproxy_config *config);
DEFINE_FREEP(struct haproxy_config, haproxy_config_free)

/* All may be NULL. */
const struct haproxy_proxy *haproxy_config_find(const struct haproxy_config *config,
                                                struct slice proxy);
const struct haproxy_server *haproxy_proxy_find(const struct haproxy_proxy *proxy,
                                                struct slice server);
const struct haproxy_reference *haproxy_config_find_reference(const struct haproxy_config *config,
                                                              struct slice proxy,
                                                              struct slice server);
/* The server is one of a server-template line. */
bool haproxy_proxy_has_slot(const struct haproxy_proxy *proxy, struct slice server);

/* True if they say the same of everything but servers. If not, the first difference is appended, by
 * its keyword and its place alone, as there may be secrets in it: "'bind' of 'frontend www'
 * (haproxy.cfg:12)". */
bool haproxy_config_same_structure(const struct haproxy_config *before,
                                   const struct haproxy_config *after, struct buf *difference);

const char *haproxy_config_path(const struct haproxy_config *config, struct haproxy_place place);
