/* SPDX-License-Identifier: MIT */
/* Renders that repeat what the ones before wrote: they must write, ask and fail as those that do
 * not, whatever changes in between, and what has not changed must be repeated. */
#include "tmpl/replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/escape.h"
#include "app/quarantine.h"
#include "data/catalog.h"
#include "data/store.h"
#include "tmpl/template.h"
#include "unit.h"

#define N_SERVICES 24
#define PENDING    "pending"

/* --- A catalogue that changes --------------------------------------------------------------- */

struct scene {
    struct store *store;
    struct quarantine *quarantine; /* of the store */
    struct dep_set asked;          /* all that there is */
    bool is_there[N_SERVICES];
    unsigned n_instances[N_SERVICES];
    uint64_t n_changes, random;
};

static unsigned pick(struct scene *scene, unsigned n)
{
    scene->random = scene->random * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(scene->random >> 33) % n;
}

static struct slice PRINTF(2, 3) arena_print(struct arena *arena, const char *fmt, ...)
{
    char text[128];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    return arena_copy(arena, slice_from(text));
}

static void put(struct scene *scene, enum dep_kind kind, const char *name, struct document *doc)
{
    struct arena arena = ARENA_EMPTY;
    struct dep dep = { .kind = kind, .name = slice_from(name) };

    dep_make_key(&dep, &arena);
    if (doc)
        doc->content_hash = 16 * ++scene->n_changes;
    dep_set_add(&scene->asked, &dep);
    store_put(scene->store, &dep, doc);
    arena_fini(&arena);
}

/* Some of their texts need quotes. */
static void put_instances(struct scene *scene, unsigned service)
{
    struct document *doc = document_new();
    unsigned n = scene->n_instances[service];
    struct service_instance *items = ARENA_ARRAY(&doc->arena, n, struct service_instance);
    char name[16];

    snprintf(name, sizeof(name), "s%02u", service);
    for (unsigned i = 0; i < n; i++) {
        struct slice *tag = ARENA_NEW(&doc->arena, struct slice);

        *tag = arena_print(&doc->arena, pick(scene, 4) ? "v%u" : "v '%u#", pick(scene, 3));
        items[i] = (struct service_instance){
            .id = arena_print(&doc->arena, "%s-%u", name, i),
            .name = arena_copy(&doc->arena, slice_from(name)),
            .node = arena_print(&doc->arena, "n%u", i),
            .address = pick(scene, 5) ? arena_print(&doc->arena, "10.0.0.%u", pick(scene, 9))
                                      : SLICE_EMPTY,
            .port = 1000 + (int)pick(scene, 100),
            .tags = { tag, 1 },
            .status = INSTANCE_PASSING,
            .status_name = slice_from("passing"),
        };
    }
    doc->root = value_list(&type_service_instance_list, STORED_OBJECTS, items, n);
    put(scene, DEP_HEALTH_SERVICE, name, doc);
}

static void put_names(struct scene *scene)
{
    struct document *doc = document_new();
    struct service_name *items = ARENA_ARRAY(&doc->arena, N_SERVICES, struct service_name);
    size_t n = 0;

    for (unsigned i = 0; i < N_SERVICES; i++) {
        if (scene->is_there[i])
            items[n++] = (struct service_name){ .name = arena_print(&doc->arena, "s%02u", i) };
    }
    doc->root = value_list(&type_service_name_list, STORED_OBJECTS, items, n);
    put(scene, DEP_CATALOG_SERVICES, "", doc);
}

static void put_key(struct scene *scene, const char *name, const char *text)
{
    struct document *doc = document_new();
    struct kv_pair *pair = ARENA_NEW(&doc->arena, struct kv_pair);

    pair->path = arena_copy(&doc->arena, slice_from(name));
    pair->value = arena_copy(&doc->arena, slice_from(text));
    doc->root = (struct value){ .type = &type_kv_pair_ptr, .object = pair };
    put(scene, DEP_KV_GET, name, doc);
}

static void scene_init(struct scene *scene, uint64_t seed)
{
    *scene = (struct scene){ .store = store_new(), .asked = DEP_SET_EMPTY, .random = seed };
    scene->quarantine = quarantine_new(scene->store, "edge", true);
    for (unsigned i = 0; i < N_SERVICES; i++) {
        scene->is_there[i] = i % 3 != 0;
        scene->n_instances[i] = i % 4;
        put_instances(scene, i);
    }
    put_names(scene);
    put_key(scene, "title", "edge");
}

