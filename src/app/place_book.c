/* SPDX-License-Identifier: MIT */
/* The places of all templates as they were delivered last. */
#include "place_book.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/memory.h"
#include "config/config.h"
#include "data/json.h"
#include "data/json_document.h"
#include "state_file.h"

struct page {
    char *tmpl;
    struct places places;
};

struct place_book {
    char *path; /* NULL: nothing is kept */
    struct page **pages;
    size_t n_pages, cap_pages;
    bool has_failed; /* to write: said */
};

static struct page *find(const struct place_book *book, struct slice tmpl)
{
    for (size_t i = 0; i < book->n_pages; i++)
        if (slice_is(tmpl, book->pages[i]->tmpl))
            return book->pages[i];
    return NULL;
}

static struct page *add(struct place_book *book, struct slice tmpl)
{
    struct page *page = NEW(struct page);

    page->tmpl = slice_to_string(tmpl);
    page->places = PLACES_EMPTY;
    GROW(book->pages, book->n_pages, book->cap_pages);
    book->pages[book->n_pages++] = page;
    return page;
}

static void page_free(struct page *page)
{
    places_fini(&page->places);
    free(page->tmpl);
    free(page);
}

static void clear(struct place_book *book)
{
    for (size_t i = 0; i < book->n_pages; i++)
        page_free(book->pages[i]);
    book->n_pages = 0;
}

/* --- Reading ---------------------------------------------------------------------------------- */

static bool fail(struct json_reader *reader, const char *text)
{
    if (!reader->has_failed)
        error_set(reader->err, ERROR_INVALID, "%s", text);
    reader->has_failed = true;
    return false;
}

static bool read_members(struct json_reader *reader, struct place_list *list)
{
    struct slice *members = NULL;
    size_t cap = 0;

    if (!json_enter_array(reader))
        return false;
    while (json_next_element(reader)) {
        struct slice member;

        if (list->n_places == LIMIT_SLOTS)
            return fail(reader, "more places than a list can have");
        if (!json_read_string(reader, &member))
            return false;
        ARENA_GROW(reader->arena, members, list->n_places, cap);
        members[list->n_places++] = member;
    }
    list->members = members;
    return !reader->has_failed;
}

static bool read_list(struct json_reader *reader, struct places *places)
{
    struct place_list list = { .key = SLICE_EMPTY, .name = SLICE_EMPTY };
    uint64_t n_left_out = 0;
    struct slice key;

    json_enter_object(reader);
    while (json_next_member(reader, &key)) {
        if (slice_is(key, "call"))
            json_read_string(reader, &list.key);
        else if (slice_is(key, "service"))
            json_read_string(reader, &list.name);
        else if (slice_is(key, "left_out"))
            json_read_uint(reader, &n_left_out);
        else if (slice_is(key, "places") && !list.members)
            read_members(reader, &list);
        else
            json_skip(reader);
    }
    if (!reader->has_failed && list.key.len == 0)
        return fail(reader, "a list without 'call'");
    list.n_left_out = n_left_out;
    if (!reader->has_failed)
        places_add(places, &list);
    return !reader->has_failed;
}

/* Texts are the reader's: the caller copies what it keeps. */
static bool read_page(struct json_reader *reader, struct slice *ret_tmpl, struct places *places)
{
    struct slice key;

    *ret_tmpl = SLICE_EMPTY;
    json_enter_object(reader);
    while (json_next_member(reader, &key)) {
        if (slice_is(key, "template")) {
            json_read_string(reader, ret_tmpl);
        } else if (slice_is(key, "lists")) {
            json_enter_array(reader);
            while (json_next_element(reader))
                read_list(reader, places);
        } else {
            json_skip(reader);
        }
    }
    return !reader->has_failed &&
           (ret_tmpl->len > 0 || fail(reader, "an entry without 'template'"));
}

static void read_pages(struct json_reader *reader, struct place_book *book)
{
    json_enter_array(reader);
    while (json_next_element(reader)) {
        CLEANUP(places_fini) struct places places = PLACES_EMPTY;
        struct slice tmpl;

        if (book->n_pages == LIMIT_TEMPLATES)
            fail(reader, "more templates than there can be");
        else if (read_page(reader, &tmpl, &places) && !find(book, tmpl))
            places_copy(&add(book, tmpl)->places, &places);
    }
}

static void read_member(struct json_reader *reader, struct slice key, void *ctx)
{
    if (slice_is(key, "templates"))
        read_pages(reader, ctx);
    else
        json_skip(reader);
}

