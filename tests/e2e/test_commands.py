"""The command after a change: its output, its failures, its end."""
import re

import pytest
import rig


@pytest.fixture
def key(consul):
    consul.kv_put("a", "1")
    return '{{key "a"}}\n'


def test_a_failing_command_is_logged_and_tried_again(edgewright, consul, key):
    command = "echo ran >> ran; echo so it goes >&2; test -e fixed"
    entry = edgewright.template(key, command=command)
    daemon = edgewright.start("-config", edgewright.config(entry))
    daemon.wait_for_log("so it goes")
    rig.wait_for_file(edgewright.folder / "ran", lambda text: text.count("ran") >= 2, 30)
    assert rig.read(entry["destination"]) == "1\n"
    edgewright.write("fixed", "")
    mark = daemon.mark()
    consul.kv_put("a", "2")
    rig.wait_for_file(entry["destination"], "2\n")
    daemon.wait_for_log("so it goes", since=mark, timeout=30)
    assert daemon.is_running()


def test_a_hanging_command_is_ended_with_all_its_children(edgewright, consul, key):
    """Its process group gets TERM, and KILL when it does not care."""
    script = edgewright.write("hang", """\
        trap 'echo TERM >> heard' TERM
        echo $$ >> pids
        sh -c 'trap "" TERM; echo $$ >> pids; while :; do sleep 1000; done' &
        while :; do wait; done
        """)
    entry = edgewright.template(key, command=["sh", str(script)], command_timeout="300ms")
    daemon = edgewright.start("-config", edgewright.config(entry))
    pids = rig.wait_for_file(edgewright.folder / "pids", lambda text: text.count("\n") >= 2).split()[:2]
    rig.wait_until(lambda: not any(rig.is_alive(pid) for pid in pids), "the command's processes have ended", 40)
    assert "TERM" in rig.read(edgewright.folder / "heard")
    daemon.wait_for_log("300 ?ms|0.3 ?s|time")
    assert daemon.is_running() and rig.read(entry["destination"]) == "1\n"


def test_a_command_that_stops_with_the_daemon(edgewright, consul, key):
    """TERM to the daemon ends it, a running command notwithstanding."""
    entry = edgewright.template(key, command="echo $$ > pid; exec sleep 1000")
    daemon = edgewright.start("-config", edgewright.config(entry))
    rig.wait_for_file(edgewright.folder / "pid", lambda text: text.endswith("\n"))
    assert daemon.stop(timeout=40) == 0


def test_a_command_as_a_list_runs_without_a_shell(edgewright, consul, key):
    path = edgewright.folder / "with space; and $more"
    entry = edgewright.template(key, command=["touch", str(path)])
    done = edgewright.run("-once", "-config", edgewright.config(entry))
    assert done.status == 0 and path.exists(), done


def test_a_command_that_does_not_exist(edgewright, consul, key):
    entry = edgewright.template(key, command=["/no/such/program"])
    done = edgewright.run("-once", "-config", edgewright.config(entry))
    assert done.status == 1 and re.search("/no/such/program.*No such file", done.err), done
    assert rig.read(entry["destination"]) == "1\n"


def test_the_output_is_logged_line_by_line(edgewright, consul, key):
    entry = edgewright.template(key, command="echo one; echo two >&2; printf three")
    done = edgewright.run("-once", "-config", edgewright.config(entry))
    assert done.status == 0 and done.out == "", done
    for word in ("one", "two", "three"):
        assert sum(bool(re.search(rf"\b{word}$", line)) for line in done.err.splitlines()) == 1, done


def test_what_a_command_finds_in_its_environment(edgewright, consul, key, notify_socket):
    env = {"CONSUL_HTTP_TOKEN": "sesame-1", "CONSUL_TOKEN": "sesame-2", "EDGE_TEST": "kept", "NOTIFY_SOCKET": notify_socket.path}
    entry = edgewright.template(key, command="env > seen.tmp; mv seen.tmp seen")
    edgewright.start("-config", edgewright.config(entry), env=env)
    seen = rig.wait_for_file(edgewright.folder / "seen", lambda text: True)
    assert "EDGE_TEST=kept\n" in seen
    assert f"EDGEWRIGHT_FILES={entry['destination']}\n" in seen
    assert "EDGEWRIGHT_REASON=" in seen
    assert "sesame" not in seen and "NOTIFY_SOCKET" not in seen and "LISTEN_" not in seen


def test_a_change_that_does_not_change_the_text(edgewright, consul):
    consul.kv_put("a", "1")
    consul.kv_put("b", "1")
    text = '{{if keyExists "a"}}a is there{{end}} {{key "b"}}'
    entry = edgewright.template(text, command="echo ran >> ran")
    edgewright.start("-config", edgewright.config(entry))
    rig.wait_for_file(entry["destination"], "a is there 1")
    rig.wait_for_file(edgewright.folder / "ran", "ran\n")
    before = entry["destination"].stat()
    n_requests = consul.n_requests("/v1/kv/a")
    consul.kv_put("a", "2")
    rig.wait_until(lambda: consul.n_requests("/v1/kv/a") > n_requests, "the change was seen")
    assert entry["destination"].stat().st_ino == before.st_ino
    consul.kv_put("b", "2")
    rig.wait_for_file(entry["destination"], "a is there 2")
    rig.wait_for_file(edgewright.folder / "ran", "ran\nran\n")


def test_no_command_when_a_daemon_finds_its_file_as_it_should_be(edgewright, consul, key, notify_socket):
    entry = edgewright.template(key, command="echo ran >> ran")
    edgewright.write("out", "1\n")
    edgewright.start("-config", edgewright.config(entry), env={"NOTIFY_SOCKET": notify_socket.path})
    notify_socket.wait_for("READY=1")
    consul.kv_put("a", "2")
    rig.wait_for_file(entry["destination"], "2\n")
    rig.wait_for_file(edgewright.folder / "ran", "ran\n")
