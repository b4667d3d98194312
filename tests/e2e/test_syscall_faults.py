"""One delivery again and again, with its 1st, 2nd, 3rd ... call for a file or a process failing."""
import errno
import hashlib
import json
import mmap
import os
import re
import struct

import pytest
import rig

ERRORS = [errno.ENOSPC, errno.EIO, errno.EMFILE, errno.EAGAIN, errno.EACCES]
N_GROUPS = 60       # each runs its command a few times only: there is a budget


class Fault:
    """tests/fault/fail_nth.c, preloaded."""

    def __init__(self, edgewright):
        self.path = edgewright.folder / "fault"
        self.path.write_bytes(bytes(128))
        with open(self.path, "r+b") as file:
            self.shared = mmap.mmap(file.fileno(), 128)
        library = edgewright.binary.parent / "tests/fault/fail_nth.so"
        assert library.exists(), f"there is no {library}"
        # The sanitizers' own library need not be the first one.
        self.env = {"LD_PRELOAD": str(library), "FAIL_NTH": str(self.path),
                    "ASAN_OPTIONS": "verify_asan_link_order=0:" + os.environ.get("ASAN_OPTIONS", "")}

    def arm(self, nth, error):
        self.shared[:] = bytes(128)
        self.shared[0:8] = struct.pack("II", nth, error)

    def disarm(self):
        self.shared[0:4] = bytes(4)

    def n_calls(self):
        return struct.unpack_from("I", self.shared, 8)[0]

    def has_failed(self):
        return struct.unpack_from("I", self.shared, 12)[0] != 0

    def call(self):
        return self.shared[16:].split(b"\0")[0].decode()


def text_of(serial):
    return f"begin {serial}\n" + "x" * 5000 + f"\nend {serial}\n"


TEXT = "begin {{%s}}\n" + "x" * 5000 + "\nend {{%s}}\n"


class Group:
    """A file and a list that names it, a file of writeToFile, a check, a command that says what it has seen."""

    def __init__(self, edgewright, i, question):
        self.folder = edgewright.folder / f"group{i}"
        self.folder.mkdir()
        self.key = f"k{i}"
        names = [f"group{i}/{name}" for name in ("main", "list", "output")]
        self.paths = [edgewright.folder / name for name in names]
        self.ran = edgewright.folder / f"ran{i}"
        question = question % self.key
        output = f'{{{{writeToFile "{self.paths[2]}" "" "" "0644" (printf "begin %s\\nend %s\\n" ({question}) ({question}))}}}}'
        self.entries = [
            edgewright.template(TEXT % (question, question) + output, names[0], group=f"g{i}", backup=True,
                                check="grep -q end {}", command=f"cp {self.paths[0]} {self.ran}"),
            edgewright.template(f"begin {{{{{question}}}}}\n{self.paths[0]}\nend {{{{{question}}}}}\n", names[1],
                                group=f"g{i}"),
        ]

    def serials(self):
        """What each file has, all of them whole; None where there is none."""
        found = []
        for path in self.paths:
            text = rig.read(path)
            match = text is not None and re.fullmatch(r"begin (\d+)\n(.*\n)?end \1\n", text, re.S)
            assert match or text is None, f"torn: {path} {text[:80]!r} ... {text[-80:]!r}"
            found.append(int(match[1]) if match else None)
        return found

    def leftovers(self):
        return [name for name in os.listdir(self.folder) if name.startswith(".")]

    def clear_leftovers(self):
        """A name that could not be removed stays until the next start."""
        for name in self.leftovers():
            os.unlink(self.folder / name)


def descriptors(daemon):
    """Those that are no sockets: connections come and go."""
    folder = f"/proc/{daemon.pid}/fd"
    names = []
    for fd in os.listdir(folder):
        try:
            names.append(re.sub(r"\[?\d+\]?$", "", os.readlink(f"{folder}/{fd}")))
        except FileNotFoundError:
            pass
    return sorted(name for name in names if name != "socket:")


def is_settled(edgewright, group, serial):
    """The journal says that the text is in place and taken up."""
    wanted = hashlib.sha256(text_of(serial).encode()).hexdigest()
    for record in json.loads(rig.read(edgewright.folder / "state/journal.json"))["groups"]:
        if f"{record['name']}" == group.folder.name.replace("group", "g"):
            files = [file["sha256"] for file in record["taken_up"][0]["files"]] if record["taken_up"] else []
            return not record["owed"] and wanted in files
    return False