static void scene_fini(struct scene *scene)
{
    quarantine_free(scene->quarantine);
    store_free(scene->store);
    dep_set_fini(&scene->asked);
}

/* Something is left out, tried again or free again. */
static void scene_quarantine(struct scene *scene)
{
    char text[16];

    snprintf(text, sizeof(text), "s%02u-%u", pick(scene, N_SERVICES), pick(scene, 4));
    switch (pick(scene, 4)) {
    case 0: quarantine_lift(scene->quarantine, scene); break;
    case 1: quarantine_lift(scene->quarantine, NULL); break;
    case 2:
        quarantine_lift(scene->quarantine, NULL);
        quarantine_release(scene->quarantine, scene);
        break;
    default:
        quarantine_blame(scene->quarantine, &scene->asked, slice_from(text), scene, "bad");
        break;
    }
    if (quarantine_offer_changes(scene->quarantine, dep_set_count(&scene->asked)))
        quarantine_accept(scene->quarantine);
    else if (pick(scene, 2)) {
        quarantine_offer(scene->quarantine, &scene->asked, dep_set_count(&scene->asked));
        quarantine_accept(scene->quarantine);
    }
}

/* One change of any kind, now and then none. */
static void scene_change(struct scene *scene)
{
    unsigned service = pick(scene, N_SERVICES);
    char name[16];

    snprintf(name, sizeof(name), "s%02u", service);
    switch (pick(scene, 10)) {
    case 0:
        scene->is_there[service] = !scene->is_there[service];
        put_names(scene);
        break;
    case 1: put_key(scene, name, pick(scene, 2) ? "8" : "no number"); break;
    case 2: put(scene, DEP_KV_GET, name, NULL); break;
    case 3: put_key(scene, "title", pick(scene, 2) ? "edge" : "\"rim"); break;
    case 4: break;
    case 5:
    case 6: scene_quarantine(scene); break;
    default:
        scene->n_instances[service] = pick(scene, 5);
        put_instances(scene, service);
        break;
    }
}

/* --- Renders -------------------------------------------------------------------------------- */

struct outcome {
    struct buf text; /* or the error */
    struct render render;
};

#define OUTCOME_EMPTY ((struct outcome){ BUF_EMPTY, RENDER_EMPTY })

static void outcome_fini(struct outcome *outcome)
{
    buf_fini(&outcome->text);
    render_fini(&outcome->render);
}

static const char *on_get_env(void *ctx, const char *name)
{
    (void)ctx;
    return name;
}

static void render(struct scene *scene, const struct template *tmpl, enum escape_mode mode,
                   struct replay *replay, uint64_t max_steps, struct outcome *outcome)
{
    struct render_environment environment = { .answers = quarantine_answers(scene->quarantine),
                                              .get_env = on_get_env,
                                              .replay = replay,
                                              .max_steps = max_steps };
    struct escape escape;
    struct text_sink sink = escape_begin(&escape, mode, &outcome->text);
    struct error err = ERROR_EMPTY;

    if (template_render(tmpl, &environment, &sink, &outcome->render, &err))
        return;
    buf_clear(&outcome->text);
    buf_add_string(&outcome->text, err.text);
}

static struct template *parse(const char *source)
{
    struct template *tmpl = NULL;
    struct error err = ERROR_EMPTY;

    if (!template_new("t", slice_from(source), &(struct template_options){ 0 }, &tmpl, &err))
        print_message("%s\n", err.text);
    assert_non_null(tmpl);
    return tmpl;
}

/* Renders with and without, and compares. */
static void check(struct scene *scene, const struct template *tmpl, enum escape_mode mode,
                  struct replay *replay, uint64_t max_steps)
{
    CLEANUP(outcome_fini) struct outcome repeated = OUTCOME_EMPTY;
    CLEANUP(outcome_fini) struct outcome anew = OUTCOME_EMPTY;

    render(scene, tmpl, mode, replay, max_steps, &repeated);
    render(scene, tmpl, mode, NULL, max_steps, &anew);
    assert_string_equal(buf_slice(&repeated.text).ptr, buf_slice(&anew.text).ptr);
    assert_true(dep_set_equal(&repeated.render.questions, &anew.render.questions));
    assert_true(dep_set_equal(&repeated.render.pending, &anew.render.pending));
    assert_int_equal(repeated.render.n_pending, anew.render.n_pending);
    assert_int_equal(repeated.render.n_outputs, anew.render.n_outputs);
}

