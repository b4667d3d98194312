"""Delivery as a transaction: what is owed and known outlives the process, and no part of a set goes alone."""
import os

import pytest
import rig


@pytest.fixture
def entry(edgewright, consul):
    consul.kv_put("a", "1")
    return edgewright.template('{{key "a"}}')


def test_one_daemon_has_a_state_dir(edgewright, entry):
    config = edgewright.config(entry, state_dir=str(edgewright.folder / "state"))
    daemon = edgewright.start("-config", config)
    rig.wait_for_file(entry["destination"], "1")
    second = edgewright.run("-config", config)
    assert second.status == 2
    assert second.err == f"edgewright: state_dir '{edgewright.folder}/state': process {daemon.pid} uses it\n"
    assert edgewright.run("-config", config, "-once").status == 0
    assert (edgewright.folder / "state").stat().st_mode & 0o7777 == 0o700
    daemon.kill()
    os.unlink(entry["destination"])
    edgewright.start("-config", config)
    rig.wait_for_file(entry["destination"], "1")


def test_a_state_dir_that_cannot_be_written_stops_no_delivery(edgewright, entry):
    edgewright.write("state", "a file")
    daemon = edgewright.start("-config", edgewright.config(entry), "-state-dir", edgewright.folder / "state")
    daemon.wait_for_log("state_dir '.*/state': is not a folder; going on without it")
    rig.wait_for_file(entry["destination"], "1")


def test_templates_of_a_group_go_together(edgewright, consul):
    """Nothing of the set is installed before all of it is there; then the command runs once for both."""
    consul.kv_put("a", "1")
    ran = edgewright.folder / "ran"
    command = f'echo "$EDGEWRIGHT_FILES" | wc -l >>{ran}'
    first = edgewright.template('{{key "a"}}', "first", group="edge", command=command)
    second = edgewright.template('{{key "a"}}{{key "b"}}', "second", group="edge", command=command)
    alone = edgewright.template('{{key "a"}}', "alone")
    daemon = edgewright.start("-config", edgewright.config(first, second, alone))
    rig.wait_for_file(alone["destination"], "1")
    assert not first["destination"].exists()
    consul.kv_put("b", "2")
    rig.wait_for_file(first["destination"], "1")
    rig.wait_for_file(second["destination"], "12")
    rig.wait_for_file(ran, "2\n")
    consul.kv_put("a", "3")
    rig.wait_for_file(second["destination"], "32")
    rig.wait_for_file(ran, "2\n2\n")
    assert rig.read(first["destination"]) == "3"
    daemon.wait_for_log("delivery 'edge': installed '.*/second'")


def test_different_commands_of_a_group_run_in_order(edgewright, consul):
    consul.kv_put("a", "1")
    ran = edgewright.folder / "ran"
    entries = [edgewright.template('{{key "a"}}', f"out{i}", group="edge", command=f"echo {name} >>{ran}")
               for i, name in enumerate(["one", "two", "one"])]
    assert edgewright.run("-config", edgewright.config(*entries), "-once").status == 0
    assert rig.read(ran) == "one\ntwo\n"
