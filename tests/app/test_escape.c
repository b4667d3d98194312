/* SPDX-License-Identifier: MIT */
/* Hostile texts of Consul's catalogue in what a template prints, by each setting of `escape`. */
#include "app/escape.h"

#include <stdlib.h>

#include "tmpl/world.h"
#include "unit.h"

/* An answer with one instance whose every text is hostile. */
struct scene {
    struct service_instance instance;
    struct slice tags[1];
    struct value list;
};

static enum answer scene_get(void *ctx, const struct dep *dep, const struct value **ret_value)
{
    const struct scene *scene = ctx;

    if (dep->kind != DEP_HEALTH_SERVICE)
        return world_get(NULL, dep, ret_value);
    *ret_value = &scene->list;
    return ANSWER_READY;
}

static void scene_init(struct scene *scene, struct slice text)
{
    *scene = (struct scene){ .instance = { .node = text,
                                           .address = text,
                                           .id = text,
                                           .name = text,
                                           .status = INSTANCE_PASSING,
                                           .status_name = WORLD_TEXT("passing"),
                                           .port = 80 },
                             .tags = { text } };
    scene->instance.tags = (struct array){ scene->tags, 1 };
    scene->list = value_list(&type_service_instance_list, STORED_OBJECTS, &scene->instance, 1);
}

/* The rendered text, and of each file of writeToFile "PATH: CONTENT"; or the error. */
static bool render(const char *source, enum escape_mode mode, struct slice text, struct buf *out)
{
    CLEANUP(template_freep) struct template *tmpl = NULL;
    CLEANUP(render_fini) struct render result = RENDER_EMPTY;
    struct render_environment environment = world_environment;
    struct escape escape;
    struct text_sink sink = escape_begin(&escape, mode, out);
    struct error err = ERROR_EMPTY;
    struct scene scene;

    scene_init(&scene, text);
    environment.answers = (struct answer_source){ .get = scene_get, .ctx = &scene };
    escape_add_files(&escape, &environment);
    if (!template_new("t", slice_from(source), &(struct template_options){ 0 }, &tmpl, &err) ||
        !template_render(tmpl, &environment, &sink, &result, &err)) {
        buf_clear(out);
        buf_add_string(out, err.text);
        return false;
    }
    for (size_t i = 0; i < result.n_outputs; i++)
        buf_printf(out, "%.*s: %.*s", SLICE_ARG(result.outputs[i].path),
                   SLICE_ARG(result.outputs[i].content));
    return true;
}

#define SERVER \
    "{{ with index (service \"web\") 0 }}server {{ .Node }} {{ .Address }}:{{ .Port }}{{ end }}"

