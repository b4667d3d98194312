"""Faults that a real Consul can be made to have, by number: see tests/consul/README.md."""
import contextlib
import itertools
import json
import os
import re
import signal

import consuls
import pytest
import rig

WEB = '{{range service "web|any"}}{{.Port}} {{end}}'
READ_ALL = 'service_prefix "" {policy = "read"} node_prefix "" {policy = "read"} key_prefix "" {policy = "read"}'
READ_API = 'service "api" {policy = "read"} node_prefix "" {policy = "read"} key_prefix "x/" {policy = "read"}'


def watches(folder):
    """By their question, as status.json has them."""
    text = rig.read(folder / "status.json")
    return {watch["question"]: watch for watch in json.loads(text)["watches"]} if text else {}


def wait_for_state(folder, question, state):
    rig.wait_until(lambda: watches(folder).get(question, {}).get("state") == state,
                   lambda: f"{question} is {state}, but {watches(folder)}")
    return watches(folder)[question]


def history_of(folder):
    """A command that keeps every text that was installed, and a function that reads them."""
    return "cat out >> history; echo >> history", lambda: (rig.read(folder / "history") or "").splitlines()


# --- Rights ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    agent = consuls.Guarded(tmp_path_factory.mktemp("guarded"))
    yield agent.start()
    agent.stop()


@pytest.fixture
def watcher(edgewright, guarded, tmp_path):
    """Starts a daemon on a template, with a token in a file and a policy that reads all."""
    class Watcher:
        def start(self, text, first, **settings):
            self.policy = guarded.policy(READ_ALL)
            self.accessor, token = guarded.new_token(self.policy)
            self.write_token(token)
            command, self.history = history_of(tmp_path)
            self.entry = edgewright.template(text, command=command)
            settings = {"consul": {"address": guarded.address, "token_file": str(tmp_path / "token")},
                        "runtime_dir": str(tmp_path), **settings}
            self.daemon = edgewright.start("-config", edgewright.config(self.entry, **settings))
            rig.wait_for_file(self.entry["destination"], first)
            return self.daemon

        def write_token(self, token):
            edgewright.write("token.new", token + "\n").rename(tmp_path / "token")

        def wait_for_file(self, text):
            rig.wait_for_file(self.entry["destination"], text)

        def wait_for_history(self, *texts):
            rig.wait_until(lambda: self.history() == list(texts), lambda: f"{texts} were installed: {self.history()}")
    for id in guarded.get("/v1/agent/services"):
        guarded.deregister(id)
    return Watcher()


def test_fault_06_a_policy_is_narrowed(watcher, guarded, tmp_path):
    """The service's next change is answered with an empty list and a higher index: a lie that looks like the truth."""
    id = guarded.register("web", 1, check="passing")
    guarded.register("web", 2, check="passing")
    daemon = watcher.start(WEB, "1 2 ")
    question = "health.service(web)"
    before = wait_for_state(tmp_path, question, "armed")
    guarded.policy(READ_API, watcher.policy)
    guarded.set_check(id, "warn")
    daemon.wait_for_log(r"everything has vanished because the token has lost rights; the last answer stays in use")
    denied = wait_for_state(tmp_path, question, "denied")
    assert rig.read(watcher.entry["destination"]) == "1 2 "
    assert denied["has_answer"] and denied["index"] == before["index"] and denied["next_try_ms"] > 0
    assert "lost rights" in denied["last_error"] and denied["failures"] == 1
    guarded.register("web", 3)
    guarded.policy(READ_ALL, watcher.policy)        # nobody is told: the next try finds out
    watcher.wait_for_file("1 2 3 ")
    watcher.wait_for_history("1 2 ", "1 2 3 ")
    rig.wait_until(lambda: watches(tmp_path)[question]["last_error"] == "", "nothing is wrong any more")


