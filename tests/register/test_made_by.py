"""A register that another version of the fold made is dropped, and what it had reached stays vouched for."""

from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from services import sql
from services.register import schema
from services.register.projector import Projector
from services.seven_steps.fold import FOLD_VERSION


@pytest.mark.parametrize(("made_by", "dropped"), [(FOLD_VERSION, False), (FOLD_VERSION - 1, True), (None, True)])
def test_only_a_register_of_this_fold_is_read_on(tmp_path: Path, made_by: int | None, dropped: bool) -> None:
    engine = sql.open_database(f"sqlite:///{tmp_path}/register.db", durable=False)
    projector = Projector(engine)
    assert projector.bring_up_to_date() is False
    with sql.writing(engine) as connection:
        row = {"topic": "outcomes", "partition": 0, "next_offset": 7, "last_sha256": "0" * 64, "dropped": 0}
        connection.execute(insert(schema.POSITIONS).values(**row))
        if made_by is None:
            connection.execute(schema.MADE_BY.delete())
        else:
            connection.execute(update(schema.MADE_BY).values(fold_version=made_by))
    again = Projector(engine)
    assert again.bring_up_to_date() is dropped
    with sql.reading(engine) as connection:
        assert (connection.execute(select(schema.POSITIONS)).first() is None) is dropped
        assert connection.execute(select(schema.MADE_BY.c.fold_version)).scalar() == FOLD_VERSION
    engine.dispose()
