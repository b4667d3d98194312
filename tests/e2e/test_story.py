"""The story the program comes from: launch one, scale to three, one is killed and returns on another port."""
import rig


def test_story(edgewright, consul, haproxy, backend):
    text = (rig.TOP / "templates/haproxy.ctmpl").read_text()
    text = text.replace("bind *:80", f"bind 127.0.0.1:{haproxy.port}")
    entry = edgewright.template(text, "haproxy/haproxy.cfg", command=haproxy.reload)
    first = edgewright.run("-once", "-template", f"{entry['source']}:{entry['destination']}")
    assert first.status == 0, first
    haproxy.start()
    daemon = edgewright.start("-config", edgewright.config(entry, wait="100ms:1s"))

    one = backend()
    consul.register("alpine", one.port, tags=["alpine"])
    haproxy.wait_for_answers({one.answer})

    two, three = backend(), backend()
    id = consul.register("alpine", two.port, tags=["alpine"])
    consul.register("alpine", three.port, tags=["alpine"])
    haproxy.wait_for_answers({one.answer, two.answer, three.answer})

    two.stop()
    consul.deregister(id)
    haproxy.wait_for_answers({one.answer, three.answer})

    again = backend()
    consul.register("alpine", again.port, tags=["alpine"])
    haproxy.wait_for_answers({one.answer, three.answer, again.answer})

    assert haproxy.config.read_text().count("  server ") == 3
    assert daemon.stop() == 0
    haproxy.wait_for_answers({one.answer, three.answer, again.answer})     # HAProxy is left alone


def test_the_articles_own_template(edgewright, consul):
    """Unchanged, while the host runs one instance."""
    consul.register("alpine", 31239, tags=["alpine"], id="mesos-agent01:alpine-nginx:8050")
    source = rig.TOP / "tests/e2e/article/haproxy.template"
    done = edgewright.run("-once", "-template", f"{source}:out")
    assert done.status == 0, done
    assert rig.read(edgewright.folder / "out") == source.read_text().replace(
        '{{range service "alpine"}}\n  server {{.Node}} {{.Address}}:{{.Port}} check {{end}}',
        "\n  server mesos-agent01 127.0.0.1:31239 check ")


def test_critical_instances_leave(edgewright, consul):
    config = edgewright.config(edgewright.template('{{range service "web"}}{{.Port}} {{end}}'))
    one = consul.register("web", 1001, check="passing")
    consul.register("web", 1002, check="passing")
    edgewright.start("-config", config)
    out = edgewright.folder / "out"
    rig.wait_for_file(out, "1001 1002 ")
    consul.set_check(one, "fail")
    rig.wait_for_file(out, "1002 ")
    consul.set_check(one, "pass")
    rig.wait_for_file(out, "1001 1002 ")