def test_fault_06_the_last_instance_really_goes(watcher, guarded):
    """The same policy, but not a lie."""
    id = guarded.register("web", 1)
    watcher.start("x" + WEB, "x1 ")
    guarded.deregister(id)
    watcher.wait_for_file("x")


def test_fault_07_a_token_is_revoked_and_replaced(watcher, guarded, tmp_path):
    id = guarded.register("web", 1, check="passing")
    daemon = watcher.start(WEB, "1 ")
    guarded.delete_token(watcher.accessor)
    guarded.set_check(id, "warn")                   # wakes the query, which is refused
    denied = wait_for_state(tmp_path, "health.service(web)", "denied")
    assert "ACL not found" in denied["last_error"] and denied["has_answer"]
    guarded.register("web", 2)
    assert rig.read(watcher.entry["destination"]) == "1 "
    watcher.write_token(guarded.new_token(watcher.policy)[1])
    daemon.wait_for_log("the token in .* has changed")
    watcher.wait_for_file("1 2 ")
    watcher.wait_for_history("1 ", "1 2 ")


def test_fault_31_keys_without_rights(watcher, guarded, tmp_path):
    guarded.kv_put("edge/a", "1")
    guarded.kv_put("edge/b", "2")
    daemon = watcher.start('{{key "edge/a"}} {{range ls "edge"}}{{.Key}}={{.Value}} {{end}}', "1 a=1 b=2 ")
    rig.wait_until(lambda: [each["state"] for each in watches(tmp_path).values()] == ["armed"] * 2, "both wait at Consul")
    guarded.policy(READ_API, watcher.policy)
    guarded.kv_put("edge/a", "new")                 # the rights are those of when the query came
    watcher.wait_for_file("new a=new b=2 ")
    wait_for_state(tmp_path, "kv.get(edge/a)", "denied")        # 403
    guarded.kv_put("edge/b", "newer")                           # 404, with a higher index
    list_question = next(question for question in watches(tmp_path) if question.startswith("kv.list"))
    wait_for_state(tmp_path, list_question, "denied")
    assert rig.read(watcher.entry["destination"]) == "new a=new b=2 "
    guarded.policy(READ_ALL, watcher.policy)
    watcher.write_token(guarded.new_token(watcher.policy)[1])
    watcher.wait_for_file("new a=new b=newer ")
    assert daemon.is_running()


# --- One agent ------------------------------------------------------------------------------------


def test_fault_17_a_snapshot_is_restored(edgewright, own_consul, tmp_path):
    own_consul.start()
    own_consul.register("web", 1)
    own_consul.kv_put("a", "old")
    snapshot = own_consul.request("GET", "/v1/snapshot")
    own_consul.register("web", 2)
    for n in range(20):
        own_consul.kv_put("a", str(n))
    command, history = history_of(tmp_path)
    entry = edgewright.template(WEB + '{{keyOrDefault "a" "none"}}', command=command)
    config = edgewright.config(entry, runtime_dir=str(tmp_path), consul={"settle": "1s"})
    edgewright.start("-config", config)
    rig.wait_for_file(entry["destination"], "1 2 19")
    for question in ("health.service(web)", "kv.get(a)"):
        wait_for_state(tmp_path, question, "armed")
    own_consul.put("/v1/snapshot", snapshot)
    own_consul.register("web", 3)
    rig.wait_for_file(entry["destination"], lambda text: "3 " in text)
    own_consul.kv_put("a", "restored")
    rig.wait_for_file(entry["destination"], lambda text: "3 " in text and text.endswith(" restored"))
    assert all(line.startswith("1 ") for line in history()), history()


