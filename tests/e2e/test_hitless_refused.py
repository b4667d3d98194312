"""Servers come and go while what else has changed is refused by HAProxy's check."""
import re
import resource
import socket
import subprocess

import pytest
import rig
from test_hitless import Load, edge, farm  # noqa: F401  (fixtures)


class Editor:
    """An operator who edits the template of an edge while it runs."""

    def __init__(self, edge):
        self.edge, self.source = edge, edge.entry["source"]

    def edit(self, old, new):
        text = self.source.read_text()
        assert old in text
        self.source.write_text(text.replace(old, new))
        self.edge.daemon.send(1)

    def edit_in_vain(self, old, new):
        n = self.edge.daemon.text().count("refuses")
        self.edit(old, new)
        rig.wait_until(lambda: self.edge.daemon.text().count("refuses") > n, self.edge.daemon.text)


@pytest.fixture
def edited(edge):       # noqa: F811
    def make(**options):
        made = edge(**options)
        made.start(3)
        made.settle()
        return made, Editor(made), made.haproxy.worker_pid()
    return make


@pytest.mark.parametrize("broken", ["    balance leastcon\n", "    balance leastconn\n    errorfile 503 /nowhere\n",
                                    "    balance leastconn\n    acl open 'quote\n"], ids=["word", "file", "quote"])
def test_an_edit_that_is_refused_for_days(edited, broken):
    edge, editor, pid = edited()        # noqa: F811
    good = "    balance leastconn\n"
    editor.edit_in_vain(good, broken)
    for port in edge.farm.ports[3:6]:
        edge.register(port)
        edge.settle()
    for port in edge.farm.ports[1:5]:
        edge.deregister(port)
        edge.settle()
    assert broken not in edge.haproxy.config.read_text()
    assert edge.haproxy.worker_pid() == pid and "reloaded" not in edge.daemon.text(), edge.daemon.text()

    edge.daemon.stop()      # nor is it forgotten by a restart
    edge.daemon = edge.edgewright.start("-config", edge.config)
    edge.daemon.wait_for_log("refuses")
    edge.register(edge.farm.ports[7])
    edge.settle()
    assert edge.haproxy.worker_pid() == pid, edge.daemon.text()

    editor.edit(broken, good.replace("leastconn", "roundrobin"))
    edge.daemon.wait_for_log("reloaded, because 'balance' of 'listen web'")
    edge.settle()
    assert len(re.findall("reloaded, because", edge.daemon.text())) == 1


def test_an_edit_of_the_lines_of_servers(edited):
    """They go on in the form that was accepted."""
    edge, editor, pid = edited(check=" check inter 500ms")      # noqa: F811
    editor.edit_in_vain(" check inter 500ms", " chekc inter 500ms")
    for port in edge.farm.ports[4:7]:       # one of them is the last in the file
        edge.register(port)
        edge.settle()
    edge.deregister(edge.farm.ports[0])
    edge.settle()
    text = edge.haproxy.config.read_text()
    assert text.count(" check inter 500ms") == 5 and "chekc" not in text, text
    assert edge.haproxy.worker_pid() == pid, edge.daemon.text()


def test_an_edit_that_takes_servers_away(edited):
    """It is refused as a whole: what it would have taken away serves on."""
    edge, editor, pid = edited()        # noqa: F811
    before = edge.live()
    editor.edit_in_vain('    balance leastconn\n{{range service "web"}}', '    balance leastcon\n{{range service "wbe"}}')
    edge.consul.register("wbe", edge.farm.ports[9])
    rig.wait_until(lambda: edge.farm.ports[9] in edge.live()[0], edge.daemon.text)
    assert edge.live()[0] == sorted([*before[0], edge.farm.ports[9]]), edge.daemon.text()
    assert edge.haproxy.worker_pid() == pid, edge.daemon.text()


def test_maintenance_meanwhile(edited):
    edge, editor, pid = edited()        # noqa: F811
    editor.edit_in_vain("leastconn", "leastcon")
    port = edge.farm.ports[1]
    edge.consul.put(f"/v1/agent/service/maintenance/{edge.ids.pop(port)}?enable=true")
    edge.settle()
    assert edge.haproxy.worker_pid() == pid, edge.daemon.text()


def test_without_a_quarantine(edge):        # noqa: F811
    """Its search for a culprit comes first; where there is none, nothing does."""
    edge = edge()       # noqa: F811
    edge.entry["quarantine"] = "off"
    edge.config = edge.edgewright.config(edge.entry, wait="1ms:20ms")
    edge.start(3)
    edge.settle()
    Editor(edge).edit_in_vain("leastconn", "leastcon")
    edge.register(edge.farm.ports[5])
    edge.settle()


