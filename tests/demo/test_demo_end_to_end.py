"""The demo as a user runs it: once with its report, then served from where it stood; on SQLite and on Kafka."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import pytest

from services.desk import scenario
from services.desk.cli import main
from services.desk.exits import OK, UNVERIFIED, USAGE
from services.desk.player import NOT_ALLOWED
from tests.demo.test_scenarios_on_the_core import KNOWN_FOR, PROMISED

ROOT = Path(__file__).parents[2]
LIMIT_S = 600  # a machine that does other things as well
pytestmark = [pytest.mark.slow, pytest.mark.timeout(2 * LIMIT_S)]


def sevengates(*argv: str) -> list[str]:
    return [sys.executable, "-m", "services.desk.cli", *argv]


def demo_once(*argv: str) -> dict:
    done = subprocess.run(
        sevengates("demo", "--once", "--json", *argv),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.count("\n") == 1
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("demo") / "data"


@pytest.fixture(scope="module")
def report(data) -> dict:
    return demo_once("--data", str(data))


def check_report(told: dict) -> None:
    assert set(told["refusal_codes"]) >= PROMISED
    assert told["pdf_valid"] is True and told["log_valid"] is True
    assert told["accepted"] > 80 and told["refused"] >= 16 and told["malformed"] >= 1
    assert sum(told["deciders"].values()) == told["outcomes"]
    check_scenarios(told)
    check_signals(told["scenarios"]["watched"])
    for pdf in told["pdfs"]:
        assert hashlib.sha256(Path(pdf["path"]).read_bytes()).hexdigest() == pdf["sha256"]


def check_scenarios(told: dict) -> None:
    """Every file ran, on a site of its own, and met exactly the refusals that its steps say."""
    scripts = {name: scenario.read(name) for name in scenario.every()}
    assert set(scripts) == {"scenario", *KNOWN_FOR} == set(told["scenarios"])
    assert {row["site"] for row in told["scenarios"].values()} == set(told["sites"])
    for name, script in scripts.items():
        row = told["scenarios"][name]
        expected = Counter(code for step in script.steps for code in set(step.refused))
        assert row["refusal_codes"] == dict(expected), name
        assert row["refused"] == sum(bool(step.refused) for step in script.steps)
        assert set(row["closed"]) == (set(script.jobs) if name in KNOWN_FOR else {"pit"})
    assert len(told["sites"]) == len(scripts)


def check_signals(watched: dict) -> None:
    """Telemetry, watcher, command: each loss stopped the work, and raised its alarm."""
    assert watched["suspended_by_signals"] == ["bad_gas", "gas_unmonitored", "guardian_gone", "video_lost"]
    assert watched["alarms_of_signals"] == ["05", "06", "07", "31", "97", "98"]


def test_the_report_is_of_what_happened(report, data):
    check_report(report)
    tickets = sum(len(of_job) for name in scenario.every() for of_job in scenario.read(name).jobs.values())
    assert len(report["permit_nos"]) == len(set(report["permit_nos"])) == tickets
    kinds = Counter(pdf["kind"] for pdf in report["pdfs"])
    waiting = 1  # the main scenario leaves one ticket at a shut gate, never issued
    assert (kinds["permit"], kinds["closure"]) == (tickets - waiting, len(report["scenarios"]))
    assert report["log"] == f"sqlite://{data}/log.db"
    assert set(report["deciders"]) == {"decider-0"}


def test_a_data_directory_is_not_played_on_twice(report, data, capsys):
    assert main(["demo", "--once", "--data", str(data)]) == USAGE
    assert "needs an empty data directory" in capsys.readouterr().err


def test_the_log_replays_to_the_register(report, data, capsys):
    assert main(["replay", "--check", "--json", "--data", str(data)]) == OK
    told = json.loads(capsys.readouterr().out)
    assert told["valid"] and told["outcomes"] == report["outcomes"] and told["dropped"] == 0


def test_a_sealed_permit_verifies_and_an_altered_one_does_not(report, data, tmp_path, capsys):
    path = Path(report["pdfs"][0]["path"])
    assert main(["verify", str(path), "--data", str(data)]) == OK
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "altered.pdf").write_bytes(content)
    assert main(["verify", str(tmp_path / "altered.pdf"), "--data", str(data)]) == UNVERIFIED


def test_the_command_line_shows_jobs_tickets_and_trails(report, data, tmp_path, capsys):
    assert main(["job", "list", "--json", "--data", str(data)]) == OK
    listed = json.loads(capsys.readouterr().out)
    jobs = {job["state"]: job["job_no"] for job in listed if job["job_no"].startswith("HX-")}
    assert set(jobs) == {"closed", "assessed", "briefed"}
    assert main(["job", "show", jobs["assessed"], "--json", "--data", str(data)]) == OK
    assert [shut["code"] for shut in json.loads(capsys.readouterr().out)["shut_gates"]] == ["G-PL-2"]
    assert main(["job", "show", jobs["assessed"], "--lang", "zh-CN", "--data", str(data)]) == OK
    assert "特级动火方案" in capsys.readouterr().out
    number = report["permit_nos"][0]
    assert main(["permit", "trail", number, "--data", str(data)]) == OK
    trail = capsys.readouterr().out
    assert "too_late" in trail and "G-GAS-2" in trail and "Gao Yuan" in trail
    assert (
        main(["permit", "pdf", number, "--kind", "closure", "--out", str(tmp_path / "c.pdf"), "--data", str(data)])
        == OK
    )
    assert (tmp_path / "c.pdf").read_bytes().startswith(b"%PDF-")


def test_a_backup_is_verified_and_is_a_log_of_its_own(report, data, tmp_path, capsys):
    copy = tmp_path / "copy"
    assert main(["backup", str(copy), "--json", "--data", str(data)]) == OK
    assert json.loads(capsys.readouterr().out)["outcomes"] == report["outcomes"]
    assert main(["replay", "--check", "--data", str(copy)]) == OK
    assert main(["backup", str(copy), "--data", str(data)]) == USAGE


@contextmanager
def served(data: Path):
    """A served demo and the line it prints; Ctrl-C ends it, in order."""
    server = subprocess.Popen(
        sevengates("demo", "--json", "--data", str(data)), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        line = server.stdout.readline()
        assert line, server.stderr.read().decode()[-2000:]
        yield json.loads(line)
    finally:
        server.send_signal(signal.SIGINT)
        _, words = server.communicate(timeout=LIMIT_S)
    assert server.returncode == 0, words.decode()[-2000:]


def asked(url: str, token: str = "", body: dict | None = None) -> dict:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=30) as answer:
        return json.load(answer)


def check_simulate(told: dict, number: str) -> None:
    """Devices play against the served site, as anybody may let them."""
    argv = ["simulate", "--json", "--site", "hexi", "--url", told["url"], "--ticket", f"hot={number}"]
    done = subprocess.run(
        sevengates(*argv, "--scene", "all well", "--scene", "the recorder stops", "--seconds", "3"),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
        env=os.environ | {"SEVENGATES_PASSWORD": told["accounts"][0]["password"]},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout)["items"] >= 4


def test_the_served_demo_goes_on_where_it_stood_and_stops_cleanly(report, data):
    with served(data) as told:
        assert told["url"].startswith("http://localhost:")
        assert [account["role"] for account in told["accounts"]] == ["site supervisor", "worker", "HSE"]
        supervisor = told["accounts"][0]
        signed_in = asked(
            f"{told['url']}/api/sign-in", body={"user": supervisor["user"], "password": supervisor["password"]}
        )
        board = asked(f"{told['url']}/api/sites/hexi/board", signed_in["token"])
        assert board["site"]["simulated"] is True
        assert board["site"]["site_seq"] >= report["scenarios"]["scenario"]["accepted"]
        assert {permit["state"] for permit in board["permits"]} == {"active", "open"}
        check_simulate(told, next(p["permit_no"] for p in board["permits"] if p["state"] == "active"))
        with pytest.raises(urllib.error.HTTPError) as refused:
            asked(f"{told['url']}/api/one-time-codes", signed_in["token"], {"user": "admin"})
        assert refused.value.code == NOT_ALLOWED


@pytest.mark.kafka
def test_on_kafka_two_deciders_share_the_scenarios_each_in_a_partition_of_its_own(tmp_path):
    address = os.environ.get("SEVENGATES_KAFKA")
    if not address:
        pytest.skip("SEVENGATES_KAFKA is not set: no broker, NOTHING about Kafka is tested (make kafka prints it)")
    url = address if address.startswith("kafka://") else f"kafka://{address}"
    told = demo_once("--data", str(tmp_path / "data"), "--log", url)
    check_report(told)
    assert len(set(told["sites"].values())) == len(told["sites"]) >= 8
    assert set(told["deciders"]) == {"decider-0", "decider-1"}
