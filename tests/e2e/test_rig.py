"""The rig itself: the real parts are there and do what the other tests take for granted."""
import http.client
import subprocess

import pytest
import rig

CONFIG = """\
global
  stats socket {haproxy.admin_socket} level admin
defaults
  mode http
  timeout connect 5s
  timeout client 5s
  timeout server 5s
listen in
  bind 127.0.0.1:{haproxy.port}
  balance roundrobin
"""


def test_consul_knows_what_is_registered(consul):
    id = consul.register("web", 8001, tags=["a", "b"], check="passing")
    consul.kv_put("a/b c", "d")
    [instance] = consul.get("/v1/health/service/web?passing=1")
    assert instance["Service"]["ID"] == id
    assert consul.get("/v1/kv/a/b%20c")[0]["Value"] == "ZA=="
    consul.set_check(id, "fail")
    assert consul.get("/v1/health/service/web?passing=1") == []
    rig.wait_until(lambda: consul.n_requests("/v1/kv/a/b%20c") == 1, "the request was logged")


def test_consul_is_cleared_between_tests(consul):
    assert list(consul.get("/v1/catalog/services")) == ["consul"]
    assert not consul.get("/v1/kv/?keys")


def test_own_consul_keeps_what_it_knows(own_consul):
    own_consul.start()
    own_consul.register("web", 8001)
    own_consul.kv_put("a", "b")
    own_consul.stop()
    own_consul.start()
    assert own_consul.get("/v1/kv/a")[0]["Value"] == "Yg=="
    rig.wait_until(lambda: own_consul.get("/v1/health/service/web"), "the service is known again")


def test_haproxy_takes_up_a_new_configuration(haproxy, backend):
    one, two = backend("one"), backend("two")
    text = CONFIG.format(haproxy=haproxy)
    haproxy.config.write_text(text + f"  server one 127.0.0.1:{one.port}\n")
    haproxy.start()
    haproxy.wait_for_answers({one.answer})
    before = haproxy.worker_pid()
    haproxy.config.write_text(text + f"  server two 127.0.0.1:{two.port}\n")
    subprocess.run(haproxy.reload, shell=True, check=True)
    haproxy.wait_for_answers({two.answer})
    assert haproxy.worker_pid() != before


def test_proxy_lies_when_told_to(consul, proxy):
    consul.kv_put("a", "b")
    url = f"http://{proxy.address}/v1/kv/a?raw"
    for mode, status, body in [("pass", 200, b"b"), ("error", 500, None), ("garbage", 200, b"[{b")]:
        proxy.mode = mode
        got = proxy.ask(url)
        assert got[0] == status and int(got[1]["X-Consul-Index"]) > 0 and body in (None, got[2])
    proxy.mode = "cut"
    with pytest.raises(http.client.IncompleteRead):
        proxy.ask(url)


def test_small_disk_is_small(small_disk):
    folder, remount = small_disk
    with pytest.raises(OSError, match="No space left"):
        (folder / "file").write_text("x" * 200_000)
    remount("size=4m")
    (folder / "file").write_text("x" * 200_000)


def test_notify_socket_hears(notify_socket):
    with rig.socket.socket(rig.socket.AF_UNIX, rig.socket.SOCK_DGRAM) as sender:
        sender.sendto(b"READY=1\nSTATUS=fine", notify_socket.path)
    assert notify_socket.wait_for("STATUS=(.*)")[1] == "fine"
