"""The driver of haproxy/, by hand, with the real HAProxies: what it does to them, and what it says."""
import contextlib
import os
import random
import re
import select
import signal
import socket
import subprocess
import threading

import haproxies
import pytest
import rig

TOOL = os.environ.get("DRIVE_TOOL", str(rig.TOP / "build/tests/haproxy/drive_tool"))
HEAD = """global
    stats socket %(folder)s/admin.sock level admin
    hard-stop-after 5s
defaults
    mode http
    timeout connect 1s
    timeout client 5s
    timeout server 5s
%(defaults)s
frontend www
    bind 127.0.0.1:%(port)d
    default_backend web
backend web
%(backend)s
"""


def servers(*numbers, more=""):
    return "".join(f"    server s{n} 127.0.0.1:{20000 + n}{more}\n" for n in numbers)


class Edge:
    """An HAProxy with its files, and a driver."""

    def __init__(self, folder, binary="haproxy", has_master=True, drain=0, grace=100):
        self.folder, self.binary, self.has_master = folder, binary, has_master
        self.port = rig.free_port()
        self.socket = "admin.sock"      # for the driver
        self.more = []      # files that the driver is told of
        self.drain, self.grace = drain, grace
        self.config = folder / "haproxy.cfg"
        self.haproxy = self.tool = None

    def write(self, backend, defaults=""):
        text = HEAD % {"folder": self.folder, "defaults": defaults, "port": self.port, "backend": backend}
        new = self.folder / "new"
        new.write_text(text)
        os.replace(new, self.config)

    def start_haproxy(self, *others):
        words = [self.binary, "-W", "-S", self.folder / "master.sock"] if self.has_master else [self.binary, "-db"]
        files = [word for file in (self.config, *others) for word in ("-f", file)]
        self.haproxy = rig.Process([*words, *files])
        rig.wait_until(lambda: self.try_ask("show info"), "HAProxy does not answer")

    def start(self, wait=True):
        master = self.folder / "master.sock" if self.has_master else "-"
        self.tool = subprocess.Popen([TOOL, self.folder / "state", self.folder / self.socket, master, str(self.drain),
                                      str(self.grace), self.config, *self.more], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                     stderr=open(self.folder / "log", "a"), text=True)
        self.expect("start")
        if wait:
            self.settle()

    def tell(self, line):
        self.tool.stdin.write(line + "\n")
        self.tool.stdin.flush()

    def expect(self, start):
        line = self.tool.stdout.readline().rstrip("\n")
        assert line.startswith(start), f"{line!r}\n{self.log()}"
        return line

    def apply(self, word="apply"):
        self.tell(word)
        return self.expect("result ")

    def report(self):
        self.tell("report")
        return dict(item.split("=") for item in self.expect("report ").split()[1:])

    def settle(self):
        """Until nothing is under way."""
        rig.wait_until(lambda: self.report()["busy"] == "0", "the driver is busy")

    def stop(self):
        if self.tool and self.tool.poll() is None:
            self.tool.kill()
        if self.tool:
            self.tool.wait()
            self.tool.stdin.close()
            self.tool.stdout.close()
        if self.haproxy:
            self.haproxy.stop()

    def log(self):
        return (self.folder / "log").read_text()

    def try_ask(self, command):
        try:
            return rig.ask_socket(self.folder / "admin.sock", command)
        except OSError:
            return None

    def live(self, backend="web"):
        """What runs: {server: (address, weight, admin)}"""
        found = {}
        for line in rig.ask_socket(self.folder / "admin.sock", f"show servers state {backend}").split("\n")[2:]:
            words = line.split(" ")
            if len(words) > 18:
                found[words[3]] = (f"{words[4]}:{words[18]}", int(words[7]), int(words[6]))
        return found

    def serving(self):
        return sorted(name for name, (_, _, admin) in self.live().items() if not admin & 0x3b)     # 4: it was disabled once

    def pid(self):
        return int(re.search(r"^Pid: (\d+)", rig.ask_socket(self.folder / "admin.sock", "show info"), re.M).group(1))


