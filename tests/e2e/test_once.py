"""Runs that end by themselves: --once, -dry, -version, and what they leave."""
import re

import pytest
import rig


def test_once_writes_runs_the_command_and_ends(edgewright, consul):
    consul.kv_put("a", "value")
    entry = edgewright.template('{{key "a"}}\n', command="echo done >> ran")
    done = edgewright.run("--once", "-config", edgewright.config(entry))
    assert done.status == 0, done
    assert rig.read(entry["destination"]) == "value\n"
    assert rig.read(edgewright.folder / "ran") == "done\n"
    assert done.out == ""


@pytest.mark.parametrize("once", ["-once", "--once", "-once=true"])
def test_once_with_a_template_option(edgewright, consul, once):
    consul.kv_put("a", "value")
    edgewright.write("in", '{{key "a"}}')
    done = edgewright.run(once, "-template", "in:out:echo done > ran")
    assert done.status == 0, done
    assert rig.read(edgewright.folder / "out") == "value"
    assert rig.read(edgewright.folder / "ran") == "done\n"


def test_once_fails_when_the_command_fails(edgewright, consul):
    entry = edgewright.template("text", command="echo it broke >&2; exit 7")
    done = edgewright.run("-once", "-config", edgewright.config(entry))
    assert done.status == 1, done
    assert "it broke" in done.err and "7" in done.err
    assert rig.read(entry["destination"]) == "text"


def test_once_waits_for_a_key(edgewright, consul):
    edgewright.write("in", '{{key "late"}}')
    run = edgewright.start("-once", "-template", "in:out", "-log-level", "debug")
    rig.wait_until(lambda: consul.n_requests("/v1/kv/late"), "the key was asked for")
    assert run.is_running() and rig.read(edgewright.folder / "out") is None
    consul.kv_put("late", "there")
    assert run.wait() == 0
    assert rig.read(edgewright.folder / "out") == "there"


def test_once_waits_for_consul(edgewright, own_consul):
    edgewright.write("in", "{{range nodes}}{{.Node}}{{end}}")
    run = edgewright.start("-once", "-template", "in:out")
    run.wait_for_log(re.escape(own_consul.address))
    own_consul.start()
    assert run.wait(30) == 0
    assert rig.read(edgewright.folder / "out") == own_consul.node


def test_several_templates_and_files(edgewright, consul):
    """-config twice and a folder: all count."""
    consul.kv_put("a", "1")
    one = edgewright.template('{{key "a"}}', "one")
    two = edgewright.template('{{key "a"}}{{key "a"}}', "two")
    edgewright.config(one, name="first.yaml")
    edgewright.config(two, name="folder/second.yaml")
    done = edgewright.run("-once", "-config", "first.yaml", "-config", "folder")
    assert done.status == 0, done
    assert rig.read(one["destination"]) == "1" and rig.read(two["destination"]) == "11"


def test_dry_prints_and_touches_nothing(edgewright, consul):
    consul.kv_put("a", "value")
    entry = edgewright.template('{{key "a"}}\n', "sub/out", command="touch ran")
    before = sorted(edgewright.folder.rglob("*"))
    done = edgewright.run("-dry", "-once", "-template", f"{entry['source']}:{entry['destination']}:touch ran")
    assert done.status == 0, done
    assert done.out == f"> {entry['destination']}\nvalue\n"
    assert [path for path in sorted(edgewright.folder.rglob("*")) if path not in before] == []


def test_unchanged_text_runs_no_command(edgewright, consul):
    entry = edgewright.template("text\n", command="echo ran >> ran")
    config = edgewright.config(entry)
    assert edgewright.run("-once", "-config", config).status == 0
    before = entry["destination"].stat()
    assert edgewright.run("-once", "-config", config).status == 0
    after = entry["destination"].stat()
    assert rig.read(edgewright.folder / "ran") == "ran\n"
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_version_and_help(edgewright):
    for option in ("-version", "--version", "-v"):
        done = edgewright.run(option)
        assert done.status == 0 and re.search(r"edgewright \S*\d+\.\d+", done.out + done.err), done
    for option in ("-help", "--help", "-h"):
        done = edgewright.run(option)
        assert done.status == 0, done
        for word in ("-config", "-template", "-once", "-dry", "-wait", "-log-level", "-consul-addr", "-pid-file"):
            assert word in done.out, f"{word} in\n{done.out}"


def test_environment_in_templates(edgewright, consul):
    edgewright.write("in", '{{env "EDGE_TEST"}}')
    assert edgewright.run("-once", "-template", "in:out", env={"EDGE_TEST": "from outside"}).status == 0
    assert rig.read(edgewright.folder / "out") == "from outside"