static const struct {
    const char *name, *source;
    enum escape_mode mode;
    struct slice text;
    const char *want;
} rows[] = {
    { "lines: ordinary", SERVER, ESCAPE_LINES, SLICE("a1"), "server a1 a1:80" },
    { "lines: words", SERVER, ESCAPE_LINES, SLICE("a b # '\""), "server a b # '\" a b # '\":80" },
    { "lines: a newline", SERVER, ESCAPE_LINES, SLICE("a\nglobal"),
      "t:1:45: a newline in a value from Consul" },
    { "lines: a carriage return", SERVER, ESCAPE_LINES, SLICE("a\r"),
      "t:1:45: a carriage return in a value from Consul" },
    { "lines: NUL", SERVER, ESCAPE_LINES, SLICE("a\0b"),
      "t:1:45: a NUL byte in a value from Consul" },
    { "lines: a newline that is not printed", "{{ len (service \"web\") }}", ESCAPE_LINES,
      SLICE("a\nb"), "1" },
    { "lines: a newline that was taken out",
      "{{ with index (service \"web\") 0 }}{{ .Node | replaceAll \"\\n\" \"_\" }}{{ end }}",
      ESCAPE_LINES, SLICE("a\nb"), "a_b" },
    { "lines: own newlines around it",
      "{{ with index (service \"web\") 0 }}{{ printf \"a\\n%s\\n\" .Node }}{{ end }}", ESCAPE_LINES,
      SLICE("x"), "a\nx\n" },
    { "lines: in a template as text",
      "{{ define \"t\" }}{{ .Node }}{{ end }}"
      "{{ executeTemplate \"t\" (index (service \"web\") 0) }}",
      ESCAPE_LINES, SLICE("a\nb"), "t:1:40: a newline in a value from Consul" },
    { "lines: raw", "{{ with index (service \"web\") 0 }}{{ .Node | raw }}{{ end }}", ESCAPE_LINES,
      SLICE("a\nb"), "a\nb" },

    { "haproxy: ordinary", SERVER, ESCAPE_HAPROXY, SLICE("a1-b_c.d:e/f,g=h"),
      "server a1-b_c.d:e/f,g=h a1-b_c.d:e/f,g=h:80" },
    { "haproxy: words", SERVER, ESCAPE_HAPROXY, SLICE("a b"), "server a\\ b a\\ b:80" },
    { "haproxy: a newline", SERVER, ESCAPE_HAPROXY, SLICE("a\nglobal"),
      "t:1:45: a newline in a value from Consul" },
    { "haproxy: in quotes", "x \"{{ with index (service \"web\") 0 }}{{ .Node }}{{ end }}\" y",
      ESCAPE_HAPROXY, SLICE("a\" b"), "x \"a\\\" b\" y" },
    { "haproxy: empty", SERVER, ESCAPE_HAPROXY, SLICE(""), "server \"\" :80" },
    { "haproxy: raw", "{{ with index (service \"web\") 0 }}{{ .Node | raw }}{{ end }}",
      ESCAPE_HAPROXY, SLICE("check inter 2s 'x"), "check inter 2s 'x" },
    { "haproxy: words by permission",
      "{{ with index (service \"web\") 0 }}{{ .Node | words }}{{ end }}", ESCAPE_HAPROXY,
      SLICE("check inter 2s"), "check inter 2s" },
    { "haproxy: words that are more",
      "{{ with index (service \"web\") 0 }}{{ .Node | words }}{{ end }}", ESCAPE_HAPROXY,
      SLICE("check #"),
      "t:1:46: words: expected letters, digits, spaces and -_.:/,+@%= only, found a byte 0x23" },
    { "haproxy: behind a backslash", "{{ with index (service \"web\") 0 }}\\{{ .Node }}{{ end }}",
      ESCAPE_HAPROXY, SLICE("n"), "t:1:39: a value from Consul directly behind a backslash" },

    { "off", SERVER, ESCAPE_OFF, SLICE("a\nb 'c"), "server a\nb 'c a\nb 'c:80" },

#define WRITE(path)                        \
    "{{ with index (service \"web\") 0 }}" \
    "{{ writeToFile (print \"/m/\" " path  \
    ") \"\" \"\" \"0644\" (print .Node \" \" .Port) }}{{ end }}"
    { "lines: files", WRITE("\"x\""), ESCAPE_LINES, SLICE("a b"), "/m/x: a b 80" },
    { "lines: a newline in a file", WRITE("\"x\""), ESCAPE_LINES, SLICE("a\nb"),
      "t:1:38: writeToFile: a newline in a value from Consul" },
    { "haproxy: a file is no configuration", WRITE("\"x\""), ESCAPE_HAPROXY, SLICE("a b"),
      "/m/x: a b 80" },
    { "haproxy: a newline in a file", WRITE("\"x\""), ESCAPE_HAPROXY, SLICE("a\nb"),
      "t:1:38: writeToFile: a newline in a value from Consul" },
    { "a file of that name", WRITE(".Node"), ESCAPE_LINES, SLICE("a"), "/m/a: a 80" },
    { "a file elsewhere", WRITE(".Node"), ESCAPE_LINES, SLICE("../etc/a"),
      "t:1:38: writeToFile: a '/' in a value from Consul, in a path" },
    { "off: files", WRITE(".Node"), ESCAPE_OFF, SLICE("d/a\nb"), "/m/d/a\nb: d/a\nb 80" },
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CLEANUP(buf_fini) struct buf out = BUF_EMPTY;

        print_message("%s\n", rows[i].name);
        render(rows[i].source, rows[i].mode, rows[i].text, &out);
        assert_string_equal(out.len ? out.ptr : "", rows[i].want);
    }
}

