"""What is wrong is said with its place, before anything is touched."""
import os
import re
import subprocess

import pytest
import rig

# name, template, line, column, what the message has to speak of
PARSE_ERRORS = [
    ("unclosed range", "a\n{{range services}}\n", 2, 1, "range"),
    ("unknown function", "a\nb {{ srevice \"x\" }}\n", 2, 6, "srevice.*service"),
    ("end without beginning", "x\n\n  {{end}}\n", 3, None, "end"),
    ("undeclared variable", "{{$x}}\n", 1, 3, r"\$x"),
    ("unclosed string", "{{\"abc}}\n", 1, 3, "string|quot"),
    ("in a branch never taken", "{{if false}}\n{{nope}}{{end}}", 2, 3, "nope"),
]


@pytest.mark.parametrize("text, line, column, reason", [row[1:] for row in PARSE_ERRORS],
                         ids=[row[0] for row in PARSE_ERRORS])
@pytest.mark.parametrize("mode", [["-once"], []], ids=["once", "daemon"])
def test_a_template_that_does_not_parse(edgewright, consul, mode, text, line, column, reason):
    source = edgewright.write("in.ctmpl", text)
    out = edgewright.write("out", "old")
    done = edgewright.run(*mode, "-template", f"{source}:{out}")
    assert done.status == 2, done
    place = re.search(r"in\.ctmpl:(\d+):(\d+): (.*)", done.err)
    assert place, done
    assert int(place[1]) == line and (column is None or int(place[2]) == column), done
    assert re.search(reason, place[3]), done
    # The line, and a caret below its column.
    shown = text.split("\n")[line - 1].strip()
    lines = done.err.split("\n")
    excerpt = next(i for i, each in enumerate(lines) if shown in each and "in.ctmpl:" not in each)
    caret = lines[excerpt + 1]
    assert re.fullmatch(r"[\s|]*\^[~^]*", caret), done
    offset = lines[excerpt].index(text.split("\n")[line - 1])
    assert caret.index("^") - offset + 1 == int(place[2]), done
    assert out.read_text() == "old"


def test_every_template_that_does_not_parse_is_named(edgewright, consul):
    one, two = edgewright.write("one", "{{end}}"), edgewright.write("two", "{{nope}}")
    done = edgewright.run("-once", "-template", f"{one}:o1", "-template", f"{two}:o2")
    assert done.status == 2, done
    assert "one:1:" in done.err and "two:1:" in done.err


def test_a_template_in_the_configuration_that_does_not_parse(edgewright):
    """It has no file of its own: the place of its entry says which one is meant."""
    config = edgewright.config({"contents": "a", "destination": "o1"}, {"contents": "{{nope}}", "destination": "o2"})
    line = config.read_text().split("\n").index('      "contents": "{{nope}}",')
    done = edgewright.run("check", "-config", config, consul=False)
    assert done.status == 2 and f"edgewright.yaml:{line} (contents):1:3: unknown function 'nope'" in done.err, done


def test_a_template_that_fails_to_run(edgewright, consul):
    consul.kv_put("a", "x")
    source = edgewright.write("in.ctmpl", 'first\n{{key "a" | parseInt}}\n')
    out = edgewright.write("out", "old")
    done = edgewright.run("-once", "-template", f"{source}:{out}")
    assert done.status == 1, done
    assert re.search(r"in\.ctmpl:2:\d+: .*parseInt", done.err), done
    assert out.read_text() == "old"


def test_a_daemon_survives_a_template_that_fails_to_run(edgewright, consul):
    consul.kv_put("a", "1")
    entry = edgewright.template('{{key "a" | parseInt}}')
    daemon = edgewright.start("-config", edgewright.config(entry))
    rig.wait_for_file(entry["destination"], "1")
    consul.kv_put("a", "x")
    daemon.wait_for_log(r"out\.ctmpl:1:\d+: .*parseInt")
    assert entry["destination"].read_text() == "1"
    consul.kv_put("a", "2")
    rig.wait_for_file(entry["destination"], "2")


CONFIG_ERRORS = [
    ("unknown key", "consul:\n  adress: x\n", r":2:3: .*adress.*address"),
    ("unknown key of a template", "template:\n  - source: a\n    destinaton: b\n", r":3:5: .*destinaton.*destination"),
    ("no YAML", "template: [\n", r":\d+:\d+: "),
    ("wrong kind", "template:\n  - source: a\n    destination: b\n    command_timeout: soon\n", r":4:\d+: .*soon"),
    ("no destination", "template:\n  - source: a\n", r":2:\d+: .*destination"),
    ("wrong wait", "wait: 5s:1s\n", r":1:\d+: "),
    ("perms", "template:\n  - source: a\n    destination: b\n    perms: rw-r--r--\n", r":4:\d+: .*perms|:4:\d+: .*rw-r"),
]


