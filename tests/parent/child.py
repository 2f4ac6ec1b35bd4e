"""A child for the tests of the parent: `child.py FILE WORD…` notes its start in FILE and does the next of the words.

The n-th child does the n-th word (the last one again and again): `exit:CODE`, `crash`, `beat` (until the parent is
gone or tells it to stop), `silent` (a few beats, then none), `mute` (never a beat), `stubborn` (beats, ignores
SIGTERM), `helper` (beats, with a process of its own that would outlive it).
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from services import parent


async def beat(seconds: float | None = None) -> None:
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stopped.set)
    beating = asyncio.create_task(parent.beat(lambda: True, every=0.02))
    stopping = asyncio.create_task(stopped.wait())
    await asyncio.wait({beating, stopping}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)


def main() -> int:
    notes, words = Path(sys.argv[1]), sys.argv[2:]
    with notes.open("a") as file:
        file.write(f"{os.getpid()}\n")
    number = len(notes.read_text().splitlines())
    word = words[min(number, len(words)) - 1]
    if word.startswith("exit:"):
        return int(word.removeprefix("exit:"))
    if word == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if word == "mute":
        time.sleep(60)
    if word == "silent":
        asyncio.run(beat(0.2))
        time.sleep(60)
    if word == "helper":
        helper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        with notes.open("a") as file:
            file.write(f"{helper.pid}\n")
    if word == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        asyncio.run(_beat_and_ignore())
    asyncio.run(beat())
    return 0


async def _beat_and_ignore() -> None:
    await parent.beat(lambda: True, every=0.02)


if __name__ == "__main__":
    sys.exit(main())