/* --- Templates ------------------------------------------------------------------------------ */

#define SERVERS "{{range service .Name}} {{.ID}} {{.Address}}:{{.Port}} {{index .Tags 0}}\n{{end}}"

static const struct {
    const char *name, *source;
    bool repeats; /* once nothing changes any more */
} rows[] = {
    { "services", "a\n{{range services}}b {{.Name}}\n" SERVERS "{{end}}z\n", true },
    { "no newline at the end", "a {{range services}}{{.Name}} " SERVERS "b{{end}} z", true },
    { "empty words between the pieces",
      "{{range services}} {{range service .Name}}{{.Address}}"
      "{{end}}{{end}} z",
      true },
    { "quotes that stay open",
      "a \"{{range services}}{{range service .Name}}{{.Address}}\" "
      "{{index .Tags 0}} \"{{end}}{{end}}\" z",
      true },
    { "pieces within a comment",
      "a # {{range services}}{{.Name}}{{range service .Name}}"
      "{{index .Tags 0}}{{end}}{{end}}\n",
      true },
    { "a variable from outside",
      "{{$t := key \"title\"}}{{range services}}{{$t}}{{.Name}}\n" SERVERS "{{end}}", true },
    { "the index", "{{range $i, $s := services}}{{$i}} {{$s.Name}}\n" SERVERS "{{end}}", true },
    { "an index that nobody reads", "{{range $i, $s := services}}{{$s.Name}}\n" SERVERS "{{end}}",
      true },
    { "the dollar",
      "{{define \"d\"}}{{range services}}{{$.A}}" SERVERS "{{end}}{{end}}"
      "{{template \"d\" (parseJSON \"{\\\"A\\\":1}\")}}",
      false }, /* a map that can change */
    { "the dollar as a text",
      "{{define \"d\"}}{{range services}}{{$}}" SERVERS "{{end}}{{end}}"
      "{{template \"d\" (key \"title\")}}{{template \"d\" \"2\"}}",
      true },
    { "a template",
      "{{define \"d\"}}{{range service .}}{{.ID}}\n{{end}}{{end}}"
      "{{range services}}{{template \"d\" .Name}}{{end}}",
      true },
    { "a template that calls itself",
      "{{define \"d\"}}{{if .}}{{range service .}}{{.ID}}\n{{end}}{{template \"d\" \"\"}}{{end}}"
      "{{end}}{{range services}}{{template \"d\" .Name}}{{end}}",
      false },
    { "continue",
      "{{range services}}{{if not (service .Name)}}{{continue}}{{end}}{{.Name}}\n"
      "{{end}}",
      true },
    { "break",
      "{{range services}}{{if eq (len (service .Name)) 3}}{{break}}{{end}}{{.Name}}\n"
      "{{end}}",
      false },
    { "break of a loop within",
      "{{range services}}{{range service .Name}}{{.ID}}{{break}}{{end}}\n{{end}}", true },
    { "break in an else within",
      "{{range services}}{{range service .Name}}{{.ID}}{{else}}{{break}}{{end}}\n{{end}}", true },
    { "an else", "{{range services}}{{.Name}} " SERVERS "{{else}}nobody{{end}}", true },
    { "an assignment",
      "{{$n := 0}}{{range services}}{{$n = add $n (len (service .Name))}}{{$n}}\n"
      "{{end}}",
      false },
    { "an assignment that stays within",
      "{{range services}}{{$n := 0}}{{range service .Name}}{{$n = add $n .Port}}{{end}}{{$n}}\n"
      "{{end}}",
      true },
    { "an assignment by the head",
      "{{$s := 0}}{{range $s = services}}{{range service $s.Name}}{{.ID}}\n{{end}}{{end}}"
      "{{with $s}}{{.Name}}{{end}}",
      true },
    { "a declaration that may not be reached",
      "{{$n := key \"title\"}}{{range services}}{{if and (service .Name) ($n := 1)}}{{end}}{{$n}}\n"
      "{{end}}",
      true },
    { "a scratch",
      "{{range services}}{{scratch.MapSet \"m\" .Name (len (service .Name))}}{{end}}"
      "{{range $k, $v := scratch.Get \"m\"}}{{$k}}={{$v}}\n{{end}}",
      false },
    { "executeTemplate",
      "{{define \"d\"}}{{range services}}" SERVERS "{{end}}{{end}}"
      "{{executeTemplate \"d\"}}",
      false },
    { "files",
      "{{range services}}{{range service .Name}}{{.ID}}\n{{end}}"
      "{{writeToFile (printf \"/tmp/%s\" .Name) \"\" \"\" \"0644\" \"x\"}}{{end}}",
      false },
    { "keys that must exist", "{{range services}}{{.Name}} {{key .Name}}\n{{end}}", false },
    { "keys that need not exist",
      "{{range services}}{{.Name}} {{keyOrDefault .Name \"-\"}} {{keyExists .Name}}\n{{end}}",
      true },
    { "guards",
      "{{range services}}{{range guarded \"min_instances=2\" .Name}}{{.ID}}\n{{end}}"
      "{{range service .Name}}{{.Port}}\n{{end}}{{end}}",
      true },
    { "one question in two ranges with different guards",
      "{{range services}}{{range guarded \"min_instances=3\" .Name}}{{.ID}}\n{{end}}{{end}}"
      "{{range services}}" SERVERS "{{end}}"
      "{{range services}}{{range guarded \"min_instances=2\" .Name}}{{.ID}}\n{{end}}{{end}}",
      true },
    { "a guard that is gone later",
      "{{range services}}{{if keyExists .Name}}{{range guarded \"min_instances=3\" .Name}}{{.ID}}\n"
      "{{end}}{{end}}{{end}}"
      "{{range services}}{{range guarded \"min_instances=2\" .Name}}{{.ID}}\n{{end}}{{end}}",
      true },
    { "loops in loops",
      "{{range services}}{{.Name}}\n{{range service .Name}}{{.ID}} "
      "{{keyOrDefault .Name \"-\"}}\n{{end}}{{end}}",
      true },
    { "texts as elements",
      "{{range split \",\" \"s01,s02,,s04,s01\"}}{{range service .}}"
      "{{.ID}}\n{{end}}{{end}}",
      true },
    { "numbers as elements",
      "{{range loop 5}}{{range service (printf \"s%02d\" .)}}{{.ID}}\n"
      "{{end}}{{end}}",
      true },
    { "an error in some of them",
      "{{range services}}{{.Name}} {{parseInt (keyOrDefault .Name \"1\")}} " SERVERS "{{end}}",
      true },
    { "instances as a whole", "{{range services}}{{range service .Name}}{{.}}\n{{end}}{{end}}",
      true },
    { "what checks print",
      "{{range services}}{{range service .Name}}{{range .Checks}}{{.Output}}{{end}}{{end}}{{end}}",
      false },
    { "nothing asked", "{{range services}}{{.Name}}\n{{end}}", false },
};

