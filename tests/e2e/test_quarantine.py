"""One bad input does not freeze an edge: it is left out and named, everything else is delivered, and it is back when it
is cured."""
import json

import pytest
import rig


@pytest.fixture
def status(edgewright):
    """What the daemon tells is left out: (question, what) of each."""
    def read():
        text = rig.read(edgewright.folder / "run/status.json")
        return {(each["question"], each["what"]) for each in json.loads(text)["quarantined"]} if text else None
    return read


def config(edgewright, *entries, **settings):
    (edgewright.folder / "run").mkdir(exist_ok=True)
    return edgewright.config(*entries, runtime_dir=str(edgewright.folder / "run"), **settings)


def wait_for_status(status, wanted):
    rig.wait_until(lambda: status() == wanted, lambda: f"{wanted} is left out, but {status()}")


def test_an_instance_with_a_newline(edgewright, consul, status):
    text = '{{range service "web"}}{{.Port}} {{.ServiceMeta.note}};{{end}}{{range service "db"}}{{.Port}};{{end}}'
    out = edgewright.folder / "out"
    consul.register("web", 1, meta={"note": "one"})
    consul.register("db", 9)
    daemon = edgewright.start("-config", config(edgewright, edgewright.template(text)))
    rig.wait_for_file(out, "1 one;9;")

    bad = consul.register("web", 2, meta={"note": "two\nglobal"})
    wait_for_status(status, {("health.service(web)", f"instance '{bad}' on node '{consul.node}'")})
    daemon.wait_for_log(rf"health\.service\(web\): instance '{bad}' on node '.*' is left out: .*out\.ctmpl:1:\d+: "
                        "a newline in a value from Consul")
    told = edgewright.run("status", "-runtime-dir", "run", consul=False)
    assert told.status == 1 and f"instance '{bad}'" in told.out, told      # degraded
    consul.register("db", 8)        # the others scale
    consul.register("web", 3, meta={"note": "three"})
    rig.wait_for_file(out, "1 one;3 three;8;9;")

    consul.register("web", 2, meta={"note": "two"})
    rig.wait_for_file(out, "1 one;2 two;3 three;8;9;")
    wait_for_status(status, set())
    daemon.wait_for_log("is no longer left out")


def test_a_name_that_no_question_can_have(edgewright, consul, status):
    text = '{{range services}}{{.Name}}:{{range service .Name}}{{.Port}}{{end}};{{end}}'
    out = edgewright.folder / "out"
    consul.register("web", 80)
    bad = consul.register("no such!", 81, id="bad")
    edgewright.start("-config", config(edgewright, edgewright.template(text)))
    wanted = "consul:8300;web:80;"
    rig.wait_for_file(out, wanted.replace("8300", str(consul.get("/v1/catalog/service/consul")[0]["ServicePort"])))
    wait_for_status(status, {("catalog.services()", "service 'no such!'")})
    consul.deregister(bad)
    wait_for_status(status, set())


def test_a_poisoned_key(edgewright, consul, status):
    text = 'limit {{key "limit" | parseInt}}\n{{range service "web"}}{{.Port}};{{end}}'
    out = edgewright.folder / "out"
    consul.kv_put("limit", "10")
    consul.register("web", 1)
    daemon = edgewright.start("-config", config(edgewright, edgewright.template(text)))
    rig.wait_for_file(out, "limit 10\n1;")
    consul.kv_put("limit", "many")
    wait_for_status(status, {("kv.get(limit)", "the answer")})
    daemon.wait_for_log(r"kv\.get\(limit\): the answer is left out: .*parseInt")
    consul.register("web", 2)
    rig.wait_for_file(out, "limit 10\n1;2;")
    consul.kv_put("limit", "20")
    rig.wait_for_file(out, "limit 20\n1;2;")
    wait_for_status(status, set())


