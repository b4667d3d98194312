"""More services than an agent has connections for us: three queries tell which of them to ask again."""
import json

import pytest

import rig

N_SERVICES = 300
N_NODES = 10
TEMPLATE = ('{{range services}}{{range service (printf "%s|any" .Name)}}{{.Name}} {{.Node}} {{.Address}}:{{.Port}} '
            "{{.Status}} {{.ServiceMeta.version}} {{.NodeMeta.rack}}\n{{end}}{{end}}")


def node_name(i):
    return f"node{i % N_NODES}"


def node(i, address=None, rack="r1"):
    return {"Node": {"Verb": "set", "Node": {"Node": node_name(i), "Address": address or f"10.1.0.{i % N_NODES}",
                                            "Meta": {"rack": rack}}}}


def service(i, port=80, version="1"):
    return {"Service": {"Verb": "set", "Node": node_name(i), "Service": {
        "ID": f"s{i:03}", "Service": f"s{i:03}", "Port": port, "Meta": {"version": version}}}}


def check(i, status="passing", output=""):
    return {"Check": {"Verb": "set", "Check": {
        "Node": node_name(i), "CheckID": f"c{i:03}", "ServiceID": f"s{i:03}", "Name": "alive", "Status": status,
        "Output": output}}}


def register(consul, operations):
    for start in range(0, len(operations), 60):     # Consul: at most 64 in a transaction
        reply = json.loads(consul.put("/v1/txn", operations[start:start + 60]))
        assert not reply["Errors"], reply


@pytest.fixture
def crowd(own_consul):
    own_consul.start()
    register(own_consul, [node(i) for i in range(N_NODES)])
    register(own_consul, [part(i) for i in range(N_SERVICES) for part in (service, check)])
    return own_consul


def line(i, port=80, address=None, status="passing", version="1", rack="r1"):
    return f"s{i:03} {node_name(i)} {address or f'10.1.0.{i % N_NODES}'}:{port} {status} {version} {rack}\n"


def connections(consul):
    """How many are open towards the agent, whoever's they are but for the test's own, which are closed at once."""
    count = 0
    with open("/proc/net/tcp") as table:
        for row in list(table)[1:]:
            fields = row.split()
            port, is_established = int(fields[2].split(":")[1], 16), fields[3] == "01"
            count += port == consul.port and is_established
    return count


def test_each_kind_of_change_reaches_the_file(edgewright, crowd):
    entry = edgewright.template(TEMPLATE)
    daemon = edgewright.start("-config", edgewright.config(entry))
    out = entry["destination"]
    most = 0

    def wait_for(*wanted):
        nonlocal most

        def claim(text):
            nonlocal most
            most = max(most, connections(crowd))
            return all(row in text for row in wanted)
        rig.wait_for_file(out, claim)

    wait_for(line(0), line(N_SERVICES - 1))
    daemon.wait_for_log("a few queries for each datacenter wake them")
    register(crowd, [check(7, status="warning")])
    wait_for(line(7, status="warning"))
    register(crowd, [service(8, version="2")])      # in none of the tables
    wait_for(line(8, version="2"))
    register(crowd, [node(9, address="10.9.9.9")])
    wait_for(line(9, address="10.9.9.9"), line(299, address="10.9.9.9"))
    register(crowd, [node(6, rack="r2")])
    wait_for(line(6, rack="r2"), line(296, rack="r2"))
    register(crowd, [service(400)])                 # has no check
    wait_for(line(400))
    crowd.put("/v1/catalog/deregister", {"Node": node_name(5), "ServiceID": "s015"})
    rig.wait_for_file(out, lambda text: line(15) not in text and line(25) in text)
    crowd.put("/v1/catalog/deregister", {"Node": node_name(4)})
    rig.wait_for_file(out, lambda text: "node4" not in text and line(3) in text)
    assert most <= 12
    assert "turns connections away" not in daemon.text() and "take turns" not in daemon.text()


def test_the_output_of_a_check_writes_nothing(edgewright, crowd):
    entry = edgewright.template(TEMPLATE)
    daemon = edgewright.start("-config", edgewright.config(entry), "-log-level", "debug")
    rig.wait_for_file(entry["destination"], lambda text: line(299) in text)
    daemon.wait_for_log("doorbell health.state: live")
    daemon.wait_for_log("delivered: first render")
    mark = daemon.mark()
    register(crowd, [check(7, output="slow today")])
    daemon.wait_for_log("doorbell health.state: index .* 0 services and 0 nodes differ", since=mark)
    register(crowd, [check(8, status="critical")])
    rig.wait_for_file(entry["destination"], lambda text: line(8, status="critical") in text)
    daemon.wait_for_log("delivered:", since=mark)
    assert daemon.text(mark).count("delivered:") == 1


def test_the_agent_restarts(edgewright, crowd):
    entry = edgewright.template(TEMPLATE)
    daemon = edgewright.start("-config", edgewright.config(entry))
    rig.wait_for_file(entry["destination"], lambda text: line(299) in text)
    crowd.stop()
    daemon.wait_for_log("cannot be reached")
    crowd.start()
    daemon.wait_for_log("reachable again")
    register(crowd, [check(7, status="warning"), service(8, version="2")])
    rig.wait_for_file(entry["destination"], lambda text: line(7, status="warning") in text
                      and line(8, version="2") in text and line(299) in text)


N_KEYS = 300


def key(i):
    return f"app/sites/k{i:03}"


def test_keys_share_one_query(edgewright, own_consul):
    own_consul.start()
    operations = [{"KV": {"Verb": "set", "Key": key(i), "Value": "MQ=="}} for i in range(N_KEYS)]
    register(own_consul, operations)
    entry = edgewright.template("".join(f'{{{{with keyOrDefault "{key(i)}" "none"}}}}{i}={{{{.}}}}\n{{{{end}}}}'
                                        for i in range(N_KEYS + 1)))
    daemon = edgewright.start("-config", edgewright.config(entry, consul={"connections": 12}), "-log-level", "debug")
    out = entry["destination"]
    rig.wait_for_file(out, lambda text: f"\n{N_KEYS - 1}=1\n{N_KEYS}=none\n" in text)
    daemon.wait_for_log(f"doorbell kv.keys: live, for {N_KEYS + 1} questions")
    assert connections(own_consul) <= 12
    own_consul.put(f"/v1/kv/{key(7)}", b"2")        # the list of keys stays the same
    rig.wait_for_file(out, lambda text: "\n7=2\n" in text)
    own_consul.put(f"/v1/kv/{key(N_KEYS)}", b"new")  # never there before
    rig.wait_for_file(out, lambda text: f"\n{N_KEYS}=new\n" in text)
    own_consul.request("DELETE", f"/v1/kv/{key(8)}")
    rig.wait_for_file(out, lambda text: "\n8=none\n" in text)
    own_consul.request("DELETE", "/v1/kv/app/?recurse")
    rig.wait_for_file(out, lambda text: "\n7=none\n" in text and "=1\n" not in text)
    own_consul.put(f"/v1/kv/{key(9)}", b"back")
    rig.wait_for_file(out, lambda text: "\n9=back\n" in text)
    assert connections(own_consul) <= 12
    assert "take turns" not in daemon.text()
