"""The control socket: release, pause and resume."""
import json
import os
import signal
import socket
import stat

import rig

PORTS = '{{range service "%s"}}{{.Port}} {{end}}\n'


def status(folder):
    return json.loads(rig.wait_for_file(folder / "status.json", lambda text: True))


def wait_for_socket(folder):
    rig.wait_until(lambda: (folder / "control").exists(), "the control socket is there")


def test_release(edgewright, consul, tmp_path):
    ids = [consul.register("web", 1), consul.register("api", 7)]
    guard = {"hold": "forever"}
    web = edgewright.template(PORTS % "web", "web", guard=guard)
    api = edgewright.template(PORTS % "api", "api", guard=guard)
    config = edgewright.config(web, api, runtime_dir=str(tmp_path))
    daemon = edgewright.start("-config", config)
    rig.wait_for_file(web["destination"], "1 \n")
    rig.wait_for_file(api["destination"], "7 \n")
    done = edgewright.run("release", "--config", config)
    assert (done.status, done.out) == (0, "nothing is held\n"), done
    for id in ids:
        consul.deregister(id)
    for name in ("web", "api"):
        daemon.wait_for_log(rf"health.service\({name}\): 0 of 1 .*, until they are released")
    done = edgewright.run("release", "nothing", "--config", config)
    assert (done.status, done.err) == (1, "nothing of 'nothing' is held\n"), done
    done = edgewright.run("--runtime-dir", tmp_path, "release", "web")
    assert (done.status, done.out) == (0, "released: health.service(web)\n"), done
    rig.wait_for_file(web["destination"], "\n")
    assert rig.read(api["destination"]) == "7 \n"
    done = edgewright.run("release", api["destination"], env={"RUNTIME_DIRECTORY": str(tmp_path)}, consul=None)
    assert (done.status, done.out) == (0, "released: health.service(api)\n"), done
    rig.wait_for_file(api["destination"], "\n")
    rig.wait_until(lambda: status(tmp_path)["held"] == [], "the status holds nothing")


def test_pause_survives_a_restart(edgewright, consul, tmp_path):
    for key in "ab":
        consul.kv_put(key, "1")
    entries = {key: edgewright.template('{{key "%s"}}' % key, key, command=f"echo {key} >> ran") for key in "ab"}
    config = edgewright.config(*entries.values(), runtime_dir=str(tmp_path), state_dir=str(tmp_path / "state"))
    daemon = edgewright.start("-config", config)
    outs = {key: entry["destination"] for key, entry in entries.items()}
    for out in outs.values():
        rig.wait_for_file(out, "1")
    done = edgewright.run("pause", outs["a"], "--config", config)
    assert (done.status, done.out) == (0, f"paused: the deliveries of '{outs['a']}'\n"), done
    for key in "ab":
        consul.kv_put(key, "2")
    rig.wait_for_file(outs["b"], "2")
    rig.wait_until(lambda: status(tmp_path)["paused"] == {"all": False, "groups": [str(outs["a"])]}, "the pause shows")
    assert f"; paused: {outs['a']}" in status(tmp_path)["status"]
    assert daemon.stop() == 0
    daemon = edgewright.start("-config", config)
    daemon.wait_for_log(f"paused since before this start: {outs['a']}")
    wait_for_socket(tmp_path)
    consul.kv_put("b", "3")
    rig.wait_for_file(outs["b"], "3")
    assert rig.read(outs["a"]) == "1"
    done = edgewright.run("resume", outs["b"], "--config", config)
    assert (done.status, done.out) == (0, f"'{outs['b']}' is not paused\n"), done
    done = edgewright.run("resume", "--config", config)
    assert (done.status, done.out) == (0, "resumed: all deliveries\n"), done
    rig.wait_for_file(outs["a"], "2")
    assert stat.S_IMODE((tmp_path / "state" / "paused").stat().st_mode) == 0o600
    rig.wait_until(lambda: status(tmp_path)["paused"] == {"all": False, "groups": []}, "nothing is paused")
    assert daemon.stop() == 0
    assert not (tmp_path / "control").exists()


