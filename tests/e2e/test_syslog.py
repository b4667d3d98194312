"""The log to syslog: in a mount namespace whose /dev/log is ours."""
import os
import re
import socket
import subprocess

IN_NAMESPACE = """
set -e
mount -t tmpfs none "$1"
for name in null zero random urandom; do
    touch "$1/$name"
    mount --bind "/dev/$name" "$1/$name"
done
touch "$1/log"
mount --bind "$2" "$1/log"
mount --rbind "$1" /dev
shift 2
exec "$@"
"""


def test_lines_go_to_syslog_alone(edgewright, consul):
    consul.kv_put("a", "1")
    entry = edgewright.template('{{key "a"}}')
    dev, path = edgewright.folder / "dev", edgewright.folder / "log"
    dev.mkdir()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
        log.bind(os.path.relpath(path))
        log.setblocking(False)
        user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
        argv = ["unshare", *user, "--mount", "sh", "-c", IN_NAMESPACE, "sh", str(dev), str(path), *map(
            str, edgewright.argv(["-once", "-config", edgewright.config(entry), "-syslog-facility", "LOCAL5",
                                  "-syslog-name", "edge"], True))]
        done = subprocess.run(argv, env=edgewright.environment(None), capture_output=True, text=True, timeout=30)
        assert done.returncode == 0 and done.stderr == "", done
        lines = []
        try:
            while True:
                lines.append(log.recv(65536).decode())
        except BlockingIOError:
            pass
    assert any(re.fullmatch(r"<174>[A-Z][a-z]{2} [ 0-9]\d \d\d:\d\d:\d\d edge\[\d+\]: .*'.*/out': delivered: .*", line)
               for line in lines), lines