static const enum escape_mode modes[] = { ESCAPE_OFF, ESCAPE_LINES, ESCAPE_HAPROXY };

/* --- Tests ---------------------------------------------------------------------------------- */

static void test_same_as_anew(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CLEANUP(template_freep) struct template *tmpl = parse(rows[i].source);

        print_message("%s\n", rows[i].name);
        for (size_t k = 0; k < ARRAY_SIZE(modes); k++) {
            CLEANUP(replay_freep) struct replay *replay = replay_new(1u << 20);
            struct scene scene;

            scene_init(&scene, i);
            for (unsigned n = 0; n < 200; n++) {
                check(&scene, tmpl, modes[k], replay, 0);
                for (unsigned m = pick(&scene, 4); m > 0; m--)
                    scene_change(&scene);
            }
            quarantine_lift(scene.quarantine, NULL);
            quarantine_release(scene.quarantine, &scene);
            put_key(&scene, "title", "edge");
            for (unsigned n = 0; n < N_SERVICES; n++) {
                char name[16];

                snprintf(name, sizeof(name), "s%02u", n);
                put_key(&scene, name, "1");
                scene.is_there[n] = true;
            }
            put_names(&scene);
            check(&scene, tmpl, modes[k], replay, 0);
            check(&scene, tmpl, modes[k], replay, 0);
            if (strcmp(rows[i].name, "keys that must exist") != 0)
                assert_int_equal(replay_count_repeated(replay) > 0, rows[i].repeats);
            scene_fini(&scene);
        }
    }
}

