/* SPDX-License-Identifier: MIT */
/* Reads the lines of a configuration, section by section. */
#pragma once

#include "haproxy/config.h"

/* Reads all files of the config into it: proxies, servers, references, structure. Maps of names are
 * left to the caller, who knows that nothing moves any more. */
MUST_CHECK bool config_reader_run(struct haproxy_config *config, struct error *err);
