"""What an ordinary user lacks, said at the start with the exact fix."""
import re
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import pytest
import rig

CONFIG = """global
    stats socket {folder}/shared mode 660 level admin group daemon
    stats socket {folder}/private mode 600 level admin
    stats socket {folder}/weak mode 666 level operator
    stats socket {folder}/good mode 666 level admin
defaults
    mode http
    timeout connect 2s
    timeout client 10s
    timeout server 10s
listen web
    bind 127.0.0.1:{port}{more}
"""


@pytest.fixture
def place():
    """A folder that others may enter, and the program in it."""
    with tempfile.TemporaryDirectory(prefix="edgewright-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


class Nobody:
    """Runs the program as a user without any rights."""

    def __init__(self, edgewright, folder):
        self.edgewright = edgewright
        shutil.copy(edgewright.binary, folder / "edgewright")
        self.argv = ["setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups", "--pdeathsig", "KILL", "--",
                     folder / "edgewright"]

    def start(self, *args):
        environment = {**self.edgewright.environment(None), "ASAN_OPTIONS": "detect_leaks=0"}
        process = rig.Process([*self.argv, *args], env=environment, cwd="/")
        self.edgewright.started.append(process)
        return process


def findings(process):
    """All that the preflight says, behind its name."""
    process.wait_for_log("preflight: done")
    return [line.split("preflight", 1)[1] for line in process.lines if re.search("preflight(: (?!done)| ')", line)]


@pytest.fixture
def nobody(edgewright, place):
    return Nobody(edgewright, place)


def start_haproxy(haproxy, place):
    haproxy.config.write_text(CONFIG.format(folder=place, port=haproxy.port, more=""))
    haproxy.start()


def entry(place, socket, destination, **more):
    text = CONFIG.format(folder=place, port=rig.free_port(), more="")
    return {"contents": text, "destination": str(place / destination), "group": socket,
            "haproxy": {"socket": str(place / socket), **more}}


def test_sockets(nobody, haproxy, place):
    start_haproxy(haproxy, place)
    home = place / "home"
    home.mkdir()
    home.chmod(0o777)
    for name in ("none", "shared", "private", "weak", "good"):
        (home / f"{name}.cfg").write_text(CONFIG.format(folder=place, port=rig.free_port(), more=""))
    process = nobody.start("--log-level", "debug", "--config", nobody.edgewright.config(*[
        {**entry(place, name, f"home/{name}.cfg"), "command": "true"}
        for name in ("none", "shared", "private", "weak")] + [
            entry(place, "good", "home/good.cfg", master_socket=str(place / "master"))], name=place / "config"))
    stanza = "fix: in HAProxy's 'global' section: stats socket"
    assert findings(process) == [
        f" 'none': HAProxy opens no socket '{place}/none'; {stanza} {place}/none mode 660 level admin",
        f" 'shared': user nobody may not use HAProxy's socket '{place}/shared'; fix: usermod -aG daemon nobody, and start"
        " edgewright again",
        f" 'private': user nobody may not use HAProxy's socket '{place}/private'; {stanza} {place}/private mode 660 level"
        " admin group haproxy, and usermod -aG haproxy nobody",
        f" 'weak': HAProxy's socket '{place}/weak' lets nothing be changed; {stanza} {place}/weak mode 660 level admin",
        f" 'good': HAProxy has no master socket '{place}/master'; fix: Environment=\"EXTRAOPTS=-S"
        " /run/haproxy/master.sock,mode,660\" below [Service] (systemctl edit haproxy; it has to be restarted), and"
        " 'master_socket: /run/haproxy/master.sock'",
    ]


def test_files(nobody, place):
    """The fixes are carried out, and nothing is said any more."""
    (place / "certs").mkdir(0o700)
    key = place / "certs/site.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                    "/CN=edge", "-days", "2", "-keyout", key, "-out", place / "cert.pem"], check=True, capture_output=True)
    key.write_text(key.read_text() + (place / "cert.pem").read_text())
    key.chmod(0o600)
    (place / "out").mkdir(0o755)
    text = CONFIG.format(folder=place, port=rig.free_port(), more=f" ssl crt {key}")
    (place / "out/haproxy.cfg").write_text(text)
    (place / "out/haproxy.cfg").chmod(0o644)
    config = nobody.edgewright.config(
        {"contents": text, "destination": str(place / "out/haproxy.cfg"), "group": "edge",
         "haproxy": {"socket": str(place / "good")}},
        {"contents": "x", "destination": str(place / "out/other"), "group": "other"},
        name=place / "config", state_dir=str(place / "state"), runtime_dir=str(place / "out/run"))

    def told():
        process = nobody.start("--log-level", "debug", "--config", config)
        said = findings(process)
        process.stop()
        return said

    def fix(line):
        assert "; fix: setfacl " in line, line
        subprocess.run(line.split("; fix: ")[1], shell=True, check=True)

    said = told()
    assert said == [
        f": user nobody may not replace files in '{place}'; fix: setfacl -m u:nobody:rwx {place}",
        f": user nobody may not replace files in '{place}/out'; fix: setfacl -m u:nobody:rwx {place}/out",
        f" 'edge': user nobody may not enter '{place}/certs'; fix: setfacl -m u:nobody:x {place}/certs",
    ]
    for line in said:
        fix(line)
    said = told()
    assert said == [f" 'edge': user nobody may not read '{key}'; fix: setfacl -m u:nobody:r {key}"]
    fix(said[0])
    assert told() == []


def test_check(nobody, edgewright, place):
    (place / "out").mkdir(0o755)
    config = edgewright.config({"contents": "x", "destination": str(place / "out/a")},
                               {"contents": "x", "destination": str(place / "out/b")},
                               {"contents": "x", "destination": str(place / "none/c")}, name=place / "config")
    process = nobody.start("check", "--config", config)
    assert process.wait() == 0
    assert process.lines == [f"preflight: user nobody may not replace files in '{place}/out'; fix: setfacl -m"
                             f" u:nobody:rwx {place}/out"]
    assert edgewright.run("check", "--config", config).err == ""


def test_reading_again(nobody, edgewright, place):
    """A new destination is looked at, and what was said is not said again."""
    for name in ("first", "second"):
        (place / name).mkdir(0o755)
    first, second = ({"contents": "x", "destination": str(place / name / "out"), "group": name} for name in
                     ("first", "second"))
    config = edgewright.config(first, name=place / "config")
    process = nobody.start("--log-level", "debug", "--config", config)
    process.wait_for_log("preflight 'first': user nobody may not replace files")
    edgewright.config(first, second, name=place / "config")
    process.send(signal.SIGHUP)
    process.wait_for_log("preflight 'second': user nobody may not replace files")
    process.wait_for_log("configuration read again")
    assert len(findings(process)) == 2


def test_a_read_only_file_system(edgewright, small_disk):
    folder, remount = small_disk
    remount("ro")
    process = edgewright.start("--log-level", "debug", "--config",
                               edgewright.config({"contents": "x", "destination": str(folder / "out")}), consul=None)
    assert process.wait_for_log(r"preflight .*: '(.*)' is read-only for us; fix: ReadWritePaths=\1 below \[Service\] "
                                r"\(systemctl edit\), or mount it writable$")[1] == str(folder)


def test_no_checker(edgewright):
    config = edgewright.config({"contents": "global\n  stats socket /none/s\n", "destination": edgewright.folder / "out",
                                "group": "edge", "check": "true",
                                "haproxy": {"socket": "/none/s", "binary": "haproxy-of-nobody"}})
    process = edgewright.start("--log-level", "debug", "--config", config, consul=None)
    assert findings(process) == [" 'edge': 'haproxy-of-nobody' cannot be run: No such file or directory; fix: apt-get install"
                                 " haproxy, or name its place with 'haproxy: {binary: PATH}'"]
