"""Commands that only look: job and permit. They read the register, so they work while the server runs."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from services.desk import exits, speak
from services.desk.exits import not_found, unverified, usage
from services.settings import Settings

LIST_MAX = 500
READER = "service:desk"


# ---- job -----------------------------------------------------------------------------------------------------------


def list_jobs(args: argparse.Namespace, settings: Settings) -> int:
    from services.register.search import Filters

    filters = Filters(state=args.state, words=args.words, live=True if args.live else None)
    with opened(settings) as queries:
        sites = [args.site] if args.site else [row["site_id"] for row in queries.sites()]
        found = queries.search(sites, filters, limit=LIST_MAX)
    if args.json:
        speak.data(found["jobs"])
        return exits.OK
    rows = [{**row, "tickets": " ".join(_ticket(permit) for permit in row["permits"])} for row in found["jobs"]]
    speak.table(rows, ("job_no", "state", "planned_day", "title", "tickets"))
    if found["more"]:
        speak.say(f"only the newest {LIST_MAX} are shown")
    return exits.OK


def _ticket(row: Mapping[str, Any]) -> str:
    return f"{row['permit_no']}:{row['state']}"


def show_job(args: argparse.Namespace, settings: Settings) -> int:
    from services.desk.shut_gates import shut_gates

    with opened(settings) as queries:
        row = queries.job_by_no(args.number)
        view = queries.job_view(row["job_id"]) if row else None
        board = queries.board_of(row["site_id"]) if row else None
    if view is None or board is None:
        raise not_found(f"there is no job {args.number}")
    shut = list(shut_gates(board, view["row"]["job_id"], args.lang))
    if args.json:
        speak.data({**view, "shut_gates": shut})
        return exits.OK
    shown = ("job_no", "title", "state", "area_id", "place", "equipment_tag", "planned_day", "created_at", "closed_at")
    speak.fields({key: view["row"][key] for key in shown})
    if view["permit_rows"]:
        print()
        speak.table(view["permit_rows"], ("permit_no", "type", "level", "state", "valid_from", "valid_to", "causes"))
    if shut:
        print()
        speak.table(shut, ("ticket", "gate", "code", "missing", "source", "who"))
    if view["alarms"]:
        print()
        speak.table(view["alarms"], ("alarm_id", "code", "state", "count", "raised_at", "text"))
    return exits.OK


# ---- permit --------------------------------------------------------------------------------------------------------


def show_permit(args: argparse.Namespace, settings: Settings) -> int:
    with opened(settings) as queries:
        row = _permit_row(queries, args.number)
        view = queries.job_view(row["job_id"])
    permit = next(one for one in view["permits"] if one["permit_id"] == row["permit_id"])
    if args.json:
        speak.data(permit)
    else:
        hidden = {"site_id", "permit_id", "job_id", "seq", "live", "day_from", "day_to"}
        speak.fields({key: value for key, value in row.items() if key not in hidden})
        speak.fields({"level reasons": "; ".join(permit["level_reasons"]), "crew": len(permit["crew"])})
    return exits.OK


def show_trail(args: argparse.Namespace, settings: Settings) -> int:
    with opened(settings) as queries:
        row = _permit_row(queries, args.number)
        trail = list(_pages(queries, row["permit_id"]))
    if args.json:
        for record in trail:
            speak.data(record)
        return exits.OK
    names = _names(settings, {record["actor"] for record in trail}, args.lang)
    rows = [{**record, "who": names.get(record["actor"], record["actor"]), "why": _why(record)} for record in trail]
    speak.table(rows, ("site_seq", "decided_at", "who", "type", "verdict", "why"))
    return exits.OK


def _pages(queries: Any, permit_id: str) -> Iterator[dict[str, Any]]:
    after = 0
    while page := queries.trail(permit_id=permit_id, after=after):
        yield from page
        after = page[-1]["site_seq"]


def _why(record: Mapping[str, Any]) -> str:
    return " ".join(dict.fromkeys(refusal["code"] for refusal in record["body"]["refusals"]))


def _names(settings: Settings, person_ids: Iterable[str], lang: str) -> Mapping[str, str]:
    """Names from the people vault; the reading is logged there."""
    from services.vault import open_vault

    vault = open_vault(settings.vault_url)
    try:
        return vault.names(person_ids, lang, reader=READER, purpose="trail on the command line")
    finally:
        vault.close()


def write_pdf(args: argparse.Namespace, settings: Settings) -> int:
    from services.documents import Corrupt, NoSuchDocument, open_store

    with opened(settings) as queries:
        row = _permit_row(queries, args.number)
        documents = queries.job_view(row["job_id"])["documents"]
    wanted = [one for one in documents if one["kind"] == args.kind and one["permit_id"] in (row["permit_id"], None)]
    if not wanted:
        raise not_found(f"there is no sealed PDF ({args.kind}) of {args.number} yet")
    sha256 = max(wanted, key=lambda one: one["site_seq"])["sha256"]
    out = args.out or Path(f"{args.number}.pdf")
    try:
        content = open_store(settings.documents_url).read(sha256)
    except NoSuchDocument:
        raise not_found(f"the document store has no {sha256}") from None
    except Corrupt:
        raise unverified(f"the document {sha256} was changed in the store") from None
    try:
        out.write_bytes(content)
    except OSError as problem:
        raise usage(f"{out} cannot be written: {problem.strerror}") from problem
    if args.json:
        speak.data({"path": str(out), "sha256": sha256, "kind": args.kind, "bytes": len(content)})
    else:
        print(out)
    return exits.OK


def _permit_row(queries: Any, number: str) -> Mapping[str, Any]:
    row = queries.permit_by_no(number)
    if row is None:
        raise not_found(f"there is no ticket {number}")
    return row


# ---- shared --------------------------------------------------------------------------------------------------------


@contextmanager
def opened(settings: Settings) -> Iterator[Any]:
    """The register's reading side; raises Fault 3 where nothing has ever run."""
    from services.register.queries import open_queries

    if settings.register_url.startswith("sqlite:///"):
        path = Path(settings.register_url.removeprefix("sqlite:///"))
        if not path.exists():
            raise not_found(f"there is no register at {path}: nothing has run with this data directory yet")
    queries = open_queries(settings.register_url)
    try:
        yield queries
    finally:
        queries.close()