def test_never_below_half(edgewright, consul, status):
    """The last accepted list of the service stays, but for what is gone; others go on."""
    text = '{{range service "web"}}{{.Port}} {{.ServiceMeta.note}};{{end}}|{{range service "db"}}{{.Port}};{{end}}'
    out = edgewright.folder / "out"
    ids = [consul.register("web", port, meta={"note": "good"}) for port in [1, 2, 3]]
    edgewright.start("-config", config(edgewright, edgewright.template(text)))
    rig.wait_for_file(out, "1 good;2 good;3 good;|")
    for port in [1, 2]:
        consul.register("web", port, meta={"note": "b\nad"})
        rig.wait_for_file(out, "2 good;3 good;|")
    rig.wait_until(lambda: len(status()) == 2, status)
    consul.register("db", 9)
    rig.wait_for_file(out, "2 good;3 good;|9;")
    consul.deregister(ids[1])
    rig.wait_for_file(out, "3 good;|9;")


def test_a_template_that_fails_by_itself(edgewright, consul, status):
    """No instance is blamed for what the template does to all of them."""
    consul.register("web", 1)
    daemon = edgewright.start("-config", config(edgewright, edgewright.template(
        '{{range service "web"}}{{.Node | parseInt}}{{end}}')))
    daemon.wait_for_log(r"out\.ctmpl:1:\d+: parseInt")
    wait_for_status(status, set())
    assert rig.read(edgewright.folder / "out") is None


def test_switched_off(edgewright, consul, status):
    out = edgewright.folder / "out"
    consul.register("web", 1, meta={"note": "one"})
    entry = edgewright.template('{{range service "web"}}{{.ServiceMeta.note}};{{end}}', quarantine="off")
    daemon = edgewright.start("-config", config(edgewright, entry))
    rig.wait_for_file(out, "one;")
    consul.register("web", 2, meta={"note": "a\nb"})
    daemon.wait_for_log("a newline in a value from Consul")
    wait_for_status(status, set())
    assert rig.read(out) == "one;"


# --- What a checker refuses: HAProxy's own ---------------------------------------------------------------------------

EDGE = """\
defaults
  mode http
  timeout connect 1s
  timeout client {{keyOrDefault "timeout" "9s"}}
  timeout server 9s
listen web
  bind 127.0.0.1:%d%s
{{- range service "web"}}
  server {{.ID}} {{.Address}}:{{.Port}} weight {{or .ServiceMeta.weight "1"}}{{end}}
listen db
  bind 127.0.0.1:%d
{{- range service "db"}}
  server {{.ID}} {{.Address}}:{{.Port}}{{end}}
"""


@pytest.fixture
def edge(edgewright):
    text = EDGE % (rig.free_port(), "", rig.free_port())
    return edgewright.template(text, "haproxy.cfg", escape="haproxy", check="haproxy -c -f {}")


def servers(edgewright):
    text = rig.read(edgewright.folder / "haproxy.cfg") or ""
    return {line.split()[1] for line in text.splitlines() if line.startswith("  server ")}


def wait_for_servers(edgewright, *wanted):
    rig.wait_until(lambda: servers(edgewright) == set(wanted), lambda: f"{wanted}, but {servers(edgewright)}")


def test_a_poisoned_instance(edgewright, consul, status, edge):
    for port in [1, 2, 3]:
        consul.register("web", port, id=f"w{port}")
    daemon = edgewright.start("-config", config(edgewright, edge))
    wait_for_servers(edgewright, "w1", "w2", "w3")

    consul.register("web", 4, id="w4", meta={"weight": "300"})
    daemon.wait_for_log(r"health\.service\(web\): instance 'w4' on node '.*' is left out: .*weight")
    wait_for_status(status, {("health.service(web)", f"instance 'w4' on node '{consul.node}'")})
    consul.register("db", 9, id="d9")
    wait_for_servers(edgewright, "w1", "w2", "w3", "d9")
    consul.deregister("w1")
    wait_for_servers(edgewright, "w2", "w3", "d9")

    consul.register("web", 4, id="w4", meta={"weight": "7"})
    wait_for_servers(edgewright, "w2", "w3", "w4", "d9")
    wait_for_status(status, set())


