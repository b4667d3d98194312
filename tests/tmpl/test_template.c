/* SPDX-License-Identifier: MIT */
/* Templates against a fixed world: the bytes that come out, the words of what goes wrong. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/limits.h"
#include "tmpl/world.h"

struct outcome {
    struct buf text;
    struct render render;
    struct error err;
    bool is_rendered;
};

static void outcome_fini(struct outcome *outcome)
{
    render_fini(&outcome->render);
    buf_fini(&outcome->text);
}

static bool on_own(void *ctx, struct slice text, struct error *err)
{
    (void)err;
    buf_add(ctx, text);
    return true;
}

static bool on_foreign(void *ctx, struct slice text, struct error *err)
{
    (void)err;
    buf_printf(ctx, "<%.*s>", SLICE_ARG(text));
    return true;
}

static bool on_refused(void *ctx, struct slice text, struct error *err)
{
    (void)ctx;
    return error_set(err, ERROR_INVALID, "refused: %.*s", SLICE_ARG(text));
}

static void render_to(const char *source, const struct template_options *options,
                      const struct text_sink *sink, struct outcome *outcome)
{
    CLEANUP(template_freep) struct template *tmpl = NULL;

    outcome->is_rendered =
        template_new("t", slice_from(source), options, &tmpl, &outcome->err) &&
        template_render(tmpl, &world_environment, sink, &outcome->render, &outcome->err);
}

static void render_with(const char *source, const struct template_options *options,
                        struct outcome *outcome)
{
    struct text_sink sink = text_sink_to_buf(&outcome->text);

    *outcome = (struct outcome){ .render = RENDER_EMPTY, .err = ERROR_EMPTY };
    render_to(source, options, &sink, outcome);
}

static void check_row(const char *name, const char *source, const struct template_options *options,
                      const char *want, const char *want_error)
{
    CLEANUP(outcome_fini) struct outcome got;

    print_message("%s\n", name);
    render_with(source, options, &got);
    if (want_error) {
        assert_string_equal(got.err.text, want_error);
        assert_false(got.is_rendered);
    } else {
        assert_string_equal(got.err.text, "");
        assert_string_equal(got.text.ptr ? got.text.ptr : "", want);
    }
}

struct row {
    const char *name, *source, *want, *want_error;
};

static void check_rows(const struct row *rows, size_t n, const struct template_options *options)
{
    for (size_t i = 0; i < n; i++)
        check_row(rows[i].name, rows[i].source, options, rows[i].want, rows[i].want_error);
}

#define CHECK_ROWS(rows) check_rows((rows), ARRAY_SIZE(rows), &(struct template_options){ 0 })

/* --- Constants and pipelines ------------------------------------------------------------------ */

static const struct row pipeline_rows[] = {
    { "plain text passes through", "listen web\n", "listen web\n", NULL },
    { "an empty template", "", "", NULL },
    { "constants", "{{ 1 }} {{ 0x1F }} {{ 1e3 }} {{ 'a' }} {{ \"s\" }} {{ `r` }} {{ true }}",
      "1 31 1000 97 s r true", NULL },
    { "escapes in strings", "{{ \"\\u00e9\\x41\\101\\t|\\\\\" }}", "éAA\t|\\", NULL },
    { "a raw string loses its carriage returns", "{{ len `a\r\nb` }}", "3", NULL },
    { "bytes that are not UTF-8", "{{ len \"\xff\" }}{{ len `\xff` }}{{ len \"\\xff\" }}", "311",
      NULL },
    { "a number that overflows int", "{{ 9223372036854775808 }}", NULL,
      "t:1:4: the number overflows int" },
    { "a number that is too large for anything", "{{ 18446744073709551616 }}", NULL,
      "t:1:4: the number '18446744073709551616' is too large" },
    { "a wrong escape", "{{ \"ab\\q\" }}", NULL,
      "t:1:7: wrong escape sequence in the string \"ab\\q\"" },
    { "two characters in one", "{{ 'ab' }}", NULL,
      "t:1:4: expected one character or escape sequence, found 'ab'" },
    { "the piped value is the last argument", "{{ \"x\" | printf \"%s-%s\" \"y\" }}", "y-x", NULL },
    { "a pipe at the end is ignored", "{{ \"a\" | }}", "a", NULL },
    { "parentheses and chains", "{{ (index (service \"web\") 0).Node }}", "a1", NULL },
    { "a declaration in parentheses", "{{ len ($x := \"abc\") }}{{ $x }}", "3abc", NULL },
    { "no value", "{{ . }} {{ $ }} {{ .A }} {{ .A.B }} {{ 1 | .X }}",
      "<no value> <no value> <no value> <no value> <no value>", NULL },
    { "nothing to evaluate", "{{ }}", NULL, "t:1:4: expected a value in the action, found none" },
    { "nothing in parentheses", "{{ () }}", NULL,
      "t:1:5: expected a value in parentheses, found none" },
    { "a pipe in front", "{{ | len }}", NULL, "t:1:4: expected a value in the action, found '|'" },
    { "a pipe into a constant", "{{ 1 | 2 }}", NULL,
      "t:1:8: expected a function in stage 2 of the pipeline: a constant, dot or parentheses take "
      "no argument" },
    { "arguments for a constant", "{{ \"a\" \"b\" }}", NULL,
      "t:1:4: only a function or method takes arguments" },
    { "arguments for a variable", "{{ $x := 1 }}{{ $x 1 }}", NULL,
      "t:1:17: a variable is no function and takes no argument" },
    { "strings that touch", "{{ \"a\"\"b\" }}", NULL,
      "t:1:7: expected white space, '|' or the end of the action after an operand, found the "
      "string \"b\"" },
    { "a call with parentheses", "{{ len(\"a\") }}", NULL,
      "t:1:7: expected a space after the function's name (arguments are separated by spaces), "
      "found '('" },
    { "a field of a constant", "{{ \"a\".Len }}", NULL,
      "t:1:7: unexpected '.Len': a constant has no fields" },
    { "nil is no command", "{{ nil }}", NULL, "t:1:4: nil is not a command" },
    { "an unknown function", "a\n{{ toUper \"x\" }}", NULL,
      "t:2:4: unknown function 'toUper', did you mean 'toUpper'?" },
    { "the line of the last token", "{{ $nope\n}}", NULL,
      "t:2:1: undefined variable '$nope' (at 1:4)" },
};

static void test_pipelines(void **state)
{
    (void)state;
    CHECK_ROWS(pipeline_rows);
}

/* --- Variables and blocks --------------------------------------------------------------------- */

