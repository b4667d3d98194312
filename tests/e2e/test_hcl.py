"""consul-template's own configurations, as they are."""
import rig


def test_the_articles_configuration(edgewright, consul, tmp_path):
    """The file that the article tells to write, with its paths and its command where we may write and run them."""
    consul.register("alpine", 8080)
    text = (rig.TOP / "tests/e2e/article/consul-haproxy.json").read_text()
    template = rig.TOP / "tests/e2e/article/haproxy.template"
    out, mark = tmp_path / "haproxy.cfg", tmp_path / "reloaded"
    for old, new in (("127.0.0.1:8500", consul.address), ("/etc/haproxy/haproxy.template", template),
                     ("/etc/haproxy/haproxy.cfg", out), ("systemctl reload haproxy", f"echo yes > {mark}")):
        assert old in text
        text = text.replace(old, str(new))
    config = edgewright.write("consul-haproxy.json", text)
    done = edgewright.run("-config", config, "-once", consul=None)
    assert done.status == 0, done
    assert ":8080" in out.read_text()
    assert mark.read_text() == "yes\n"


def test_once_in_the_configuration(edgewright, consul):
    consul.kv_put("a", "1")
    out = edgewright.folder / "out"
    config = edgewright.write("ct.hcl", f"""
        once = true
        template {{
          destination = "{out}"
          contents    = "{{{{ key \\"a\\" }}}}"
        }}
        """)
    done = edgewright.run("-config", config)
    assert done.status == 0 and out.read_text() == "1", done


def test_lenient(edgewright, consul):
    consul.kv_put("a", "1")
    out = edgewright.folder / "out"
    config = edgewright.write("ct.hcl", f"""
        vault {{
          address = "https://vault.service.consul:8200"
          token   = "hidden-hidden"
        }}
        template {{
          destination = "{out}"
          contents    = <<-EOT
            a is {{{{ key "a" }}}}
            EOT
        }}
        """)
    done = edgewright.run("check", "-config", config)
    assert done.status == 2 and "ct.hcl:2:9: 'vault' is not served: answers come from Consul alone" in done.err, done
    done = edgewright.run("check", "-lenient", "-config", config)
    assert done.status == 0 and "ct.hcl:2:9: 'vault' is ignored" in done.err, done
    done = edgewright.run("-once", "-lenient", "-config", config)
    assert done.status == 0, done
    assert "ct.hcl:2:9: 'vault' is ignored" in done.err and "hidden" not in done.err
    assert out.read_text() == "a is 1\n"
