"""One Chromium for all browser tests of a run, and a demo for each file of them. Without Chromium they are skipped."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import hand

#: As long as Playwright waits for an element to act on: how fast the machine is, is not what these tests ask.
PATIENCE_MS = 30_000
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of a demo that was played once and ended: a start from a copy of it takes seconds."""
    if hand.no_chromium():
        pytest.skip(hand.no_chromium())
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "played"  # one for all processes of a run
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            with hand.running_demo(folder):
                pass
            (folder / "done").touch()
    return folder


@pytest.fixture(scope="module")
def demo(played: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[hand.Demo]:
    """A demo of the file's own: what one file enrols, stops or issues is not met by another."""
    folder = shutil.copytree(played, tmp_path_factory.mktemp("demo"), dirs_exist_ok=True)
    with hand.running_demo(folder) as running:
        yield running


@pytest.fixture(scope="session")
def browser(played: Path) -> Iterator[Browser]:
    with hand.chromium() as opened:
        yield opened


@pytest.fixture
def page(browser: Browser, demo: hand.Demo) -> Iterator[Page]:
    """The site supervisor at a desktop, signed in, in English. A page that breaks a rule of its own fails the test."""
    with hand.context(browser, demo) as made:
        opened = made.new_page()
        broken: list[str] = []
        opened.on("pageerror", lambda error: broken.append(str(error)))
        opened.on("console", lambda said: broken.append(said.text) if "Content Security Policy" in said.text else None)
        hand.sign_in(opened, demo)
        yield opened
        assert broken == []
