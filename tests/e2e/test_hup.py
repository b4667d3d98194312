"""HUP while things are going on: what need not change does not."""
import json
import signal

import pytest
import rig


@pytest.fixture
def entry(edgewright, consul):
    consul.kv_put("a", "1")
    return edgewright.template('{{key "a"}}')


def hup(daemon):
    mark = daemon.mark()
    daemon.send(signal.SIGHUP)
    daemon.wait_for_log("configuration read again|configuration refused", since=mark)


def test_files_that_tell_of_us_move(edgewright, entry):
    for name in ("run1", "run2"):
        (edgewright.folder / name).mkdir()
    old, new = edgewright.folder / "old.pid", edgewright.folder / "new.pid"
    config = edgewright.config(entry, pid_file=str(old), runtime_dir=str(edgewright.folder / "run1"))
    daemon = edgewright.start("-config", config)
    rig.wait_for_file(old, f"{daemon.pid}\n")
    rig.wait_until((edgewright.folder / "run1/status.json").exists, "the status is written")
    edgewright.config(entry, pid_file=str(new), runtime_dir=str(edgewright.folder / "run2"))
    hup(daemon)
    assert new.read_text() == f"{daemon.pid}\n" and not old.exists()
    rig.wait_until((edgewright.folder / "run2/status.json").exists, "the status is written")
    assert sorted(path.name for path in (edgewright.folder / "run1").iterdir()) == []
    assert (edgewright.folder / "run2/control").is_socket()

    # One that cannot be written refuses all; one that fails later leaves the file where it was.
    edgewright.config(entry, pid_file=str(edgewright.folder / "no/such/folder/pid"))
    hup(daemon)
    daemon.wait_for_log("configuration refused")
    edgewright.config({**entry, "source": "missing"}, pid_file=str(old))
    hup(daemon)
    assert new.read_text() == f"{daemon.pid}\n" and not old.exists()
    assert daemon.stop() == 0
    assert not new.exists() and list((edgewright.folder / "run2").iterdir()) == []


def test_log_level_is_applied(edgewright, entry):
    daemon = edgewright.start("-config", edgewright.config(entry, log_level="warn"))
    rig.wait_for_file(entry["destination"], "1")
    assert "info" not in daemon.text()
    edgewright.config(entry, log_level="debug", log_format="json")
    daemon.send(signal.SIGHUP)
    line = daemon.wait_for_log("{.*configuration read again.*")[0]
    assert json.loads(line)["level"] == "info"


def test_one_new_question_is_one_new_request(edgewright, consul, proxy):
    """Of many watches, those that stay are not asked anew."""
    names = [f"k{i}" for i in range(20)]
    for name in [*names, "new"]:
        consul.kv_put(name, name)
    entries = [edgewright.template(f'{{{{key "{name}"}}}}', name) for name in names]
    daemon = edgewright.start("-config", edgewright.config(*entries), consul=proxy.address)
    for entry in entries:
        rig.wait_for_file(entry["destination"], lambda text: text)
    # Everybody waits at Consul for the next index.
    rig.wait_until(lambda: sum("index=" in path for path, _ in proxy.requests) >= len(names), "all are watched")
    before = len(proxy.requests)
    edgewright.write("k7.ctmpl", '{{key "new"}}')
    hup(daemon)
    rig.wait_for_file(entries[7]["destination"], "new")
    rig.wait_until(lambda: len(proxy.requests) >= before + 2, "the new one is watched")
    asked = [path for path, _ in proxy.requests[before:]]
    assert all("/kv/new" in path for path in asked), asked
    assert sum("index=" not in path for path in asked) == 1, asked


def test_in_the_middle_of_a_delivery(edgewright, consul):
    """A command that runs is left alone, its end is heard, and it is not run again; later changes have their run."""
    consul.kv_put("a", "1")
    command = "echo begin >> ran; while ! test -e go; do sleep 0.02; done; echo end >> ran"
    entry = edgewright.template('{{key "a"}}', command=command)
    daemon = edgewright.start("-config", edgewright.config(entry))
    ran = edgewright.folder / "ran"
    rig.wait_for_file(ran, "begin\n")
    hup(daemon)
    hup(daemon)
    edgewright.write("out.ctmpl", "{{end}}")
    hup(daemon)
    daemon.wait_for_log("configuration refused")
    edgewright.write("go", "")
    rig.wait_for_file(ran, lambda text: text.count("end") >= 1)
    daemon.wait_for_log("delivered: first render")
    consul.kv_put("a", "2")
    rig.wait_for_file(entry["destination"], "2")
    rig.wait_for_file(ran, "begin\nend\n" * 2)
    assert daemon.is_running()


def test_a_template_begins_to_read_what_checks_say(edgewright, consul):
    """Until then it is not kept; nothing is delivered with half of it."""
    consul.register("web", 80, check="passing")
    state = edgewright.folder / "state"
    entry = edgewright.template('{{range service "web"}}{{.Port}}{{end}}\n')
    daemon = edgewright.start("-config", edgewright.config(entry, state_dir=str(state)))
    rig.wait_for_file(entry["destination"], "80\n")
    rig.wait_until(lambda: [*state.glob("snapshot/*.json")], "the snapshot is written")
    said = "Agent alive and reachable"                           # by the node's own check
    assert not any(said in path.read_text() for path in state.glob("snapshot/*.json"))
    edgewright.write("out.ctmpl", '{{range service "web"}}{{.Port}}{{range .Checks}} {{.Name}}: {{.Output}}{{end}}{{end}}\n')
    hup(daemon)
    rig.wait_for_file(entry["destination"], lambda text: "Service" in text)
    assert said in entry["destination"].read_text()
    consul.register("web", 81, check="passing")
    rig.wait_for_file(entry["destination"], lambda text: text.count("Service") == 2)
