"""Files of others (`watch_files`): what they change is checked and taken up as if it were ours."""
import os
import socket
import ssl
import subprocess

import pytest
import rig


@pytest.fixture
def entry(edgewright, consul):
    """Its command tells what it was run for."""
    consul.kv_put("a", "1")
    return edgewright.template('{{key "a"}}', watch_files=[str(edgewright.folder / "cert"), str(edgewright.folder / "key")],
                               check=f"! grep -q bad {edgewright.folder}/cert && true {{}}",
                               command=f'echo "$EDGEWRIGHT_REASON: $EDGEWRIGHT_FILES" >>{edgewright.folder}/ran')


def replace(path, text):
    new = path.with_name("new")
    new.write_text(text)
    os.rename(new, path)


def test_a_change_is_checked_and_taken_up(edgewright, consul, entry):
    cert, out, ran = (edgewright.folder / name for name in ("cert", "out", "ran"))
    cert.write_text("one")
    daemon = edgewright.start("-config", edgewright.config(entry))
    first = rig.wait_for_file(ran, f"first render: {out}\n")
    replace(cert, "two")
    second = rig.wait_for_file(ran, first + f"file changed: {cert}: {cert}\n")
    inode = out.stat().st_ino
    since = daemon.mark()
    replace(cert, "bad")
    daemon.wait_for_log("check .* refuses '.*/out': exit status 1", since=since)
    since = daemon.mark()
    consul.kv_put("a", "2")
    daemon.wait_for_log("check .* refuses '.*/out': exit status 1", since=since)
    assert out.stat().st_ino == inode and rig.read(ran) == second
    replace(cert, "three")          # what was refused because of it is delivered now
    rig.wait_for_file(out, "2")
    rig.wait_for_file(ran, lambda text: text.startswith(second) and f"file changed: {cert}" in text[len(second):]
                      and text.endswith(f"{out}\n{cert}\n"))


def test_what_holds_the_same_is_no_change(edgewright, consul, entry):
    cert, key, ran = (edgewright.folder / name for name in ("cert", "key", "ran"))
    cert.write_text("one")
    edgewright.start("-config", edgewright.config(entry))
    rig.wait_for_file(ran, lambda text: text.startswith("first render"))
    replace(cert, "one")
    os.utime(cert)
    cert.unlink()                   # gone for a moment, and back
    replace(cert, "one")
    replace(key, "it was not there before")
    rig.wait_for_file(ran, lambda text: text.count("file changed") == 1 and text.endswith(f"file changed: {key}: {key}\n"))
    assert "file changed: " + str(cert) not in rig.read(ran)


def make_certificate(folder, name):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
                    "1", "-subj", f"/CN={name}", "-keyout", folder / "new.key", "-out", folder / "new.crt"],
                   check=True, capture_output=True)
    return (folder / "new.crt").read_text() + (folder / "new.key").read_text()


def served_name(port):
    """The name in the certificate that HAProxy serves."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port), timeout=5) as plain, context.wrap_socket(plain) as tls:
        der = tls.getpeercert(True)
    return next((name for name in ("first", "second") if name.encode() in der), None)


def test_a_renewed_certificate(edgewright, consul, haproxy):
    """With hitless updates: no server has changed, and HAProxy is reloaded nevertheless."""
    consul.kv_put("a", "1")
    pem = haproxy.folder / "site.pem"
    pem.write_text(make_certificate(edgewright.folder, "first"))
    entry = edgewright.template(f"""global
    stats socket {haproxy.admin_socket} level admin
defaults
    mode http
    timeout connect 1s
    timeout client 1s
    timeout server 1s
frontend web
    bind 127.0.0.1:{haproxy.port} ssl crt {pem}
    http-request return status 200 content-type text/plain string "{{{{key "a"}}}}"
""", "haproxy/haproxy.cfg", command=haproxy.reload, watch_files=str(pem),
                                haproxy={"socket": haproxy.admin_socket, "master_socket": ""})
    config = edgewright.config(entry)
    assert edgewright.run("-once", "-config", edgewright.config({**entry, "command": "true"}, name="first.yaml")).status in (0, 1)
    haproxy.start()
    daemon = edgewright.start("-config", config)
    rig.wait_until(lambda: served_name(haproxy.port) == "first", "the first certificate is served")
    consul.kv_put("a", "2")
    daemon.wait_for_log("delivered")
    replace(pem, make_certificate(edgewright.folder, "second"))
    rig.wait_until(lambda: served_name(haproxy.port) == "second", lambda: "the second certificate is served:\n" + daemon.text())
