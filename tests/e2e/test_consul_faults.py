"""Consul away, slow, lying, or back without its memory: the last file stays, and things mend by themselves."""
import json
import os
import random
import re
import shutil
import signal
import subprocess

import pytest
import rig


@pytest.fixture
def entry(edgewright):
    return edgewright.template('{{key "a"}}\n', command="echo ran >> ran")


def test_dead_at_start(edgewright, own_consul, entry):
    old = edgewright.write("out", "old\n")
    daemon = edgewright.start("-config", edgewright.config(entry))
    daemon.wait_for_log(re.escape(own_consul.address))
    assert old.read_text() == "old\n"
    own_consul.start()
    own_consul.kv_put("a", "new")
    rig.wait_for_file(old, "new\n", 30)
    assert daemon.is_running()


def test_dead_in_the_middle(edgewright, own_consul, entry):
    own_consul.start()
    own_consul.kv_put("a", "1")
    daemon = edgewright.start("-config", edgewright.config(entry))
    rig.wait_for_file(entry["destination"], "1\n")
    mark = daemon.mark()
    own_consul.stop()
    daemon.wait_for_log(re.escape(own_consul.address), since=mark)
    assert rig.read(entry["destination"]) == "1\n"
    own_consul.start()
    own_consul.kv_put("a", "2")
    rig.wait_for_file(entry["destination"], "2\n", 30)
    rig.wait_for_file(edgewright.folder / "ran", "ran\nran\n")      # one command a change, none for the absence
    assert daemon.is_running()


def test_back_without_its_memory(edgewright, own_consul, entry):
    """Consul's index is lower than before, and what was there is not."""
    own_consul.start()
    for n in range(50):
        own_consul.kv_put("a", str(n))
    daemon = edgewright.start("-config", edgewright.config(entry))
    rig.wait_for_file(entry["destination"], "49\n")
    own_consul.stop()
    shutil.rmtree(own_consul.folder / "data")
    own_consul.start()
    rig.wait_until(lambda: own_consul.n_requests("/v1/kv/a"), "the key was asked for again", 30)
    assert rig.read(entry["destination"]) == "49\n"
    own_consul.kv_put("a", "new")
    rig.wait_for_file(entry["destination"], "new\n", 30)
    assert daemon.is_running()


def test_what_vanished_with_it_is_released(edgewright, own_consul, tmp_path):
    """Nobody registers it again, and an operator knows that; a guard is no reason to ask twice."""
    own_consul.start()
    for port in range(10, 30):
        own_consul.register("web", port)
    entry = edgewright.template('{{range service "web"}}{{.Port}} {{end}}\n', guard={"hold": "forever"})
    before = " ".join(map(str, range(10, 30))) + " \n"
    config = edgewright.config(entry, runtime_dir=str(tmp_path))
    daemon = edgewright.start("-config", config)
    rig.wait_for_file(entry["destination"], before)
    own_consul.stop()
    shutil.rmtree(own_consul.folder / "data")
    own_consul.start()
    status = tmp_path / "status.json"
    rig.wait_until(lambda: any("the last answer stays in use" in w["last_error"] and w["since_ok_ms"] > 0
                               for w in json.loads(status.read_text())["watches"]), "it is denied", 30)
    assert rig.read(entry["destination"]) == before
    done = edgewright.run("release", "web", "--config", config)
    assert (done.status, done.out) == (0, "released: health.service(web)\n"), done
    rig.wait_for_file(entry["destination"], "\n")
    assert daemon.is_running()


def test_asleep(edgewright, own_consul, entry):
    own_consul.start()
    own_consul.kv_put("a", "1")
    daemon = edgewright.start("-config", edgewright.config(entry))
    rig.wait_for_file(entry["destination"], "1\n")
    own_consul.pause()
    try:
        late = edgewright.start("-config", edgewright.config(entry, name="late.yaml"), "-log-level", "trace")
        late.wait_for_log("fetching")
        assert late.stop() == 0         # nobody has to wait for Consul to be able to stop
    finally:
        own_consul.resume()
    own_consul.kv_put("a", "2")
    rig.wait_for_file(entry["destination"], "2\n")
    assert daemon.stop() == 0


