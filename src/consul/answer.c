/* SPDX-License-Identifier: MIT */
/* Answers as text, in the shape of Consul's HTTP API. */
#include "consul/answer.h"

#include "decode.h"
#include "decode_kinds.h"
#include "query.h"

void answer_encode(const struct dep *dep, const struct value *root, struct buf *out)
{
    if (root)
        decode_kind_of(dep)->write(out, root);
    else
        buf_add_string(out, "null");
}

bool answer_decode(const struct dep *dep, struct slice json, struct document **ret_doc,
                   struct error *err)
{
    CLEANUP(decoder_freep) struct decoder *decoder = NULL;
    CLEANUP(document_unrefp) struct document *doc = NULL;
    struct decode_summary summary;

    if (query_kind_get(dep->kind)->is_kv && slice_is(slice_trim(json), "null")) {
        *ret_doc = NULL;
        return true;
    }
    decoder = decoder_new(dep);
    if (!decoder_feed(decoder, json, err) || !decoder_finish(decoder, &summary, &doc, err))
        return false;
    if (summary.n_skipped > 0) {
        *err = summary.skip_err;
        return false;
    }
    *ret_doc = TAKE(doc);
    return true;
}
