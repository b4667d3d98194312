"""Answers to a file and from a file: record, and --data."""
import json
import stat

import rig

EVERYTHING = """\
{{range services}}{{.Name}} {{.Tags | join ","}}
{{range service .Name}} {{.ID}} {{.Address}}:{{.Port}} {{.Status}} {{range $k, $v := .ServiceMeta}}{{$k}}={{$v}}{{end}}
{{end}}{{end}}{{range nodes}}{{.Node}}{{end}} {{range datacenters}}{{.}}{{end}}
{{with node "mesos-agent01"}}{{range .Services}}{{.ID}} {{end}}{{end}}
{{key "a/b"}} {{keyOrDefault "none" "default"}} {{keyExists "a/none"}}
{{range tree "a"}}{{.Key}}={{.Value}};{{end}}{{range ls "empty"}}x{{end}}
{{file "local"}}
"""


def test_what_is_recorded_renders_the_same_bytes(edgewright, consul, tmp_path):
    consul.register("web", 1, tags=["x", 'y"\\'], meta={"k": "v ö"}, check="passing")
    consul.register("web", 2, id="critical", check="critical")
    consul.kv_put("a/b", "text\n")
    consul.request("PUT", "/v1/kv/a/bytes", bytes(range(256)))
    edgewright.write("local", "here")
    entry = edgewright.template(EVERYTHING)
    config = edgewright.config(entry)
    done = edgewright.run("record", "saved.json", "-config", config)
    assert done.status == 0 and done.out == "", done
    saved = json.loads((tmp_path / "saved.json").read_text())
    assert stat.S_IMODE((tmp_path / "saved.json").stat().st_mode) == 0o600
    assert saved["version"] == 1 and saved["from"] == consul.address
    questions = {each["question"]: each for each in saved["entries"]}
    assert {"catalog.services()", "health.service(web)", "kv.get(a/b)", "kv.list(a)"} <= set(questions)
    assert not any("local" in question for question in questions)
    assert questions["kv.get(none)"]["answer"] is None
    assert questions["health.service(web)"]["answer"][0]["Service"]["Service"] == "web"
    assert questions["health.service(web)"]["index"] > 0
    assert not entry["destination"].exists()
    assert edgewright.run("-once", "-config", config).status == 0
    wanted = entry["destination"].read_bytes()
    entry["destination"].unlink()
    done = edgewright.run("-once", "--data", "saved.json", "-config", config, consul="127.0.0.1:1")
    assert done.status == 0, done
    assert entry["destination"].read_bytes() == wanted
    assert b"text" in wanted and b"critical" not in wanted.split(b"\n")[0] and bytes(range(256)) in wanted


def test_data_written_by_hand(edgewright, tmp_path):
    entry = edgewright.template('{{range service "web"}}{{.Node}}:{{.Port}} {{end}}{{key "a"}}')
    config = edgewright.config(entry)
    web = {"question": "health.service(web)",
           "answer": [{"Node": {"Node": "n"}, "Service": {"Port": 80}, "Checks": []}]}
    key = {"question": "kv.get(a)", "answer": [{"Key": "a", "Value": "eA=="}]}
    data = edgewright.write("data.json", json.dumps({"entries": [web]}))
    done = edgewright.run("-once", "-dry", "--data", data, "-config", config, consul=None)
    assert done.status == 1 and f"kv.get(a): it is not in '{data}'" in done.err, done
    data.write_text(json.dumps({"entries": [web, key]}))
    done = edgewright.run("-once", "-dry", "--data", data, "-config", config, consul=None)
    assert done.status == 0 and done.out == f"> {entry['destination']}\nn:80 x", done
    data.write_text('{"entries": [\n  {"question": "kv.get(a)", "answer": {"Key": "a"}}]}')
    done = edgewright.run("-once", "-dry", "--data", data, "-config", config, consul=None)
    assert done.status == 2 and f"{data}:2:39: answer to kv.get(a): " in done.err, done


def test_a_daemon_with_data(edgewright, tmp_path):
    entry = edgewright.template('{{key "a"}} {{file "local"}}')
    local = edgewright.write("local", "1")
    data = edgewright.write("data.json", '{"entries": []}')
    daemon = edgewright.start("--data", data, "-config", edgewright.config(entry, runtime_dir=str(tmp_path)), consul=None)
    daemon.wait_for_log(r"kv.get\(a\): it is not in ")
    rig.wait_until(lambda: "kv.get(a) (it is not in the data)" in (rig.read(tmp_path / "status.json") or ""), "it is told")
    data.write_text('{"entries": [{"question": "kv.get(a)", "answer": [{"Key": "a", "Value": "eA=="}]}]}')
    daemon.send(rig.signal.SIGHUP)
    rig.wait_for_file(entry["destination"], "x 1")
    local.write_text("2")
    rig.wait_for_file(entry["destination"], "x 2")
    data.write_text("nonsense")
    mark = daemon.mark()
    daemon.send(rig.signal.SIGHUP)
    daemon.wait_for_log("new configuration refused", since=mark)
    data.write_text('{"entries": [{"question": "kv.get(a)", "answer": [{"Key": "a", "Value": "eXk="}]}]}')
    daemon.send(rig.signal.SIGHUP)
    rig.wait_for_file(entry["destination"], "yy 2")


def test_a_record_that_cannot_be_written(edgewright, consul, tmp_path):
    consul.kv_put("a", "x")
    config = edgewright.config(edgewright.template('{{key "a"}}'))
    done = edgewright.run("record", "nowhere/file", "-config", config)
    assert done.status == 1 and "record 'nowhere/file': " in done.err, done
    config = edgewright.config(edgewright.template('{{key "none"}}'))
    done = edgewright.run("record", "file", "-config", config, "--timeout", "100ms")
    assert done.status == 3 and "kv.get(none)" in done.err and not (tmp_path / "file").exists(), done
