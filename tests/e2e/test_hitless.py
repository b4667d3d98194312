"""Servers that come and go under load, from a real Consul to a real HAProxy: no reload, no lost request."""
import json
import random
import re
import socket
import subprocess

import pytest
import rig

TEMPLATE = """global
    stats socket {admin} level admin
defaults
    mode http
    timeout connect 2s
    timeout client 10s
    timeout server 10s
listen web
    bind 127.0.0.1:{port}
    balance {balance}
{{{{range service "web"}}}}    server {name} {{{{.Address}}}}:{{{{.Port}}}}{check}
{{{{end}}}}"""
N_PORTS = 24
N_OPERATIONS = 200


class Farm:
    """One nginx that listens on many ports: each is a server."""

    def __init__(self, folder):
        self.ports = []
        while len(self.ports) < N_PORTS:
            port = rig.free_port()
            if port not in self.ports:
                self.ports.append(port)
        listen = "".join(f"        listen 127.0.0.1:{port};\n" for port in self.ports)
        config = folder / "nginx.conf"
        config.write_text(f"""daemon off;
worker_processes 1;
error_log stderr error;
pid {folder}/nginx.pid;
events {{ worker_connections 2048; }}
http {{
    access_log off;
    keepalive_requests 1000000;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    server {{
{listen}        location / {{ return 200 "web:$server_port\\n"; }}
    }}
}}
""")
        self.process = rig.Process(["nginx", "-p", folder, "-c", config, "-e", "stderr"])
        rig.wait_until(lambda: rig.is_taken(self.ports[-1]), lambda: f"nginx listens:\n{self.process.text()}")


@pytest.fixture(scope="module")
def farm(tmp_path_factory):
    farm = Farm(tmp_path_factory.mktemp("farm"))
    yield farm
    farm.process.stop()


class Edge:
    """Consul's web, an HAProxy and the daemon between them."""

    def __init__(self, edgewright, consul, haproxy, farm, sockets, balance="leastconn", check="",
                 name="web-{{.Port}}", **options):
        self.edgewright, self.consul, self.haproxy, self.farm = edgewright, consul, haproxy, farm
        self.master = f"{sockets}/master"
        text = TEMPLATE.format(admin=haproxy.admin_socket, port=haproxy.port, balance=balance, check=check,
                               name=name)
        section = {"socket": haproxy.admin_socket, "master_socket": self.master, "grace": "1s", **options}
        self.ids = {}
        self.entry = edgewright.template(text, "haproxy/haproxy.cfg", haproxy=section)
        self.config = edgewright.config(self.entry, wait="1ms:20ms", state_dir=str(edgewright.folder / "state"))
        self.daemon = None

    def register(self, port):
        self.ids[port] = self.consul.register("web", port)

    def deregister(self, port):
        self.consul.deregister(self.ids.pop(port))

    def start(self, n=3):
        self.start_with(lambda text: text.count("  server ") == n, n)

    def start_with(self, wanted, n=3):
        for port in self.farm.ports[:n]:
            self.register(port)
        self.daemon = self.edgewright.start("-config", self.config)
        rig.wait_for_file(self.haproxy.config, wanted)
        self.daemon.wait_for_log("HAProxy does not run")        # it has been told of the first file in vain
        self.haproxy.process = rig.Process(["haproxy", "-Ws", "-S", self.master, "-f", self.haproxy.config, "-p",
                                            self.haproxy.pid_file], log=self.haproxy.folder / "haproxy.log")
        rig.wait_until(self.haproxy.is_ready, lambda: "HAProxy listens:\n" + self.haproxy.process.text())

    def in_file(self):
        return sorted(int(port) for port in re.findall(r"^ +server \S+ \S+:(\d+)", self.haproxy.config.read_text(), re.M))

    def live(self):
        """Ports that get requests, and those that are left in maintenance."""
        serving, left = [], []
        for line in self.haproxy.ask("show servers state web").split("\n")[2:]:
            words = line.split(" ")
            if len(words) > 18:
                (left if int(words[6]) & 1 else serving).append(int(words[18]))
        return sorted(serving), sorted(left)

    def is_right(self):
        return self.in_file() == sorted(self.ids) == self.live()[0]

    def settle(self):
        rig.wait_until(self.is_right, lambda: f"Consul {sorted(self.ids)}\nfile {self.in_file()}\nlive {self.live()}\n"
                       + self.daemon.text())

    def n_workers(self):
        return rig.ask_master(self.master, "show proc").count(" worker ")

    def change(self, rng):
        """One instance more or less; two stay at least."""
        absent = [port for port in self.farm.ports if port not in self.ids]
        if absent and (len(self.ids) < 3 or rng.random() < 0.5):
            self.register(rng.choice(absent))
        else:
            self.deregister(rng.choice(sorted(self.ids)))


@pytest.fixture
def edge(edgewright, consul, haproxy, farm, sockets):
    return lambda **options: Edge(edgewright, consul, haproxy, farm, sockets, **options)