static const struct row block_rows[] = {
    { "assignment reaches out of a block",
      "{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ end }}{{ $x }}", "2", NULL },
    { "declaration stays in its block", "{{ $x := 1 }}{{ if true }}{{ $x := 2 }}{{ end }}{{ $x }}",
      "1", NULL },
    { "a variable of the head in all branches",
      "{{ if $a := \"\" }}x{{ else if $b := \"y\" }}{{ $b }}[{{ $a }}]{{ end }}", "y[]", NULL },
    { "with and else with", "{{ with \"\" }}a{{ else with \"x\" }}b{{ . }}{{ else }}c{{ end }}",
      "bx", NULL },
    { "else keeps the dot", "{{ with \"o\" }}{{ with \"\" }}i{{ else }}{{ . }}{{ end }}{{ end }}",
      "o", NULL },
    { "a declaration that was not reached", "{{ if and false ($x := 1) }}{{ end }}{{ $x }}", NULL,
      "t:1:41: undefined variable '$x'" },
    { "a declaration in the other branch", "{{ if false }}{{ $x := 1 }}{{ else }}{{ $x }}{{ end }}",
      NULL, "t:1:41: undefined variable '$x'" },
    { "assignment without declaration", "{{ $n = 1 }}", NULL, "t:1:9: undefined variable '$n'" },
    { "lists", "{{ range $i, $v := split \",\" \"a,b\" }}{{ $i }}{{ $v }}{{ . }}{{ end }}",
      "0aa1bb", NULL },
    { "maps in key order",
      "{{ scratch.MapSet \"m\" \"b\" 1 }}{{ scratch.MapSet \"m\" \"a\" 2 }}{{ $m := scratch.Get "
      "\"m\" }}{{ range $k, $v := $m }}{{ $k }}{{ $v }}"
      "{{ end }}{{ range $m }}{{ . }}{{ end }}",
      "a2b121", NULL },
    { "numbers", "{{ range 3 }}{{ . }}{{ end }}{{ range $i := -1 }}x{{ else }}none{{ end }}",
      "012none", NULL },
    { "loops are used up",
      "{{ $l := loop 4 }}{{ range $l }}{{ . }}{{ if eq . 1 }}{{ break }}"
      "{{ end }}{{ end }}|{{ range $l }}{{ . }}{{ end }}",
      "01|23", NULL },
    { "assigned range variables",
      "{{ $i := 0 }}{{ $v := 0 }}{{ range $i, $v = split \",\" \"a,b\" }}{{ end }}{{ $i }}{{ $v }}",
      "1b", NULL },
    { "nothing to range over", "{{ range scratch.Get \"none\" }}a{{ else }}b{{ end }}", "b", NULL },
    { "the variable of an empty range",
      "{{ range $x := split \",\" \"\" }}a{{ else }}{{ $x }}{{ end }}", "[]", NULL },
    { "a map that its own range changes",
      "{{ scratch.MapSet \"m\" \"b\" 1 }}{{ scratch.MapSet \"m\" \"c\" 1 }}"
      "{{ range $k, $v := scratch.Get \"m\" }}{{ scratch.MapSet \"m\" \"a\" 2 }}{{ $k }}{{ end }}"
      "{{ scratch.Get \"m\" }}",
      "bcmap[a:2 b:1 c:1]", NULL },
    { "break and continue",
      "{{ range loop 6 }}{{ if eq . 1 }}{{ continue }}{{ end }}"
      "{{ if eq . 4 }}{{ break }}{{ end }}{{ . }}{{ end }}",
      "023", NULL },
    { "break in an else leaves only that",
      "{{ range loop 3 }}{{ range loop 0 }}x{{ else }}{{ break }}{{ end }}{{ . }}{{ end }}", "012",
      NULL },
    { "continue in an else is for the outer range",
      "{{ range loop 3 }}{{ range loop 0 }}x{{ else }}{{ continue }}{{ end }}{{ . }}{{ end }}", "",
      NULL },
    { "jumps restore the variables",
      "{{ $x := 0 }}{{ range loop 5 }}{{ $x := 9 }}{{ if eq . 3 }}{{ break }}{{ end }}{{ end }}{{ "
      "$x }}",
      "0", NULL },
    { "a string has no elements", "{{ range \"abc\" }}{{ end }}", NULL,
      "t:1:10: 'range' cannot iterate over a value of type string" },
    { "two variables for a number", "{{ range $a, $b := 3 }}{{ end }}", NULL,
      "t:1:20: 'range' over a number has one variable, not two" },
    { "an unclosed block names its opener", "a\n{{ range . }}\n", NULL,
      "t:2:1: 'range' is never closed: expected {{end}}, found the end of the template in line 3" },
    { "an end too many", "a{{ end }}", NULL, "t:1:5: unexpected {{end}}: no block is open" },
    { "a second else", "{{ if 1 }}{{ else }}{{ else }}{{ end }}", NULL,
      "t:1:29: expected {{end}}, found a second {{else}}" },
    { "else with behind if", "{{ if 1 }}{{ else with 2 }}{{ end }}", NULL,
      "t:1:19: expected '}}' after 'else', found 'with'" },
    { "break outside of range", "{{ break }}", NULL,
      "t:1:4: 'break' is only allowed inside a 'range'" },
    { "three variables", "{{ range $a, $b, $c := . }}{{ end }}", NULL,
      "t:1:16: 'range' declares at most two variables" },
};

static void test_blocks(void **state)
{
    (void)state;
    CHECK_ROWS(block_rows);
}

/* --- Named templates -------------------------------------------------------------------------- */

