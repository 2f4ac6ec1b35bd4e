"""A worker to be measured, in a process of its own: `python -m tests.bench.worker decider|empty LOG_URL DATA`.

`empty` is the yardstick: a Faust agent (the same safe consumer, the same log) that appends one record of the usual
size for each command and awaits it, one after the other, and does nothing else.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from services.log import COMMANDS, OUTCOMES, Record, consume, make_app, run
from services.settings import of_data

OUTCOME_BYTES = 2_400  # about the mean of an outcome in the walks; the decider's own line says what it was


def main() -> int:
    kind, log_url, data = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    if kind == "decider":
        from services.decider.worker import build

        return run(*build(of_data(data).with_(log_url=log_url)))
    app = make_app("decider", log_url)
    value = os.urandom(OUTCOME_BYTES)

    async def append_each(partition: int, records: list[Record]) -> None:
        for record in records:
            await app.log_file.append_to(OUTCOMES, partition, record.key, value)

    consume(app, COMMANDS, append_each)
    return run(app)


if __name__ == "__main__":
    sys.exit(main())
