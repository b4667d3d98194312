/* SPDX-License-Identifier: MIT */
/* Runs the blocks of a template: section 5 of the language.
 *
 * Open blocks are frames on the heap, not calls of C: ten thousand nested templates cost memory
 * that is counted, never the C stack. Only executeTemplate and parentheses nest C calls. */
#include "eval_internal.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/memory.h"
#include "range.h"
#include "replay.h"

enum frame_kind {
    FRAME_BODY, /* of if and with */
    FRAME_RANGE,
    FRAME_RANGE_ELSE, /* break leaves it; continue is for the range around */
    FRAME_TEMPLATE,
};

struct frame {
    enum frame_kind kind;
    struct node *const *next, *const *end;
    struct value dot;
    size_t n_variables; /* when the block ends */
    union {
        struct { /* FRAME_RANGE */
            struct range elements;
            size_t n_variables; /* before those of the body */
        } range;
        struct { /* FRAME_TEMPLATE: what the caller had */
            const struct define *define;
            size_t variables_base;
        } caller;
    };
};

/* --- Errors and limits ---------------------------------------------------------------------- */

static bool PRINTF(4, 0) fail_at(const struct eval *eval, struct error *err, enum error_code code,
                                 const char *fmt, va_list args)
{
    char text[ERROR_TEXT_BYTES];
    struct source_pos pos = template_position(eval->tmpl, eval->at);

    vsnprintf(text, sizeof(text), fmt, args);
    if (eval->define->name.len)
        return error_set_at(err, code, pos, "in template '%.*s': %s",
                            SLICE_ARG(slice_sub(eval->define->name, 0, 64)), text);
    return error_set_at(err, code, pos, "%s", text);
}

bool eval_fail(const struct eval *eval, struct error *err, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    fail_at(eval, err, ERROR_EXECUTE, fmt, args);
    va_end(args);
    return false;
}

bool eval_fail_limit(const struct eval *eval, struct error *err, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    fail_at(eval, err, ERROR_LIMIT, fmt, args);
    va_end(args);
    return false;
}

bool eval_locate(const struct eval *eval, const char *name, struct error *err)
{
    struct error inner = *err;

    eval_fail(eval, err, name ? "%s: %s" : "%s%s", name ? name : "", inner.text);
    err->code = inner.code;
    return false;
}

bool eval_fail_step(const struct eval *eval, struct error *err)
{
    if (eval->n_steps > eval->max_steps)
        return eval_fail_limit(eval, err, "the template runs for more than %llu steps, the limit",
                               (unsigned long long)eval->max_steps);
    return eval_fail_limit(eval, err, "the template needs more than %u MB of memory, the limit",
                           LIMIT_RENDER_BYTES >> 20);
}

bool eval_check_size(const struct eval *eval, size_t n_bytes, struct error *err)
{
    if (n_bytes > LIMIT_OUTPUT_BYTES)
        return error_set(err, ERROR_LIMIT, "a text of %zu bytes is longer than %u MB, the limit",
                         n_bytes, LIMIT_OUTPUT_BYTES >> 20);
    if (eval_memory(eval) + n_bytes > LIMIT_RENDER_BYTES)
        return error_set(err, ERROR_LIMIT,
                         "the template needs more than %u MB of memory, the limit",
                         LIMIT_RENDER_BYTES >> 20);
    return true;
}

/* --- Questions ------------------------------------------------------------------------------ */

/* The same question as it was asked last time, of which copies are counted and not made. */
static const struct dep *share_question(const struct eval *eval, const struct dep *dep)
{
    const struct dep_set *before = eval->environment->asked_before;
    const struct dep *known = before ? dep_set_find(before, dep->key) : NULL;

    return known && guard_equal(&known->guard, &dep->guard) ? known : dep;
}

enum answer eval_ask(struct eval *eval, const struct dep *dep, const struct value **ret_value)
{
    struct render *render = eval->render;
    enum answer answer;

    const struct dep *own = dep_set_find(&render->questions, dep->key);

    if (!own && dep_set_count(&render->questions) >= LIMIT_RENDER_QUESTIONS) {
        eval->has_too_many_questions = true;
        return ANSWER_PENDING;
    }
    if (!own || dep->guard.is_set)
        own = dep_set_add(&render->questions, share_question(eval, dep));
    replay_add_question(eval, dep, own);
    answer = eval->environment->answers.get(eval->environment->answers.ctx, dep, ret_value);
    if (answer == ANSWER_PENDING)
        eval_set_pending(eval, dep);
    return answer;
}

