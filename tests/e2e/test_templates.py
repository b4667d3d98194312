"""The templates we ship: rendered with the real program, checked by the programs they are for."""
import re
import subprocess

import pytest
import rig

TEMPLATES = rig.TOP / "templates"


def render(edgewright, name, bind=None):
    text = (TEMPLATES / name).read_text()
    if bind:
        text = text.replace(*bind)
    source = edgewright.write(name, text)
    done = edgewright.run("-once", "-template", f"{source}:out")
    assert done.status == 0, done
    return edgewright.folder / "out"


def check_haproxy(path):
    done = subprocess.run(["haproxy", "-c", "-f", path], capture_output=True, text=True)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}\n{path.read_text()}"


def check_nginx(path):
    folder = path.parent / "nginx"
    folder.mkdir(exist_ok=True)
    main = folder / "nginx.conf"
    main.write_text(f"pid {folder}/pid; error_log stderr; events {{}}\n"
                    f"http {{ access_log off; include {path}; }}\n")
    done = subprocess.run(["nginx", "-t", "-p", folder, "-c", main, "-e", "stderr"], capture_output=True, text=True)
    assert done.returncode == 0, f"{done.stderr}\n{path.read_text()}"


FILES = sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*") if path.is_file())
LISTS = {                                                       # what may stand in a file of its own
    "blocklist": ["blocklist.ctmpl", "edgewright.yaml", "haproxy.ctmpl"],
    "certificates": ["crt-list.ctmpl", "edgewright.yaml", "haproxy.ctmpl"],
    "conf.d": ["edgewright.yaml", "services.ctmpl"],
    "routing": ["edgewright.yaml", "haproxy.ctmpl", "hosts.map.ctmpl", "paths.map.ctmpl"],
}


def test_every_template_is_tested():
    assert FILES == sorted([
        "haproxy-blue-green.ctmpl", "haproxy-canary.ctmpl", "haproxy-external.ctmpl", "haproxy-http.ctmpl",
        "haproxy-second-datacenter.ctmpl", "haproxy-slots.ctmpl", "haproxy-tcp.ctmpl", "haproxy.ctmpl", "nginx.ctmpl",
        *(f"{folder}/{name}" for folder, names in LISTS.items() for name in names)])


@pytest.fixture
def folder_of_templates(edgewright, consul, haproxy):
    """Puts a folder of templates where edgewright.yaml says, below the test's own folder; run() renders them once."""
    def put(name, *replacements):
        places = {"/etc/edgewright": edgewright.folder / "in", "/etc/haproxy": edgewright.folder / "etc",
                  "*:80\n": f"127.0.0.1:{haproxy.port}\n", "127.0.0.1:8500": consul.address,
                  "*:443": f"127.0.0.1:{haproxy.port}", "systemctl reload haproxy": "true",
                  "  token_file: /run/credentials/edgewright.service/edgewright_token\n": "", **dict(replacements)}
        for path in (TEMPLATES / name).iterdir():
            text = path.read_text()
            for old, new in places.items():
                text = text.replace(old, str(new))
            edgewright.write(f"in/{path.name}", text)
        etc = edgewright.folder / "etc"
        return etc, lambda: edgewright.run("-once", "-config", edgewright.folder / "in/edgewright.yaml")
    (edgewright.folder / "in").mkdir()
    return put


@pytest.mark.parametrize("name", [name for name in FILES
                                  if name.startswith("haproxy") and name != "haproxy-second-datacenter.ctmpl"])
def test_haproxy_without_any_instance(edgewright, consul, name):
    out = render(edgewright, name)
    check_haproxy(out)
    text = re.sub(r"\n  server place\d+ \S+ disabled", "", out.read_text())
    assert "  server " not in text and not text.startswith("\n")


def test_the_articles_with_several_instances_on_one_host(edgewright, consul):
    for port in (31239, 31577, 31743):
        consul.register("alpine", port, tags=["alpine"])
    out = render(edgewright, "haproxy.ctmpl")
    check_haproxy(out)
    servers = [line for line in out.read_text().splitlines() if line.startswith("  server ")]
    assert servers == [f"  server mesos-agent01-{port} 127.0.0.1:{port} check" for port in (31239, 31577, 31743)]


