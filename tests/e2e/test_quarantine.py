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
        return {(each["question"], each["what"]) for each in json.loads(text)["quarantine"]} if text else None
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
