"""A real Consul behind TLS: who it is, who we are, what is said when one of the two is not believed."""
import re
import socket

import consuls
import pytest
import rig


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return consuls.Certificates(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def tls_consul(authority):
    """It wants certificates of its clients. https_address is what edgewright asks; the test itself asks without TLS."""
    port = rig.free_port()
    cert, key = authority.sign("server", "DNS:server.dc1.consul", "IP:127.0.0.1")
    agent = rig.Consul(authority.folder / "consul", settings={
        "ports": {"https": port}, "ca_file": str(authority.ca), "cert_file": str(cert), "key_file": str(key),
        "verify_incoming_https": True, "limits": {"http_max_conns_per_client": 30}})
    agent.https_address = f"https://127.0.0.1:{port}"
    agent.https_port = port
    yield agent.start()
    agent.stop()


def settings(consul, authority, client="edge", **more):
    cert, key = authority.sign(client)
    ssl = {"enabled": True, "verify": True, "ca_cert": str(authority.ca), "cert": str(cert), "key": str(key), **more}
    return {"consul": {"address": consul.https_address, "ssl": {k: v for k, v in ssl.items() if v is not None}}}


def test_both_are_believed(edgewright, tls_consul, authority):
    tls_consul.kv_put("a", "1")
    entry = edgewright.template('{{key "a"}} {{range service "consul"}}{{.Name}}{{end}}')
    edgewright.start("-config", edgewright.config(entry, **settings(tls_consul, authority)))
    rig.wait_for_file(entry["destination"], "1 consul")
    tls_consul.kv_put("a", "2")
    rig.wait_for_file(entry["destination"], "2 consul")


# name, options, what is said
REFUSED = [
    ("another authority", {"ca_cert": "other"}, r"self-signed certificate|unable to get local issuer certificate"),
    ("another name", {"server_name": "server.dc2.consul"}, r"no alternative certificate subject name matches .*dc2"),
    ("no certificate of ours", {"cert": None, "key": None}, r"alert (bad certificate|certificate required)"),
]


@pytest.mark.parametrize("options, said", [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_refused(edgewright, tls_consul, authority, tmp_path, options, said):
    tls_consul.kv_put("a", "1")
    if "ca_cert" in options:
        options = {"ca_cert": str(consuls.Certificates(tmp_path, "other").ca)}
    entry = edgewright.template('{{key "a"}}')
    config = edgewright.config(entry, **settings(tls_consul, authority, **options))
    daemon = edgewright.start("-config", config)
    daemon.wait_for_log(said)
    assert rig.read(entry["destination"]) is None
    assert daemon.is_running()


def test_the_right_name(edgewright, tls_consul, authority):
    """Not that of the address."""
    tls_consul.kv_put("a", "1")
    entry = edgewright.template('{{key "a"}}')
    config = edgewright.config(entry, **settings(tls_consul, authority, server_name="server.dc1.consul"))
    done = edgewright.run("-once", "-config", config, consul=None)
    assert done.status == 0 and rig.read(entry["destination"]) == "1", done


def test_fault_12_turned_away_in_the_handshake(edgewright, tls_consul, authority):
    """All connections of our address are taken; then they are free again."""
    tls_consul.kv_put("a", "1")
    others = [socket.create_connection(("127.0.0.1", tls_consul.https_port)) for _ in range(30)]
    entry = edgewright.template('{{key "a"}}')
    daemon = edgewright.start("-config", edgewright.config(entry, **settings(tls_consul, authority)))
    daemon.wait_for_log(r"the agent turns connections away")
    for other in others:
        other.close()
    rig.wait_for_file(entry["destination"], "1")
    assert not re.search(r"kv.get.*TLS", daemon.text())


def test_check_looks_at_the_files(edgewright, tls_consul, authority, tmp_path):
    """Nobody is asked: what is known is whether the files are there and belong together."""
    entry = edgewright.template('{{key "a"}}')

    def said(**options):
        done = edgewright.run("check", "-config", edgewright.config(entry, **settings(tls_consul, authority, **options)))
        assert done.status == 0
        return done.err

    other_key = authority.sign("other")[1]
    (tmp_path / "half").write_text(authority.ca.read_text()[:200])
    assert said() == ""
    assert re.fullmatch(r"preflight: consul\.ssl: the key in '\S+other\S+' is not that of '\S+edge\S+'\n",
                        said(key=str(other_key)))
    assert said(ca_cert=str(tmp_path / "half")) == (
        f"preflight: consul.ssl: '{tmp_path}/half' holds no certificate, or a broken one\n")
    assert said(cert=str(tmp_path / "none")) == (
        f"preflight: consul.ssl: '{tmp_path}/none': open: No such file or directory\n")
    assert said(enabled=False, ca_cert=str(tmp_path / "none")) == ""
