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
