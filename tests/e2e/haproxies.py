"""The HAProxies that can be had: Debian 12's own, and those of other Debian releases, unpacked below build/."""
import functools
import os
import re
import subprocess
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
RELEASES = ["bullseye", "trixie", "sid"]
missing = []    # releases whose HAProxy could not be had


class Binary:
    def __init__(self, path):
        self.path = path
        text = subprocess.run([path, "-v"], capture_output=True, text=True, check=True).stdout
        major, minor = re.search(r"version (\d+)\.(\d+)", text).groups()
        self.version = (int(major), int(minor))

    def __str__(self):
        return "%d.%d" % self.version


@functools.lru_cache(None)
def all_of_them():
    found = [Binary("haproxy")]
    for release in RELEASES:
        done = subprocess.run([TOP / "tests/get-haproxy", release], stdout=subprocess.PIPE, text=True)
        if done.returncode == 0:
            found.append(Binary(done.stdout.strip()))
        else:
            missing.append(release)
    return found


def since(version):
    return [binary for binary in all_of_them() if binary.version >= version]


def plan_tool():
    return os.environ.get("PLAN_TOOL", str(TOP / "build/tests/haproxy/plan_tool"))
