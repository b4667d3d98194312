"""What operators and bad luck do to a running daemon: deliveries go on."""
import json
import os
import signal
import stat

import rig


def status(folder):
    return json.loads((folder / "status.json").read_text())


def test_the_state_folder_vanishes(edgewright, consul, tmp_path):
    consul.kv_put("a", "1")
    entry = edgewright.template('{{key "a"}}', command="cat out >> taken", check="test -s {}")
    state = tmp_path / "state"
    config = edgewright.config(entry, runtime_dir=str(tmp_path), state_dir=str(state))
    daemon = edgewright.start("-config", config)
    rig.wait_for_file(edgewright.folder / "taken", "1")
    state.rename(tmp_path / "gone")
    consul.kv_put("a", "2")
    rig.wait_for_file(edgewright.folder / "taken", "12")
    rig.wait_until(lambda: (state / "journal.json").exists(), "the journal is written again")
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    consul.kv_put("a", "")
    daemon.wait_for_log("refuses .*; kept for you: ")
    consul.kv_put("a", "3")
    rig.wait_for_file(edgewright.folder / "taken", "123")
    assert daemon.stop() == 0
    (tmp_path / "status.json").unlink(missing_ok=True)
    daemon = edgewright.start("-config", config)
    rig.wait_until(lambda: (tmp_path / "status.json").exists() and status(tmp_path)["is_ready"], "it is ready")
    assert rig.read(edgewright.folder / "taken") == "123"       # taken up already


def test_a_template_moves_to_another_group_while_its_command_is_owed(edgewright, consul, tmp_path):
    for key in "abc":
        consul.kv_put(key, "1")
    command = "echo ran >> tried; test -e ok && echo taken >> taken"
    entries = {key: edgewright.template('{{key "%s"}}' % key, key, group="one" if key != "c" else "two") for key in "abc"}
    entries["a"]["command"] = command
    config = edgewright.config(*entries.values(), runtime_dir=str(tmp_path), state_dir=str(tmp_path / "state"))
    daemon = edgewright.start("-config", config)
    daemon.wait_for_log("failed: exit status 1")
    entries["a"]["group"] = "two"
    assert edgewright.config(*entries.values(), runtime_dir=str(tmp_path), state_dir=str(tmp_path / "state")) == config
    daemon.send(signal.SIGHUP)
    daemon.wait_for_log("configuration read again")
    (edgewright.folder / "ok").touch()
    rig.wait_for_file(edgewright.folder / "taken", "taken\n")
    rig.wait_until(lambda: all(g["state"] == "idle" for g in status(tmp_path)["groups"]), "all is taken up")
    consul.kv_put("c", "2")
    rig.wait_for_file(edgewright.folder / "taken", "taken\ntaken\n")
    consul.kv_put("b", "2")
    rig.wait_for_file(entries["b"]["destination"], "2")
    assert daemon.stop() == 0
    (tmp_path / "status.json").unlink(missing_ok=True)
    daemon = edgewright.start("-config", config)
    rig.wait_until(lambda: (tmp_path / "status.json").exists() and status(tmp_path)["is_ready"], "it is ready")
    assert rig.read(edgewright.folder / "taken") == "taken\ntaken\n"


def test_a_destination_becomes_a_folder(edgewright, consul, tmp_path):
    consul.kv_put("a", "1")
    entries = [edgewright.template('{{key "a"}}', name, group="one") for name in ("x", "y")]
    entries[0]["command"] = "cat x y >> taken"
    daemon = edgewright.start("-config", edgewright.config(*entries, state_dir=str(tmp_path / "state")))
    rig.wait_for_file(edgewright.folder / "taken", "11")
    y = entries[1]["destination"]
    os.unlink(y)
    os.mkdir(y)
    consul.kv_put("a", "2")
    daemon.wait_for_log("is a folder; next attempt in")
    assert rig.read(entries[0]["destination"]) == "1"
    os.rmdir(y)
    rig.wait_for_file(edgewright.folder / "taken", "1122", 30)
    assert daemon.is_running()
