"""The unit that is shipped, under a real systemd: PID 1 of namespaces of its own (tests/systemd-box)."""
import io
import re
import subprocess
import tarfile

import consuls
import pytest
import rig

BOX = rig.TOP / "tests/systemd-box"

# What every story begins with; the root is a throw-away overlay there, the network is the host's.
PROLOGUE = r"""
set -eu
show() { systemctl show -P "$1" "${2-edgewright}"; }
until_is() {        # PROPERTY VALUE [UNIT]
    for _ in $(seq 500); do [ "$(show "$1" "${3-edgewright}")" = "$2" ] && return; sleep 0.02; done       # between two looks
    echo "$1 is '$(show "$1" "${3-edgewright}")', not '$2'"; journalctl --no-pager -u edgewright -u haproxy; exit 1
}
until_has() {       # FILE TEXT
    for _ in $(seq 500); do grep -qs "$2" "$1" && return; sleep 0.02; done
    echo "no '$2' in $1: $(cat "$1")"; journalctl --no-pager -u edgewright -u haproxy; exit 1
}
tar -x -C /         # from standard input: the box has a /tmp of its own, and we may stand in the host's
rm -f /usr/sbin/policy-rc.d
mkdir -p /etc/haproxy /etc/systemd/system/edgewright.service.d /etc/systemd/system/haproxy.service.d
# A sanitized binary looks for leaks by ptrace, which the unit denies; the other tests look for them.
printf '[Service]\nEnvironment=ASAN_OPTIONS=detect_leaks=0\n' >/etc/systemd/system/edgewright.service.d/sanitizer.conf
systemd-sysusers edgewright.conf
systemd-tmpfiles --create haproxy.conf edgewright.conf
printf '%s' "$CONFIG" >/etc/edgewright/edgewright.yaml
systemctl daemon-reload
"""

STORY = r"""
echo "== start"
systemctl start edgewright
until_is ActiveState active
echo "file: $(cat /etc/haproxy/out.cfg), $(stat -c '%U %a' /etc/haproxy/out.cfg)"
until_is StatusText "1 of 1 templates up to date, 1 watches"
echo "folders: $(stat -c '%U %a' /var/lib/edgewright /run/edgewright | tr '\n' ' ')status: $(stat -c %a /run/edgewright/status.json)"

echo "== reload"
sed -i 's/first/second/' /etc/edgewright/edgewright.yaml
systemctl reload edgewright
until_has /etc/haproxy/out.cfg second
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
journalctl --sync
journalctl -q -u edgewright -o json | grep -c '"PRIORITY":"6".*installed' || true
journalctl -q -u edgewright -o cat | grep -o 'output: ran as .*' | sort -u

journalctl -q -u edgewright -o json EDGEWRIGHT_EVENT=config-read | grep -c '"MESSAGE_ID"' | sed 's/^/read again, by field: /'

echo "== stop"
systemctl stop edgewright
echo "$(show ActiveState), $(show Result), exit $(show ExecMainStatus)"
"""

WATCHDOG = r"""
printf '[Service]\nWatchdogSec=1\nTimeoutAbortSec=1\n' >/etc/systemd/system/edgewright.service.d/dog.conf
systemctl daemon-reload
systemctl start edgewright
before=$(show MainPID)
kill -STOP "$before"
for _ in $(seq 500); do [ "$(show NRestarts)" = 1 ] && [ "$(show ActiveState)" = active ] && break; sleep 0.02; done
echo "restarts: $(show NRestarts), $(show ActiveState), $(journalctl -q -u edgewright -o cat | grep -c 'Watchdog timeout')"
"""