static const struct row template_rows[] = {
    { "define and use",
      "{{ define \"g\" }}<{{ . }}>{{ end }}{{ template \"g\" 1 }}{{ template \"g\" }}",
      "<1><<no value>>", NULL },
    { "a block", "{{ block \"b\" 1 }}[{{ . }}]{{ end }}{{ template `b` 2 }}", "[1][2]", NULL },
    { "the dollar is the argument",
      "{{ define \"t\" }}{{ with 5 }}{{ $ }}{{ end }}{{ end }}{{ template \"t\" \"x\" }}", "x",
      NULL },
    { "an empty definition gives way",
      "{{ define \"t\" }} {{ end }}{{ define \"t\" }}a{{ end }}"
      "{{ define \"t\" }}\n{{/* c */}}{{ end }}{{ template \"t\" }}",
      "a", NULL },
    { "recursion",
      "{{ define \"r\" }}{{ . }}{{ if lt . 3 }}{{ template \"r\" add 1 . }}{{ end }}"
      "{{ end }}{{ template \"r\" 0 }}",
      "0123", NULL },
    { "executed templates",
      "{{ define \"t\" }}[{{ . }}]{{ end }}{{ executeTemplate \"t\" }}"
      "{{ executeTemplate \"t\" \"x\" | toUpper }}",
      "[<no value>][X]", NULL },
    { "no such template", "{{ template \"nope\" }}", NULL, "t:1:13: no template is called 'nope'" },
    { "an untaken branch does no harm", "{{ if false }}{{ template \"nope\" }}{{ end }}", "",
      NULL },
    { "an error in a template", "{{ define \"t\" }}\n{{ len 1 }}{{ end }}{{ template \"t\" }}",
      NULL, "t:2:4: in template 't': len: a value of type int has no length" },
    { "an error in an executed template",
      "{{ define \"t\" }}\n{{ len 1 }}{{ end }}{{ executeTemplate \"t\" }}", NULL,
      "t:2:24: executeTemplate: t:2:4: in template 't': len: a value of type int has no length" },
    { "defined twice", "{{ define \"t\" }}a{{ end }}{{ define \"t\" }}b{{ end }}", NULL,
      "t:1:27: the template 't' is defined twice" },
    { "defined inside a block", "{{ if 1 }}{{ define \"t\" }}{{ end }}{{ end }}", NULL,
      "t:1:14: 'define' is only allowed outside of all blocks" },
    { "a block with an else", "{{ block \"b\" 1 }}\n{{ else }}{{ end }}", NULL,
      "t:1:16: expected {{end}} for 'block', found {{else}}" },
    { "a definition with an else", "{{ define \"b\" }}\n{{ else }}{{ end }}", NULL,
      "t:2:9: expected {{end}} for 'define', found {{else}}" },
    { "variables stay outside", "{{ $x := 1 }}{{ define \"t\" }}{{ $x }}{{ end }}", NULL,
      "t:1:33: undefined variable '$x'" },
    { "a definition without end", "{{ define \"t\" }}a", NULL,
      "t:1:1: 'define' is never closed: expected {{end}}, found the end of the template in line "
      "1" },
    { "a definition in place of the text", "{{ define \"\" }}x{{ end }} ", "x", NULL },
};

static void test_templates(void **state)
{
    (void)state;
    CHECK_ROWS(template_rows);
}

/* A map with a number, a nil and a nested list; what follows stands in line 2. */
#define MAP                                                                  \
    "{{ scratch.MapSet \"m\" \"a\" 1 }}{{ scratch.MapSet \"m\" \"n\" nil }}" \
    "{{ scratch.MapSet \"d\" \"list\" (scratch.MapValues \"m\") }}"          \
    "{{ scratch.MapSet \"m\" \"deep\" (scratch.Get \"d\") -}}\n"

/* --- Values ----------------------------------------------------------------------------------- */

static const struct row value_rows[] = {
    { "fields and keys", MAP "{{ with scratch.Get \"m\" }}{{ .a }} {{ .deep.list }}{{ end }}",
      "1 [1 <nil>]", NULL },
    { "absent and null keys", MAP "{{ with scratch.Get \"m\" }}[{{ .n }}][{{ .x }}]{{ end }}",
      "[<no value>][<no value>]", NULL },
    { "absent keys of a map of strings",
      "{{ range service \"web\" }}[{{ .ServiceMeta.none }}]{{ end }}", "[][]", NULL },
    { "a key of nil", MAP "{{ with scratch.Get \"m\" }}{{ .x.y }}{{ end }}", NULL,
      "t:2:32: field 'y' of a nil value of type interface {}" },
    { "a nil element has no fields",
      MAP "{{ with scratch.Get \"m\" }}{{ range .deep.list }}{{ . }}{{ if not . }}{{ .x }}"
          "{{ end }}{{ end }}{{ end }}",
      NULL, "t:2:73: field 'x' of a nil value of type interface {}" },
    { "a nil pipeline has no value", MAP "{{ $x := (scratch.Get \"m\").x }}{{ $x.b.c }}",
      "<no value>", NULL },
    { "a field that does not exist", "{{ range service \"web\" }}{{ .Adress }}{{ end }}", NULL,
      "t:1:29: a value of type *dependency.HealthService has no field 'Adress', did you mean "
      "'Address'?" },
    { "a field with arguments", "{{ range service \"web\" }}{{ .Node 1 }}{{ end }}", NULL,
      "t:1:29: field 'Node' takes no argument" },
    { "a key with arguments", MAP "{{ $j := scratch.Get \"m\" }}{{ $j.a 5 }}", NULL,
      "t:2:33: 'a' is the key of a map and takes no argument" },
    { "a field of a list", "{{ (service \"web\").Port }}", NULL,
      "t:1:13: a value of type []*dependency.HealthService has no field 'Port'" },
    { "a field of a nil pointer", "{{ with node \"none\" }}{{ .Node.Address }}{{ end }}", NULL,
      "t:1:31: field 'Address' of a nil value of type *dependency.Node" },
    { "types of arguments", "{{ toUpper 5 }}", NULL, "t:1:12: expected string, found a number" },
    { "nil as a string", "{{ toUpper nil }}", NULL, "t:1:12: expected string, found nil" },
    { "nil from a map as a string", MAP "{{ $j := scratch.Get \"m\" }}{{ toUpper $j.x }}", NULL,
      "t:2:41: expected string, found nil" },
    { "no value as a string", "{{ toUpper . }}", NULL, "t:1:12: expected string, found no value" },
    { "a list where a string is wanted", "{{ split \",\" \"a\" | toUpper }}", NULL,
      "t:1:20: expected string, found a value of type []string" },
    { "tags are a list of strings", "{{ range service \"web\" }}{{ .Tags | join \"+\" }} {{ end }}",
      "blue+v1.4 green ", NULL },
    { "no list is an empty one", "{{ join \",\" nil }}", "", NULL },
    { "a fraction is no integer", "{{ indent 1.5 \"x\" }}", NULL,
      "t:1:11: expected int, found another number" },
    { "a float that is an integer", "{{ indent 1.0 \"x\" }}", " x", NULL },
    { "counts of arguments", "{{ join \",\" }}", NULL,
      "t:1:4: join: expected 2 arguments, found 1" },
    { "counts of arguments that vary", "{{ eq }}", NULL,
      "t:1:4: eq: expected at least 1 argument, found 0" },
};

static void test_values(void **state)
{
    (void)state;
    CHECK_ROWS(value_rows);
}

/* --- Go's functions --------------------------------------------------------------------------- */

