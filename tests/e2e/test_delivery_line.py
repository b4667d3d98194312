"""Each delivery is one line of the log: what has changed and why, how it was taken up, how long that took."""
import json
import os
import re
import signal

import pytest
import rig


@pytest.fixture
def key(consul):
    consul.kv_put("a", "1")
    return '{{key "a"}}'


def lines_of_the_next(daemon, what, mark):
    """All lines up to that of the delivery, without times."""
    daemon.wait_for_log(f"delivered: .*{what}", since=mark)
    return [re.sub(r"\S+Z info  ", "", line) for line in daemon.text(mark).splitlines()]


def expect(lines, pattern):
    assert len(lines) == 1 and re.fullmatch(pattern, lines[0]), lines


def test_with_a_command(edgewright, consul, key):
    entry = edgewright.template(key, command=": command")
    daemon = edgewright.start("-config", edgewright.config(entry))
    daemon.wait_for_log("delivered: first render")
    mark = daemon.mark()
    consul.kv_put("a", "2")
    expect(lines_of_the_next(daemon, "changed", mark),
           r"'.*/out': delivered: kv.get\(a\) changed; taken up by its command \(\d+ms\)")


def test_the_output_of_a_command_stays(edgewright, consul, key):
    daemon = edgewright.start("-config", edgewright.config(edgewright.template(key, command="echo so it goes")))
    lines = lines_of_the_next(daemon, "first render", 0)
    assert any("output: so it goes" in line for line in lines), lines


def test_a_file_of_others(edgewright, consul, key):
    """None of our texts has changed, and the command runs."""
    cert = edgewright.write("cert", "one")
    entry = edgewright.template(key, command=": command", watch_files=[str(cert)])
    daemon = edgewright.start("-config", edgewright.config(entry))
    daemon.wait_for_log("delivered: first render")
    mark = daemon.mark()
    cert.write_text("two")
    expect(lines_of_the_next(daemon, "file changed", mark),
           rf"'.*/out': delivered: file changed: {cert}; taken up by its command \(\d+ms\)")


def test_what_was_owed_at_the_end_of_the_last_process(edgewright, consul, key):
    entry = edgewright.template(key, command="test -e fixed")
    config = edgewright.config(entry, state_dir=str(edgewright.folder / "state"))
    daemon = edgewright.start("-config", config)
    daemon.wait_for_log("failed: exit status 1")
    daemon.kill()
    edgewright.write("fixed", "")
    daemon = edgewright.start("-config", config, consul=f"127.0.0.1:{rig.free_port()}")
    daemon.wait_for_log(r"'.*/out': delivered: what was owed; taken up by its command \(\d+ms\)")


def test_the_configuration_is_read_again_in_the_middle_of_it(edgewright, consul, key):
    fifo = edgewright.folder / "fifo"
    os.mkfifo(fifo)
    run_dir = edgewright.folder / "run"
    run_dir.mkdir()
    config = edgewright.config(edgewright.template(key, command=f"cat {fifo} >/dev/null"), runtime_dir=str(run_dir))
    daemon = edgewright.start("-config", config)
    with open(fifo, "w"):           # opens when the command does
        daemon.send(signal.SIGHUP)
        daemon.wait_for_log("configuration read again")
    daemon.wait_for_log("delivered: first render; taken up by its command")
    rig.wait_until(lambda: json.loads(rig.read(run_dir / "status.json") or "{}").get("is_ready"), "it is in the status")
    rig.wait_until(lambda: json.loads(rig.read(run_dir / "status.json"))["groups"][0]["deliveries"] == 1, "it has counted")
    assert daemon.text().count("delivered:") == 1


def test_a_failure_begins_and_ends(edgewright, consul, key):
    """What fails is said at once, and how long it took; the delivery has its one line all the same."""
    entry = edgewright.template(key, command="test -e fixed")
    daemon = edgewright.start("-config", edgewright.config(entry))
    daemon.wait_for_log("failed: exit status 1")
    edgewright.write("fixed", "")
    daemon.wait_for_log(r"command 'test -e fixed' succeeded \(.*\) after \d+ failures? in")
    daemon.wait_for_log("delivered: first render; taken up by its command")
    assert "installed" not in daemon.text()


def test_by_haproxy(edgewright, consul, haproxy, sockets):
    consul.kv_put("balance", "leastconn")
    first = consul.register("web", 8001)
    text = f"""\
        global
            stats socket {haproxy.admin_socket} level admin
        defaults
            mode http
            timeout connect 2s
            timeout client 10s
            timeout server 10s
        listen web
            bind 127.0.0.1:{haproxy.port}
            balance {{{{key "balance"}}}}
        {{{{range service "web"}}}}
            server web-{{{{.Port}}}} {{{{.Address}}}}:{{{{.Port}}}}{{{{end}}}}
"""
    entry = edgewright.template(text, "haproxy/haproxy.cfg", command=haproxy.reload,
                                haproxy={"socket": haproxy.admin_socket, "master_socket": f"{sockets}/none"})
    daemon = edgewright.start("-config", edgewright.config(entry))
    expect(lines_of_the_next(daemon, "first render", 0)[-1:],
           r"'.*/haproxy.cfg': delivered: first render; HAProxy does not run \(\d+ms\)")
    assert "not running" not in daemon.text()
    haproxy.start()
    consul.register("web", 8002)
    daemon.wait_for_log("delivered: web: .*8002")
    mark = daemon.mark()
    consul.deregister(first)
    lines = lines_of_the_next(daemon, "8001", mark)
    assert "servers: -web/web-8001" in lines[0], lines      # by the names that HAProxy's own log has
    expect(lines[1:], r"'.*/haproxy.cfg': delivered: web: -1 instance \(went 127.0.0.1:8001 deregistered\); "
                      r"HAProxy was updated without a reload \(\d+ms\)")
    mark = daemon.mark()
    consul.kv_put("balance", "roundrobin")
    expect(lines_of_the_next(daemon, "balance", mark),
           r"'.*/haproxy.cfg': delivered: kv.get\(balance\) changed; "
           r"HAProxy was reloaded, because 'balance' of 'listen web' \(.*\) \(\d+ms\)")
