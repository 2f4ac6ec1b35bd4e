from __future__ import annotations

from services.desk.rules_page import COMMAND, PAGE, page
from services.seven_steps.gates import GATES


def test_the_page_of_rules_is_what_the_code_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), f"the rules changed: run `{COMMAND}`"


def test_every_gate_stands_in_the_matrix_with_a_dot_for_each_boundary() -> None:
    rows = {
        line.split("|")[1].strip(): line for line in page().splitlines() if line.startswith("| G-") and "@" not in line
    }
    assert list(rows) == [gate.id for gate in GATES]
    assert [row.count("●") for row in rows.values()] == [len(gate.at) for gate in GATES]