class Scene:
    def __init__(self, edgewright, consul):
        self.edgewright, self.consul = edgewright, consul
        self.fault = Fault(edgewright)
        self.groups = [Group(edgewright, i, 'key "%s"') for i in range(N_GROUPS)]
        for group in self.groups:
            consul.kv_put(group.key, "1")
        self.config = edgewright.config(*[entry for group in self.groups for entry in group.entries],
                                        state_dir=str(edgewright.folder / "state"), runtime_dir=str(edgewright.folder / "run"))
        self.serial = 1
        self.n_runs = 0
        self.start()

    def start(self):
        self.daemon = self.edgewright.start("-config", self.config, env=self.fault.env)
        for group in self.groups:
            rig.wait_for_file(group.ran, text_of(1))
        rig.wait_until(lambda: all(is_settled(self.edgewright, group, 1) for group in self.groups), "all is taken up")
        # The journal, and what else is being written at this moment, does not stay open.
        mine = str(self.edgewright.folder)
        self.open = [name for name in descriptors(self.daemon) if not name.startswith(mine) or name.endswith("/lock")]

    def put(self, group):
        self.serial += 1
        self.consul.kv_put(group.key, str(self.serial))
        return self.serial

    def deliver_with(self, nth, error):
        """Whether a call failed."""
        group = self.groups[self.n_runs % N_GROUPS]
        self.n_runs += 1
        before = max(group.serials())
        self.fault.arm(nth, error)
        serial = self.put(group)
        rig.wait_until(lambda: self.fault.has_failed() or is_settled(self.edgewright, group, serial),
                       lambda: f"delivered or failed:\n{self.daemon.text()[-2000:]}")
        self.fault.disarm()
        has_failed = self.fault.has_failed()
        what = f"call {nth}, {self.fault.call()}, failed with {errno.errorcode[error]}"
        assert set(group.serials()) <= {before, serial}, what
        self.deliver(group, what)
        return has_failed

    def deliver(self, group, what):
        serial = self.put(group)
        try:
            rig.wait_for_file(group.ran, text_of(serial))
            # The command of the text before, too, may have copied this one's first file.
            rig.wait_until(lambda: group.serials() == [serial] * 3, lambda: f"all three have it: {group.serials()}")
            rig.wait_until(lambda: descriptors(self.daemon) == self.open,
                           lambda: f"no descriptor leaks: {self.open} {descriptors(self.daemon)}")
            if self.fault.call().startswith("unlink"):
                group.clear_leftovers()
            rig.wait_until(lambda: not group.leftovers(), lambda: f"no file leaks: {group.leftovers()}")
        except AssertionError as error:
            raise AssertionError(f"{what}: {error}\n{self.daemon.text()[-3000:]}") from None


# Every call with a full disk, and with the errors in turn, each call with another one. ALL_FAULTS=1: every call with each.
PASSES = {"in turn": ERRORS, "ENOSPC": [errno.ENOSPC]}
if os.environ.get("ALL_FAULTS"):
    PASSES = {errno.errorcode[error]: [error] for error in ERRORS}


@pytest.mark.parametrize("errors", PASSES.values(), ids=PASSES.keys())
def test_each_call_of_a_delivery_fails_once(edgewright, consul, errors):
    scene = Scene(edgewright, consul)
    nth = 1
    while scene.deliver_with(nth, errors[nth % len(errors)]):
        nth += 1
    print(f"{nth - 1} calls")
    assert nth > 50, "calls were counted"


def test_each_call_of_a_run_with_once_fails_once(edgewright, consul):
    """From its first breath on: what cannot be read or done is an exit status, and the next run does it."""
    group = Group(edgewright, 0, 'key "%s"')
    fault = Fault(edgewright)
    config = edgewright.config(*group.entries)
    for serial in (1, 2):
        consul.kv_put(group.key, str(serial))
        assert edgewright.run("record", "-config", config, f"data{serial}").status == 0
    nth, serial = 1, 1
    while True:
        error = ERRORS[nth % len(ERRORS)]
        arguments = ["-config", config, "-once", "-data", edgewright.folder / f"data{serial}"]
        fault.arm(nth, error)
        done = edgewright.run(*arguments, env=fault.env, consul=None)
        fault.disarm()
        if not fault.has_failed():
            break
        what = f"call {nth}, {fault.call()}, failed with {errno.errorcode[error]}: {done}"
        assert done.status in (0, 1, 2) and set(group.serials()) <= {None, 3 - serial, serial}, what
        if done.status == 0:
            assert group.serials() == [serial] * 3 and rig.read(group.ran) == text_of(serial), what
        if fault.call().startswith("unlink"):
            group.clear_leftovers()
        assert not group.leftovers(), what
        again = edgewright.run(*arguments, consul=None)
        assert again.status == 0 and group.serials() == [serial] * 3, f"{what}\n{again}"
        nth, serial = nth + 1, 3 - serial
    assert done.status == 0 and nth > 100, (nth, done)