static const struct state_file state_file = {
    .name = "places",
    .version = 1,
    .max_bytes = LIMIT_JOURNAL_BYTES,
    .consequence = "all places are given anew",
    .read_member = read_member,
};

/* --- Writing ---------------------------------------------------------------------------------- */

static void add_list(struct json_node *to, const struct place_list *list)
{
    struct json_node *node = json_add_object(to, NULL), *members;

    json_add_string(node, "call", list->key);
    json_add_string(node, "service", list->name);
    json_add_integer(node, "left_out", list->n_left_out);
    members = json_add_array(node, "places");
    for (size_t i = 0; i < list->n_places; i++)
        json_add_string(members, NULL, list->members[i]);
}

static bool save(const struct place_book *book, struct error *err)
{
    CLEANUP(json_document_freep) struct json_node *document = state_file_begin(&state_file);
    struct json_node *list = json_add_array(document, "templates");
    for (size_t i = 0; i < book->n_pages; i++) {
        const struct page *page = book->pages[i];
        struct json_node *node = json_add_object(list, NULL), *lists;

        json_add_string(node, "template", slice_from(page->tmpl));
        lists = json_add_array(node, "lists");
        for (size_t k = 0; k < page->places.n; k++)
            add_list(lists, page->places.lists[k]);
    }
    return state_file_write(book->path, document, err);
}

/* The first failure, then silence, then the recovery. */
static void keep(struct place_book *book)
{
    struct error err = ERROR_EMPTY;

    if (!book->path)
        return;
    if (!save(book, &err)) {
        if (!book->has_failed)
            log_warn("'%s': %s; after a restart, instances may get other places", book->path,
                     err.text);
        book->has_failed = true;
        return;
    }
    if (book->has_failed)
        log_info("'%s': written again", book->path);
    book->has_failed = false;
}

/* --- Who waits -------------------------------------------------------------------------------- */

static void tell(const char *tmpl, const struct place_list *list, const struct place_list *before)
{
    size_t n_before = before ? before->n_left_out : 0, n_members = list->n_left_out;

    for (size_t i = 0; i < list->n_places; i++)
        n_members += list->members[i].len > 0;
    if (list->n_left_out > n_before)
        log_warn("template '%s': slots: %zu places for %zu instances of '%.*s': %zu %s left out "
                 "until one is free",
                 tmpl, list->n_places, n_members, SLICE_ARG(slice_sub(list->name, 0, 128)),
                 list->n_left_out, list->n_left_out == 1 ? "is" : "are");
    else if (list->n_left_out == 0 && n_before > 0)
        log_info("template '%s': slots: all %zu instances of '%.*s' have a place again", tmpl,
                 n_members, SLICE_ARG(slice_sub(list->name, 0, 128)));
}

/* --- All of it -------------------------------------------------------------------------------- */

struct place_book *place_book_new(const char *state_dir)
{
    struct place_book *book = NEW(struct place_book);

    book->path = state_file_path(&state_file, state_dir);
    if (book->path && !state_file_read(&state_file, book->path, book))
        clear(book);
    return book;
}

void place_book_free(struct place_book *book)
{
    if (!book)
        return;
    clear(book);
    free(book->pages);
    free(book->path);
    free(book);
}

const struct places *place_book_get(const struct place_book *book, const char *tmpl)
{
    const struct page *page = find(book, slice_from(tmpl));

    return page ? &page->places : NULL;
}

static bool is_configured(const struct config *config, const char *tmpl)
{
    for (size_t i = 0; i < config->n_templates; i++)
        if (strcmp(config->templates[i].delivery.name, tmpl) == 0)
            return true;
    return false;
}

void place_book_keep_only(struct place_book *book, const struct config *config)
{
    size_t n = 0;

    for (size_t i = 0; i < book->n_pages; i++) {
        if (is_configured(config, book->pages[i]->tmpl))
            book->pages[n++] = book->pages[i];
        else
            page_free(book->pages[i]);
    }
    book->n_pages = n;
}

void place_book_commit(struct place_book *book, const char *tmpl, const struct places *places)
{
    struct page *page = find(book, slice_from(tmpl));

    if (page ? places_equal(&page->places, places) : places->n == 0)
        return;
    if (!page)
        page = add(book, slice_from(tmpl));
    for (size_t i = 0; i < places->n; i++)
        tell(tmpl, places->lists[i], places_find(&page->places, places->lists[i]->key));
    places_copy(&page->places, places);
    keep(book);
}
