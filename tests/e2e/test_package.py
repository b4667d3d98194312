"""The Debian package: built, installed, started, upgraded, removed and purged; under a systemd, and in a bare Debian."""
import io
import subprocess
import tarfile

import pytest
import rig

BOX = rig.TOP / "tests/systemd-box"

STORY = r"""
set -eu
mkdir /root/in && tar -x -C /root/in
rm -f /usr/sbin/policy-rc.d     # a machine may forbid its packages to start services
pid() { systemctl show -P MainPID edgewright; }
echo "== install"
dpkg -i /root/in/edgewright.deb >/root/log 2>&1 || { cat /root/log; exit 1; }
echo "enabled: $(systemctl is-enabled edgewright || true), active: $(systemctl is-active edgewright || true)"
echo "user: $(id -un edgewright), in haproxy: $(id -nG edgewright | grep -cw haproxy)"
edgewright --version
[ -s /etc/edgewright/edgewright.yaml ] && grep -v '^#' /etc/edgewright/edgewright.yaml || echo "the configuration is all comment"

echo "== start"
printf 'template:\n  contents: hello\n  destination: /etc/haproxy/hello\n' >/etc/edgewright/edgewright.yaml
systemctl enable --now edgewright 2>/dev/null
echo "$(systemctl is-active edgewright): $(cat /etc/haproxy/hello), of $(stat -c %U /etc/haproxy/hello)"

echo "== upgrade"
before=$(pid)
dpkg -i --force-confold /root/in/edgewright.deb >/root/log 2>&1 || { cat /root/log; exit 1; }
[ "$(pid)" != "$before" ] && echo "restarted, $(systemctl is-active edgewright), $(systemctl is-enabled edgewright)"
systemctl stop edgewright
dpkg -i --force-confold /root/in/edgewright.deb >/root/log 2>&1 || { cat /root/log; exit 1; }
echo "stopped stays $(systemctl is-active edgewright || true)"
systemctl start edgewright

echo "== remove"
dpkg -r edgewright >/root/log 2>&1 || { cat /root/log; exit 1; }
echo "daemons: $(pgrep -c edgewright || true), configuration: $(ls /etc/edgewright/edgewright.yaml)"
dpkg -P edgewright >/root/log 2>&1 || { cat /root/log; exit 1; }
ls -d /etc/edgewright /var/lib/edgewright /usr/share/edgewright /lib/systemd/system/edgewright* 2>/dev/null || echo "nothing left"
cat /etc/haproxy/hello
"""


@pytest.fixture(scope="module")
def package():
    done = subprocess.run(["make", "--no-print-directory", "deb"], cwd=rig.TOP, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return rig.TOP / done.stdout.split()[-1]


def test_the_life_of_a_package(package):
    parcel = io.BytesIO()
    with tarfile.open(fileobj=parcel, mode="w") as tar:
        tar.add(package, "edgewright.deb")
    done = subprocess.run([BOX, "bash", "-c", STORY], input=parcel.getvalue(), stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=180)
    said = done.stdout.decode()
    assert done.returncode == 0, said
    assert "enabled: disabled, active: inactive" in said, said
    assert "user: edgewright, in haproxy: 1" in said, said
    assert "the configuration is all comment" in said, said
    assert "active: hello, of edgewright" in said, said
    assert "restarted, active, enabled" in said, said
    assert "stopped stays inactive" in said, said
    assert "daemons: 0, configuration: /etc/edgewright/edgewright.yaml" in said, said
    assert "nothing left\nhello" in said, said


def test_in_a_bare_debian(package, tmp_path):
    """No systemd runs there and nothing else is installed: apt resolves what it depends on."""
    archives = subprocess.run(["apt-get", "indextargets", "--format", "$(RELEASE) $(COMPONENT) $(REPO_URI)",
                               "Created-By: Packages"], capture_output=True, text=True, check=True).stdout
    archive = next(line.split()[2] for line in archives.splitlines() if line.startswith("bookworm main "))
    tree = tmp_path / "bare"
    script = f"""
set -eu
debootstrap --variant=minbase bookworm '{tree}' '{archive}' >'{tmp_path}/log' 2>&1 || {{ tail -n 20 '{tmp_path}/log'; exit 1; }}
cp '{package}' '{tree}/root/edgewright.deb'
cp /etc/apt/apt.conf.d/*proxy* '{tree}/etc/apt/apt.conf.d/' 2>/dev/null || true
mount -t proc proc '{tree}/proc'
chroot '{tree}' sh -c 'export DEBIAN_FRONTEND=noninteractive
    apt-get -q -y install --no-install-recommends /root/edgewright.deb && edgewright --version &&
    printf "template:\\n  contents: hello\\n  destination: /root/out\\n" >/root/c.yaml &&
    edgewright --once --config /root/c.yaml && cat /root/out && apt-get -q -y purge edgewright &&
    ! ls -d /etc/edgewright /usr/share/edgewright' 2>&1
"""
    done = subprocess.run(["unshare", "--mount", "--pid", "--fork", "--kill-child", "bash", "-c", script],
                          capture_output=True, text=True, timeout=900)
    assert done.returncode == 0 and "\nhello" in done.stdout, done.stdout + done.stderr
