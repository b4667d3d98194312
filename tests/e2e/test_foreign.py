"""What is ours among the files, and what is not: hand-edited ones are kept, our own ones go when the disk is full."""
import json
import os

import pytest
import rig


@pytest.fixture
def entry(edgewright, consul):
    consul.kv_put("a", "1")
    return edgewright.template('# ours\nvalue {{key "a"}}\n')


def start(edgewright, *entries, **settings):
    return edgewright.start("-config", edgewright.config(*entries, state_dir=str(edgewright.folder / "state"), **settings))


def kept(edgewright):
    folder = edgewright.folder / "state/foreign"
    return [(folder / name).read_text() for name in sorted(os.listdir(folder))] if folder.exists() else []


def wait_for_journal(edgewright):
    """Until it says that what is installed was taken up."""
    rig.wait_for_file(edgewright.folder / "state/journal.json", lambda text: json.loads(text)["groups"][0]["taken_up"])


def test_a_hand_edited_file_is_kept_and_replaced(edgewright, consul, entry):
    daemon = start(edgewright, entry)
    out = entry["destination"]
    rig.wait_for_file(out, "# ours\nvalue 1\n")
    pem = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n"
    out.write_text("# ours\nvalue by hand\n" + pem)
    consul.kv_put("a", "2")
    rig.wait_for_file(out, "# ours\nvalue 2\n")
    daemon.wait_for_log(rf"warn .*'{out}' was changed by somebody else; it is replaced, and what it held is in "
                        rf"'?{edgewright.folder}/state/foreign/.*-out")
    daemon.wait_for_log(r"warn +\+value by hand$")
    assert "c2VjcmV0" not in daemon.text()
    assert kept(edgewright) == ["# ours\nvalue by hand\n" + pem]
    name = os.listdir(edgewright.folder / "state/foreign")[0]
    assert (edgewright.folder / "state/foreign" / name).stat().st_mode & 0o777 == 0o600
    consul.kv_put("a", "3")
    rig.wait_for_file(out, "# ours\nvalue 3\n")
    assert len(kept(edgewright)) == 1


def test_what_was_there_before_is_kept(edgewright, entry):
    entry["destination"].write_text("of the package\n")
    daemon = start(edgewright, entry)
    rig.wait_for_file(entry["destination"], "# ours\nvalue 1\n")
    daemon.wait_for_log("info .*'.*/out' was there before; it is replaced, and what it held is in ")
    assert kept(edgewright) == ["of the package\n"]


def test_nobody_elses_after_a_crash(edgewright, consul, entry):
    """Killed between the rename and the journal: the text is ours, though no record says so."""
    daemon = start(edgewright, entry)
    wait_for_journal(edgewright)
    daemon.kill()
    before = rig.read(edgewright.folder / "state/journal.json")
    consul.kv_put("a", "2")
    daemon = start(edgewright, entry)
    rig.wait_for_file(entry["destination"], "# ours\nvalue 2\n")
    daemon.kill()
    edgewright.write("state/journal.json", before)
    consul.kv_put("a", "3")
    start(edgewright, entry)
    rig.wait_for_file(entry["destination"], "# ours\nvalue 3\n")
    assert kept(edgewright) == []


def test_an_output_is_removed_also_by_the_next_process(edgewright, consul):
    maps = edgewright.folder / "maps"
    consul.kv_put("maps/a", "1")
    consul.kv_put("maps/b", "2")
    consul.kv_put("maps/c", "3")
    entry = edgewright.template(f'{{{{range ls "maps"}}}}{{{{writeToFile (printf "{maps}/%s" .Key) "" "" "0640" .Value}}}}'
                                '{{.Key}}{{end}}')
    daemon = start(edgewright, entry)
    rig.wait_for_file(entry["destination"], "abc")
    wait_for_journal(edgewright)
    daemon.kill()
    (maps / "b").write_text("by hand")
    consul.kv_delete("maps/a")
    consul.kv_delete("maps/b")
    daemon = start(edgewright, entry)
    daemon.wait_for_log("removed '.*/maps/a', which its template does not write any more")
    rig.wait_for_file(entry["destination"], "c")
    assert sorted(os.listdir(maps)) == ["b", "c"], "what was changed by hand is not ours to remove"


def test_our_own_go_first_when_the_disk_is_full(edgewright, consul, small_disk):
    """A disk of 64 kB for all: four texts of 12 kB fit, with what the file system itself needs."""
    folder, _ = small_disk
    consul.kv_put("a", "1")
    entry = edgewright.template('{{key "a"}} ' + "x" * 12000)
    entry["destination"] = folder / "out"
    daemon = edgewright.start("-config", edgewright.config(entry, state_dir=str(folder / "state")))
    for i in range(1, 12):
        consul.kv_put("a", str(i))
        rig.wait_for_file(folder / "out", lambda text: text.startswith(f"{i} "))
    assert "No space left" not in daemon.text()
