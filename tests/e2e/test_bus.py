"""A unit's reload over D-Bus, with a real systemd."""
import io
import os
import subprocess
import tarfile

import rig

TOOL = os.environ.get("BUS_TOOL", str(rig.TOP / "build/tests/io/bus_tool"))
SCRIPT = r"""
unit() {
    printf '[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=true\nExecReload=%s\n' "$2" \
        >/etc/systemd/system/$1.service
}
unit good true
unit bad false
unit slow 'sleep 60'
unit idle true
cp "$TOOL" /root/bus_tool
systemctl daemon-reload
systemctl start good bad slow
for unit in good bad idle none; do /root/bus_tool $unit.service 20000; done
/root/bus_tool slow.service 200
DBUS_SYSTEM_BUS_ADDRESS=unix:path=/nowhere /root/bus_tool good.service 20000
exit 0
"""
RIGHT = r"""
printf '[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=true\nExecReload=touch /run/reloaded\n' \
    >/etc/systemd/system/good.service
cp "$TOOL" /run/bus_tool
cat >/etc/polkit-1/rules.d/50-test.rules <<'JS'
polkit.addRule(function (action, subject) {
    if (action.lookup("unit") == "good.service" && action.lookup("verb") == "reload" && subject.user == "daemon")
        return polkit.Result.YES;
});
JS
systemctl daemon-reload
systemctl start good
as() { setpriv --reuid "$1" --clear-groups /run/bus_tool right "$2.service"; }
as root good
as daemon good
as nobody good
as daemon dbus
as root none
DBUS_SYSTEM_BUS_ADDRESS=unix:path=/nowhere as root good
[ ! -e /run/reloaded ] || echo "it was reloaded"
systemctl list-jobs --no-legend
"""


def box(script):
    """The tool comes by standard input: the box has a /tmp of its own, and we may stand in the host's."""
    parcel = io.BytesIO()
    with tarfile.open(fileobj=parcel, mode="w") as tar:
        tar.add(TOOL, "bus_tool")
    begin = "TOOL=/root/in/bus_tool; mkdir /root/in; tar -x -C /root/in\n"
    done = subprocess.run([rig.TOP / "tests/systemd-box", "bash", "-c", begin + script], input=parcel.getvalue(),
                          capture_output=True, timeout=60)
    return subprocess.CompletedProcess(done.args[0], done.returncode, done.stdout.decode(), done.stderr.decode())


def test_reload_of_a_unit():
    done = box(SCRIPT)
    said = done.stdout.split("\n")
    assert said == [
        "done",
        "reload of 'bad.service' over D-Bus: its job ended as 'failed'",
        "reload of 'idle.service' over D-Bus: it is not active",
        "reload of 'none.service' over D-Bus: Unit none.service not found.",
        "reload of 'slow.service' over D-Bus: systemd did not finish it in time",
        "reload of 'good.service' over D-Bus: No such file or directory",
        "",
    ], done


def test_the_right_to_reload():
    """Asked for without reloading anything."""
    done = box(RIGHT)
    assert done.stdout.split("\n") == ["yes", "yes", "no", "no", "yes", "unknown", ""], done