/* What has not changed is repeated, and no more. */
static void test_work_follows_change(void **state)
{
    CLEANUP(template_freep) struct template *tmpl = parse(rows[0].source);
    CLEANUP(replay_freep) struct replay *replay = replay_new(1u << 20);
    struct scene scene;

    (void)state;
    scene_init(&scene, 1);
    for (unsigned i = 0; i < N_SERVICES; i++)
        scene.is_there[i] = true;
    put_names(&scene);
    check(&scene, tmpl, ESCAPE_LINES, replay, 0);
    assert_int_equal(replay_count_repeated(replay), 0);
    assert_int_equal(replay_count_pieces(replay), N_SERVICES);
    check(&scene, tmpl, ESCAPE_LINES, replay, 0);
    assert_int_equal(replay_count_repeated(replay), N_SERVICES);
    put_instances(&scene, 7);
    put_instances(&scene, 9);
    check(&scene, tmpl, ESCAPE_LINES, replay, 0);
    assert_int_equal(replay_count_repeated(replay), N_SERVICES - 2);
    for (unsigned i = 3; i < 13; i++)
        scene.is_there[i] = false;
    put_names(&scene);
    check(&scene, tmpl, ESCAPE_LINES, replay, 0);
    assert_int_equal(replay_count_repeated(replay), N_SERVICES - 10);
    for (unsigned i = 3; i < 13; i++)
        scene.is_there[i] = true;
    put_names(&scene);
    check(&scene, tmpl, ESCAPE_LINES, replay, 0);
    assert_int_equal(replay_count_repeated(replay), N_SERVICES - 10);
    scene_fini(&scene);
}

/* A limit is met where it would be met anew. */
static void test_limit_of_steps(void **state)
{
    CLEANUP(template_freep) struct template *tmpl = parse(rows[0].source);
    struct scene scene;

    (void)state;
    scene_init(&scene, 1);
    for (uint64_t max_steps = 1; max_steps < 400; max_steps++) {
        CLEANUP(replay_freep) struct replay *replay = replay_new(1u << 20);

        check(&scene, tmpl, ESCAPE_LINES, replay, 0);
        check(&scene, tmpl, ESCAPE_LINES, replay, max_steps);
        check(&scene, tmpl, ESCAPE_LINES, replay, 0);
        assert_int_equal(replay_count_repeated(replay), replay_count_pieces(replay));
    }
    scene_fini(&scene);
}

/* With little room, the first pieces are kept, and no text that is longer. */
static void test_limit_of_memory(void **state)
{
    CLEANUP(template_freep) struct template *tmpl = parse(rows[0].source);
    struct scene scene;
    size_t n_pieces = 0;

    (void)state;
    scene_init(&scene, 1);
    for (size_t max_bytes = 0; max_bytes < 3000; max_bytes += 50) {
        CLEANUP(replay_freep) struct replay *replay = replay_new(max_bytes);

        check(&scene, tmpl, ESCAPE_LINES, replay, 0);
        put_instances(&scene, 4);
        check(&scene, tmpl, ESCAPE_LINES, replay, 0);
        assert_true(replay_count_pieces(replay) >= n_pieces);
        n_pieces = replay_count_pieces(replay);
        if (max_bytes < 200)
            assert_int_equal(n_pieces, 0);
    }
    assert_int_equal(n_pieces, 16);
    scene_fini(&scene);
}

/* A question that the render has with a stricter guard is a copy of its own, each time. */
static void test_limit_of_memory_with_guards(void **state)
{
    static const char *const sources[] = {
        "{{range services}}{{range guarded \"min_instances=2\" \"s02\"}}{{end}}"
        "{{range guarded \"min_instances=1\" \"s02\"}}{{.Port}}{{end}}\n{{end}}",
        "{{range services}}{{range guarded \"min_instances=2\" \"s02\"}}{{end}}"
        "{{range guarded \"min_instances=2\" \"s02\"}}{{.Port}}{{end}}\n{{end}}",
    };
    size_t n_pieces[ARRAY_SIZE(sources)];
    struct scene scene;

    (void)state;
    scene_init(&scene, 1);
    for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
        CLEANUP(template_freep) struct template *tmpl = parse(sources[i]);
        CLEANUP(replay_freep) struct replay *replay = replay_new(3000);

        for (int k = 0; k < 3; k++) {
            check(&scene, tmpl, ESCAPE_LINES, replay, 0);
            n_pieces[i] = replay_count_pieces(replay);
            put_instances(&scene, 4);
        }
    }
    assert_in_range(n_pieces[0], 1, 3000 / sizeof(struct dep));
    assert_int_equal(n_pieces[1], 16);
    scene_fini(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_as_anew),
        cmocka_unit_test(test_work_follows_change),
        cmocka_unit_test(test_limit_of_steps),
        cmocka_unit_test(test_limit_of_memory),
        cmocka_unit_test(test_limit_of_memory_with_guards),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