void eval_set_pending(struct eval *eval, const struct dep *dep)
{
    struct render *render = eval->render;

    replay_spoil(eval);
    if (!dep_set_has(&render->pending, dep->key))
        dep_set_add(&render->pending, dep);
    render->n_pending = dep_set_count(&render->pending);
}

/* --- Frames --------------------------------------------------------------------------------- */

/* A frame for a body; the caller fills in what is special about its kind. NULL: too many. */
static struct frame *push_frame(struct eval *eval, enum frame_kind kind, const struct body *body,
                                const struct value *dot, size_t n_variables, struct error *err)
{
    if (eval->n_frames >= LIMIT_RENDER_FRAMES) {
        eval_fail_limit(eval, err, "more than %u blocks are open at a time, the limit",
                        LIMIT_RENDER_FRAMES);
        return NULL;
    }
    GROW(eval->frames, eval->n_frames, eval->cap_frames);

    struct frame *frame = &eval->frames[eval->n_frames++];

    frame->kind = kind;
    frame->next = body->nodes;
    /* An else that is not there has no nodes, not even an address of none. */
    frame->end = body->n ? body->nodes + body->n : body->nodes;
    frame->dot = *dot;
    frame->n_variables = n_variables;
    return frame;
}

/* Leaves the innermost block. */
static void pop_frame(struct eval *eval)
{
    struct frame *frame = &eval->frames[--eval->n_frames];

    eval->n_variables = frame->n_variables;
    if (frame->kind == FRAME_TEMPLATE) {
        eval->define = frame->caller.define;
        eval->variables_base = frame->caller.variables_base;
        eval->template_depth--;
    }
}

/* --- Templates ------------------------------------------------------------------------------ */

static bool push_template(struct eval *eval, const struct define *define, const struct value *dot,
                          struct error *err)
{
    if (eval->template_depth >= LIMIT_TEMPLATE_DEPTH)
        return eval_fail_limit(eval, err, "templates call each other more than %u deep, the limit",
                               LIMIT_TEMPLATE_DEPTH);

    struct frame *frame =
        push_frame(eval, FRAME_TEMPLATE, &define->body, dot, eval->n_variables, err);

    if (!frame)
        return false;
    frame->caller.define = eval->define;
    frame->caller.variables_base = eval->variables_base;
    eval->define = define;
    eval->variables_base = eval->n_variables;
    eval->template_depth++;
    return eval_push_variable(eval, define->dollar, dot, err);
}

static bool run_call(struct eval *eval, const struct node *node, const struct value *dot,
                     struct error *err)
{
    struct value argument = VALUE_NIL;

    if (!node->call.define)
        return eval_fail(eval, err, "no template is called '%.*s'",
                         SLICE_ARG(slice_sub(node->call.name, 0, 64)));
    if (node->call.argument && !eval_pipeline(eval, dot, node->call.argument, &argument, err))
        return false;
    eval->at = node->offset;
    return push_template(eval, node->call.define, &argument, err);
}

/* --- if and with ---------------------------------------------------------------------------- */

static bool run_condition(struct eval *eval, const struct node *node, const struct value *dot,
                          struct error *err)
{
    size_t n_variables = eval->n_variables;
    const struct body *body = &node->condition.otherwise;
    struct value value, body_dot = *dot;

    for (const struct branch *branch = node->condition.branches; branch; branch = branch->next) {
        if (!eval_pipeline(eval, dot, branch->pipeline, &value, err))
            return false;
        if (!value_is_true(&value))
            continue;
        body = &branch->body;
        if (node->kind == NODE_WITH)
            body_dot = value;
        break;
    }
    return push_frame(eval, FRAME_BODY, body, &body_dot, n_variables, err);
}

/* --- range ---------------------------------------------------------------------------------- */

static bool set_range_variables(struct eval *eval, const struct pipeline *pipeline,
                                const struct value *index, const struct value *element,
                                struct error *err)
{
    size_t n = pipeline->n_variables;
    const struct value *values[2] = { n == 2 ? index : element, element };

