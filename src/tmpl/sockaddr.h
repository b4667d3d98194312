/* SPDX-License-Identifier: MIT */
/* `sockaddr`: addresses of this machine by their properties. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "data/value.h"

struct eval;

/* One of GetPrivateIP, GetPrivateIPs, GetPublicIP, GetPublicIPs, and GetInterfaceIP and
 * GetInterfaceIPs with a regular expression for the name. What else the peer's little language has
 * (sources, filters, sorting) is refused. */
bool call_sockaddr(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                   struct error *err);
