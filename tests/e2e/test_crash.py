"""Killed at any moment, under constant change: every file is whole, a set is completed, what is owed is done."""
import os
import random
import re
import subprocess
import threading

import pytest
import rig

N_KILLS = 200
SEED = int(os.environ.get("SEED", "0")) or random.SystemRandom().randrange(1, 1 << 30)
PORTS = range(1001, 1009)

CONFIGURATION = """# {head}
global
    stats socket {admin} level admin
    hard-stop-after 1s
defaults
    mode http
    timeout connect 1s
    timeout client 1s
    timeout server 1s
frontend web
    bind 127.0.0.1:{port}
    http-request return status 200 content-type text/plain lf-string "{head} %[str(head),map_str({map})]"
backend there
{servers}# {head}
"""
HEAD = '{{key "serial"}}:{{range $i, $s := service "web"}}{{if $i}},{{end}}{{$s.Port}}{{end}}'
SERVERS = '{{range service "web"}}    server s{{.Port}} 127.0.0.1:{{.Port}}\n{{end}}'


class Set:
    """Three files of one group: a configuration, its map, and a list that the configuration's template writes."""

    def __init__(self, edgewright, haproxy):
        self.folder = haproxy.folder
        self.names = {"admin": haproxy.admin_socket, "port": haproxy.port, "map": self.folder / "head.map"}
        config, listing = haproxy.config, self.folder / "listing"
        output = f'{{{{writeToFile "{listing}" "" "" "0644" (printf "%s\\n" (key "serial"))}}}}'
        text = CONFIGURATION.format(head=HEAD, servers=SERVERS + output, **self.names)
        self.entries = [
            edgewright.template(text, "haproxy/haproxy.cfg", group="edge", check="haproxy -c -f {}",
                                command=haproxy.reload),
            edgewright.template(f"head {HEAD}\n", "haproxy/head.map", group="edge"),
        ]
        self.paths = [config, self.names["map"], listing]

    def read(self):
        """The serial that each file has, after it has been found whole."""
        config, head, listing = [path.read_text() for path in self.paths]
        first = re.match(r"# ((\d+):([\d,]+))\n", config)
        assert first, f"not a configuration: {config[:200]!r}"
        servers = "".join(f"    server s{port} 127.0.0.1:{port}\n" for port in first[3].split(","))
        assert config == CONFIGURATION.format(head=first[1], servers=servers, **self.names), "torn"
        in_map = re.fullmatch(r"head (\d+):[\d,]+\n", head)
        in_list = re.fullmatch(r"(\d+)\n", listing)
        assert in_map and in_list, f"not a map or a list: {head!r} {listing!r}"
        return first[2], in_map[1], in_list[1]

    def is_one(self):
        return len(set(self.read())) == 1

    def check(self):
        done = subprocess.run(["haproxy", "-c", "-f", self.paths[0]], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr

    def identities(self):
        return [path.stat().st_ino for path in self.paths]


class Changes(threading.Thread):
    """Services that come and go, and a serial that counts them, until it is told to stop."""

    def __init__(self, consul, chance):
        super().__init__(daemon=True)
        self.consul, self.chance = consul, chance
        self.ports, self.serial = {PORTS[0]}, 1
        self.end = threading.Event()
        self.register(PORTS[0])
        consul.kv_put("serial", "1")

    def register(self, port):
        self.consul.register("web", port, id=f"web-{port}")

    def change(self):
        port = self.chance.choice(PORTS[1:])
        if port in self.ports:
            self.consul.deregister(f"web-{port}")
        else:
            self.register(port)
        self.ports ^= {port}
        self.consul.kv_put("serial", str(self.serial + 1))
        self.serial += 1

    def run(self):
        while not self.end.wait(self.chance.uniform(0, 0.05)):
            self.change()

    def stop(self):
        self.end.set()
        self.join()

    def head(self):
        return f"{self.serial}:" + ",".join(str(port) for port in sorted(self.ports))


def kill_at_random(daemon, files, chance):
    """Now at any moment of its life, now close to one at which it replaces its files."""
    never = threading.Event()
    if chance.random() < 0.5:
        never.wait(chance.uniform(0, 0.2))
    else:
        before = files.identities()
        rig.wait_until(lambda: files.identities() != before, lambda: "files are replaced:\n" + daemon.text())
        never.wait(chance.uniform(0, 0.002))
    daemon.kill()


def complete(edgewright, config, files):
    """Another start makes a set of one generation, also without Consul."""
    daemon = edgewright.start("-config", config, consul=f"127.0.0.1:{rig.free_port()}")
    rig.wait_until(files.is_one, lambda: f"the set is completed: {files.read()}\n{daemon.text()}")
    daemon.kill()


@pytest.fixture
def changes(consul):
    thread = Changes(consul, random.Random(SEED))
    yield thread
    thread.stop()


def test_killed_at_any_moment(edgewright, consul, haproxy, changes):
    chance = random.Random(SEED + 1)
    files = Set(edgewright, haproxy)
    config = edgewright.config(*files.entries, state_dir=str(edgewright.folder / "state"))
    assert edgewright.run("-config", edgewright.config(*[{**entry, "command": "true"} for entry in files.entries],
                                                       name="first.yaml"), "-once").status == 0
    haproxy.start()
    changes.start()
    n_torn = 0
    for i in range(N_KILLS):
        daemon = edgewright.start("-config", config)
        kill_at_random(daemon, files, chance)
        edgewright.started.remove(daemon)
        rig.check_sanitizers(daemon.text())
        assert "by somebody else" not in daemon.text(), "nobody but us writes there"
        if not files.is_one():
            n_torn += 1
            complete(edgewright, config, files)
        if i % 10 == 0:
            files.check()
    print(f"seed {SEED}: {N_KILLS} kills, {n_torn} of them between the files of a set")

    changes.stop()
    for name in os.listdir(files.folder):       # what was left is told from what is being written by its age
        if name.startswith("."):
            os.utime(files.folder / name, (1, 1))
    edgewright.start("-config", config)
    wanted = changes.head()
    rig.wait_until(lambda: rig.fetch(haproxy.port) == f"{wanted} {wanted}",
                   lambda: f"HAProxy runs {wanted}: {rig.fetch(haproxy.port)}", 30)
    files.check()
    assert files.is_one()
    rig.wait_until(lambda: not [name for name in os.listdir(files.folder) if name.startswith(".")],
                   lambda: f"no leftovers: {os.listdir(files.folder)}")