def test_another_agent_while_one_is_asleep(edgewright, consul, own_consul, entry):
    """It takes connections, and says nothing."""
    own_consul.start()
    consul.kv_put("a", "1")
    own_consul.pause()
    try:
        config = edgewright.config(entry, consul={"address": [own_consul.address, consul.address]})
        daemon = edgewright.start("-config", config, consul=None)
        daemon.wait_for_log("consul .*: no answers; asking .* from now on", 60)
        rig.wait_for_file(entry["destination"], "1\n")
    finally:
        own_consul.resume()


def test_another_agent_while_one_has_errors(edgewright, consul, proxy, entry):
    consul.kv_put("a", "1")
    proxy.mode = "error"
    config = edgewright.config(entry, consul={"address": [proxy.address, consul.address]})
    daemon = edgewright.start("-config", config, consul=None)
    daemon.wait_for_log("consul .*: nothing but errors, at last 500; asking .* from now on", 60)
    rig.wait_for_file(entry["destination"], "1\n")


@pytest.mark.parametrize("mode", ["error", "garbage", "cut"])
def test_wrong_answers(edgewright, consul, proxy, entry, mode):
    consul.kv_put("a", "1")
    daemon = edgewright.start("-config", edgewright.config(entry), consul=proxy.address)
    rig.wait_for_file(entry["destination"], "1\n")
    mark = daemon.mark()
    proxy.mode = mode
    consul.kv_put("a", "2")
    daemon.wait_for_log(r"\ba\b", since=mark)
    n_requests = len(proxy.requests)
    rig.wait_until(lambda: len(proxy.requests) > n_requests, "it asks again")
    assert rig.read(entry["destination"]) == "1\n"
    proxy.mode = "pass"
    rig.wait_for_file(entry["destination"], "2\n", 30)
    assert daemon.is_running()


def test_the_reason_of_an_error_is_said(edgewright, consul, proxy, entry):
    proxy.mode = "error"
    daemon = edgewright.start("-config", edgewright.config(entry), consul=proxy.address)
    daemon.wait_for_log("500")
    assert rig.read(entry["destination"]) is None


def test_services_that_register_again_one_by_one(edgewright, own_consul):
    """The agent is back without its memory: what is missing stays, what is new is taken, and in the end all is true."""
    own_consul.start()
    for port in (1, 2, 3):
        own_consul.register("web", port)
    entry = edgewright.template('{{range service "web"}}{{.Port}} {{end}}\n')
    daemon = edgewright.start("-config", edgewright.config(entry, consul={"settle": "3s"}))
    rig.wait_for_file(entry["destination"], "1 2 3 \n")
    own_consul.stop()
    shutil.rmtree(own_consul.folder / "data")
    own_consul.start()
    own_consul.register("web", 1)
    own_consul.register("web", 4)
    rig.wait_for_file(entry["destination"], "1 2 3 4 \n", 30)
    daemon.wait_for_log("health.service.web.*: [0-9]+ instances are missing")
    own_consul.register("web", 2)
    rig.wait_for_file(entry["destination"], "1 2 4 \n", 30)
    daemon.wait_for_log("has not come back")


# --- By number: see tests/consul/README.md --------------------------------------------------------

NAMES = ["sp ace", "sl/ash", "per%cent", "quo\"te", "ümlaut", "a?b=c&d#e", "new\nline", "..", "{{braces}}"]


def test_fault_33_names_that_are_odd(edgewright, consul):
    """Each is shown as it is, and each key asked for by the right path."""
    for n, name in enumerate(NAMES):
        consul.register(name, 100 + n, id=f"odd-{n}")
    entry = edgewright.template("{{range services}}{{.Name | toJSON}} {{end}}")
    edgewright.start("-config", edgewright.config(entry))
    text = rig.wait_for_file(entry["destination"], lambda text: text.count('"') > 2 * len(NAMES))
    assert sorted(json.loads(f"[{text.strip().replace(chr(34) + ' ' + chr(34), chr(34) + ',' + chr(34))}]")) == \
        sorted([*NAMES, "consul"])
    keys = [name for name in NAMES if name.isprintable() and name != ".." and "?" not in name]
    for name in keys:           # neither Consul nor the language takes more
        consul.kv_put(f"odd/{name}", name)
    entry = edgewright.template('{{range tree "odd"}}{{key (print "odd/" .Key)}}|{{end}}', "keys")
    done = edgewright.run("-once", "-config", edgewright.config(entry, name="keys.yaml"))
    assert sorted((rig.read(entry["destination"]) or "").split("|")) == sorted([*keys, ""]), done


