"""Guards: what vanishes of a service waits, and nothing else does."""
import json

import rig

PORTS = '{{range service "%s"}}{{.Port}} {{end}}\n'


def register(consul, name, ports):
    return {port: consul.register(name, port) for port in ports}


def status(folder):
    return json.loads((folder / "status.json").read_text())


def test_scale_to_zero_of_one_service_beside_others(edgewright, consul, tmp_path):
    web = register(consul, "web", (1, 2, 3))
    api = register(consul, "api", (7, 8))
    entry = edgewright.template("web " + PORTS % "web" + "api " + PORTS % "api", guard="on")
    daemon = edgewright.start("-config", edgewright.config(entry, runtime_dir=str(tmp_path)))
    rig.wait_for_file(entry["destination"], "web 1 2 3 \napi 7 8 \n")
    for id in web.values():
        consul.deregister(id)
    daemon.wait_for_log(r"health.service\(web\): 0 of 3 instances are left: the guard holds [123] that are gone or failing, "
                        r"until \d\d:\d\d:\d\d \(10m0s\) or until they are released")
    consul.register("api", 9)
    consul.deregister(api[7])
    rig.wait_for_file(entry["destination"], lambda text: text.startswith("web ") and text.endswith("\napi 8 9 \n"))
    held = rig.wait_until(lambda: status(tmp_path)["held"], "the hold is in the status")
    assert [(each["question"], each["is_guarded"], each["passing"], each["passing_before"]) for each in held] == [
        ("health.service(web)", True, 0, 3)]
    assert 590_000 < held[0]["left_ms"] <= 600_000
    assert "the guard holds" in status(tmp_path)["status"]
    # Consul tells of one, two or all three at once; of the last ones it is not believed.
    assert not rig.read(entry["destination"]).startswith("web \n")


def test_what_is_new_passes_and_enough_ends_it(edgewright, consul):
    web = register(consul, "web", range(1, 9))
    entry = edgewright.template(PORTS % "web", guard={"min_instances": 4, "max_shrink": "100%", "hold": "forever"})
    daemon = edgewright.start("-config", edgewright.config(entry))
    rig.wait_for_file(entry["destination"], "1 2 3 4 5 6 7 8 \n")
    for port in range(4, 9):
        consul.deregister(web[port])
    daemon.wait_for_log(r"3 of \d instances are left: the guard holds \d that are gone or failing, "
                        "until they are released")
    consul.register("web", 20)
    rig.wait_for_file(entry["destination"], "1 20 2 3 \n")


def test_failing_checks_count(edgewright, consul):
    ids = {port: consul.register("web", port, check="passing") for port in (1, 2)}
    entry = edgewright.template(PORTS % "web", guard={"min_instances": 2, "hold": "500ms"})
    daemon = edgewright.start("-config", edgewright.config(entry))
    rig.wait_for_file(entry["destination"], "1 2 \n")
    consul.set_check(ids[2], "fail")
    daemon.wait_for_log(r"1 of 2 instances are left: the guard holds 1")
    daemon.wait_for_log(r"health.service\(web\): what was missing has not come back")
    rig.wait_for_file(entry["destination"], "1 \n")
    assert "delivered:" not in daemon.text().split("the guard holds 1")[1].split("has not come back")[0]


def test_a_guard_for_one_query(edgewright, consul):
    web, api = consul.register("web", 1), consul.register("api", 7)
    entry = edgewright.template('{{range guarded "on" "web|any"}}{{.Port}} {{end}}|' + PORTS % "api")
    daemon = edgewright.start("-config", edgewright.config(entry))
    rig.wait_for_file(entry["destination"], "1 |7 \n")
    consul.deregister(web)
    daemon.wait_for_log(r"health.service\(web\): 0 of 1 instances are left")
    consul.deregister(api)
    rig.wait_for_file(entry["destination"], "1 |\n")


def test_a_query_may_be_excepted_and_a_guard_switched_off(edgewright, consul):
    web, api = consul.register("web", 1), consul.register("api", 7)
    text = '{{range guarded "off" "web"}}{{.Port}} {{end}}|' + PORTS % "api"
    entry = edgewright.template(text, guard="on")
    daemon = edgewright.start("-config", edgewright.config(entry))
    rig.wait_for_file(entry["destination"], "1 |7 \n")
    consul.deregister(api)
    daemon.wait_for_log(r"health.service\(api\): 0 of 1 instances are left")
    consul.deregister(web)
    rig.wait_for_file(entry["destination"], "|7 \n")
    edgewright.config(edgewright.template(text, guard="off"))
    daemon.send(rig.signal.SIGHUP)
    rig.wait_for_file(entry["destination"], "|\n")


def test_a_guard_that_an_incomplete_pass_has_found(edgewright, consul):
    """The question was asked before, without it, and the pass that is complete asks for nothing new."""
    web = register(consul, "web", range(1, 6))
    entry = edgewright.template(PORTS % "web" + '{{keyOrDefault "other" ""}}{{if keyExists "strict"}}'
                                '{{range guarded "min_instances=3" "web"}}{{end}}{{key "other"}}{{end}}')
    daemon = edgewright.start("-config", edgewright.config(entry))
    rig.wait_for_file(entry["destination"], "1 2 3 4 5 \n")
    consul.kv_put("strict", "x")
    daemon.wait_for_log(r"waiting for kv.get\(other\)")
    consul.kv_put("other", "o")
    rig.wait_for_file(entry["destination"], "1 2 3 4 5 \noo")
    for port in range(2, 6):
        consul.deregister(web[port])
    daemon.wait_for_log(r"instances are left: the guard holds")