@pytest.fixture
def edge(tmp_path):
    made = []

    def make(**options):
        made.append(Edge(tmp_path, **options))
        return made[-1]

    yield make
    for each in made:
        each.stop()


@pytest.mark.parametrize("binary", haproxies.since((2, 6)), ids=str)
def test_servers_come_and_go(edge, binary):
    """No reload; what is gone gets no request at once, and is deleted after its grace period."""
    edge = edge(binary=binary.path, has_master=binary.path == "haproxy")
    edge.write(servers(1, 2))
    edge.start_haproxy()
    pid = edge.pid()
    edge.start()
    assert edge.apply() == "result nothing 0 "
    edge.write(servers(2, 3))
    assert edge.apply() == "result updated 3 "
    assert edge.serving() == ["s2", "s3"]
    rig.wait_until(lambda: sorted(edge.live()) == ["s2", "s3"], lambda: f"s1 is not deleted: {edge.live()}")
    edge.write(servers(2, more=" weight 7") + servers(3, more=" disabled"))
    assert edge.apply() == "result updated 2 "
    assert edge.live()["s2"] == ("127.0.0.1:20002", 7, 0)
    assert edge.serving() == ["s2"]
    assert edge.pid() == pid
    rig.wait_until(lambda: edge.report()["pending"] == "0", "work is left")


def test_structure_is_a_reload(edge):
    edge = edge()
    edge.write(servers(1))
    edge.start_haproxy()
    pid = edge.pid()
    edge.start()
    edge.write("    balance leastconn\n" + servers(1, 2))
    line = edge.apply()
    assert line.startswith("result reloaded 0 'balance' of 'backend web' ("), line
    assert edge.pid() != pid
    assert edge.serving() == ["s1", "s2"]
    assert edge.report()["worker"] == str(edge.pid())
    assert edge.apply("others").startswith("result reloaded 0 a file that it reads")


def test_refused_reload_is_evidence(edge):
    """And what can be done for the servers is done all the same."""
    edge = edge()
    edge.write(servers(1, 2))
    edge.start_haproxy()
    pid = edge.pid()
    edge.start()
    edge.write("    nonsense\n" + servers(1))
    line = edge.apply()
    assert line.startswith("result failed 1 evidence HAProxy refused to reload"), line
    assert edge.pid() == pid
    assert edge.serving() == ["s1"]
    edge.write(servers(1))
    assert edge.apply().startswith("result reloaded"), edge.log()
    assert sorted(edge.live()) == ["s1"]


def test_reload_by_command(edge):
    """Without a master socket the command reloads; that it did is looked at."""
    edge = edge(has_master=False)
    edge.write(servers(1))
    edge.start_haproxy()
    edge.start()
    edge.write("    balance leastconn\n" + servers(1))
    edge.tell("apply")
    assert edge.expect("command ") .startswith("command 'balance' of")
    edge.haproxy.stop()
    edge.start_haproxy()
    edge.tell("command ok")
    assert edge.expect("result ").startswith("result reloaded 0 'balance' of")
    edge.write("    balance random\n" + servers(1))
    edge.tell("apply")
    edge.expect("command ")
    edge.tell("command failed")
    assert edge.expect("result ") == "result failed 0 exit status 1"


