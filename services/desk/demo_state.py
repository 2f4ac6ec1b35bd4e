"""What a demo remembers in its data directory, and who is named when it is up."""

from __future__ import annotations

import json
import secrets
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path

from services.desk.exits import broken

STATE_NAME = "demo.json"
#: Who is named when the demo is up: role as a person says it, works number, in this order.
HEADLINES = (("site supervisor", "sun.lihua"), ("worker", "zhang.kun"), ("HSE", "lin.yun"))
SITE_ID = "hexi"  # as deploy/demo/cast.toml has it


@dataclass(slots=True)
class DemoState:
    """What the demo remembers in its data directory. `done`: the scenario was played to its end."""

    password: str
    admin_id: str
    site_ids: list[str]
    done: bool = False

    def write(self, data: Path) -> None:
        path = data / STATE_NAME
        temporary = path.with_suffix(".tmp")
        temporary.touch(mode=0o600)
        temporary.write_text(json.dumps(asdict(self)), "utf-8")
        temporary.replace(path)


def read_state(data: Path) -> DemoState | None:
    try:
        return DemoState(**json.loads((data / STATE_NAME).read_text("utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as problem:
        raise broken(f"{data / STATE_NAME}: {problem}") from problem


def new_state(site_ids: list[str]) -> DemoState:
    """A fresh password for the invented people; the gateway listens on this machine only."""
    return DemoState(f"seven-gates-{secrets.randbelow(9000) + 1000}", str(uuid.uuid4()), site_ids)
