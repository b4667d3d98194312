/* SPDX-License-Identifier: MIT */
/* Single values: texts, numbers, durations, names. */
#include "value.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/memory.h"
#include "io/file.h"
#include "reading.h"

void replace_string(char **place, struct slice text)
{
    free(*place);
    *place = text.len ? slice_to_string(text) : NULL;
}

void read_string(struct reading *reading, const struct setting *setting,
                 const struct yaml_node *node, void *base)
{
    struct slice text;

    if (!reading_get_text(reading, setting, node, "a text", &text))
        return;

    const char *complaint = setting->check && text.len ? setting->check(text) : NULL;

    if (complaint)
        reading_add_mistake(reading, setting, node, "%s", complaint);
    else
        replace_string(setting_place(setting, base), text);
}

static bool has_control_byte(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.ptr[i] < 0x20 || text.ptr[i] == 0x7f)
            return true;
    }
    return false;
}

void read_secret(struct reading *reading, const struct setting *setting,
                 const struct yaml_node *node, void *base)
{
    struct slice text;

    if (!reading_get_text(reading, setting, node, "a text", &text))
        return;
    if (text.len > LIMIT_TOKEN_BYTES) {
        reading_add_mistake(reading, setting, node, "longer than %d bytes", LIMIT_TOKEN_BYTES);
        return;
    }

    const char *complaint = has_control_byte(text) ? "a control character cannot be part of it"
                            : setting->check       ? setting->check(text)
                                                   : NULL;

    if (complaint)
        reading_add_mistake(reading, setting, node, "%s", complaint);
    else
        replace_string(setting_place(setting, base), text);
}

void read_directory(struct reading *reading, const struct setting *setting,
                    const struct yaml_node *node, void *base)
{
    struct slice text, first;

    if (!reading_get_text(reading, setting, node, "a folder", &text))
        return;
    first = text;
    if (reading->name && slice_is(slice_from(reading->name), setting->env))
        slice_next(&text, ':', &first);
    replace_string(setting_place(setting, base), first);
}

static bool text_is_one_of(struct slice text, const char *const *words, size_t n_words)
{
    for (size_t i = 0; i < n_words; i++) {
        if (text.len == strlen(words[i]) && strncasecmp(text.ptr, words[i], text.len) == 0)
            return true;
    }
    return false;
}

void read_bool(struct reading *reading, const struct setting *setting, const struct yaml_node *node,
               void *base)
{
    /* YAML 1.1's words, and those of Go's flags. */
    static const char *const yes[] = { "true", "yes", "on", "1", "t" };
    static const char *const no[] = { "false", "no", "off", "0", "f" };
    bool *place = setting_place(setting, base);
    struct slice text;

    if (!reading_get_text(reading, setting, node, "true or false", &text))
        return;
    if (text_is_one_of(text, yes, ARRAY_SIZE(yes)))
        *place = true;
    else if (text_is_one_of(text, no, ARRAY_SIZE(no)))
        *place = false;
    else
        reading_add_unexpected(reading, setting, node, "true or false");
}

static bool get_number(struct reading *reading, const struct setting *setting,
                       const struct yaml_node *node, uint64_t *ret_number)
{
    char expected[80];
    struct slice text;

    snprintf(expected, sizeof(expected), "a whole number from %llu to %llu",
             (unsigned long long)setting->min, (unsigned long long)setting->max);
    if (!reading_get_text(reading, setting, node, expected, &text))
        return false;
    if (slice_parse_u64(text, setting->max, ret_number) && *ret_number >= setting->min)
        return true;
    reading_add_unexpected(reading, setting, node, expected);
    return false;
}

void read_number(struct reading *reading, const struct setting *setting,
                 const struct yaml_node *node, void *base)
{
    uint64_t number;

    if (get_number(reading, setting, node, &number))
        *(size_t *)setting_place(setting, base) = (size_t)number;
}

void read_attempts(struct reading *reading, const struct setting *setting,
                   const struct yaml_node *node, void *base)
{
    uint64_t number;

    if (get_number(reading, setting, node, &number))
        *(unsigned *)setting_place(setting, base) = (unsigned)number;
}

static void put_duration(struct reading *reading, const struct setting *setting,
                         const struct yaml_node *node, uint64_t ms, void *base)
{
    if (setting->max && (ms < setting->min || ms > setting->max))
        reading_add_mistake(reading, setting, node, "expected a duration from %llus to %llus",
                            (unsigned long long)setting->min / 1000,
                            (unsigned long long)setting->max / 1000);
    else
        *(uint64_t *)setting_place(setting, base) = ms;
}

void read_duration(struct reading *reading, const struct setting *setting,
                   const struct yaml_node *node, void *base)
{
    const char *expected = "a duration such as 30s or 1m30s";
    uint64_t ms, number;
    struct slice text;

    if (!reading_get_text(reading, setting, node, expected, &text))
        return;
    if (slice_parse_duration_ms(text, &ms))
        put_duration(reading, setting, node, ms, base);
    else if (slice_parse_u64(text, UINT64_MAX, &number))
        reading_add_mistake(reading, setting, node,
                            "expected a duration, found '%.*s' without a unit; did you mean "
                            "'%.*ss'?",
                            SLICE_ARG(text), SLICE_ARG(text));
    else
        reading_add_unexpected(reading, setting, node, expected);
}

/* Permission bits, written as 644, 0644 or 0o644. */
static bool parse_perms(struct slice text, mode_t *ret_mode)
{
    mode_t mode = 0;

    if (slice_starts_with(text, SLICE("0o")))
        text = slice_sub(text, 2, text.len);
    if (text.len == 0 || text.len > 5)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '7')
            return false;
        mode = mode << 3 | (mode_t)(text.ptr[i] - '0');
    }
    *ret_mode = mode;
    return mode <= 07777;
}