def test_files_are_replaced_during_a_reload(edge):
    """Which of them the worker has read, its servers tell."""
    edge = edge(has_master=False)
    edge.write(servers(1))
    edge.start_haproxy()
    edge.start()
    edge.write("    balance leastconn\n" + servers(1, 2))
    edge.tell("apply")
    edge.expect("command ")
    edge.write("    balance leastconn\n" + servers(1, 2, 3))
    edge.haproxy.stop()
    edge.start_haproxy()
    edge.tell("command ok")
    assert edge.expect("result ").startswith("result reloaded")
    pid = edge.pid()
    line = edge.apply()
    assert not line.startswith("result reloaded"), line
    assert edge.pid() == pid and edge.serving() == ["s1", "s2", "s3"]

    # As it may just as well have read the ones before.
    edge.write("    balance random\n" + servers(1, 2))
    edge.tell("apply")
    edge.expect("command ")
    edge.haproxy.stop()
    edge.start_haproxy()
    edge.write("    balance random\n" + servers(1, 2, 3, 4))
    edge.tell("command ok")
    assert edge.expect("result ").startswith("result reloaded")
    line = edge.apply()
    assert line.startswith("result updated"), line
    assert edge.serving() == ["s1", "s2", "s3", "s4"]


def test_not_running(edge):
    """Nothing to reload; and when it has started, it runs the file: no reload then."""
    edge = edge()
    edge.write(servers(1))
    edge.start()
    edge.write(servers(1, 2))
    assert edge.apply() == "result not running 0 "
    edge.start_haproxy()
    pid = edge.pid()
    edge.write(servers(2, 3))
    assert edge.apply() == "result updated 3 ", edge.log()
    assert edge.pid() == pid


def test_reads_more_than_we_know_of(edge):
    """With a second file nobody knows what its servers are: nothing but reloads, and that is said once."""
    edge = edge()
    edge.write(servers(1))
    other = edge.folder / "other.cfg"
    other.write_text("backend other\n" + servers(9))
    edge.start_haproxy(other)
    pid = edge.pid()
    edge.start()
    assert edge.pid() == pid
    edge.write(servers(1, 2))
    line = edge.apply()
    assert line.startswith(f"result reloaded 0 it reads '{edge.config}', '{other}', which is not what 'config' says"), line
    pid = edge.pid()
    assert edge.apply() == "result nothing 0 "
    rig.ask_socket(edge.folder / "admin.sock", "set server other/s9 state maint")
    edge.tool.kill()
    edge.tool.wait()
    edge.start()
    assert edge.apply() == "result nothing 0 "
    assert edge.pid() == pid
    edge.write(servers(2))
    assert edge.apply().startswith("result reloaded 0 it reads")
    assert edge.log().count("its servers are changed by reloads alone") == 2

    edge.tool.kill()
    edge.tool.wait()
    edge.more = [other]                                          # as it should be
    edge.start()
    edge.write(servers(2, 3))
    assert edge.apply() == "result updated 2 ", edge.log()


def test_operators_reload(edge):
    """A worker that an operator has started runs the file: there is no second reload, and updates go on."""
    edge = edge()
    edge.write(servers(1))
    edge.start_haproxy()
    edge.start()
    edge.write(servers(1, 2))
    assert edge.apply() == "result updated 2 "
    old = edge.pid()
    os.kill(edge.haproxy.pid, signal.SIGUSR2)

    def worker():
        found = re.search(r"^Pid: (\d+)", edge.try_ask("show info") or "", re.M)
        return found and int(found[1])
    rig.wait_until(lambda: worker() not in (None, old), "no new worker")
    pid = edge.pid()
    edge.write(servers(2, 3))
    assert edge.apply() == "result updated 3 ", edge.log()
    assert edge.pid() == pid
    assert edge.serving() == ["s2", "s3"]


def test_overrides_survive_a_reload(edge):
    """What an operator did by hand stays, also in the next worker."""
    edge = edge()
    edge.write(servers(1, 2, 3))
    edge.start_haproxy()
    edge.start()
    rig.ask_socket(edge.folder / "admin.sock", "set server web/s1 state maint")
    rig.ask_socket(edge.folder / "admin.sock", "set server web/s2 weight 5")
    edge.write(servers(1, 2, 3, 4))
    assert edge.apply() == "result updated 2 "
    assert edge.live()["s1"][2] == 1
    edge.write("    balance leastconn\n" + servers(1, 2, 3, 4))
    assert edge.apply().startswith("result reloaded")
    assert edge.live()["s1"][2] == 1
    assert edge.live()["s2"][1] == 5


