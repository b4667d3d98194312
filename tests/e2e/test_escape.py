"""Hostile names, tags, metadata, nodes and addresses, registered in a real Consul: the real HAProxy answers with each
of them, byte for byte, so that each was one word to it and nothing else had changed."""
import re
import urllib.request

import pytest
import rig

HOSTILE = "\"b 'c \\ # \\x20 $HOME \"${HOME}\" ] } if { always_true } \\"
PLACES = {"bare": "%s", "double": '"%s"', "single": "'%s'", "part": "<%s>"}
OF_NAMES = {"name": ".Name", "upper": ".Name | toUpper"}
OF_INSTANCES = {"tag": "index .Tags 0", "meta": ".ServiceMeta.m", "node": ".Node", "address": ".Address", "id": ".ID",
                "joined": 'join "+" .Tags', "printed": 'printf "%s=%s" .Node .Address'}


def body(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as reply:
        return reply.read().decode()


def lines(fields):
    """A line for each field in each place."""
    return "".join(f"  http-request return status 200 content-type text/plain string {quotes % ('{{%s}}' % expression)}"
                   f" if {{ path /{field}/{place} }}\n"
                   for field, expression in fields.items() for place, quotes in PLACES.items())


@pytest.fixture
def hostile(consul):
    """A service with a hostile name, and one whose instance has a hostile everything else."""
    node = {"Node": "host " + HOSTILE, "Address": "127.0.0.1"}
    web = {"ID": "id " + HOSTILE, "Service": "web", "Tags": ["t " + HOSTILE], "Port": 80, "Address": "a " + HOSTILE,
           "Meta": {"m": "m " + HOSTILE}}
    consul.put("/v1/catalog/register", {**node, "Service": web})
    consul.put("/v1/catalog/register", {**node, "Service": {"ID": "named", "Service": "n " + HOSTILE}})
    yield
    consul.put("/v1/catalog/deregister", node)


def test_every_text_is_one_word(edgewright, haproxy, hostile):
    text = ("defaults\n  mode http\n  timeout connect 1s\n  timeout client 9s\n  timeout server 9s\n"
            f"listen web\n  bind 127.0.0.1:{haproxy.port}\n"
            '{{range services}}{{if and (ne .Name "web") (ne .Name "consul")}}' + lines(OF_NAMES) + "{{end}}{{end}}"
            '{{range service "web"}}' + lines(OF_INSTANCES) + "{{end}}")
    entry = edgewright.template(text, "haproxy/haproxy.cfg", escape="haproxy")
    done = edgewright.run("-once", "-config", edgewright.config(entry))
    assert done.status == 0, done
    haproxy.start()
    starts = {"name": "n ", "tag": "t ", "meta": "m ", "node": "host ", "address": "a ", "id": "id ", "joined": "t "}
    wanted = {field: start + HOSTILE for field, start in starts.items()}
    wanted["printed"] = f"{wanted['node']}={wanted['address']}"
    wanted["upper"] = wanted["name"].upper()
    assert set(wanted) == {**OF_NAMES, **OF_INSTANCES}.keys()
    for field, value in wanted.items():
        for place in PLACES:
            answer = body(haproxy.port, f"/{field}/{place}")
            assert answer == (f"<{value}>" if place == "part" else value), (field, place)


def test_a_line_is_refused(edgewright, consul):
    """With `lines`, and with `haproxy`, which has no way to write a newline in a word."""
    consul.register("web", 80, meta={"note": "a\nglobal"})
    for escape in ["lines", "haproxy"]:
        entry = edgewright.template('{{range service "web"}}\n x {{.ServiceMeta.note}}{{end}}', escape=escape,
                                    quarantine="off")
        done = edgewright.run("-once", "-config", edgewright.config(entry))
        assert done.status == 1, done
        assert re.search(r"out\.ctmpl:2:6: a newline in a value from Consul", done.err), done
        assert rig.read(edgewright.folder / "out") is None


def test_off_is_as_consul_template_does_it(edgewright, consul):
    consul.register("web", 80, meta={"note": "a\nb 'c"})
    entry = edgewright.template('{{range service "web"}}{{.ServiceMeta.note}}{{end}}', escape="off")
    done = edgewright.run("-once", "-config", edgewright.config(entry))
    assert done.status == 0, done
    assert rig.read(edgewright.folder / "out") == "a\nb 'c"


def test_what_a_template_allows(edgewright, consul):
    consul.register("web", 80, meta={"words": "check inter 2s", "raw": "check # 'all'"})
    entry = edgewright.template('{{range service "web"}}{{.ServiceMeta.raw}};{{.ServiceMeta.words | words}};'
                                '{{.ServiceMeta.raw | raw}}{{end}}', escape="haproxy")
    done = edgewright.run("-once", "-config", edgewright.config(entry))
    assert done.status == 0, done
    assert rig.read(edgewright.folder / "out") == r"check\ \#\ \'all\';check inter 2s;check # 'all'"


def test_check_lists_what_would_change(edgewright, consul):
    consul.register("web", 80, tags=["a b"], meta={"note": "#1"})
    consul.register("web", 81, tags=["c d"], meta={"note": "plain"})
    entry = edgewright.template('{{range service "web"}}\n {{.ID}} {{join "," .Tags}}\n {{.ServiceMeta.note}}{{end}}')
    config = edgewright.config(entry)
    assert edgewright.run("record", "data.json", "-config", config).status == 0
    done = edgewright.run("check", "--data", "data.json", "-config", config)
    assert done.status == 0, done
    places = re.findall(r"out\.ctmpl:(\d+:\d+): 'escape: haproxy' would write '(.*)' as '(.*)'", done.err)
    assert places == [("2:12", "a b", "a\\ b"), ("3:4", "#1", "\\#1")], done
    done = edgewright.run("check", "-config", config)
    assert done.status == 0 and "would write" not in done.err, done
    done = edgewright.run("check", "--data", "none", "-config", config)
    assert done.status == 2 and "none" in done.err, done
