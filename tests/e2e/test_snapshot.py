"""Last known good: a start without Consul, and a restart as no way round a guard."""
import json
import os
import stat
import time

import rig

PORTS = '{{range service "%s"}}{{.Port}} {{end}}\n'


def status(folder):
    return json.loads((folder / "status.json").read_text())


def kept(folder):
    """The snapshots by question."""
    entries = [json.loads(path.read_text())["entries"][0] for path in (folder / "state/snapshot").glob("*.json")]
    return {entry["question"]: entry for entry in entries}


def configure(edgewright, tmp_path, *templates, **settings):
    return edgewright.config(*templates, runtime_dir=str(tmp_path), state_dir=str(tmp_path / "state"), **settings)


def test_a_start_without_consul(edgewright, own_consul, tmp_path, notify_socket):
    own_consul.start()
    own_consul.register("web", 1)
    own_consul.kv_put("a", "old")
    there = edgewright.template(PORTS % "web" + '{{key "a"}}', "there")
    missing = edgewright.template('{{with service "web"}}{{key "a"}}{{end}}', "missing", command="echo ran >> ran")
    config = configure(edgewright, tmp_path, there, missing)
    daemon = edgewright.start("-config", config)
    rig.wait_for_file(there["destination"], "1 \nold")
    rig.wait_for_file(missing["destination"], "old")
    assert daemon.stop() == 0
    assert set(kept(tmp_path)) == {"health.service(web)", "kv.get(a)"}
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "state/snapshot").iterdir()}
    assert modes == {0o600} and stat.S_IMODE((tmp_path / "state/snapshot").stat().st_mode) == 0o700

    own_consul.stop()
    missing["destination"].unlink()
    there["destination"].write_text("by hand")
    daemon = edgewright.start("-config", config, env={"NOTIFY_SOCKET": notify_socket.path})
    daemon.wait_for_log("Consul is away: what is missing is rendered from answers of before this start")
    rig.wait_for_file(missing["destination"], "old")
    notify_socket.wait_for("READY=1")
    rig.wait_until(lambda: len(status(tmp_path)["stale"]) == 2, "both are marked stale")
    stale = status(tmp_path)["stale"]
    assert sorted(each["question"] for each in stale) == ["health.service(web)", "kv.get(a)"]
    assert all(each["age_s"] < 60 for each in stale)
    assert "; stale: 2 answers of before this start, the oldest " in status(tmp_path)["status"]
    assert rig.read(there["destination"]) == "by hand"

    own_consul.start()
    own_consul.kv_put("a", "new")
    rig.wait_for_file(missing["destination"], "new", 30)
    daemon.wait_for_log("all answers are Consul's own again")
    rig.wait_until(lambda: status(tmp_path)["stale"] == [], "nothing is stale")
    rig.wait_for_file(there["destination"], "1 \nnew")


def test_files_in_place_are_compared_with_the_journal(edgewright, consul, tmp_path, notify_socket):
    """While Consul is away, what was installed counts as delivered, what somebody has edited stays and is said, an output
    that is gone is made again, and what was there without us is no reason to be ready."""
    consul.kv_put("a", "1")
    whole = edgewright.template('{{key "a"}}', "whole")
    edited = edgewright.template('{{key "a"}}', "edited")
    output = edgewright.folder / "output"
    outputs = edgewright.template('{{key "a" | writeToFile "%s" "" "" "0644"}}main' % output, "outputs")
    config = configure(edgewright, tmp_path, whole, edited, outputs)
    daemon = edgewright.start("-config", config)
    for path in (whole["destination"], edited["destination"], output):
        rig.wait_for_file(path, "1")
    assert daemon.stop() == 0
    edited["destination"].write_text("by hand")
    output.unlink()
    away, env = f"127.0.0.1:{rig.free_port()}", {"NOTIFY_SOCKET": notify_socket.path}
    daemon = edgewright.start("-config", config, consul=away, env=env)
    rig.wait_for_file(output, "1")
    notify_socket.wait_for("READY=1")
    daemon.wait_for_log(f"delivery '.*edited.*': '{edited['destination']}' was changed by somebody else since it was "
                        "installed; it stays until there is a new text")
    assert "whole' was changed" not in daemon.text() and "not everything is in place" not in daemon.text()
    assert rig.read(edited["destination"]) == "by hand"
    assert daemon.stop() == 0

    theirs = edgewright.template('{{key "a"}}', "theirs")
    theirs["destination"].write_text("of others")
    config = configure(edgewright, tmp_path, whole, edited, outputs, theirs)
    daemon = edgewright.start("-config", config, consul=away)
    daemon.wait_for_log(f"'{theirs['destination']}' is there, and was not installed by us; it stays until there is a new")
    rig.wait_until(lambda: status(tmp_path)["is_ready"] is False, "it does not count")
    assert daemon.stop() == 0
    assert rig.read(theirs["destination"]) == "of others" and rig.read(edited["destination"]) == "by hand"