def test_pause_all(edgewright, consul, tmp_path):
    consul.kv_put("a", "1")
    entry = edgewright.template('{{key "a"}}')
    config = edgewright.config(entry, runtime_dir=str(tmp_path))
    daemon = edgewright.start("-config", config)
    rig.wait_for_file(entry["destination"], "1")
    done = edgewright.run("pause", "--config", config)
    assert done.status == 0, done
    assert done.out == "paused: all deliveries\na restart will end it: no state_dir is configured\n"
    consul.kv_put("a", "2")
    rig.wait_until(lambda: any(w["changes"] > 1 for w in status(tmp_path)["watches"]), "it is watched")
    done = edgewright.run("resume", entry["destination"], "--config", config)
    assert done.status == 1 and done.err.startswith("all deliveries are paused, not"), done
    assert rig.read(entry["destination"]) == "1"
    done = edgewright.run("pause", "nobody", "--config", config)
    assert (done.status, done.err) == (1, "no group or template is called 'nobody'\n"), done
    edgewright.run("resume", "--config", config)
    rig.wait_for_file(entry["destination"], "2")
    assert daemon.is_running()


def test_a_pause_holds_what_is_owed(edgewright, consul, tmp_path):
    """Not even after the configuration was read again, or a restart."""
    consul.kv_put("a", "1")
    entry = edgewright.template('{{key "a"}}', command="echo ran >> tried; test -e ok && cat out >> taken")
    config = edgewright.config(entry, runtime_dir=str(tmp_path), state_dir=str(tmp_path / "state"))
    daemon = edgewright.start("-config", config)
    daemon.wait_for_log("failed: exit status 1")
    edgewright.run("pause", "--config", config)
    rig.wait_until(lambda: (status(tmp_path)["groups"][0]["is_paused"], status(tmp_path)["groups"][0]["state"])
                   == (True, "queued"), "it is paused, and no command runs")
    (edgewright.folder / "ok").touch()
    tried = rig.read(edgewright.folder / "tried")
    consul.kv_put("a", "2")
    daemon.send(signal.SIGHUP)
    rig.wait_until(lambda: any(w["changes"] > 1 for w in status(tmp_path)["watches"]), "it is watched")
    assert daemon.stop() == 0
    daemon = edgewright.start("-config", config)
    daemon.wait_for_log("paused since before this start")
    wait_for_socket(tmp_path)
    rig.wait_until(lambda: status(tmp_path)["groups"][0]["state"] == "queued", "the command is owed")
    assert rig.read(edgewright.folder / "tried") == tried and rig.read(entry["destination"]) == "1"
    edgewright.run("resume", "--config", config)
    rig.wait_for_file(edgewright.folder / "taken", "2")
    assert daemon.is_running()


def test_a_pause_that_cannot_be_read(edgewright, consul, tmp_path):
    consul.kv_put("a", "1")
    entry = edgewright.template('{{key "a"}}')
    (tmp_path / "state").mkdir(mode=0o700)
    (tmp_path / "state" / "paused").write_text('{"version": 2, "all": true}')
    daemon = edgewright.start("-config", edgewright.config(entry, state_dir=str(tmp_path / "state")))
    daemon.wait_for_log("paused': version 2 is not known here; it is '.*/paused.unreadable' now, and nothing is paused")
    rig.wait_for_file(entry["destination"], "1")


def test_the_socket_is_ours_alone_and_its_clients_are_bounded(edgewright, consul, tmp_path, sockets):
    consul.kv_put("a", "1")
    entry = edgewright.template('{{key "a"}}')
    daemon = edgewright.start("-config", edgewright.config(entry, runtime_dir=sockets))
    rig.wait_for_file(entry["destination"], "1")
    path = f"{sockets}/control"
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    for text, answer in ((b"\n", b"1\nunknown command ''\n"), (b"reboot now\n", b"1\nunknown command 'reboot'\n"),
                         (b"release x\nrelease y\n", b"1\nnothing of 'x' is held\n"), (b"x" * 100000, b"")):
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(path)
            try:
                client.sendall(text)
                reply = b"".join(iter(lambda: client.recv(65536), b""))
            except (BrokenPipeError, ConnectionResetError):
                reply = b""
            assert reply == answer, (text[:20], reply)
    assert daemon.is_running()


def test_nobody_to_tell(edgewright, tmp_path):
    done = edgewright.run("release", "--runtime-dir", tmp_path, consul=None)
    assert done.status == 3, done
    assert done.err == (f"edgewright: no daemon runs with the runtime_dir '{tmp_path}' (--config or --runtime-dir say "
                        "which one is meant)\n")
    done = edgewright.run("pause", "--config", edgewright.write("x.yaml", "nonsense: 1\n"), consul=None)
    assert done.status == 2 and "unknown key 'nonsense'" in done.err, done
