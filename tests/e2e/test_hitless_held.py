"""Connections that never end, while servers come and go: a reload would keep an old worker for each of them."""
import contextlib
import random
import re
import socket
from pathlib import Path

import rig
from test_hitless import edge, farm  # noqa: F401  (fixtures)

N_HELD, N_OPERATIONS = 50, 50
MOST_KB = 1024      # of growth; a second worker alone would be several times that


def resident_kb(pid):
    return int(re.search(r"^VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text(), re.M).group(1))


def is_open(held):
    try:
        return held.recv(1, socket.MSG_DONTWAIT | socket.MSG_PEEK) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


def test_held_connections(edge):     # noqa: F811
    edge = edge()       # noqa: F811
    source = edge.entry["source"]
    source.write_text(source.read_text().replace("mode http", "mode tcp"))
    edge.start(4)
    edge.settle()
    rng = random.Random(4)
    pid = edge.haproxy.worker_pid()
    with contextlib.ExitStack() as held_ones:
        held = [held_ones.enter_context(socket.create_connection(("127.0.0.1", edge.haproxy.port)))
                for _ in range(N_HELD)]
        rig.wait_until(lambda: re.search(rf"^web,BACKEND,\d+,\d+,{N_HELD},", edge.haproxy.ask("show stat"), re.M),
                       lambda: edge.haproxy.ask("show stat"))
        for _ in range(4):      # what the first updates allocate is kept for the next ones
            edge.change(rng)
        edge.settle()
        before = resident_kb(pid)
        for _ in range(N_OPERATIONS // 5):
            for _ in range(5):
                edge.change(rng)
            edge.settle()
        assert all(is_open(each) for each in held)
        assert edge.haproxy.worker_pid() == pid and edge.n_workers() == 1, edge.daemon.text()
        assert resident_kb(pid) - before < MOST_KB, (before, resident_kb(pid))
    assert edge.daemon.text().count("reloaded, because") == 0