def test_stop_leaves_nothing_undone(edge):
    """A server that waits for its first check serves, one that was to leave gets no request."""
    edge = edge(drain=60000)
    edge.write(servers(1, 2))
    edge.start_haproxy()
    edge.start()
    edge.tell("registered 127.0.0.1:20001")
    edge.write(servers(2) + servers(3, more=" check inter 60s"))
    assert edge.apply().startswith("result updated"), edge.log()
    assert edge.serving() == ["s1", "s2"]
    edge.tell("stop")
    edge.expect("stopped")
    assert edge.serving() == ["s2", "s3"]
    assert edge.live()["s1"][2] & 1


@pytest.mark.parametrize("n_saves", [1, 2])
def test_crash(edge, n_saves):
    """Killed before it has written down what it does, and before it has written down that it is done."""
    edge = edge()
    edge.write(servers(1, 2))
    edge.start_haproxy()
    pid = edge.pid()
    edge.start()
    edge.tell(f"die {n_saves}")
    edge.write(servers(2, 3))
    edge.tell("apply")
    assert edge.tool.wait(rig.PATIENCE) == 3
    edge.start()
    rig.wait_until(lambda: edge.serving() == ["s2", "s3"], lambda: f"{edge.live()}\n{edge.log()}")
    rig.wait_until(lambda: sorted(edge.live()) == ["s2", "s3"], lambda: f"{edge.live()}\n{edge.log()}")
    assert (edge.pid() == pid) == (n_saves == 2), edge.log()


class Gate:
    """Between a driver and HAProxy's socket: lets so many commands through, then keeps what comes to itself."""

    def __init__(self, folder):
        self.target = str(folder / "admin.sock")
        self.n_left, self.is_answer_kept = None, False
        self.is_shut = threading.Event()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(folder / "gate.sock"))
        self.listener.listen()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client = self.listener.accept()[0]
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            try:
                server.connect(self.target)
            except OSError:                                      # in the middle of a reload
                client.close()
                continue
            threading.Thread(target=self.forward, args=(client, server), daemon=True).start()
            threading.Thread(target=self.answer, args=(server, client), daemon=True).start()

    def set(self, n_commands, is_answer_kept=False):
        """None: any number. is_answer_kept: the last one is obeyed, but nobody hears of it."""
        self.is_shut.clear()
        self.n_left, self.is_answer_kept = n_commands, is_answer_kept

    def forward(self, client, server):
        with server:
            with contextlib.suppress(OSError):                   # the driver, or HAProxy, is gone
                for line in client.makefile("rb"):
                    if self.n_left == 0:
                        self.is_shut.set()
                        continue
                    if self.n_left is not None:
                        self.n_left -= 1
                        if self.n_left == 0 and self.is_answer_kept:
                            server.sendall(line)
                            self.is_shut.wait()
                            continue
                    server.sendall(line)
                server.shutdown(socket.SHUT_WR)

    def answer(self, server, client):
        with client:
            try:
                while data := server.recv(65536):
                    if self.n_left == 0 and self.is_answer_kept:
                        self.is_shut.set()
                    else:
                        client.sendall(data)
            except OSError:
                pass                                             # the driver is dead

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


def n_reloads(edge):
    return edge.log().count("reloaded, because")


