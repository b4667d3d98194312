/* SPDX-License-Identifier: MIT */
/* What is found in a template before it runs, and what must not be claimed. */
#include "unit.h"

#include <stdio.h>

#include "base/buf.h"
#include "tmpl/check.h"
#include "tmpl/template.h"

static const struct {
    const char *name, *source, *want; /* findings, one a line */
} cases[] = {
    /* Fields */
    { "a field that nothing has", "{{ range service \"web\" }}{{ .Adress }}{{ end }}",
      "t:1:29: a value of type *dependency.HealthService has no field 'Adress', did you mean "
      "'Address'?\n" },
    { "fields that are there",
      "{{ range service \"web\" }}{{ .Address }}{{ .ServiceMeta.x }}{{ .Weights.Passing }}{{ end "
      "}}",
      "" },
    { "a field of a field", "{{ range service \"web\" }}{{ .Weights.Nope }}{{ end }}",
      "t:1:37: a value of type api.AgentWeights has no field 'Nope'\n" },
    { "a field of a list", "{{ (service \"web\").Port }}",
      "t:1:19: a value of type []*dependency.HealthService has no field 'Port'\n" },
    { "a field of a string", "{{ range services }}{{ .Name.First }}{{ end }}",
      "t:1:29: a value of type string has no field 'First'\n" },
    { "a field with an argument", "{{ range nodes }}{{ .Node 1 }}{{ end }}",
      "t:1:21: field 'Node' takes no argument\n" },
    { "through variables",
      "{{ range $i, $s := service \"web\" }}{{ $t := $s }}{{ $t.Nope }}{{ end }}",
      "t:1:55: a value of type *dependency.HealthService has no field 'Nope', did you mean "
      "'Node'?\n" },
    { "through with and index",
      "{{ with service \"web\" }}{{ with index . 0 }}{{ .Prot }}{{ end }}{{ end }}",
      "t:1:48: a value of type *dependency.HealthService has no field 'Prot', did you mean "
      "'Port'?\n" },
    { "through else with", "{{ with \"\" }}{{ else with node }}{{ .Nodes }}{{ end }}",
      "t:1:37: a value of type *dependency.CatalogNode has no field 'Nodes', did you mean "
      "'Node'?\n" },
    { "through a template",
      "{{ define \"t\" }}{{ .Prot }}{{ end }}{{ range service \"web\" }}"
      "{{ template \"t\" . }}{{ end }}",
      "t:1:20: in template 't': a value of type *dependency.HealthService has no field 'Prot', did "
      "you mean 'Port'?\n" },
    { "through an executed template",
      "{{ define \"t\" }}{{ $.Prot }}{{ end }}{{ executeTemplate \"t\" (index (service \"web\") 0) "
      "}}",
      "t:1:21: in template 't': a value of type *dependency.HealthService has no field 'Prot', did "
      "you mean 'Port'?\n" },
    { "a template with several types is checked with each",
      "{{ define \"t\" }}{{ .Name }}{{ end }}{{ range services }}{{ template \"t\" . }}{{ end }}"
      "{{ range nodes }}{{ template \"t\" . }}{{ end }}",
      "t:1:20: in template 't': a value of type *dependency.Node has no field 'Name'\n" },
    { "through functions that keep types",
      "{{ range $t, $l := service \"web\" | byTag }}{{ range $l }}{{ .Nope }}{{ end }}{{ end }}"
      "{{ range slice (nodes) 1 }}{{ .Nope }}{{ end }}{{ range ls \"a\" | byKey }}{{ range . }}"
      "{{ .Nope }}{{ end }}{{ end }}",
      "t:1:61: a value of type *dependency.HealthService has no field 'Nope', did you mean "
      "'Node'?\n"
      "t:1:117: a value of type *dependency.Node has no field 'Nope', did you mean 'Node'?\n"
      "t:1:176: a value of type *dependency.KeyPair has no field 'Nope'\n" },
    { "the elements of tags", "{{ range services }}{{ range .Tags }}{{ .X }}{{ end }}{{ end }}",
      "t:1:41: a value of type string has no field 'X'\n" },
    { "a method that the scratch lacks", "{{ scratch.Delete \"a\" }}",
      "t:1:11: a value of type *template.Scratch has no field 'Delete'\n" },
    { "in a branch that is not taken", "{{ if false }}{{ range nodes }}{{ .X }}{{ end }}{{ end }}",
      "t:1:35: a value of type *dependency.Node has no field 'X'\n" },

    /* Types that are not known */
    { "nothing is known of what the scratch has",
      "{{ with scratch.Get \"a\" }}{{ .a.b.c }}{{ range .x }}{{ .y }}"
      "{{ toUpper . }}{{ end }}{{ end }}",
      "" },
    { "nothing is known of an assigned variable",
      "{{ $x := service \"web\" }}{{ if true }}{{ $x = nodes }}{{ end }}{{ range $x }}{{ .ID }}{{ "
      ".X }}"
      "{{ end }}",
      "" },
    { "nothing is known of either of two",
      "{{ with or (scratch.Get \"a\") (service \"b\") }}{{ .X }}"
      "{{ end }}",
      "" },

    { "nothing is known of the index of what is not known",
      "{{ range $i, $v := scratch.Get \"a\" }}{{ toUpper $i }}{{ end }}", "" },
    { "the dot of the text", "{{ .A.B }}{{ $.C }}{{ range . }}{{ .X }}{{ end }}", "" },
    { "a variable that an empty range leaves",
      "{{ range $x := nodes }}{{ else }}{{ $x.Y }}{{ end }}", "" },

    /* Calls */
    { "too few arguments", "{{ join \",\" }}", "t:1:4: join: expected 2 arguments, found 1\n" },
    { "too many by a pipe", "{{ 1 | len 2 }}", "t:1:8: len: expected 1 argument, found 2\n" },
    { "a constant of the wrong type", "{{ toUpper 5 }}",
      "t:1:12: expected string, found a number\n" },
    { "a value of the wrong type", "{{ nodes | toUpper }}",
      "t:1:12: expected string, found a value of type []*dependency.Node\n" },
    { "no value", "{{ toUpper .Name }}", "t:1:12: expected string, found no value\n" },
    { "two findings of one call", "{{ indent \"2\" 5 }}",
      "t:1:11: expected int, found a constant of type string\n"
      "t:1:15: expected string, found a number\n" },
    { "arguments for a constant", "{{ \"a\" 1 }}",
      "t:1:4: only a function or method takes arguments\n" },
    { "nil alone", "{{ nil }}", "t:1:4: nil is not a command\n" },
    { "a range over a string", "{{ range \"abc\" }}{{ end }}",
      "t:1:10: 'range' cannot iterate over a value of type string\n" },
    { "a range over a number with two variables", "{{ range $a, $b := 3 }}{{ end }}",
      "t:1:20: 'range' over a number has one variable, not two\n" },
    { "templates that are not there", "{{ template \"x\" }}{{ executeTemplate \"y\" }}",
      "t:1:13: no template is called 'x'\n"
      "t:1:22: executeTemplate: no template is called 'y'\n" },
    { "variables of another branch",
      "{{ if 1 }}{{ $x := 1 }}{{ else }}{{ $x }}{{ end }}{{ $y = 1 }}",
      "t:1:37: undefined variable '$x'\n"
      "t:1:59: undefined variable '$y'\n" },

    /* Languages inside the language */
    { "a malformed query", "{{ range service \"a|nonsense\" }}{{ end }}",
      "t:1:10: service: invalid filter 'nonsense': expected passing, warning, critical, "
      "maintenance "
      "or any\n" },
    { "a malformed query through a pipe and a variable",
      "{{ $q := \"a b\" }}{{ $q | service | len }}",
      "t:1:26: service: invalid format: unexpected ' b' in 'a b'\n" },
    { "a malformed guard",
      "{{ range guarded \"max=3\" \"web\" }}{{ end }}{{ guarded \"hold=x\" (print \"w\") | len }}"
      "{{ guarded \"on\" \"a b\" | len }}{{ guarded \"on\" | len }}",
      "t:1:10: guarded: unknown setting 'max': expected min_instances, max_shrink or hold\n"
      "t:1:46: guarded: 'hold': expected a duration such as 10m, or 'forever', found 'x'\n"
      "t:1:86: guarded: invalid format: unexpected ' b' in 'a b'\n"
      "t:1:116: guarded: expected at least 2 arguments, found 1\n" },
    { "a good guard",
      "{{ range guarded \"min_instances=2\" \"t.web@dc|any\" }}{{ .Name }}{{ end }}", "" },
    { "a query that is computed", "{{ service (print \"a b\") | len }}", "" },
    { "good queries", "{{ service \"t.web@dc~n|any\" | len }}{{ key \"a/b\" }}{{ node | len }}",
      "" },
    { "a malformed pattern", "{{ \"x\" | regexMatch \"(\" }}",
      "t:1:10: regexMatch: regular expression: offset 0: '(' is never closed\n" },
    { "a missing variable may be there at run time", "{{ mustEnv \"NO\" }}{{ env \"NO\" }}", "" },
    { "endless recursion is none of ours",
      "{{ define \"r\" }}{{ template \"r\" . }}{{ end }}"
      "{{ template \"r\" 1 }}",
      "" },
    { "an unused template", "{{ define \"t\" }}{{ .X.Y }}{{ len }}{{ end }}",
      "t:1:30: in template 't': len: expected 1 argument, found 0\n" },
};