static const struct row builtin_rows[] = {
    { "and, or return an operand",
      "{{ and 1 \"a\" }} {{ and 1 0 2 }} {{ or 0 \"b\" }} {{ or \"\" 0 }}", "a 0 b 0", NULL },
    { "and, or stop early", "{{ and 0 (len 1) }}{{ or 1 (len 1) }}", "01", NULL },
    { "and, or with a pipe", "{{ \"x\" | and \"y\" }} {{ \"x\" | or \"\" }} {{ \"\" | and 1 }}.",
      "x x .", NULL },
    { "not", "{{ not 0 }} {{ not nil }} {{ not \"a\" }}", "true true false", NULL },
    { "len", "{{ len \"é\" }} {{ len (split \",\" \"a,b\") }} {{ len (service \"web\") }}", "2 2 2",
      NULL },
    { "index", "{{ index (split \",\" \"a,b\") 1 }} {{ index \"abc\" 1 }} {{ index \"abc\" }}",
      "b 98 abc", NULL },
    { "index into a map",
      MAP "{{ with scratch.Get \"m\" }}{{ index . \"deep\" \"list\" 0 }}"
          "[{{ index . \"none\" }}]{{ end }}",
      "1[<no value>]", NULL },
    { "index by another type", MAP "{{ index (scratch.Get \"m\") 1 }}", NULL,
      "t:2:4: index: expected string as key, found a value of type int" },
    { "index out of range", "{{ index (split \",\" \"a\") 1 }}", NULL,
      "t:1:4: index: index out of range: 1" },
    { "index of nothing", "{{ index (service \"web\" | printf \"\") 0 }}", "37", NULL },
    { "slice", "{{ slice \"abcd\" 1 3 }} {{ slice (split \",\" \"a,b,c\") 1 }} {{ slice \"abc\" }}",
      "bc [b c] abc", NULL },
    { "slice out of order", "{{ slice \"abc\" 2 1 }}", NULL,
      "t:1:4: slice: the bounds are not in order: 2 > 1" },
    { "slice with three bounds", "{{ slice \"abc\" 0 1 2 }}", NULL,
      "t:1:4: slice: too many bounds: 3" },
    { "html", "{{ html \"<a href='x'>&\\\"\" 1 nil }}",
      "&lt;a href=&#39;x&#39;&gt;&amp;&#34;1&lt;no value&gt;", NULL },
    { "js", "{{ js \"it's \\\"<&=\\n\\u2028é\" }}",
      "it\\'s \\\"\\u003C\\u0026\\u003D\\u000A\\u2028é", NULL },
    { "urlquery", "{{ urlquery \"a b/é~\" }}", "a+b%2F%C3%A9~", NULL },
    { "call", "{{ call \"x\" }}", NULL, "t:1:4: call: a value of type string is no function" },
    { "eq",
      "{{ eq 1 2 1 }} {{ eq \"a\" \"b\" }} {{ eq nil nil }} {{ eq \"x\" nil }} {{ eq 1i 1i }}",
      "true false true false true", NULL },
    { "eq stops at a match", "{{ eq 1 1 \"a\" }}", "true", NULL },
    { "eq of other types", "{{ eq 1 1.0 }}", NULL,
      "t:1:4: eq: values of type int and float64 cannot be compared" },
    { "eq of lists", "{{ eq (split \",\" \"\") (split \",\" \"\") }}", NULL,
      "t:1:4: eq: values of type []string cannot be compared" },
    { "a list and nil", "{{ eq (split \",\" \"\") nil }}", "false", NULL },
    { "signed and unsigned",
      "{{ lt -1 (parseUint \"1\") }} {{ eq (parseUint \"1\") 1 }} "
      "{{ gt (parseUint \"18446744073709551615\") 5 }}",
      "true true true", NULL },
    { "order", "{{ lt \"10\" \"9\" }} {{ le 2 2 }} {{ gt 1.5 1.0 }} {{ ge 1 2 }}",
      "true true true false", NULL },
    { "NaN",
      "{{ $n := parseFloat \"NaN\" }}{{ eq $n $n }} {{ lt $n 1.0 }} {{ ge $n 1.0 }} {{ gt $n 1.0 "
      "}}",
      "false false true true", NULL },
    { "booleans have no order", "{{ lt true false }}", NULL,
      "t:1:4: lt: values of type bool have no order" },
    { "the same instance",
      "{{ $a := index (service \"web\") 0 }}{{ eq $a (index (service \"web\") 0) }} "
      "{{ eq $a (index (service \"web\") 1) }}",
      "true false", NULL },
    { "print", "{{ print \"a\" 1 2 \"b\" }}|{{ println 1 \"a\" }}|{{ printf \"%03d\" 7 }}",
      "a1 2b|1 a\n|007", NULL },
};

static void test_builtins(void **state)
{
    (void)state;
    CHECK_ROWS(builtin_rows);
}

/* --- Consul ----------------------------------------------------------------------------------- */

