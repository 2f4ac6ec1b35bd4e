"""`python -m tests.vectors FOLDER`: every vector as JSON with its whole situation, for use elsewhere."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path

from services.seven_steps import codec, site_time
from tests.flow.standard_jobs import TICKET
from tests.vectors.vector import Vector, situation, vectors


def spelled_out(vector: Vector) -> dict[str, object]:
    """The vector's own words, and what stands: the ticket's id, the site's time, and the whole board."""
    w = situation(vector)
    board = codec.plain(dataclasses.replace(w.board, seen={}))
    said = {
        f.name: getattr(vector, f.name) for f in dataclasses.fields(vector) if f.name not in ("set", "remove", "do")
    }
    return said | {"ticket_id": TICKET, "now": site_time.stamp(w.now), "board": board}


def main(folder: str) -> None:
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    for number, vector in enumerate(vectors(), 1):
        file = target / f"{vector.gate}-{number:04d}.json"
        file.write_text(json.dumps(spelled_out(vector), ensure_ascii=False, indent=1), encoding="utf-8")
    print(f"{len(vectors())} vectors in {target}")


if __name__ == "__main__":
    main(*sys.argv[1:])
