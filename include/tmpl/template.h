/* SPDX-License-Identifier: MIT */
/* The template language: text and answers in, text and questions out.
 *
 * Rendering is synchronous and pure: (template, answers, environment) -> (texts, questions, how
 * many of them were pending). It knows no network, no clock and no process environment but what
 * struct render_environment gives it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/slice.h"
#include "data/dep.h"
#include "data/places.h"

struct buf;
struct replay;
struct template;

struct template_options {
    const char *left_delimiter, *right_delimiter; /* NULL or "": {{ and }} */
    bool error_on_missing_key;
    const char *const *denylist; /* functions that may not be used */
    size_t n_denylist;
    const char *sandbox_path; /* `file` reads nothing outside of it; NULL: no sandbox */
};

/* Parses, resolves names, checks what the peer checks at parse time. `name` is what errors call the
 * text (its path). Everything is copied. Errors are ERROR_SYNTAX with a position. */
MUST_CHECK bool template_new(const char *name, struct slice text,
                             const struct template_options *options, struct template **ret_template,
                             struct error *err);
void template_free(struct template *tmpl);
DEFINE_FREEP(struct template, template_free)
struct slice template_source(const struct template *tmpl);      /* the text it was made from */
const char *template_sandbox_path(const struct template *tmpl); /* NULL: none */
/* Whether a render may show what a health check has said: only then it need be known. */
bool template_reads_output(const struct template *tmpl);

/* Where the rendered text goes, split by where its bytes come from: what went through `raw` or
 * `words` counts as the operator's. A false return ends the render with the sink's error, to which
 * the position is added. */
struct text_sink {
    bool (*own)(void *ctx, struct slice text, struct error *err);     /* the operator's */
    bool (*foreign)(void *ctx, struct slice text, struct error *err); /* Consul's catalogue's */
    void *ctx;
    /* Where all of it ends up, so that a later render can repeat a part (tmpl/replay.h); NULL: it
     * cannot. get_state tells all that what is written next depends on, and is false within
     * something unfinished; NULL: it depends on nothing. */
    struct buf *out;
    bool (*get_state)(void *ctx, unsigned *ret_state); /* of 16 bits */
    void (*resume)(void *ctx, unsigned state);         /* after a part was added to `out` */
};

struct text_sink text_sink_to_buf(struct buf *buf); /* collects everything as it comes */

struct ifaddrs;

struct render_environment {
    struct answer_source answers;
    /* NULL when not set; the text is good until the render ends. */
    const char *(*get_env)(void *ctx, const char *name);
    void *env_ctx;
    /* This machine's addresses, for `sockaddr`, good until the render ends; *ret_default is the
     * name of the interface with the default route, or NULL. The function itself may be NULL: there
     * are no addresses then. */
    const struct ifaddrs *(*get_addresses)(void *ctx, const char **ret_default);
    void *addresses_ctx;
    /* Whether foreign bytes may go into a file of writeToFile, where no sink sees them. NULL: they
     * may, and in the file's path, too. */
    bool (*check_foreign)(void *ctx, struct slice text, struct error *err);
    void *check_foreign_ctx;
    /* What `slots` gave to whom at the last delivery; NULL: nothing to nobody. */
    const struct places *places;
    const struct dep_set *asked_before; /* by the last render, to share its copies; may be NULL */
    struct replay *replay; /* of the renders of this template; NULL: nothing is repeated */
    struct timespec now;   /* UTC */
    uint64_t max_steps; /* below LIMIT_RENDER_STEPS, for tests that must be quick; 0: that limit */
};

/* A file that writeToFile asks for: an output of the group, staged and installed with it. */
struct render_output {
    struct slice path, user, group; /* user, group: name or number, "" for our own */
    unsigned mode;
    struct slice content; /* after all `append`s of this pass */
    char *content_space;  /* where content grows, content_room bytes: for `append` alone */
    size_t content_room;
};

/* What a render leaves besides its text. Everything in it lives until render_reset(). */
struct render {
    struct arena arena;
    struct dep_set questions; /* all that were asked */
    size_t n_pending;         /* different ones among them without an answer: not to be delivered */
    struct dep_set pending;
    struct places places; /* what `slots` gave to whom, for the next render if this is delivered */
    struct render_output *outputs;
    size_t n_outputs, cap_outputs;
    /* After a failure: the foreign text that was refused or that a function failed with; empty if
     * none is known to be the cause. Good as long as the render and the answers are. */
    struct slice culprit;
};

#define RENDER_EMPTY                              \
    ((struct render){ .arena = ARENA_EMPTY,       \
                      .questions = DEP_SET_EMPTY, \
                      .pending = DEP_SET_EMPTY,   \
                      .places = PLACES_EMPTY })

void render_reset(struct render *render); /* keeps some memory for the next run */
void render_fini(struct render *render);

/* Renders once. `render` must be empty or reset.
 *
 * False: an execution error with its position (ERROR_EXECUTE), a limit (ERROR_LIMIT) or the sink's
 * error. The questions asked until then are in `render` all the same: while some are pending, the
 * error may be theirs, and the caller treats the template as incomplete. */
MUST_CHECK bool template_render(const struct template *tmpl,
                                const struct render_environment *environment,
                                const struct text_sink *sink, struct render *render,
                                struct error *err);
