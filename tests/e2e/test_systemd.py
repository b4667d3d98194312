"""The unit that is shipped, under a real systemd: PID 1 of namespaces of its own (tests/systemd-box)."""
import io
import subprocess
import tarfile

import rig

BOX = rig.TOP / "tests/systemd-box"
UNIT = rig.TOP / "contrib/systemd/edgewright.service"

# What happens inside of the box; the root is a throw-away overlay there, the network is the host's.
SCRIPT = r"""
set -eu
show() { systemctl show -P "$1" edgewright; }
until_is() {        # PROPERTY VALUE
    for _ in $(seq 500); do [ "$(show "$1")" = "$2" ] && return; sleep 0.02; done       # between two looks
    echo "$1 is '$(show "$1")', not '$2'"; journalctl -u edgewright; exit 1
}
mkdir /root/in
tar -x -C /root/in      # from standard input: the box has a /tmp of its own, and we may stand in the host's
install -D /root/in/edgewright /usr/local/bin/edgewright
install -D -m 644 /root/in/edgewright.service /etc/systemd/system/edgewright.service
# A sanitized binary looks for leaks by ptrace, which the unit denies; the other tests look for them.
mkdir -p /etc/edgewright /etc/haproxy /etc/systemd/system/edgewright.service.d
printf '[Service]\nEnvironment=ASAN_OPTIONS=detect_leaks=0\n' >/etc/systemd/system/edgewright.service.d/sanitizer.conf
printf '%s' "$CONFIG" >/etc/edgewright/edgewright.yaml
systemctl daemon-reload

echo "== start"
systemctl start edgewright
until_is ActiveState active
echo "file: $(cat /etc/haproxy/out.cfg), mode $(stat -c %a /etc/haproxy/out.cfg)"
until_is StatusText "1 of 1 templates up to date, 1 watches"
[ -e /run/edgewright/status.json ] && echo "status: $(stat -c %a /run/edgewright/status.json)"

echo "== reload"
sed -i 's/first/second/' /etc/edgewright/edgewright.yaml
systemctl reload edgewright
for _ in $(seq 500); do grep -q second /etc/haproxy/out.cfg && break; sleep 0.02; done
echo "file: $(cat /etc/haproxy/out.cfg)"
echo 'nonsense: 1' >>/etc/edgewright/edgewright.yaml
systemctl reload edgewright 2>/dev/null && echo "a broken configuration was taken"
until_is ActiveState active
sed -i '$d' /etc/edgewright/edgewright.yaml

echo "== killed"
before=$(show MainPID)
kill -KILL "$before"
for _ in $(seq 500); do [ "$(show MainPID)" != "$before" ] && [ "$(show ActiveState)" = active ] && break; sleep 0.02; done
echo "restarts: $(show NRestarts), $(show ActiveState)"

echo "== journal"
journalctl -q -u edgewright -o json | grep -c '"PRIORITY":"6".*installed' || true
journalctl -q -u edgewright -o cat | grep -o 'output: ran as .*' | sort -u

echo "== stop"
systemctl stop edgewright
echo "$(show ActiveState), $(show Result), exit $(show ExecMainStatus)"
"""


def test_the_unit(edgewright, consul):
    consul.kv_put("a", "1")
    config = (f"consul:\n  address: {consul.address}\n"
              "template:\n  contents: '{{key \"a\"}} first'\n  destination: /etc/haproxy/out.cfg\n"
              "  command: echo ran as $(id -un), notify socket ${NOTIFY_SOCKET:-none}\n")
    parcel = io.BytesIO()
    with tarfile.open(fileobj=parcel, mode="w") as tar:
        tar.add(edgewright.binary, "edgewright")
        tar.add(UNIT, "edgewright.service")
    done = subprocess.run([BOX, "env", f"CONFIG={config}", "bash", "-c", SCRIPT], input=parcel.getvalue(),
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
    said = done.stdout.decode()
    assert done.returncode == 0, said
    assert "file: 1 first, mode 644" in said, said
    assert "status: 644" in said, said
    assert "file: 1 second" in said and "a broken configuration was taken" not in said, said
    assert "restarts: 1, active" in said, said
    assert "ran as root, notify socket none" in said, said
    assert "inactive, success, exit 0" in said, said
