"""What README.md tells a new user to write and to type, as it stands there."""
import re

import rig

README = (rig.TOP / "README.md").read_text()


def block(after):
    """The indented lines behind a line that has this text."""
    behind = README[README.index(after):].split("\n\n", 1)[1]
    lines = []
    for line in behind.splitlines():
        if line and not line.startswith("    "):
            break
        lines.append(line[4:])
    return "\n".join(lines).rstrip() + "\n"


def test_the_smallest_configuration(edgewright, consul, haproxy, backend):
    web = backend("web")
    consul.register("web", web.port)
    etc = edgewright.folder / "etc"
    etc.mkdir()
    places = {"/etc/haproxy": str(etc), "/etc/edgewright": str(edgewright.folder), "127.0.0.1:8500": consul.address,
              "bind :80": f"bind 127.0.0.1:{haproxy.port}", "systemctl reload haproxy": "true"}

    def put(name, text):
        for old, new in places.items():
            text = text.replace(old, new)
        return edgewright.write(name, text)

    # "your haproxy.cfg, with the servers from Consul"
    head = "".join(f"{line}\n" for line in ("global", "  stats socket /run/haproxy/admin.sock mode 660 level admin", "defaults",
                                            "  timeout connect 5s", "  timeout client 5s", "  timeout server 5s"))
    head = head.replace("/run/haproxy/admin.sock", haproxy.admin_socket)
    put("haproxy.ctmpl", head + block("your `haproxy.cfg`, with the servers from Consul"))
    config = put("edgewright.yaml", block("`/etc/edgewright/edgewright.yaml`:").replace(
        "haproxy: {}", f"haproxy: {{socket: {haproxy.admin_socket}, master_socket: {haproxy.folder}/no-master}}"))
    assert edgewright.run("check", "--config", config).status == 0
    dry = edgewright.run("--config", config, "--once", "--dry", consul=False)
    assert dry.status == 0 and f"127.0.0.1:{web.port} check" in dry.out, dry
    done = edgewright.run("--config", config, "--once", consul=False)
    assert done.status == 0, done
    haproxy.config.write_text((etc / "haproxy.cfg").read_text())
    haproxy.start()
    haproxy.wait_for_answers({web.answer})


def test_commands_and_files_that_are_named_exist(edgewright):
    text = edgewright.run("--help", consul=False).out
    for option in set(re.findall(r"`(--[a-z-]+)", README)) - {"--watch", "--json", "--prometheus"}:
        assert re.search(rf"{option}\b", text), option
    for command in set(re.findall(r"^    edgewright ([a-z]+)", README, re.M)):
        assert f"edgewright {command}" in text, command
    for target in set(re.findall(r"(?:`|    )make ([a-z]+)", README)):
        assert re.search(rf"^{target}:", (rig.TOP / "Makefile").read_text(), re.M), target
