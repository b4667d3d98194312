/* SPDX-License-Identifier: MIT */
/* This machine's share of a delay. */
#include "splay.h"

#include <limits.h>
#include <unistd.h>

#include "io/file.h"

#define MACHINE_ID_BYTES 4096

static uint64_t hash_of_machine(void)
{
    CLEANUP(buf_fini) struct buf id = BUF_EMPTY;
    char name[HOST_NAME_MAX + 1] = "";
    struct error err;

    if (!file_read("/etc/machine-id", MACHINE_ID_BYTES, &id, &err) || id.len == 0) {
        (void)gethostname(name, sizeof(name) - 1);
        buf_add_string(&id, name);
    }
    return slice_hash(buf_slice(&id));
}

uint64_t splay_of(uint64_t span_ms)
{
    return span_ms == 0 ? 0 : hash_of_machine() % (span_ms + 1);
}
