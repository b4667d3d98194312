"""The templates we ship: rendered with the real program, checked by the programs they are for."""
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


def test_every_template_is_tested():
    assert sorted(path.name for path in TEMPLATES.glob("*")) == [
        "haproxy-http.ctmpl", "haproxy-tcp.ctmpl", "haproxy.ctmpl", "nginx.ctmpl"]


@pytest.mark.parametrize("name", ["haproxy.ctmpl", "haproxy-http.ctmpl", "haproxy-tcp.ctmpl"])
def test_haproxy_without_any_instance(edgewright, consul, name):
    out = render(edgewright, name)
    check_haproxy(out)
    assert "  server " not in out.read_text() and not out.read_text().startswith("\n")


def test_the_articles_with_several_instances_on_one_host(edgewright, consul):
    for port in (31239, 31577, 31743):
        consul.register("alpine", port, tags=["alpine"])
    out = render(edgewright, "haproxy.ctmpl")
    check_haproxy(out)
    servers = [line for line in out.read_text().splitlines() if line.startswith("  server ")]
    assert servers == [f"  server mesos-agent01-{port} 127.0.0.1:{port} check" for port in (31239, 31577, 31743)]


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
