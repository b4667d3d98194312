/* SPDX-License-Identifier: MIT */
/* Addresses in figures, by the rules of HAProxy's str2sa_range(). */
#include "haproxy/address.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#define IP_TEXT_BYTES INET6_ADDRSTRLEN

static bool read_ip(struct slice text, int family, struct haproxy_address *address)
{
    char terminated[IP_TEXT_BYTES];

    if (text.len == 0 || text.len >= sizeof(terminated) ||
        slice_find_byte(text, '\0') != SLICE_NOT_FOUND)
        return false;
    memcpy(terminated, text.ptr, text.len);
    terminated[text.len] = '\0';

    struct haproxy_address found = { .family = family, .port = address->port };

    if (inet_pton(family, terminated, found.ip) != 1)
        return false;
    *address = found;
    return true;
}

bool haproxy_address_parse_ip(struct slice word, struct haproxy_address *address)
{
    return read_ip(word, AF_INET, address) || read_ip(word, AF_INET6, address);
}

/* The family that a prefix asks for, AF_UNSPEC for any. False for a prefix of something else. */
static bool take_prefix(struct slice *word, int *ret_family)
{
    static const struct {
        const char *text;
        int family;
    } prefixes[] = {
        { "ipv4@", AF_INET },  { "tcp4@", AF_INET }, { "ipv6@", AF_INET6 },
        { "tcp6@", AF_INET6 }, { "ip@", AF_UNSPEC }, { "tcp@", AF_UNSPEC },
    };

    *ret_family = AF_UNSPEC;
    for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
        struct slice prefix = slice_from(prefixes[i].text);

        if (!slice_starts_with(*word, prefix))
            continue;
        *word = slice_sub(*word, prefix.len, word->len);
        *ret_family = prefixes[i].family;
        return true;
    }
    return slice_find_byte(*word, '@') == SLICE_NOT_FOUND;
}

bool haproxy_address_parse(struct slice word, struct haproxy_address *ret_address)
{
    struct haproxy_address address = HAPROXY_ADDRESS_NONE;
    uint64_t port;
    int family;

    if (!take_prefix(&word, &family))
        return false;

    size_t colon = slice_find_last_byte(word, ':');

    if (colon == SLICE_NOT_FOUND)
        return false;

    struct slice ip = slice_sub(word, 0, colon);

    if (!slice_parse_u64(slice_sub(word, colon + 1, word.len), UINT16_MAX, &port) || port == 0)
        return false;
    address.port = (uint16_t)port;
    if (slice_starts_with(ip, SLICE("[")) && slice_ends_with(ip, SLICE("]"))) {
        ip = slice_sub(ip, 1, ip.len - 1);
        family = family == AF_UNSPEC ? AF_INET6 : family;
    }
    if (family == AF_UNSPEC ? !haproxy_address_parse_ip(ip, &address)
                            : !read_ip(ip, family, &address))
        return false;
    *ret_address = address;
    return true;
}

bool haproxy_address_equal(const struct haproxy_address *a, const struct haproxy_address *b)
{
    return a->family == b->family && a->port == b->port && memcmp(a->ip, b->ip, sizeof(a->ip)) == 0;
}

void haproxy_address_add_ip(const struct haproxy_address *address, struct buf *out)
{
    char text[IP_TEXT_BYTES];

    if (address->family && inet_ntop(address->family, address->ip, text, sizeof(text)))
        buf_add_string(out, text);
}

void haproxy_address_format(const struct haproxy_address *address, struct buf *out)
{
    bool is_v6 = address->family == AF_INET6;

    buf_add_string(out, is_v6 ? "[" : "");
    haproxy_address_add_ip(address, out);
    buf_printf(out, "%s:%u", is_v6 ? "]" : "", address->port);
}
