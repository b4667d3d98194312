"""Signals, systemd's notifications, the pid file."""
import json
import re
import signal

import pytest
import rig


@pytest.fixture
def entry(edgewright, consul):
    consul.kv_put("a", "1")
    return edgewright.template('{{key "a"}}')


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stops_gracefully(edgewright, entry, notify_socket, number):
    daemon = edgewright.start("-config", edgewright.config(entry), env={"NOTIFY_SOCKET": notify_socket.path})
    notify_socket.wait_for("READY=1")
    assert daemon.stop(number) == 0
    notify_socket.wait_for("STOPPING=1")


def test_ready_when_all_files_are_installed(edgewright, consul, entry, notify_socket):
    late = edgewright.template('{{key "late"}}', "late")
    edgewright.start("-config", edgewright.config(entry, late), env={"NOTIFY_SOCKET": notify_socket.path})
    rig.wait_for_file(entry["destination"], "1")
    assert "READY=1" not in notify_socket.lines()
    consul.kv_put("late", "there")
    notify_socket.wait_for("READY=1")
    assert rig.read(late["destination"]) == "there"
    notify_socket.wait_for("STATUS=.+")


def test_ready_in_the_end_even_when_something_is_missing(edgewright, entry, notify_socket):
    """A boot never hangs on Consul: after ready_timeout it is ready, and says what it lacks."""
    late = edgewright.template('{{key "some/late/key"}}', "late")
    config = edgewright.config(entry, late, ready_timeout="1s")
    edgewright.start("-config", config, env={"NOTIFY_SOCKET": notify_socket.path})
    notify_socket.wait_for("READY=1")
    notify_socket.wait_for("STATUS=.*some/late/key.*")


def test_hup_takes_up_a_new_configuration(edgewright, consul, entry, notify_socket):
    config = edgewright.config(entry)
    daemon = edgewright.start("-config", config, env={"NOTIFY_SOCKET": notify_socket.path})
    rig.wait_for_file(entry["destination"], "1")
    notify_socket.wait_for("READY=1")
    since = len(notify_socket.lines())
    edgewright.write("out.ctmpl", '{{key "a"}} and more')
    other = edgewright.template('other {{key "a"}}', "other")
    edgewright.config(entry, other)
    daemon.send(signal.SIGHUP)
    rig.wait_for_file(entry["destination"], "1 and more")
    rig.wait_for_file(other["destination"], "other 1")
    notify_socket.wait_for("RELOADING=1", since=since)
    notify_socket.wait_for(r"MONOTONIC_USEC=\d+", since=since)
    notify_socket.wait_for("READY=1", since=since)
    consul.kv_put("a", "2")
    rig.wait_for_file(entry["destination"], "2 and more")
    rig.wait_for_file(other["destination"], "other 2")


@pytest.mark.parametrize("what", ["configuration", "template", "source missing"])
def test_hup_is_all_or_nothing(edgewright, consul, entry, what):
    good = edgewright.template('good {{key "a"}}', "good")
    config = edgewright.config(entry, good)
    daemon = edgewright.start("-config", config)
    rig.wait_for_file(entry["destination"], "1")
    rig.wait_for_file(good["destination"], "good 1")
    mark = daemon.mark()

    edgewright.write("good.ctmpl", 'better {{key "a"}}')
    if what == "configuration":
        config.write_text(json.dumps({"template": [], "tempalte": []}))
        wanted = r"edgewright\.yaml:1:\d+: .*tempalte"
    elif what == "template":
        edgewright.write("out.ctmpl", "\n{{end}}")
        wanted = r"out\.ctmpl:2:\d+: "
    else:
        entry["source"].unlink()
        wanted = r"out\.ctmpl.*No such file"
    daemon.send(signal.SIGHUP)
    daemon.wait_for_log(wanted, since=mark)
    consul.kv_put("a", "2")
    rig.wait_for_file(entry["destination"], "2")
    rig.wait_for_file(good["destination"], "good 2")        # the old set goes on, whole

    edgewright.write("out.ctmpl", 'new {{key "a"}}')
    edgewright.config(entry, good)
    daemon.send(signal.SIGHUP)
    rig.wait_for_file(entry["destination"], "new 2")
    rig.wait_for_file(good["destination"], "better 2")


def test_hup_says_what_waits_for_the_next_start(edgewright, entry):
    daemon = edgewright.start("-config", edgewright.config(entry))
    rig.wait_for_file(entry["destination"], "1")
    edgewright.config(entry, state_dir=str(edgewright.folder / "state"))
    daemon.send(signal.SIGHUP)
    daemon.wait_for_log(r"'state_dir' has changed: that takes effect at the next start")


def test_a_refused_configuration_is_said_once(edgewright, entry):
    config = edgewright.config(entry)
    daemon = edgewright.start("-config", config)
    rig.wait_for_file(entry["destination"], "1")
    since = daemon.mark()
    config.write_text("template: [}\n")
    daemon.send(signal.SIGHUP)
    daemon.wait_for_log(r"\^", since=since)
    assert daemon.text(since).count("expected a value") == 1


def test_hup_takes_up_other_signals(edgewright, entry):
    config = edgewright.config(entry)
    daemon = edgewright.start("-config", config)
    rig.wait_for_file(entry["destination"], "1")
    edgewright.config(entry, reload_signal="SIGUSR2", kill_signal="SIGQUIT")
    daemon.send(signal.SIGHUP)
    daemon.wait_for_log("configuration read again")
    since = daemon.mark()
    daemon.send(signal.SIGHUP)          # means nothing any more
    daemon.send(signal.SIGUSR2)
    daemon.wait_for_log("configuration read again", since=since)
    assert daemon.stop(signal.SIGQUIT) == 0


def test_usr1_reads_the_configuration_again_when_it_is_the_reload_signal(edgewright, entry):
    daemon = edgewright.start("-config", edgewright.config(entry, reload_signal="SIGUSR1"))
    rig.wait_for_file(entry["destination"], "1")
    daemon.send(signal.SIGUSR1)
    daemon.wait_for_log("configuration read again")


def test_pid_file(edgewright, entry):
    path = edgewright.folder / "edgewright.pid"
    daemon = edgewright.start("-config", edgewright.config(entry), "-pid-file", path)
    rig.wait_for_file(path, f"{daemon.pid}\n")
    assert daemon.stop() == 0
    assert not path.exists()


def test_usr1_logs_the_status(edgewright, entry):
    daemon = edgewright.start("-config", edgewright.config(entry))
    rig.wait_for_file(entry["destination"], "1")
    mark = daemon.mark()
    daemon.send(signal.SIGUSR1)
    daemon.wait_for_log(".", since=mark)
    assert daemon.is_running()


def test_log_level(edgewright, entry):
    config = edgewright.config(entry)
    quiet = edgewright.run("-once", "-config", config, "-log-level", "err")
    assert quiet.status == 0 and quiet.err == "", quiet
    entry["destination"].unlink()
    loud = edgewright.run("-once", "-config", config, "-log-level", "trace")
    assert loud.status == 0 and re.search(r"\ba\b", loud.err), loud
