"""Fixtures of the end-to-end tests, and the last line: N passed, N failed."""
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import haproxies  # noqa: E402
import rig  # noqa: E402


@pytest.fixture(scope="session")
def shared_consul(tmp_path_factory):
    agent = rig.Consul(tmp_path_factory.mktemp("consul"))
    try:
        yield agent.start()
    finally:
        agent.stop()


@pytest.fixture
def consul(shared_consul):
    """A real agent, empty; not to be stopped."""
    shared_consul.clear()
    return shared_consul


@pytest.fixture
def own_consul(tmp_path):
    """An agent of the test's own, not started yet: start(), stop(), pause(), resume(). It keeps what it knows."""
    agent = rig.Consul(tmp_path / "consul", keep=True)
    yield agent
    agent.stop()


@pytest.fixture
def sockets():
    """A folder with a short name: a socket's path holds 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="edgewright-") as folder:
        yield folder


@pytest.fixture
def haproxy(tmp_path, sockets):
    """A real HAProxy, not started yet: its configuration has to be there first."""
    proxy = rig.HAProxy(tmp_path / "haproxy", admin_socket=f"{sockets}/admin")
    yield proxy
    proxy.stop()


@pytest.fixture
def backend():
    """Makes containers' stand-ins: backend("alpine", port)."""
    made = []

    def make(name="alpine", port=None):
        made.append(rig.Backend(name, port))
        return made[-1]
    yield make
    for each in made:
        each.stop()


@pytest.fixture
def notify_socket(sockets):
    receiver = rig.NotifySocket(f"{sockets}/notify")
    yield receiver
    receiver.close()


@pytest.fixture
def proxy(consul):
    """Between edgewright and Consul: start("…", consul=proxy.address)."""
    between = rig.Proxy(consul)
    yield between
    between.close()


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 64 kB, and a function that changes how it is mounted. Needs root."""
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], check=True)

    def remount(options):
        subprocess.run(["mount", "-o", f"remount,{options}", folder], check=True)
    yield folder, remount
    subprocess.run(["umount", "-l", folder], check=True)


@pytest.fixture
def edgewright(request, tmp_path):
    """The program; it asks the test's Consul, if the test has one."""
    names = [name for name in ("own_consul", "consul") if name in request.fixturenames]
    address = request.getfixturevalue(names[0]).address if names else None
    program = rig.Edgewright(tmp_path, address)
    yield program
    program.close()


counts = {"passed": 0, "failed": 0}


def pytest_runtest_logreport(report):
    if report.when == "call" and report.passed:
        counts["passed"] += 1
    elif not report.passed:         # a skipped test and a fixture that broke have failed, too
        counts["failed"] += 1


def pytest_unconfigure(config):
    if haproxies.missing:
        print("without the HAProxy of Debian " + ", ".join(haproxies.missing) + ", which could not be had")
    print(f"{counts['passed']} passed, {counts['failed']} failed")