def test_fault_12_and_14_fewer_connections_than_questions(edgewright, tmp_path):
    """The agent allows 40; and what we asked before we were killed still counts."""
    consul = rig.Consul(tmp_path / "consul", settings={"limits": {"http_max_conns_per_client": 40}})
    consul.start()
    try:
        def register(n, port):
            service = {"ID": f"s{n}", "Service": f"web{n:02}", "Port": port}
            consul.put("/v1/catalog/register", {"Node": "n", "Address": "10.0.0.1", "Service": service})
        for n in range(60):
            register(n, n)
        entry = edgewright.template("{{range services}}{{range service .Name}}{{.Port}} {{end}}{{end}}")
        config = edgewright.config(entry, block_query_wait="2s")        # so long Consul holds what we leave behind
        daemon = edgewright.start("-config", config, consul=consul.address)
        rig.wait_for_file(entry["destination"], lambda text: text.count(" ") == 61)
        daemon.kill()
        os.unlink(entry["destination"])
        daemon = edgewright.start("-config", config, consul=consul.address)
        rig.wait_for_file(entry["destination"], lambda text: text.count(" ") == 61, 30)
        consuls.try_to(register, 7, 7777)           # our own connections count, too
        rig.wait_for_file(entry["destination"], lambda text: " 7777 " in text, 30)
    finally:
        consul.stop()


# --- A cluster ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    made = consuls.Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        yield made.start()
    finally:
        made.stop()


def wait_until_catalogued(agent, service):
    """An agent tells the servers of a service in its own time."""
    def claim():
        with contextlib.suppress(AssertionError, OSError):
            return agent.get(f"/v1/health/service/{service}")
    rig.wait_until(claim, f"the servers know of {service}", 30)


def test_fault_09_the_leader_is_killed(edgewright, cluster, tmp_path):
    consuls.try_to(cluster.agent.register, "web", 1)
    wait_until_catalogued(cluster.agent, "web")
    consuls.try_to(cluster.agent.kv_put, "a", "1")
    command, history = history_of(tmp_path)
    entry = edgewright.template(WEB + '{{key "a"}} {{range services}}{{.Name}} {{end}}', command=command)
    config = edgewright.config(entry, consul={"settle": "1s", "recovery_ramp": "0s"}, max_stale="0s")
    daemon = edgewright.start("-config", config, consul=cluster.agent.address)
    rig.wait_for_file(entry["destination"], "1 1 consul web ")
    leader = cluster.leader()
    leader.stop()
    try:
        daemon.wait_for_log("HTTP 500: rpc error")
        assert rig.read(entry["destination"]) == "1 1 consul web "
        consuls.try_to(cluster.agent.kv_put, "a", "2")
        consuls.try_to(cluster.agent.register, "web", 2)
        rig.wait_for_file(entry["destination"], "1 2 2 consul web ", 30)
        assert daemon.is_running()
        assert all(re.fullmatch(r"1 (2 )?[12] consul web ", line) for line in history()), history()
    finally:
        leader.launch()
        cluster.wait_until_ready()


def test_fault_15_the_agent_is_restarted(edgewright, cluster, tmp_path):
    """It knows nothing until it has joined again, and says so in more than one way."""
    consuls.try_to(cluster.agent.register, "api", 1)
    wait_until_catalogued(cluster.agent, "api")
    command, history = history_of(tmp_path)
    entry = edgewright.template('{{range service "api"}}{{.Port}} {{end}}', command=command)
    config = edgewright.config(entry, consul={"settle": "1s"})
    daemon = edgewright.start("-config", config, consul=cluster.agent.address)
    rig.wait_for_file(entry["destination"], "1 ")
    mark = daemon.mark()
    cluster.agent.stop()
    daemon.wait_for_log("cannot be reached", since=mark)
    cluster.agent.launch()
    consuls.try_to(cluster.agent.register, "api", 2)
    rig.wait_for_file(entry["destination"], "1 2 ", 30)
    # The very first text may be empty: a follower is asked, and it may not have heard of the service yet. The
    # command for it may then find the second one.
    def texts():
        found = [text for text, _ in itertools.groupby(history())]
        return found[found.index("1 "):]
    rig.wait_until(lambda: texts() == ["1 ", "1 2 "], lambda: f"two texts were installed: {history()}")
    daemon.stop(signal.SIGTERM)
