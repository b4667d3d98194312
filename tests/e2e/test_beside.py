"""What runs beside a daemon takes nothing away that tells of it."""
import json
import signal

import pytest
import rig


@pytest.fixture
def beside(edgewright, consul):
    """A daemon that has a pid file, metrics and a folder at run time, which it makes; and a look at all three."""
    consul.kv_put("a", "1")
    place = edgewright.folder
    config = edgewright.config(edgewright.template('{{key "a"}}'), pid_file=str(place / "pid"),
                               runtime_dir=str(place / "made/run"), metrics_file=str(place / "metrics"))
    daemon = edgewright.start("-config", config)
    rig.wait_until(lambda: rig.read(place / "metrics"), "it tells of itself")
    assert (place / "made/run").stat().st_mode & 0o777 == 0o755

    def check():
        assert rig.read(place / "pid") == f"{daemon.pid}\n"
        assert json.loads(rig.read(place / "made/run/status.json"))["pid"] == daemon.pid
        assert (place / "made/run/control").is_socket() and (place / "metrics").exists()
        assert edgewright.run("status", "-config", config, consul=False).status in (0, 1)

    check()
    return config, check


@pytest.mark.parametrize("args", [["-once"], ["-once", "-dry"], ["record", "answers"]], ids=" ".join)
def test_runs_that_end(edgewright, beside, args):
    config, check = beside
    assert edgewright.run(*args, "-config", config).status == 0
    check()


def test_a_dry_one_that_goes_on(edgewright, beside):
    config, check = beside
    said = edgewright.folder / "said"
    with said.open("w") as stdout:
        dry = edgewright.start("-dry", "-config", config, stdout=stdout)
    rig.wait_for_file(said, lambda text: "1" in text)
    mark = dry.mark()
    dry.send(signal.SIGHUP)
    dry.wait_for_log("configuration read again", since=mark)
    check()
    assert dry.stop() == 0
    check()


def test_another_daemon_with_the_same_folder(edgewright, beside):
    config, check = beside
    place = edgewright.folder
    other = edgewright.start("-config", edgewright.config(
        edgewright.template('{{key "a"}}', "other"), name="other.json", runtime_dir=str(place / "made/run"),
        metrics_file=str(place / "other.metrics")))
    other.wait_for_log("another process listens there; nobody can release, pause or resume here, and the status is that "
                       "process's")
    rig.wait_until((place / "other.metrics").exists, "it goes on without a status")
    check()
    assert other.stop() == 0
    check()


def test_the_signal_that_reloads_haproxy(edgewright, consul):
    """It was meant for somebody else."""
    consul.kv_put("a", "1")
    entry = edgewright.template('{{key "a"}}')
    daemon = edgewright.start("-config", edgewright.config(entry))
    rig.wait_for_file(entry["destination"], "1")
    daemon.send(signal.SIGUSR2)
    daemon.wait_for_log("SIGUSR2 means nothing here")
    assert daemon.is_running()
