"""What the tests of the log share: a log in a folder of its own, and workers as real processes."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).parent
WORKER_LIMIT_S = 60


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite://{tmp_path}/log.db"


@pytest.fixture
def work(url: str) -> Callable[..., subprocess.CompletedProcess]:
    """Run a worker until it ends; the plan's keys are those of log_worker.py."""

    def run(log_url: str = url, **plan: object) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, str(HERE / "log_worker.py"), log_url, json.dumps(plan)],
            capture_output=True,
            text=True,
            timeout=WORKER_LIMIT_S,
            check=False,
        )

    return run


@pytest.fixture
def kafka_url() -> str:
    address = os.environ.get("SEVENGATES_KAFKA")
    if not address:
        pytest.skip("SEVENGATES_KAFKA is not set: no broker, NOTHING about Kafka is tested (make kafka prints it)")
    return address if address.startswith("kafka://") else f"kafka://{address}"
