"""Appends 0, 1, 2, … to `commands` for ever and prints each number once it is acknowledged: to be killed by a test."""

import asyncio
import sys

from services.log import open_log


async def main() -> None:
    log = open_log(sys.argv[1])
    width, number = int(sys.argv[2]), 0
    while True:
        values = range(number, number + width)
        await asyncio.gather(*(log.append("commands", "site", b"%d" % value) for value in values))
        print(*values, flush=True)
        number += width


asyncio.run(main())
