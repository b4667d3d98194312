/* SPDX-License-Identifier: MIT */
/* The body of an answer, in pieces as it arrives, to a document with the structs of
 * data/catalog.h.
 *
 * All or nothing: a body that ends early or is no JSON gives no document. An element of the wrong
 * shape (a Port that is a text, no Service) is left out and counted, unless nothing would be left:
 * one odd registration must not stop the others, nor look like an empty service. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/slice.h"
#include "data/dep.h"
#include "data/document.h"

struct decoder;
struct recall;

struct decode_summary {
    size_t n_items;        /* instances, nodes, keys …; 0: an empty answer */
    size_t n_skipped;      /* left out for their shape */
    bool has_consul;       /* of DEP_CATALOG_SERVICES: Consul itself is in the list */
    struct error skip_err; /* what was wrong with the first that was left out */
};

/* The dep is borrowed. */
struct decoder *decoder_new(const struct dep *dep);
/* Elements that the answer before had are taken from there, and those of this one take their place
 * once it is complete. Before the first piece; borrowed. */
void decoder_set_recall(struct decoder *decoder, struct recall *recall);
/* What checks have said is left out. Before the first piece. */
void decoder_drop_output(struct decoder *decoder);
/* For /v1/agent/self: the document's root is a list of strings, these. */
enum { AGENT_SELF_NAME, AGENT_SELF_VERSION, AGENT_SELF_FACTS };
struct decoder *decoder_new_agent_self(void);
/* The answer if there is nothing of what is asked for; NULL where that is the answer. */
struct document *decode_nothing(const struct dep *dep);
void decoder_free(struct decoder *decoder);
DEFINE_FREEP(struct decoder, decoder_free)

/* After a failure the decoder can only be freed. */
MUST_CHECK bool decoder_feed(struct decoder *decoder, struct slice piece, struct error *err);
/* The body is complete. The caller gets a reference to the document. */
MUST_CHECK bool decoder_finish(struct decoder *decoder, struct decode_summary *ret_summary,
                               struct document **ret_doc, struct error *err);
