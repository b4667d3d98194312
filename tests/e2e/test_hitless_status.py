"""What the status tells of a HAProxy that is kept up to date while it runs."""
import json
import pathlib
import signal
import socket
import subprocess

import pytest
import rig
import test_driver
from test_hitless import edge, farm  # noqa: F401  (fixtures)


@pytest.fixture
def told(edge):     # noqa: F811
    """An edge, and what its status tells of its HAProxy."""
    made = edge(check=" check inter 10s", grace="60s")
    run = made.edgewright.folder / "run"
    run.mkdir()
    made.config = made.edgewright.config(made.entry, wait="1ms:20ms", runtime_dir=str(run))

    def read():
        found = json.loads(rig.read(run / "status.json") or "{}").get("haproxy")
        return found[0] if found else {}
    return made, read, run


def test_servers_and_hands(told):
    edge, read, run = told      # noqa: F811
    edge.start(3)
    edge.settle()
    first, second, third, fourth = edge.farm.ports[:4]
    edge.haproxy.ask(f"set server web/web-{first} state maint")
    edge.haproxy.ask(f"set server web/web-{second} weight 7")
    edge.register(fourth)
    edge.deregister(third)
    rig.wait_until(lambda: read().get("overrides") == 2 and read().get("tombstones") == 1, read)
    web = read()["proxies"][0]
    assert web["name"] == "web" and web["servers"] == 3 and web["maintenance"] == 1, web
    assert web["up"] + web["drained"] == 2 and web["missing"] == 0, web
    hands = {(each["server"], each["what"]): each["age_ms"] for each in read()["by_hand"]}
    assert set(hands) == {(f"web-{first}", "state maint"), (f"web-{second}", "weight 7")}
    assert read()["steps"] >= read()["last_update_steps"] > 0
    screen = subprocess.run([edge.edgewright.binary, "status", "-runtime-dir", run], capture_output=True, text=True)
    assert f"by hand: web/web-{second} weight 7, for " in screen.stdout, screen
    assert "web                        3 servers, " in screen.stdout, screen


def test_looks_on_its_own(tmp_path):
    """Sessions and old workers, which no update asks for; and that nobody answers any more."""
    edge = test_driver.Edge(tmp_path)
    server = socket.create_server(("127.0.0.1", 0))
    port = server.getsockname()[1]
    try:
        edge.write(f"    mode tcp\n    server a 127.0.0.1:{port}\n", defaults="    mode tcp\n")
        edge.start_haproxy()
        edge.start()
        with socket.create_connection(("127.0.0.1", edge.port)):
            edge.write(f"    mode tcp\n    balance leastconn\n    server a 127.0.0.1:{port}\n", defaults="    mode tcp\n")
            assert edge.apply().startswith("result reloaded"), edge.log()
            with socket.create_connection(("127.0.0.1", edge.port)):
                rig.wait_until(lambda: edge.report()["sessions"] == "1", edge.report)
                assert edge.report()["old"] == "1" and edge.report()["answering"] == "1", edge.report()
        edge.haproxy.stop()
        edge.write(f"    mode tcp\n    server a 127.0.0.1:{port}\n", defaults="    mode tcp\n")
        assert edge.apply() == "result not running 0 "
        rig.wait_until(lambda: edge.report()["answering"] == "0", edge.report)
    finally:
        edge.stop()
        server.close()


def test_why_servers_come_and_go(edge):       # noqa: F811
    """HAProxy's own log has names alone: ours has, for each name, its address and why it came or went."""
    edge = edge()       # noqa: F811
    edge.start(2)
    port, moved, to = edge.farm.ports[2:5]
    ids = {at: edge.consul.register("web", at, check="passing") for at in (port, moved)}
    for at in (port, moved):
        edge.daemon.wait_for_log(rf"servers: .*\+web/web-{at} \(127.0.0.1:{at}, registered\)")
    edge.consul.set_check(ids[port], "fail")
    edge.daemon.wait_for_log(rf"servers: -web/web-{port} \(127.0.0.1:{port}, critical\)$")
    edge.daemon.wait_for_log(rf"delivered: .*web: -1 instance \(went 127.0.0.1:{port} critical\)")
    edge.consul.set_check(ids[port], "pass")
    edge.daemon.wait_for_log(rf"servers: \+web/web-{port} \(127.0.0.1:{port}, healthy again\)$")
    for is_on, line in [("true", rf"-web/web-{port} \(127.0.0.1:{port}, in maintenance\)"),
                        ("false", rf"\+web/web-{port} \(127.0.0.1:{port}, out of maintenance\)")]:
        edge.consul.put(f"/v1/agent/service/maintenance/{ids[port]}?enable={is_on}")
        edge.daemon.wait_for_log(rf"servers: {line}$")
    edge.consul.register("web", to, id=ids[moved], check="passing")
    edge.daemon.wait_for_log(rf"servers: \+web/web-{to} \(127.0.0.1:{to}, registered\), -web/web-{moved} \(127.0.0.1:{moved}, dereg")
    edge.daemon.wait_for_log(rf"came 127.0.0.1:{to} moved; went 127.0.0.1:{moved} moved\)")


def test_nothing_is_by_hand_after_a_reload(told):
    """What the worker before it was seen to do is not held against the text that the new one has read."""
    edge, read, _ = told      # noqa: F811
    edge.start(3)
    edge.settle()
    template = pathlib.Path(edge.entry["source"])
    template.write_text(template.read_text().replace("listen web\n", "listen web\n    default-server weight 5\n", 1))
    edge.daemon.send(signal.SIGHUP)
    edge.daemon.wait_for_log("HAProxy was reloaded")
    rig.wait_until(lambda: read().get("reloads") == 1, read)
    assert read()["overrides"] == 0, read()


def test_a_socket_that_is_not_haproxys(told):
    """It is reloaded for each change; that it does not run would be untrue."""
    edge, read, _ = told      # noqa: F811
    edge.start(3)
    edge.settle()
    edge.entry["haproxy"]["socket"] = str(edge.edgewright.folder / "none")
    assert edge.edgewright.config(edge.entry, wait="1ms:20ms") == edge.config
    edge.daemon.send(signal.SIGHUP)
    edge.daemon.wait_for_log("configuration read again")
    edge.register(edge.farm.ports[3])
    edge.daemon.wait_for_log("delivered: .*; HAProxy was reloaded, because .*, and its socket does not answer")