@pytest.mark.parametrize("is_answer_kept", [False, True], ids=["before", "after"])
def test_killed_between_any_two_commands(edge, is_answer_kept):
    """The next one finishes what is there, with a reload at most."""
    edge = edge()
    edge.write(servers(1, 2, 5))
    edge.start_haproxy()
    edge.socket, gate = "gate.sock", Gate(edge.folder)
    lists = [[1, 2, 5], [2, 3, 4]]
    n, was_reloaded = 0, []
    while True:
        edge.start()
        edge.settle()
        n += 1
        wanted = lists[n % 2]
        gate.set(n - (not is_answer_kept), is_answer_kept)
        before = n_reloads(edge)
        edge.write(servers(*wanted, more=f" weight {n}"))
        edge.tell("apply")
        rig.wait_until(lambda: gate.is_shut.is_set() or select.select([edge.tool.stdout], [], [], 0)[0],
                       lambda: f"neither shut nor done: {n}\n{edge.log()}")
        is_done = not gate.is_shut.is_set()
        edge.tool.kill()
        edge.tool.wait()
        gate.set(None)
        if is_done:
            break
        edge.start()
        names = [f"s{number}" for number in wanted]
        rig.wait_until(lambda: edge.serving() == names == sorted(edge.live()), lambda: f"{n}: {edge.live()}\n{edge.log()}")
        edge.settle()
        assert {weight for _, weight, _ in edge.live().values()} == {n}, f"{edge.live()}\n{edge.log()}"
        assert n_reloads(edge) - before <= 1, edge.log()
        was_reloaded.append(n_reloads(edge) != before)
        edge.tool.kill()
        edge.tool.wait()
    gate.close()
    assert n > 10 and not all(was_reloaded), f"{n} {was_reloaded}"


def test_slots_before_adding_was_possible(edge):
    """2.2: addresses, states and weights of the servers that there are."""
    old = [binary for binary in haproxies.all_of_them() if binary.version < (2, 4)]
    if not old:
        pytest.skip("no HAProxy before 2.4 could be had")
    edge = edge(binary=old[0].path, has_master=False)
    edge.write(servers(1, 2) + servers(3, more=" disabled"))
    edge.start_haproxy()
    pid = edge.pid()
    edge.start()
    edge.write(servers(1, 2).replace("20002", "20009 weight 3") + servers(3))
    edge.tell("apply")
    assert edge.expect("result ").startswith("result updated"), edge.log()
    rig.wait_until(lambda: edge.live()["s2"] == ("127.0.0.1:20009", 3, 0), lambda: f"{edge.live()}\n{edge.log()}")
    assert edge.serving() == ["s1", "s2", "s3"]
    assert edge.pid() == pid
    edge.write(servers(1))
    edge.tell("apply")
    assert edge.expect("command ") == "command web/s2: HAProxy 2.2 cannot delete servers"


def random_backend(rng):
    """A few servers with what can be said of them."""
    lines = [f"    balance {rng.choice(['roundrobin', 'leastconn', 'leastconn', 'random'])}\n"] * (rng.random() < 0.5)
    if rng.random() < 0.3:
        lines.append(f"    default-server weight {rng.choice([5, 50])}{rng.choice(['', ' check inter 5s', ' maxconn 9'])}\n")
    for n in rng.sample(range(1, 9), rng.randrange(1, 6)):
        words = rng.sample(["", "", "", " weight 7", " weight 0", " disabled", " check", " maxconn 30", " backup", " check port 1"],
                           rng.randrange(1, 3))
        port = 20000 + n + 100 * (rng.random() < 0.2)
        more = " check port 1" if " check" in words and " check port 1" in words else "".join(words)
        lines.append(f"    server s{n} 127.0.0.1:{port}{more}\n")
    return "".join(lines)


def comparable(edge):
    """What both have to agree on; what was left in maintenance to be deleted is the file's no more."""
    in_file = set(re.findall(r"^ +server (\S+)", edge.config.read_text(), re.M))
    return {name: (address, weight, admin & 9) for name, (address, weight, admin) in edge.live().items()
            if name in in_file or not admin & 1}


