"""`python -m tests.mutants [part of a file name]`: faults in the gates, one at a time, and whether a vector sees them.

Each mutant is planted in a process of its own, forked when every situation stands; all vectors are judged again there.
What no vector sees is given to the tests of the flow. What survives both must stand in equivalent.toml with a reason,
and what stands there must survive: else this fails.
"""

from __future__ import annotations

import importlib
import os
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

import services
from tests.mutants.mutate import Mutant, mutants_of
from tests.mutants.plant import plant
from tests.vectors.vector import Asked, asked, faults, vectors

RULES = Path(services.__file__).parent / "seven_steps"
HERE = Path(__file__).parent
FLOW = HERE.parent / "flow"
#: A mutant that loops is killed after this time (seconds of its own process).
LIMIT_S = 120
#: Slow tests that ask every command of every state; they are about commands, not gates.
LEFT_OUT = ("test_totality.py", "test_invariants.py")


def files() -> list[Path]:
    """Every file that lists gates, a colleague's of today too."""
    found = {path for name in ("*_gates.py", "standing*.py", "simops*.py") for path in RULES.glob(name)}
    return sorted(path for path in found if "\nGATES" in path.read_text(encoding="utf-8"))


def module_of(file: str) -> str:
    return f"services.seven_steps.{file.removesuffix('.py')}"


def known() -> dict[tuple[str, str, str, str], str]:
    """Mutants that change nothing anybody can see -> why."""
    rows = tomllib.loads((HERE / "equivalent.toml").read_text(encoding="utf-8")).get("mutant", [])
    return {(row["file"], row["function"], row["before"], row["after"]): row["why"] for row in rows}


def seen_by_vectors(questions: list[Asked]) -> bool:
    return any(faults(question) for question in questions)


def seen_by_flow(_questions: list[Asked]) -> bool:
    names = [str(path) for path in sorted(FLOW.glob("test_*.py")) if path.name not in LEFT_OUT]
    return pytest.main(["-q", "-x", "-p", "no:cacheprovider", "-p", "no:randomly", *names]) != 0


@cache
def flow_is_sound() -> bool:
    """Whether the flow's tests pass without any fault; else they would see every mutant."""
    return not is_seen(None, seen_by_flow, [])


def is_seen(mutant: Mutant | None, look: Callable[[list[Asked]], bool], questions: list[Asked]) -> bool:
    """In a process of its own. A mutant that can't be read, or that raises, is seen too; None: no fault at all."""
    child = os.fork()
    if child == 0:
        seen = True
        try:
            quiet = os.open(os.devnull, os.O_WRONLY)
            os.dup2(quiet, 1)
            os.dup2(quiet, 2)
            if mutant is not None:
                plant(mutant, importlib.import_module(module_of(mutant.file)))
            seen = look(questions)
        finally:
            os._exit(1 if seen else 0)
    return _exit_of(child) != 0


def _exit_of(child: int) -> int:
    """The child's exit code; one that takes too long is ended and counts as seen."""
    end, pause = time.monotonic() + LIMIT_S, 0.0005
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(pause)
        pause = min(pause * 1.5, 0.05)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return 1


def survivors(part: str) -> Iterator[Mutant | None]:
    """Each mutant that nobody sees; None for each that somebody does."""
    everything = [asked(vector) for vector in vectors()]
    assert not any(faults(question) for question in everything), "the vectors fail without any fault"
    for file in files():
        if part not in file.name:
            continue
        here = {gate.id for gate in importlib.import_module(module_of(file.name)).GATES}
        first = sorted(everything, key=lambda question: question.vector.gate not in here)
        for mutant in mutants_of(file):
            if is_seen(mutant, seen_by_vectors, first):
                yield None
            elif mutant.key in known() or not (flow_is_sound() and is_seen(mutant, seen_by_flow, first)):
                yield mutant
            else:
                print(f"seen by the flow only: {mutant}", flush=True)
                yield None


def main(part: str = "") -> int:
    start, count, alive = time.monotonic(), 0, []
    for mutant in survivors(part):
        count += 1
        if mutant is not None:
            alive.append(mutant)
            print(f"{'known' if mutant.key in known() else 'SURVIVES'}: {mutant}", flush=True)
    reasons = known()
    unlisted = [mutant for mutant in alive if mutant.key not in reasons]
    names = {file.name for file in files() if part in file.name}
    stale = [key for key in reasons if key[0] in names and key not in {mutant.key for mutant in alive}]
    for key in stale:
        print(f"stands in equivalent.toml and is seen, or is no mutant: {key}")
    print(
        f"mutants: {count}, seen: {count - len(alive)}, equivalent: {len(alive) - len(unlisted)}, "
        f"unlisted: {len(unlisted)}, stale: {len(stale)}, {time.monotonic() - start:.0f} s"
    )
    return 1 if unlisted or stale or not count else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