def test_slots(edgewright, consul):
    consul.register("alpine", 31239)
    consul.register("alpine", 31577)
    out = render(edgewright, "haproxy-slots.ctmpl")
    check_haproxy(out)
    servers = [line for line in out.read_text().splitlines() if line.startswith("  server ")]
    assert servers[:3] == ["  server place0 127.0.0.1:31239", "  server place1 127.0.0.1:31577",
                           "  server place2 127.0.0.1:9 disabled"]
    assert len(servers) == 20


def test_tcp(edgewright, consul):
    consul.register("postgres", 5433)
    consul.register("postgres", 5434, tags=["backup"])
    out = render(edgewright, "haproxy-tcp.ctmpl")
    check_haproxy(out)
    assert "  server mesos-agent01-5433 127.0.0.1:5433 check\n" in out.read_text()
    assert "  server mesos-agent01-5434 127.0.0.1:5434 check backup\n" in out.read_text()


def test_http_by_host(edgewright, consul, haproxy, backend):
    shop, other_shop, blog, hidden = backend("shop"), backend("shop"), backend("blog"), backend("hidden")
    consul.register("shop", shop.port, tags=["host=shop.example.com", "host=WWW.example.com"])
    consul.register("shop", other_shop.port, tags=["host=shop.example.com"])
    consul.register("blog", blog.port, tags=["v2", "host=blog.example.com"], check="passing")
    consul.register("hidden", hidden.port, tags=["localhost=no", "host=bad name"])
    consul.register("idle", 9, tags=["host=idle.example.com"], check="critical")
    out = render(edgewright, "haproxy-http.ctmpl", ("bind *:80", f"bind 127.0.0.1:{haproxy.port}"))
    check_haproxy(out)
    assert "hidden" not in out.read_text() and "consul" not in out.read_text()
    haproxy.config.write_text(out.read_text())
    haproxy.start()
    both = {shop.answer, other_shop.answer}
    haproxy.wait_for_answers(both, "shop.example.com")
    haproxy.wait_for_answers(both, "www.example.com:80")
    haproxy.wait_for_answers({blog.answer}, "BLOG.example.com")
    haproxy.wait_for_answers({"status 503"}, "idle.example.com")
    haproxy.wait_for_answers({"status 404"}, "nobody.example.com")


def test_nginx(edgewright, consul):
    bind = ("listen 80", f"listen 127.0.0.1:{rig.free_port()}")
    out = render(edgewright, "nginx.ctmpl", bind)
    check_nginx(out)
    assert "upstream" not in out.read_text() and "return 503" in out.read_text()
    consul.register("web", 8001)
    consul.register("web", 8002, address="2001:db8::1")
    out = render(edgewright, "nginx.ctmpl", bind)
    check_nginx(out)
    assert "server 127.0.0.1:8001;" in out.read_text() and "server [2001:db8::1]:8002;" in out.read_text()


def test_canary(edgewright, consul, haproxy, backend):
    old, new = backend("old"), backend("new")
    consul.register("web", old.port)
    consul.register("web", new.port, tags=["canary"])
    bind = ("bind *:80", f"bind 127.0.0.1:{haproxy.port}")
    out = render(edgewright, "haproxy-canary.ctmpl", bind)
    check_haproxy(out)
    assert f"{new.port} check weight 0\n" in out.read_text() and f"{old.port} check weight 100\n" in out.read_text()
    for said, weight in (("10", 10), ("ten", 0), ("99999", 256), ("-5\n", 5)):
        consul.kv_put("edge/web/canary-weight", said)
        out = render(edgewright, "haproxy-canary.ctmpl", bind)
        check_haproxy(out)
        assert f"{new.port} check weight {weight}\n" in out.read_text()
    haproxy.config.write_text(out.read_text())
    haproxy.start()
    haproxy.wait_for_answers({old.answer, new.answer})
    consul.kv_put("edge/web/maintenance", "yes")
    out = render(edgewright, "haproxy-canary.ctmpl", bind)
    check_haproxy(out)
    assert "return status 503" in out.read_text()


