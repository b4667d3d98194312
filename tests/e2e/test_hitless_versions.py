"""From Consul to each HAProxy that can be had, while it answers requests: no reload where that version can do without
one, one that is seen to have happened where it cannot."""
import re

import haproxies
import pytest
import rig
from test_hitless import Edge, Load, farm  # noqa: F401  (a fixture)

SERVER = ' weight {{index .ServiceMeta "weight"}}'


class Versioned(Edge):
    """Servers are called after their instances, so that one that moves keeps its name."""

    def __init__(self, binary, *args, **options):
        super().__init__(*args, name="{{.ID}}", check=SERVER, binary=binary.path, **options)
        self.config = self.edgewright.config(self.entry, wait="1ms:20ms", log_level="debug")
        self.binary = binary

    def put(self, id, port, weight=1):
        self.consul.register("web", port, id=id, meta={"weight": str(weight)})

    def start(self, *ids):
        for id, port in zip(ids, self.farm.ports):
            self.put(id, port)
        self.daemon = self.edgewright.start("-config", self.config)
        rig.wait_for_file(self.haproxy.config, lambda text: text.count("  server ") == len(ids))
        # One that starts while the first file is taken up may have read an earlier one, and is reloaded.
        self.daemon.wait_for_log("HAProxy does not run")
        self.haproxy.process = rig.Process([self.binary.path, "-W", "-S", self.master, "-p", self.haproxy.pid_file,
                                            "-f", self.haproxy.config], log=self.haproxy.folder / "haproxy.log")
        rig.wait_until(lambda: rig.is_taken(self.haproxy.port), lambda: self.haproxy.process.text())

    def servers(self):
        """{name: (port, weight)} of those that get requests."""
        try:
            rows = [line.split(" ") for line in self.haproxy.ask("show servers state web").split("\n")[2:]]
        except OSError:
            return {}       # it starts, or the worker changes
        return {row[3]: (int(row[18]), int(row[7])) for row in rows if len(row) > 18 and not int(row[6]) & 0x29}

    def connections(self, server):
        """How often one was made to this server, and how often one was used again."""
        line = re.search(rf"^web,{server},.*$", self.haproxy.ask("show stat"), re.M)[0].split(",")
        names = self.haproxy.ask("show stat").split("\n")[0][2:].split(",")
        of = dict(zip(names, line))
        return int(of["connect"]), int(of["reuse"])

    def wait_for(self, **wanted):
        rig.wait_until(lambda: self.servers() == wanted, lambda: f"{wanted}\n{self.servers()}\n{self.daemon.text()}", 20)


@pytest.fixture
def versioned(edgewright, consul, haproxy, farm, sockets):      # noqa: F811
    return lambda binary: Versioned(binary, edgewright, consul, haproxy, farm, sockets)


@pytest.mark.parametrize("binary", haproxies.since((2, 6)), ids=str)
def test_while_it_serves(versioned, binary):
    edge = versioned(binary)
    edge.start("a", "b")
    first, second, third, fourth = edge.farm.ports[:4]
    edge.wait_for(a=(first, 1), b=(second, 1))
    pid = edge.haproxy.worker_pid()
    kept, closed = Load(edge.haproxy.port, True), Load(edge.haproxy.port, False)
    edge.put("c", third)
    edge.wait_for(a=(first, 1), b=(second, 1), c=(third, 1))
    edge.put("c", third, weight=7)
    edge.wait_for(a=(first, 1), b=(second, 1), c=(third, 7))
    edge.put("a", fourth)
    edge.wait_for(a=(fourth, 1), b=(second, 1), c=(third, 7))
    edge.consul.deregister("b")
    edge.wait_for(a=(fourth, 1), c=(third, 7))
    assert kept.end() > 10 and closed.end() > 10
    # 2.6 uses no connection again to a server that was added, unless it is told to.
    n_made, n_used_again = edge.connections("c")
    assert n_used_again > n_made / 4, (n_made, n_used_again)
    assert edge.haproxy.worker_pid() == pid, edge.daemon.text()
    assert "reloaded" not in edge.daemon.text()
    source = edge.entry["source"]
    source.write_text(source.read_text().replace("leastconn", "roundrobin"))
    edge.daemon.send(1)
    edge.daemon.wait_for_log("was reloaded, because 'balance' of 'listen web'")
    edge.wait_for(a=(fourth, 1), c=(third, 7))
    assert edge.haproxy.worker_pid() != pid
    assert len(re.findall("was reloaded, because", edge.daemon.text())) == 1


@pytest.mark.parametrize("binary", [each for each in haproxies.all_of_them() if each.version < (2, 4)], ids=str)
def test_too_old_to_add(versioned, binary):
    """Other addresses and weights of the servers that there are; one more is a reload."""
    edge = versioned(binary)
    edge.start("a", "b")
    first, second, third, fourth = edge.farm.ports[:4]
    edge.wait_for(a=(first, 1), b=(second, 1))
    pid = edge.haproxy.worker_pid()
    edge.put("a", third, weight=5)
    edge.wait_for(a=(third, 5), b=(second, 1))
    assert edge.haproxy.worker_pid() == pid, edge.daemon.text()
    edge.put("c", fourth)
    edge.daemon.wait_for_log(r"reloaded, because web/c: HAProxy 2\.\d cannot add servers")
    edge.wait_for(a=(third, 5), b=(second, 1), c=(fourth, 1))
    assert edge.haproxy.worker_pid() != pid
    assert edge.in_file() == sorted([second, third, fourth])
    assert len(re.findall("HAProxy was reloaded, because", edge.daemon.text())) == 1, edge.daemon.text()

    pid = edge.haproxy.worker_pid()
    source = edge.entry["source"]
    source.write_text(source.read_text().replace("leastconn", "roundrobin"))
    edge.daemon.send(1)
    edge.daemon.wait_for_log("reloaded, because 'balance' of 'listen web'")
    edge.wait_for(a=(third, 5), b=(second, 1), c=(fourth, 1))
    assert edge.haproxy.worker_pid() != pid
