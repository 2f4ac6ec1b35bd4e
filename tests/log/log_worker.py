"""A worker for the tests of the log, run as a process of its own: `log_worker.py URL '{"at": 3, "do": "raise"}'`.

It answers each command by one outcome with the same value. Keys of the plan:
`at`: the offset at which it does `do`: raise | kill_before | kill_after | hang | block (None: never);
`until`: it stops itself in order after this offset was handled; `partition`: the one both speak of (default: any);
`batch`: records a handler gets at most;
`limits`: seconds of the watchdog, {"STUCK_S": 1, …}.
"""

import asyncio
import json
import os
import signal
import sys
import time

from services.log import Record, consume, make_app, run, watchdog


def main() -> int:
    url, plan = sys.argv[1], json.loads(sys.argv[2])
    for name, seconds in plan.get("limits", {}).items():
        setattr(watchdog, name, seconds)
    app = make_app("decider", url)

    async def handle(partition: int, records: list[Record]) -> None:
        meant = plan.get("partition", partition) == partition
        asked = meant and any(record.offset == plan.get("at") for record in records)
        do = plan.get("do") if asked else None
        if do == "raise":
            raise RuntimeError("as asked")
        if do == "kill_before":
            os.kill(os.getpid(), signal.SIGKILL)
        if do == "hang":
            await asyncio.sleep(3_600)
        if do == "block":
            time.sleep(3_600)
        await app.log_file.append_many("outcomes", [(record.key.decode(), record.value) for record in records])
        if do == "kill_after":
            os.kill(os.getpid(), signal.SIGKILL)
        print("handled", partition, records[0].offset, records[-1].offset, flush=True)
        if meant and plan.get("until") is not None and records[-1].offset >= plan["until"]:
            os.kill(os.getpid(), signal.SIGTERM)

    consume(app, "commands", handle, batch_limit=plan.get("batch", 1))
    return run(app)


if __name__ == "__main__":
    sys.exit(main())
