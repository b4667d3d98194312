/* SPDX-License-Identifier: MIT */
/* The function on times (section 13.5 of the language): timestamp. */
#include "eval.h"
#include "function.h"
#include "moment.h"

static bool call_timestamp(struct eval *eval, const struct value *args, size_t n_args,
                           struct value *ret, struct error *err)
{
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;
    struct timespec now = eval->environment->now;
    struct slice layout = n_args ? value_slice(&args[0]) : MOMENT_RFC3339;

    if (slice_is(layout, "unix")) {
        buf_printf(&text, "%lld", (long long)now.tv_sec);
    } else {
        if (!eval_check_size(eval, layout.len, err))
            return false;
        moment_add_layout(&text, layout, now);
    }
    if (!eval_check_size(eval, text.len, err))
        return false;
    *ret = value_string(arena_copy(eval->arena, buf_slice(&text)));
    return true;
}

static const struct function items[] = {
    { "timestamp", call_timestamp, { &type_string }, &type_string, 0, 1, FUNCTION_UNREPEATABLE },
};

const struct function_group functions_time = { items, ARRAY_SIZE(items) };