static void test_findings(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP(template_freep) struct template *tmpl = NULL;
        CLEANUP(check_findings_fini) struct check_findings findings = CHECK_FINDINGS_EMPTY;
        CLEANUP(buf_fini) struct buf got = BUF_EMPTY;
        struct error err = ERROR_EMPTY;

        print_message("%s\n", cases[i].name);
        if (!template_new("t", slice_from(cases[i].source), &(struct template_options){ 0 }, &tmpl,
                          &err))
            fail_msg("%s", err.text);
        template_check(tmpl, &findings);
        for (size_t j = 0; j < findings.n; j++)
            buf_printf(&got, "%s\n", findings.items[j].text);
        assert_string_equal(got.ptr ? got.ptr : "", cases[i].want);
    }
}

static void test_denied_functions(void **state)
{
    static const char *const denied[] = { "file" };
    CLEANUP(template_freep) struct template *tmpl = NULL;
    CLEANUP(check_findings_fini) struct check_findings findings = CHECK_FINDINGS_EMPTY;
    struct error err = ERROR_EMPTY;

    (void)state;
    assert_true(template_new("t", SLICE("{{ file \"x\" }}"),
                             &(struct template_options){ .denylist = denied, .n_denylist = 1 },
                             &tmpl, &err));
    template_check(tmpl, &findings);
    assert_int_equal(findings.n, 1);
    assert_string_equal(findings.items[0].text,
                        "t:1:4: the function 'file' is disabled by function_denylist");
}

static void test_many_findings(void **state)
{
    CLEANUP(template_freep) struct template *tmpl = NULL;
    CLEANUP(check_findings_fini) struct check_findings findings = CHECK_FINDINGS_EMPTY;
    CLEANUP(buf_fini) struct buf source = BUF_EMPTY;
    struct error err = ERROR_EMPTY;

    (void)state;
    for (int i = 0; i < CHECK_MAX_FINDINGS + 7; i++)
        buf_add_string(&source, "{{ len }}\n");
    assert_true(
        template_new("t", buf_slice(&source), &(struct template_options){ 0 }, &tmpl, &err));
    template_check(tmpl, &findings);
    assert_int_equal(findings.n, CHECK_MAX_FINDINGS);
    assert_int_equal(findings.n_more, 7);
    assert_int_equal(findings.items[CHECK_MAX_FINDINGS - 1].line, CHECK_MAX_FINDINGS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_findings),
        cmocka_unit_test(test_denied_functions),
        cmocka_unit_test(test_many_findings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
