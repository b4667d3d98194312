"""The destination: replaced whole or not at all, with the right mode and owner."""
import os
import re
import stat
import threading

import pytest
import rig


@pytest.fixture
def key(consul):
    consul.kv_put("a", "1")
    return '{{key "a"}}'


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_mode_and_owner_are_kept(edgewright, consul, key):
    out = edgewright.write("out", "old")
    out.chmod(0o640)
    os.chown(out, 1234, 2345)
    inode = out.stat().st_ino
    assert edgewright.run("-once", "-config", edgewright.config(edgewright.template(key))).status == 0
    after = out.stat()
    assert out.read_text() == "1" and after.st_ino != inode
    assert (mode(out), after.st_uid, after.st_gid) == (0o640, 1234, 2345)


def test_a_new_file_is_readable_whatever_the_umask(edgewright, consul, key):
    entry = edgewright.template(key)
    old = os.umask(0o077)
    try:
        assert edgewright.run("-once", "-config", edgewright.config(entry)).status == 0
    finally:
        os.umask(old)
    assert mode(entry["destination"]) == 0o644


@pytest.mark.parametrize("perms, wanted", [("0600", 0o600), ("0755", 0o755), ("640", 0o640)])
def test_perms(edgewright, consul, key, perms, wanted):
    out = edgewright.write("out", "old")
    assert edgewright.run("-once", "-config", edgewright.config(edgewright.template(key, perms=perms))).status == 0
    assert out.read_text() == "1" and mode(out) == wanted


def test_folders_are_created_when_asked_for(edgewright, consul, key):
    source = edgewright.write("in", key)
    out = edgewright.folder / "a/b/out"
    entry = {"source": source, "destination": out}
    refused = edgewright.run("-once", "-config", edgewright.config({**entry, "create_dest_dirs": False}))
    assert refused.status == 1 and re.search(r"a/b.*No such file", refused.err), refused
    assert not (edgewright.folder / "a").exists()
    assert edgewright.run("-once", "-config", edgewright.config({**entry, "create_dest_dirs": True})).status == 0
    assert out.read_text() == "1"


@pytest.mark.parametrize("make, reason", [
    (lambda path: path.mkdir(), "directory|folder"),
    (lambda path: os.mkfifo(path), "regular|fifo|pipe"),
], ids=["a folder", "a fifo"])
def test_a_destination_that_is_no_file(edgewright, consul, key, make, reason):
    entry = edgewright.template(key)
    make(entry["destination"])
    kind = stat.S_IFMT(entry["destination"].stat().st_mode)
    before = sorted(os.listdir(edgewright.folder))
    done = edgewright.run("-once", "-template", f"{entry['source']}:{entry['destination']}")
    assert done.status in (1, 2), done
    assert re.search(rf"{entry['destination']}.*({reason})", done.err), done
    assert sorted(os.listdir(edgewright.folder)) == before
    assert stat.S_IFMT(entry["destination"].stat().st_mode) == kind


def test_a_parent_that_is_a_file(edgewright, consul, key):
    edgewright.write("file", "")
    entry = {"source": edgewright.write("in", key), "destination": edgewright.folder / "file/out"}
    done = edgewright.run("-once", "-config", edgewright.config(entry))
    assert done.status == 1 and re.search(r"file.*[Nn]ot a directory", done.err), done


def test_a_disk_that_may_not_be_written(edgewright, consul, key, small_disk):
    folder, remount = small_disk
    remount("ro")
    entry = {"source": edgewright.write("in", key), "destination": folder / "out"}
    done = edgewright.run("-once", "-config", edgewright.config(entry))
    assert done.status == 1 and re.search(rf"{folder}/?.*Read-only", done.err), done

    daemon = edgewright.start("-config", edgewright.config(entry))
    daemon.wait_for_log(rf"{folder}/?.*Read-only")
    assert daemon.is_running()
    remount("rw")
    rig.wait_for_file(folder / "out", "1", 60)      # it tries again by itself


