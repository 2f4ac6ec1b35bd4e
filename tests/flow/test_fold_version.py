"""A snapshot or a register of another shape of board can't be read: the shape and FOLD_VERSION change together."""

import dataclasses
import typing

from services.seven_steps.board import Board
from services.seven_steps.canonical import canonical, sha256_hex
from services.seven_steps.fold import FOLD_VERSION

#: The shape of each released fold version. Never change a line: raise FOLD_VERSION in fold.py and add one.
SHAPES = {
    1: "4b2ce9b9445b8c3ab24590192afc2ca63bfb179aac8d0a3606c3776cedbfe13e",
    2: "9fa5b019fd9932458df858d52cb9e7fdeb36724351e88452feeaf28446d6c139",
    3: "9aa732701da6343c9744d95e3a8a6a9250a38fc65706b71f64fd09bbfb2280b5",
}


def shape(hint: object) -> object:
    if dataclasses.is_dataclass(hint):
        hints = typing.get_type_hints(hint)
        return {f.name: shape(hints[f.name]) for f in dataclasses.fields(hint)}
    inner = [shape(arg) for arg in typing.get_args(hint)]
    return [str(typing.get_origin(hint) or hint), *inner]


def test_the_board_has_the_shape_its_fold_version_says() -> None:
    assert sha256_hex(canonical(shape(Board))) == SHAPES[FOLD_VERSION], (
        "The board's shape changed: raise FOLD_VERSION in services/seven_steps/fold.py and add its shape here."
    )
