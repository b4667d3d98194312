"""The alert rules and the dashboard that are shipped, judged by Prometheus' own tool: each rule fires when it should."""
import json
import re
import subprocess

import pytest
import rig

RULES = rig.TOP / "contrib/prometheus/edgewright.rules.yaml"
DASHBOARD = rig.TOP / "contrib/grafana/edgewright.json"

# alert, minute at which to look, the samples that make it fire, the samples that do not
CASES = [
    ("EdgewrightStandsStill", 5, {"status_timestamp_seconds": "0x10"}, {"status_timestamp_seconds": "0+60x10"}),
    ("EdgewrightNotReady", 6, {"ready": "0x10"}, {"ready": "0x3 1x10"}),
    ("EdgewrightDegraded", 20, {"degraded": "1x30"}, {"degraded": "1x10 0x20"}),
    ("EdgewrightRestarts", 60, {"start_time_seconds": "0 1 2 3 4x60"}, {"start_time_seconds": "0 1x60"}),
    ("EdgewrightVersionsDiffer", 1500, {'info{job="e",instance="a",version="1"}': "1x1600",
                                        'info{job="e",instance="b",version="2"}': "1x1600"},
     {'info{job="e",instance="a",version="1"}': "1x1600", 'info{job="e",instance="b",version="1"}': "1x1600"}),
    ("EdgewrightConfigurationsDiffer", 70, {'config_info{job="e",instance="a",hash="1"}': "1x100",
                                            'config_info{job="e",instance="b",hash="2"}': "1x100"},
     {'config_info{job="e",instance="a",hash="1"}': "1x100", 'config_info{job="e",instance="b",hash="1"}': "1x100"}),
    ("EdgewrightConfigurationRefused", 6, {"config_refused": "1x10"}, {"config_refused": "0x10"}),
    ("EdgewrightPaused", 70, {"paused": "1x100"}, {"paused": "1x30 0x70"}),
    ("EdgewrightTemplateBlocked", 10, {"template_blocked_seconds": "0+60x20"}, {"template_blocked_seconds": "60x20"}),
    ("EdgewrightNoSuccess", 90, {"last_success_timestamp_seconds": "0x100", "reload_owed_seconds": "0+60x100"},
     {"last_success_timestamp_seconds": "0x100", "reload_owed_seconds": "0x100"}),
    ("EdgewrightDeliversTooOften", 30, {"deliveries_total": "0+60x40"}, {"deliveries_total": "0+10x40"}),
    ("EdgewrightReloadOwed", 5, {"reload_owed_seconds": "0+60x10"}, {"reload_owed_seconds": "60x10"}),
    ("EdgewrightCheckCouldNotRun", 6, {"check_could_not_run": "1x10"}, {"check_could_not_run": "1x3 0x10"}),
    ("EdgewrightCheckRefuses", 6, {"check_refused": "1x10"}, {"check_refused": "0x10"}),
    ("EdgewrightReloadsFail", 15, {"reloads_failed_total": "0+1x20"}, {"reloads_failed_total": "5x20"}),
    ("EdgewrightManyReloads", 40, {"reloads_succeeded_total": "0+10x50"}, {"reloads_succeeded_total": "0+1x50"}),
    ("EdgewrightSlowReloads", 40,
     {"reload_seconds_total": "0+20x50", "reloads_succeeded_total": "0+1x50", "reloads_failed_total": "0x50"},
     {"reload_seconds_total": "0+2x50", "reloads_succeeded_total": "0+1x50", "reloads_failed_total": "0x50"}),
    ("EdgewrightHolds", 40, {"held_instances": "5x50"}, {"held_instances": "5x20 0x30"}),
    ("EdgewrightQuarantine", 6, {"quarantined": "1x10"}, {"quarantined": "0x10"}),
    ("EdgewrightStale", 6, {"snapshot_stale": "1x10"}, {"snapshot_stale": "0x10"}),
    ("EdgewrightWatchesFail", 6, {'watches{state="denied"}': "1x10"}, {'watches{state="armed"}': "9x10"}),
    ("EdgewrightOldData", 15, {"watch_age_seconds": "0+60x20"}, {"watch_age_seconds": "60x20"}),
    ("EdgewrightWatchErrors", 30, {'watch_errors_total{kind="x"}': "0+120x40"}, {'watch_errors_total{kind="x"}': "0+2x40"}),
    ("EdgewrightReadsTooMuch", 40, {"consul_bytes_total": "0+100000000x50"}, {"consul_bytes_total": "0+1000000x50"}),
    ("EdgewrightManySteps", 40, {"runtime_steps_total": "0+2000x50"}, {"runtime_steps_total": "0+60x50"}),
    ("EdgewrightNoUpdates", 60, {"runtime_fallbacks_total": "0+1x70", "runtime_updates_total": "0x70"},
     {"runtime_fallbacks_total": "0+1x70", "runtime_updates_total": "0+1x70"}),
    ("EdgewrightSlowHaproxy", 40, {"haproxy_reload_seconds_total": "0+20x50", "runtime_fallbacks_total": "0+1x50"},
     {"haproxy_reload_seconds_total": "0+1x50", "runtime_fallbacks_total": "0+1x50"}),
    ("EdgewrightHaproxyFails", 15, {"haproxy_failures_total": "0+1x20"}, {"haproxy_failures_total": "5x20"}),
    ("EdgewrightTombstones", 70, {"tombstones": "60x80"}, {"tombstones": "60x30 0x50"}),
    ("EdgewrightOverrides", 1500, {"overrides": "1x1600"}, {"overrides": "1x1000 0x600"}),
    ("EdgewrightOldWorkers", 20, {"old_workers": "6x30"}, {"old_workers": "2x30"}),
]