@pytest.mark.parametrize("text, wanted", [row[1:] for row in CONFIG_ERRORS], ids=[row[0] for row in CONFIG_ERRORS])
def test_a_configuration_that_is_wrong(edgewright, text, wanted):
    edgewright.write("a", "text")
    edgewright.write("edgewright.yaml", text)
    done = edgewright.run("-once", "-config", "edgewright.yaml")
    assert done.status == 2, done
    assert re.search(r"edgewright\.yaml" + wanted, done.err), done


def test_a_configuration_that_is_not_there(edgewright):
    done = edgewright.run("-once", "-config", "nowhere.yaml")
    assert done.status == 2 and re.search(r"nowhere\.yaml.*No such file", done.err), done


USAGE_ERRORS = [
    (["-consul-adr", "x"], "consul-adr.*consul-addr"),
    (["--onse"], "onse.*once"),
    (["-config"], "-config"),
    (["-log-level", "loud"], "debug.*loud"),
    (["-wait", "often"], "often"),
    (["-template", "lonely"], "-template.*destination"),
    (["-vault-addr", "x"], "-vault-addr"),
    ([], "template"),
]


@pytest.mark.parametrize("args, wanted", USAGE_ERRORS, ids=[" ".join(row[0]) or "nothing" for row in USAGE_ERRORS])
def test_a_command_line_that_is_wrong(edgewright, args, wanted):
    done = edgewright.run(*args)
    assert done.status == 2, done
    assert re.search(wanted, done.err.replace("\n", " ")), done
    assert done.out == ""


def test_what_is_refused_on_purpose_is_not_called_unknown(edgewright):
    done = edgewright.run("-vault-addr", "x")
    assert done.status == 2 and "nknown" not in done.err, done


@pytest.mark.parametrize("make, reason", [
    (lambda path: None, "No such file"),
    (lambda path: path.mkdir(), "folder"),
    (lambda path: path.symlink_to(path.name), "symbolic link"),
], ids=["missing", "a folder", "a link to itself"])
def test_a_source_that_cannot_be_read(edgewright, consul, make, reason):
    path = edgewright.folder / "in.ctmpl"
    make(path)
    out = edgewright.write("out", "old")
    done = edgewright.run("-once", "-template", f"{path}:{out}")
    assert done.status in (1, 2), done
    assert re.search(rf"in\.ctmpl.*{reason}", done.err), done
    assert out.read_text() == "old"


def test_closed_standard_streams_are_not_taken_by_files(edgewright, consul):
    """Else log lines could end up in what is being written."""
    consul.kv_put("a", "1")
    edgewright.write("in", '{{key "a"}}')
    argv = edgewright.argv(["-template", "in:out"], True)
    daemon = rig.Process(["/bin/sh", "-c", 'exec "$@" 0<&- 1>&- 2>&-', "sh", *argv], cwd=edgewright.folder)
    try:
        rig.wait_for_file(edgewright.folder / "out", "1")
        assert [os.readlink(f"/proc/{daemon.pid}/fd/{fd}") for fd in range(3)] == ["/dev/null"] * 3
    finally:
        daemon.kill()
    dry = ["/bin/sh", "-c", 'exec "$@" 1>&-', "sh", *argv, "-once", "-dry"]
    done = subprocess.run([str(word) for word in dry], cwd=edgewright.folder, capture_output=True, text=True)
    assert done.returncode == 1 and "standard output: Bad file descriptor" in done.stderr, done


def test_check_finds_what_the_peer_finds_with_the_first_instance(edgewright, consul):
    """At start the same is a warning: the branch may never be taken."""
    source = edgewright.write("in.ctmpl", 'a\n{{range service "web"}}{{.Adress}}{{end}}')
    done = edgewright.run("check", "-template", f"{source}:out", consul=None)
    assert done.status == 2, done
    assert re.search(r"in\.ctmpl:2:26: .*'Adress'.*did you mean 'Address'", done.err), done
    done = edgewright.run("-once", "-template", f"{source}:out")
    assert done.status == 0 and re.search(r"warn .*'Adress'", done.err), done
    assert rig.read(edgewright.folder / "out") == "a\n"
