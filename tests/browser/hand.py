"""What the browser tests and the screenshots share: a running demo, Debian's Chromium, and every page there is."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright

from services.gateway.pages import ROUTES, offline
from services.gateway.pages.acts import APPROVED_ON_A_PAGE, BY_STEP

CHROMIUM = os.environ.get("SEVENGATES_CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
#: A demo that is already up, as the JSON line that `sevengates demo --json` prints: saves its start.
RUNNING_DEMO = "SEVENGATES_DEMO_JSON"
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
DEMO_STOP_S = 30
HANDHELD: ViewportSize = {"width": 360, "height": 780}
TABLET: ViewportSize = {"width": 768, "height": 1024}
DESKTOP: ViewportSize = {"width": 1280, "height": 900}
SUPERVISOR, WORKER, HSE, ADMINISTRATOR = "sun.lihua", "zhang.kun", "lin.yun", "admin"
#: Routes that answer with no page of their own: they lead elsewhere, or are a part of a page, a script or a list.
NO_PAGES = frozenset(
    {"/", "/sw.js", "/manifest.webmanifest", "/language/{lang}", "/theme/{theme}", "/jobs/{job_id}"}
    | {"/permits/{permit_no}", "/sites/{site_id}/board/live", "/sites/{site_id}/approve/{permit_no}/meanwhile"}
    | {"/sites/{site_id}/alerts", "/sites/{site_id}/open"}
)
#: Pages of somebody who is not signed in.
SIGNED_OUT = ("/sign-in", "/change-person", "/enrol", "/set-password", offline.OFFLINE_PAGE)
FORMS = "/sites/{site_id}/forms/{type}"
#: What a parameter of a route stands for: by name, the end of the number of a job or permit of the demo (see Demo.ids):
#: the closed job (0001), the one at a shut gate (0004), the one in execution (0006), and their permits.
PARAMETERS: dict[str, dict[str, str]] = {
    "job_id": {"closed": "0001", "shut": "0004", "active": "0006"},
    "permit_no": {"active": "no 0007", "accepted": "no 0003"},
    "permit_id": {"active": "0007"},
    "approve": {"ticket": "no 0007"},  # the page of that name: only of tickets that are live
}
#: What is asked of a page in its address, by its name.
ASKED = {"search": "?q=HX", "stop": "?job={job_0006}"}


def no_chromium() -> str:
    """Why there is no browser to test with; empty if there is one."""
    return "" if Path(CHROMIUM).exists() else f"no Chromium at {CHROMIUM}: apt-get install chromium fonts-noto-cjk"


@dataclass
class Demo:
    url: str
    password: str
    ids: dict[str, str] = field(default_factory=dict)  # "0005" (end of a number) -> job or permit id

    @property
    def site(self) -> str:
        return self.ids["site"]


@contextlib.contextmanager
def running_demo(folder: Path) -> Iterator[Demo]:
    """The demo in a process of its own, with its three jobs; stopped at the end."""
    given = os.environ.get(RUNNING_DEMO)
    if given:
        yield _demo(json.loads(given))
        return
    where = ["--data", str(folder / "demo"), "--port", str(_free_port())]
    command = [sys.executable, "-m", "services.desk.cli", "demo", "--json", *where]
    with (folder / "demo.err").open("w") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, start_new_session=True)
    try:
        assert process.stdout is not None
        line = next((line for line in process.stdout if line.startswith("{")), "")
        if not line:
            raise RuntimeError(f"the demo did not start: {(folder / 'demo.err').read_text()[-2000:]}")
        yield _demo(json.loads(line))
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(DEMO_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _demo(told: dict[str, Any]) -> Demo:
    return Demo(told["url"], told["accounts"][0]["password"])


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


def context(
    browser: Browser, demo: Demo, *, lang: str = "en", theme: str = "light", size: ViewportSize = DESKTOP
) -> BrowserContext:
    """A browser of somebody's own, in a language and a theme."""
    made = browser.new_context(viewport=size, base_url=demo.url, reduced_motion="reduce")
    kept = {"lang": lang, "theme": theme}
    made.add_cookies([{"name": name, "value": value, "url": demo.url} for name, value in kept.items()])
    return made