/* --- Any template, any text ------------------------------------------------------------------ */

/* Parts of lines: what comes before and behind a value decides what HAProxy would make of it. */
static const char *const shapes[] = {
    "server {{ $i.Node }} x",
    "'{{ $i.Node }}'",
    "\"{{ $i.Node }} y\"",
    "a{{ $i.Node }}b{{ $i.Address }}",
    "# {{ $i.Node }}",
    "x\\ {{ join \" \" $i.Tags }}",
    "{{ printf \"%s -\" $i.ID }}",
    "{{ $i.Node | toUpper }} z",
    "\"'{{ $i.Node }}'\" k",
    "'\"'{{ $i.Node }}",
    "{{ $i.Node | trimSpace }}\t.",
    "q {{ executeTemplate \"t\" $i }}",
};

static struct slice random_text(char *space, size_t size)
{
    static const char bytes[] = " \t\v\f\"'\\#$[]{}x0aZ.;%\x01\xff";
    size_t len = (size_t)rand() % size;

    for (size_t i = 0; i < len; i++)
        space[i] = bytes[(size_t)rand() % (sizeof(bytes) - 1)];
    return slice_of(space, len);
}

static void add_random_shape(struct buf *source)
{
    buf_add_string(source, "{{ define \"t\" }}[{{ .Node }}]{{ end }}"
                           "{{ $i := index (service \"web\") 0 }}");
    for (unsigned n = 1 + (unsigned)rand() % 6; n > 0; n--)
        buf_printf(source, "%s%s", shapes[(size_t)rand() % ARRAY_SIZE(shapes)],
                   rand() % 2 ? "\n" : " ");
}

/* The number of words in each line, -1 for a line that is wrong, as a text. */
static void count_words(struct slice text, struct buf *counts)
{
    struct arena arena = ARENA_EMPTY;
    struct slice line;

    while (slice_next(&text, '\n', &line)) {
        struct error err = ERROR_EMPTY;
        struct quote_line words;
        bool is_good = quote_split(line, (struct source_pos){ "t", 1, 1 }, &arena, &words, &err);

        buf_printf(counts, "%d ", is_good ? (int)words.n_words : -1);
    }
    arena_fini(&arena);
}

/* Whatever a text is, HAProxy sees as many lines with as many words as with a harmless one. */
static void test_no_text_adds_a_word(void **state)
{
    (void)state;
    srand(1);
    for (unsigned i = 0; i < 3000; i++) {
        CLEANUP(buf_fini) struct buf source = BUF_EMPTY, bad = BUF_EMPTY, good = BUF_EMPTY;
        CLEANUP(buf_fini) struct buf bad_words = BUF_EMPTY, good_words = BUF_EMPTY;
        char space[12];

        add_random_shape(&source);
        struct slice hostile = random_text(space + 1, sizeof(space) - 2);
        space[0] = space[hostile.len + 1] = 'x'; /* so that nothing is left out as empty */
        hostile = slice_of(space, hostile.len + 2);
        assert_true(render(source.ptr, ESCAPE_HAPROXY, SLICE("benign"), &good));
        assert_true(render(source.ptr, ESCAPE_HAPROXY, hostile, &bad));
        count_words(buf_slice(&good), &good_words);
        count_words(buf_slice(&bad), &bad_words);
        if (strcmp(good_words.ptr, bad_words.ptr) != 0)
            fail_msg("%s\nbecomes\n%s\nwith words %s instead of %s", source.ptr, bad.ptr,
                     bad_words.ptr, good_words.ptr);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_no_text_adds_a_word),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
