"""The core alone: decisions and foldings a second of processor time, without any log."""

from __future__ import annotations

import time
from typing import Any

from services.seven_steps.decide import decide
from tests.bench.history import PureHand, replayed

ROUNDS = 3


def measure(history: PureHand) -> dict[str, Any]:
    best_decide = best_fold = float("inf")
    for _ in range(ROUNDS):
        began = time.process_time()
        for board, command, now in history.decided:
            decide(board, command, now, history.rules)
        best_decide = min(best_decide, time.process_time() - began)
        began = time.process_time()
        replayed(history.applied)
        best_fold = min(best_fold, time.process_time() - began)
    count = len(history.decided)
    return {"commands": count, "decide_per_s": round(count / best_decide), "fold_per_s": round(count / best_fold)}