/* In HCL a number is octal with a 0 in front and decimal without, which hardly anybody means. */
static bool parse_hcl_perms(struct reading *reading, const struct setting *setting,
                            const struct yaml_node *node, mode_t *ret_mode)
{
    uint64_t number;

    if (!node->is_plain || slice_starts_with(node->text, SLICE("0")))
        return parse_perms(node->text, ret_mode);
    if (!slice_parse_u64(node->text, 07777, &number))
        return false;
    buf_printf(&reading->draft->config.warnings,
               "%s:%u:%u: '%s': %.*s is a decimal number, so it means %04llo; write it with a 0 in "
               "front if it is octal\n",
               reading->source->path, node->line, node->column, setting->name,
               SLICE_ARG(node->text), (unsigned long long)number);
    *ret_mode = (mode_t)number;
    return true;
}

void read_perms(struct reading *reading, const struct setting *setting,
                const struct yaml_node *node, void *base)
{
    const char *expected = "permissions in octal such as 0644";
    struct slice text;
    mode_t mode;

    if (!reading_get_text(reading, setting, node, expected, &text))
        return;
    if (reading_is_hcl(reading) ? !parse_hcl_perms(reading, setting, node, &mode)
                                : !parse_perms(text, &mode))
        reading_add_unexpected(reading, setting, node, expected);
    else
        *(mode_t *)setting_place(setting, base) = mode ? mode : FILE_KEEP_MODE;
}

/* 0 for "" and SIGNIL, consul-template's name for none; -1 if there is no such signal. */
static int find_signal(struct slice name)
{
    if (name.len > 3 && strncasecmp(name.ptr, "SIG", 3) == 0)
        name = slice_sub(name, 3, name.len);
    if (name.len == 0 || slice_is(name, "NIL"))
        return 0;
    for (int number = 1; number < SIGRTMIN; number++) {
        const char *own = sigabbrev_np(number);

        if (own && text_is_one_of(name, &own, 1))
            return number;
    }
    return -1;
}

void read_signal(struct reading *reading, const struct setting *setting,
                 const struct yaml_node *node, void *base)
{
    const char *expected = "the name of a signal such as SIGHUP";
    struct slice text;

    if (!reading_get_text(reading, setting, node, expected, &text))
        return;

    int number = find_signal(text);

    if (number < 0)
        reading_add_unexpected(reading, setting, node, expected);
    else if (number == SIGKILL || number == SIGSTOP || number == SIGCHLD)
        reading_add_mistake(reading, setting, node, "SIG%s cannot be used", sigabbrev_np(number));
    else
        *(int *)setting_place(setting, base) = number;
}

void read_log_level(struct reading *reading, const struct setting *setting,
                    const struct yaml_node *node, void *base)
{
    const char *expected = "trace, debug, info, warn or err";
    struct slice text;

    if (reading_get_text(reading, setting, node, expected, &text) &&
        !log_level_parse(text, setting_place(setting, base)))
        reading_add_unexpected(reading, setting, node, expected);
}

void read_log_format(struct reading *reading, const struct setting *setting,
                     const struct yaml_node *node, void *base)
{
    static const struct {
        const char *name;
        enum log_format format;
    } formats[] = {
        { "text", LOG_FORMAT_TEXT },
        { "json", LOG_FORMAT_JSON },
        { "journal", LOG_FORMAT_JOURNAL },
    };
    const char *expected = "text, json or journal";
    struct draft *draft = base;
    struct slice text;

    if (!reading_get_text(reading, setting, node, expected, &text))
        return;
    for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
        if (slice_is(text, formats[i].name)) {
            draft->config.log_format = formats[i].format;
            draft->config.has_log_format = true;
            return;
        }
    }
    reading_add_unexpected(reading, setting, node, expected);
}

void read_tls_version(struct reading *reading, const struct setting *setting,
                      const struct yaml_node *node, void *base)
{
    unsigned *place = setting_place(setting, base);
    struct slice text;

    if (!reading_get_text(reading, setting, node, "1.2 or 1.3", &text))
        return;
    if (slice_is(text, "1.2"))
        *place = 12;
    else if (slice_is(text, "1.3"))
        *place = 13;
    else
        reading_add_unexpected(reading, setting, node, "1.2 or 1.3");
}

void read_write(struct reading *reading, const struct setting *setting,
                const struct yaml_node *node, void *base)
{
    const char *expected = "rename or in-place";
    bool *place = setting_place(setting, base);
    struct slice text;

    if (!reading_get_text(reading, setting, node, expected, &text))
        return;
    *place = slice_is(text, "in-place");
    if (!*place && !slice_is(text, "rename"))
        reading_add_unexpected(reading, setting, node, expected);
}

void read_escape(struct reading *reading, const struct setting *setting,
                 const struct yaml_node *node, void *base)
{
    static const char *const names[] = {
        [ESCAPE_LINES] = "lines", [ESCAPE_HAPROXY] = "haproxy", [ESCAPE_OFF] = "off"
    };
    const char *expected = "lines, haproxy or off";
    enum escape_mode *place = setting_place(setting, base);
    struct slice text;

    if (!reading_get_text(reading, setting, node, expected, &text))
        return;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (slice_is(text, names[i])) {
            *place = (enum escape_mode)i;
            return;
        }
    }
    reading_add_unexpected(reading, setting, node, expected);
}
