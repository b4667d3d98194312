/* SPDX-License-Identifier: MIT */
/* Questions to the KV store: sections 12.6 and 12.7 of the language. */
#include "data/catalog.h"
#include "eval.h"
#include "function.h"
#include "questions.h"

/* The value of a key; absent is as good an answer as any. */
static bool ask_for_key(struct eval *eval, const struct value *arg, enum answer *ret_answer,
                        const struct question **ret_question, struct slice *ret_text,
                        struct error *err)
{
    const struct value *answer;

    *ret_text = SLICE_EMPTY;
    if (!question_parse(eval, DEP_KV_GET, QUERY_KV, '\0', arg, 1, ret_question, err))
        return false;
    *ret_answer = eval_ask(eval, &(*ret_question)->dep, &answer);
    if (*ret_answer == ANSWER_READY)
        *ret_text = ((const struct kv_pair *)answer->object)->value;
    return true;
}

bool call_key(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
              struct error *err)
{
    const struct question *question;
    enum answer answer;
    struct slice text;

    (void)n_args;
    *ret = value_string(SLICE_EMPTY);
    if (args[0].text.len == 0)
        return true;
    if (!ask_for_key(eval, &args[0], &answer, &question, &text, err))
        return false;
    if (answer == ANSWER_ABSENT)
        eval_set_pending(eval, &question->dep); /* until somebody writes it */
    *ret = value_string(text);
    return true;
}

bool call_key_exists(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                     struct error *err)
{
    const struct question *question;
    enum answer answer;
    struct slice text;

    (void)n_args;
    *ret = value_bool(false);
    if (args[0].text.len == 0)
        return true;
    if (!ask_for_key(eval, &args[0], &answer, &question, &text, err))
        return false;
    ret->boolean = answer == ANSWER_READY;
    return true;
}

bool call_key_or_default(struct eval *eval, const struct value *args, size_t n_args,
                         struct value *ret, struct error *err)
{
    const struct question *question;
    enum answer answer;
    struct slice text;

    (void)n_args;
    *ret = args[1];
    if (args[0].text.len == 0)
        return true;
    if (!ask_for_key(eval, &args[0], &answer, &question, &text, err))
        return false;
    if (answer == ANSWER_PENDING || text.len)
        *ret = value_string(text);
    return true;
}

/* Pairs directly below the prefix, or all that are no folder markers. */
static bool is_listed(const struct kv_pair *pair, bool is_deep)
{
    if (pair->key.len == 0)
        return false;
    return is_deep ? pair->key.ptr[pair->key.len - 1] != '/'
                   : slice_find_byte(pair->key, '/') == SLICE_NOT_FOUND;
}

static struct value select_pairs(struct eval *eval, const struct value *all, bool is_deep)
{
    size_t n_all = all->list.n, n = 0;
    const struct kv_pair **listed = ARENA_ARRAY(eval->arena, n_all, const struct kv_pair *);

    for (size_t i = 0; i < n_all; i++) {
        const struct kv_pair *pair = value_list_get(all, i).object;

        if (is_listed(pair, is_deep))
            listed[n++] = pair;
    }
    arena_trim(eval->arena, (void *)listed, n_all * sizeof(*listed), n * sizeof(*listed));
    return value_list(&type_kv_pair_list, STORED_POINTERS, listed, n);
}

static bool ask_for_pairs(struct eval *eval, const struct value *arg, bool is_deep, bool is_safe,
                          struct value *ret, struct error *err)
{
    const struct question *question;
    const struct value *answer;
    enum answer status;

    *ret = value_zero(&type_kv_pair_list);
    if (arg->text.len == 0)
        return true;
    if (!question_parse(eval, DEP_KV_LIST, QUERY_KV, '\0', arg, 1, &question, err))
        return false;
    status = eval_ask(eval, &question->dep, &answer);
    if (status == ANSWER_READY)
        *ret = select_pairs(eval, answer, is_deep);
    if (status != ANSWER_PENDING && is_safe && ret->list.n == 0)
        eval_set_pending(eval, &question->dep); /* an empty answer is none */
    return true;
}

bool call_ls(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
             struct error *err)
{
    (void)n_args;
    return ask_for_pairs(eval, &args[0], false, false, ret, err);
}

bool call_tree(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
               struct error *err)
{
    (void)n_args;
    return ask_for_pairs(eval, &args[0], true, false, ret, err);
}

bool call_safe_ls(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                  struct error *err)
{
    (void)n_args;
    return ask_for_pairs(eval, &args[0], false, true, ret, err);
}

bool call_safe_tree(struct eval *eval, const struct value *args, size_t n_args, struct value *ret,
                    struct error *err)
{
    (void)n_args;
    return ask_for_pairs(eval, &args[0], true, true, ret, err);
}
