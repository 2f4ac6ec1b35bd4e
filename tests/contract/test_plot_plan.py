"""The plot plan over HTTP: a picture that is there, with edges that part; then all of the site see it on the board."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from tests.support.stack import Stack

pytestmark = pytest.mark.asyncio(loop_scope="session")
EDGES = {"west_m": "0", "south_m": "0", "east_m": "400", "north_m": "300"}


def picture() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(made, "PNG")
    return made.getvalue()


async def test_it_is_registered_by_the_registrar_and_read_by_everybody_of_the_site(stack: Stack) -> None:
    admin, worker = await stack.signed_in("admin"), await stack.signed_in("worker")
    stored = await admin.request("POST", "/api/documents", data=picture())
    sha256 = stored.body["sha256"]
    assert (await worker.send("register_plot_plan", EDGES | {"sha256": sha256})).status == 403
    assert (await worker.get(f"/api/documents/{sha256}")).status == 404
    assert (await admin.send("register_plot_plan", EDGES | {"sha256": sha256})).status == 200
    read = await worker.get(f"/api/documents/{sha256}")
    assert (read.status, read.headers["Content-Type"]) == (200, "image/png"), read.body


async def test_what_is_no_picture_is_told_at_its_field(stack: Stack) -> None:
    admin = await stack.signed_in("admin")
    stored = await admin.request("POST", "/api/documents", data=b"%PDF-1.7 a plan")
    answer = await admin.send("register_plot_plan", EDGES | {"sha256": stored.body["sha256"]})
    assert (answer.status, set(answer.body["fields"])) == (422, {"payload.sha256"})


@pytest.mark.parametrize(
    "edges, faults",
    [
        ({"east_m": "0.01", "north_m": "0.01"}, set()),
        ({"east_m": "0"}, {"payload.east_m"}),
        ({"north_m": "0"}, {"payload.north_m"}),
        ({"east_m": "-0.01", "north_m": "-0.01"}, {"payload.east_m", "payload.north_m"}),
    ],
)
async def test_its_edges_part_by_something(stack: Stack, edges: dict[str, str], faults: set[str]) -> None:
    """Without a document that is there the edges are all that is asked of: 409 says that they were right."""
    admin = await stack.signed_in("admin")
    answer = await admin.send("register_plot_plan", EDGES | edges | {"sha256": "0" * 64})
    assert answer.status == (422 if faults else 409)
    assert set(answer.body.get("fields", ())) == faults
