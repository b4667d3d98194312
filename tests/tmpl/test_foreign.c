/* SPDX-License-Identifier: MIT */
/* What comes out of Consul's catalogue stays recognizable, whatever a template does to it: a row
 * for every function there is. In what is expected, foreign bytes stand between '<' and '>'. */
#include "tmpl/function.h"
#include "world.h"

#include "unit.h"

/* $i is an instance, $f a foreign text ("a1"), $m one with an own beginning ("x-a1"). */
#define HEAD                                                                    \
    "{{ define \"t\" }}[{{ . }}]{{ end }}{{ $i := index (service \"web\") 0 }}" \
    "{{ $f := $i.Node }}{{ $m := print \"x-\" $f }}{{ $kv := tree \"app\" }}{{ $s := scratch }}"

struct row {
    const char *name, *source, *want;
};

static const struct row rows[] = {
    /* Whose the answers are. */
    { "service", "{{ $i.Node }} {{ $i.Port }} {{ $i.Tags }} {{ $i.ServiceMeta }}",
      "<a1> 8001 [<blue> <v1.4>] map[<version>:<1.4> <weight>:<30>]" },
    { "guarded", "{{ range guarded \"on\" \"web\" }}{{ .Node }} {{ end }}", "<a1> <d1> " },
    { "services", "{{ range services }}{{ .Name }} {{ end }}", "<empty> <web> " },
    { "connect", "{{ (index (connect \"web\") 0).Address }}", "<10.0.0.1>" },
    { "node",
      "{{ with node \"a1\" }}{{ .Node.Node }} {{ range .Services }}{{ .Service }}{{ end }}"
      "{{ end }}",
      "<a1> <web>" },
    { "nodes", "{{ range nodes }}{{ .Node }} {{ .Meta }} {{ end }}",
      "<a1> map[<version>:<1.4> <weight>:<30>] <a2> map[] " },
    { "datacenters", "{{ datacenters }}", "[dc1 dc2]" },
    { "key", "{{ key \"app/name\" }} {{ key (printf \"app/%s\" (or \"name\" $f)) }}",
      "storefront storefront" },
    { "keyExists", "{{ keyExists \"app/name\" }}", "true" },
    { "keyOrDefault", "{{ keyOrDefault \"app/absent\" $m }} {{ keyOrDefault \"app/name\" $f }}",
      "x-<a1> storefront" },
    { "ls", "{{ range ls \"app\" }}{{ .Key }}={{ .Value }} {{ end }}", "name=storefront " },
    { "safeLs", "{{ range safeLs \"app\" }}{{ .Value }}{{ end }}", "storefront" },
    { "tree", "{{ range $kv }}{{ .Path }} {{ end }}", "app/dir/x app/name " },
    { "safeTree", "{{ range safeTree \"app\" }}{{ .Value }}{{ end }}", "deepstorefront" },
    { "file", "{{ file \"motd\" }}", "Hello\n" },
    { "env", "{{ env \"NAME\" }}", "edge" },
    { "mustEnv", "{{ mustEnv \"NAME\" }}", "edge" },
    { "envOrDefault", "{{ envOrDefault \"NAME\" $f }} {{ envOrDefault \"NO\" $m }}",
      "edge x-<a1>" },
    { "sockaddr", "{{ sockaddr \"GetPrivateIP\" }}", "" },

    /* The spans are kept. */
    { "print", "{{ print $m 1 $f $i.Tags }}", "x-<a1>1<a1>[<blue> <v1.4>]" },
    { "println", "{{ println $m $i.Node }}", "x-<a1> <a1>\n" },
    { "printf", "{{ printf \"%s|%v|%4s|%.1s|%d\" $m $i.Tags $f $f $i.Port }}",
      "x-<a1>|[<blue> <v1.4>]|  <a1>|<a>|8001" },
    { "printf, a foreign format", "{{ printf $m }} {{ printf (print $f \"%d\") $f }}",
      "x-<a1> <a1>%!<d>(string=<a1>)" },
    { "printf, quoted", "{{ printf \"%q %x\" $m $m }}", "<\"x-a1\"> <782d6131>" },
    { "index", "{{ index $i.Tags 0 }}{{ index $i.ServiceMeta \"weight\" }}", "<blue><30>" },
    { "slots", "{{ range slots 2 (service \"web\") }}{{ .Node }} {{ end }}", "<a1> <d1> " },
    { "slice", "{{ slice $m 1 3 }}{{ slice $i.Tags 1 }}", "-<a>[<v1.4>]" },
    { "and", "{{ and 1 $m }}", "x-<a1>" },
    { "or", "{{ or \"\" $m }}", "x-<a1>" },
    { "join", "{{ join \"+\" $i.Tags }} {{ join $f (split \",\" \"x,y\") }}",
      "<blue>+<v1.4> x<a1>y" },
    { "split", "{{ split \"-\" $m }} {{ split $f \"xa1y\" }}", "[x <a1>] [x y]" },
    { "splitToMap", "{{ splitToMap \",\" \"=\" (print \"k=\" $f) }}", "map[k:<a1>]" },
    { "trim", "{{ trim \"x\" $m }} {{ trim $f \"a1x\" }}", "-<a1> x" },
    { "trimPrefix", "{{ trimPrefix \"x-a\" $m }}", "<1>" },
    { "trimSuffix", "{{ trimSuffix \"1\" $m }}", "x-<a>" },
    { "trimSpace", "{{ trimSpace (print \" \" $m) }}", "x-<a1>" },
    { "indent", "{{ indent 2 $m }} {{ print \"l\\n\" $f | indent 1 }}", "  x-<a1>  l\n <a1>" },
    { "replaceAll", "{{ replaceAll \"-\" $f $m }} {{ replaceAll \"x\" \"y\" $m }}",
      "x<a1a1> y-<a1>" },
    { "regexReplaceAll",
      "{{ regexReplaceAll \"-\" $f $m }} {{ regexReplaceAll \"(.)1\" \"$1\" $m }}",
      "x<a1a1> x-<a>" },
    { "executeTemplate", "{{ executeTemplate \"t\" $m }}", "[x-<a1>]" },
    { "template", "{{ template \"t\" $m }}", "[x-<a1>]" },
    { "scratch",
      "{{ $s.Set \"k\" $m }}{{ $s.Get \"k\" }}{{ $s.MapSet \"m\" $f \"v\" }}"
      "{{ $s.MapSetX \"m\" \"z\" $m }}{{ $s.SetX \"k\" 1 }}{{ $s.Get \"m\" }}"
      "{{ $s.MapValues \"m\" }}{{ $s.Key \"k\" }}",
      "x-<a1>map[<a1>:v z:x-<a1>][v x-<a1>]true" },

    /* Maps by names of the catalogue, and what they hold. */
    { "byKey", "{{ range $k, $v := byKey $kv }}{{ $k }}{{ end }}", "dir" },
    { "byMeta", "{{ range $k, $v := byMeta \"weight\" (service \"web\") }}{{ $k }}{{ end }}",
      "<30>" },
    { "byPort", "{{ range $k, $v := byPort (service \"web\") }}{{ $k }} {{ end }}", "8001 8006 " },
    { "byTag", "{{ range $k, $v := byTag (service \"web\") }}{{ $k }} {{ end }}",
      "<blue> <green> <v1.4> " },
    { "explode", "{{ explode $kv }}", "map[dir:map[x:deep] name:storefront]" },
    { "explodeMap", "{{ explodeMap (parseJSON (printf `{\"a/b\":%q}` $f)) }}",
      "map[<a>:map[<b>:<a1>]]" },
    { "mergeMap", "{{ mergeMap (parseJSON (printf `{\"a\":%q}` $f)) (parseJSON `{\"b\":1}`) }}",
      "map[<a>:<a1> b:1]" },
    { "mergeMapWithOverride",
      "{{ mergeMapWithOverride (parseJSON (printf `{\"a\":%q}` $f)) (parseJSON `{\"b\":1}`) }}",
      "map[<a>:<a1> b:1]" },

    /* Nothing from Consul is foreign, too: a word that is not there moves all that follow. */
    { "nothing",
      "{{ trim \"a1\" $f }}{{ slice $f 1 1 }}{{ toUpper (trim \"a1\" $f) }}{{ join \"\" (split "
      "\"a1\" $f) }}"
      "{{ slice $m 1 1 }}",
      "<><><><>" },

    /* Any other function makes all of it foreign. */
    { "html", "{{ html $m }} {{ html $i.Tags }}", "<x-a1> <[blue v1.4]>" },
    { "js", "{{ js $m }}", "<x-a1>" },
    { "urlquery", "{{ urlquery $m }}", "<x-a1>" },
    { "toLower", "{{ toLower $m }}", "<x-a1>" },
    { "toUpper", "{{ toUpper $m }}", "<X-A1>" },
    { "toTitle", "{{ toTitle $m }}", "<X-A1>" },
    { "base64Decode", "{{ base64Decode (base64Encode $m) }}", "<x-a1>" },
    { "base64Encode", "{{ base64Encode $m }}", "<eC1hMQ==>" },
    { "base64URLDecode", "{{ base64URLDecode (base64URLEncode $m) }}", "<x-a1>" },
    { "base64URLEncode", "{{ base64URLEncode $m }}", "<eC1hMQ==>" },
    { "hmacSHA256Hex", "{{ slice (hmacSHA256Hex $m \"k\") 0 4 }}", NULL },
    { "md5sum", "{{ slice (md5sum $m) 0 4 }}", NULL },
    { "sha256Hex", "{{ slice (sha256Hex $m) 0 4 }}", NULL },
    { "parseJSON", "{{ parseJSON (printf \"[%q]\" $f) }}", "[<a1>]" },
    { "toJSON", "{{ toJSON $m }} {{ toJSON \"own\" }} {{ toJSON $i.Tags }}",
      "<\"x-a1\"> \"own\" <[\"blue\",\"v1.4\"]>" },
    { "toJSONPretty", "{{ toJSONPretty $m }}", "<\"x-a1\">" },
    { "toUnescapedJSON", "{{ toUnescapedJSON $m }}", "<\"x-a1\">" },
    { "toUnescapedJSONPretty", "{{ toUnescapedJSONPretty $m }}", "<\"x-a1\">" },
    { "parseYAML", "{{ parseYAML (print \"a: \" $f) }}", "map[<a>:<a1>]" },
    { "toYAML", "{{ toYAML $i.Tags }}", "<- blue\n- v1.4>" },
    { "toTOML", "{{ toTOML $i.ServiceMeta }}", "<version = \"1.4\"\nweight = \"30\">" },
    { "timestamp", "{{ timestamp $m }}", NULL },
    { "caLeaf", NULL, NULL },
    { "caRoots", NULL, NULL },
    { "call", NULL, NULL }, /* there is nothing that it could call */
    { "exportedServices", NULL, NULL },
    { "importedServices", NULL, NULL },
    { "partitions", NULL, NULL },
    { "peerings", NULL, NULL },
    { "writeToFile", "{{ writeToFile \"/a\" \"\" \"\" \"0644\" $m }}", "" },

    /* Numbers and truths are nobody's. */
    { "eq", "{{ eq $f \"a1\" }}", "true" },
    { "ge", "{{ ge $f \"a1\" }}", "true" },
    { "gt", "{{ gt $f \"a1\" }}", "false" },
    { "le", "{{ le $f \"a1\" }}", "true" },
    { "lt", "{{ lt $f \"a1\" }}", "false" },
    { "ne", "{{ ne $f \"a1\" }}", "false" },
    { "not", "{{ not $f }}", "false" },
    { "len", "{{ len $m }}", "4" },
    { "contains", "{{ contains \"blue\" $i.Tags }}", "true" },
    { "containsAll", "{{ containsAll (parseJSON `[\"blue\"]`) $i.Tags }}", "true" },
    { "containsAny", "{{ containsAny (parseJSON `[\"blue\"]`) $i.Tags }}", "true" },
    { "containsNone", "{{ containsNone (parseJSON `[\"blue\"]`) $i.Tags }}", "false" },
    { "containsNotAll", "{{ containsNotAll (parseJSON `[\"blue\"]`) $i.Tags }}", "false" },
    { "in", "{{ in $i.Tags \"blue\" }}", "true" },
    { "regexMatch", "{{ regexMatch \"a.\" $f }}", "true" },
    { "parseBool", "{{ parseBool (trimPrefix \"a\" $f) }}", "true" },
    { "parseInt", "{{ parseInt (trimPrefix \"a\" $f) }}", "1" },
    { "parseUint", "{{ parseUint (trimPrefix \"a\" $f) }}", "1" },
    { "parseFloat", "{{ parseFloat (trimPrefix \"a\" $f) }}", "1" },
    { "add", "{{ add $i.Port 1 }}", "8002" },
    { "subtract", "{{ subtract 1 $i.Port }}", "8000" },
    { "multiply", "{{ multiply $i.Port 1 }}", "8001" },
    { "divide", "{{ divide 1 $i.Port }}", "8001" },
    { "modulo", "{{ modulo 2 $i.Port }}", "1" },
    { "minimum", "{{ minimum 2 $i.Port }}", "2" },
    { "maximum", "{{ maximum 2 $i.Port }}", "8001" },
    { "loop", "{{ range loop 2 }}{{ . }}{{ end }}", "01" },

    /* What the operator allows is his own. */
    { "raw", "{{ raw $f }} {{ $m | raw }}", "a1 x-a1" },
    { "words", "{{ words (join \" \" $i.Tags) }}", "blue v1.4" },
};

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

