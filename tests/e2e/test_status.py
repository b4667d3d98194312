"""`edgewright status`, metrics_file, and what they say of a daemon in trouble."""
import contextlib
import json
import os
import subprocess
import time

import pytest
import rig


@pytest.fixture
def run_dir(edgewright):
    folder = edgewright.folder / "run"
    folder.mkdir()
    return folder


def status(edgewright, run_dir, *args):
    return edgewright.run("status", "-runtime-dir", run_dir, *args, consul=False)


def test_healthy_degraded_gone(edgewright, consul, run_dir):
    consul.kv_put("a", "1")
    assert status(edgewright, run_dir).status == 3
    daemon = edgewright.start("-runtime-dir", run_dir, "-template", f"{edgewright.write('t', '{{key `a`}}')}:out")
    rig.wait_for_file(edgewright.folder / "out", "1")
    rig.wait_until(lambda: status(edgewright, run_dir).status == 0, "it is healthy")
    said = status(edgewright, run_dir)
    assert "healthy" in said.out and "1 of 1 templates up to date" in said.out and "\033" not in said.out, said
    assert "1 questions: 1 armed" in said.out, said
    assert status(edgewright, run_dir, "-max-age", "10m").status == 0
    document = json.loads(status(edgewright, run_dir, "-json").out)
    assert document["pid"] == daemon.pid and document["version"] == 1
    metrics = status(edgewright, run_dir, "-prometheus").out
    assert "\nedgewright_ready 1\n" in metrics and '\nedgewright_watches{state="armed"} 1\n' in metrics, metrics
    daemon.kill()                                               # it leaves its file
    assert (run_dir / "status.json").exists()
    assert status(edgewright, run_dir).status == 3


def on_terminal(edgewright, run_dir, **env):
    """What `edgewright status` writes to a terminal."""
    ours, its = os.openpty()
    try:
        argv = [str(word) for word in edgewright.argv(["status", "-runtime-dir", run_dir], False)]
        assert subprocess.run(argv, env=edgewright.environment({"TERM": "xterm", "NO_COLOR": "", **env}),
                              stdin=subprocess.DEVNULL, stdout=its).returncode == 0
    finally:
        os.close(its)
    text = b""
    with open(ours, "rb", buffering=0) as reader, contextlib.suppress(OSError):     # EIO: that was all
        while piece := reader.read(65536):
            text += piece
    return text.decode()


def test_colours(edgewright, consul, run_dir):
    consul.kv_put("a", "1")
    edgewright.start("-runtime-dir", run_dir, "-template", f"{edgewright.write('t', '{{key `a`}}')}:out")
    rig.wait_until(lambda: status(edgewright, run_dir).status == 0, "it is healthy")
    assert "\033[" in on_terminal(edgewright, run_dir)
    for env in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        said = on_terminal(edgewright, run_dir, **env)
        assert "healthy" in said and "\033" not in said, (env, said)


def members(node):
    """The names of all members in a document; those of consul_errors are kinds."""
    if isinstance(node, list):
        return set().union(*map(members, node))
    if not isinstance(node, dict):
        return set()
    return set(node).union(*(members(value) for name, value in node.items() if name != "consul_errors"))


def test_the_manual_has_every_member(edgewright, consul, run_dir):
    edgewright.start("-runtime-dir", run_dir, "-template", f"{edgewright.write('t', '{{key `missing`}}')}:out",
                     "-exec", "true")
    rig.wait_until(lambda: "waiting" in status(edgewright, run_dir).out, "it says what it waits for")
    page = (rig.TOP / "contrib/man/edgewright.8").read_text()
    section = page[page.index(".Sh STATUS"):page.index(".Sh EXIT STATUS")].split()
    assert not members(json.loads((run_dir / "status.json").read_text())) - set(section)


def test_trouble_is_named(edgewright, consul, run_dir):
    template = edgewright.write("t", "{{key `missing`}}")
    edgewright.start("-runtime-dir", run_dir, "-template", f"{template}:out")
    rig.wait_until(lambda: "waiting for kv.get(missing)" in status(edgewright, run_dir).out, "it says what it waits for")
    said = status(edgewright, run_dir)
    assert said.status == 1 and "degraded" in said.out and "To look at" in said.out, said
    assert status(edgewright, run_dir, "-max-age", "10m").status == 0         # Consul answers: that there is no such key
    consul.kv_put("missing", "found")
    rig.wait_until(lambda: status(edgewright, run_dir).status == 0, "it is healthy")


