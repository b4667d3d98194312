"""Delivery as a transaction: what is owed and known outlives the process, and no part of a set goes alone."""
import json
import os

import consuls
import pytest
import rig


@pytest.fixture
def entry(edgewright, consul):
    consul.kv_put("a", "1")
    return edgewright.template('{{key "a"}}')


def test_one_daemon_has_a_state_dir(edgewright, entry):
    config = edgewright.config(entry, state_dir=str(edgewright.folder / "state"))
    daemon = edgewright.start("-config", config)
    rig.wait_for_file(entry["destination"], "1")
    second = edgewright.run("-config", config)
    assert second.status == 2
    assert second.err == f"edgewright: state_dir '{edgewright.folder}/state': process {daemon.pid} uses it\n"
    assert edgewright.run("-config", config, "-once").status == 0
    assert (edgewright.folder / "state").stat().st_mode & 0o7777 == 0o700
    daemon.kill()
    os.unlink(entry["destination"])
    edgewright.start("-config", config)
    rig.wait_for_file(entry["destination"], "1")


def test_a_state_dir_that_cannot_be_written_stops_no_delivery(edgewright, entry):
    edgewright.write("state", "a file")
    daemon = edgewright.start("-config", edgewright.config(entry), "-state-dir", edgewright.folder / "state")
    daemon.wait_for_log("state_dir '.*/state': is not a folder; going on without it")
    rig.wait_for_file(entry["destination"], "1")


def test_templates_of_a_group_go_together(edgewright, consul):
    """Nothing of the set is installed before all of it is there; then the command runs once for both."""
    consul.kv_put("a", "1")
    ran = edgewright.folder / "ran"
    command = f'echo "$EDGEWRIGHT_FILES" | wc -l >>{ran}'
    first = edgewright.template('{{key "a"}}', "first", group="edge", command=command)
    second = edgewright.template('{{key "a"}}{{key "b"}}', "second", group="edge", command=command)
    alone = edgewright.template('{{key "a"}}', "alone")
    daemon = edgewright.start("-config", edgewright.config(first, second, alone))
    rig.wait_for_file(alone["destination"], "1")
    assert not first["destination"].exists()
    consul.kv_put("b", "2")
    rig.wait_for_file(first["destination"], "1")
    rig.wait_for_file(second["destination"], "12")
    rig.wait_for_file(ran, "2\n")
    consul.kv_put("a", "3")
    rig.wait_for_file(second["destination"], "32")
    rig.wait_for_file(ran, "2\n2\n")
    assert rig.read(first["destination"]) == "3"
    daemon.wait_for_log("'edge': delivered: kv.get.a. changed")


def test_different_commands_of_a_group_run_in_order(edgewright, consul):
    consul.kv_put("a", "1")
    ran = edgewright.folder / "ran"
    entries = [edgewright.template('{{key "a"}}', f"out{i}", group="edge", command=f"echo {name} >>{ran}")
               for i, name in enumerate(["one", "two", "one"])]
    assert edgewright.run("-config", edgewright.config(*entries), "-once").status == 0
    assert rig.read(ran) == "one\ntwo\n"


CONFIGURATION = """defaults
    mode http
    timeout connect 1s
    timeout client 1s
    timeout server 1s
frontend web
    bind 127.0.0.1:{port}
    http-request set-header x-shard %[req.hdr(host),map_str_int({map},0)]
    http-request return status 200
"""


@pytest.mark.parametrize("is_linked", [False, True])
def test_a_configuration_is_checked_with_the_maps_of_its_group(edgewright, consul, is_linked):
    """Its first delivery passes though no map is there yet; a broken map is found before it is installed. The map's folder
    may have two names."""
    hosts = edgewright.folder / "hosts.map"
    if is_linked:
        (edgewright.folder / "link").symlink_to(edgewright.folder)
    consul.kv_put("map", "a.example 1")
    main = edgewright.template(CONFIGURATION.format(port=rig.free_port(), map=hosts), "haproxy.cfg", group="edge",
                               check="haproxy -c -f {}")
    maps = edgewright.template('{{key "map"}}\n', "link/hosts.map" if is_linked else "hosts.map", group="edge")
    daemon = edgewright.start("-config", edgewright.config(main, maps))
    rig.wait_for_file(hosts, "a.example 1\n")
    assert rig.read(main["destination"]) is not None
    before = daemon.mark()
    consul.kv_put("map", "a.example one")
    daemon.wait_for_log(r"check 'haproxy -c -f \{\}' refuses '.*/haproxy.cfg': exit status 1; nothing was", since=before)
    daemon.wait_for_log(r"check: .*hosts\.map", since=before)
    assert rig.read(hosts) == "a.example 1\n"
    consul.kv_put("map", "b.example 2")
    rig.wait_for_file(hosts, "b.example 2\n")
    rig.wait_until(lambda: not [name for name in os.listdir(edgewright.folder) if name.startswith(".")],
                   "nothing staged is left")