@pytest.mark.parametrize("binary", haproxies.since((2, 6)), ids=str)
def test_any_change_ends_where_a_start_does(edge, binary):
    """Random pairs of configurations: an HAProxy that was brought from one to the other has the same servers as one
    that was started with it."""
    rng = random.Random(str(binary))
    edge = edge(binary=binary.path, has_master=False, grace=0)
    text = random_backend(rng)
    edge.write(text)
    edge.start_haproxy()
    edge.start()
    n_updates = 0
    for _ in range(12):
        before, text = text, random_backend(rng)
        if rng.random() < 0.7:      # the same structure
            head = [line for line in before.split("\n") if line and " server " not in line]
            text = "\n".join(head + [line for line in text.split("\n") if " server " in line]) + "\n"
        edge.write(text)
        edge.tell("apply")
        line = edge.tool.stdout.readline()
        if line.startswith("command "):
            edge.haproxy.stop()
            edge.start_haproxy()
            edge.tell("command ok")
            assert edge.expect("result ").startswith("result reloaded"), edge.log()
            continue
        assert line.startswith(("result updated", "result nothing")), f"{line}{edge.log()}"
        n_updates += 1
        other = Edge(edge.folder / "other", binary=binary.path, has_master=False)
        other.folder.mkdir(exist_ok=True)
        other.write(text)
        other.start_haproxy()
        try:
            rig.wait_until(lambda: comparable(edge) == comparable(other),
                           lambda: f"{before}\nbecame\n{text}\n{edge.live()}\n{other.live()}\n{edge.log()}")
        finally:
            other.stop()
    assert n_updates >= 3


def test_old_workers_slow_reloads_down(edge):
    """Each holds the memory of an HAProxy. What can be done for the servers does not wait."""
    edge = edge()
    edge.write(servers(1, 2), "    balance roundrobin")
    edge.start_haproxy()
    edge.start()
    held = []
    for n in range(3):
        held.append(socket.create_connection(("127.0.0.1", edge.port)))
        held[-1].sendall(b"GET / HTTP/1.1\r\n")
        edge.write(servers(1, 2), "    balance " + ["leastconn", "random", "leastconn"][n])
        assert edge.apply().startswith("result reloaded")
    assert edge.report()["old"] == "3"
    pid = edge.pid()
    edge.write(servers(2), "    balance roundrobin")
    edge.tell("apply")
    rig.wait_until(lambda: edge.serving() == ["s2"], lambda: f"{edge.live()}\n{edge.log()}")
    assert edge.pid() == pid
    assert edge.expect("result ").startswith("result reloaded 1 'balance' of 'defaults'")
    assert edge.pid() != pid
    assert "waits for its turn (3 old workers)" in edge.log()
    for connection in held:
        connection.close()


def test_what_cannot_be_read_is_reloaded(edge):
    """HAProxy itself has accepted it."""
    edge = edge()
    edge.more = [edge.folder / "device.cfg"]
    edge.more[0].symlink_to("/dev/null")
    edge.write(servers(1))
    edge.start_haproxy(edge.more[0])
    edge.start()
    for n in (2, 3):
        pid = edge.pid()
        edge.write(servers(1, n))
        assert edge.apply().startswith(f"result reloaded 0 read '{edge.more[0]}': "), edge.log()
        assert edge.pid() != pid
    edge.more[0].unlink()
    edge.more[0].write_text("")
    edge.write(servers(1))
    assert edge.apply().startswith("result reloaded")
    edge.write(servers(1, 2))
    assert edge.apply() == "result updated 2 "


def test_nobody_can_be_asked(edge):
    """A stats socket at another place than we were told: HAProxy runs, and is reloaded."""
    edge = edge()
    edge.write(servers(1))
    edge.start_haproxy()
    pid = edge.pid()
    socket_path = edge.folder / "admin.sock"
    edge.socket = "elsewhere.sock"
    edge.start()
    edge.write(servers(1, 2))
    line = edge.apply()
    assert line.startswith(f"result reloaded 0 '{edge.folder}/elsewhere.sock': "), line
    assert socket_path.exists() and edge.pid() != pid