def test_blue_green(edgewright, consul, haproxy, backend):
    blue, green = backend("blue"), backend("green")
    consul.register("web", blue.port, tags=["blue"])
    consul.register("web", green.port, tags=["green"])
    bind = ("bind *:80", f"bind 127.0.0.1:{haproxy.port}")
    out = render(edgewright, "haproxy-blue-green.ctmpl", bind)
    check_haproxy(out)
    assert "default_backend web-blue\n" in out.read_text() and "use_backend web-green if" in out.read_text()
    consul.kv_put("edge/web/live", "green\n")
    out = render(edgewright, "haproxy-blue-green.ctmpl", bind)
    check_haproxy(out)
    assert "use_backend web-blue if" in out.read_text()
    haproxy.config.write_text(out.read_text())
    haproxy.start()
    haproxy.wait_for_answers({green.answer})


def test_second_datacenter(edgewright, consul):
    consul.register("web", 8001)
    out = render(edgewright, "haproxy-second-datacenter.ctmpl", ("web@dc2", "web@dc1"))
    check_haproxy(out)
    assert out.read_text().endswith("  server mesos-agent01-8001 127.0.0.1:8001 check\n"
                                    "  server dc2-mesos-agent01-8001 127.0.0.1:8001 check backup\n")


def test_external(edgewright, consul):
    for node, address in (("payments", "localhost"), ("payments2", "192.0.2.1"), ("payments3", "2001:db8::1")):
        consul.put("/v1/catalog/register", {"Node": node, "Address": address, "NodeMeta": {"external-node": "true"},
                                            "Service": {"Service": "payments", "Port": 443}})
    try:
        out = render(edgewright, "haproxy-external.ctmpl")
        check_haproxy(out)
        servers = [line for line in out.read_text().splitlines() if line.startswith("  server ")]
        assert servers == ["  server payments-443 localhost:443 check resolvers machine init-addr last,libc,none",
                           "  server payments2-443 192.0.2.1:443 check", "  server payments3-443 2001:db8::1:443 check"]
    finally:
        for node in ("payments", "payments2", "payments3"):
            consul.put("/v1/catalog/deregister", {"Node": node})


def test_routing(folder_of_templates, consul, haproxy, backend):
    shop, api = backend("shop"), backend("api")
    consul.register("shop", shop.port, tags=["host=Shop.example.com", "host=no such"])
    consul.register("api", api.port, tags=["path=shop.example.com/api", "path=nowhere"])
    etc, run = folder_of_templates("routing")
    done = run()
    assert done.status == 0, done
    assert "shop.example.com service-shop\n" in (etc / "maps/hosts.map").read_text()
    assert "shop.example.com/api service-api\n" in (etc / "maps/paths.map").read_text()
    haproxy.config.write_text((etc / "haproxy.cfg").read_text())
    haproxy.start()
    haproxy.wait_for_answers({shop.answer}, "SHOP.example.com")
    haproxy.wait_for_answers({"status 404"}, "www.example.com")
    assert rig.fetch(haproxy.port, "shop.example.com", "/api/v1") == api.answer
    assert rig.fetch(haproxy.port, "shop.example.com", "/ap") == shop.answer


def make_certificate(name):
    pem = subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                          "-subj", f"/CN={name}", "-days", "2", "-keyout", "-", "-out", "-"],
                         capture_output=True, text=True, check=True)
    return pem.stdout


