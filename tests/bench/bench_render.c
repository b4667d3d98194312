/* SPDX-License-Identifier: MIT */
/* How long a render takes, and what it allocates: one range over 10,000 instances that prints a
 * server line for each. tests/bench/go/ does the same with Go's text/template; tests/bench/render
 * compares them.
 *
 * usage: bench_render [TEMPLATE]      last line: "0.950 ms, 541324 bytes of text"
 * BENCH_TEXT=FILE in the environment: the text goes there. */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/memory.h"
#include "data/catalog.h"
#include "tmpl/template.h"

#define N_INSTANCES 10000
#define N_RUNS      200

static const char default_template[] =
    "{{range service \"web\"}}server {{.Node}}-{{.Port}} {{.Address}}:{{.Port}} check "
    "weight {{.ServiceMeta.weight}}\n{{end}}";

static struct slice copy_text(struct arena *arena, const char *text)
{
    return arena_copy(arena, slice_from(text));
}

static void fill_instance(struct arena *arena, struct service_instance *instance, size_t i)
{
    char text[64];
    struct pair *meta = ARENA_NEW(arena, struct pair);

    snprintf(text, sizeof(text), "edge-%zu", i % 100);
    instance->node = copy_text(arena, text);
    snprintf(text, sizeof(text), "10.%zu.%zu.%zu", i / 65536, i / 256 % 256, i % 256);
    instance->address = copy_text(arena, text);
    instance->port = (int64_t)(20000 + i);
    snprintf(text, sizeof(text), "%zu", i % 100 + 1);
    *meta = (struct pair){ SLICE("weight"), copy_text(arena, text) };
    instance->service_meta = (struct array){ meta, 1 };
}

static enum answer answer_all(void *ctx, const struct dep *dep, const struct value **ret_value)
{
    (void)dep;
    *ret_value = ctx;
    return ANSWER_READY;
}

static double milliseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int compare_times(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* The median of many renders; what the last one wrote is left in `out`. */
static double measure(const struct template *tmpl, const struct render_environment *environment,
                      struct render *render, struct buf *out)
{
    static double times[N_RUNS];
    struct text_sink sink = text_sink_to_buf(out);
    struct error error = ERROR_EMPTY;

    for (size_t i = 0; i < N_RUNS; i++) {
        double start = milliseconds();

        render_reset(render);
        buf_clear(out);
        if (!template_render(tmpl, environment, &sink, render, &error))
            errx(EXIT_FAILURE, "%s", error.text);
        times[i] = milliseconds() - start;
    }
    qsort(times, N_RUNS, sizeof(times[0]), compare_times);
    return times[N_RUNS / 2];
}

static void save(const char *path, struct slice text)
{
    FILE *file = fopen(path, "wb");

    if (!file || fwrite(text.ptr, 1, text.len, file) != text.len || fclose(file) != 0)
        err(EXIT_FAILURE, "%s", path);
}

int main(int argc, char **argv)
{
    CLEANUP(arena_fini) struct arena arena = ARENA_EMPTY;
    CLEANUP(buf_fini) struct buf out = BUF_EMPTY;
    CLEANUP(template_freep) struct template *tmpl = NULL;
    struct template_options options = { .left_delimiter = NULL };
    struct render render = RENDER_EMPTY;
    struct error error = ERROR_EMPTY;
    struct service_instance *instances = ARENA_ARRAY(&arena, N_INSTANCES, struct service_instance);

    memset(instances, 0, N_INSTANCES * sizeof(*instances));
    for (size_t i = 0; i < N_INSTANCES; i++)
        fill_instance(&arena, &instances[i], i);

    struct value list =
        value_list(&type_service_instance_list, STORED_OBJECTS, instances, N_INSTANCES);
    struct render_environment environment = { .answers = { .get = answer_all, .ctx = &list } };

    if (!template_new("bench", slice_from(argc > 1 ? argv[1] : default_template), &options, &tmpl,
                      &error))
        errx(EXIT_FAILURE, "%s", error.text);

    double time = measure(tmpl, &environment, &render, &out);

    printf("a render allocates %zu bytes besides its text\n", render.arena.used);
    printf("%.3f ms, %zu bytes of text\n", time, out.len);
    if (getenv("BENCH_TEXT"))
        save(getenv("BENCH_TEXT"), buf_slice(&out));
    render_fini(&render);
    return 0;
}
