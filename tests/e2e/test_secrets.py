"""What commands and checks say goes to the log, but not the values of the KV store, nor keys."""
import signal

import rig

PEM = "-----BEGIN PRIVATE KEY-----\nMHcCAQEEIIGhz\n-----END PRIVATE KEY-----\n"


def test_values_and_keys_are_hidden_in_what_commands_say(edgewright, consul, tmp_path):
    consul.kv_put("secret/password", "hunter2-hunter2")
    consul.kv_put("public/name", "plain-name")
    consul.kv_put("tls", PEM)
    entry = edgewright.template('{{key "secret/password"}} {{key "public/name"}}\n{{key "tls"}}',
                                command="cat out; echo done; exit 3")
    daemon = edgewright.start("-config", edgewright.config(entry, public_keys=["public/", "tls"]))
    daemon.wait_for_log(r"output: \(hidden\) plain-name$")
    daemon.wait_for_log(r"output: -----END PRIVATE KEY-----$")
    daemon.wait_for_log(r"output: done$")
    assert "hunter2" not in daemon.text() and "MHcC" not in daemon.text()


def test_values_are_hidden_in_what_a_check_says(edgewright, consul, tmp_path):
    consul.kv_put("secret/password", "hunter2-hunter2")
    entry = edgewright.template('{{key "secret/password"}}', check="cat {}; false")
    daemon = edgewright.start("-config", edgewright.config(entry, runtime_dir=str(tmp_path)))
    daemon.wait_for_log(r"check: \(hidden\)$")
    rig.wait_until(lambda: "refuses" in (rig.read(tmp_path / "status.json") or ""), "the refusal is in the status")
    assert "hunter2" not in daemon.text() + rig.read(tmp_path / "status.json")


def test_values_are_hidden_in_what_a_culprit_is_named_for(edgewright, consul, tmp_path):
    """The checker's words stand in the log and the status once more, where they say why an input is left out."""
    consul.kv_put("secret/password", "hunter1-hunter1")
    entry = edgewright.template('{{key "secret/password"}}', check="! grep hunter2 {}")
    daemon = edgewright.start("-config", edgewright.config(entry, runtime_dir=str(tmp_path)))
    rig.wait_for_file(entry["destination"], "hunter1-hunter1")
    consul.kv_put("secret/password", "hunter2-hunter2")
    daemon.wait_for_log(r"kv\.get\(secret/password\): the answer is left out: \(hidden\)")
    rig.wait_until(lambda: "is left out" in (rig.read(tmp_path / "status.json") or ""), "it is in the status")
    assert "hunter2" not in (daemon.text() + rig.read(tmp_path / "status.json")).replace("grep hunter2", "")


def test_short_values_are_hidden_where_they_are_words(edgewright, consul, tmp_path):
    consul.kv_put("pin", "4711")
    consul.kv_put("weight", "100")
    entry = edgewright.template('{{key "pin"}} {{key "weight"}} port14711', command="cat out; exit 1")
    daemon = edgewright.start("-config", edgewright.config(entry))
    daemon.wait_for_log(r"output: \(hidden\) 100 port14711$")
    assert " 4711" not in daemon.text()


def test_what_a_template_takes_out_of_a_value_is_hidden(edgewright, consul, tmp_path):
    consul.kv_put("app/json", '{"user": "operator", "password": "hunter2-json"}')
    consul.kv_put("app/base64", "aHVudGVyMi1iYXNlNjQ=")
    consul.kv_put("app/yaml", "password: hunter2-yaml\n")
    consul.kv_put("app/users", "a:hunter2-list,b:hunter2-list2")
    entry = edgewright.template('{{with key "app/json" | parseJSON}}password {{.password}}\n{{end}}'
                                '{{key "app/base64" | base64Decode}}\n'
                                '{{range ls "app"}}{{if eq .Key "yaml"}}{{with .Value | parseYAML}}{{.password}}{{end}}\n'
                                '{{else if eq .Key "users"}}{{range .Value | split ","}}{{index (. | split ":") 1}}\n'
                                '{{end}}{{end}}{{end}}', check="cat {}; false")
    daemon = edgewright.start("-config", edgewright.config(entry, runtime_dir=str(tmp_path)))
    daemon.wait_for_log(r"check: password \(hidden\)$")
    rig.wait_until(lambda: "refuses" in (rig.read(tmp_path / "status.json") or ""), "the refusal is in the status")
    mark = daemon.mark()
    consul.kv_put("app/yaml", "password: hunter2-changed\n")
    daemon.wait_for_log(r"check: password \(hidden\)$", since=mark)
    assert "hunter2" not in daemon.text() + rig.read(tmp_path / "status.json")


def test_values_are_hidden_in_errors_of_templates(edgewright, consul, tmp_path):
    consul.kv_put("number", "hunter2-hunter2")
    entry = edgewright.template('{{key "number" | parseInt}}')
    daemon = edgewright.start("-config", edgewright.config(entry, runtime_dir=str(tmp_path)))
    daemon.wait_for_log(r"parseInt: .*\(hidden\)")
    rig.wait_until(lambda: "parseInt" in (rig.read(tmp_path / "status.json") or ""), "the error is in the status")
    assert "hunter2" not in daemon.text() + rig.read(tmp_path / "status.json")


def test_a_key_that_is_public_no_longer(edgewright, consul):
    consul.kv_put("app/name", "hunter2-hunter2")
    entry = edgewright.template('{{range ls "app"}}{{.Value}}\n{{end}}', command="cat out; exit 1")
    daemon = edgewright.start("-config", edgewright.config(entry, public_keys=["app/"]))
    daemon.wait_for_log("output: hunter2-hunter2$")
    mark = daemon.mark()
    edgewright.config(entry)
    daemon.send(signal.SIGHUP)
    daemon.wait_for_log("configuration read again", since=mark)
    mark = daemon.mark()
    consul.kv_put("app/other", "in")
    daemon.wait_for_log("output: in$", since=mark)
    assert "hunter2" not in daemon.text(mark)
