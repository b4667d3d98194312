"""Consul away, slow, lying, or back without its memory: the last file stays, and things mend by themselves."""
import re
import shutil

import pytest
import rig


@pytest.fixture
def entry(edgewright):
    return edgewright.template('{{key "a"}}\n', command="echo ran >> ran")


def test_dead_at_start(edgewright, own_consul, entry):
    old = edgewright.write("out", "old\n")
    daemon = edgewright.start("-config", edgewright.config(entry))
    daemon.wait_for_log(re.escape(own_consul.address))
    assert old.read_text() == "old\n"
    own_consul.start()
    own_consul.kv_put("a", "new")
    rig.wait_for_file(old, "new\n", 30)
    assert daemon.is_running()


def test_dead_in_the_middle(edgewright, own_consul, entry):
    own_consul.start()
    own_consul.kv_put("a", "1")
    daemon = edgewright.start("-config", edgewright.config(entry))
    rig.wait_for_file(entry["destination"], "1\n")
    mark = daemon.mark()
    own_consul.stop()
    daemon.wait_for_log(re.escape(own_consul.address), since=mark)
    assert rig.read(entry["destination"]) == "1\n"
    own_consul.start()
    own_consul.kv_put("a", "2")
    rig.wait_for_file(entry["destination"], "2\n", 30)
    rig.wait_for_file(edgewright.folder / "ran", "ran\nran\n")      # one command a change, none for the absence
    assert daemon.is_running()


def test_back_without_its_memory(edgewright, own_consul, entry):
    """Consul's index is lower than before, and what was there is not."""
    own_consul.start()
    for n in range(50):
        own_consul.kv_put("a", str(n))
    daemon = edgewright.start("-config", edgewright.config(entry))
    rig.wait_for_file(entry["destination"], "49\n")
    own_consul.stop()
    shutil.rmtree(own_consul.folder / "data")
    own_consul.start()
    rig.wait_until(lambda: own_consul.n_requests("/v1/kv/a"), "the key was asked for again", 30)
    assert rig.read(entry["destination"]) == "49\n"
    own_consul.kv_put("a", "new")
    rig.wait_for_file(entry["destination"], "new\n", 30)
    assert daemon.is_running()


def test_asleep(edgewright, own_consul, entry):
    own_consul.start()
    own_consul.kv_put("a", "1")
    daemon = edgewright.start("-config", edgewright.config(entry))
    rig.wait_for_file(entry["destination"], "1\n")
    own_consul.pause()
    try:
        late = edgewright.start("-config", edgewright.config(entry, name="late.yaml"), "-log-level", "debug")
        late.wait_for_log(".")
        assert late.stop() == 0         # nobody has to wait for Consul to be able to stop
    finally:
        own_consul.resume()
    own_consul.kv_put("a", "2")
    rig.wait_for_file(entry["destination"], "2\n")
    assert daemon.stop() == 0


@pytest.mark.parametrize("mode", ["error", "garbage", "cut"])
def test_wrong_answers(edgewright, consul, proxy, entry, mode):
    consul.kv_put("a", "1")
    daemon = edgewright.start("-config", edgewright.config(entry), consul=proxy.address)
    rig.wait_for_file(entry["destination"], "1\n")
    mark = daemon.mark()
    proxy.mode = mode
    consul.kv_put("a", "2")
    daemon.wait_for_log(r"\ba\b", since=mark)
    n_requests = len(proxy.requests)
    rig.wait_until(lambda: len(proxy.requests) > n_requests, "it asks again")
    assert rig.read(entry["destination"]) == "1\n"
    proxy.mode = "pass"
    rig.wait_for_file(entry["destination"], "2\n", 30)
    assert daemon.is_running()


def test_the_reason_of_an_error_is_said(edgewright, consul, proxy, entry):
    proxy.mode = "error"
    daemon = edgewright.start("-config", edgewright.config(entry), consul=proxy.address)
    daemon.wait_for_log("500")
    assert rig.read(entry["destination"]) is None


def test_services_that_register_again_one_by_one(edgewright, own_consul):
    """The agent is back without its memory: what is missing stays, what is new is taken, and in the end all is true."""
    own_consul.start()
    for port in (1, 2, 3):
        own_consul.register("web", port)
    entry = edgewright.template('{{range service "web"}}{{.Port}} {{end}}\n')
    daemon = edgewright.start("-config", edgewright.config(entry, consul={"settle": "3s"}))
    rig.wait_for_file(entry["destination"], "1 2 3 \n")
    own_consul.stop()
    shutil.rmtree(own_consul.folder / "data")
    own_consul.start()
    own_consul.register("web", 1)
    own_consul.register("web", 4)
    rig.wait_for_file(entry["destination"], "1 2 3 4 \n", 30)
    daemon.wait_for_log("health.service.web.*: [0-9]+ instances are missing")
    own_consul.register("web", 2)
    rig.wait_for_file(entry["destination"], "1 2 4 \n", 30)
    daemon.wait_for_log("has not come back")
