/* SPDX-License-Identifier: MIT */
/* `sockaddr`: addresses of this machine by their properties. */
#include "sockaddr.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

#include "eval.h"
#include "function.h"
#include "literal.h"
#include "regex.h"

/* --- Networks ------------------------------------------------------------------------------ */

struct address {
    int family;
    size_t length; /* 4 or 16 */
    unsigned char bytes[16], mask[16];
    const struct ifaddrs *interface;
};

struct network {
    const char *first;
    unsigned prefix;
};

/* RFC 6890: networks for special purposes, private ones among them. */
static const struct network special_networks[] = {
    { "0.0.0.0", 8 },      { "10.0.0.0", 8 },     { "100.64.0.0", 10 }, { "127.0.0.0", 8 },
    { "169.254.0.0", 16 }, { "172.16.0.0", 12 },  { "192.0.0.0", 24 },  { "192.0.2.0", 24 },
    { "192.88.99.0", 24 }, { "192.168.0.0", 16 }, { "198.18.0.0", 15 }, { "198.51.100.0", 24 },
    { "203.0.113.0", 24 }, { "240.0.0.0", 4 },    { "::1", 128 },       { "::", 128 },
    { "64:ff9b::", 96 },   { "::ffff:0:0", 96 },  { "100::", 64 },      { "2001::", 16 },
    { "2002::", 16 },      { "fc00::", 7 },       { "fe80::", 10 },
};

/* Those of them that no router forwards. */
static const struct network local_networks[] = {
    { "0.0.0.0", 8 },    { "127.0.0.0", 8 },     { "169.254.0.0", 16 }, { "192.0.0.0", 24 },
    { "192.0.2.0", 24 }, { "198.51.100.0", 24 }, { "203.0.113.0", 24 }, { "240.0.0.0", 4 },
    { "::1", 128 },      { "::", 128 },          { "::ffff:0:0", 96 },  { "2001:db8::", 32 },
    { "2001:10::", 28 }, { "fe80::", 10 },
};

/* Whether all of the address's own network is inside. */
static bool is_in_network(const struct address *address, const struct network *network)
{
    int family = strchr(network->first, ':') ? AF_INET6 : AF_INET;
    unsigned char first[16];

    if (family != address->family)
        return false;
    inet_pton(family, network->first, first);
    for (unsigned bit = 0; bit < network->prefix; bit++) {
        unsigned char one = (unsigned char)(0x80 >> bit % 8);

        if (!(address->mask[bit / 8] & one) || ((address->bytes[bit / 8] ^ first[bit / 8]) & one))
            return false;
    }
    return true;
}

static bool is_special(const struct address *address)
{
    for (size_t i = 0; i < ARRAY_SIZE(special_networks); i++) {
        if (is_in_network(address, &special_networks[i]))
            return true;
    }
    return false;
}

static bool is_forwardable(const struct address *address)
{
    for (size_t i = 0; i < ARRAY_SIZE(local_networks); i++) {
        if (is_in_network(address, &local_networks[i]))
            return false;
    }
    return true;
}

/* --- The machine's addresses --------------------------------------------------------------- */

struct addresses {
    struct address *items;
    size_t n;
};

static bool read_address(const struct ifaddrs *interface, struct address *ret_address)
{
    const struct sockaddr *address = interface->ifa_addr, *mask = interface->ifa_netmask;

    if (!address || !mask)
        return false;
    *ret_address = (struct address){ .family = address->sa_family, .interface = interface };
    switch (address->sa_family) {
    case AF_INET:
        ret_address->length = 4;
        memcpy(ret_address->bytes, &((const struct sockaddr_in *)(const void *)address)->sin_addr,
               4);
        memcpy(ret_address->mask, &((const struct sockaddr_in *)(const void *)mask)->sin_addr, 4);
        return true;
    case AF_INET6:
        ret_address->length = 16;
        memcpy(ret_address->bytes, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr,
               16);
        memcpy(ret_address->mask, &((const struct sockaddr_in6 *)(const void *)mask)->sin6_addr,
               16);
        return true;
    default: return false;
    }
}

/* IPv4 before IPv6, large networks before small ones; before that, if it matters, those of the
 * interface with the default route. */
static int compare_addresses(const struct address *a, const struct address *b,
                             const char *first_interface)
{
    if (first_interface) {
        int is_a = strcmp(a->interface->ifa_name, first_interface) == 0;
        int is_b = strcmp(b->interface->ifa_name, first_interface) == 0;

        if (is_a != is_b)
            return is_b - is_a;
    }
    if (a->length != b->length)
        return a->length < b->length ? -1 : 1;
    return memcmp(a->mask, b->mask, a->length);
}

/* Puts the address where it belongs; of equal ones the first stays first. */
static void insert_address(struct addresses *addresses, const struct address *address,
                           const char *first_interface)
{
    size_t at = addresses->n++;

    for (; at && compare_addresses(address, &addresses->items[at - 1], first_interface) < 0; at--)
        addresses->items[at] = addresses->items[at - 1];
    addresses->items[at] = *address;
}

/* --- The functions of the expression ------------------------------------------------------- */

struct selector {
    const char *name;
    bool is_by_name; /* an argument is the regular expression for the interface */
    bool is_one;     /* only the first address */
    bool is_default_first;
    bool wants_up, wants_forwardable, wants_special, wants_public;
};