class Load:
    """wrk, until it is told to end."""

    def __init__(self, port, is_kept):
        words = ["wrk", "-t", "1", "-c", "20", "-d", "60s", "--timeout", "5s"]
        words += [] if is_kept else ["-H", "Connection: close"]
        self.child = subprocess.Popen([*words, f"http://127.0.0.1:{port}/"], stdout=subprocess.PIPE, text=True)

    def end(self):
        self.child.send_signal(2)
        out, _ = self.child.communicate(timeout=rig.PATIENCE)
        assert "Socket errors" not in out and "Non-2xx" not in out, out
        return int(re.search(r"(\d+) requests in", out).group(1))


@pytest.mark.parametrize("check", ["", " check inter 500ms"])
def test_two_hundred_operations(edge, check):
    """What left stays in maintenance until HAProxy's own pool has closed its last idle connection."""
    edge = edge(check=check)
    edge.start()
    rng = random.Random(check)
    pid = edge.haproxy.worker_pid()
    kept, closed = Load(edge.haproxy.port, True), Load(edge.haproxy.port, False)
    for _ in range(N_OPERATIONS):
        edge.change(rng)
    edge.settle()
    assert kept.end() > 100 and closed.end() > 100
    assert edge.haproxy.worker_pid() == pid, edge.daemon.text()
    assert edge.n_workers() == 1


def test_killed_between_steps(edge):
    """Whenever it is killed, the next one brings HAProxy to the file, with a reload at most."""
    edge = edge(check=" check inter 500ms")
    edge.start()
    rng = random.Random(1)
    n_reloads = 0
    for round in range(6):
        pid = edge.haproxy.worker_pid()
        for _ in range(4):
            edge.change(rng)
        edge.daemon.kill()
        edge.daemon = edge.edgewright.start("-config", edge.config)
        edge.settle()
        n_reloads += edge.haproxy.worker_pid() != pid
    assert n_reloads <= 6
    assert len(re.findall("reloaded, because", edge.daemon.text())) <= 1, edge.daemon.text()


def test_structure_is_one_reload(edge):
    edge = edge()
    edge.start()
    edge.settle()
    pid = edge.haproxy.worker_pid()
    source = edge.entry["source"]
    source.write_text(source.read_text().replace("leastconn", "roundrobin"))
    edge.daemon.send(1)
    edge.daemon.wait_for_log(r"reloaded, because 'balance' of 'listen web'")
    assert edge.haproxy.worker_pid() != pid
    edge.register(edge.farm.ports[5])
    edge.settle()
    assert len(re.findall("reloaded, because", edge.daemon.text())) == 1


def test_its_memory_after_many_hups(edge):
    """A new configuration takes the place of the one that named the folder."""
    edge = edge()
    edge.start()
    edge.settle()
    for n in range(4):
        edge.entry["source"].write_text(f"# {n}\n" + edge.entry["source"].read_text())
        edge.daemon.send(1)
        rig.wait_for_file(edge.haproxy.config, lambda text: text.startswith(f"# {n}\n"))
    (memory,) = (edge.edgewright.folder / "state").glob("haproxy-*")
    before = memory.read_text()
    edge.register(edge.farm.ports[7])
    edge.settle()
    rig.wait_for_file(memory, lambda text: text != before)
    assert "is not kept" not in edge.daemon.text(), edge.daemon.text()


def test_edited_by_hand(edge):
    """What an operator wrote into the file HAProxy may run already: whatever comes next is a reload, once."""
    edge = edge()
    edge.start()
    edge.settle()
    pid = edge.haproxy.worker_pid()
    edge.haproxy.config.write_text(edge.haproxy.config.read_text().replace("leastconn", "roundrobin"))
    edge.register(edge.farm.ports[5])
    edge.daemon.wait_for_log("reloaded, because somebody else had changed its configuration")
    edge.settle()
    reloaded = edge.haproxy.worker_pid()
    assert reloaded != pid
    edge.register(edge.farm.ports[6])
    edge.settle()
    assert edge.haproxy.worker_pid() == reloaded


def test_stopped_gracefully(edge):
    """What is left to do is done before it ends; nothing is reloaded after it."""
    edge = edge(check=" check inter 10s")
    edge.start()
    edge.settle()
    pid = edge.haproxy.worker_pid()
    edge.register(edge.farm.ports[5])
    rig.wait_until(lambda: edge.farm.ports[5] in edge.live()[0] + edge.live()[1], "the server is there")
    assert edge.daemon.stop() == 0
    assert edge.is_right()
    edge.daemon = edge.edgewright.start("-config", edge.config)
    edge.register(edge.farm.ports[6])
    edge.settle()
    assert edge.haproxy.worker_pid() == pid