FOLDERS = """{{{{range ls "sites"}}}}{{{{.Value | writeToFile (printf "{certs}/%s.pem" .Key) "" "" "0600"}}}}{{{{end}}}}defaults
    mode http
    timeout connect 1s
    timeout client 1s
    timeout server 1s
frontend web
    bind 127.0.0.1:{port} ssl crt {certs}/
    http-request return status 200
"""


def test_folders_are_checked_as_they_will_be(edgewright, consul):
    """HAProxy reads certificates and parts of its configuration by their folders: those of the group are in them, also
    at the first delivery, and what is broken there is found before it is installed."""
    certs, parts = edgewright.folder / "certs", edgewright.folder / "conf.d"
    certs.mkdir()
    parts.mkdir()
    (parts / "10-theirs.cfg").write_text("backend theirs\n    mode http\n    timeout connect 1s\n    timeout server 1s\n")
    certificate = "".join(map(rig.read, consuls.Certificates(edgewright.folder).sign("site")))
    consul.kv_put("sites/a", certificate)
    consul.kv_put("backend", "theirs")
    main = edgewright.template(FOLDERS.format(certs=certs, port=rig.free_port()), "haproxy.cfg", group="edge",
                               check=f"haproxy -c -f {{}} -f {parts}", quarantine="off")
    part = edgewright.template('frontend other\n    mode http\n    timeout client 1s\n    bind 127.0.0.1:%d\n'
                               '    use_backend {{key "backend"}}\n' % rig.free_port(), "conf.d/20-ours.cfg", group="edge",
                               quarantine="off")
    daemon = edgewright.start("-config", edgewright.config(main, part))
    rig.wait_for_file(certs / "a.pem", certificate)
    rig.wait_until(lambda: "use_backend theirs" in (rig.read(parts / "20-ours.cfg") or ""), "the part is there")

    before = daemon.mark()
    consul.kv_put("sites/b", "no certificate")
    daemon.wait_for_log(r"check 'haproxy .*' refuses '.*/haproxy.cfg': exit status 1; nothing was", since=before)
    daemon.wait_for_log(rf"check: .*{certs}/+b\.pem", since=before)
    consul.kv_delete("sites/b")
    consul.kv_put("backend", "theirs\n    nonsense")
    daemon.wait_for_log(rf"check: .*{parts}/20-ours\.cfg:6\]", since=before)
    assert not (certs / "b.pem").exists()
    assert "use_backend theirs" in rig.read(parts / "20-ours.cfg")

    consul.kv_put("sites/c", certificate)
    consul.kv_delete("sites/a")
    consul.kv_put("backend", "theirs")
    rig.wait_until(lambda: os.listdir(certs) == ["c.pem"] and not any(name.startswith(".") for name in os.listdir(parts)),
                   "what is not written any more is gone, and nothing staged is left")


def test_one_refusal_stops_the_whole_group(edgewright, consul):
    consul.kv_put("a", "1")
    ran = edgewright.folder / "ran"
    checks = ["true", "! grep -q 2 {}", "true"]
    entries = [edgewright.template('{{key "a"}}', f"out{i}", group="edge", check=check, command=f"echo ran >>{ran}")
               for i, check in enumerate(checks)]
    config = edgewright.config(*entries)
    daemon = edgewright.start("-config", config)
    rig.wait_for_file(ran, "ran\n")
    consul.kv_put("a", "2")
    daemon.wait_for_log("delivery 'edge': check '! grep -q 2 {}' refuses '.*/out1': exit status 1; nothing was installed")
    assert [rig.read(entry["destination"]) for entry in entries] == ["1", "1", "1"]
    once = edgewright.run("-config", config, "-once")
    assert once.status == 1
    assert "refuses" in once.err
    consul.kv_put("a", "3")
    rig.wait_for_file(ran, "ran\nran\n")
    assert [rig.read(entry["destination"]) for entry in entries] == ["3", "3", "3"]


def test_a_checker_that_is_missing_refuses_nothing(edgewright, entry):
    checker = edgewright.folder / "checker"
    entry["check"] = [str(checker), "{}"]
    daemon = edgewright.start("-config", edgewright.config(entry))
    daemon.wait_for_log("could not judge '.*/out': cannot run: No such file or directory; next attempt in")
    edgewright.write("new", "#!/bin/sh\ngrep -q 1 $1\n").chmod(0o755)
    os.rename(edgewright.folder / "new", checker)
    rig.wait_for_file(entry["destination"], "1")


def wait_for_journal(folder, claim):
    return rig.wait_for_file(folder / "state/journal.json", lambda text: claim(json.loads(text)["groups"]))


