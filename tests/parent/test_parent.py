"""The parent of `sevengates up`: however the child ends, hangs or refuses to stop, one line and the right thing."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from services.parent import EXIT_BROKEN, EXIT_OK, EXIT_USAGE_OR_LOCKED, Limits, supervise

CHILD = Path(__file__).with_name("child.py")
ROOT = CHILD.parents[2]
QUICK = Limits(startup=20, silence=1, grace=5, first_delay=0.01, last_delay=0.05, hopeless=3)
#: Longer than any test may take; reached only when something is broken.
PATIENCE = 30.0


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, list[str], list[int]]]:
    """Supervise a child that does these words: exit code, what was said, the process ids noted."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))

    def supervised(
        *words: str, limits: Limits = QUICK, stop_after: int | None = None, times: int = 1
    ) -> tuple[int, list[str], list[int]]:
        notes, said = tmp_path / "notes", []
        notes.touch()
        if stop_after is not None:
            threading.Thread(target=_stop_when_started, args=(notes, stop_after, times), daemon=True).start()
        code = supervise([sys.executable, str(CHILD), str(notes), *words], limits, said.append)
        return code, said, [int(line) for line in notes.read_text().splitlines()]

    return supervised


def _stop_when_started(notes: Path, lines: int, times: int) -> None:
    until = time.monotonic() + PATIENCE
    while len(notes.read_text().splitlines()) < lines and time.monotonic() < until:
        time.sleep(0.02)
    for _ in range(times):
        time.sleep(0.7)
        os.kill(os.getpid(), signal.SIGTERM)


def is_gone(pid: int) -> bool:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize("code", [EXIT_OK, EXIT_USAGE_OR_LOCKED])
def test_an_orderly_end_and_a_locked_log_are_passed_on(run: Callable[..., tuple], code: int) -> None:
    assert run(f"exit:{code}")[0] == code


@pytest.mark.parametrize("ending", ["exit:1", "exit:70", "crash"])
def test_a_child_that_ends_in_any_other_way_is_started_again(run: Callable[..., tuple], ending: str) -> None:
    code, said, pids = run(ending, ending, "exit:0")
    assert (code, len(pids), len(said)) == (EXIT_OK, 3, 2)
    assert all("starting it again" in line for line in said)


def test_children_that_never_come_up_are_given_up(run: Callable[..., tuple]) -> None:
    code, said, pids = run("exit:1")
    assert (code, len(pids)) == (EXIT_BROKEN, QUICK.hopeless)
    assert "giving up" in said[-1]


def test_a_silent_child_is_killed_and_started_again(run: Callable[..., tuple]) -> None:
    code, said, pids = run("silent", "exit:0")
    assert (code, len(pids)) == (EXIT_OK, 2)
    assert "no sign of life" in said[0]
    assert is_gone(pids[0])


def test_a_child_that_never_gives_a_sign_is_killed_after_its_start_up_time(run: Callable[..., tuple]) -> None:
    code, said, _ = run("mute", "exit:0", limits=Limits(startup=0.5, first_delay=0.01))
    assert code == EXIT_OK
    assert "no sign of life" in said[0]


def test_told_to_stop_it_stops_the_child_in_order(run: Callable[..., tuple]) -> None:
    code, said, pids = run("beat", stop_after=1)
    assert (code, said, len(pids)) == (EXIT_OK, [], 1)


def test_a_child_that_does_not_stop_in_its_grace_time_is_killed(run: Callable[..., tuple]) -> None:
    limits = Limits(startup=20, silence=20, grace=0.5)
    code, said, pids = run("stubborn", stop_after=1, limits=limits)
    assert code == EXIT_OK
    assert "killing it" in said[0]
    assert is_gone(pids[0])


def test_a_second_signal_kills_at_once(run: Callable[..., tuple]) -> None:
    limits = Limits(startup=20, silence=20, grace=PATIENCE)
    code, said, pids = run("stubborn", stop_after=1, times=2, limits=limits)
    assert code == EXIT_OK
    assert "killing it" in said[0]
    assert is_gone(pids[0])


def test_the_childs_own_processes_end_with_it(run: Callable[..., tuple]) -> None:
    _, _, pids = run("helper", stop_after=2)
    assert len(pids) == 2
    assert all(is_gone(pid) for pid in pids)


def test_the_child_stops_when_its_parent_was_killed(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    notes.touch()
    program = (
        "from services.parent import supervise; import sys; "
        f"supervise([sys.executable, {str(CHILD)!r}, {str(notes)!r}, 'beat'])"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], env={**os.environ, "PYTHONPATH": str(ROOT)})
    until = time.monotonic() + PATIENCE
    while not notes.read_text().strip() and time.monotonic() < until:
        time.sleep(0.02)
    time.sleep(0.5)
    parent.kill()
    parent.wait()
    assert is_gone(int(notes.read_text()))