def test_a_restart_is_no_way_round_a_guard(edgewright, consul, tmp_path):
    ids = [consul.register("web", port) for port in (1, 2, 3)]
    entry = edgewright.template(PORTS % "web", guard={"hold": "forever"})
    config = configure(edgewright, tmp_path, entry)
    daemon = edgewright.start("-config", config)
    rig.wait_for_file(entry["destination"], "1 2 3 \n")
    assert daemon.stop() == 0
    for id in ids:
        consul.deregister(id)
    for _ in range(2):
        daemon = edgewright.start("-config", config)
        daemon.wait_for_log(r"health.service\(web\): 0 of 3 instances are left: the guard holds 3")
        rig.wait_until(lambda: status(tmp_path)["is_ready"], "all is rendered")
        assert rig.read(entry["destination"]) == "1 2 3 \n"
        assert daemon.stop() == 0
    daemon = edgewright.start("-config", config)
    daemon.wait_for_log("the guard holds 3")
    rig.wait_until(lambda: edgewright.run("release", "web", "-config", config).status == 0, "it is released")
    rig.wait_for_file(entry["destination"], "\n")


def test_a_restart_does_not_prolong_a_hold(edgewright, consul, tmp_path):
    """What is held goes when the guard's time is over since it began, also if that was in an earlier process."""
    ids = [consul.register("web", port) for port in (1, 2, 3)]
    entry = edgewright.template(PORTS % "web", guard={"hold": "1h"})
    config = configure(edgewright, tmp_path, entry, consul={"settle": "100ms"})
    daemon = edgewright.start("-config", config)
    rig.wait_for_file(entry["destination"], "1 2 3 \n")
    for id in ids:
        consul.deregister(id)
    daemon.wait_for_log(r"the guard holds .*\(1h0m0s\)")
    assert daemon.stop() == 0
    began = kept(tmp_path)["health.service(web)"]["held_since"]
    assert abs(time.time() - began) < 60

    path, = (tmp_path / "state/snapshot").glob("*.json")
    path.write_text(path.read_text().replace(str(began), str(began - 1800)))
    daemon = edgewright.start("-config", config)
    daemon.wait_for_log(r"the guard holds .*\(1h0m0s\)")
    held, = rig.wait_until(lambda: status(tmp_path)["held"], "it is in the status")
    assert 1500000 < held["left_ms"] <= 1800000 <= held["since_ms"] < 2100000
    assert daemon.stop() == 0
    again = kept(tmp_path)["health.service(web)"]["held_since"]
    assert again - (began - 1800) in (-1, 0, 1)

    path.write_text(path.read_text().replace(f'"held_since": {again}', f'"held_since": {began - 3600}'))
    daemon = edgewright.start("-config", config)
    daemon.wait_for_log(r"health.service\(web\): what was missing has not come back")
    rig.wait_for_file(entry["destination"], "\n")
    assert daemon.stop() == 0
    assert "held_since" not in kept(tmp_path)["health.service(web)"]