    for (size_t i = 0; i < n; i++) {
        if (!pipeline->is_assignment)
            eval->variables[eval->n_variables - n + i].value = *values[i];
        else if (!eval_set_variable(eval, pipeline->variables[i], values[i], err))
            return false;
    }
    return true;
}

/* Puts the next element into dot and variables. */
static bool take_element(struct eval *eval, struct frame *frame, bool *ret_has_more,
                         struct error *err)
{
    const struct node *node = frame->range.elements.node;
    struct value index;

    eval->at = node->offset;
    eval->n_variables = frame->range.n_variables;
    *ret_has_more = range_next(&frame->range.elements, &index, &frame->dot);
    return !*ret_has_more ||
           (eval_step(eval, err) &&
            set_range_variables(eval, node->range.pipeline, &index, &frame->dot, err));
}

/* Goes on to the next element that is not repeated, and back to the start of the body. */
static bool advance_range(struct eval *eval, struct frame *frame, bool *ret_has_more,
                          struct error *err)
{
    const struct node *node = frame->range.elements.node;

    do {
        if (!take_element(eval, frame, ret_has_more, err))
            return false;
    } while (*ret_has_more && replay_repeat(eval, node, &frame->dot));
    frame->next = *ret_has_more ? node->range.body.nodes : frame->end;
    return true;
}

static bool run_range(struct eval *eval, const struct node *node, const struct value *dot,
                      struct error *err)
{
    size_t n_variables = eval->n_variables;
    struct range elements;
    struct value subject;
    bool has_more;

    if (!eval_pipeline(eval, dot, node->range.pipeline, &subject, err) ||
        !range_init(&elements, eval, node, &subject, err))
        return false;

    size_t n_in_head = eval->n_variables;
    struct frame *frame = push_frame(eval, FRAME_RANGE, &node->range.body, dot, n_variables, err);

    if (!frame)
        return false;
    frame->range.elements = elements;
    frame->range.n_variables = n_in_head;
    if (!advance_range(eval, frame, &has_more, err))
        return false;
    if (has_more || frame->range.elements.i > 0) /* else there was none */
        return true;
    eval->n_frames--; /* the variables of the head stay for the else branch */
    return push_frame(eval, FRAME_RANGE_ELSE, &node->range.otherwise, dot, n_variables, err);
}

/* break and continue: the peer's else branch of a range catches a break and passes a continue on,
 * an accident that templates may rely on. */
static void run_jump(struct eval *eval, bool is_break)
{
    for (;;) {
        struct frame *frame = &eval->frames[eval->n_frames - 1];

        assert(frame->kind != FRAME_TEMPLATE); /* the parser allows neither outside of a range */
        if (frame->kind == FRAME_RANGE && !is_break) {
            frame->next = frame->end;
            return;
        }
        pop_frame(eval);
        if (is_break && (frame->kind == FRAME_RANGE || frame->kind == FRAME_RANGE_ELSE))
            return;
    }
}

/* --- The machine ---------------------------------------------------------------------------- */

static bool run_action(struct eval *eval, const struct node *node, const struct value *dot,
                       struct error *err)
{
    struct value value;

    if (!eval_pipeline(eval, dot, node->pipeline, &value, err))
        return false;
    eval->at = node->offset;
    return node->pipeline->n_variables || eval_write_value(eval, &value, err);
}

/* A node that opens a frame or may make one open. */
static bool run_block(struct eval *eval, const struct node *node, struct value dot,
                      struct error *err)
{
    switch (node->kind) {
    case NODE_ACTION: return run_action(eval, node, &dot, err);
    case NODE_IF:
    case NODE_WITH: return run_condition(eval, node, &dot, err);
    case NODE_RANGE: return run_range(eval, node, &dot, err);
    case NODE_TEMPLATE: return run_call(eval, node, &dot, err);
    case NODE_BREAK:
    case NODE_CONTINUE: run_jump(eval, node->kind == NODE_BREAK); return true;
    case NODE_TEXT:
    case NODE_BOOL:
    case NODE_NUMBER:
    case NODE_STRING:
    case NODE_NIL:
    case NODE_DOT:
    case NODE_FIELD:
    case NODE_VARIABLE:
    case NODE_FUNCTION:
    case NODE_PIPELINE:
    case NODE_CHAIN: break;
    }
    assert(node->kind == NODE_TEXT); /* an operand stands in no body */
    return false;
}

