/* SPDX-License-Identifier: MIT */
/* main() of a fuzz target without a fuzzer: the saved inputs are an ordinary test, and a fuzzer
 * that starts programs (AFL++) can use it, too.
 *
 *     build/tests/fuzz/fuzz_json             each file of tests/fuzz/corpus/json, reported as a
 * test build/tests/fuzz/fuzz_json PATH...     these files, or all files of these folders
 *     build/tests/fuzz/fuzz_json -           standard input
 *
 *     make CC=afl-clang-fast SANITIZE=1 build/sanitize/tests/fuzz/fuzz_json
 *     afl-fuzz -i tests/fuzz/corpus/json -o build/afl -- build/sanitize/tests/fuzz/fuzz_json @@ */
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz/fuzz.h"

#define CHUNK_BYTES 65536

/* The whole of a stream, in an allocation with no byte to spare: a sanitizer or valgrind sees
 * whoever reads past the end. */
static uint8_t *read_all(FILE *file, const char *name, size_t *ret_size)
{
    uint8_t *data = NULL;
    size_t size = 0, got = CHUNK_BYTES;

    while (got == CHUNK_BYTES) {
        if (!(data = realloc(data, size + CHUNK_BYTES)))
            err(2, "%s", name);
        got = fread(data + size, 1, CHUNK_BYTES, file);
        size += got;
    }
    if (ferror(file))
        err(2, "%s", name);
    if (!(data = realloc(data, size ? size : 1)))
        err(2, "%s", name);
    *ret_size = size;
    return data;
}

static void replay_stream(FILE *file, const char *name)
{
    size_t size;
    uint8_t *data = read_all(file, name, &size);

    LLVMFuzzerTestOneInput(data, size);
    free(data);
}

/* The lines are cmocka's: tests/run-unit counts them. */
static void replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");

    if (!file)
        err(2, "%s", path);
    printf("[ RUN      ] %s\n", path);
    fflush(stdout); /* the input may end the process */
    replay_stream(file, path);
    printf("[       OK ] %s\n", path);
    fclose(file);
}

static int is_seed(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void replay_folder(const char *path)
{
    struct dirent **entries;
    int n = scandir(path, &entries, is_seed, alphasort);

    if (n <= 0)
        errx(2, "%s: %s", path, n < 0 ? strerror(errno) : "no files");
    for (int i = 0; i < n; i++) {
        char *file;

        if (asprintf(&file, "%s/%s", path, entries[i]->d_name) < 0)
            err(2, "%s", path);
        replay_file(file);
        free(file);
        free(entries[i]);
    }
    free(entries);
}

static void replay(const char *path)
{
    struct stat info;

    if (strcmp(path, "-") == 0)
        replay_stream(stdin, path);
    else if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
        replay_folder(path);
    else
        replay_file(path);
}

int main(int argc, char **argv)
{
    const char *name = strrchr(argv[0], '/');
    char folder[256];

    name = name ? name + 1 : argv[0];
    if (strncmp(name, "fuzz_", 5) == 0)
        name += 5;
    snprintf(folder, sizeof(folder), "tests/fuzz/corpus/%s", name);
    if (argc == 1)
        replay(folder);
    for (int i = 1; i < argc; i++)
        replay(argv[i]);
    return 0;
}