JUMPING_CLOCK = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/time.h>
#include <time.h>

/* Each look at the clock on the wall is an hour before or behind the one before; no other clock is. */
static long jump(void)
{
    static long n;

    return __atomic_fetch_add(&n, 1, __ATOMIC_RELAXED) % 2 ? 3600 : -3600;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    static int (*real)(clockid_t, struct timespec *);

    if (!real)
        real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");

    int r = real(clock, now);

    if (r == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        now->tv_sec += jump();
    return r;
}

time_t time(time_t *ret)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    if (ret)
        *ret = now.tv_sec;
    return now.tv_sec;
}

int gettimeofday(struct timeval *now, void *zone)
{
    struct timespec precise;

    (void)zone;
    clock_gettime(CLOCK_REALTIME, &precise);
    now->tv_sec = precise.tv_sec;
    now->tv_usec = precise.tv_nsec / 1000;
    return 0;
}
"""


def test_fault_34_the_clock_jumps(edgewright, consul, proxy, tmp_path):
    """By an hour, to and fro, all the time: changes arrive, and nobody asks more often."""
    source = edgewright.write("clock.c", JUMPING_CLOCK)
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", tmp_path / "clock.so", source, "-ldl"], check=True)
    consul.kv_put("a", "0")
    entry = edgewright.template('{{key "a"}}')
    env = {"LD_PRELOAD": str(tmp_path / "clock.so"), "ASAN_OPTIONS": "verify_asan_link_order=0"}
    daemon = edgewright.start("-config", edgewright.config(entry), consul=proxy.address, env=env)
    for n in range(1, 4):
        rig.wait_for_file(entry["destination"], str(n - 1))
        rig.wait_until(lambda: len(proxy.requests) == n + 1, lambda: f"it waits: {proxy.requests}")
        consul.kv_put("a", str(n))
    rig.wait_for_file(entry["destination"], "3")
    assert len(proxy.requests) <= 5, proxy.requests
    assert daemon.stop() == 0
    hours = {line[:13] for line in daemon.lines if line[:2] == "20"}
    assert len(hours) > 1, f"the clock did not jump: {daemon.text()}"


def test_fault_35_a_reload_with_one_new_question(edgewright, consul, proxy):
    entries = []
    for n in range(12):
        consul.kv_put(f"k{n}", "1")
        entries.append(edgewright.template(f'{{{{key "k{n}"}}}}', f"out{n}"))
    config = edgewright.config(*entries[:-1])
    daemon = edgewright.start("-config", config, consul=proxy.address)
    for entry in entries[:-1]:
        rig.wait_for_file(entry["destination"], "1")
    rig.wait_until(lambda: len(proxy.requests) == 22, lambda: f"each was asked and waits: {proxy.requests}")
    edgewright.config(*entries)
    daemon.send(signal.SIGHUP)
    rig.wait_for_file(entries[-1]["destination"], "1")
    rig.wait_until(lambda: len(proxy.requests) >= 24, "the new one waits, too")
    assert {path.split("?")[0] for path, _ in proxy.requests[22:]} == {"/v1/kv/k11"}
    consul.kv_put("k0", "2")
    rig.wait_for_file(entries[0]["destination"], "2")


def test_faults_at_random(edgewright, consul, proxy):
    """Whatever goes wrong between us and Consul, nothing is ever emptied, and in the end the file is the truth."""
    seed = int(os.environ.get("FAULT_SEED") or random.randrange(1 << 32))
    print(f"FAULT_SEED={seed}")
    chance = random.Random(seed)
    modes = ["error", "garbage", "cut", "empty", "lower", "hangup", *["pass"] * 6]
    text = '{{key "a"}} {{key "b"}} {{range service "web"}}{{.Port}} {{end}}{{range service "api"}}{{.Port}} {{end}}\n'
    entry = edgewright.template(text, command="cat out >> history")
    config = edgewright.config(entry, consul={"settle": "100ms", "retry": {"max_backoff": "500ms"}})
    truth = {"a": 0, "b": 0}

    def change():
        for name in truth:
            truth[name] += chance.randrange(1, 4)
            consul.kv_put(name, str(truth[name]))
        consul.register("web", 1000 + truth["a"], id="web")
        consul.register("api", 2000 + truth["b"], id="api")

    def is_true(text):
        return text == f"{truth['a']} {truth['b']} {1000 + truth['a']} {2000 + truth['b']} \n"
    for name in ("a", "b"):
        consul.kv_put(name, "0")
    consul.register("web", 1000, id="web")
    consul.register("api", 2000, id="api")
    daemon = edgewright.start("-config", config, consul=proxy.address)
    rig.wait_for_file(entry["destination"], is_true)
    proxy.mode = lambda: chance.choice(modes)
    for _ in range(40):
        n = len(proxy.requests)
        change()
        rig.wait_until(lambda: len(proxy.requests) > n, "it goes on asking")
    proxy.mode = "pass"
    change()
    rig.wait_for_file(entry["destination"], is_true, 30)
    assert daemon.is_running()
    history = rig.read(edgewright.folder / "history").splitlines()
    assert all(re.fullmatch(r"[0-9]+ [0-9]+ 1[0-9]{3} 2[0-9]{3} ", line) for line in history), history


# --- What is told of it ---------------------------------------------------------------------------


def test_the_status_tells_each_watch(edgewright, consul, proxy, tmp_path):
    consul.kv_put("a", "1")
    consul.register("web", 1)
    entry = edgewright.template('{{key "a"}} {{range service "web"}}{{.Port}}{{end}}')
    config = edgewright.config(entry, runtime_dir=str(tmp_path))
    edgewright.start("-config", config, consul=proxy.address)
    rig.wait_for_file(entry["destination"], "1 1")

    def status(question):
        text = rig.read(tmp_path / "status.json")
        found = [w for w in json.loads(text)["watches"] if w["question"] == question] if text else []
        return found[0] if found else {}
    rig.wait_until(lambda: status("kv.get(a)").get("state") == "armed", "the key is watched")
    good = status("kv.get(a)")
    assert {"question", "state", "has_answer", "index", "since_ok_ms", "next_try_ms", "bytes", "wakes", "changes",
            "failures", "last_error"} <= set(good)
    assert good["has_answer"] and good["index"] > 0 and good["bytes"] > 50 and good["last_error"] == ""
    assert good["changes"] == 1 and good["failures"] == 0 and good["next_try_ms"] == 0
    proxy.mode = "garbage"
    consul.kv_put("a", "2")
    bad = rig.wait_until(lambda: status("kv.get(a)").get("failures") and status("kv.get(a)"), "it fails")
    assert bad["state"] in ("backoff", "fetching") and "cannot be read" in bad["last_error"], bad
    assert bad["index"] == good["index"] and bad["has_answer"] and bad["bytes"] > good["bytes"]


def test_what_is_missing_is_said_once(edgewright, consul, proxy):
    """After five seconds, a line for each template that waits: what for, and why."""
    consul.kv_put("there", "1")
    entries = [edgewright.template('{{key "there"}}{{key "missing"}}', "one"),
               edgewright.template('{{key "missing"}}{{key "another"}}', "two"),
               edgewright.template('{{key "there"}}', "three")]
    daemon = edgewright.start("-config", edgewright.config(*entries), consul=proxy.address)
    daemon.wait_for_log(r"'.*one.*': waiting for .*kv.get\(missing\).*does not exist")
    daemon.wait_for_log(r"'.*two.*': waiting for (kv.get\(another\).*, kv.get\(missing\)|"
                        r"kv.get\(missing\).*, kv.get\(another\))")
    said = [line for line in daemon.lines if "waiting for" in line]
    assert len(said) == 2, said
    assert rig.read(entries[2]["destination"]) == "1"