def test_certificates(folder_of_templates, consul, haproxy):
    """The first delivery passes the check although no file is there yet; a broken bundle is found by it."""
    for name in ("a.example.com", "b.example.com"):
        consul.kv_put(f"certs/{name}", make_certificate(name))
    etc, run = folder_of_templates("certificates")
    done = run()
    assert done.status == 0, done
    assert (etc / "certs/list.txt").read_text() == f"{etc}/certs/a.example.com.pem\n{etc}/certs/b.example.com.pem\n"
    assert (etc / "certs/b.example.com.pem").stat().st_mode & 0o777 == 0o600
    check_haproxy(etc / "haproxy.cfg")
    before = (etc / "certs/b.example.com.pem").read_text()
    consul.kv_put("certs/b.example.com", "no certificate")
    done = run()
    assert done.status == 1, done
    assert (etc / "certs/b.example.com.pem").read_text() == before


def test_blocklist(folder_of_templates, consul, haproxy, backend):
    web = backend("web")
    consul.register("web", web.port)
    consul.kv_put("edge/blocklist", "192.0.2.7\n # nobody\n198.51.100.0/24 # since Tuesday\nnonsense; deny\n2001:db8::/32\n")
    etc, run = folder_of_templates("blocklist")
    done = run()
    assert done.status == 0, done
    assert (etc / "maps/blocklist.acl").read_text() == ("# From the key edge/blocklist.\n192.0.2.7\n198.51.100.0/24\n"
                                                       "2001:db8::/32\n")
    haproxy.config.write_text((etc / "haproxy.cfg").read_text())
    haproxy.start()
    haproxy.wait_for_answers({web.answer})
    consul.kv_put("edge/blocklist", "127.0.0.0/8")
    assert run().status == 0
    haproxy.process.send(rig.signal.SIGUSR2)
    haproxy.wait_for_answers({"status 403"})


def test_conf_d(folder_of_templates, consul, haproxy, backend):
    web, port = backend("web"), rig.free_port()
    consul.register("web", web.port, tags=[f"port={haproxy.port}"])
    consul.register("mail", 2525, tags=[f"port={port}", "port=x"])
    consul.register("hidden", 9)
    etc, run = folder_of_templates("conf.d")
    (etc / "conf.d").mkdir(parents=True)
    (etc / "haproxy.cfg").write_text("defaults\n  timeout connect 5s\n  timeout client 5s\n  timeout server 5s\n")
    done = run()
    assert done.status == 0, done
    assert (etc / "conf.d/services.list").read_text() == f"mail on port {port}\nweb on port {haproxy.port}\n"
    assert f"listen web\n  bind *:{haproxy.port}\n" in (etc / "conf.d/web.cfg").read_text()
    assert f"listen mail\n  bind *:{port}\n" in (etc / "conf.d/mail.cfg").read_text()
    assert sorted(path.name for path in (etc / "conf.d").iterdir()) == ["mail.cfg", "services.list", "web.cfg"]


def test_default_delimiters(edgewright, consul):
    """Of all templates that have none of their own; from the configuration and from the command line."""
    consul.kv_put("a", "1")
    first = edgewright.template('[[key "a"]] {{x}}', "first")
    second = {**edgewright.template('<<key "a">> {{x}} [[x]]', "second"), "left_delimiter": "<<", "right_delimiter": ">>"}
    config = edgewright.config(first, second, default_left_delimiter="[[", default_right_delimiter="]]")
    assert edgewright.run("-once", "-config", config).status == 0
    assert (rig.read(first["destination"]), rig.read(second["destination"])) == ("1 {{x}}", "1 {{x}} [[x]]")
    edgewright.write("in", '((key "a")) {{x}}')
    done = edgewright.run("-once", "-dry", "-template", "in:out", "-default-left-delimiter", "((",
                          "-default-right-delimiter", "))")
    assert "1 {{x}}" in done.out, done


def test_a_source_is_not_overwritten_by_another_name(edgewright):
    source = edgewright.write("in", "x")
    (edgewright.folder / "link").symlink_to(source)
    for name in ("in", "./in", edgewright.folder / "sub/../in", "link"):
        done = edgewright.run("-once", "-config", edgewright.config({"source": str(source), "destination": str(name)}))
        assert done.status == 2 and "this template would overwrite its own source" in done.err, (name, done)
    assert rig.read(source) == "x"