static bool render(const char *source, struct buf *text, struct render *render, struct error *err)
{
    CLEANUP(template_freep) struct template *tmpl = NULL;
    CLEANUP(buf_fini) struct buf whole = BUF_EMPTY;
    struct text_sink sink = { .own = on_own, .foreign = on_foreign, .ctx = text };

    buf_printf(&whole, "%s%s", HEAD, source);
    if (template_new("t", buf_slice(&whole), &(struct template_options){ 0 }, &tmpl, err) &&
        template_render(tmpl, &world_environment, &sink, render, err))
        return true;
    buf_clear(text);
    buf_add_string(text, err->text);
    return false;
}

/* Without a text to expect: everything in it is foreign. */
static bool is_wholly_foreign(struct slice picture)
{
    return slice_starts_with(picture, SLICE("<")) &&
           slice_find_byte(picture, '>') == picture.len - 1;
}

static void test_every_function(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CLEANUP(render_fini) struct render result = RENDER_EMPTY;
        CLEANUP(buf_fini) struct buf text = BUF_EMPTY;
        struct error err = ERROR_EMPTY;

        print_message("%s\n", rows[i].name);
        if (!rows[i].source)
            continue;
        render(rows[i].source, &text, &result, &err);
        if (rows[i].want)
            assert_string_equal(text.len ? text.ptr : "", rows[i].want);
        else if (!is_wholly_foreign(buf_slice(&text)))
            fail_msg("not wholly foreign: %.*s", SLICE_ARG(buf_slice(&text)));
    }
}