def test_what_is_missing_after_a_start_settles(edgewright, consul, tmp_path):
    ids = [consul.register("web", port) for port in (1, 2)]
    entry = edgewright.template(PORTS % "web", check="cat {} >> seen")      # what stands for a moment only, too
    config = configure(edgewright, tmp_path, entry, consul={"settle": "500ms"})
    daemon = edgewright.start("-config", config)
    rig.wait_for_file(entry["destination"], "1 2 \n")
    assert daemon.stop() == 0
    consul.deregister(ids[0])
    consul.register("web", 3)
    daemon = edgewright.start("-config", config)
    rig.wait_for_file(edgewright.folder / "seen", lambda text: text.startswith("1 2 \n1 2 3 \n"))
    daemon.wait_for_log(r"health.service\(web\): 1 instances are missing since Consul was away or went back, or we were "
                        "away; they stay until that has settled")
    daemon.wait_for_log(r"health.service\(web\): what was missing has not come back")
    rig.wait_for_file(entry["destination"], "2 3 \n")


def test_it_is_written_behind_and_only_what_is_asked(edgewright, consul, tmp_path):
    consul.kv_put("a", "1")
    entry = edgewright.template('{{key "a"}}')
    daemon = edgewright.start("-config", configure(edgewright, tmp_path, entry))
    rig.wait_for_file(entry["destination"], "1")
    rig.wait_until(lambda: kept(tmp_path).get("kv.get(a)"), "it is kept while the daemon runs")
    assert kept(tmp_path)["kv.get(a)"]["answer"][0]["Value"] == "MQ=="
    daemon.kill()


def start_away(edgewright, config):
    """A daemon that finds no Consul, and has noticed that."""
    daemon = edgewright.start("-config", config, consul=f"127.0.0.1:{rig.free_port()}")
    daemon.wait_for_log("onsul")
    return daemon


def test_what_is_old_or_strange_is_not_used(edgewright, consul, tmp_path):
    for key in "abcd":
        consul.kv_put(key, "1")
    entries = {key: edgewright.template('{{key "%s"}}' % key, key) for key in "abcd"}
    config = configure(edgewright, tmp_path, *entries.values(), snapshot_max_age="1h")
    daemon = edgewright.start("-config", config)
    for entry in entries.values():
        rig.wait_for_file(entry["destination"], "1")
    assert daemon.stop() == 0
    paths = {json.loads(path.read_text())["entries"][0]["question"]: path
             for path in (tmp_path / "state/snapshot").glob("*.json")}
    os.utime(paths["kv.get(a)"], (time.time() - 3700,) * 2)
    paths["kv.get(b)"].write_text(paths["kv.get(b)"].read_text()[:-20])
    paths["kv.get(c)"].write_text(paths["kv.get(c)"].read_text().replace('"machine": "', '"machine": "x'))
    for entry in entries.values():
        entry["destination"].unlink()
    daemon = start_away(edgewright, config)
    daemon.wait_for_log(r"snapshot of kv.get\(b\) is not used and removed: .*json:\d+:\d+: ")
    daemon.wait_for_log(r"snapshot of kv.get\(c\) is not used and removed: .*another machine has written it")
    rig.wait_for_file(entries["d"]["destination"], "1")
    assert not any(entries[key]["destination"].exists() for key in "abc")
    assert not any(paths[f"kv.get({key})"].exists() for key in "abc")


def test_a_folder_that_cannot_be_written(edgewright, consul, tmp_path):
    consul.kv_put("a", "1")
    entry = edgewright.template('{{key "a"}}')
    (tmp_path / "state").mkdir()
    (tmp_path / "state/snapshot").write_text("in the way")
    daemon = edgewright.start("-config", configure(edgewright, tmp_path, entry))
    daemon.wait_for_log("snapshot '.*/state/snapshot': .*; a start without Consul will know nothing")
    rig.wait_for_file(entry["destination"], "1")
    assert daemon.stop() == 0
