"""`sevengates`, the command line: noun, then verb. Exit codes: exits.py.

What is foreseeable ends in one clear line and its exit code; anything else is our fault and keeps its traceback.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from services.desk import exits, speak
from services.desk.parsers import parser
from services.settings import BadSettings, Settings, load

PYTHON_FROM, PYTHON_BELOW = (3, 11), (3, 14)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code (the console script passes it to the shell)."""
    if not PYTHON_FROM <= sys.version_info[:2] < PYTHON_BELOW:
        speak.fault(f"Python 3.11, 3.12 or 3.13 is needed, this is {sys.version.split()[0]}")
        return exits.USAGE
    args = parser().parse_args(argv)
    try:
        module, function = args.run.split(":")
        # Only the command that runs is imported: Faust, SQLAlchemy and pyHanko take a second or more.
        run = getattr(importlib.import_module(f"services.desk.{module}"), function)
        return run(args, _settings(args))
    except exits.Fault as fault:
        speak.fault(str(fault))
        return fault.code
    except BadSettings as problem:
        speak.fault(str(problem))
        return exits.USAGE
    except KeyboardInterrupt:
        return exits.INTERRUPTED
    except BrokenPipeError:  # `sevengates permit trail … | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return exits.OK


def _settings(args: argparse.Namespace) -> Settings:
    flags = {key: getattr(args, key, None) for key in ("data", "log_url", "host", "port", "slot")}
    return load(flags)


if __name__ == "__main__":
    sys.exit(main())
