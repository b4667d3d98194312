"""What is asked of Consul, with which address and token, and how changes are gathered."""
import re
import threading
import time

import pytest
import rig

# name, template, what to change, text before, text after
FOLLOWED = [
    ("key", '{{key "a/b"}}', lambda c: c.kv_put("a/b", "new"), "old", "new"),
    ("keyOrDefault", '{{keyOrDefault "a/b" "none"}}', lambda c: c.kv_delete("a/b"), "old", "none"),
    ("keyExists", '{{keyExists "a/c"}}', lambda c: c.kv_put("a/c", ""), "false", "true"),
    ("ls", '{{range ls "a"}}{{.Key}}={{.Value}} {{end}}', lambda c: c.kv_put("a/c", "x"), "b=old ", "b=old c=x "),
    ("tree", '{{range tree "a"}}{{.Key}} {{end}}', lambda c: c.kv_put("a/d/e", "x"), "b ", "b d/e "),
    ("service", '{{range service "web"}}{{.Node}}:{{.Port}} {{end}}', lambda c: c.register("web", 2),
     "mesos-agent01:1 ", "mesos-agent01:1 mesos-agent01:2 "),
    ("service with a tag", '{{range service "blue.web"}}{{.Port}} {{end}}',
     lambda c: c.register("web", 2, tags=["blue"]), "", "2 "),
    ("service with a data centre", '{{range service "web@dc1"}}{{.Port}} {{end}}', lambda c: c.register("web", 2),
     "1 ", "1 2 "),
    ("service in any state", '{{range service "web|any"}}{{.Port}}{{.Status}} {{end}}',
     lambda c: c.register("web", 2, check="critical"), "1passing ", "1passing 2critical "),
    ("services", '{{range services}}{{.Name}}{{.Tags | join ","}} {{end}}',
     lambda c: c.register("other", 1, tags=["x", "y"]), "consul web ", "consul otherx,y web "),
    ("node", '{{with node "mesos-agent01"}}{{range .Services}}{{.Service}}{{.Port}} {{end}}{{end}}',
     lambda c: c.register("other", 7), None, None),
    ("nodes", '{{range nodes}}{{.Node}}={{.Address}} {{end}}',
     lambda c: c.put("/v1/catalog/register", {"Node": "n2", "Address": "10.0.0.2"}),
     "mesos-agent01=127.0.0.1 ", "mesos-agent01=127.0.0.1 n2=10.0.0.2 "),
    ("datacenters", '{{range datacenters}}{{.}}{{end}} {{key "a/b"}}', lambda c: c.kv_put("a/b", "new"),
     "dc1 old", "dc1 new"),
]


@pytest.mark.parametrize("text, change, before, after", [row[1:] for row in FOLLOWED], ids=[row[0] for row in FOLLOWED])
def test_follows(edgewright, consul, text, change, before, after):
    consul.kv_put("a/b", "old")
    consul.register("web", 1)
    entry = edgewright.template(text)
    edgewright.start("-config", edgewright.config(entry))
    first = rig.wait_for_file(entry["destination"], before if before is not None else lambda text: "web1 " in text)
    try:
        change(consul)
        if after is None:
            after = first.replace("web1 ", "other7 web1 ")
        rig.wait_for_file(entry["destination"], after)
    finally:
        consul.put("/v1/catalog/deregister", {"Node": "n2"})