@pytest.fixture(scope="module")
def promtool():
    root = subprocess.run([rig.TOP / "tests/get-debian", "bookworm", "prometheus"], stdout=subprocess.PIPE, text=True)
    assert root.returncode == 0, "there is no Prometheus to be had"
    return f"{root.stdout.strip()}/usr/bin/promtool"


def metric_names(edgewright):
    run_dir = edgewright.folder / "run"
    run_dir.mkdir()
    (run_dir / "status.json").write_text(json.dumps({"pid": 1, "time": 1}))
    text = edgewright.run("status", "-prometheus", "-runtime-dir", run_dir, consul=False).out
    return text, re.findall(r"^# HELP (\S+)", text, re.M)


def test_rules_are_valid(promtool):
    done = subprocess.run([promtool, "check", "rules", RULES], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_metrics_are_as_prometheus_wants_them(edgewright, promtool):
    text, _ = metric_names(edgewright)
    done = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, text=True)
    assert done.returncode == 0 and not done.stdout, done.stdout + done.stderr


def test_every_metric_has_a_rule_and_every_rule_a_case(edgewright):
    _, names = metric_names(edgewright)
    used = set(re.findall(r"edgewright_[a-z_]+", "".join(re.findall(r"expr: (.*)", RULES.read_text()))))
    assert used == set(names)
    assert re.findall(r"alert: (\S+)", RULES.read_text()) == [case[0] for case in CASES]


def test_every_metric_is_on_the_dashboard(edgewright):
    _, names = metric_names(edgewright)
    dashboard = json.loads(DASHBOARD.read_text())
    shown = set(re.findall(r"edgewright_[a-z_]+", json.dumps(dashboard["panels"])))
    assert shown == set(names)


def test_rules_fire_and_rest(promtool, tmp_path):
    tests = []
    for alert, minute, bad, good in CASES:
        for samples, fires in ((bad, True), (good, False)):
            tests.append({
                "name": f"{alert} {'fires' if fires else 'rests'}", "interval": "1m",
                "input_series": [{"series": f"edgewright_{name}", "values": values} for name, values in samples.items()],
                # The labels of an alert differ by rule: it is looked for in the series that Prometheus keeps of alerts.
                "promql_expr_test": [{"expr": f'count(ALERTS{{alertname="{alert}",alertstate="firing"}})', "eval_time": f"{minute}m",
                                      "exp_samples": [{"labels": "{}", "value": 1}] if fires else []}],
            })
    path = tmp_path / "tests.yaml"
    path.write_text(json.dumps({"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": tests}))
    done = subprocess.run([promtool, "test", "rules", path], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
