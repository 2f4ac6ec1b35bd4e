"""The board of a big site: how long the server takes, and when a browser has painted it first.

The site is `crowd`'s: 2,000 live tickets in 200 areas. The page is the gateway's own; only the board it reads is given.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from playwright.async_api import async_playwright

from services.seven_steps.board import Board
from tests.bench import crowd
from tests.browser import hand
from tests.flow import walk
from tests.support.stack import PASSWORD, Stack, running

USER = "approver_unit"
ROUNDS = 4
AIM_PAINT_S, PAINT_WAIT_MS = 1.5, 500
PAINTED = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


def crowded(real: Board, live: int) -> Board:
    """A crowded board on which the accounts of the real one are known too."""
    board = crowd.crowded(walk.active().board, live)
    assert real.site is not None
    return replace(board, site=replace(real.site, clock="real"), people={**board.people, **real.people})


async def measure(folder: Path, live: int = crowd.MANY) -> dict[str, Any]:
    """Seconds until the server has answered and until the first paint, the best of several; the page's size.

    first_answer_s: the first, for which the clashes of the site are looked for
    """
    async with running(folder) as stack:
        await stack.set_up_site("demo")
        client = await stack.signed_in(USER)
        board = crowded(await stack.gateway.reading.board("demo"), live)
        stack.gateway.reading.board = _always(board)  # type: ignore[method-assign]
        answers = []
        for _ in range(ROUNDS):
            began = time.perf_counter()
            page = await client.get("/sites/demo/board")
            answers.append(time.perf_counter() - began)
        assert page.status == 200
        painted = [] if hand.no_chromium() else await _painted(stack)
    return {
        "live": live, "answer_s": round(min(answers), 3), "first_answer_s": round(answers[0], 3),
        "html_bytes": len(page.body),
        "first_paint_s": round(min(painted), 3) if painted else None, "aim_s": AIM_PAINT_S,
    }  # fmt: skip


def _always(board: Board) -> Callable[[str], Awaitable[Board]]:
    async def given(_site_id: str) -> Board:
        return board

    return given


async def _painted(stack: Stack) -> list[float]:
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=hand.CHROMIUM, args=list(hand.FLAGS))
        page = await browser.new_page(base_url=stack.url, viewport=hand.DESKTOP)
        await page.goto("/sign-in")
        await page.fill("#user", USER)
        await page.fill("#password", PASSWORD)
        await page.click("#signin button[type=submit]")
        await page.wait_for_url("**/board")
        found = []
        for _ in range(ROUNDS):
            await page.goto("/sites/demo/board", wait_until="domcontentloaded")
            await page.wait_for_timeout(PAINT_WAIT_MS)
            found.append(float(await page.evaluate(PAINTED)) / 1000)
        await browser.close()
        return found