def test_services_feed_service_and_what_is_not_asked_for_is_not_watched(edgewright, consul):
    text = """\
{{range services}}{{if .Tags | contains "edge"}}{{.Name}}:{{range service .Name}} {{.Port}}{{end}}
{{end}}{{end}}"""
    ids = {name: consul.register(name, 1, tags=["edge"], id=name) for name in ("a", "b")}
    entry = edgewright.template(text)
    edgewright.start("-config", edgewright.config(entry))
    out = entry["destination"]
    rig.wait_for_file(out, "a: 1\nb: 1\n")

    consul.register("c", 3, tags=["edge"], id="c")
    rig.wait_for_file(out, "a: 1\nb: 1\nc: 3\n")

    # b is no longer asked for. Its last query may still wait in Consul, and the first change ends it; from then on
    # nobody asks. A change of `a` that has arrived shows that whatever had to happen has happened.
    consul.register("b", 1, tags=[], id=ids["b"])
    rig.wait_for_file(out, "a: 1\nc: 3\n")
    asked = []
    for port in (11, 12, 13):
        consul.register("b", port, tags=[], id=ids["b"])
        consul.register("a", port, tags=["edge"], id=ids["a"])
        rig.wait_for_file(out, f"a: {port}\nc: 3\n")
        asked.append(consul.n_requests("/v1/health/service/b"))
    assert asked[1] == asked[2]

    consul.register("b", 2, tags=["edge"], id=ids["b"])
    rig.wait_for_file(out, "a: 13\nb: 2\nc: 3\n")


def test_a_template_is_written_only_when_it_is_complete(edgewright, consul):
    consul.kv_put("first", "1")
    entry = edgewright.template('{{key "first"}} {{key "second"}}')
    daemon = edgewright.start("-config", edgewright.config(entry))
    rig.wait_until(lambda: consul.n_requests("/v1/kv/first"), "the first key was asked for")
    rig.wait_until(lambda: consul.n_requests("/v1/kv/second"), "the second key was asked for")
    assert rig.read(entry["destination"]) is None and daemon.is_running()
    consul.kv_put("second", "2")
    rig.wait_for_file(entry["destination"], "1 2")


def test_a_file_is_followed(edgewright, consul):
    path = edgewright.write("part", "one")
    entry = edgewright.template('{{file "part"}}')
    edgewright.start("-config", edgewright.config(entry))
    rig.wait_for_file(entry["destination"], "one")
    path.write_text("another")
    rig.wait_for_file(entry["destination"], "another")


def test_the_address_comes_from_the_environment(edgewright, consul):
    edgewright.write("in", "{{range nodes}}{{.Node}}{{end}}")
    args = ["-once", "-template", "in:out"]
    done = edgewright.run(*args, consul=None, env={"CONSUL_HTTP_ADDR": consul.address})
    assert done.status == 0 and rig.read(edgewright.folder / "out") == consul.node, done


def test_the_address_of_a_flag_wins_over_a_file_and_a_file_over_the_environment(edgewright, consul):
    nobody = f"127.0.0.1:{rig.free_port()}"
    entry = edgewright.template("{{range nodes}}{{.Node}}{{end}}")
    right, wrong = {"consul": {"address": consul.address}}, {"consul": {"address": nobody}}
    done = edgewright.run("-once", "-config", edgewright.config(entry, **right), consul=None,
                          env={"CONSUL_HTTP_ADDR": nobody})
    assert done.status == 0, done
    entry["destination"].unlink()
    done = edgewright.run("-once", "-config", edgewright.config(entry, **wrong))
    assert done.status == 0 and rig.read(entry["destination"]) == consul.node, done


@pytest.mark.parametrize("way", ["flag", "file flag", "environment", "file in environment", "configuration"])
def test_the_token_is_sent_and_told_nobody(edgewright, consul, proxy, way):
    token = "5e5a3e00-open"
    path = edgewright.write("token", token + "\n")
    args, env, settings = [], {}, {}
    if way == "flag":
        args = ["-consul-token", token]
    elif way == "file flag":
        args = ["-consul-token-file", path]
    elif way == "environment":
        env = {"CONSUL_HTTP_TOKEN": token}
    elif way == "file in environment":
        env = {"CONSUL_HTTP_TOKEN_FILE": str(path)}
    else:
        settings = {"consul": {"token": token}}
    entry = edgewright.template("{{range nodes}}{{.Node}}{{end}}", command="env > seen")
    config = edgewright.config(entry, **settings)
    done = edgewright.run("-once", "-config", config, *args, "-log-level", "trace", env=env, consul=proxy.address)
    assert done.status == 0, done
    assert proxy.requests
    for _, headers in proxy.requests:
        assert token in {headers.get("X-Consul-Token"), headers.get("Authorization", "").replace("Bearer ", "")}
    assert token not in done.err and token not in rig.read(edgewright.folder / "seen")


