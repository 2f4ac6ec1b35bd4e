"""Dead letters keep what they were made of; a process of several parts ends as a whole."""

import subprocess
import sys
from datetime import UTC, datetime

import pytest

from services.log import RECORD_LIMIT, Record, dead_letter, open_log, read_dead_letter
from services.log.dead_letters import HEADER_LIMIT, KEY_LIMIT

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("key", "value", "kept", "cut"),
    [
        (b"site", b"\xff\n\x00{", b"\xff\n\x00{", False),
        (b"\xff\xfe", b"", b"", False),
        (b"", b"x" * (RECORD_LIMIT - HEADER_LIMIT), b"x" * (RECORD_LIMIT - HEADER_LIMIT), False),
        (b"k" * KEY_LIMIT, b"x" * RECORD_LIMIT, b"x" * (RECORD_LIMIT - HEADER_LIMIT), True),
        (b"k" * (KEY_LIMIT + 1), b"x", b"x", True),
    ],
    ids=["any bytes", "a key that is no text", "just small enough", "too large", "a key too long"],
)
async def test_a_dead_letter_keeps_bytes_reason_and_place(url, key, value, kept, cut):
    record = Record("commands", 6, 17, key, value, NOW)
    detail = "😀" * 5_000
    async with open_log(url) as log:
        receipt = await dead_letter(log, record, "malformed", service="decider", detail=detail, command_id="c-1")
        assert receipt.partition == 6
        (stored,) = await log.read("dead_letters", 6, receipt.offset)
    letter = read_dead_letter(stored.value)
    assert (letter.reason, letter.service, letter.command_id) == ("malformed", "decider", "c-1")
    assert (letter.topic, letter.partition, letter.offset) == ("commands", 6, 17)
    assert (letter.key, letter.value, letter.cut) == (key[:KEY_LIMIT], kept, cut)
    assert detail.startswith(letter.detail)


@pytest.mark.parametrize("value", [b"", b"{}\n", b"junk\nx", b'{"dead_letter":2}\n', b"[]\n"])
def test_what_is_no_dead_letter_is_not_read_as_one(value):
    with pytest.raises(ValueError):
        read_dead_letter(value)


PROCESS = """
import asyncio, os, signal, sys
import mode
from services.log import consume, make_app, run

class Beside(mode.Service):
    async def on_start(self):
        print("started", flush=True)

    @mode.Service.task
    async def _work(self):
        await asyncio.sleep(0.5)
        if sys.argv[2] == "crash":
            raise RuntimeError("beside")
        os.kill(os.getpid(), getattr(signal, sys.argv[2]))

    async def on_stop(self):
        print("stopped", flush=True)

async def handle(partition, records):
    pass

apps = []
for service, topic in (("one", "commands"), ("two", "outcomes")):
    app = make_app(service, sys.argv[1])
    consume(app, topic, handle)
    apps.append(app)
sys.exit(run(*apps, Beside()) if sys.argv[3] == "apps" else run(Beside()))
"""


@pytest.mark.slow
@pytest.mark.parametrize("parts", ["apps", "service alone"])
@pytest.mark.parametrize(
    ("ends", "code", "says"), [("SIGTERM", 0, ""), ("SIGINT", 0, ""), ("crash", 1, "sevengates: RuntimeError: beside")]
)
def test_a_process_of_several_parts_ends_as_a_whole(url, tmp_path, parts, ends, code, says):
    ended = subprocess.run(
        [sys.executable, "-c", PROCESS, url, ends, parts],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=tmp_path,
    )
    assert (ended.returncode, ended.stdout) == (code, "started\nstopped\n"), ended.stderr
    assert ended.stderr.splitlines()[-1:] == ([says] if says else [])
    assert {path.name for path in tmp_path.iterdir()} <= {"log.db", "log.db.lock"}  # closed, and no folder of Faust's
