"""A decider (and a timekeeper beside it) as a process of its own: `decider_worker.py DATA LOG_URL SLOT`."""

import logging
import sys
from pathlib import Path

from services import settings
from services.decider import worker as decider
from services.log import run
from services.timekeeper import worker as timekeeper


def main() -> int:
    data, log_url, slot = sys.argv[1:4]
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    chosen = settings.of_data(Path(data)).with_(log_url=log_url, slot=int(slot))
    return run(*decider.build(chosen), *timekeeper.build(chosen))


if __name__ == "__main__":
    sys.exit(main())