static inline bool run_node(struct eval *eval, const struct node *node, const struct frame *frame,
                            struct error *err)
{
    if (node->kind == NODE_TEXT)
        return eval_write(eval, false, node->text, err);
    if (node->kind == NODE_ACTION && node->pipeline->plain) {
        switch (eval_write_known_field(eval, node->pipeline->plain, &frame->dot, err)) {
        case WRITTEN: return true;
        case WRITE_FAILED: return false;
        case NOT_WRITTEN: return run_action(eval, node, &frame->dot, err);
        }
    }
    return run_block(eval, node, frame->dot, err); /* a copy: frames move when one is added */
}

/* Runs until the frames above `floor` are done. */
static bool run_frames(struct eval *eval, size_t floor, struct error *err)
{
    while (eval->n_frames > floor) {
        struct frame *frame = &eval->frames[eval->n_frames - 1];
        bool has_more = false;

        if (frame->next < frame->end) {
            const struct node *node = *frame->next++;

            eval->at = node->offset;
            if (!eval_step(eval, err) || !run_node(eval, node, frame, err))
                return false;
            continue;
        }
        if (frame->kind == FRAME_RANGE) {
            replay_end_piece(eval, frame->range.elements.node);
            if (!advance_range(eval, frame, &has_more, err))
                return false;
        }
        if (!has_more)
            pop_frame(eval);
    }
    return true;
}

static bool on_builder_own(void *ctx, struct slice text, struct error *err)
{
    (void)err;
    text_builder_add(ctx, text);
    return true;
}

static bool on_builder_foreign(void *ctx, struct slice text, struct error *err)
{
    (void)err;
    text_builder_add_foreign(ctx, text);
    return true;
}

/* executeTemplate nests C calls: false when they came too deep. */
static bool check_stack(const struct eval *eval, struct error *err)
{
    const char *here = __builtin_frame_address(0);
    size_t depth =
        (size_t)(here < eval->stack_base ? eval->stack_base - here : here - eval->stack_base);

    if (depth > LIMIT_RENDER_STACK_BYTES)
        return error_set(err, ERROR_LIMIT,
                         "templates execute each other so deep that more than %u kB of stack are "
                         "needed, the limit",
                         LIMIT_RENDER_STACK_BYTES >> 10);
    return true;
}

bool eval_template_to_text(struct eval *eval, struct slice name, struct value dot,
                           struct text *ret_text, struct error *err)
{
    const struct define *define = map_find(&eval->tmpl->defines, name);
    struct text_builder builder;
    struct text_sink sink = { .own = on_builder_own,
                              .foreign = on_builder_foreign,
                              .ctx = &builder };
    struct eval outer = *eval;

    if (!define)
        return error_set(err, ERROR_EXECUTE, "no template is called '%.*s'",
                         SLICE_ARG(slice_sub(name, 0, 64)));
    if (!check_stack(eval, err))
        return false;
    text_builder_init(&builder, eval->arena);
    eval->sink = &sink;
    eval->n_output_bytes = 0;

    bool is_good = push_template(eval, define, &dot, err) && run_frames(eval, outer.n_frames, err);

    eval->sink = outer.sink;
    eval->n_output_bytes = outer.n_output_bytes;
    eval->at = outer.at;
    eval->define = outer.define; /* after an error frames are left open */
    if (is_good)
        *ret_text = text_builder_finish(&builder);
    return is_good;
}

static void eval_fini(struct eval *eval)
{
    free(eval->frames);
    free(eval->variables);
    arena_fini(&eval->asking);
}

bool template_render(const struct template *tmpl, const struct render_environment *environment,
                     const struct text_sink *sink, struct render *render, struct error *err)
{
    CLEANUP(eval_fini)
    struct eval eval = {
        .tmpl = tmpl,
        .environment = environment,
        .render = render,
        .arena = &render->arena,
        .sink = sink,
        .define = tmpl->main,
        .max_steps = environment->max_steps ? environment->max_steps : LIMIT_RENDER_STEPS,
        .stack_base = __builtin_frame_address(0),
    };

    assert(render->arena.used == 0 && render->n_outputs == 0);
    replay_begin(&eval);

    bool is_good = push_template(&eval, tmpl->main, &VALUE_NIL, err) && run_frames(&eval, 0, err);

    replay_end(&eval, is_good);
    return is_good;
}
