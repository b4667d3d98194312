"""Exec mode: a program that edgewright keeps, as in a container."""
import json
import os
import signal
import subprocess
import urllib.request

import pytest
import rig

# Notes what it is told; `kill -9` aside it ends by itself only.
SERVER = """#!/usr/bin/python3
import os, signal, sys
log, text = sys.argv[1], sys.argv[2]
def note(what):
    with open(log, "a") as file:
        file.write(what + "\\n")
def on(signo, frame):
    note(f"{signal.Signals(signo).name} {open(text).read()}")
    if signo in (signal.SIGQUIT, signal.SIGINT):
        sys.exit(7)
for signo in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGHUP, signal.SIGQUIT, signal.SIGINT, signal.SIGTERM):
    signal.signal(signo, on)
note(f"start {open(text).read()}")
while True:
    signal.pause()
"""


@pytest.fixture
def server(edgewright):
    """The command line of such a program, and its notes."""
    class Server:
        path = edgewright.write("server", SERVER)
        notes = edgewright.folder / "notes"
        command = f"{path} {notes} {edgewright.folder / 'out'}"

        def wait_for(self, *lines):
            rig.wait_for_file(self.notes, "".join(line + "\n" for line in lines))
    Server.path.chmod(0o755)
    return Server()


@pytest.fixture
def entry(edgewright, consul):
    consul.kv_put("a", "1")
    return edgewright.template('{{key "a"}}')


def wait_for_end(daemon):
    return rig.wait_until(lambda: (daemon.child.poll(),) if daemon.child.poll() is not None else None,
                          lambda: "it ends:\n" + daemon.text())[0]


def test_started_reloaded_and_ended(edgewright, consul, entry, server):
    late = edgewright.template('{{key "late"}}', "late")
    config = edgewright.config(entry, late, exec={"command": server.command, "reload_signal": "SIGUSR2",
                                                  "kill_signal": "SIGQUIT"})
    daemon = edgewright.start("-config", config)
    rig.wait_for_file(entry["destination"], "1")
    assert not server.notes.exists()            # one file is missing
    consul.kv_put("late", "x")
    server.wait_for("start 1")
    consul.kv_put("a", "2")
    server.wait_for("start 1", "SIGUSR2 2")
    assert daemon.stop(signal.SIGTERM) == 0     # stopped by a signal, whatever it says
    server.wait_for("start 1", "SIGUSR2 2", "SIGQUIT 2")


def test_without_a_reload_signal_it_is_started_anew(edgewright, consul, entry, server):
    daemon = edgewright.start("-config", edgewright.config(entry), "-exec", server.command)
    server.wait_for("start 1")
    consul.kv_put("a", "2")
    server.wait_for("start 1", "SIGINT 2", "start 2")
    assert daemon.is_running()


def test_signals_are_passed_on(edgewright, entry, server):
    daemon = edgewright.start("-config", edgewright.config(entry), "-exec", server.command,
                              "-reload-signal", "", "-exec-reload-signal", "HUP")
    server.wait_for("start 1")
    daemon.send(signal.SIGUSR1)
    server.wait_for("start 1", "SIGUSR1 1")
    daemon.send(signal.SIGHUP)
    server.wait_for("start 1", "SIGUSR1 1", "SIGHUP 1")
    daemon.send(signal.SIGQUIT)                 # its end is ours, with its exit status
    assert wait_for_end(daemon) == 7


def test_what_does_not_end_is_killed(edgewright, entry, server):
    daemon = edgewright.start("-config", edgewright.config(entry), "-exec", server.command,
                              "-exec-kill-signal", "SIGUSR1", "-exec-kill-timeout", "200ms")
    server.wait_for("start 1")
    assert daemon.stop(signal.SIGINT) == 0
    server.wait_for("start 1", "SIGUSR1 1")


@pytest.mark.parametrize("command, status", [("exit 3", 3), ("kill -KILL $$", 137), ("/nonexistent/program", 127)],
                         ids=["exit status", "killed", "not there"])
def test_its_end_is_ours(edgewright, entry, command, status):
    for mode in ([], ["-once"]):
        daemon = edgewright.start("-config", edgewright.config(entry), "-exec", command, *mode)
        assert wait_for_end(daemon) == status, daemon.text()


def test_what_it_sees(edgewright, entry):
    """Its environment by the lists, without secrets; its output is ours."""
    config = edgewright.config(entry, exec={
        "command": ["env"], "env": {"custom": ["ADDED=1", "A_B=2"], "allowlist": ["A_*", "CONSUL_*", "PATH"],
                                    "denylist": ["A_C"]}})
    done = edgewright.run("-once", "-config", config, env={"A_A": "1", "A_B": "1", "A_C": "1", "B": "1",
                                                           "CONSUL_HTTP_TOKEN": ""})
    assert done.status == 0, done
    names = sorted(line.split("=")[0] for line in done.out.splitlines())
    assert [name for name in names if name not in ("PATH",)] == ["ADDED", "A_A", "A_B", "CONSUL_HTTP_ADDR"], done
    assert "A_B=2" in done.out
    config = edgewright.config(entry, exec={"command": ["/usr/bin/env"], "env": {"pristine": True, "custom": ["X=1"]}})
    assert edgewright.run("-once", "-config", config).out == "X=1\n"


