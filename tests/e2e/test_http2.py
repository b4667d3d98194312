"""HTTP/2 over TLS: one stream for each question, few connections, and peers that end either."""
import time

import pytest
import rig
from h2_consul import H2Consul


@pytest.fixture
def peer(tmp_path):
    made = []

    def make(n_services, **options):
        made.append(H2Consul(tmp_path, [f"s{i}" for i in range(n_services)], **options))
        return made[-1]

    yield make
    for consul in made:
        consul.close()


def follow(edgewright, consul, **settings):
    """Starts a daemon that shows the port of each service; returns it and its file."""
    template = "".join(f'{{{{range service "{name}"}}}}{{{{.Port}}}} {{{{end}}}}' for name in consul.services)
    entry = edgewright.template(template)
    config = edgewright.config(entry, consul={
        "address": consul.address, "ssl": {"enabled": True, "ca_cert": consul.certificate}, "recovery_ramp": "0s",
        **settings})
    daemon = edgewright.start("-config", config, consul=None)
    rig.wait_for_file(entry["destination"], text(consul))
    rig.wait_until(lambda: consul.n_blocked() == len(consul.services), lambda: f"{consul.n_blocked()} are blocked")
    return daemon, entry["destination"]


def text(consul):
    return "".join(f"{port} " for _, port in consul.services.values())


def change_all(consul, output, port):
    """Every question has a blocking query that is heard."""
    for i, name in enumerate(consul.services):
        consul.change(name, port + i)
    rig.wait_for_file(output, text(consul))


@pytest.mark.parametrize("n, max_streams, n_most", [(300, 250, 3), (30, 10, 4), (12, 2, 7)])
def test_connections_are_computed(edgewright, peer, n, max_streams, n_most):
    consul = peer(n, max_streams=max_streams)
    daemon, output = follow(edgewright, consul)
    change_all(consul, output, 5000)
    assert consul.n_most <= n_most


def test_a_lost_connection_is_no_storm(edgewright, peer):
    """What it carried is asked again over the recovery ramp, not in one moment."""
    consul = peer(300)
    _, output = follow(edgewright, consul, recovery_ramp="1s")
    begun = time.monotonic()
    n_before = len(consul.requests)
    consul.on_each_link(lambda link: link.abort())
    rig.wait_until(lambda: consul.n_blocked() == 300, lambda: f"{consul.n_blocked()} are blocked again")
    assert time.monotonic() - begun > 0.8
    assert len(consul.requests) - n_before <= 2 * 300 + 10
    change_all(consul, output, 5000)


@pytest.mark.parametrize("act", [lambda link: link.go_away_at_once(), lambda link: link.reset_streams(),
                                 lambda link: link.abort()], ids=["goaway", "resets", "abort"])
def test_streams_that_end(edgewright, peer, act):
    consul = peer(300)
    daemon, output = follow(edgewright, consul)
    consul.on_each_link(act)
    rig.wait_until(lambda: consul.n_blocked() == 300, lambda: f"{consul.n_blocked()} are blocked again")
    assert len(consul.requests) <= 4 * 300 + 10          # no storm
    change_all(consul, output, 5000)
    assert consul.n_most <= 2 * 3           # those that end, and those that follow
    assert rig.read(output) == text(consul)


def test_graceful_goaway(edgewright, peer):
    """What is under way is answered; what follows takes new connections."""
    consul = peer(300)
    _, output = follow(edgewright, consul)
    old = list(consul.links)
    consul.on_each_link(lambda link: link.go_away(2 ** 31 - 1))
    change_all(consul, output, 5000)
    rig.wait_until(lambda: consul.n_blocked() == 300, lambda: f"{consul.n_blocked()} are blocked again")
    assert not any(link.blocked for link in old)
    change_all(consul, output, 6000)


@pytest.mark.parametrize("n, max_streams", [(60, 250), (300, 250), (300, 64)])
def test_graceful_goaways_while_little_changes(edgewright, peer, n, max_streams):
    """As by a proxy in front of Consul that reloads: what still blocks keeps the old connections for minutes, and must
    not keep what is asked anew from getting others."""
    consul = peer(n, max_streams=max_streams)
    _, output = follow(edgewright, consul)
    for i in range(4):
        consul.on_each_link(lambda link: link.go_away(2 ** 31 - 1))
        for port in (5000 + 100 * i, 7000 + 100 * i):
            for k, name in enumerate([*consul.services][:20]):
                consul.change(name, port + k)
            rig.wait_for_file(output, text(consul))
    rig.wait_until(lambda: consul.n_blocked() == n, lambda: f"{consul.n_blocked()} of {n} are blocked again")
    change_all(consul, output, 9000)


def test_http1_only(edgewright, peer):
    consul = peer(20, alpn=["http/1.1"])
    _, output = follow(edgewright, consul)
    change_all(consul, output, 5000)
    assert 20 <= consul.n_most <= 31
