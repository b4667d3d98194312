"""A file that is mounted by itself, as containers are given one: it can be written into, not replaced."""
import json
import os
import subprocess

import pytest
import rig


def hidden(folder):
    return [name for name in os.listdir(folder) if name.startswith(".")]


@pytest.fixture
def mounted(edgewright):
    """A file with another one mounted over it. Needs root."""
    path, other = edgewright.write("etc/out", ""), edgewright.write("other", "of the host\n" * 1000)
    other.chmod(0o640)
    os.chown(other, 1, 2)
    subprocess.run(["mount", "--bind", other, path], check=True)
    yield path
    subprocess.run(["umount", path], check=True)


@pytest.fixture
def entry(edgewright, consul, mounted):
    consul.kv_put("a", "1")
    return edgewright.template('# begin {{key "a"}}\n# end\n', "etc/out", check="grep -q end {}")


def test_the_way_out_is_said(edgewright, consul, entry, mounted):
    done = edgewright.run("-config", edgewright.config(entry), "-once")
    assert done.status == 1
    assert "rename (a file that is mounted by itself needs 'write: in-place'): Device or resource busy" in done.err
    assert mounted.read_text() == "of the host\n" * 1000 and not hidden(mounted.parent)


def test_in_place(edgewright, consul, entry, mounted):
    before = mounted.stat()
    edgewright.start("-config", edgewright.config({**entry, "write": "in-place"}))
    rig.wait_for_file(mounted, "# begin 1\n# end\n")
    after = mounted.stat()
    assert (after.st_ino, after.st_uid, after.st_gid, after.st_mode) == (before.st_ino, 1, 2, before.st_mode)
    consul.kv_put("a", "2" * 5000)
    rig.wait_for_file(mounted, f"# begin {'2' * 5000}\n# end\n")
    rig.wait_until(lambda: not hidden(mounted.parent), "nothing staged is left")


def test_what_a_crash_has_left_half_written_is_completed(edgewright, consul, entry, mounted):
    """The state that a crash in the middle of the writing leaves: announced, and half a text."""
    config = edgewright.config({**entry, "write": "in-place"}, state_dir=str(edgewright.folder / "state"))
    daemon = edgewright.start("-config", config)
    path = edgewright.folder / "state/journal.json"
    rig.wait_for_file(path, lambda text: json.loads(text)["groups"][0]["taken_up"])
    daemon.kill()
    journal = json.loads(path.read_text())
    journal["groups"][0]["pending"] = journal["groups"][0]["installed"]
    path.write_text(json.dumps(journal))
    mounted.write_text("# beg")
    daemon = edgewright.start("-config", config, consul=f"127.0.0.1:{rig.free_port()}")
    rig.wait_for_file(mounted, "# begin 1\n# end\n")
    daemon.wait_for_log("the process before ended between its files; they are complete now")


def test_in_place_on_a_full_disk(edgewright, consul, small_disk):
    """The room is there or the old text stays."""
    folder, _ = small_disk
    consul.kv_put("a", "1")
    entry = edgewright.template('{{key "a"}} ' + "x" * 30000, write="in-place")
    entry["destination"] = folder / "out"
    (folder / "out").write_text("old")
    (folder / "others").write_bytes(bytes(24 * 1024))
    daemon = edgewright.start("-config", edgewright.config(entry))
    daemon.wait_for_log("install '.*/out': .*No space left on device; next attempt in")
    assert (folder / "out").read_text() == "old"
    (folder / "others").unlink()
    rig.wait_for_file(folder / "out", lambda text: text.startswith("1 "))