def test_hup(edgewright, consul, entry, server):
    """Another command is started in its place; without one, the old one ends and we go on."""
    config = edgewright.config(entry, exec={"command": server.command, "reload_signal": "SIGUSR2"})
    daemon = edgewright.start("-config", config)
    server.wait_for("start 1")
    daemon.send(signal.SIGHUP)
    daemon.wait_for_log("configuration read again")
    edgewright.config(entry, exec={"command": server.command, "reload_signal": "SIGUSR2", "env": {"custom": ["X=1"]}})
    daemon.send(signal.SIGHUP)
    server.wait_for("start 1", "SIGINT 1", "start 1")
    edgewright.config(entry)
    daemon.send(signal.SIGHUP)
    server.wait_for("start 1", "SIGINT 1", "start 1", "SIGINT 1")
    consul.kv_put("a", "2")
    rig.wait_for_file(entry["destination"], "2")
    edgewright.config(entry, exec=server.command)
    daemon.send(signal.SIGHUP)
    server.wait_for("start 1", "SIGINT 1", "start 1", "SIGINT 1", "start 2")
    assert daemon.is_running()


def test_its_status(edgewright, consul, server):
    """What it is doing, how often it was started anew, and how it ended last."""
    run_dir = edgewright.folder / "run"
    run_dir.mkdir()
    late = edgewright.template('{{key "late"}}')
    daemon = edgewright.start("-config", edgewright.config(late, exec=server.command, runtime_dir=str(run_dir)))

    def program(**wanted):
        """Of the status, as soon as it has these members."""
        def claim():
            known = json.loads(rig.read(run_dir / "status.json") or "{}").get("exec")
            return known and all(known[name] == value for name, value in wanted.items()) and known
        return rig.wait_until(claim, lambda: f"it is {wanted}: {rig.read(run_dir / 'status.json')}")
    assert program(state="waiting")["pid"] == 0
    consul.kv_put("late", "1")
    server.wait_for("start 1")
    first = program(state="running", restarts=0, last_exit="")
    assert rig.is_alive(first["pid"]) and first["command"] == str(server.path) and first["since"] > 0
    consul.kv_put("late", "2")
    server.wait_for("start 1", "SIGINT 2", "start 2")
    second = program(state="running", restarts=1, last_exit="exit status 7")
    assert second["pid"] != first["pid"]
    said = edgewright.run("status", "-runtime-dir", run_dir, consul=False)
    assert f"running (pid {second['pid']})" in said.out and "1 restarts" in said.out, said
    assert "exit status 7" in said.out, said
    daemon.stop()


def test_haproxy(edgewright, consul):
    """As in a container: HAProxy in the foreground, reloaded by its master's signal, ended with us."""
    port = rig.free_port()
    consul.kv_put("text", "one")
    entry = edgewright.template(f"""\
        defaults
          mode http
          timeout client 5s
          timeout connect 5s
          timeout server 5s
        listen web
          bind 127.0.0.1:{port}
          http-request return status 200 content-type text/plain string "{{{{key "text"}}}}"
""", "haproxy.cfg")
    daemon = edgewright.start("-config", edgewright.config(entry), "-exec",
                              f"haproxy -W -f {entry['destination']}", "-exec-reload-signal", "SIGUSR2",
                              "-exec-kill-signal", "SIGTERM")

    def answer():
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as reply:
                return reply.read().decode()
        except OSError:
            return None
    rig.wait_until(lambda: answer() == "one", "HAProxy answers")
    pid = daemon.wait_for_log(r"exec 'haproxy': started \(pid (\d+)\)")[1]
    consul.kv_put("text", "two")
    rig.wait_until(lambda: answer() == "two", "HAProxy has reloaded")
    rig.wait_until(lambda: len(rig.children(pid)) == 1, "the master has seen the old worker's end")
    assert rig.is_alive(pid)        # the same master
    assert daemon.stop() == 0
    assert not rig.is_alive(pid) and not rig.is_taken(port)


def test_nothing_is_started_dry(edgewright, entry, server):
    done = edgewright.run("-once", "-dry", "-config", edgewright.config(entry), "-exec", server.command)
    assert done.status == 0 and not server.notes.exists(), done


def test_as_process_1_it_reaps_orphans(edgewright, consul, entry):
    """A container: what the program leaves behind comes to process 1."""
    mark = edgewright.folder / "mark"
    script = edgewright.write("leave", f"""#!/bin/bash
(setsid sh -c 'sleep 0.1' & )
(setsid sh -c 'exit 1' & )
for i in $(seq 200); do
    # Other children of process 1 than this one, ended or not.
    others=$(ps -o pid=,ppid=,stat= | awk '$2 == 1 && $1 != '$$)
    [ -n "$others" ] || {{ echo none > {mark}; break; }}
    sleep 0.05
done
exit 5
""")
    script.chmod(0o755)
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    argv = ["unshare", *user, "--pid", "--fork", "--kill-child", "--mount-proc", *map(str, edgewright.argv(
        ["-config", edgewright.config(entry), "-exec", script], True))]
    done = subprocess.run(argv, cwd=edgewright.folder, env=edgewright.environment(None), capture_output=True, text=True,
                          timeout=30)
    assert done.returncode == 5, done
    assert mark.read_text() == "none\n"
