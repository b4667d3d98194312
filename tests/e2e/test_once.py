"""Runs that end by themselves: --once, -dry, -version, and what they leave."""
import re
import subprocess
import time

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
    edgewright.write("in", '{{key "a"}}')       # a Consul that has just started has no nodes yet, and says so
    run = edgewright.start("-once", "-template", "in:out")
    run.wait_for_log(re.escape(own_consul.address))
    own_consul.start()
    own_consul.kv_put("a", "there")
    assert run.wait(30) == 0
    assert rig.read(edgewright.folder / "out") == "there"


def test_once_gives_a_file_its_command_when_another_one_times_out(edgewright, consul):
    """The next run would find the file unchanged, and never run the command."""
    good = edgewright.template("text", "good", command="echo done >> ran")
    late = edgewright.template('{{key "late"}}', "late")
    done = edgewright.run("-once", "-timeout", "1s", "-config", edgewright.config(good, late))
    assert done.status == 3 and re.search(r"still missing:\n.*kv\.get\(late\)", done.err), done
    assert rig.read(good["destination"]) == "text"
    assert rig.read(edgewright.folder / "ran") == "done\n"


def test_once_stopped_by_a_signal_gives_a_file_its_command(edgewright, consul):
    good = edgewright.template("text", "good", command="echo done >> ran")
    late = edgewright.template('{{key "late"}}', "late")
    run = edgewright.start("-once", "-config", edgewright.config(good, late))
    rig.wait_for_file(good["destination"], "text")
    assert run.stop() == 0
    assert rig.read(edgewright.folder / "ran") == "done\n"


def test_once_that_times_out_in_a_command_says_so(edgewright, consul):
    entry = edgewright.template("text", command="sleep 1000")
    done = edgewright.run("-once", "-timeout", "1s", "-config", edgewright.config(entry))
    assert done.status == 3 and re.search(r"still missing:\n.*its command has not ended", done.err), done


def test_once_fails_at_once_when_a_file_cannot_be_written(edgewright, consul):
    late = edgewright.template('{{key "late"}}', "late")
    bad = edgewright.template("text", "bad")
    bad["destination"].mkdir()
    done = edgewright.run("-once", "-config", edgewright.config(bad, late))
    assert done.status == 1 and "is a folder" in done.err, done


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


def test_dry_ends_when_nobody_reads(edgewright, consul):
    consul.kv_put("a", "1")
    edgewright.write("in", '{{key "a"}}')
    command = ["-dry", "-consul-addr", consul.address, "-template", "in:out"]
    run = subprocess.Popen(["/bin/sh", "-c", '"$@" | :; wait', "sh", edgewright.binary, *command],
                           cwd=edgewright.folder, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        rig.wait_until(lambda: consul.kv_put("a", str(time.monotonic())) is None and run.poll() is not None,
                       "it has ended")
    finally:
        run.kill()
    assert "standard output: Broken pipe" in run.communicate()[1]


def test_dry_prints_a_text_once(edgewright, consul):
    consul.kv_put("a", "x")
    consul.kv_put("b", "1")
    edgewright.write("in", '{{key "a" | len}} {{key "b"}}')
    run = edgewright.start("-dry", "-template", "in:out", stdout=(edgewright.folder / "printed").open("w"))
    rig.wait_for_file(edgewright.folder / "printed", "> out\n1 1")
    consul.kv_put("a", "y")
    consul.kv_put("b", "2")
    rig.wait_for_file(edgewright.folder / "printed", lambda text: text.endswith("1 2"))
    assert rig.read(edgewright.folder / "printed").count("1 1") == 1
    assert run.stop() == 0


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