static const struct row consul_rows[] = {
    { "passing instances",
      "{{ range service \"web\" }}{{ .Node }} {{ .Address }}:{{ .Port }};{{ end }}",
      "a1 10.0.0.1:8001;d1 10.0.0.6:8006;", NULL },
    { "any instance", "{{ range service \"web|any\" }}{{ .Node }}={{ .Status }};{{ end }}",
      "a1=passing;a2=warning;b1=critical;b2=maintenance;c1=;d1=passing;", NULL },
    { "statuses", "{{ range service \"web\" \"warning,,critical\" }}{{ .Node }};{{ end }}",
      "a2;b1;", NULL },
    { "only commas select nothing", "{{ len (service \"web|,\") }}", "0", NULL },
    { "by tag",
      "{{ range service \"v1.4.web|any\" }}{{ .Node }};{{ end }}"
      "{{ range service \"Blue.web|any\" }}x{{ else }}none{{ end }}",
      "a1;a2;none", NULL },
    { "no service", "{{ len (service) }}{{ len (service \"\") }}{{ len (service \"empty\") }}",
      "000", NULL },
    { "connect", "{{ len (connect \"web\") }}", "2", NULL },
    { "checks", "{{ range service \"web\" }}{{ range .Checks }}{{ .CheckID }};{{ end }}{{ end }}",
      "alive;alive;", NULL },
    { "services", "{{ range services }}{{ .Name }}{{ .Tags }}{{ end }}", "empty[]web[blue v1.4]",
      NULL },
    { "services of services", "{{ range services }}{{ len (service .Name) }}{{ end }}", "02",
      NULL },
    { "nodes", "{{ range nodes }}{{ .Node }}/{{ .Meta.weight }} {{ end }}", "a1/30 a2/ ", NULL },
    { "a node",
      "{{ with node \"a1\" }}{{ .Node.ID }}{{ range .Services }}{{ .Service }}{{ end }}{{ end }}",
      "id-a1web", NULL },
    { "our own node", "{{ with node }}{{ .Node.Node }}{{ end }}", "a1", NULL },
    { "no such node", "{{ with node \"none\" }}{{ with .Node }}x{{ else }}no{{ end }}{{ end }}",
      "no", NULL },
    { "datacenters", "{{ datacenters }}", "[dc1 dc2]", NULL },
    { "keys",
      "{{ key \"app/name\" }}{{ key \"/app/name\" }}[{{ key \"app/empty\" }}{{ key \"\" }}]",
      "storefrontstorefront[]", NULL },
    { "whether keys exist",
      "{{ keyExists \"app/empty\" }} {{ keyExists \"app/absent\" }} {{ keyExists \"\" }}",
      "true false false", NULL },
    { "defaults",
      "{{ keyOrDefault \"app/name\" \"d\" }} {{ keyOrDefault \"app/absent\" \"d\" }} "
      "{{ \"p\" | keyOrDefault \"app/empty\" }} {{ keyOrDefault \"\" \"b\" }}",
      "storefront d p b", NULL },
    { "ls and tree",
      "{{ range ls \"app\" }}{{ .Key }};{{ end }}|{{ range tree \"app\" }}{{ .Key }};"
      "{{ end }}|{{ len (ls \"none\") }}{{ len (ls \"\") }}",
      "name;|dir/x;name;|00", NULL },
    { "files", "{{ file \" motd \" }}{{ file \"\" }}", "Hello\n", NULL },
    { "the environment",
      "{{ env \"NAME\" }}[{{ env \"NONE\" }}]{{ envOrDefault \"EMPTY\" \"d\" }}"
      "{{ envOrDefault \"NONE\" \"d\" }}{{ mustEnv \"NAME\" }}",
      "edge[]dedge", NULL },
    { "a variable that must be set", "{{ mustEnv \"NONE\" }}", NULL,
      "t:1:4: mustEnv: the environment variable 'NONE' is not set" },
    { "a variable that must not be empty", "{{ mustEnv \"EMPTY\" }}", NULL,
      "t:1:4: mustEnv: the environment variable 'EMPTY' is empty" },
    { "a malformed query", "{{ range service \"a b\" }}{{ end }}", NULL,
      "t:1:10: service: invalid format: unexpected ' b' in 'a b'" },
    { "three arguments", "{{ service \"web\" \"any\" \"any\" }}", NULL,
      "t:1:4: service: invalid format: unexpected '|any' in 'web|any|any'" },
    { "no partition", "{{ importedServices \"\" }}", NULL,
      "t:1:4: importedServices: the name of a partition is required" },
};

static void test_consul(void **state)
{
    (void)state;
    CHECK_ROWS(consul_rows);
}

/* --- Questions -------------------------------------------------------------------------------- */

static const struct {
    const char *name, *source;
    size_t n_questions, n_pending;
    const char *pending; /* one of them */
} question_rows[] = {
    { "no question", "{{ len (service \"\") }}{{ key \"\" }}", 0, 0, NULL },
    { "one question for all filters",
      "{{ service \"web\" | len }}{{ service \"blue.web|any\" | len }}", 1, 0, NULL },
    { "a question without answer", "{{ range service \"late\" }}x{{ end }}", 1, 1,
      "health.service(late)" },
    { "the same twice", "{{ key \"late\" }}{{ key \"late\" }}{{ keyExists \"late\" }}", 1, 1,
      "kv.get(late)" },
    { "a key that must exist", "{{ keyExists \"app/absent\" }}{{ key \"app/absent\" }}", 1, 1,
      "kv.get(app/absent)" },
    { "a key that need not exist", "{{ keyOrDefault \"app/absent\" \"d\" }}", 1, 0, NULL },
    { "a list that must not be empty", "{{ safeLs \"none\" | len }}{{ safeTree \"app\" | len }}", 2,
      1, "kv.list(none)" },
    { "a file that must exist", "{{ file \"absent\" }}", 1, 1, "file(absent)" },
    { "options of a query", "{{ services \"?ns=a&partition=b@dc2\" | len }}", 1, 1,
      "catalog.services(?dc=dc2&ns=a&partition=b)" },
    { "a named filter", "{{ service \"web?filter=fast~_agent|any\" | len }}", 1, 1,
      "health.service(web?near=_agent&filter=fast)" },
    { "datacenters that answer", "{{ datacenters true | len }}", 1, 1,
      "catalog.datacenters(?ignore-failing)" },
    { "the rest",
      "{{ caRoots | len }}{{ caLeaf \"web\" }}{{ partitions | len }}{{ peerings | len }}"
      "{{ exportedServices \"p\" | len }}{{ importedServices \"p\" | len }}",
      6, 6, "connect.ca.leaf(web)" },
};

static void test_questions(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(question_rows); i++) {
        CLEANUP(outcome_fini) struct outcome got;

        print_message("%s\n", question_rows[i].name);
        render_with(question_rows[i].source, &(struct template_options){ 0 }, &got);
        assert_string_equal(got.err.text, "");
        assert_int_equal(dep_set_count(&got.render.questions), question_rows[i].n_questions);
        assert_int_equal(got.render.n_pending, question_rows[i].n_pending);
        assert_int_equal(dep_set_count(&got.render.pending), question_rows[i].n_pending);
        if (question_rows[i].pending)
            assert_true(dep_set_has(&got.render.pending, slice_from(question_rows[i].pending)));
    }
}

/* The guard of a question is that of all functions that ask it. */
static void test_guarded(void **state)
{
    static const struct {
        const char *source;
        bool want_set;
        size_t want_least; /* instances; 0: the guard is off */
    } rows[] = {
        { "{{ service \"web\" | len }}", false, 0 },
        { "{{ guarded \"off\" \"web\" | len }}", true, 0 },
        { "{{ guarded \"on\" \"web\" | len }}", true, 1 },
        { "{{ service \"web\" | len }}{{ guarded \"on\" \"blue.web|any\" | len }}", true, 1 },
        { "{{ guarded \"on\" \"web\" | len }}{{ service \"web\" | len }}", true, 1 },
        { "{{ range loop 2 4 }}{{ guarded (printf \"min_instances=%d\" .) \"web\" | len }}{{ end "
          "}}",
          true, 3 },
        { "{{ range split \" \" \"a web\" }}{{ guarded \"min_instances=5\" . | len }}{{ end }}",
          true, 5 },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CLEANUP(outcome_fini) struct outcome got;
        const struct dep *dep;

        print_message("%s\n", rows[i].source);
        render_with(rows[i].source, &(struct template_options){ 0 }, &got);
        assert_string_equal(got.err.text, "");
        dep = dep_set_find(&got.render.questions, SLICE("health.service(web)"));
        assert_non_null(dep);
        assert_int_equal(dep->guard.is_set, rows[i].want_set);
        assert_int_equal(dep->guard.is_on ? dep->guard.min_instances : 0, rows[i].want_least);
    }
}