static const struct selector selectors[] = {
    { "GetPrivateIP", .is_one = true, .is_default_first = true, .wants_up = true,
      .wants_forwardable = true, .wants_special = true },
    { "GetPrivateIPs", .wants_forwardable = true, .wants_special = true },
    { "GetPublicIP", .is_one = true, .is_default_first = true, .wants_up = true,
      .wants_forwardable = true, .wants_public = true },
    { "GetPublicIPs", .wants_public = true },
    { "GetInterfaceIP", .is_by_name = true, .is_one = true, .wants_forwardable = true },
    { "GetInterfaceIPs", .is_by_name = true },
};

/* Whether an address is one that the selector wants; name: NULL, or the name it must match. */
static bool is_wanted(const struct selector *selector, const struct address *address,
                      const struct regex *name, struct eval *eval, bool *ret_is_wanted,
                      struct error *err)
{
    bool is_match = true;

    if (name && !regex_match(name, eval, slice_from(address->interface->ifa_name), &is_match, err))
        return false;
    *ret_is_wanted = is_match && (!selector->wants_up || address->interface->ifa_flags & IFF_UP) &&
                     (!selector->wants_forwardable || is_forwardable(address)) &&
                     (!selector->wants_special || is_special(address)) &&
                     (!selector->wants_public || !is_special(address));
    return true;
}

static bool select_addresses(const struct selector *selector, const struct regex *name,
                             struct eval *eval, struct addresses *addresses, struct error *err)
{
    const struct render_environment *environment = eval->environment;
    const char *default_interface = NULL;
    const struct ifaddrs *all = NULL;
    size_t n = 0;

    if (environment && environment->get_addresses)
        all = environment->get_addresses(environment->addresses_ctx, &default_interface);
    for (const struct ifaddrs *at = all; at; at = at->ifa_next)
        n++;
    addresses->items = ARENA_ARRAY(eval->arena, n, struct address);
    for (const struct ifaddrs *at = all; at; at = at->ifa_next) {
        struct address address;
        bool is_good;

        if (!read_address(at, &address))
            continue;
        if (!is_wanted(selector, &address, name, eval, &is_good, err))
            return false;
        if (is_good)
            insert_address(addresses, &address,
                           selector->is_default_first ? default_interface : NULL);
    }
    return true;
}

static struct value show_addresses(const struct addresses *addresses, bool is_one,
                                   struct arena *arena)
{
    CLEANUP(buf_fini) struct buf out = BUF_EMPTY;
    char text[INET6_ADDRSTRLEN];

    for (size_t i = 0; i < addresses->n && (i == 0 || !is_one); i++) {
        const struct address *address = &addresses->items[i];

        buf_add_string(&out, i ? " " : "");
        buf_add_string(&out, inet_ntop(address->family, address->bytes, text, sizeof(text)));
    }
    return value_string(arena_copy(arena, buf_slice(&out)));
}

/* --- The expression ------------------------------------------------------------------------ */

static bool fail_expression(struct slice expression, struct error *err)
{
    return function_error(err,
                          "'%.*s' is none of GetPrivateIP, GetPrivateIPs, GetPublicIP, "
                          "GetPublicIPs, GetInterfaceIP \"NAME\", GetInterfaceIPs \"NAME\"",
                          SLICE_ARG(slice_sub(expression, 0, 128)));
}

static const struct selector *find_selector(struct slice name)
{
    for (size_t i = 0; i < ARRAY_SIZE(selectors); i++) {
        if (slice_is(name, selectors[i].name))
            return &selectors[i];
    }
    return NULL;
}

/* The length of the quoted text at the start, with its quotes; 0: there is none. */
static size_t quoted_len(struct slice text)
{
    char quote = text.len ? text.ptr[0] : '\0';

    if (quote != '"' && quote != '`')
        return 0;
    for (size_t i = 1; i < text.len; i++) {
        if (text.ptr[i] == quote)
            return i + 1;
        if (text.ptr[i] == '\\' && quote == '"')
            i++;
    }
    return 0;
}

/* A function and, if it takes one, its quoted argument. */
static bool parse_expression(struct slice expression, struct arena *arena,
                             const struct selector **ret_selector, struct slice *ret_argument,
                             struct error *err)
{
    struct slice rest = slice_trim(expression), word;
    size_t bad_at;

    *ret_argument = SLICE_EMPTY;
    if (!slice_next(&rest, ' ', &word) || !(*ret_selector = find_selector(word)))
        return fail_expression(expression, err);
    rest = rest.ptr ? slice_trim(rest) : SLICE_EMPTY;
    if (!(*ret_selector)->is_by_name)
        return rest.len == 0 || fail_expression(expression, err);

    if (quoted_len(rest) != rest.len || rest.len == 0 ||
        !literal_unquote(rest, arena, ret_argument, &bad_at))
        return fail_expression(expression, err);
    return true;
}

bool call_sockaddr(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                   struct error *err)
{
    CLEANUP(buf_fini) struct buf expression = BUF_EMPTY;
    const struct selector *selector;
    struct addresses addresses = { NULL, 0 };
    struct regex *name = NULL;
    struct slice argument;

    for (size_t i = 0; i < n_args; i++) {
        if (i)
            buf_add_byte(&expression, ' ');
        buf_add(&expression, value_slice(&args[i]));
    }
    if (!parse_expression(buf_slice(&expression), eval->arena, &selector, &argument, err) ||
        (selector->is_by_name && !regex_new(eval->arena, argument, &name, err)) ||
        !select_addresses(selector, name, eval, &addresses, err))
        return false;
    *ret = show_addresses(&addresses, selector->is_one, eval->arena);
    return true;
}
