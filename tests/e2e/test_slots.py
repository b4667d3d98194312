"""A place for each instance: kept over changes, restarts, HUP and refused deliveries."""
import re
import signal

import haproxies
import pytest
import rig

TEMPLATE = '{{range $i, $s := slots 4 (service "web")}}{{$i}}={{if $s}}{{$s.Port}}{{else}}-{{end}} {{end}}\n'


class Slots:
    def __init__(self, edgewright, consul, **settings):
        self.edgewright, self.consul, self.ids = edgewright, consul, {}
        self.entry = edgewright.template(TEMPLATE, **settings)
        self.config = edgewright.config(self.entry, wait="1ms:20ms", state_dir=str(edgewright.folder / "state"))
        self.daemon = None

    def start(self):
        self.daemon = self.edgewright.start("-config", self.config)

    def set(self, *ports):
        """IDs sort the other way round than ports."""
        for port in ports:
            if port not in self.ids:
                self.ids[port] = self.consul.register("web", port, id=f"web-{99999 - port}")
        for port in [port for port in self.ids if port not in ports]:
            self.consul.deregister(self.ids.pop(port))

    def expect(self, *places):
        want = " ".join(f"{i}={place or '-'}" for i, place in enumerate(places))
        rig.wait_for_file(self.entry["destination"], lambda text: text.strip().endswith(want))


@pytest.fixture
def slots(edgewright, consul):
    return lambda **settings: Slots(edgewright, consul, **settings)


def test_places_are_kept(slots):
    slots = slots()
    slots.set(1, 2)
    slots.start()
    slots.expect(2, 1, 0, 0)
    slots.set(1)
    slots.expect(0, 1, 0, 0)
    slots.set(1, 3)
    slots.expect(3, 1, 0, 0)
    slots.set(1, 4)
    slots.expect(0, 1, 4, 0)                                     # not where 3 has just been

    assert slots.daemon.stop() == 0
    slots.set(1, 4, 5)                                           # while nobody looks
    slots.start()
    slots.expect(5, 1, 4, 0)

    source = slots.entry["source"]                               # the call is elsewhere now
    source.write_text("# a comment\n" + source.read_text())
    slots.daemon.send(signal.SIGHUP)
    rig.wait_for_file(slots.entry["destination"], "# a comment\n0=5 1=1 2=4 3=- \n")

    slots.set(1, 4, 5, 6, 7, 8)
    slots.daemon.wait_for_log("slots: 4 places for 6 instances of 'web': 2 are left out until one is free")
    places = slots.entry["destination"].read_text().split("\n")[1]
    assert places.startswith("0=5 1=1 2=4 3=")
    slots.set(4, 5, 6, 7, 8)
    rig.wait_for_file(slots.entry["destination"], lambda text: "1=1 " not in text)
    slots.set(4, 6, 7, 8)
    slots.daemon.wait_for_log("slots: all 4 instances of 'web' have a place again")
    assert "2=4 " in slots.entry["destination"].read_text()
    slots.daemon.kill()
    text = slots.entry["destination"].read_text()
    slots.entry["destination"].unlink()
    slots.start()
    rig.wait_for_file(slots.entry["destination"], text)


def test_what_is_not_delivered_moves_nobody(slots):
    """While the check refuses everything, instances come and go; whoever stays is where the file has them."""
    slots = slots(check="test -e good; verdict=$?; cat {} > seen; exit $verdict", quarantine=False)
    good = slots.edgewright.write("good", "")
    slots.set(1, 2)
    slots.start()
    slots.expect(2, 1, 0, 0)
    good.unlink()
    slots.set(1, 3)
    rig.wait_for_file(slots.edgewright.folder / "seen", "0=- 1=1 2=3 3=- \n")
    slots.set(1, 2, 3, 4)
    rig.wait_for_file(slots.edgewright.folder / "seen", lambda text: "=3" in text and "=4" in text)
    good.touch()
    slots.set(1, 2, 4)
    slots.expect(2, 1, 4, 0)


HAPROXY = """global
    stats socket {admin} level admin
defaults
    mode http
    timeout connect 2s
    timeout client 10s
    timeout server 10s
listen web
    bind 127.0.0.1:{port}
{{{{range $i, $s := slots 4 (service "web")}}}}    server place{{{{$i}}}} \
{{{{if $s}}}}{{{{$s.Address}}}}:{{{{$s.Port}}}}{{{{else}}}}127.0.0.1:9 disabled{{{{end}}}}
{{{{end}}}}"""


@pytest.mark.parametrize("is_old", [False, True])
def test_no_reload(edgewright, consul, haproxy, backend, is_old):
    """Scaled up, down and replaced; HAProxy 2.2 cannot add servers."""
    binary = [binary for binary in haproxies.all_of_them() if (binary.version < (2, 4)) == is_old]
    if not binary:
        pytest.skip("no HAProxy before 2.4 could be had")
    path = binary[0].path
    backends = [backend("web") for _ in range(4)]
    ids = [consul.register("web", each.port) for each in backends[:2]]
    section = {"socket": haproxy.admin_socket, "binary": str(path)}
    entry = edgewright.template(HAPROXY.format(admin=haproxy.admin_socket, port=haproxy.port), "haproxy/haproxy.cfg",
                                haproxy=section, check=[str(path), "-c", "-f", "{}"], command="echo reload >> reloads")
    daemon = edgewright.start("-config", edgewright.config(entry, wait="1ms:20ms"))
    rig.wait_for_file(haproxy.config, lambda text: text.count("disabled") == 2)
    daemon.wait_for_log("HAProxy does not run")                 # it has been told of the first file in vain
    haproxy.process = rig.Process([path, "-W", "-f", haproxy.config, "-p", haproxy.pid_file],
                                  log=haproxy.folder / "haproxy.log")
    rig.wait_until(haproxy.is_ready, lambda: "HAProxy listens:\n" + haproxy.process.text())
    haproxy.wait_for_answers({each.answer for each in backends[:2]})
    pid = haproxy.worker_pid()

    ids.append(consul.register("web", backends[2].port))
    haproxy.wait_for_answers({each.answer for each in backends[:3]})
    consul.deregister(ids[0])
    haproxy.wait_for_answers({each.answer for each in backends[1:3]})
    consul.register("web", backends[3].port)
    haproxy.wait_for_answers({each.answer for each in backends[1:4]})
    consul.deregister(ids[1])
    haproxy.wait_for_answers({each.answer for each in backends[2:4]})
    assert haproxy.worker_pid() == pid, daemon.text()
    assert not re.search("reloaded, because", daemon.text()), daemon.text()