def test_a_full_disk(edgewright, consul, small_disk):
    folder, remount = small_disk
    out = folder / "out"
    consul.kv_put("a", "small")
    entry = {"source": edgewright.write("in", '{{key "a"}}'), "destination": out, "command": "echo ran >> ran"}
    daemon = edgewright.start("-config", edgewright.config(entry))
    rig.wait_for_file(out, "small")
    rig.wait_for_file(edgewright.folder / "ran", "ran\n")
    consul.kv_put("a", "x" * 200_000)
    daemon.wait_for_log(rf"{out}.*No space left")
    rig.wait_until(lambda: os.listdir(folder) == ["out"], "nothing half written stays")
    assert out.read_text() == "small" and rig.read(edgewright.folder / "ran") == "ran\n"
    remount("size=4m")
    rig.wait_for_file(out, "x" * 200_000, 60)       # it tries again by itself
    rig.wait_for_file(edgewright.folder / "ran", "ran\nran\n")
    assert os.listdir(folder) == ["out"] and daemon.is_running()


def test_a_full_disk_with_once(edgewright, consul, small_disk):
    folder, _ = small_disk
    consul.kv_put("a", "x" * 200_000)
    (folder / "out").write_text("old")
    entry = {"source": edgewright.write("in", '{{key "a"}}'), "destination": folder / "out"}
    done = edgewright.run("-once", "-config", edgewright.config(entry))
    assert done.status == 1 and "No space left" in done.err, done
    assert os.listdir(folder) == ["out"] and (folder / "out").read_text() == "old"


def test_a_reader_never_sees_half_a_file(edgewright, consul):
    """Every look at the destination finds the beginning and the end of one and the same text."""
    consul.kv_put("a", "0")
    text = '{{$n := key "a"}}{{$n}}\n{{range loop 20000}}line\n{{end}}{{$n}}\n'
    entry = edgewright.template(text)
    edgewright.start("-config", edgewright.config(entry))
    rig.wait_for_file(entry["destination"], lambda text: text.endswith("0\n"))
    wrong, done = [], threading.Event()

    def look():
        while not done.is_set():
            lines = entry["destination"].read_text().split("\n")
            if len(lines) != 20003 or lines[0] != lines[-2]:
                wrong.append((len(lines), lines[0], lines[-2]))

    reader = threading.Thread(target=look)
    reader.start()
    try:
        for n in range(1, 21):
            consul.kv_put("a", str(n))
            rig.wait_for_file(entry["destination"], lambda text: text.startswith(f"{n}\n"))
    finally:
        done.set()
        reader.join()
    assert wrong == []


def test_several_destinations_and_one_command(edgewright, consul):
    """Identical commands of templates rendered in one round run once, after all of them are written."""
    consul.kv_put("a", "1")
    entries = [edgewright.template('{{key "a"}}', name, command="cat one two >> seen") for name in ("one", "two")]
    assert edgewright.run("-once", "-config", edgewright.config(*entries)).status == 0
    assert rig.read(edgewright.folder / "seen") == "11"


def test_what_a_killed_process_left_is_removed(edgewright, consul, key):
    left = edgewright.write(".out.edgewright-abc123", "half")
    os.utime(left, (1000, 1000))
    assert edgewright.run("-once", "-config", edgewright.config(edgewright.template(key))).status == 0
    assert not left.exists()


def test_a_label_is_kept(edgewright, consul, key):
    """SELinux's, which is an attribute like others to a system without SELinux. Needs root."""
    label = b"system_u:object_r:haproxy_etc_t:s0\0"
    entry = edgewright.template('{{key "a"}}')
    entry["destination"].write_text("old")
    os.setxattr(entry["destination"], "security.selinux", label)
    done = edgewright.run("-config", edgewright.config(entry), "-once")
    assert done.status == 0, done
    assert entry["destination"].read_text() != "old"
    assert os.getxattr(entry["destination"], "security.selinux") == label