# Its key is root's alone; what the checker needs to see of it comes by tmpfiles.d.
HAPROXY = r"""
mkdir -p /etc/haproxy/certs
(umask 077; openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=edge -days 2 \
    -keyout /etc/haproxy/certs/site.pem -out /root/cert.pem 2>/dev/null; cat /root/cert.pem >>/etc/haproxy/certs/site.pem)
chown root:root /etc/haproxy/certs/site.pem
printf '[Unit]\nAfter=edgewright.service\nWants=edgewright.service\n' >/etc/systemd/system/haproxy.service.d/after.conf
systemctl daemon-reload

echo "== boot"
rm -f /etc/haproxy/haproxy.cfg
systemctl start haproxy         # it waits for us, and we do not wait for it
until_is ActiveState active haproxy
grep -c '^  server' /etc/haproxy/haproxy.cfg | sed 's/^/servers: /'
echo "edgewright: $(show User), haproxy: $(show ActiveState haproxy)"

echo "== scale"
curl -s -X PUT -d '{"Name": "web", "ID": "two", "Port": 8002, "Address": "127.0.0.1"}' "$CONSUL_URL/v1/agent/service/register"
until_has /etc/haproxy/haproxy.cfg :8002
cat >/root/ask <<'PY'
import socket
s = socket.socket(socket.AF_UNIX); s.connect("/run/haproxy/admin.sock"); s.send(b"show servers state\n")
print(s.makefile().read())
PY
for _ in $(seq 500); do     # the file comes first, then the command
    python3 /root/ask >/root/servers 2>&1 && grep -q 8002 /root/servers && break
    sleep 0.02
done
grep -o '127.0.0.1 .* 800[0-9]' /root/servers | awk '{print "runs: " $NF}'
systemctl is-active haproxy edgewright | tr '\n' ' '
"""

# Where HAProxy is told over its socket, and reloaded over D-Bus. What it runs is asked of the worker itself.
HITLESS = r"""
mkdir -p /etc/haproxy/certs
(umask 077; openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=edge -days 2 \
    -keyout /etc/haproxy/certs/site.pem -out /root/cert.pem 2>/dev/null; cat /root/cert.pem >>/etc/haproxy/certs/site.pem)
(umask 077; printf '%s' "$TOKEN" >/etc/edgewright/credentials/token)
cat >/root/ask <<'PY'
import socket, sys
try:
    s = socket.socket(socket.AF_UNIX); s.connect("/run/haproxy/admin.sock"); s.send(sys.argv[1].encode() + b"\n")
    print(s.makefile().read())
except OSError as error:
    print(error)    # between two workers
PY
put() { curl -sf -o /dev/null -X PUT -H "X-Consul-Token: $TOKEN" -d "$2" "$CONSUL_URL$1"; }
register() { put /v1/agent/service/register '{"Name": "web", "ID": "web-'$1'", "Port": '$1', "Address": "127.0.0.1"}'; }
worker() { python3 /root/ask "show info" | sed -n 's/^Pid: //p'; }
servers() { python3 /root/ask "show servers state" | awk '$2 == "web" { print $19 }' | sort | tr '\n' ' '; }
until_servers() {
    for _ in $(seq 500); do [ "$(servers)" = "$1 " ] && return; sleep 0.02; done
    echo "servers: $(servers), not $1"; journalctl --no-pager -u edgewright -u haproxy; exit 1
}
n_reloads() { journalctl -q -u haproxy -o cat | grep -c '^Reloaded haproxy.service' || :; }
lines() { journalctl -q -u edgewright -o cat "$@"; }
until_line() {      # TEXT [OPTION OF JOURNALCTL...]
    for _ in $(seq 500); do lines "${@:2}" | grep -q "$1" && return; sleep 0.02; done
    echo "no '$1' in:"; journalctl --no-pager -u edgewright -u haproxy; exit 1
}
start_again() {
    systemctl stop edgewright
    since=$(date +%s.%N)
    systemctl start edgewright
    until_line 'preflight: done' --since "@$since"
}
rm -f /etc/haproxy/haproxy.cfg
systemctl start edgewright
systemctl start haproxy
until_servers "8001"
first=$(worker)

echo "== scale"
register 8002
until_servers "8001 8002"
[ "$(worker)" = "$first" ] && echo "the same worker"

echo "== killed"
for port in 8003 8004 8005 8006 8007 8008; do
    register $port
    [ $port != 8005 ] || kill -KILL "$(show MainPID)"
done
until_servers "8001 8002 8003 8004 8005 8006 8007 8008"
until_is NRestarts 1
# Between the file and the first command, what HAProxy runs is not known any more.
first=$(worker) n_before=$(n_reloads)
[ "$n_before" -le 1 ] && echo "one reload at most"

echo "== structure"
put /v1/kv/balance leastconn
for _ in $(seq 500); do second=$(worker); [ -n "$second" ] && [ "$second" != "$first" ] && break; sleep 0.02; done
[ "$second" != "$first" ] && echo "a new worker"
grep -o 'balance .*' /etc/haproxy/haproxy.cfg
until_line reloaded EDGEWRIGHT_EVENT=delivered
lines EDGEWRIGHT_EVENT=delivered EDGEWRIGHT_GROUP=edge
echo "reloads by systemd: $(($(n_reloads) - n_before))"
until_servers "8001 8002 8003 8004 8005 8006 8007 8008"
until_line 'preflight: done'
lines -g 'preflight .edge' || echo "nothing is missing"

echo "== without rights"
rm /etc/polkit-1/rules.d/50-edgewright.rules
systemctl restart polkit
chmod 755 /etc/haproxy                  # which takes what an ACL gives away, too
chmod 600 /etc/haproxy/certs/site.pem
gpasswd -d edgewright haproxy >/dev/null
start_again
lines --since "@$since" -g 'preflight .edge'

echo "== what it says is done"
lines --since "@$since" -g 'preflight .edge' | sed -n 's/.*; fix: //p' | sed 's/, and start edgewright again//' >/root/fixes
lines --since "@$since" -o cat | sed -n 's/.*50-edgewright.rules: //p' >/etc/polkit-1/rules.d/50-edgewright.rules
sh -eu /root/fixes
systemctl restart polkit
start_again
journalctl --sync
lines --since "@$since" -g 'preflight .edge' || echo "nothing is missing any more"
"""

