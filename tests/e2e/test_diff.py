"""-dry -diff: what would change, and nothing that does."""
import pytest
import rig


@pytest.fixture
def entry(edgewright, consul):
    consul.kv_put("port", "8081")
    return edgewright.template('listen web\n  bind :80\n  server a 10.0.0.1:{{key "port"}}\n', command="touch ran")


def test_against_the_present_file(edgewright, entry):
    out = entry["destination"]
    out.write_text("listen web\n  bind :80\n  server a 10.0.0.1:8080\n")
    done = edgewright.run("-once", "-dry", "-diff", "-config", edgewright.config(entry))
    assert done.status == 0, done
    assert done.out == (f"--- {out}\n+++ {out}\n@@ -1,3 +1,3 @@\n listen web\n   bind :80\n"
                        "-  server a 10.0.0.1:8080\n+  server a 10.0.0.1:8081\n")
    out.write_text("listen web\n  bind :80\n  server a 10.0.0.1:8081\n")
    assert edgewright.run("-once", "-dry", "-diff", "-config", edgewright.config(entry)).out == ""
    assert not (edgewright.folder / "ran").exists()


def test_a_file_that_is_not_there(edgewright, entry):
    done = edgewright.run("-once", "-dry", "-diff", "-config", edgewright.config(entry))
    assert done.out.startswith(f"--- /dev/null\n+++ {entry['destination']}\n@@ -0,0 +1,3 @@\n+listen web\n"), done
    assert not entry["destination"].exists()


def test_files_of_write_to_file(edgewright, consul):
    path = edgewright.write("extra", "old\n")
    entry = edgewright.template('{{"new\\n" | writeToFile "%s" "" "" "0644"}}same\n' % path)
    entry["destination"].write_text("same\n")
    done = edgewright.run("-once", "-dry", "-diff", "-config", edgewright.config(entry))
    assert done.out == f"--- {path}\n+++ {path}\n@@ -1 +1 @@\n-old\n+new\n", done
    assert path.read_text() == "old\n"


def test_a_file_that_cannot_be_read(edgewright, entry):
    entry["destination"].mkdir()
    done = edgewright.run("-once", "-dry", "-diff", "-config", edgewright.config(entry))
    assert done.status == 1 and str(entry["destination"]) in done.err, done


def test_each_delivery_at_debug(edgewright, consul, entry):
    daemon = edgewright.start("-config", edgewright.config(entry, public_keys=["port"]), "-log-level", "debug")
    rig.wait_for_file(entry["destination"], lambda text: "8081" in text)
    consul.kv_put("port", "8082")
    daemon.wait_for_log(r"\+  server a 10.0.0.1:8082")
    assert r"-  server a 10.0.0.1:8081" in daemon.text()


def test_keys_are_not_shown(edgewright, consul):
    consul.kv_put("key", "-----BEGIN PRIVATE KEY-----\nbmV3\n-----END PRIVATE KEY-----\n")
    entry = edgewright.template('{{key "key"}}')
    entry["destination"].write_text("-----BEGIN PRIVATE KEY-----\nb2xk\n-----END PRIVATE KEY-----\n")
    done = edgewright.run("-once", "-dry", "-diff", "-config", edgewright.config(entry))
    assert "-(hidden)\n+(hidden)\n" in done.out and "bmV3" not in done.out and "b2xk" not in done.out, done
