"""Files that a template asks for (writeToFile): delivered with its own one, or not at all."""
import os
import signal
import stat

import rig


def write(path, text):
    return f'{{{{writeToFile "{path}" "" "" "0600" "{text}"}}}}'


def each(folder):
    """A file for each key below maps/, and one more that waits for the key late."""
    return (f'{{{{range ls "maps"}}}}{{{{writeToFile (printf "{folder}/maps/%s.map" .Key) "" "" "0640" "newline" .Value}}}}'
            f'{{{{end}}}}late {{{{key "late"}}}}')


def test_with_once(edgewright, consul):
    consul.kv_put("a", "1")
    entry = edgewright.template('text {{key "a" | writeToFile "' + str(edgewright.folder) + '/sub/x" "" "1234" "0640" "newline"}}')
    entry["command"] = "cat out sub/x >> seen; echo \"$EDGEWRIGHT_FILES\" >> files"
    for _ in range(2):                              # the second time nothing is to be done
        assert edgewright.run("-once", "-config", edgewright.config(entry)).status == 0
    out, x = entry["destination"], edgewright.folder / "sub/x"
    assert out.read_text() == "text " and x.read_text() == "1\n"
    assert stat.S_IMODE(x.stat().st_mode) == 0o640 and x.stat().st_gid == 1234
    assert rig.read(edgewright.folder / "seen") == "text 1\n"
    assert rig.read(edgewright.folder / "files") == f"{out}\n{x}\n"


def test_come_and_go_with_what_asks_for_them(edgewright, consul):
    maps = edgewright.folder / "maps"
    consul.kv_put("maps/a", "1")
    consul.kv_put("maps/b", "2")
    entry = edgewright.template(each(edgewright.folder), command="ls maps | tr '\\n' ' ' >> seen; echo >> seen")
    daemon = edgewright.start("-config", edgewright.config(entry))
    daemon.wait_for_log("late")                     # it says what it waits for
    assert not maps.exists()                        # never in a pass that is incomplete
    consul.kv_put("late", "1")
    rig.wait_for_file(edgewright.folder / "seen", "a.map b.map \n")
    inode = (maps / "b.map").stat().st_ino
    consul.kv_delete("maps/a")
    rig.wait_for_file(edgewright.folder / "seen", "a.map b.map \nb.map \n")
    daemon.wait_for_log(r"removed '.*/maps/a.map'")
    assert os.listdir(maps) == ["b.map"] and (maps / "b.map").stat().st_ino == inode
    consul.kv_put("maps/b", "3")
    rig.wait_for_file(maps / "b.map", "3\n")

    consul.kv_put("maps/c", "4")                    # the configuration read again changes nothing about that
    rig.wait_for_file(maps / "c.map", "4\n")
    daemon.send(signal.SIGHUP)
    daemon.wait_for_log("configuration read again")
    consul.kv_delete("maps/c")
    rig.wait_until(lambda: os.listdir(maps) == ["b.map"], "c.map is removed")


def test_printed_with_dry(edgewright, consul):
    entry = edgewright.template('text\n{{writeToFile "sub/x" "" "" "0600" "one\\n"}}')
    done = edgewright.run("-once", "-dry", "-config", edgewright.config(entry))
    assert done.status == 0 and done.out == f"> {entry['destination']}\ntext\n> sub/x\none\n", done
    assert not (edgewright.folder / "sub").exists()


def test_two_templates_write_one_file(edgewright, consul):
    x = edgewright.folder / "x"
    entries = [edgewright.template(write(x, name), name) for name in ("one", "two")]
    done = edgewright.run("-once", "-config", edgewright.config(*entries))
    assert done.status == 1, done
    assert f"delivery '{entries[1]['destination']}': install '{x}': delivery '{entries[0]['destination']}' writes it, too" in done.err
    assert x.read_text() == "one" and not entries[1]["destination"].exists()


def test_links_are_refused(edgewright, consul):
    target = edgewright.write("target", "old")
    (edgewright.folder / "link").symlink_to(target)
    entry = edgewright.template(write(edgewright.folder / "link", "new"))
    done = edgewright.run("-once", "-config", edgewright.config(entry))
    assert done.status == 1 and "link': is a symbolic link" in done.err, done
    assert target.read_text() == "old" and not entry["destination"].exists()