def test_a_poisoned_key_that_a_checker_refuses(edgewright, consul, status, edge):
    consul.kv_put("timeout", "8s")
    consul.register("web", 1, id="w1")
    daemon = edgewright.start("-config", config(edgewright, edge))
    wait_for_servers(edgewright, "w1")
    consul.kv_put("timeout", "soon")
    daemon.wait_for_log(r"kv\.get\(timeout\): the answer is left out: .*timeout client")
    consul.register("web", 2, id="w2")
    wait_for_servers(edgewright, "w1", "w2")
    assert "timeout client 8s" in rig.read(edgewright.folder / "haproxy.cfg")
    consul.kv_put("timeout", "7s")
    rig.wait_until(lambda: "timeout client 7s" in rig.read(edgewright.folder / "haproxy.cfg"), "the key is cured")
    wait_for_status(status, set())


def test_what_was_refused_beside_another_is_accepted_without_it(edgewright, consul, status, edge):
    """Of two servers with one name, either is to blame: when the other one goes, this one comes."""
    consul.register("web", 1, id="w1")
    consul.register("db", 5, id="d5")
    edgewright.start("-config", config(edgewright, edge))
    wait_for_servers(edgewright, "w1", "d5")
    node = {"Node": "other", "Address": "127.0.0.1"}
    consul.put("/v1/catalog/register", {**node, "Service": {"ID": "w1", "Service": "web", "Port": 2}})
    try:
        wait_for_status(status, {("health.service(web)", "instance 'w1' on node 'other'")})
        consul.deregister("w1")
        rig.wait_until(lambda: "w1 127.0.0.1:2 " in rig.read(edgewright.folder / "haproxy.cfg"),
                       lambda: rig.read(edgewright.folder / "haproxy.cfg"))
        wait_for_status(status, set())
    finally:
        consul.put("/v1/catalog/deregister", node)


def test_nothing_to_blame(edgewright, consul, status):
    """The checker refuses everything: the old file stays, and no instance is blamed."""
    flag = edgewright.write("flag", "")
    consul.register("web", 1)
    consul.register("web", 2)
    entry = edgewright.template('{{range service "web"}}{{.Port}};{{end}}', check=f"test -e {flag}")
    daemon = edgewright.start("-config", config(edgewright, entry))
    rig.wait_for_file(edgewright.folder / "out", "1;2;")
    flag.unlink()
    consul.register("web", 3)
    daemon.wait_for_log("no single input is to blame")
    assert status() == set() and rig.read(edgewright.folder / "out") == "1;2;"
    flag.write_text("")
    consul.register("web", 4)
    rig.wait_for_file(edgewright.folder / "out", "1;2;3;4;")


def test_what_is_left_out_is_tried_again_after_a_refusal_of_everything(edgewright, consul, status, edge):
    """A search that finds nobody does not forget those found before."""
    flag = edgewright.write("flag", "")
    consul.register("web", 1, id="w1")
    consul.register("db", 5, id="d5")
    daemon = edgewright.start("-config", config(edgewright, {**edge, "check": f"test -e {flag} && haproxy -c -f {{}}"}))
    wait_for_servers(edgewright, "w1", "d5")
    node = {"Node": "other", "Address": "127.0.0.1"}
    consul.put("/v1/catalog/register", {**node, "Service": {"ID": "w1", "Service": "web", "Port": 2}})
    try:
        wait_for_status(status, {("health.service(web)", "instance 'w1' on node 'other'")})
        flag.unlink()
        consul.register("db", 6, id="d6")
        daemon.wait_for_log("no single input is to blame")
        flag.write_text("")
        consul.deregister("w1")
        rig.wait_until(lambda: "w1 127.0.0.1:2 " in rig.read(edgewright.folder / "haproxy.cfg"),
                       lambda: rig.read(edgewright.folder / "haproxy.cfg"))
        wait_for_servers(edgewright, "w1", "d5", "d6")
        wait_for_status(status, set())
    finally:
        consul.put("/v1/catalog/deregister", node)
