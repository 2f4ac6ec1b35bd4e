"""`sevengates demo`: a site with people, areas, work and permits that somebody can try, made by real commands.

Served, it keeps what it has: the first start plays the main scenario, a later one goes on from there. With --once it
plays every scenario of deploy/demo, reports what came of each as one JSON object, and ends; on Kafka with every service
in its own process.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import secrets
import shutil
import signal
import tempfile
import threading
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from services import parent
from services.desk import demo_state, engine, exits, speak
from services.desk.commands_engine import engine_argv, engine_flags
from services.desk.demo_state import DemoState
from services.desk.exits import Fault, broken, usage
from services.desk.parsers import ENGINE_VERB, SERVICES
from services.log import PARTITIONS, partition_of
from services.settings import ENVIRONMENT, PORT_DEFAULT, Settings, of_data, write_config

if TYPE_CHECKING:
    from services.desk.children import Children
    from services.desk.client import Api
    from services.desk.demo_site import Paper, Work
    from services.desk.log_check import Checked

MAIN_SCENARIO = "scenario"
DECIDERS_ON_KAFKA = 2
DATA_DEFAULT = Path("data") / "demo"
PDF_FOLDER = "pdfs"
#: What a demo's data directory holds; an interrupted first start is cleared away, and nothing else.
OWN_FILES = ("log.db", "register.db", "vault.db", "accounts.db")
OWN_FOLDERS = ("documents", "keys", "kept_stops", PDF_FOLDER)


# ---- once ----------------------------------------------------------------------------------------------------------


def run_once(settings: Settings, args: argparse.Namespace) -> int:
    """Play everything, check everything, print one JSON object; 0 only if all of it came out as it must."""
    if args.data is None and not os.environ.get(ENVIRONMENT["data"]):
        settings = _moved(settings, Path(tempfile.mkdtemp(prefix="sevengates-demo-")))
    if demo_state.read_state(settings.data) is not None or (settings.data / OWN_FILES[0]).exists():
        raise usage(f"{settings.data} is in use already; `demo --once` needs an empty data directory")
    settings = settings.with_(port=args.port or engine.free_port(), host="127.0.0.1", public_url="")
    told = asyncio.run(_once(settings))
    if args.json:
        speak.data(told)
    else:
        speak.fields(told)
    if not (told["pdf_valid"] and told["log_valid"]):
        raise exits.unverified("the log or a PDF does not verify")
    return exits.OK


def _moved(settings: Settings, data: Path) -> Settings:
    """The same settings with another data directory: URLs that pointed into the old one follow."""
    here, there = of_data(settings.data), of_data(data)
    names = ("log_url", "register_url", "vault_url", "accounts_url", "documents_url")
    moved = {name: getattr(there, name) for name in names if getattr(settings, name) == getattr(here, name)}
    return settings.with_(data=there.data, **moved)


async def _once(settings: Settings) -> dict[str, Any]:
    from services.desk import demo_site, log_check
    from services.desk.children import Children
    from services.desk.client import Api

    engine.prepare_folders(settings)
    scripts = _scripts()
    state = demo_state.new_state(_embedded_sites(scripts) if settings.embedded else _spread_sites(len(scripts)))
    async with engine.clear_log_errors():
        await engine.ensure_topics(settings.log_url)
        sites = await demo_site.begin(settings, state, scripts)
    state.write(settings.data)
    async with Api(settings.url) as api, Children() as children:
        _start(children, settings)
        await children.until_ready(api)
        works = await _play_all(settings, state, dict(zip(scripts, sites, strict=True)), api)
        papers = [paper for work in works for paper in await demo_site.sealed_papers(work, api)]
        children.check()
    state.done = True
    state.write(settings.data)
    pdfs, pdf_valid = await asyncio.to_thread(_write_and_verify, settings, papers)
    async with engine.clear_log_errors():
        checked = await log_check.check(settings, frozenset(state.site_ids))
    for problem in checked.problems:
        speak.fault(problem)
    return _told(settings, works, pdfs, pdf_valid, checked)


def _scripts() -> list[str]:
    """Every scenario, the main one first: each has a site of its own, whose clock is its own."""
    from services.desk import scenario

    return [MAIN_SCENARIO, *(name for name in scenario.every() if name != MAIN_SCENARIO)]


def _embedded_sites(scripts: list[str]) -> list[str]:
    others = (f"{demo_state.SITE_ID}-{name.replace('_', '-')}" for name in scripts[1:])
    return [demo_state.SITE_ID, *others]


def _spread_sites(count: int) -> list[str]:
    """Fresh site ids in as many different partitions as there are sites: the log may hold earlier demos."""
    token, number = secrets.token_hex(3), 0
    found: list[str] = []
    taken: set[int] = set()
    while len(found) < count:
        site_id = f"hexi-{token}-{number}"
        partition = partition_of(site_id, PARTITIONS["kafka"])
        if partition not in taken:
            taken.add(partition)
            found.append(site_id)
        number += 1
    return found


def _start(children: Children, settings: Settings) -> None:
    flags = engine_flags(settings)
    if settings.embedded:
        children.start("server", [ENGINE_VERB, *flags])
        return
    own = ["--data", str(settings.data), "--log", settings.log_url]
    for name in SERVICES:
        for slot in range(DECIDERS_ON_KAFKA if name == "decider" else 1):
            children.start(f"{name} {slot}", ["worker", name, "--slot", str(slot), *own])
    children.start("gateway", ["gateway", *flags])


async def _play_all(settings: Settings, state: DemoState, sites: Mapping[str, Any], api: Api) -> list[Work]:
    """Each scenario (by name) on its site, all at the same time; the first is told."""
    from services.desk import demo_site

    (main, first), *others = sites.items()
    speak.say("loading the registry: areas, people, certificates, instruments, isolation points")
    await demo_site.load_registry(settings, state, first, api)
    # The same people are on every site: the others find them in the vault.
    await asyncio.gather(*(demo_site.load_registry(settings, state, site, api) for _, site in others))
    speak.say("playing two simulated days through the HTTP API")
    plays = [demo_site.play(settings, state, first, api, main, speak.say)]
    plays += [demo_site.play(settings, state, site, api, name, _silent) for name, site in others]
    return list(await asyncio.gather(*plays))


def _silent(_: str) -> None:
    """A dozen stories at once help nobody."""


def _write_and_verify(settings: Settings, papers: list[Paper]) -> tuple[list[dict[str, str]], bool]:
    from services.sealer.verify import verify

    folder = settings.data / PDF_FOLDER
    folder.mkdir(exist_ok=True)
    pdfs, valid = [], bool(papers)
    for paper in papers:
        path = folder / f"{paper.permit_no}-{paper.kind}.pdf"
        path.write_bytes(paper.content)
        report = verify(path, [settings.keys / "ca-cert.pem"])
        if not report.ok:
            valid = False
            speak.fault("; ".join(report.lines()))
        pdfs.append({"path": str(path), "sha256": paper.sha256, "kind": paper.kind})
    return pdfs, valid


def _told(
    settings: Settings,
    works: list[Work],
    pdfs: list[dict[str, str]],
    pdf_valid: bool,
    checked: Checked,
) -> dict[str, Any]:
    codes: Counter[str] = Counter()
    for work in works:
        codes.update(work.played.codes)
    return {
        "permit_nos": [number for work in works for number in work.numbers.values()],
        "pdfs": pdfs,
        "accepted": sum(work.played.accepted for work in works),
        "refused": sum(work.played.refused for work in works),
        "malformed": sum(work.played.malformed for work in works),
        "refusal_codes": sorted(codes),
        "scenarios": {work.scenario: _told_of(work) for work in works},
        "pdf_valid": pdf_valid,
        "log_valid": checked.valid,
        "log": settings.log_url,
        "deciders": dict(checked.deciders),
        "outcomes": checked.outcomes,
        "sites": {work.site_id: partition_of(work.site_id, _partitions(settings)) for work in works},
        "data": str(settings.data),
    }


def _told_of(work: Work) -> dict[str, Any]:
    played = work.played
    return {
        "site": work.site_id,
        "accepted": played.accepted,
        "refused": played.refused,
        "malformed": played.malformed,
        "refusal_codes": dict(sorted(played.codes.items())),
        "suspended_by_signals": sorted(played.causes),
        "alarms_of_signals": sorted(played.alarms),
        "closed": list(work.closed),
    }


def _partitions(settings: Settings) -> int:
    return PARTITIONS["sqlite" if settings.embedded else "kafka"]


# ---- served --------------------------------------------------------------------------------------------------------


def serve(settings: Settings, args: argparse.Namespace) -> int:
    """Serve the demo until Ctrl-C; the first start makes it."""
    if not settings.embedded:
        raise usage("the demo is served on the embedded log; on Kafka use `demo --once`")
    if args.data is None and not os.environ.get(ENVIRONMENT["data"]):
        settings = _moved(settings, DATA_DEFAULT)
    settings = _with_port(settings.with_(host="127.0.0.1", public_url=""), args)
    state = demo_state.read_state(settings.data)
    if state is None and (settings.data / OWN_FILES[0]).exists():
        raise usage(f"{settings.data} holds a site that is not the demo; choose another --data")
    if state is not None and not state.done:
        speak.say("the first start was interrupted; beginning again")
        engine.prepare(settings)  # raises if it is still running
        _clear(settings)
        state = None
    speak.say(f"Sevengates demo 演示: data in {settings.data}, everything on this machine")
    engine.prepare(settings)
    engine.check_port(settings)
    first = state is None
    if state is None:
        state = demo_state.new_state([demo_state.SITE_ID])
        state.write(settings.data)
        speak.say("first start: making the site")
        asyncio.run(_begin(settings, state))
        write_config(settings, sites=state.site_ids)
    story = _Story(settings, state, first, args.json)
    story.start()
    code = parent.supervise(engine_argv(settings, args.verbose), say=speak.say)
    if story.fault is not None:
        raise story.fault
    speak.say("stopped; the data is kept, start again to go on")
    return code


async def _begin(settings: Settings, state: DemoState) -> None:
    from services.desk import demo_site

    await demo_site.begin(settings, state, [MAIN_SCENARIO])


def _with_port(settings: Settings, args: argparse.Namespace) -> Settings:
    """The port asked for; else the usual one, or a free one if that is taken."""
    if args.port is not None or os.environ.get(ENVIRONMENT["port"]):
        return settings
    try:
        engine.check_port(settings.with_(port=PORT_DEFAULT))
    except Fault:
        return settings.with_(port=engine.free_port())
    return settings


def _clear(settings: Settings) -> None:
    for name in OWN_FILES:
        for path in settings.data.glob(f"{name}*"):
            path.unlink()
    for name in OWN_FOLDERS:
        shutil.rmtree(settings.data / name, ignore_errors=True)


class _Story(threading.Thread):
    """Beside the parent: waits for the server, plays the first start, and says where to go."""

    def __init__(self, settings: Settings, state: DemoState, first: bool, as_json: bool) -> None:
        super().__init__(name="demo", daemon=True)
        self.settings, self.state, self.first, self.as_json = settings, state, first, as_json
        self.fault: Fault | None = None

    def run(self) -> None:
        try:
            asyncio.run(self._tell())
        except Fault as fault:
            self.fault = fault
        except Exception as problem:
            self.fault = broken(f"{type(problem).__name__}: {problem}")
        if self.fault is not None:
            os.kill(os.getpid(), signal.SIGTERM)  # the parent stops the server and returns

    async def _tell(self) -> None:
        from services.desk.children import Children
        from services.desk.client import Api

        async with Api(self.settings.url) as api, Children() as nobody:
            await nobody.until_ready(api)
            if self.first:
                from services.desk import demo_site

                site = demo_site.site_like(demo_site.read_cast(), self.state.site_ids[0], 0)
                works = await _play_all(self.settings, self.state, {MAIN_SCENARIO: site}, api)
                speak.say("waiting for the sealed PDFs")
                await demo_site.sealed_papers(works[0], api)
                self.state.done = True
                self.state.write(self.settings.data)
        self._say_where()

    def _say_where(self) -> None:
        accounts = [
            {"role": role, "user": user, "password": self.state.password} for role, user in demo_state.HEADLINES
        ]
        if self.as_json:
            speak.data({"url": self.settings.url, "accounts": accounts})
            return
        print(f"\n  {self.settings.url}\n", flush=True)
        speak.table(accounts, ("role", "user", "password"))
        speak.say("\nEveryone else of deploy/demo/cast.toml signs in with the same password.")
        speak.say("The clock of this site is simulated. Ctrl-C stops; starting again goes on from here.")
