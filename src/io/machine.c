/* SPDX-License-Identifier: MIT */
/* What tells this machine from the others of a fleet. */
#include "io/machine.h"

#include <limits.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "io/file.h"

#define MACHINE_ID_BYTES 4096

uint64_t machine_hash(void)
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