def test_a_restart_with_equal_texts_runs_nothing(edgewright, consul, entry):
    ran = edgewright.folder / "ran"
    entry["command"] = f"echo ran >>{ran}"
    config = edgewright.config(entry, state_dir=str(edgewright.folder / "state"))
    daemon = edgewright.start("-config", config)
    wait_for_journal(edgewright.folder, lambda groups: groups[0]["taken_up"])
    daemon.kill()
    daemon = edgewright.start("-config", config)
    rig.wait_until(lambda: consul.n_requests("/v1/kv/a?") >= 2, "the next process asks")
    consul.kv_put("a", "2")
    wait_for_journal(edgewright.folder, lambda groups: len(groups[0]["taken_up"]) == 2)
    assert rig.read(ran) == "ran\nran\n", "one run for each text"


def test_an_owed_command_survives_a_kill(edgewright, consul, entry):
    """It is done at the next start, though Consul is not there."""
    ran = edgewright.folder / "ran"
    tool = edgewright.folder / "tool"
    entry["command"] = str(tool)
    config = edgewright.config(entry, state_dir=str(edgewright.folder / "state"))
    daemon = edgewright.start("-config", config)
    daemon.wait_for_log("command '.*/tool' failed: exit status 127; next attempt in")
    wait_for_journal(edgewright.folder, lambda groups: groups[0]["owed"])
    daemon.kill()
    tool.write_text(f"#!/bin/sh\necho ran >>{ran}\n")
    tool.chmod(0o755)
    edgewright.start("-config", config, consul=f"127.0.0.1:{rig.free_port()}")
    rig.wait_for_file(ran, "ran\n")
    wait_for_journal(edgewright.folder, lambda groups: not groups[0]["owed"])


def test_a_command_that_is_missing_for_a_while(edgewright, entry):
    ran = edgewright.folder / "ran"
    entry["command"] = [str(edgewright.folder / "tool")]
    daemon = edgewright.start("-config", edgewright.config(entry))
    daemon.wait_for_log("failed: cannot run: No such file or directory; next attempt in")
    edgewright.write("new", f"#!/bin/sh\necho ran >>{ran}\n").chmod(0o755)
    os.rename(edgewright.folder / "new", edgewright.folder / "tool")
    daemon.wait_for_log("succeeded .* after \\d+ failures? in")
    assert rig.read(ran) == "ran\n"


@pytest.mark.parametrize("journal", ["{", '{"version": 99, "groups": "?"}'])
def test_a_lost_journal_costs_one_run(edgewright, entry, journal):
    ran = edgewright.folder / "ran"
    entry["command"] = f"echo ran >>{ran}"
    config = edgewright.config(entry, state_dir=str(edgewright.folder / "state"))
    daemon = edgewright.start("-config", config)
    wait_for_journal(edgewright.folder, lambda groups: groups[0]["taken_up"])
    daemon.kill()
    edgewright.write("state/journal.json", journal)
    daemon = edgewright.start("-config", config)
    daemon.wait_for_log("state/journal.json': .*; it is '.*bad-last' now, and commands run once more")
    rig.wait_for_file(ran, "ran\nran\n")
    assert rig.read(edgewright.folder / "state/journal.json.bad-last") == journal


def test_rollback_brings_the_last_good_texts_back(edgewright, consul, entry):
    entry.update(command=f"! grep -q 2 {entry['destination']}", rollback=True)
    daemon = edgewright.start("-config", edgewright.config(entry, state_dir=str(edgewright.folder / "state")))
    wait_for_journal(edgewright.folder, lambda groups: groups[0]["taken_up"])
    consul.kv_put("a", "2")
    daemon.wait_for_log("delivery '.*': ROLLED BACK: command: exit status 1; the last good texts are back")
    rig.wait_for_file(entry["destination"], "1")
    consul.kv_put("a", "3")
    rig.wait_for_file(entry["destination"], "3")


def test_a_configuration_in_two_files_of_a_group(edgewright, consul):
    """HAProxy's own check, by default: the first delivery passes though neither file is there yet."""
    consul.kv_put("status", "200")
    frontend = "defaults\n    mode http\n    timeout client 1s\n    timeout server 1s\n    timeout connect 1s\n" \
        f"frontend web\n    bind 127.0.0.1:{rig.free_port()}\n    default_backend there\n"
    files = [edgewright.folder / "1.cfg", edgewright.folder / "2.cfg"]
    haproxy = {"socket": str(edgewright.folder / "admin.sock"), "config": [str(path) for path in files]}
    main = edgewright.template(frontend, "1.cfg", group="edge", haproxy=haproxy)
    part = edgewright.template('backend there\n    http-request return status {{key "status"}}\n', "2.cfg", group="edge")
    daemon = edgewright.start("-config", edgewright.config(main, part))
    rig.wait_for_file(files[1], lambda text: "200" in text)
    assert rig.read(files[0]) == frontend
    consul.kv_put("status", "many")
    daemon.wait_for_log("refuses '.*/1.cfg': exit status 1; nothing was installed")
    assert "200" in rig.read(files[1])
