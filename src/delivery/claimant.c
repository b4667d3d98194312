/* SPDX-License-Identifier: MIT */
/* One delivery's claims. */
#include "claimant.h"

#include <stdlib.h>

#include "base/memory.h"

void claimant_init(struct claimant *claimant, struct claims *claims,
                   const struct delivery_options *options)
{
    *claimant = (struct claimant){ .claims = claims, .options = options };
    for (size_t i = 0; i < options->n_files; i++)
        claims_take(claims, options->files[i].destination, claimant, options->name);
}

static void drop_outputs(struct claimant *claimant)
{
    for (size_t i = 0; i < claimant->n_outputs; i++) {
        claims_drop(claimant->claims, claimant->outputs[i], claimant);
        free(claimant->outputs[i]);
    }
    claimant->n_outputs = 0;
}

static void drop_own(struct claimant *claimant)
{
    for (size_t i = 0; i < claimant->options->n_files; i++)
        claims_drop(claimant->claims, claimant->options->files[i].destination, claimant);
}

void claimant_fini(struct claimant *claimant)
{
    drop_outputs(claimant);
    drop_own(claimant);
    free(claimant->outputs);
}

const char *claimant_take_output(struct claimant *claimant, const char *path)
{
    const char *holder = claims_take(claimant->claims, path, claimant, claimant->options->name);

    if (!holder) {
        GROW(claimant->outputs, claimant->n_outputs, claimant->cap_outputs);
        claimant->outputs[claimant->n_outputs++] = memory_copy_string(path);
    }
    return holder;
}

bool claimant_take(struct claimant *claimant, const struct parcel *parcel, struct error *err)
{
    const char *name = claimant->options->name;

    /* All anew: what it still has when it asks for it is in the parcel twice. */
    drop_outputs(claimant);
    drop_own(claimant);
    for (size_t i = 0; i < parcel->n_files; i++) {
        const char *path = parcel->files[i].how.destination;
        const char *holder = parcel->files[i].is_output
                                 ? claimant_take_output(claimant, path)
                                 : claims_take(claimant->claims, path, claimant, name);

        if (holder == name)
            return error_set(err, ERROR_INVALID, "install '%s': its template writes it twice",
                             path);
        if (holder)
            return error_set(err, ERROR_INVALID, "install '%s': delivery '%s' writes it, too", path,
                             holder);
    }
    return true;
}