def test_wait_gathers_changes(edgewright, consul):
    consul.kv_put("a", "0")
    entry = edgewright.template('{{key "a"}}', command="echo ran >> ran")
    edgewright.start("-config", edgewright.config(entry), "-wait", "1s:10s")
    rig.wait_for_file(entry["destination"], "0")
    rig.wait_for_file(edgewright.folder / "ran", "ran\n")
    for n in range(1, 21):
        consul.kv_put("a", str(n))
    rig.wait_for_file(entry["destination"], "20")
    rig.wait_for_file(edgewright.folder / "ran", "ran\nran\n")


def test_wait_has_an_end(edgewright, consul):
    """Changes that never stop are rendered all the same, when the longest wait is over."""
    consul.kv_put("a", "0")
    entry = edgewright.template('{{key "a"}}', wait={"min": "2s", "max": "3s"})
    edgewright.start("-config", edgewright.config(entry))
    rig.wait_for_file(entry["destination"], "0")
    done = threading.Event()

    def change():
        n = 0
        while not done.wait(0.1):
            n += 1
            consul.kv_put("a", str(n))

    began = time.monotonic()
    changer = threading.Thread(target=change)
    changer.start()
    try:
        rig.wait_for_file(entry["destination"], lambda text: text != "0")
        assert time.monotonic() - began >= 2
    finally:
        done.set()
        changer.join()


def test_no_wait_without_being_asked(edgewright, consul):
    """What arrives before the first complete render does not wait: --once and a first start are as fast as they can."""
    consul.kv_put("a", "0")
    entry = edgewright.template('{{key "a"}}')
    began = time.monotonic()
    done = edgewright.run("-once", "-wait", "20s", "-config", edgewright.config(entry))
    assert done.status == 0 and time.monotonic() - began < 15, done


def test_more_services_than_an_agent_has_connections(edgewright, own_consul):
    """A stock agent has 200 for one client address, and others want to ask it, too."""
    own_consul.start()
    for i in range(250):
        own_consul.register(f"web{i:03}", 10000 + i)
    entry = edgewright.template("{{range services}}{{range service .Name}}{{.Name}}:{{.Port}}\n{{end}}{{end}}")
    daemon = edgewright.start("-config", edgewright.config(entry))
    text = rig.wait_for_file(entry["destination"], lambda text: text.count("\n") == 251)
    assert "web000:10000\n" in text and "web249:10249\n" in text
    for i in (0, 120, 249):
        own_consul.register(f"web{i:03}", 20000 + i)
    rig.wait_for_file(entry["destination"], lambda text: all(f":{20000 + i}\n" in text for i in (0, 120, 249)), 30)
    daemon.wait_for_log("consul: 252 questions and 120 connections .*: a few queries for each datacenter wake them")
    assert "take turns" not in daemon.text()
    assert "turns connections away" not in daemon.text()


def test_what_the_agent_is_too_old_for_is_said_once(edgewright, consul):
    """Consul 1.8.7 knows no partitions and peers, and answers as if nobody had asked for them."""
    entry = edgewright.template('{{range service "consul?partition=a"}}{{.Name}}{{end}} '
                                '{{range service "consul?partition=b"}}{{.Name}}{{end}} '
                                '{{range service "consul?peer=c"}}{{.Name}}{{end}}')
    daemon = edgewright.start("-config", edgewright.config(entry))
    rig.wait_for_file(entry["destination"], "consul consul consul")
    for option in ("peer", "partition"): # in either order: each is said when a question with it is answered
        daemon.wait_for_log(f"ignores '{option}'")
    said = re.findall(r"version \S+ ignores '(\S+)', which is known since (\S+): health.service", daemon.text())
    assert sorted(said) == [("partition", "1.11.0"), ("peer", "1.13.0")]