/* Questions are there even if the render fails: the error may be for want of their answers. */
static void test_questions_of_a_failure(void **state)
{
    CLEANUP(outcome_fini) struct outcome got;

    (void)state;
    render_with("{{ index (service \"late\") 0 }}", &(struct template_options){ 0 }, &got);
    assert_string_equal(got.err.text, "t:1:4: index: index out of range: 0");
    assert_int_equal(got.render.n_pending, 1);
}

/* A template is rendered many times, and its memos are good each time. */
static void test_rendering_again(void **state)
{
    CLEANUP(template_freep) struct template *tmpl = NULL;
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;
    CLEANUP(render_fini) struct render render = RENDER_EMPTY;
    struct text_sink sink = text_sink_to_buf(&text);
    struct error err = ERROR_EMPTY;

    (void)state;
    assert_true(template_new("t", SLICE("{{ range service \"web\" }}{{ .Node }}{{ end }}"),
                             &(struct template_options){ 0 }, &tmpl, &err));
    for (int i = 0; i < 3; i++) {
        assert_true(template_render(tmpl, &world_environment, &sink, &render, &err));
        assert_int_equal(dep_set_count(&render.questions), 1);
        render_reset(&render);
    }
    assert_string_equal(text.ptr, "a1d1a1d1a1d1");
}

/* --- Foreign bytes ---------------------------------------------------------------------------- */

static const struct row foreign_rows[] = {
    { "fields of the catalogue", "{{ range service \"web\" }}{{ .Node }}:{{ .Port }} {{ end }}",
      "<a1>:8001 <d1>:8006 ", NULL },
    { "metadata and tags",
      "{{ with index (service \"web\") 0 }}{{ .ServiceMeta.weight }}{{ index .Tags 1 }}"
      "{{ range .Tags }}{{ . }}{{ end }}{{ end }}",
      "<30><v1.4><blue><v1.4>", NULL },
    { "keys, files, the environment", "{{ key \"app/name\" }}{{ file \"motd\" }}{{ env \"NAME\" }}",
      "storefrontHello\nedge", NULL },
    { "printing keeps what is whose",
      "{{ with index (service \"web\") 0 }}{{ printf \"x-%s-y\" .Node }}"
      "{{ print \"a\" .Node }}{{ end }}",
      "x-<a1>-ya<a1>", NULL },
    { "templates as text",
      "{{ define \"t\" }}[{{ .Node }}]{{ end }}"
      "{{ executeTemplate \"t\" (index (service \"web\") 0) }}",
      "[<a1>]", NULL },
    { "parts of a text",
      "{{ with index (service \"web\") 0 }}{{ slice (print \"xy\" .Node) 1 3 }}{{ end }}", "y<a>",
      NULL },
    { "any other function makes all of it foreign",
      "{{ with index (service \"web\") 0 }}{{ html (print \"x\" .Node) }}{{ html .ServiceMeta }}{{ "
      "end }}",
      "<xa1><map[version:1.4 weight:30]>", NULL },
    { "and, or",
      "{{ with index (service \"web\") 0 }}{{ or .Node \"x\" }}{{ or \"x\" .Node }}{{ end }}",
      "<a1>x", NULL },
    { "defaults keep their own",
      "{{ keyOrDefault \"app/absent\" (index (service \"web\") 0).Node }}", "<a1>", NULL },
};

static void test_foreign_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(foreign_rows); i++) {
        CLEANUP(outcome_fini) struct outcome got = { .render = RENDER_EMPTY, .err = ERROR_EMPTY };
        struct text_sink sink = { .own = on_own, .foreign = on_foreign, .ctx = &got.text };

        print_message("%s\n", foreign_rows[i].name);
        render_to(foreign_rows[i].source, &(struct template_options){ 0 }, &sink, &got);
        assert_string_equal(got.err.text, "");
        assert_string_equal(got.text.ptr, foreign_rows[i].want);
    }
}

static void test_a_sink_may_refuse(void **state)
{
    CLEANUP(outcome_fini) struct outcome got = { .render = RENDER_EMPTY, .err = ERROR_EMPTY };
    struct text_sink sink = { .own = on_own, .foreign = on_refused, .ctx = &got.text };

    (void)state;
    render_to("a{{ (index (service \"web\") 0).Node }}", &(struct template_options){ 0 }, &sink,
              &got);
    assert_false(got.is_rendered);
    assert_string_equal(got.err.text, "t:1:5: refused: a1");
    assert_true(slice_is(got.render.culprit, "a1"));
}

/* --- Files that templates write --------------------------------------------------------------- */

static void test_written_files(void **state)
{
    CLEANUP(outcome_fini) struct outcome got;

    (void)state;
    render_with("[{{ writeToFile \"/a\" \"\" \"adm\" \"0640\" \"one\" }}]"
                "{{ \"two\" | writeToFile \"/b\" \"root\" \"\" \"600\" \"append,newline\" }}"
                "{{ writeToFile \"/b\" \"root\" \"\" \"600\" \"append\" \"three\" }}"
                "{{ writeToFile \"/a\" \"\" \"adm\" \"0640\" \"newline\" \"1\" }}",
                &(struct template_options){ 0 }, &got);
    assert_string_equal(got.err.text, "");
    assert_string_equal(got.text.ptr, "[]");
    assert_int_equal(got.render.n_outputs, 2);

    const struct render_output *a = &got.render.outputs[0], *b = &got.render.outputs[1];

    assert_true(slice_is(a->path, "/a") && slice_is(a->content, "1\n"));
    assert_true(slice_is(a->user, "") && slice_is(a->group, "adm"));
    assert_int_equal(a->mode, 0640);
    assert_true(slice_is(b->path, "/b") && slice_is(b->content, "two\nthree"));
    assert_true(slice_is(b->user, "root"));
    assert_int_equal(b->mode, 0600);
}

