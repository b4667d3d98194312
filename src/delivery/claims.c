/* SPDX-License-Identifier: MIT */
/* Which delivery writes which file. */
#include "delivery/claims.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/map.h"
#include "base/memory.h"

struct claim {
    char *path; /* absolute, without "." and empty names */
    const void *owner;
    const char *name;
};

struct claims {
    struct map map; /* path -> claim */
};

struct claims *claims_new(void)
{
    return NEW(struct claims);
}

static void claim_free(struct claim *claim)
{
    free(claim->path);
    free(claim);
}

void claims_free(struct claims *claims)
{
    struct claim *claim;

    if (!claims)
        return;
    for (size_t i = 0; (claim = map_next(&claims->map, &i)) != NULL;)
        claim_free(claim);
    map_fini(&claims->map);
    free(claims);
}

static void add_names(struct buf *out, struct slice path)
{
    struct slice name;

    while (slice_next(&path, '/', &name)) {
        if (name.len == 0 || slice_is(name, "."))
            continue;
        buf_add_byte(out, '/');
        buf_add(out, name);
    }
}

/* One text for all ways to write a path. ".." stays: behind a link it is not what it seems. */
static struct buf make_absolute(const char *path)
{
    struct buf out = BUF_EMPTY;
    char *folder = path[0] == '/' ? NULL : getcwd(NULL, 0);

    add_names(&out, slice_from(folder));
    add_names(&out, slice_from(path));
    free(folder);
    return out;
}

const char *claims_take(struct claims *claims, const char *path, const void *owner,
                        const char *name)
{
    CLEANUP(buf_fini) struct buf absolute = make_absolute(path);
    struct claim *claim = map_find(&claims->map, buf_slice(&absolute));

    if (claim)
        return claim->name;
    claim = NEW(struct claim);
    *claim = (struct claim){ .owner = owner, .name = name };
    claim->path = buf_take(&absolute);
    map_put(&claims->map, slice_from(claim->path), claim);
    return NULL;
}

void claims_drop(struct claims *claims, const char *path, const void *owner)
{
    CLEANUP(buf_fini) struct buf absolute = make_absolute(path);
    struct claim *claim = map_find(&claims->map, buf_slice(&absolute));

    if (!claim || claim->owner != owner)
        return;
    map_remove(&claims->map, slice_from(claim->path));
    claim_free(claim);
}