def test_an_address_that_no_interface_has(edited):
    """HAProxy's check does not look, and the reload would stop the listeners that there are."""
    edge, editor, pid = edited()        # noqa: F811
    load = Load(edge.haproxy.port, False)
    listen = f"    bind 127.0.0.1:{edge.haproxy.port}\n"
    editor.edit(listen, listen + f"    bind 203.0.113.7:{rig.free_port()}\n")
    edge.daemon.wait_for_log("a reload would fail: .*'bind 203.0.113.7:.*no interface of this machine has that address")
    edge.register(edge.farm.ports[5])
    edge.settle()
    assert load.end() > 10
    edge.daemon.wait_for_log("delivered: the servers of what was refused: .*web.*; HAProxy was updated without a reload")
    assert edge.haproxy.worker_pid() == pid and "203.0.113.7" not in edge.haproxy.config.read_text()

    n_refusals = edge.daemon.text().count("a reload would fail")
    try:        # as when another machine has lost it, and nothing in Consul changes
        subprocess.run(["ip", "address", "add", "203.0.113.7/32", "dev", "lo"], check=True)
        edge.daemon.wait_for_log("delivered: .*; HAProxy was reloaded, because 'bind' of 'listen web'")
    finally:
        subprocess.run(["ip", "address", "del", "203.0.113.7/32", "dev", "lo"], check=True)
    assert "203.0.113.7" in edge.haproxy.config.read_text() and edge.daemon.text().count("a reload would fail") == n_refusals


def test_more_connections_than_files(edited):
    """Its check does not look there either, and then it does not start."""
    edge, editor, pid = edited()        # noqa: F811
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (4096, 4096))
    editor.edit("global\n", "global\n    maxconn 100000\n")
    edge.daemon.wait_for_log(r"warn .*'maxconn 100000' needs 200000 open files at least, and HAProxy \(process \d+\) may have 4096")
    edge.daemon.wait_for_log("ROLLED BACK")


def test_a_reload_that_fails_for_days(edited):
    """A port that somebody has is found at the reload alone: that is tried once, and not with each server."""
    edge, editor, pid = edited()        # noqa: F811
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        editor.edit("    balance", f"    bind 127.0.0.1:{other.getsockname()[1]}\n    balance")
        edge.daemon.wait_for_log("ROLLED BACK")
        edge.daemon.stop()      # nor is it forgotten by a restart, where no input is looked for that is to blame
        edge.daemon = edge.edgewright.start("-config", edge.config)
        edge.daemon.wait_for_log("a command has failed with these texts before")
        for port in edge.farm.ports[3:6]:
            edge.register(port)
            edge.settle()
        edge.deregister(edge.farm.ports[0])
        edge.settle()
        assert not re.search("ROLLED BACK|refused to reload|accepted now", edge.daemon.text()), edge.daemon.text()
    assert edge.haproxy.worker_pid() == pid
    edge.daemon.send(1)     # the operator has freed the port
    edge.daemon.wait_for_log("reloaded, because 'bind' of 'listen web'")
    edge.settle()


def test_changes_that_do_not_wait_for_checks(edge):     # noqa: F811
    """There is always a newer text before one is judged, and rested for: no server waits for a moment of quiet."""
    edge = edge()       # noqa: F811
    edge.entry["check"] = "sleep 0.3; haproxy -c -f {}"
    edge.config = edge.edgewright.config(edge.entry, wait="1ms:20ms")
    edge.start(3)
    edge.settle()
    Editor(edge).edit_in_vain("leastconn", "leastcon")
    late = edge.farm.ports[23]
    edge.register(late)
    n = 0

    def flap():
        nonlocal n
        n += 1
        edge.consul.register("web", edge.farm.ports[10 + n % 9], id="flapping", meta={"n": str(n)})
        return late in edge.live()[0]
    rig.wait_until(flap, edge.daemon.text)


def test_places_meanwhile(edge):        # noqa: F811
    """Whoever has come to a place while a text is refused keeps it when others come."""
    edge = edge()       # noqa: F811
    source = edge.entry["source"]
    head = source.read_text().split("{{range")[0]
    source.write_text(head + """{{range $i, $it := slots 8 (service "web")}}    server s{{$i}} {{if $it}}{{$it.Address}}:{{$it.Port}}\
{{else}}127.0.0.1:1 disabled{{end}}
{{end}}""")
    edge.start_with(lambda text: text.count("  server ") == 8 and text.count(":1 ") == 5)
    Editor(edge).edit_in_vain("leastconn", "leastcon")
    places = {}
    for port in [*edge.farm.ports[3:6], edge.farm.ports[9]]:
        edge.register(port)
        rig.wait_until(lambda: f":{port}" in edge.haproxy.config.read_text(), edge.daemon.text)
        found = {found: place for place, found in re.findall(r"server (s\d) \S+:(\d+)$", edge.haproxy.config.read_text(), re.M)}
        assert places.items() <= found.items(), edge.daemon.text()
        places = found