static const struct row write_rows[] = {
    { "permissions that are none", "{{ writeToFile \"/a\" \"\" \"\" \"0688\" \"x\" }}", NULL,
      "t:1:4: writeToFile: expected permissions as an octal number, found '0688'" },
    { "permissions that are too many", "{{ writeToFile \"/a\" \"\" \"\" \"10000\" \"x\" }}", NULL,
      "t:1:4: writeToFile: expected permissions as an octal number, found '10000'" },
    { "as many files as there may be",
      "{{ range loop 256 }}{{ writeToFile (printf \"/%d\" .) \"\" \"\" \"0644\" \"x\" }}{{ end }}",
      "", NULL },
    { "too many files",
      "{{ range loop 257 }}{{ writeToFile (printf \"/%d\" .) \"\" \"\" \"0644\" \"x\" }}{{ end }}",
      NULL, "t:1:24: writeToFile: more than 256 files" },
    { "no path", "{{ writeToFile \"\" \"\" \"\" \"0644\" \"x\" }}", NULL,
      "t:1:4: writeToFile: expected a path, found nothing" },
};

static void test_written_files_refused(void **state)
{
    (void)state;
    CHECK_ROWS(write_rows);
}

/* --- Options ---------------------------------------------------------------------------------- */

static void test_error_on_missing_key(void **state)
{
    static const struct row rows[] = {
        { "a key that is there", MAP "{{ (scratch.Get \"m\").n }}", "<no value>", NULL },
        { "index is not concerned", MAP "{{ index (scratch.Get \"m\") \"x\" }}", "<no value>",
          NULL },
        { "an absent key", MAP "{{ (scratch.Get \"m\").x }}", NULL,
          "t:2:17: the map has no entry for key 'x'" },
        { "an absent key of strings", "{{ range service \"web\" }}{{ .ServiceMeta.none }}{{ end }}",
          NULL, "t:1:41: the map has no entry for key 'none'" },
        { "no data at all", "{{ .A }}", NULL, "t:1:4: there is no data: no entry for key 'A'" },
    };

    (void)state;
    check_rows(rows, ARRAY_SIZE(rows), &(struct template_options){ .error_on_missing_key = true });
}

static void test_denylist(void **state)
{
    static const char *const denied[] = { "env", "file" };
    static const struct row rows[] = {
        { "a denied function", "{{ env \"NAME\" }}", NULL,
          "t:1:4: the function 'env' is disabled by function_denylist" },
        { "where it is not reached", "{{ if false }}{{ file \"x\" }}{{ end }}{{ len \"a\" }}", "1",
          NULL },
    };

    (void)state;
    check_rows(rows, ARRAY_SIZE(rows),
               &(struct template_options){ .denylist = denied, .n_denylist = ARRAY_SIZE(denied) });
}

/* By its name, with its check, or as a part of something that is shown whole. */
static void test_who_reads_output(void **state)
{
    static const struct {
        const char *text;
        bool reads;
    } rows[] = {
        { "{{ range service \"web\" }}{{ .Address }}:{{ .Port }} {{ . }}{{ end }}", false },
        { "Output Checks {{ \"Output\" }}{{/* .Output */}}", false },
        { "{{ range service \"web\" }}{{ range .Checks }}{{ .Name }}{{ end }}{{ end }}", true },
        { "{{ with service \"web\" }}{{ (index . 0).Checks | len }}{{ end }}", true },
        { "{{ define \"c\" }}{{ .Output }}{{ end }}", true },
        { "{{ range $s := service \"web\" }}{{ $s.Checks.AggregatedStatus }}{{ end }}", true },
        { "{{ service \"web\" | toJSON }}", true },
        { "{{ service \"web\" | toUnescapedJSONPretty }}", true },
        { "{{ scratch.Set \"s\" (service \"web\") }}{{ scratch.Get \"s\" | toYAML }}", true },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        static const struct template_options options = { .error_on_missing_key = false };
        CLEANUP(template_freep) struct template *tmpl = NULL;
        struct error err = ERROR_EMPTY;

        if (!template_new("t", slice_from(rows[i].text), &options, &tmpl, &err))
            fail_msg("%s: %s", rows[i].text, err.text);
        if (template_reads_output(tmpl) != rows[i].reads)
            fail_msg("%s", rows[i].text);
    }
}

static void test_delimiters(void **state)
{
    (void)state;
    check_row("other delimiters", "{{ x }} [[ \"a\" ]] [[- 1 -]] b",
              &(struct template_options){ .left_delimiter = "[[", .right_delimiter = "]]" },
              "{{ x }} a1b", NULL);
}

static void test_sandbox(void **state)
{
    static const struct row rows[] = {
        { "inside", "{{ file \"/srv/box/a\" }}", "", NULL },
        { "inside by a detour", "{{ file \"/srv//./box/b/../a\" }}", "", NULL },
        { "beside", "{{ file \"/srv/boxer/a\" }}", NULL,
          "t:1:4: file: '/srv/boxer/a' is outside of sandbox_path '/srv/box/'" },
        { "above", "{{ file \"/srv/box/../a\" }}", NULL,
          "t:1:4: file: '/srv/box/../a' is outside of sandbox_path '/srv/box/'" },
        { "out and in again", "{{ file \"/srv/box/a/../../box/a\" }}", NULL,
          "t:1:4: file: '/srv/box/a/../../box/a' is outside of sandbox_path '/srv/box/'" },
        { "relative", "{{ file \"a\" }}", NULL,
          "t:1:4: file: 'a' is outside of sandbox_path '/srv/box/'" },
    };

    (void)state;
    check_rows(rows, ARRAY_SIZE(rows), &(struct template_options){ .sandbox_path = "/srv/box/" });
}

/* --- Limits ----------------------------------------------------------------------------------- */

static const struct row limit_rows[] = {
    { "endless recursion", "{{ define \"r\" }}{{ template \"r\" }}{{ end }}{{ template \"r\" }}",
      NULL, "t:1:29: in template 'r': templates call each other more than 10000 deep, the limit" },
    { "endless recursion of the text itself", "{{ template \"\" }}", NULL,
      "t:1:13: templates call each other more than 10000 deep, the limit" },
    { "deep recursion is fine",
      "{{ define \"r\" }}{{ if lt . 9990 }}{{ range loop 1 }}{{ end }}"
      "{{ template \"r\" add 1 . }}{{ else }}{{ . }}{{ end }}{{ end }}"
      "{{ template \"r\" 1 }}",
      "9990", NULL },
};

static void test_limits(void **state)
{
    (void)state;
    CHECK_ROWS(limit_rows);
}

static void add_repeated(struct buf *buf, const char *text, size_t n)
{
    while (n--)
        buf_add_string(buf, text);
}

static void test_endless_loop(void **state)
{
    CLEANUP(template_freep) struct template *tmpl = NULL;
    CLEANUP(render_fini) struct render render = RENDER_EMPTY;
    CLEANUP(buf_fini) struct buf text = BUF_EMPTY;
    struct text_sink sink = text_sink_to_buf(&text);
    struct render_environment environment = world_environment;
    struct error err = ERROR_EMPTY;

    (void)state;
    environment.max_steps = 1000; /* the limit itself takes a second */
    assert_true(template_new("t", SLICE("{{ range loop 100000000000 }}{{ end }}"),
                             &(struct template_options){ 0 }, &tmpl, &err));
    assert_false(template_render(tmpl, &environment, &sink, &render, &err));
    assert_int_equal(err.code, ERROR_LIMIT);
    assert_string_equal(err.text, "t:1:1: the template runs for more than 1000 steps, the limit");
}