def sign_in(page: Page, demo: Demo, user: str = SUPERVISOR) -> None:
    page.goto("/sign-in")
    page.fill("#user", user)
    page.fill("#password", demo.password)
    page.click("#signin button[type=submit]")
    page.wait_for_url("**/board")
    if not demo.ids:
        _learn(page, demo)


def code_for(page: Page, demo: Demo, user: str) -> str:
    """The one-time code that the administrator, signed in on this page, hands to somebody."""
    sign_in(page, demo, ADMINISTRATOR)
    page.goto(f"/sites/{demo.site}/codes")
    page.fill("#user", user)
    page.click("#codes button[type=submit]")
    page.locator("#made").wait_for()
    return page.locator("[data-code]").inner_text()


def _learn(page: Page, demo: Demo) -> None:
    """Ids of the demo's jobs and tickets, by the end of their numbers."""
    demo.ids["site"] = page.evaluate("document.body.dataset.site")
    found = page.request.get("/api/search?site_id=" + demo.site).json()
    for job in found["jobs"]:
        demo.ids[job["job_no"][-4:]] = job["job_id"]
        for permit in job["permits"]:
            demo.ids[permit["permit_no"][-4:]] = permit["permit_id"]
            demo.ids[f"no {permit['permit_no'][-4:]}"] = permit["permit_no"]


def addresses(demo: Demo) -> dict[str, str]:
    """Every page and every form by name, from the application's own routes: a new one is tested without being named.

    Raises KeyError for a route with a parameter that PARAMETERS does not know.
    """
    return {name: address for route in ROUTES if _is_page(route) for name, address in _filled(demo, route.path).items()}


def _is_page(route: web.RouteDef) -> bool:
    return route.method == "GET" and route.path not in NO_PAGES


def _filled(demo: Demo, path: str) -> dict[str, str]:
    """The page at a route for each value of its parameter, by name: `job-closed`, `form-issue`, `board`."""
    base = path.replace("{site_id}", demo.site)
    if path == FORMS:
        own = [(type_, step) for step, types in BY_STEP.items() for type_ in types]
        forms = [(type_, step) for type_, step in own if type_ not in APPROVED_ON_A_PAGE]
        return {f"form-{type_}": form_address(demo, type_, step=step) for type_, step in forms}
    name = base.partition("/{")[0].rpartition("/")[2]
    if "{" not in base:
        return {name: base + ASKED.get(name, "").format(**{f"job_{key}": one for key, one in demo.ids.items()})}
    parameter = base[base.index("{") + 1 : base.index("}")]
    found = {}
    for which, key in (PARAMETERS.get(name) or PARAMETERS[parameter]).items():
        found[f"{name.removesuffix('s')}-{which}"] = base.replace(f"{{{parameter}}}", demo.ids[key])
    return found


def pages(demo: Demo) -> dict[str, str]:
    """Every page of a signed-in person that is not a form, and two that show a refusal and an error."""
    site, told = f"/sites/{demo.site}", addresses(demo).items()
    found = {name: one for name, one in told if not name.startswith("form-") and one not in SIGNED_OUT}
    return found | {"form-refused": f"{site}/forms/plan?job={demo.ids['0004']}", "not-found": f"{site}/jobs/none"}


def forms(demo: Demo) -> dict[str, str]:
    return {name: one for name, one in addresses(demo).items() if name.startswith("form-")}


def form_address(demo: Demo, type_: str, *, step: int) -> str:
    """A command's form about the job at the shut gate (steps 1 to 3), else about the one in execution."""
    job, permit = ("0004", "0005") if step in (1, 2, 3) else ("0006", "0007")
    return f"/sites/{demo.site}/forms/{type_}?job={demo.ids[job]}&permit={demo.ids[permit]}"
