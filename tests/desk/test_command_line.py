"""Every foreseeable trouble is one clear line on stderr and the right exit code; data alone is on stdout."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from services.desk import doctor
from services.desk.cli import main
from services.desk.exits import NOT_FOUND, OK, UNVERIFIED, USAGE
from services.desk.parsers import parser
from tests.flow import walk

ROOT = Path(__file__).parents[2]
EXAMPLE = str(ROOT / "deploy" / "sites" / "example.toml")
SIMULATE = ("simulate", "--site", "hexi", "--ticket", "hot=HX-HW-1")
KAFKA = "kafka://127.0.0.1:1"


@pytest.fixture(autouse=True)
def nothing_in_the_environment(monkeypatch, tmp_path):
    for name in ("DATA", "LOG_URL", "PORT", "PASSWORD"):
        monkeypatch.delenv(f"SEVENGATES_{name}", raising=False)
    monkeypatch.chdir(tmp_path)


@contextmanager
def log_held_by_another_process(data: Path):
    """A process that writes the log of this data directory until it is told to end."""
    data.mkdir(exist_ok=True)
    code = "import asyncio, sys\nfrom services.log import open_log\n"
    code += "async def hold():\n log = open_log(sys.argv[1])\n await log.ensure_topics()\n print('held', flush=True)\n"
    code += " sys.stdin.read()\nasyncio.run(hold())\n"
    argv = [sys.executable, "-c", code, f"sqlite://{data / 'log.db'}"]
    with subprocess.Popen(argv, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"held\n"
        yield holder.pid
        holder.stdin.close()


@contextmanager
def port_in_use():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]


@pytest.mark.parametrize(
    "argv, code, said",
    [
        (["job", "list"], NOT_FOUND, "there is no register at"),
        (["job", "show", "HX-J-1"], NOT_FOUND, "nothing has run with this data directory yet"),
        (["permit", "pdf", "HX-HW-1"], NOT_FOUND, "there is no register at"),
        (["replay", "--check"], NOT_FOUND, "there is no log at"),
        (["verify", "none.pdf"], NOT_FOUND, "none.pdf: no such file"),
        (["init", "none.toml"], NOT_FOUND, "none.toml: no such file"),
        (["site", "load", "none.toml"], NOT_FOUND, "none.toml: no such file"),
        (["site", "load", EXAMPLE], NOT_FOUND, "there is no register at"),
        (["init", EXAMPLE, "--admin", "9999"], USAGE, "9999 is a person with the role admin"),
        (["up", "--log", KAFKA], USAGE, "`up` runs the embedded log"),
        (["demo", "--log", KAFKA], USAGE, "on Kafka use `demo --once`"),
        ([*SIMULATE, "--scene", "rain"], NOT_FOUND, "there is no scene 'rain'; there are: all well"),
        ([*SIMULATE, "--scene", "all well", "--ticket", "hot"], USAGE, "as NAME=NUMBER"),
        ([*SIMULATE, "--scene", "all well", "--script", "none.toml"], USAGE, "none.toml: "),
        (["worker", "decider"], USAGE, "the embedded log has one writing process"),
        (["gateway"], USAGE, "the embedded log has one writing process"),
        (["backup", "copy"], USAGE, "there is no log at"),
        (["backup", "copy", "--log", KAFKA], USAGE, "on Kafka the log is backed up by the cluster"),
        (["job", "list", "--log", "redis://x"], USAGE, "expected sqlite:///absolute/path.db or kafka://host:port"),
        (["up", "--port", "70000"], USAGE, "port 70000: expected 0 to 65535"),
    ],
)
def test_a_foreseeable_trouble_is_one_line(argv, code, said, capsys):
    assert main(argv) == code
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("sevengates: ") and shown.err.count("\n") == 1
    assert said in shown.err


@pytest.mark.parametrize("argv", [[], ["fly"], ["job"], ["job", "paint"], ["replay"], ["worker", "cook"]])
def test_wrong_usage_is_2(argv, capsys):
    with pytest.raises(SystemExit) as ended:
        main(argv)
    assert ended.value.code == USAGE
    assert capsys.readouterr().out == ""


def test_a_locked_log_names_who_holds_it(tmp_path, capsys):
    with log_held_by_another_process(tmp_path / "data") as pid:
        assert main(["up", "--data", str(tmp_path / "data"), "--port", "0"]) == USAGE
        assert capsys.readouterr().err == f"sevengates: {tmp_path}/data/log.db is in use by process {pid}\n"


def test_a_port_in_use_is_said_before_anything_starts(tmp_path, capsys):
    with port_in_use() as port:
        assert main(["up", "--data", str(tmp_path / "data"), "--port", str(port)]) == USAGE
    assert capsys.readouterr().err == (
        f"sevengates: port {port} on 127.0.0.1 cannot be used: Address already in use; choose --port\n"
    )


def test_what_is_no_sealed_pdf_does_not_verify(tmp_path, capsys):
    (tmp_path / "letter.pdf").write_bytes(b"%PDF-1.7 a letter")
    assert main(["verify", "letter.pdf", "--json"]) == UNVERIFIED
    assert json.loads(capsys.readouterr().out)["ok"] is False


def test_a_config_with_a_wrong_key_is_named(tmp_path, capsys):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "config.toml").write_text("colour = 'red'\n")
    assert main(["job", "list"]) == USAGE
    assert "config.toml: unknown key colour" in capsys.readouterr().err


def test_rules_list_prints_every_gate_with_its_source(capsys):
    assert main(["rules", "list", "--json"]) == OK
    told = json.loads(capsys.readouterr().out)
    assert {"G-RA-1@1", "G-GAS-2@1", "G-CL-2b@1"} <= {gate["gate"] for gate in told["gates"]}
    assert all(gate["source"] for gate in told["gates"])
    assert all(number["clause"] for number in told["numbers"])


def test_topics_are_made_and_checked(tmp_path, capsys):
    (tmp_path / "data").mkdir()
    assert main(["topics", "ensure", "--json"]) == OK
    assert json.loads(capsys.readouterr().out)["problems"] == []
    assert main(["topics", "check"]) == OK
    assert "durable: every append is fsynced" in capsys.readouterr().out


def test_doctor_says_what_is_there_and_what_is_not(tmp_path, capsys):
    assert main(["doctor", "--json", "--port", "1"]) == OK
    found = {finding["what"]: finding["state"] for finding in json.loads(capsys.readouterr().out)}
    assert found["python"] == "ok"
    assert [found[what] for what in ("log", "register", "signatures", "gateway")] == ["look"] * 4


def test_doctor_says_what_a_site_wants_signed_by_more_than_a_password():
    w = walk.site()
    assert doctor._asked(w.board) == "site-a: attested is enough for every act"
    w.board = replace(w.board, policies={"means_issue": "1", "means_accept": "2"})
    assert doctor._asked(w.board) == "site-a: issue device_key, accept passkey"


def test_every_command_takes_json_and_a_data_directory():
    commands = _leaves(parser())
    assert len(commands) >= 18
    for path, command in commands:
        options = {option for action in command._actions for option in action.option_strings}
        assert {"--json", "--data", "--log"} <= options, path


def _leaves(command, path=()):
    subs = [action for action in command._actions if hasattr(action, "choices") and isinstance(action.choices, dict)]
    if not subs:
        return [(path, command)]
    return [leaf for action in subs for name, sub in action.choices.items() for leaf in _leaves(sub, (*path, name))]


def test_a_mistyped_option_answers_without_importing_the_engine():
    code = "import sys\nfrom services.desk import cli\nassert not {'faust', 'sqlalchemy', 'pyhanko'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_make_help_lists_the_targets():
    shown = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    listed = {line.split()[1] for line in shown.splitlines()}
    wanted = "help setup demo test check kafka kafka-stop chaos bench mutants screenshots tour lint types lock"
    assert listed == set(wanted.split())


@pytest.mark.parametrize("version, accepted", [("3.10", False), ("3.11", True), ("3.13", True), ("3.14", False)])
def test_make_refuses_a_python_that_is_not_tested(tmp_path, version, accepted):
    """A stand-in for python3 that says which version it is, and does nothing."""
    python = tmp_path / "python3"
    major, minor = version.split(".")
    check = f'exec {sys.executable} -c "import sys; sys.version_info = ({major}, {minor}, 0); exec(sys.argv[1])" "$2"'
    python.write_text(f'#!/bin/sh\n[ "$1" = -c ] && {check}\nexit 7\n')
    python.chmod(0o755)
    made = subprocess.run(
        ["make", "-C", str(ROOT), "setup", f"PYTHON={python}", f"VENV={tmp_path}/venv"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode != 0
    refused = "Sevengates needs Python 3.11, 3.12 or 3.13" in made.stderr
    assert refused is not accepted