def test_servers_of_one_name(edge):
    """As in the article: servers are called after their host. Whoever lives keeps his name."""
    edge = edge(name="{{.Node}}")
    edge.start(1)
    edge.settle()
    pid = edge.haproxy.worker_pid()
    first, second, third = edge.farm.ports[:3]

    def names():
        return dict(re.findall(r"^ +server (\S+) \S+:(\d+)", edge.haproxy.config.read_text(), re.M))

    assert names() == {"mesos-agent01": str(first)}
    edge.register(second)
    edge.settle()
    assert names() == {"mesos-agent01": str(first), f"mesos-agent01-{second}": str(second)}
    edge.deregister(first)
    edge.settle()
    assert names() == {f"mesos-agent01-{second}": str(second)}
    edge.register(third)
    edge.settle()
    assert names() == {f"mesos-agent01-{second}": str(second), "mesos-agent01": str(third)}
    assert edge.haproxy.worker_pid() == pid, edge.daemon.text()
    edge.daemon.wait_for_log("servers of one name: web: mesos-agent01 .* is mesos-agent01-")


def test_maintenance(edge):
    """An instance in maintenance is still there, and drained; one that is gone is not."""
    edge = edge(drain="60s")
    edge.start()
    edge.settle()
    leaving, gone = edge.farm.ports[0], edge.farm.ports[1]
    edge.consul.put(f"/v1/agent/service/maintenance/{edge.ids.pop(leaving)}?enable=true")
    edge.deregister(gone)

    rig.wait_until(lambda: edge.in_file() == [edge.farm.ports[2]], lambda: f"the file has both: {edge.in_file()}")
    edge.daemon.wait_for_log(rf"-web/web-{leaving} \([^ ]+, in maintenance\)")
    edge.daemon.wait_for_log(rf"-web/web-{gone} \([^ ]+, deregistered\)")
    edge.settle()


def test_status(edge):
    edge = edge()
    run = edge.edgewright.folder / "run"
    run.mkdir()
    edge.config = edge.edgewright.config(edge.entry, wait="1ms:20ms", runtime_dir=str(run))
    edge.start(2)
    edge.register(edge.farm.ports[2])
    edge.settle()

    def shown():
        proxies = json.loads(rig.read(run / "status.json") or "{}").get("haproxy")
        return proxies and proxies[0]

    rig.wait_until(lambda: (shown() or {}).get("updates") == 1, shown)
    assert shown()["worker"] == edge.haproxy.worker_pid()
    assert shown()["reloads"] == 0 and shown()["old_workers"] == 0
    assert shown()["last_update_steps"] == 2
    port = edge.farm.ports[2]
    edge.daemon.wait_for_log(rf"haproxy '.*': servers: \+web/web-{port} \(127.0.0.1:{port}, registered\)$")


def test_a_hint(edgewright, consul):
    """For whoever writes HAProxy's configuration without the section."""
    text = "global\ndefaults\n mode http\nlisten web\n bind :1\n server a 127.0.0.1:1\n"
    done = edgewright.run("-once", "-config", edgewright.config(edgewright.template(text)))
    assert "looks like HAProxy's configuration: with 'haproxy: {}'" in done.err, done


def test_once(edge):
    """It ends when HAProxy has the servers, and leaves none that waits for its first check."""
    edge = edge(check=" check inter 10s")
    edge.start()
    edge.settle()
    pid = edge.haproxy.worker_pid()
    assert edge.daemon.stop() == 0
    edge.register(edge.farm.ports[4])
    edge.deregister(edge.farm.ports[0])
    done = edge.edgewright.run("-once", "-config", edge.config)
    assert done.status == 0, done
    assert edge.is_right(), f"{edge.live()}\n{done}"
    assert edge.haproxy.worker_pid() == pid


def test_the_command_reloads(edge, haproxy):
    """Without a master socket: the command runs for what only a reload can do, and for nothing else."""
    edge = edge(master_socket="")
    edge.entry["command"] = f"echo x >>{edge.edgewright.folder}/ran; {haproxy.reload}"
    edge.config = edge.edgewright.config(edge.entry, wait="1ms:20ms", state_dir=str(edge.edgewright.folder / "state"))
    edge.start()
    edge.register(edge.farm.ports[5])
    edge.settle()
    ran = edge.edgewright.folder / "ran"
    assert rig.read(ran) is None
    source = edge.entry["source"]
    source.write_text(source.read_text().replace("leastconn", "roundrobin"))
    edge.daemon.send(1)
    edge.daemon.wait_for_log("reloaded, because 'balance' of 'listen web'")
    assert rig.read(ran) == "x\n"
    edge.settle()


def test_refused_reload_goes_back(edge):
    """HAProxy's check does not bind: a port that somebody has is found at the reload, and the last good text is back."""
    edge = edge()
    edge.start()
    edge.settle()
    pid = edge.haproxy.worker_pid()
    good = edge.haproxy.config.read_text()
    source = edge.entry["source"]
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        source.write_text(source.read_text().replace("    balance", f"    bind 127.0.0.1:{other.getsockname()[1]}\n    balance"))
        edge.daemon.send(1)
        edge.daemon.wait_for_log("ROLLED BACK")
    rig.wait_for_file(edge.haproxy.config, good)
    assert edge.haproxy.worker_pid() == pid
    assert rig.fetch(edge.haproxy.port).startswith("web:")
