/* SPDX-License-Identifier: MIT */
/* The function slots, from one render to the next. Instances are those of the world: a1 to d1. */
#include "data/places.h"
#include "tmpl/template.h"
#include "world.h"

#include "base/buf.h"
#include "unit.h"

/* All places of a list: the node of who has it, or '-'. */
#define SHOW      " }}{{ if . }}{{ .Node }}{{ else }}-{{ end }} {{ end }}"
#define ALL       "(service \"web\" \"any\")"
#define TAG(name) "(index (service \"web\" \"any\" | byTag) \"" name "\")"

struct scene {
    struct places places;
    struct buf text;
    struct error err;
};

/* What one render says, with the places of the one before; is_delivered: for the next one. */
static const char *render(struct scene *scene, const char *source, bool is_delivered)
{
    CLEANUP(template_freep) struct template *tmpl = NULL;
    CLEANUP(render_fini) struct render result = RENDER_EMPTY;
    struct render_environment environment = world_environment;
    struct text_sink sink = text_sink_to_buf(&scene->text);

    environment.places = &scene->places;
    buf_clear(&scene->text);
    scene->err = ERROR_EMPTY;
    if (!template_new("t", slice_from(source), &(struct template_options){ 0 }, &tmpl,
                      &scene->err) ||
        !template_render(tmpl, &environment, &sink, &result, &scene->err))
        return scene->err.text;
    if (is_delivered)
        places_copy(&scene->places, &result.places);
    return buf_slice(&scene->text).ptr;
}

static void scene_fini(struct scene *scene)
{
    places_fini(&scene->places);
    buf_fini(&scene->text);
}

#define SCENE_EMPTY ((struct scene){ .places = PLACES_EMPTY, .text = BUF_EMPTY })

static const struct {
    const char *name, *source, *want;
} rows[] = {
    { "one place each", "{{ range slots 8 " ALL SHOW, "a1 a2 b1 b2 c1 d1 - - " },
    { "with an index",
      "{{ range $i, $s := slots 2 " TAG("blue") " }}{{ $i }}={{ $s.Port }} {{ end }}",
      "0=8001 1=8002 " },
    { "nobody", "{{ range slots 2 (service \"empty\")" SHOW, "- - " },
    { "a list that is not there", "{{ range slots 2 (index (service \"web\" | byTag) \"no\")" SHOW,
      "- - " },
    { "too many", "{{ range slots 2 " ALL SHOW, "a1 a2 " },
    { "no place", "{{ slots 0 " ALL " }}", "t:1:4: slots: expected 1 to 10000 places, found 0" },
    { "fewer than none", "{{ slots -1 " ALL " }}",
      "t:1:4: slots: expected 1 to 10000 places, found -1" },
    { "more than anybody needs", "{{ slots 10001 " ALL " }}",
      "t:1:4: slots: expected 1 to 10000 places, found 10001" },
    { "no number", "{{ slots \"x\" " ALL " }}",
      "t:1:10: expected int, found a constant of type string" },
    { "no list", "{{ slots 1 \"web\" }}",
      "t:1:4: slots: expected a list of instances of a service, found string" },
    { "a list of other things", "{{ slots 1 nodes }}",
      "t:1:4: slots: expected a list of instances of a service, found *dependency.Node in it" },
    { "too few arguments", "{{ slots 1 }}", "t:1:4: slots: expected 2 arguments, found 1" },
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct scene scene = SCENE_EMPTY;

        print_message("%s\n", rows[i].name);
        assert_string_equal(render(&scene, rows[i].source, false), rows[i].want);
        scene_fini(&scene);
    }
}

static void test_from_one_render_to_the_next(void **state)
{
    static const struct {
        const char *name, *source;
        bool is_delivered;
        const char *want;
    } steps[] = {
        { "green ones", "{{ range slots 8 " TAG("green") SHOW, true, "b1 b2 c1 d1 - - - - " },
        { "all; not delivered", "{{ range slots 8 " ALL SHOW, false, "b1 b2 c1 d1 a1 a2 - - " },
        { "blue ones; not delivered", "{{ range slots 8 " TAG("blue") SHOW, false,
          "- - - - a1 a2 - - " },
        { "all", "{{ range slots 8 " ALL SHOW, true, "b1 b2 c1 d1 a1 a2 - - " },
        { "the passing ones", "{{ range slots 8 (service \"web\")" SHOW, true,
          "- - - d1 a1 - - - " },
        { "in another line", "x\n{{ range slots 8 " ALL SHOW, true, "x\na2 b1 b2 d1 a1 c1 - - " },
        { "not enough", "x\n{{ range slots 4 " ALL SHOW, true, "x\na2 b1 b2 d1 " },
        { "enough again", "x\n{{ range slots 6 " ALL SHOW, true, "x\na2 b1 b2 d1 a1 c1 " },
    };
    struct scene scene = SCENE_EMPTY;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
        print_message("%s\n", steps[i].name);
        assert_string_equal(render(&scene, steps[i].source, steps[i].is_delivered), steps[i].want);
    }
    scene_fini(&scene);
}

/* Calls of one template do not disturb each other, even if they are moved about. */
static void test_several_calls(void **state)
{
#define BLUE  "{{ range slots 3 " TAG("blue") SHOW
#define GREEN "{{ range slots 5 " TAG("green") SHOW
    static const char loop[] =
        "{{ range $n := (loop 3) }}{{ range slots 7 (service \"web\" "
        "(print (index (split \",\" \"any,passing,any\") $n)))" SHOW "|{{ end }}";
    struct scene scene = SCENE_EMPTY;

    (void)state;
    assert_string_equal(render(&scene, BLUE GREEN, true), "a1 a2 - b1 b2 c1 d1 - ");
    assert_string_equal(render(&scene, "{{ range slots 3 (service \"web\")" SHOW GREEN, true),
                        "a1 - d1 b1 b2 c1 d1 - ");
    assert_string_equal(render(&scene, "moved " BLUE GREEN, true), "moved a1 a2 - b1 b2 c1 d1 - ");
    assert_string_equal(render(&scene, GREEN BLUE, true), "b1 b2 c1 d1 - a1 a2 - ");
    places_fini(&scene.places);
    assert_string_equal(render(&scene, loop, true),
                        "a1 a2 b1 b2 c1 d1 - |a1 d1 - - - - - |a1 a2 b1 b2 c1 d1 - |");
    assert_int_equal(scene.places.n, 3);
    scene_fini(&scene);
}

static void test_how_many_wait(void **state)
{
    struct scene scene = SCENE_EMPTY;

    (void)state;
    render(&scene, "{{ slots 2 " ALL " | len }}", true);
    assert_int_equal(scene.places.n, 1);
    assert_int_equal(scene.places.lists[0]->n_left_out, 4);
    assert_true(slice_is(scene.places.lists[0]->name, "web"));
    assert_true(slice_is(scene.places.lists[0]->members[1], "/a2/web-a2"));
    scene_fini(&scene);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_from_one_render_to_the_next),
        cmocka_unit_test(test_several_calls),
        cmocka_unit_test(test_how_many_wait),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
