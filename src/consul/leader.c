/* SPDX-License-Identifier: MIT */
/* What /v1/status/leader says. */
#include "leader.h"

#define LEADER_BYTES 256

bool leader_take(struct buf *answer, struct slice piece)
{
    if (answer->len + piece.len > LEADER_BYTES)
        return false;
    buf_add(answer, piece);
    return true;
}

bool leader_is_named(struct slice answer)
{
    answer = slice_trim(answer);
    return answer.len > 2 && answer.ptr[0] == '"' && answer.ptr[1] != '"';
}