def test_half_a_file(edgewright, run_dir):
    (run_dir / "status.json").write_text('{"version": 1, "pid"')
    said = status(edgewright, run_dir)
    assert said.status == 1 and "it is no JSON document" in said.err, said


def test_an_old_file_of_a_loop_that_stands_still(edgewright, run_dir):
    (run_dir / "status.json").write_text(json.dumps({"version": 1, "pid": os.getpid(), "time": 1000, "is_ready": True}))
    said = status(edgewright, run_dir)
    assert said.status == 1 and "the daemon seems to stand still" in said.out, said


def test_what_the_screen_says_is_what_the_exit_status_says(edgewright, run_dir):
    """Written long ago, or not ready: that is not healthy."""
    for known in ({"time": 1000, "is_ready": True}, {"time": int(time.time()), "is_ready": False}):
        (run_dir / "status.json").write_text(json.dumps({"version": 1, "pid": os.getpid(), **known}))
        said = status(edgewright, run_dir)
        assert said.status == 1 and "degraded" in said.out and "healthy" not in said.out, said


def test_the_file_of_a_newer_version(edgewright, run_dir):
    """Who does not know all of it cannot say that all is well."""
    (run_dir / "status.json").write_text(json.dumps({"version": 2, "pid": os.getpid(), "time": int(time.time()), "is_ready": True}))
    for args in ((), ("-prometheus",), ("-max-age", "10m")):
        said = status(edgewright, run_dir, *args)
        assert said.status == 1 and said.out == "" and "version 2 is not known here, only 1" in said.err, said
    assert json.loads(status(edgewright, run_dir, "-json").out)["version"] == 2


def test_kept_answers_are_as_old_as_they_are(edgewright, consul, run_dir):
    """What was kept of an earlier process is in use, and Consul is away: --max-age counts from when Consul said it."""
    consul.kv_put("a", "1")
    state = edgewright.folder / "state"
    entry = edgewright.template("{{key `a`}}")
    config = edgewright.config(entry, state_dir=str(state), runtime_dir=str(run_dir))
    daemon = edgewright.start("-config", config)
    rig.wait_for_file(entry["destination"], "1")
    kept = rig.wait_until(lambda: list((state / "snapshot").glob("*.json")), "the answer is kept")
    daemon.stop()
    hour_ago = time.time() - 3600
    os.utime(kept[0], (hour_ago, hour_ago))
    entry["destination"].unlink()               # else it stays as it is, and nothing is rendered
    edgewright.start("-config", config, consul=f"127.0.0.1:{rig.free_port()}")
    rig.wait_until(lambda: json.loads(rig.read(run_dir / "status.json") or "{}").get("is_stale"), "kept answers are in use")
    assert status(edgewright, run_dir, "-max-age", "10m").status == 1
    assert status(edgewright, run_dir, "-max-age", "2h").status == 0


def test_metrics_file(edgewright, consul):
    consul.kv_put("a", "1")
    metrics = edgewright.folder / "edgewright.prom"
    config = edgewright.config(edgewright.template("{{key `a`}}"), metrics_file=str(metrics))
    daemon = edgewright.start("-config", config)
    rig.wait_until(lambda: "edgewright_ready 1\n" in (rig.read(metrics) or ""), "the metrics say so")
    lint(metrics.read_text())
    assert "edgewright_config_info{hash=" in metrics.read_text()
    daemon.stop()
    assert not metrics.exists()


def lint(text):
    """Prometheus' text form: HELP and TYPE before the samples, each name once, values are numbers."""
    seen, current = set(), None
    for line in text.splitlines():
        if line.startswith("# HELP "):
            current = line.split()[2]
            assert current not in seen, line
            seen.add(current)
        elif line.startswith("# TYPE "):
            assert line.split()[2] == current and line.split()[3] in ("gauge", "counter"), line
            assert (line.split()[3] == "counter") == current.endswith("_total"), line
        else:
            name, value = line.rsplit(" ", 1)
            assert name.split("{")[0] == current, line
            float(value)


def test_options(edgewright):
    for args in (("status", "-once"), ("-json",), ("status", "-json", "-prometheus"), ("status", "web")):
        assert subprocess.run([edgewright.binary, *args], capture_output=True).returncode == 2, args