static void test_endless_output(void **state)
{
    CLEANUP(buf_fini) struct buf source = BUF_EMPTY;
    CLEANUP(outcome_fini) struct outcome got;

    (void)state;
    buf_add_string(&source, "{{ range loop 100000000000 }}");
    add_repeated(&source, "0123456789abcdef", 1 << 16);
    buf_add_string(&source, "{{ end }}");
    render_with(source.ptr, &(struct template_options){ 0 }, &got);
    assert_false(got.is_rendered);
    assert_int_equal(got.err.code, ERROR_LIMIT);
    assert_string_equal(got.err.text, "t:1:30: the output is longer than 64 MB, the limit");
}

static void test_endless_memory(void **state)
{
    CLEANUP(buf_fini) struct buf source = BUF_EMPTY;
    CLEANUP(outcome_fini) struct outcome got;

    (void)state;
    buf_add_string(&source, "{{ range loop 100000000000 }}{{ $x := print \"");
    add_repeated(&source, "0123456789abcdef", 1 << 16);
    buf_add_string(&source, "\" }}{{ end }}");
    render_with(source.ptr, &(struct template_options){ 0 }, &got);
    assert_false(got.is_rendered);
    assert_int_equal(got.err.code, ERROR_LIMIT);
    assert_string_equal(got.err.text,
                        "t:1:1: the template needs more than 256 MB of memory, the limit");
}

/* Calls of C nest here; how many fit depends on the compiler, so only the shape is fixed. */
static void test_deep_execution(void **state)
{
    CLEANUP(outcome_fini) struct outcome got;

    (void)state;
    render_with("{{ define \"r\" }}{{ executeTemplate \"r\" }}{{ end }}{{ executeTemplate \"r\" }}",
                &(struct template_options){ 0 }, &got);
    assert_false(got.is_rendered);
    assert_int_equal(got.err.code, ERROR_LIMIT);
    assert_int_equal(got.err.line, 1);
    assert_int_equal(got.err.column, 54);
}

static void test_deep_nesting(void **state)
{
    static const struct {
        const char *open, *middle, *close;
    } rows[] = {
        { "{{ if 1 }}", "x", "{{ end }}" },
        { "{{ range loop 1 }}", "x", "{{ end }}" },
        { "{{ block \"b\" 1 }}", "x", "{{ end }}" },
        { "(", "1", ")" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        for (size_t n = 100; n <= 100000; n *= 1000) {
            CLEANUP(buf_fini) struct buf source = BUF_EMPTY;
            CLEANUP(template_freep) struct template *tmpl = NULL;
            struct error err = ERROR_EMPTY;
            bool is_parens = rows[i].open[0] == '(';

            buf_add_string(&source, is_parens ? "{{ " : "");
            add_repeated(&source, rows[i].open, n);
            buf_add_string(&source, rows[i].middle);
            add_repeated(&source, rows[i].close, n);
            buf_add_string(&source, is_parens ? " }}" : "");

            bool is_good =
                template_new("t", buf_slice(&source), &(struct template_options){ 0 }, &tmpl, &err);

            if (n > LIMIT_PARSE_DEPTH)
                assert_non_null(strstr(err.text, "nested more than 500 deep, the limit"));
            else if (i != 2) /* blocks of one name are another error */
                assert_true(is_good);
        }
    }
}

static void test_many_arguments(void **state)
{
    CLEANUP(buf_fini) struct buf source = BUF_EMPTY, want = BUF_EMPTY;
    CLEANUP(outcome_fini) struct outcome outcome;

    (void)state;
    buf_add_string(&source, "{{print");
    for (int i = 0; i < 300; i++) {
        buf_add_string(&source, " \"x\"");
        buf_add_byte(&want, 'x');
    }
    buf_add_string(&source, "}}");
    render_with(source.ptr, &(struct template_options){ 0 }, &outcome);
    assert_true(outcome.is_rendered);
    assert_string_equal(outcome.text.ptr, want.ptr);
}

static void test_large_templates(void **state)
{
    CLEANUP(buf_fini) struct buf source = BUF_EMPTY;
    struct template *tmpl;
    struct error err = ERROR_EMPTY;

    (void)state;
    buf_add_repeated(&source, 'x', LIMIT_TEMPLATE_BYTES + 1);
    assert_false(
        template_new("t", buf_slice(&source), &(struct template_options){ 0 }, &tmpl, &err));
    assert_string_equal(err.text, "t: the template has 16777217 bytes, the limit is 16 MB");
}

/* What each element costs must not be memory: fields, integers and calls without a result of their
 * own leave the arena alone. */
static void test_memory_of_a_render(void **state)
{
    CLEANUP(outcome_fini) struct outcome got;

    (void)state;
    render_with("{{ range loop 100000 }}{{ . }}{{ if eq . 5 }}{{ end }}{{ with \"x\" }}{{ . }}{{ "
                "end }}{{ end }}",
                &(struct template_options){ 0 }, &got);
    assert_true(got.is_rendered);
    assert_true(got.render.arena.used < 4096);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pipelines),
        cmocka_unit_test(test_blocks),
        cmocka_unit_test(test_templates),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_builtins),
        cmocka_unit_test(test_consul),
        cmocka_unit_test(test_questions),
        cmocka_unit_test(test_guarded),
        cmocka_unit_test(test_questions_of_a_failure),
        cmocka_unit_test(test_rendering_again),
        cmocka_unit_test(test_foreign_bytes),
        cmocka_unit_test(test_a_sink_may_refuse),
        cmocka_unit_test(test_written_files),
        cmocka_unit_test(test_written_files_refused),
        cmocka_unit_test(test_error_on_missing_key),
        cmocka_unit_test(test_denylist),
        cmocka_unit_test(test_who_reads_output),
        cmocka_unit_test(test_delimiters),
        cmocka_unit_test(test_sandbox),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_endless_loop),
        cmocka_unit_test(test_endless_output),
        cmocka_unit_test(test_endless_memory),
        cmocka_unit_test(test_deep_execution),
        cmocka_unit_test(test_deep_nesting),
        cmocka_unit_test(test_many_arguments),
        cmocka_unit_test(test_large_templates),
        cmocka_unit_test(test_memory_of_a_render),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