LONELY = r"""
systemctl start edgewright
echo "$(show ActiveState): $(show StatusText)"
journalctl --sync
journalctl -q -u edgewright -o cat -g preflight
"""


@pytest.fixture
def box(edgewright, tmp_path):
    """Runs a story where the program and what belongs to it are installed; returns what it said."""
    tree = tmp_path / "tree"
    subprocess.run([rig.TOP / "contrib/install"], check=True,
                   env={"PATH": "/usr/bin:/bin", "DESTDIR": tree, "PREFIX": "/usr/local", "PROGRAM": edgewright.binary})
    parcel = io.BytesIO()
    with tarfile.open(fileobj=parcel, mode="w") as tar:
        tar.add(tree, ".")

    def run(story, config, **environment):
        variables = [f"{name}={value}" for name, value in {"CONFIG": config, **environment}.items()]
        done = subprocess.run([BOX, "env", *variables, "bash", "-c", PROLOGUE + story], input=parcel.getvalue(),
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
        said = done.stdout.decode()
        assert done.returncode == 0, said
        return said

    return run


def test_the_unit(box, consul):
    consul.kv_put("a", "1")
    said = box(STORY, f"consul:\n  address: {consul.address}\n"
               "template:\n  contents: '{{key \"a\"}} first'\n  destination: /etc/haproxy/out.cfg\n"
               "  command: echo ran as $(id -un), notify socket ${NOTIFY_SOCKET:-none}\n")
    assert "file: 1 first, edgewright 644" in said, said
    assert "folders: edgewright 700 edgewright 755 status: 644" in said, said
    assert "file: 1 second" in said and "a broken configuration was taken" not in said, said
    assert "restarts: 1, active" in said, said
    assert "ran as edgewright, notify socket none" in said, said
    assert "read again, by field: 1" in said, said
    assert "inactive, success, exit 0" in said, said


def test_a_loop_that_stands_still_is_restarted(box, consul):
    said = box(WATCHDOG, "template:\n  contents: x\n  destination: /etc/haproxy/out.cfg\n")
    assert "restarts: 1, active, 1" in said, said


def test_haproxy_follows(box, consul):
    """Debian's haproxy.service, ordered after us, with a key that only root may read."""
    consul.register("web", 8001)
    said = box(HAPROXY, f"""
consul:
  address: {consul.address}
template:
  contents: |
    global
      stats socket /run/haproxy/admin.sock mode 660 level admin
      user haproxy
      group haproxy
    defaults
      mode http
      timeout connect 5s
      timeout client 5s
      timeout server 5s
    listen web
      bind 127.0.0.1:{rig.free_port()} ssl crt /etc/haproxy/certs/site.pem
    {{{{range service "web"}}}}
      server s{{{{.Port}}}} {{{{.Address}}}}:{{{{.Port}}}}{{{{end}}}}
  destination: /etc/haproxy/haproxy.cfg
  command: systemctl reload haproxy
""", CONSUL_URL=f"http://{consul.address}")
    assert "servers: 1" in said and "edgewright: edgewright, haproxy: active" in said, said
    assert "runs: 8001\nruns: 8002\n" in said, said
    assert said.endswith("active active "), said


@pytest.fixture
def guarded(tmp_path):
    agent = consuls.Guarded(tmp_path / "consul")
    yield agent.start()
    agent.stop()


def test_haproxy_follows_without_a_reload(box, guarded):
    guarded.register("web", 8001)
    said = box(HITLESS, f"""
log_level: debug
consul:
  address: {guarded.address}
  token_file: /run/credentials/edgewright.service/edgewright_token
template:
  contents: |
    global
      stats socket /run/haproxy/admin.sock mode 660 level admin
      user haproxy
      group haproxy
    defaults
      mode http
      timeout connect 5s
      timeout client 5s
      timeout server 5s
    listen web
      bind 127.0.0.1:{rig.free_port()} ssl crt /etc/haproxy/certs/site.pem
      balance {{{{keyOrDefault "balance" "roundrobin"}}}}
    {{{{range service "web"}}}}
      server s{{{{.Port}}}} {{{{.Address}}}}:{{{{.Port}}}}{{{{end}}}}
  destination: /etc/haproxy/haproxy.cfg
  group: edge
  haproxy:
    socket: /run/haproxy/admin.sock
    reload_unit: haproxy.service
""", CONSUL_URL=f"http://{guarded.address}", TOKEN=guarded.token)
    assert "== scale\nthe same worker\n== killed\none reload at most\n== structure\na new worker\nbalance leastconn\n" in said, said
    assert re.search("'edge': delivered: web: .*8002.*; HAProxy was updated without a reload", said), said
    assert re.search("'edge': delivered: .*balance.*; HAProxy was reloaded", said), said
    assert "reloads by systemd: 1\nnothing is missing\n" in said, said
    missing = said.split("== without rights\n")[1]
    assert "user edgewright may not replace files in '/etc/haproxy'; fix: setfacl -m u:edgewright:rwx /etc/haproxy\n" in missing
    assert ("user edgewright may not use HAProxy's socket '/run/haproxy/admin.sock'; fix: usermod -aG \"$(stat -c %G "
            "/run/haproxy/admin.sock)\" edgewright, and start edgewright again\n") in missing, said
    assert "user edgewright may not reload 'haproxy.service'; fix, in /etc/polkit-1/rules.d/" in missing, said
    key = "/etc/haproxy/certs/site.pem"
    assert f"user edgewright may not read '{key}'; fix: setfacl -m u:edgewright:r {key}\n" in missing, said
    assert missing.endswith("nothing is missing any more\n"), said


def test_without_consul(box):
    said = box(LONELY, f"consul:\n  address: 127.0.0.1:{rig.free_port()}\nready_timeout: 300ms\n"
               "template:\n  contents: '{{key \"a\"}}'\n  destination: /srv/out.cfg\n")
    assert "active: 0 of 1 templates up to date" in said and "waiting for kv.get(a)" in said, said
    assert ("user edgewright may not replace files in '/srv'; fix: setfacl -m u:edgewright:rwx /srv\n"
            "preflight '/srv/out.cfg': '/srv' is read-only for us; fix: ReadWritePaths=/srv below [Service]") in said, said


def test_the_unit_is_well_made(edgewright, tmp_path):
    for unit in ("edgewright.service", "edgewright@.service"):
        text = (rig.TOP / "contrib/systemd" / unit).read_text().replace("/usr/local/bin/edgewright", str(edgewright.binary))
        path = tmp_path / unit
        path.write_text("".join(line for line in text.splitlines(True) if not line.startswith("Documentation")))
        done = subprocess.run(["systemd-analyze", "verify", path], capture_output=True, text=True)
        assert done.returncode == 0 and not done.stderr, done.stderr
        done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--threshold=15", path],
                              capture_output=True, text=True)
        assert done.returncode == 0, done.stdout