static bool has_row(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        if (strcmp(rows[i].name, name) == 0)
            return true;
    }
    return false;
}

static void test_no_function_is_missing(void **state)
{
    static const struct function_group *const groups[] = {
        &functions_builtin, &functions_consul,   &functions_collection, &functions_string,
        &functions_regex,   &functions_encoding, &functions_yaml,       &functions_math,
        &functions_time,    &functions_foreign,  &functions_slots,
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
        for (size_t j = 0; j < groups[i]->n; j++) {
            if (!has_row(groups[i]->items[j].name))
                fail_msg("no row for '%s'", groups[i]->items[j].name);
        }
    }
}

static const struct {
    const char *name, *source, *error, *culprit;
} culprit_rows[] = {
    { "words", "{{ words (print $f \"#\") }}",
      "t:1:159: words: expected letters, digits, spaces and -_.:/,+@%= only, found a byte 0x23",
      "a1" },
    { "words, a newline", "{{ words \"a\\nb\" }}",
      "t:1:159: words: expected letters, digits, spaces and -_.:/,+@%= only, found a byte 0x0a",
      "" },
    { "a number that is none", "{{ parseInt $m }}",
      "t:1:159: parseInt: 'x-a1' is not a number of type int64", "a1" },
    { "a name that no question can have", "{{ service (print $f \" !\") }}",
      "t:1:159: service: invalid format: unexpected ' !' in 'a1 !'", "a1" },
    { "in a template", "{{ executeTemplate \"t\" (service (print $f \" !\")) }}",
      "t:1:180: service: invalid format: unexpected ' !' in 'a1 !'", "a1" },
    { "nobody's", "{{ index $i.Tags 7 }}", "t:1:159: index: index out of range: 7", "" },
};

static void test_culprits(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(culprit_rows); i++) {
        CLEANUP(render_fini) struct render result = RENDER_EMPTY;
        CLEANUP(buf_fini) struct buf text = BUF_EMPTY;
        struct error err = ERROR_EMPTY;

        print_message("%s\n", culprit_rows[i].name);
        assert_false(render(culprit_rows[i].source, &text, &result, &err));
        assert_string_equal(err.text, culprit_rows[i].error);
        if (!slice_is(result.culprit, culprit_rows[i].culprit))
            fail_msg("the culprit is '%.*s'", SLICE_ARG(result.culprit));
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_function),
        cmocka_unit_test(test_no_function_is_missing),
        cmocka_unit_test(test_culprits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
