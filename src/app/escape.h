/* SPDX-License-Identifier: MIT */
/* What becomes of texts of Consul's catalogue in what is rendered: `escape` of a template. */
#pragma once

#include "base/buf.h"
#include "base/error.h"
#include "config/config.h"
#include "haproxy/quote.h"
#include "tmpl/template.h"

struct escape {
    enum escape_mode mode;
    struct buf *out;
    struct quote quote; /* ESCAPE_HAPROXY */
};

/* A render that begins at the end of the buffer. The sink is good as long as both arguments. */
struct text_sink escape_begin(struct escape *escape, enum escape_mode mode, struct buf *out);
/* Lets the files of writeToFile be checked, too: by lines, as nobody knows their format. */
void escape_add_files(struct escape *escape, struct render_environment *environment);
